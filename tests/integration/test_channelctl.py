# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl against the real service: what people and scripts type."""

import json
import os
import re
import subprocess

import pytest
from harness import setups
from harness.browser import Browser
from harness.http import request
from harness.oidc import WEB_SECRET
from harness.run import channelctl, start_channelctl
from harness.wait import wait_for

PERSON = os.path.join(os.path.dirname(os.path.realpath(__file__)), "person")


@pytest.fixture
def person():
    """A browser that any user can start: the source tree may lie where only root may look."""
    folder = "/run/ck/person"
    subprocess.run(["cp", "-rT", os.path.dirname(PERSON), folder], check=True)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    return f"{folder}/person"


def printed(running, pattern, seconds=20):
    """The first match of `pattern` in what the program has printed."""
    return wait_for(lambda: re.search(pattern, running.stdout + running.stderr), seconds, f"{pattern!r} to be printed")


def test_the_whole_way(broker, root, oidc, person):
    setups.add_oidc_provider(root, broker)
    added = channelctl("root", "clients", "add", "web", "real", "web", "--secret-file=/dev/stdin",
                       "--redirect-uri", oidc.web_redirect, stdin=WEB_SECRET)
    assert added.code == 0, added
    added = channelctl("root", "add", "main", "real", "--client", "web", "--assigned-user", "alice",
                       "--allow-user", "studio", "--scopes", " ".join(setups.SCOPES))
    assert added.code == 0, added
    assert "unconnected" in channelctl("bob", "list").stdout

    refused = channelctl("bob", "reconnect", "main", "--no-browser")
    assert refused.code == 3
    assert "bob" in refused.stderr and "alice" in refused.stderr

    done = channelctl("alice", "reconnect", "main", extra_env={"BROWSER": f"{person} alice-channel"}, seconds=60)
    assert done.code == 0, done
    assert "The alice-channel channel" in done.stdout

    token = channelctl("studio", "token", "main", keep=False)
    assert token.code == 0 and oidc.accepts(token.stdout.strip()) == "alice-channel"
    assert channelctl("bob", "token", "main").code == 3
    assert channelctl("alice", "renew", "main").code == 0
    assert channelctl("alice", "verify", "main").code == 0
    shown = channelctl("bob", "show", "main", "--json")
    assert shown.code == 0 and "alice-channel" in shown.stdout
    listed = [json.loads(line) for line in channelctl("bob", "list", "--json").stdout.splitlines()]
    assert "connected" in json.dumps(listed)

    oidc.revoke_account("alice-channel")
    gone = channelctl("studio", "verify", "main")
    assert gone.code == 5, gone
    gone = channelctl("studio", "token", "main")
    assert gone.code == 5 and "main" in gone.stderr
    assert channelctl("alice", "reconnect", "main", extra_env={"BROWSER": f"{person} alice-channel"}, seconds=60).code == 0
    assert channelctl("alice", "disconnect", "main").code == 0
    assert channelctl("root", "assign", "main", "bob").code == 0
    assert channelctl("root", "access", "main", "--allow-user", "dave").code == 0
    assert "dave" in channelctl("alice", "access", "main").stdout
    assert channelctl("root", "remove", "main").code == 0
    assert channelctl("alice", "show", "main").code == 4


def test_reconnect_by_a_pasted_redirect(oidc_channel, oidc):
    running = start_channelctl("alice", "reconnect", "main", "--paste", stdin=subprocess.PIPE)
    uri = printed(running, rf"{re.escape(oidc.issuer)}/auth\?\S+").group(0)
    running.process.stdin.write(Browser("alice-channel").authorize(uri).encode() + b"\n")
    running.process.stdin.close()
    assert running.wait().code == 0, running.stderr
    assert oidc_channel.state == "connected"


def test_reconnect_by_device_code(root, alice, oidc_channel, oidc):
    channel = setups.add_oidc_channel(root, alice, "sofa", client="tv")
    running = start_channelctl("alice", "reconnect", "sofa", "--device", stdin=subprocess.DEVNULL)
    code = printed(running, r"\b[A-Z]{4}-[A-Z]{4}\b").group(0)
    assert f"{oidc.issuer}/device" in running.stdout + running.stderr
    Browser("sofa-channel").enter_code(f"{oidc.issuer}/device", code)
    assert running.wait(40).code == 0, running.stderr
    assert channel.state == "connected"


def test_interrupted_reconnect_leaves_no_attempt(oidc_channel, oidc):
    running = start_channelctl("alice", "reconnect", "main", "--paste", stdin=subprocess.PIPE)
    printed(running, r"/auth\?\S+")
    running.process.send_signal(2)
    assert running.wait().code == 130
    setups.connect(oidc_channel, "alice-channel")


def test_monitor_tells_cause_and_remedy(connected, oidc):
    running = start_channelctl("studio", "monitor")
    lines = start_channelctl("studio", "monitor", "--json")
    wait_for(lambda: connected.renew() or "enewed" in running.stdout and "Renewed" in lines.stdout, 20, "the monitors")
    oidc.revoke_account("alice-channel")
    connected.verify()
    printed(running, r"main")
    wait_for(lambda: "evoked" in running.stdout and "Revoked" in lines.stdout, 10, "the revocation")
    assert connected.prop("Remedy") in running.stdout
    events = [json.loads(line) for line in lines.stdout.splitlines()]
    assert any(connected.cause in json.dumps(event) for event in events)
    running.end()
    lines.end()


@pytest.mark.parametrize("arguments, code", [
    (["show", "nope"], 4), (["frobnicate"], 2), (["reconnect"], 2), (["list", "--nonsense"], 2), ([], 2),
    (["add", "x", "no-such-provider", "--assigned-user", "alice"], 4), (["--version"], 0), (["--help"], 0),
    (["providers"], 0), (["clients", "list"], 0),
])
def test_exit_codes(oidc_channel, arguments, code):
    assert channelctl("root", *arguments).code == code


def test_without_the_service(bus):
    result = channelctl("alice", "list")
    assert result.code == 7 and result.stderr


def test_loopback_answers_no_stranger(oidc_channel, oidc):
    """Somebody else on the machine who finds the port gains nothing by it."""
    running = start_channelctl("alice", "reconnect", "main", "--no-browser", stdin=subprocess.DEVNULL)
    uri = printed(running, rf"{re.escape(oidc.issuer)}/auth\?\S+").group(0)
    request("GET", "http://127.0.0.1:18999/cb?code=stolen&state=guessed")
    redirect = Browser("alice-channel").authorize(uri)
    try:
        request("GET", redirect)
    except OSError:
        pass
    running.wait(40)
    assert oidc_channel.state in ("connected", "unconnected")
    for entry in oidc.requests():
        assert entry.get("status") != 400 or entry.get("grant_type") != "authorization_code"
