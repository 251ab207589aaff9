# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that takes five seconds for an fsync, a file system that turns read-only, a file that is torn."""

import os
import signal
import subprocess
import time

import pytest
from harness import setups
from harness.browser import Browser
from harness.caller import CHANNEL, BusError, options
from harness.disk import BadDisk
from harness.wait import spin, wait_for

BROKER = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"
FSYNC = 5
WRITTEN_AGAIN = 5  # what state.db refused, so many seconds later
AT_ONCE = FSYNC / 2  # a fraction of it, on a machine with other work


@pytest.fixture
def disk(idle_broker):
    it = BadDisk(idle_broker)
    yield it
    it.be_well()


def test_slow_fsync_delays_nobody_who_needs_no_disk(disk, connected, oidc, callers, bob):
    """A token read never waits for the disk; who wants a new one waits for it; signals come after it."""
    events = bob.record(path=connected.path, interface=CHANNEL)
    reader = connected.seen_by(callers("studio"))
    held = reader.token()[0]
    disk.be("slow")
    begun = time.monotonic()
    pending = connected.send("GetAccessToken", "(a{sv})", options(min_validity=5000))
    slowest = reads = 0
    while not pending.done:
        before = time.monotonic()
        token = reader.token()[0]
        assert connected.state == "connected" and bob.list_channels()
        slowest = max(slowest, time.monotonic() - before)
        reads += token == held
    assert time.monotonic() - begun > FSYNC, "the disk was not slow"
    assert slowest < AT_ONCE and reads > 20, f"{reads} reads, one took {slowest:.1f} s"
    fresh = pending.result()[0]
    assert fresh != held and oidc.accepts(fresh) == "alice-channel"
    assert not [event for event in events if event.name == "Renewed"], "announced before the commit"
    wait_for(lambda: [event for event in events if event.name == "Renewed"], 3 * FSYNC, "the announcement")


def test_what_was_announced_on_a_slow_disk_is_on_it(disk, connected, oidc, bob, broker):
    """kill -9 as soon as the signal is heard: the grant and the event are there."""
    events = bob.record(path=connected.path, interface=CHANNEL)
    disk.be("slow")
    connected.send("Renew")
    [renewed] = wait_for(lambda: [event for event in events if event.name == "Renewed"], 5 * FSYNC, "the renewal")
    broker.kill()
    disk.be_well()
    broker.start()
    assert connected.prop("Generation") == 2
    assert "Renewed" in [row[1] for row in connected.history()]
    assert bob.broker("GetSnapshot", "(a{sv})", {})[0] >= renewed.args[0]
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


def test_what_was_answered_on_a_slow_disk_is_on_it(disk, connected, root, broker):
    """kill -9 as soon as the call is answered: who was taken out stays out."""
    channel = connected.seen_by(root)
    channel.set_access(["studio", "bob"], [])
    disk.be("slow")
    begun = time.monotonic()
    channel.set_access(["studio"], [])
    assert time.monotonic() - begun > FSYNC * 0.8, "answered before it was on disk"
    broker.kill()
    disk.be_well()
    broker.start()
    assert connected.prop("AllowedUsers") == ["studio"]


def test_a_change_that_the_disk_refuses(disk, connected, root, bob, broker, journal):
    """The caller hears of it, it is in force, and it is on disk when the disk is well again."""
    channel, bobs = connected.seen_by(root), connected.seen_by(bob)
    channel.set_access(["bob"], [])
    assert bobs.token()[0]
    noted = len(journal.entries)
    disk.be("read-only")
    with pytest.raises(BusError) as refused:
        channel.set_access([], [])
    assert refused.value.word == "Store" and "in force but not on disk" in refused.value.message
    assert "state.db" in refused.value.message and "Read-only file system" in refused.value.message
    [entry] = wait_for(lambda: journal.find(noted, CK_OUTCOME="AccessChanged"), 5, "the journal's entry")
    assert "not on disk" in entry["MESSAGE"]
    with pytest.raises(BusError, match="NotAuthorized"):
        bobs.token()
    disk.be_well()
    spin(2 * WRITTEN_AGAIN)
    broker.kill()
    broker.start()
    with pytest.raises(BusError, match="NotAuthorized"):
        bobs.token()


@pytest.mark.parametrize("refused", [False, True], ids=["proved", "refused"])
def test_kill_before_a_reconnect_is_proved(disk, connected, oidc, broker, refused):
    """The person need not come again; and the old grant is there until the platform has said yes to the new
    one. The slow disk is for the platform to fall silent between the sign-in and the proof."""
    old = connected.token()[0]
    since = len(oidc.requests())
    disk.be("slow")
    setups.walk(connected.reconnect(flow="browser"), Browser("alice-channel"))
    wait_for(lambda: oidc.token_requests("authorization_code", since), 10, "the sign-in")
    spin(1)
    oidc.fault("hang", "/me")
    wait_for(lambda: [e for e in oidc.requests()[since:] if e.get("path") == "/me"], 6 * FSYNC, "the proof")
    broker.kill()
    disk.be_well()
    oidc.fault("invalid-client" if refused else "", "/me")
    broker.start()
    if not refused:
        wait_for(lambda: connected.prop("Generation") == 2, 20, "the reconnect going on")
        assert [row[2]["user"] for row in connected.history() if row[1] == "Reconnected"] == ["alice", "alice"]
        assert "Renewed" not in [row[1] for row in connected.history()]
        assert connected.token()[0] != old and oidc.accepts(connected.token()[0]) == "alice-channel"
        return
    wait_for(lambda: "refused it at once" in broker.log(), 20, "the refusal")
    oidc.fault("", "/me")
    assert (connected.state, connected.prop("Generation"), connected.token()[0]) == ("connected", 1, old)
    connected.renew()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


