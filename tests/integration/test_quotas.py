# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who floods the broker slows only himself: what one user may have under way, and what the others notice."""

import json
import os
import statistics
import time

import pytest
from harness import setups
from harness.caller import BusError
from harness.run import Running
from harness.wait import spin, wait_for

FLOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "flood.py")
SECONDS = 6  # longer than a yes of polkit is remembered
CLIENT = {"client": "web", "assigned_user": "alice"}

# What was at least sent and answered, or it was no flood: a tenth of what it is on a busy machine; and that
# the bus refused the rest (LimitsExceeded), before the broker's own quota or after it.
LEAST = {
    "questions": {"NotAuthorized": 250, "LimitsExceeded": 500},
    "lists": {"answered": 1000, "LimitsExceeded": 500},
    "histories": {"answered": 50, "LimitsExceeded": 500},
    "pipes": {"answered": 150, "held": 150},
    "connections": {"left": 50},
    "matches": {"matched": 500, "LimitsExceeded": 1},
}


class Flood:
    """flood.py at work, as some user."""

    def __init__(self, user, kind, path):
        self.kind = kind
        with open(FLOOD, encoding="utf-8") as program:
            argv = ["/usr/bin/python3", "-c", program.read(), kind, path, str(SECONDS)]
        self.running = Running(user, argv)

    def latencies(self, channel):
        """How long a well-behaved caller needs meanwhile to read the token in both ways, in seconds."""
        taken = []
        while self.running.process.poll() is None:
            begun = time.monotonic()
            assert channel.token()[0] == channel.open_token()[0]
            taken.append(time.monotonic() - begun)
            spin(0.02)
        return sorted(taken)

    def answers(self):
        done = self.running.wait()
        assert done.code == 0, done
        answers = json.loads(done.stdout)
        for answer, least in LEAST[self.kind].items():
            assert answers.get(answer, 0) >= least, f"{self.kind} are no flood: {answers}"
        return answers


@pytest.mark.parametrize("user, kind", [
    ("bob", "questions"), ("bob", "lists"), ("bob", "connections"), ("studio", "pipes"), ("bob", "matches"),
])
def test_a_flood_slows_only_its_own_user(connected, broker, user, kind):
    """Each read is polkit's anew after five seconds, behind what the flooder may ask at the same time."""
    flood = Flood(user, kind, connected.path)
    taken = flood.latencies(connected)
    answers = flood.answers()
    print(f"{kind}: {answers}; {len(taken)} reads, median {statistics.median(taken):.4f} s, longest {taken[-1]:.3f} s")
    assert statistics.median(taken) < 0.3 and taken[-1] < 4, "the others wait"
    assert broker.alive()
    wait_for(lambda: len(os.listdir(f"/proc/{broker.process.pid}/fd")) < 60, 10, "nothing staying open")
    assert connected.token()[0]


def test_reading_histories_holds_up_no_renewal(connected, root, oidc, broker, callers):
    """They are read where the commits are written: alice reads hers as fast as she can, carol's channel is
    renewed meanwhile."""
    theirs = setups.add_oidc_channel(root, callers("carol"), "theirs", assigned_user="carol")
    setups.connect(theirs, "carol-channel")
    for _ in range(40):
        connected.renew()
    flood = Flood("alice", "histories", connected.path)
    taken = []
    while flood.running.process.poll() is None:
        begun = time.monotonic()
        theirs.renew()
        taken.append(time.monotonic() - begun)
    print(f"histories: {flood.answers()}; {len(taken)} renewals, longest {max(taken):.3f} s")
    assert len(taken) > 3 and max(taken) < 4
    assert broker.alive()


@pytest.fixture
def root_of(idle_broker, callers, oidc):
    """root_of("MaxChannels=20"): the administrator of a broker that allows no more."""
    def start(limit):
        idle_broker.write_config("channelkeeper.conf.d/few.conf", f"[Broker]\n{limit}\n")
        idle_broker.start()
        root = callers("root")
        setups.add_oidc_provider(root, idle_broker)
        setups.add_oidc_clients(root)
        return root
    return start


def test_channels_are_limited(root_of, idle_broker, callers):
    """MaxChannels: an administrator's script that does not end fills no disk."""
    root = root_of("MaxChannels=20")
    connected = setups.add_oidc_channel(root, callers("alice"))
    setups.connect(connected, "alice-channel")
    errors = []
    for number in range(40):
        try:
            root.add_channel(f"more-{number:02d}", "real", **CLIENT)
        except BusError as error:
            errors.append(error)
    assert len(errors) == 21 and {error.word for error in errors} == {"LimitExceeded"}
    assert "20 channels" in errors[0].message and "MaxChannels=" in errors[0].message
    assert connected.token()[0]
    root.remove_channel("more-00")
    root.add_channel("one-more", "real", **CLIENT)
    idle_broker.restart()
    assert len(root.list_channels()) == 20 and connected.token()[0]


def test_attempts_are_limited_in_all(root_of, idle_broker, callers):
    """MaxAttempts, after two of each user; an attempt that ends makes room."""
    root = root_of("MaxAttempts=3")
    begun = []
    for user, number in [("alice", 1), ("alice", 2), ("bob", 1), ("carol", 1)]:
        channel = setups.add_oidc_channel(root, callers(user), f"{user}-{number}", assigned_user=user)
        begun.append(channel.reconnect(flow="browser"))
    for attempt in begun[:3]:
        assert attempt.prompt()
    outcome = begun[3].outcome()
    assert outcome[0] == "failed" and "MaxAttempts=" in outcome[2], outcome
    begun[0].cancel()
    assert begun[0].outcome()[0] == "cancelled"
    again = setups.add_oidc_channel(root, callers("carol"), "carol-2", assigned_user="carol")
    setups.connect(again, "carol-channel")
    assert idle_broker.alive()
