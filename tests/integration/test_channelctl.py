# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl against the real broker: what an administrator, a person and an app do with it."""

import crypt
import json
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest
from harness import setups, tree
from harness.browser import Browser
from harness.http import request
from harness.oidc import WEB_SECRET, OidcServer
from harness.run import channelctl, start_channelctl
from harness.users import as_user, user_environment
from harness.wait import wait_for


def line_of(process, number=0):
    """A line that a running channelctl has printed."""
    return wait_for(lambda: len(process.stdout.splitlines()) > number and process.stdout.splitlines()[number],
                    15, f"line {number} of {process.argv}")


def prompt_of(process):
    event = json.loads(line_of(process))
    assert event["event"] == "prompt", event
    return event


def start_reconnect(user, *arguments, **kwargs):
    return start_channelctl(user, "reconnect", "--json", "--no-browser", *arguments, **kwargs)


def ended(process, code=0):
    result = process.wait(30)
    assert result.code == code, result
    return json.loads(result.stdout.splitlines()[-1]), result


def test_administrator(root, broker):
    setups.add_oidc_provider(root, broker)
    done = channelctl("root", "clients", "add", "web", "real", "web", "--secret-file=-",
                      f"--redirect-uri={OidcServer.web_redirect}", stdin=WEB_SECRET + "\n")
    assert (done.code, done.stdout, done.stderr) == (0, "", "")
    assert channelctl("root", "clients", "list").stdout == "web\treal\tweb\n"
    done = channelctl("root", "add", "main", "real", "--client=web", "--assigned-user=alice", "--allow-user=studio")
    assert (done.code, done.stderr) == (0, "")

    assert channelctl("bob", "list").stdout == "main\treal\tunconnected\t-\n"
    assert channelctl("root", "assign", "main", "bob").code == 0
    assert channelctl("root", "access", "main", "--deny-user=studio", "--allow-group=publishers").code == 0
    assert json.loads(channelctl("carol", "access", "main", "--json").stdout) == {
        "assigned_user": "bob", "allowed_users": [], "allowed_groups": ["publishers"]}
    assert "real" in channelctl("carol", "providers", "--ids").stdout.split()

    assert channelctl("root", "remove", "main").code == 0
    assert channelctl("root", "show", "main").code == 4
    assert channelctl("root", "clients", "remove", "web").code == 0
    assert channelctl("root", "clients", "list").stdout == ""


@pytest.mark.parametrize("arguments, code", [
    (["add", "x", "no-such-provider"], 4), (["add", "Bad/Id", "real", "--assigned-user=alice"], 2),
    (["add", "x", "real", "--assigned-user=nobody-such"], 2), (["remove", "none"], 4), (["show", "none"], 4),
    (["assign", "main", "nobody-such"], 2), (["token", "main"], 5), (["reconnect", "main"], 3)])
def test_root_makes_mistakes(oidc_channel, arguments, code):
    done = channelctl("root", *arguments)
    assert done.code == code, done
    assert done.stderr.startswith("channelctl: ") and len(done.stderr) > 20


def test_browser(oidc_channel, oidc):
    process = start_reconnect("alice", "main")
    prompt = prompt_of(process)
    assert (prompt["style"], prompt["listening"]) == ("open-uri", True)
    assert prompt["details"]["redirect_uri"] == OidcServer.web_redirect
    redirect = Browser("alice-channel").authorize(prompt["details"]["uri"])
    assert request("GET", "http://127.0.0.1:18999/favicon.ico").status == 404
    assert request("GET", re.sub("state=[^&]*", "state=forged", redirect)).status == 404
    page = request("GET", redirect)
    assert page.status == 200 and b"close this window" in page.body
    finished, _result = ended(process)
    assert (finished["outcome"], finished["cause"]) == ("succeeded", "none")
    assert oidc_channel.state == "connected"
    shown = json.loads(channelctl("bob", "show", "main", "--json").stdout)[0]
    assert (shown["state"], shown["account_id"], shown["generation"]) == ("connected", "alice-channel", 1)


def test_public_client_on_any_port(root, alice, oidc_channel, oidc):
    channel = setups.add_oidc_channel(root, alice, "free", client="app")
    for arguments in ([], ["--redirect-uri=http://127.0.0.1:0/cb"]):
        process = start_reconnect("alice", "free", *arguments)
        prompt = prompt_of(process)
        assert prompt["listening"] is True
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/cb", prompt["details"]["redirect_uri"])
        assert request("GET", Browser("alice-channel").authorize(prompt["details"]["uri"])).status == 200
        ended(process)
        assert channel.state == "connected"