def test_number_told_before_the_disk_has_it_is_not_given_again(disk, connected, bob, broker):
    """kill -9 between a snapshot and the disk: who drops the signals up to the snapshot's number drops no other."""
    events = bob.record(path=connected.path, interface=CHANNEL)
    before = bob.broker("GetSnapshot", "(a{sv})", {})[0]
    disk.be("slow")
    with pytest.raises(BusError):
        connected.seen_by(bob).token()  # a refusal is an event
    told = bob.broker("GetSnapshot", "(a{sv})", {})[0]
    assert told > before
    broker.kill()
    disk.be_well()
    broker.start()
    connected.renew()
    [renewed] = wait_for(lambda: [event for event in events if event.name == "Renewed"], 10, "the announcement")
    assert renewed.args[0] > told


def test_an_end_during_a_slow_fsync_loses_nothing(disk, connected, oidc, broker):
    """SIGTERM while the new grant is on its way to the disk: it gets there."""
    since = len(oidc.requests())
    disk.be("slow")
    connected.send("Renew")
    wait_for(lambda: oidc.token_requests(since=since), 3 * FSYNC, "the server's answer")
    broker.process.send_signal(signal.SIGTERM)
    assert broker.process.wait(12 * FSYNC) == 0
    disk.be_well()
    broker.start()
    assert connected.prop("Generation") == 2 and oidc.accepts(connected.token()[0]) == "alice-channel"
    connected.renew()
    assert [entry["status"] for entry in oidc.token_requests(since=since)] == [200, 200]


def test_read_only_file_system_costs_no_token(disk, oidc_channel, oidc, root, broker, journal):
    """Rule 5: the new grant lives in memory, handed out as unsaved; the vault says what is wrong; and it
    is written as soon as that is possible."""
    oidc.settings(accessTtl=14)
    setups.connect(oidc_channel, "alice-channel")
    noted = len(journal.entries)
    disk.be("read-only")
    wait_for(lambda: oidc_channel.token()[2]["generation"] == 2, 30, "the renewal")
    token, _, details = oidc_channel.token()
    assert details["unsaved"] and oidc.accepts(token) == "alice-channel"
    assert oidc_channel.state == "connected"
    assert root.get(ROOT, BROKER, "VaultState") == "degraded"
    [entry] = wait_for(lambda: journal.find(noted, CK_OUTCOME="degraded"), 5, "the journal's entry")
    assert "vault.db" in entry["MESSAGE"] and "Read-only file system" in entry["MESSAGE"]
    disk.be_well()
    wait_for(lambda: "unsaved" not in oidc_channel.token()[2], 15, "the grant being written")
    wait_for(lambda: root.get(ROOT, BROKER, "VaultState") == "open", 5, "the vault being well again")
    broker.kill()
    broker.start()
    assert oidc.accepts(oidc_channel.token()[0]) == "alice-channel"


@pytest.fixture
def own_file_system(broker):
    subprocess.run(["mount", "--bind", broker.state, broker.state], check=True)
    yield broker.state
    subprocess.run(["umount", "-l", broker.state], check=True)


def test_start_on_a_read_only_file_system(connected, oidc, broker, own_file_system):
    """It ends, and says which file and why; nothing is changed, and later all is there."""
    broker.stop()
    subprocess.run(["mount", "-o", "remount,bind,ro", own_file_system], check=True)
    broker.start(wait=False)
    assert broker.process.wait(10) != 0
    broker.process = None
    last = broker.log().splitlines()[-1]
    assert "state.db" in last and "read-only" in last, last
    subprocess.run(["mount", "-o", "remount,bind,rw", own_file_system], check=True)
    broker.start()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


@pytest.mark.parametrize("what, words", [("cut", "its end is missing"), ("empty", "it is empty")])
def test_torn_state_db(connected, oidc, broker, what, words):
    """It ends, says which file it is and what to do, and leaves it to whoever mends it."""
    path = os.path.join(broker.state, "state.db")
    broker.stop()
    with open(path, "rb") as stream:
        whole = stream.read()
    with open(path, "r+b") as stream:
        stream.truncate(len(whole) // 2 - 100 if what == "cut" else 0)
    torn = os.path.getsize(path)
    broker.start(wait=False)
    assert broker.process.wait(10) != 0
    broker.process = None
    last = broker.log().splitlines()[-1]
    assert "state.db is damaged" in last and words in last and "Restore it from a backup" in last, last
    assert os.path.getsize(path) == torn
    with open(path, "r+b") as stream:
        stream.write(whole)
    broker.start()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"
