# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 at random moments while channels are renewed at a server whose refresh tokens work once.

CK_KILLS says how often (200); CK_SEED repeats a run.
"""

import itertools
import os
import random
import re
import shutil
import sqlite3
import tempfile
import time
from collections import defaultdict

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BROKER, CHANNEL, ROOT, BusError
from harness.disk import BadDisk
from harness.wait import spin, wait_for

CHANNELS = 20
ROUND = 0.2  # seconds within which every channel is renewed once, and the broker killed
UNDER_WAY = re.compile(r"(\S+): a renewal was under way when the broker ended")


class Renewals:
    """Asks for renewals spread over the round; remembers which the broker answered with success."""

    def __init__(self, channels, chance):
        self.channels = channels
        self.chance = chance
        self.succeeded = defaultdict(list)  # channel name -> when it was asked for and when told "it is renewed"
        self.pending = []

    def begin(self):
        for name, channel in self.channels.items():
            GLib.timeout_add(int(self.chance.uniform(0, ROUND) * 1000), self._one, name, channel)

    def _one(self, name, channel):
        self.pending.append((name, time.time(), channel.send("Renew")))
        return False

    def collect(self):
        for name, asked, pending in self.pending:
            if pending.done and not pending.error:
                self.succeeded[name].append((asked, time.time()))
        self.pending = [one for one in self.pending if not one[2].done]

    def run_until(self, deadline):
        while time.monotonic() < deadline:
            spin(min(0.02, max(0.001, deadline - time.monotonic())))
            self.collect()


class Announcements:
    """What a subscriber hears of all runs of the broker, and what snapshots tell it."""

    def __init__(self, listener, chance):
        self.listener = listener
        self.chance = chance
        self.heard = listener.record()
        self.snapshots = []

    def begin(self):
        GLib.timeout_add(int(self.chance.uniform(0, ROUND) * 1000), self._ask)

    def _ask(self):
        self.snapshots.append(self.listener.send(ROOT, BROKER, "GetSnapshot", GLib.Variant("(a{sv})", ({},))))
        return False

    def _numbered(self):
        return [event for event in self.heard if event.interface == CHANNEL or event.name == "ChannelStateChanged"]

    def goes_on(self):
        """After a start: what comes has higher numbers than all that anybody was told."""
        told = [event.args[0] for event in self._numbered()[-100:]]
        told += [one.value[0] for one in self.snapshots if one.done and not one.error]
        self.snapshots = [one for one in self.snapshots if not one.done]
        assert self.listener.broker("GetSnapshot", "(a{sv})", {})[0] >= max(told)

    def told_of(self, event):
        return any((one.args[0], one.name) == event for one in self._numbered()[-100:])

    def check(self, history):
        """The numbers of a run grow, from beyond those of the runs before; what comes again is the same; and no
        event of the history, (number, kind), was left out."""
        told = {}
        highest = 0
        for _run, events in itertools.groupby(self._numbered(), lambda event: event.sender):
            last = 0
            for event in events:
                number, what = event.args[0], what_it_says(event)
                assert number >= last, f"{event} after {last}"
                last = number
                assert (number, event.name) in told or number > highest, f"{event} is new, after {highest}"
                assert told.setdefault((number, event.name), what) == what, f"{event} was {what}"
            highest = max(highest, last)
        missing = [event for event in history if event not in told]
        assert not missing, f"never announced: {missing}"
        return len(told)


def what_it_says(event):
    """All of it but the remedy, which is that of the state the channel is in by now."""
    if event.interface != CHANNEL:
        return event.path, event.args
    return event.path, event.args[:-1], {key: value for key, value in event.args[-1].items() if key != "remedy"}


def read_databases(broker):
    """Of a broker that was killed: both are whole; the events of the history that are signals."""
    with tempfile.TemporaryDirectory() as copies:
        for name in os.listdir(broker.state):
            if name.startswith(("state.db", "vault.db")):
                shutil.copy(os.path.join(broker.state, name), copies)
        for name in ("vault.db", "state.db"):
            db = sqlite3.connect(os.path.join(copies, name))
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name
        return db.execute("SELECT sequence, word FROM history WHERE word IN"
                          " ('Renewed', 'Reconnected', 'Resumed', 'Expired', 'Revoked', 'Interrupted')"
                          " ORDER BY sequence").fetchall()


def mended(channel, name):
    """Whether the channel renews; if it is in doubt or dead it must say so, and a person helps."""
    word = None
    try:
        channel.renew()
        return True
    except BusError as error:
        word = "in doubt" if "answer to a renewal was lost" in error.message else error.word
        assert error.word in ("Expired", "Revoked", "ProviderUnavailable", "Busy"), f"{name}: {error}"
        assert error.message
    state, cause = channel.state, channel.cause
    assert state in ("connected", "expiring", "expired", "revoked", "interrupted"), (name, state)
    if state in ("expired", "revoked"):
        assert cause in ("expired", "unknown-revoked", "revoked-by-user"), (name, cause)
        assert channel.prop("Detail"), f"{name} does not say why"
    setups.connect(channel, f"{name}-account")
    return word


@pytest.fixture
def real_disk(idle_broker):
    """In memory no kill comes between the disk and the bus."""
    BadDisk(idle_broker).be("real")


def test_kill_minus_nine(real_disk, root, alice, bob, broker, oidc):
    kills = int(os.environ.get("CK_KILLS", "200"))
    seed = int(os.environ.get("CK_SEED", str(random.randrange(1 << 30))))
    print(f"CK_SEED={seed}")
    chance = random.Random(seed)
    begun = len(oidc.requests())  # the server is that of all tests
    setups.add_oidc_provider(root, broker)
    setups.add_oidc_clients(root)
    announcements = Announcements(bob, chance)
    channels = {}
    for number in range(CHANNELS):
        name = f"ch-{number:02d}"
        channels[name] = setups.add_oidc_channel(root, alice, name)
        setups.connect(channels[name], f"{name}-account")
    renewals = Renewals(channels, chance)
    mendings = 0

    for _ in range(kills):
        renewals.begin()
        announcements.begin()
        renewals.run_until(time.monotonic() + chance.uniform(0.01, ROUND))
        broker.kill()
        renewals.collect()
        wait_for(lambda: all(p.done for _, _, p in renewals.pending), 5, "the lost calls failing")
        read_databases(broker)
        broker.start()
        assert root.get(ROOT, BROKER, "VaultState") == "open"
        announcements.goes_on()
        spin(ROUND * 0.2)
        # Those that the server never saw would not be renewed for an hour either.
        found = UNDER_WAY.findall(broker.log()[broker.log_start:])
        for name in sorted({*found, *in_doubt(oidc.token_requests(since=begun), renewals)}):
            asked = time.time()
            mendings += mended(channels[name], name) is not True
            renewals.succeeded[name].append((asked, time.time()))

    spin(ROUND)
    doubtful = in_doubt(oidc.token_requests(since=begun), renewals)
    for name, channel in channels.items():
        renewed = mended(channel, name)
        # The broker cannot know whether a renewal it had begun when it was killed reached the server.
        assert renewed in (True, "in doubt") or name in doubtful, f"{name} was not in flight and yet does not renew"
        assert oidc.accepts(channel.token()[0]) == f"{name}-account"
    never_sent_again(oidc.token_requests(since=begun), renewals)
    wait_for(lambda: len(broker.workers()) <= 16, 5, "the workers of dead brokers leaving")
    broker.kill()
    history = read_databases(broker)
    broker.start()  # what this one had no time to announce
    wait_for(lambda: announcements.told_of(history[-1]), 5, "the last event being announced")
    n_told = announcements.check(history)
    print(f"{kills} kills, {len(oidc.token_requests())} renewals, {mendings} reconnects, {n_told} announcements")


def in_doubt(requests, renewals):
    """Channels whose last renewal at the server was never told to us as done."""
    # A refused refresh token names no account; its first use did.
    whose = {e.get(token): e["account"] for e in requests for token in ("presented", "issued") if e.get("account")}
    last = {}
    for entry in requests:
        if entry["presented"] not in whose:  # cut off before the server had looked up whose it is
            continue
        last[whose[entry["presented"]].removesuffix("-account")] = entry["at"] / 1000
    return [name for name, at in last.items()
            if not renewals.succeeded[name] or renewals.succeeded[name][-1][1] < at]


def told_of(requests, renewals):
    """Refresh token -> when the broker had told of its successor. Asked twice in a row it may have the next
    request under way before we look at the first answer: that one is of the first request since it was asked."""
    told = {}
    for name, answers in renewals.succeeded.items():
        own = [entry for entry in requests if entry.get("account") == f"{name}-account"]
        for asked, answered in answers:
            since = [entry for entry in own if asked <= entry["at"] / 1000 <= answered]
            before = [entry for entry in own if entry["at"] / 1000 < asked]
            for entry in since[:1] or before[-1:]:
                told.setdefault(entry["presented"], answered)
    return told


def never_sent_again(requests, renewals):
    """No refresh token goes out again after the broker has told anybody of its successor."""
    presented = defaultdict(list)
    for entry in requests:
        presented[entry["presented"]].append(entry)
    told = told_of(requests, renewals)
    assert told
    for token, uses in presented.items():
        seen = [(use["at"] / 1000, use["status"]) for use in uses]
        assert len(uses) <= 2, f"a refresh token was sent three times: {seen}"
        assert len(uses) == 1 or token not in told or told[token] > seen[1][0], (
            f"{uses[0].get('account')}: sent again at {seen}, its answer had been stored at {told[token]}")