def test_pasted(oidc_channel, oidc):
    process = start_reconnect("alice", "main", "--paste", stdin=subprocess.PIPE)
    prompt = prompt_of(process)
    assert prompt["listening"] is False
    redirect = Browser("alice-channel").authorize(prompt["details"]["uri"])
    process.process.stdin.write(redirect.encode() + b"\n")
    process.process.stdin.close()
    ended(process)
    assert oidc_channel.state == "connected"


def test_device(root, alice, oidc_channel, oidc):
    channel = setups.add_oidc_channel(root, alice, "sofa", client="tv")
    process = start_reconnect("alice", "sofa", "--device")
    prompt = prompt_of(process)
    assert prompt["style"] == "show-code"
    Browser("sofa-channel").enter_code(prompt["details"]["verification_uri"], prompt["details"]["user_code"])
    ended(process)
    assert channel.state == "connected"


def test_person_says_no(oidc_channel):
    process = start_reconnect("alice", "main")
    redirect = Browser("alice-channel", agrees=False).authorize(prompt_of(process)["details"]["uri"])
    assert request("GET", redirect).status == 200
    result = process.wait(30)
    assert result.code in (1, 5), result
    assert json.loads(result.stdout.splitlines()[-1])["outcome"] == "failed"
    assert json.loads(result.stderr)["message"].startswith("not connected: ")


def test_wrong_account(connected, oidc):
    process = start_channelctl("alice", "reconnect", "main", "--no-browser")
    uri = wait_for(lambda: re.search(r"^  (http\S+)$", process.stdout, re.M), 15, "the link").group(1)
    assert request("GET", Browser("somebody-else").authorize(uri)).status == 200
    result = process.wait(30)
    assert result.code == 5
    for words in ("alice-channel", "somebody-else", "Log out"):
        assert words in result.stderr
    assert connected.state == "connected"


def test_refused(oidc_channel):
    for user in ("bob", "root"):
        done = channelctl(user, "reconnect", "main")
        assert done.code == 3
        assert done.stderr.startswith("channelctl: main: ") and user in done.stderr and "alice" in done.stderr


def test_interrupted(oidc_channel, oidc):
    process = start_reconnect("alice", "main")
    prompt_of(process)
    process.process.send_signal(signal.SIGINT)
    result = process.wait(10)
    assert result.code == 130
    assert json.loads(result.stderr)["message"] == "cancelled"
    # The port and the channel are free again.
    again = start_reconnect("alice", "main")
    assert request("GET", Browser("alice-channel").authorize(prompt_of(again)["details"]["uri"])).status == 200
    ended(again)


def test_token(connected, oidc):
    done = channelctl("studio", "token", "main", keep=False)
    assert done.code == 0
    assert oidc.accepts(done.stdout.strip()) == "alice-channel"
    full = json.loads(channelctl("studio", "token", "main", "--json", "--min-validity=60", keep=False).stdout)
    assert full["token"] == done.stdout.strip()
    assert full["expires_at"] > time.time() and full["details"]["generation"] == 1
    refused = channelctl("bob", "token", "main")
    assert (refused.code, refused.stdout) == (3, "")
    assert "bob" in refused.stderr
    assert channelctl("studio", "token", "main", "--scopes=never-granted").code == 5


def test_renew_and_history(connected):
    done = channelctl("alice", "renew", "main")
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.startswith("main: token expires: ")
    assert connected.prop("Generation") == 2
    events = json.loads(channelctl("alice", "history", "main", "--json").stdout)
    assert len(events) >= 2 and events[0]["time"] >= events[-1]["time"]


def test_revocation_is_told(connected, oidc):
    monitor = start_channelctl("bob", "monitor", "--json", "main")
    assert json.loads(line_of(monitor))["signal"] == "ServiceAppeared"
    assert channelctl("alice", "verify", "main").code == 0
    oidc.revoke_account("alice-channel")
    done = channelctl("alice", "verify", "main")
    assert done.code == 5
    assert done.stdout.startswith("main: revoked (")

    revoked, changed = (json.loads(line_of(monitor, number)) for number in (1, 2))
    assert (revoked["signal"], changed["signal"]) == ("Revoked", "ChannelStateChanged")
    assert revoked["sequence"] == changed["sequence"]
    assert revoked["details"]["remedy"]
    assert (changed["old_state"], changed["new_state"]) == ("connected", "revoked")
    monitor.process.send_signal(signal.SIGTERM)
    assert monitor.wait(10).code == 0


