# SPDX-License-Identifier: LGPL-2.1-or-later
"""What others on the machine can see: of an attempt nothing, of a token nothing."""

import os
import pwd
import subprocess
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib
from harness import setups
from harness.browser import Browser
from harness.caller import ATTEMPT, ROOT, BusError
from harness.run import Running
from harness.wait import spin, wait_for

ATTEMPTS = ROOT + "/attempt"


def children(api, path):
    try:
        return [node.get("name") for node in ET.fromstring(api.introspect(path)).findall("node")]
    except BusError:
        return []


class Listener:
    """bob, who asks the bus for everything it will give him."""

    def __init__(self, bob):
        self.bob = bob
        self.messages = []
        bob.connection.add_filter(self._filter)
        for rule in ("type='signal'", f"path_namespace='{ROOT}'", "type='method_call'", "type='method_return'"):
            self._match(rule)
        for kind in ("signal", "method_call", "method_return"):
            with pytest.raises(BusError):  # the bus itself lets nobody overhear what is sent to others
                self._match(f"type='{kind}',eavesdrop='true'")

    def _match(self, rule):
        self.bob.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", GLib.Variant("(s)", (rule,)),
                      destination="org.freedesktop.DBus")

    def _filter(self, _connection, message, incoming):
        if incoming:
            self.messages.append(message.print_(0))
        return message

    def heard(self, *words):
        return [text for text in self.messages if any(word in text for word in words)]


@pytest.mark.parametrize("client, flow", [("web", "browser"), ("tv", "device")])
def test_another_user_sees_nothing_of_an_attempt(root, alice, oidc_channel, bob, oidc, client, flow):
    channel = setups.add_oidc_channel(root, alice, "watched", client=client)
    listener = Listener(bob)
    attempt = channel.reconnect(flow=flow)
    number, style, details = attempt.prompt()
    name = attempt.path.rsplit("/", 1)[1]
    secrets = [name, attempt.path]
    secrets += [details["uri"]] if style == "open-uri" else [details["user-code"], details["verification-uri"]]

    # Asking for it: the attempt does not exist for bob, nor for root.
    for other in (bob, root):
        assert name not in children(other, ATTEMPTS)
        assert name not in other.introspect(ROOT)
        with pytest.raises(BusError) as gone:
            other.get_all(attempt.path, ATTEMPT)
        with pytest.raises(BusError) as never:
            other.get_all(ATTEMPTS + "/0123456789abcdef0123456789abcdef", ATTEMPT)
        assert gone.value.name == never.value.name, "no way to tell that it exists"
        for call in (lambda o=other: o.get(attempt.path, ATTEMPT, "Prompt"),
                     lambda o=other: o.call(attempt.path, ATTEMPT, "Cancel"),
                     lambda o=other: o.call(attempt.path, ATTEMPT, "Respond", GLib.Variant("(ua{sv})", (number, {})))):
            with pytest.raises(BusError):
                call()
    assert name in children(alice, ATTEMPTS), "its owner finds it"

    if style == "open-uri":
        attempt.respond(number, redirected_uri=Browser("watched-channel").authorize(details["uri"]))
    else:
        Browser("watched-channel").enter_code(details["verification-uri"], details["user-code"])
    assert attempt.outcome()[0] == "succeeded"
    wait_for(lambda: listener.heard("ChannelStateChanged"), 5, "what bob may hear")
    spin(0.3)
    assert listener.heard(*secrets, "Prompted", "Finished") == []
    unasked = [text for text in listener.messages if not text.startswith(("Type:    error", "Type:    method-return"))]
    assert [text for text in unasked if ATTEMPT in text] == []


def test_another_connection_of_the_same_user_sees_nothing_either(oidc_channel, callers):
    attempt = oidc_channel.reconnect(flow="browser")
    attempt.prompt()
    with pytest.raises(BusError):
        callers("alice").get_all(attempt.path, ATTEMPT)
    assert attempt.prop("State") == "waiting"


