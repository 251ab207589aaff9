# SPDX-License-Identifier: LGPL-2.1-or-later
"""The harness itself: a test that stands on a part which lies proves nothing."""

import os
import socket

import pytest
from gi.repository import GLib
from harness.caller import BusError, Caller, read_all, secret_pipe
from harness.journal import parse
from harness.ledger import Ledger
from harness.run import run
from harness.wait import wait_for

POLKIT = ("org.freedesktop.PolicyKit1", "/org/freedesktop/PolicyKit1/Authority",
          "org.freedesktop.PolicyKit1.Authority")


# ---- users, bus, polkit ------------------------------------------------------------------------


@pytest.mark.parametrize("user, uid", [("root", 0), ("alice", 64001), ("bob", 64002), ("channelkeeper", 64901)])
def test_caller_is_who_the_bus_says(polkit, user, uid):
    caller = Caller(user)
    answer = caller.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixUser",
                         GLib.Variant("(s)", (caller.unique_name,)), destination="org.freedesktop.DBus")
    caller.close()
    assert answer == uid
    assert os.geteuid() == 0


def test_commands_run_as_their_user():
    assert run("dave", ["id", "-Gn"]).stdout.split() == ["dave", "publishers"]
    result = run("alice", ["sh", "-c", "id -un; cat /run/ck/home/bob/x; cat"], stdin="from stdin")
    assert result.stdout == "alice\nfrom stdin"
    assert "Permission denied" in result.stderr


def test_only_the_service_user_may_own_the_name(polkit):
    alice = Caller("alice")
    with pytest.raises(BusError) as refused:
        alice.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
                   GLib.Variant("(su)", ("org.channelkeeper.Broker1", 4)), destination="org.freedesktop.DBus")
    alice.close()
    assert refused.value.name == "org.freedesktop.DBus.Error.AccessDenied"


def test_polkit_decides_by_user(polkit):
    def check(user):
        caller = Caller(user)
        subject = ("system-bus-name", {"name": GLib.Variant("s", caller.unique_name)})
        answer = caller.call(POLKIT[1], POLKIT[2], "CheckAuthorization", GLib.Variant(
            "((sa{sv})sa{ss}us)", (subject, "org.freedesktop.policykit.exec", {}, 0, "")), destination=POLKIT[0])
        caller.close()
        return answer[0]
    assert check("root") is True
    assert check("alice") is False


def test_signals_are_recorded_by_another_user(polkit):
    alice, bob = Caller("alice"), Caller("bob")
    seen = bob.record(interface="org.example.Test1", eavesdrop=True)
    alice.connection.emit_signal(None, "/org/example", "org.example.Test1", "Happened", GLib.Variant("(s)", ("x",)))
    wait_for(lambda: seen, 5, "the signal")
    assert (seen[0].sender, seen[0].name, seen[0].args) == (alice.unique_name, "Happened", ("x",))
    alice.close()
    bob.close()


def test_nothing_outside_is_reachable():
    with socket.socket() as outside, pytest.raises(OSError):
        outside.settimeout(3)
        outside.connect(("192.0.2.1", 80))


# ---- journal, secrets --------------------------------------------------------------------------


def test_journal_keeps_structured_entries(journal):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"MESSAGE=hello\nNOTE\n" + (3).to_bytes(8, "little") + b"a\nb\n",
                      "/run/systemd/journal/socket")
    entry = wait_for(lambda: journal.find(MESSAGE="hello"), 5, "the entry")[0]
    assert entry["NOTE"] == "a\nb"
    assert parse(b"") == {}


def test_ledger_finds_what_leaked(tmp_path):
    ledger = Ledger()
    ledger.add("abc+def/ghi=jkl", "short")
    (tmp_path / "clean").write_text("abc def short")
    (tmp_path / "raw").write_text("x abc+def/ghi=jkl x")
    (tmp_path / "quoted").write_text("refresh_token=abc%2Bdef%2Fghi%3Djkl&x=1")
    assert {os.path.basename(path) for path, _ in ledger.search_files(tmp_path)} == {"raw", "quoted"}


def test_secret_pipe_ends():
    assert read_all(secret_pipe("s3cret")) == "s3cret"