def test_disconnect(connected):
    done = channelctl("alice", "disconnect", "main")
    assert (done.code, done.stderr) == (0, "")
    assert connected.state == "unconnected"
    assert channelctl("studio", "token", "main").code == 5


def test_monitor_outlives_the_broker(broker, oidc_channel):
    monitor = start_channelctl("bob", "monitor", "--json")
    assert json.loads(line_of(monitor))["signal"] == "ServiceAppeared"
    broker.restart()
    assert [json.loads(line_of(monitor, number))["signal"] for number in (1, 2)] == [
        "ServiceVanished", "ServiceAppeared"]
    monitor.end()


def test_broker_dies_in_the_middle(broker, oidc_channel):
    process = start_reconnect("alice", "main")
    prompt_of(process)
    broker.kill()
    result = process.wait(10)
    assert result.code == 7
    broker.start()


@pytest.fixture
def password():
    """bob may answer for an administrator, with a password."""
    with open("/etc/shadow", encoding="utf-8") as stream:
        before = stream.read()
    with open("/etc/shadow", "w", encoding="utf-8") as stream:
        stream.write(re.sub(r"^bob:\*", "bob:" + crypt.crypt("open-sesame-42"), before, flags=re.M))
    path = "/etc/polkit-1/rules.d/10-admin.rules"
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write('polkit.addAdminRule(function () { return ["unix-user:bob"]; });\n')
    os.rename(path + ".new", path)
    time.sleep(1)
    yield "open-sesame-42"
    os.unlink(path)
    with open("/etc/shadow", "w", encoding="utf-8") as stream:
        stream.write(before)
    time.sleep(1)


class Terminal:
    """channelctl as a user, on a terminal of its own."""

    def __init__(self, user, *arguments):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            argv = as_user(user, [tree.locate("bin/channelctl"), *arguments])
            os.execvpe(argv[0], argv, {**user_environment(user), **tree.environment(), "TERM": "dumb"})

    def read(self):
        if select.select([self.fd], [], [], 0.05)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                return True
        return False

    def expect(self, words):
        wait_for(lambda: self.read() or words in self.text, 40, words)
        assert words in self.text, self.text

    def wait(self):
        wait_for(self.read, 60, "the end")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_password(oidc_channel, password):
    """A person without a desktop: polkit's text agent asks for an administrator's password."""
    assert channelctl("carol", "assign", "main", "carol").code == 3
    terminal = Terminal("carol", "--no-ask-password", "assign", "main", "carol")
    assert terminal.wait() == 3

    terminal = Terminal("carol", "assign", "main", "carol")
    terminal.expect("assword:")
    # The agent throws away what was typed before it turned the echo off.
    time.sleep(0.5)
    os.write(terminal.fd, password.encode() + b"\n")
    assert terminal.wait() == 0, terminal.text
    assert password not in terminal.text
    assert oidc_channel.prop("AssignedUser") == "carol"


def test_explain_and_lint_and_metrics(connected, oidc, root, broker):
    """What a person, an administrator and a monitoring system ask of the real service."""
    oidc.revoke_account("alice-channel")
    connected.verify()
    told = json.loads(channelctl("alice", "explain", "main", "--json").stdout)
    assert told["state"] == "revoked" and told["command"] == "channelctl reconnect main"
    assert abs(told["since"] - time.time()) < 60 and told["who"].startswith("You: ")
    theirs = json.loads(channelctl("bob", "explain", "main", "--json", "--no-ask-password").stdout)
    assert "command" not in theirs and theirs["who"].startswith("alice, ")
    assert theirs["since"] == 0 and theirs["who"].startswith("alice, ") and theirs["to_do"] == told["to_do"]
    metrics = channelctl("bob", "metrics").stdout
    assert 'channelkeeper_channels{state="revoked"} 1\n' in metrics and metrics.endswith("# EOF\n")
    assert 'channelkeeper_channel_usable{id="main"} 0\n' in metrics