def test_attempt_names_cannot_be_guessed(oidc_channel):
    names = []
    for _ in range(3):
        attempt = oidc_channel.reconnect(flow="browser")
        names.append(attempt.path.rsplit("/", 1)[1])
    assert all(len(name) >= 22 for name in names)
    for one, next_one in zip(names, names[1:]):
        assert sum(a == b for a, b in zip(one, next_one)) < len(one) / 2, "one tells the next"


def test_bus_monitor_sees_no_token(connected, studio, oidc):
    """The administrator's `busctl monitor` while an app opens tokens, renews and reports."""
    monitor = Running("root", ["busctl", "--system", "monitor"], keep=True)
    wait_for(lambda: "Monitoring" in monitor.stderr + monitor.stdout, 10, "the monitor")
    theirs = connected.seen_by(studio)
    tokens = [theirs.open_token()[0]]
    theirs.renew()
    tokens.append(theirs.open_token(min_validity=10)[0])
    theirs.verify()
    wait_for(lambda: monitor.stdout.count("OpenAccessToken") >= 2, 10, "the monitor seeing the calls")
    spin(0.3)
    monitor.end()
    seen = monitor.stdout
    assert "OpenAccessToken" in seen and len(set(tokens)) == 2
    for secret in oidc.secrets():
        assert secret not in seen


def test_a_client_secret_never_enters_a_message(root, broker, oidc):
    setups.add_oidc_provider(root, broker)
    monitor = Running("root", ["busctl", "--system", "monitor"], keep=True)
    wait_for(lambda: "Monitoring" in monitor.stderr + monitor.stdout, 10, "the monitor")
    setups.add_oidc_clients(root)
    wait_for(lambda: monitor.stdout.count("AddClient") >= 3, 10, "the monitor seeing the calls")
    monitor.end()
    assert "web-client-secret-5f1d09c2" not in monitor.stdout


def test_no_secret_in_command_lines_environments_or_files(connected, broker, oidc, ledger):
    connected.renew()
    secrets = oidc.secrets()
    for pid in [broker.process.pid, *broker.workers()]:
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as stream:
                data = stream.read()
            assert not [secret for secret in secrets if secret.encode() in data], f"{name} of {pid}"
    ledger.add(*secrets)
    assert ledger.search_files(broker.directory) == []
    uids = {pwd.getpwnam(user).pw_uid for user in ("channelkeeper", "alice", "studio")}
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        left = [name for name in os.listdir(folder) if os.lstat(os.path.join(folder, name)).st_uid in uids]
        assert left == [], f"files outside the state directory: {left} in {folder}"


def test_state_directory_is_the_brokers_alone(connected, broker):
    for root_dir, dirs, files in os.walk(broker.state):
        for name in dirs + files:
            path = os.path.join(root_dir, name)
            info = os.stat(path)
            assert info.st_uid == pwd.getpwnam("channelkeeper").pw_uid
            assert info.st_mode & 0o077 == 0, f"{path} is open to others: {info.st_mode:o}"


def test_process_cannot_be_looked_into(connected, broker):
    """No core dump, not dumpable: another process of the same user cannot read its memory."""
    workers = broker.workers()
    assert workers, "the connect had a worker"
    for pid in [broker.process.pid, *workers]:
        with open(f"/proc/{pid}/limits", encoding="ascii") as stream:
            core = next(line for line in stream if line.startswith("Max core file size"))
        assert core.split()[4:6] == ["0", "0"]
        looked = subprocess.run(["setpriv", "--reuid=channelkeeper", "--regid=channelkeeper", "--clear-groups",
                                 "cat", f"/proc/{pid}/environ"], capture_output=True, check=False)
        assert looked.returncode != 0, "a dumpable process"


def test_error_messages_that_echo_a_token_are_cut(connected, oidc):
    """A platform that repeats in its message what it was sent; of a connect the person is told it."""
    oidc.fault("echo")
    with pytest.raises(BusError) as error:
        connected.renew()
    attempt = connected.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice-channel"))
    outcome, _cause, message = attempt.outcome()
    oidc.fault()
    assert outcome == "failed" and "the platform says: cannot parse" in message
    for secret in oidc.secrets():
        assert secret not in error.value.message and secret not in message
        assert secret not in connected.prop("Detail")
