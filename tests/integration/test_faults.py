# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk that is full, a bus that goes away, and a broker with nothing to do."""

import os
import pwd
import re
import signal
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
from harness import setups
from harness.caller import BusError
from harness.disk import preloaded
from harness.users import SERVICE
from harness.wait import spin, wait_for

BROKER = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"


class SmallDisk:
    """A file system of its own below a broker's state directory."""

    def __init__(self, folder):
        self.folder = folder
        entry = pwd.getpwnam(SERVICE)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=8m,mode=700,uid={entry.pw_uid},gid={entry.pw_gid}",
                        "tmpfs", folder], check=True)

    def fill(self):
        with open(os.path.join(self.folder, "filler"), "wb", buffering=0) as stream:
            try:
                while stream.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                pass

    def free(self):
        os.unlink(os.path.join(self.folder, "filler"))

    def umount(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


@pytest.fixture
def disk(idle_broker):
    it = SmallDisk(idle_broker.state)
    yield it
    it.umount()


def vault_state(root):
    return root.get(ROOT, BROKER, "VaultState")


def test_full_disk_costs_no_token(disk, oidc_channel, oidc, root, broker):
    """Rule 5: the new grant is kept in memory, handed out as unsaved, and written when there is room."""
    oidc.settings(accessTtl=14)
    setups.connect(oidc_channel, "alice-channel")
    disk.fill()
    since = len(oidc.requests())
    wait_for(lambda: oidc_channel.token()[2]["generation"] == 2, 30, "the renewal, mark or no mark")
    token, _, details = oidc_channel.token()
    assert details["unsaved"] and oidc.accepts(token) == "alice-channel"
    assert vault_state(root) == "degraded" and oidc_channel.state == "connected"
    assert len(oidc.token_requests(since=since)) == 1
    disk.free()
    wait_for(lambda: "unsaved" not in oidc_channel.token()[2], 15, "the grant being written")
    wait_for(lambda: vault_state(root) == "open", 5, "the vault being well again")
    broker.kill()
    broker.start()
    assert oidc.accepts(oidc_channel.token()[0]) == "alice-channel"


def test_numbers_go_on_across_restarts_on_a_full_disk(disk, oidc_channel, callers, broker):
    """No run can write down which numbers it used; the next one uses others."""
    bob = callers("bob")
    disk.fill()
    for end in (broker.kill, broker.kill, broker.stop):
        with pytest.raises(BusError):
            oidc_channel.seen_by(bob).token()  # a refusal is an event
        wait_for(lambda: "a change is announced though it could not" in broker.log()[broker.log_start:], 5, "the refusal")
        told = bob.broker("GetSnapshot", "(a{sv})", {})[0]
        end()
        if end == broker.stop:
            disk.free()
        broker.start()
        assert bob.broker("GetSnapshot", "(a{sv})", {})[0] >= told


@pytest.fixture
def deaf_bus(idle_broker):
    file = idle_broker.directory + "/deaf"
    idle_broker.extra_env = preloaded("deaf-bus.so") | {"CK_DEAF_BUS": file}
    return file


def test_signal_that_has_not_left_is_announced_again(deaf_bus, root, alice, oidc, oidc_channel, broker, callers):
    """kill -9 while the bus takes nothing, after more was written: what GDBus was given nobody has heard."""
    oidc.settings(accessTtl=14)
    second = setups.add_oidc_channel(root, alice, "second")
    setups.connect(oidc_channel, "alice-channel")
    setups.connect(second, "bob-channel")
    bob = callers("bob")
    events = [bob.record(path=channel.path, interface="org.channelkeeper.Channel1") for channel in (oidc_channel, second)]
    spin(0.5)
    with open(deaf_bus, "w", encoding="ascii"):
        since = len(oidc.requests())
    wait_for(lambda: len(oidc.token_requests(since=since)) == 2, 30, "both renewals")
    spin(1)
    assert not events[0] and not events[1]
    broker.kill()
    os.unlink(deaf_bus)
    broker.start()
    for heard in events:
        wait_for(lambda heard=heard: [event for event in heard if event.name == "Renewed"], 5, "its announcement")


def announced(broker):
    with closing(sqlite3.connect(f"file:{broker.state}/state.db?mode=ro", uri=True)) as database:
        return database.execute("SELECT value FROM meta WHERE key = 'announced'").fetchone()[0]


def test_signal_that_the_bus_has_not_read_is_announced_again(bus, root, alice, oidc, oidc_channel, broker, callers):
    """kill -9 while the bus stands still, after more was written: what it finds unread it may throw away."""
    oidc.settings(accessTtl=14)
    second = setups.add_oidc_channel(root, alice, "second")
    setups.connect(oidc_channel, "alice-channel")
    spin(3)
    setups.connect(second, "bob-channel")
    bob = callers("bob")
    events = bob.record(interface="org.channelkeeper.Channel1")
    spin(0.5)
    since = len(oidc.requests())
    bus.process.send_signal(signal.SIGSTOP)
    try:
        wait_for(lambda: len(oidc.token_requests(since=since)) == 2, 30, "both renewals, one after the other")
        spin(1)
        broker.process.kill()
        broker.process.wait()
        broker.process = None
        told = announced(broker)
    finally:
        bus.process.send_signal(signal.SIGCONT)
    broker.start()
    wait_for(lambda: len({event.path for event in events if event.name == "Renewed"}) == 2, 5, "their announcements")
    assert all(event.args[0] > told for event in events if event.name == "Renewed")


def test_state_of_the_first_format_on_a_full_disk(disk, oidc, oidc_channel, broker):
    """It ends, says which file and why, and leaves it to the version that wrote it; later all is there."""
    setups.connect(oidc_channel, "alice-channel")
    broker.stop()
    path = os.path.join(disk.folder, "state.db")
    with closing(sqlite3.connect(path)) as database:
        for column in ("duplicates_at", "adopting", "adopting_user"):
            database.execute(f"ALTER TABLE channel DROP COLUMN {column}")
        database.execute("PRAGMA user_version = 1")
        database.commit()
    disk.fill()
    broker.start(wait=False)
    assert broker.process.wait(10) != 0
    broker.process = None
    last = broker.log().splitlines()[-1]
    assert "cannot upgrade" in last and "state.db" in last and "full" in last, last
    disk.free()
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
    broker.start()
    assert oidc.accepts(oidc_channel.token()[0]) == "alice-channel"
    oidc_channel.renew()


def test_bus_that_goes_away_ends_the_broker_and_nothing_is_lost(polkit, oidc, connected, broker):
    """The connection lost: exit, not zero, so that systemd starts it again; and all is there."""
    broker.stop()
    folder = broker.directory + "/bus"
    os.mkdir(folder)
    address = f"unix:path={folder}/socket"
    with open("/run/dbus/system.conf", encoding="utf-8") as stream:
        text = re.sub(r"<listen>.*</listen>", f"<listen>{address}</listen>", stream.read())
    with open(folder + "/bus.conf", "w", encoding="utf-8") as stream:
        stream.write(text)
    bus = subprocess.Popen(["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile", "--nosyslog"])
    wait_for(lambda: os.path.exists(folder + "/socket"), 5, "the second bus")
    broker.extra_env = {"DBUS_SYSTEM_BUS_ADDRESS": address}
    broker.start(wait=False)
    wait_for(lambda: re.search(r"\d+ channels$", broker.log()[broker.log_start:], re.M), 20, "the broker on it")
    bus.kill()
    bus.wait()
    assert broker.process.wait(10) != 0
    broker.process = None
    broker.extra_env = {}
    broker.start()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


def switches(pid):
    """How often any thread has gone to sleep until now."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as status:
            total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", status.read()))
    return total


def test_idle_broker_does_not_wake_up(connected, broker):
    """Connected channels and nothing due: not one wake-up."""
    broker.restart()
    connected.token()
    pid = broker.process.pid
    before = None
    while before != (before := switches(pid)):
        spin(0.7)
    time.sleep(5)
    assert switches(pid) == before


def test_what_was_announced_last_is_announced_again_with_its_number(connected, broker, callers, root):
    """kill -9 may come between the disk and the bus: at least once, and the same sequence."""
    events = callers("bob").record(path=connected.path, interface="org.channelkeeper.Channel1")
    seen = []
    for _ in range(3):
        before = len(events)
        connected.renew()
        wait_for(lambda: [e for e in events[before:] if e.name == "Renewed"], 10, "the renewal")
        seen.append([e.args[0] for e in events if e.name == "Renewed"][-1])
        before = len(events)
        broker.kill()
        broker.start()
        again = wait_for(lambda: [e for e in events[before:] if e.name == "Renewed"], 5, "it being announced again")
        assert [e.args[0] for e in again] == seen[-1:]
        assert root.broker("GetSnapshot", "(a{sv})", {})[0] >= seen[-1]
    assert seen == sorted(set(seen)), "it never goes back"
    before = len(events)
    broker.restart()
    spin(0.3)
    assert not [e for e in events[before:] if e.name == "Renewed"], "nothing is repeated after an orderly end"
