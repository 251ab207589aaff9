# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every rule that channelkeeper-policy(7) shows, taken from the page and put to the real polkitd."""

import os
import re
import time

import pytest
from harness import rules, setups
from harness.caller import BusError

PAGE = os.path.join(os.path.dirname(__file__), "..", "..", "docs", "man", "channelkeeper-policy.7")
HEADINGS = ["A GROUP PER SHOW", "ONLY IN A MAINTENANCE WINDOW", "ONLY FROM A LOCAL SEAT", "ONE UNIX USER PER SERVICE",
            "A DEPUTY"]


def examples():
    """The rule below each heading."""
    with open(PAGE, encoding="utf-8") as stream:
        page = stream.read()
    return dict(re.findall(r'^\.SH "([A-Z ]+)"$(?:(?!^\.SH).)*?^\.EX\n(.*?)^\.EE$', page, re.MULTILINE | re.DOTALL))


@pytest.fixture
def example(root):
    """example("A DEPUTY"): a context in which that rule is in force, under the name the page gives it."""
    seen = rules.changes(root)

    def put(heading, change=lambda text: text):
        text = examples()[heading]
        name = os.path.basename(text.splitlines()[0].removeprefix("// "))
        assert name.endswith(".rules") and name < "50-channelkeeper.rules"
        return rules.local_rule(seen, change(text), name)

    return put


def may(call, *args, **kwargs):
    """Whether it is allowed: with a rule that nobody broke, nothing but polkit says NotAuthorized."""
    try:
        call(*args, **kwargs)
    except BusError as error:
        assert error.word == "NotAuthorized", error
        return False
    return True


def test_no_example_is_left_out():
    assert list(examples()) == HEADINGS


@pytest.fixture
def show_group():
    with open("/etc/group", encoding="ascii") as stream:
        before = stream.read()
    with open("/etc/group", "a", encoding="ascii") as stream:
        stream.write("show-main:x:64200:bob\n")
    yield
    with open("/etc/group", "w", encoding="ascii") as stream:
        stream.write(before)


def test_a_group_per_show(connected, callers, example, show_group):
    bob, carol = (connected.seen_by(callers(name)) for name in ("bob", "carol"))
    assert not may(bob.token)
    with example("A GROUP PER SHOW"):
        assert may(bob.token) and may(connected.token) and may(connected.seen_by(callers("studio")).token)
        assert not may(carol.token) and not may(bob.reconnect, flow="browser")
    assert not may(bob.token)


@pytest.mark.parametrize("open_now", [True, False])
def test_only_in_a_maintenance_window(connected, callers, example, open_now):
    hour = time.localtime().tm_hour
    first = hour if open_now else (hour + 3) % 20

    def change(text):
        assert "from = 2, until = 5" in text
        return text.replace("from = 2, until = 5", f"from = {first}, until = {first + 2}")

    with example("ONLY IN A MAINTENANCE WINDOW", change):
        assert may(connected.reconnect, flow="browser") == open_now
        assert may(connected.token), "whoever is live stays live"
        assert not may(connected.seen_by(callers("bob")).reconnect, flow="browser")


def test_only_from_a_local_seat(connected, callers, example):
    """Nobody here has a seat; that one who has may is seen in the guest."""
    assert may(connected.reconnect, flow="browser")
    with example("ONLY FROM A LOCAL SEAT"):
        assert not may(connected.reconnect, flow="browser")
        assert may(connected.token)


def test_one_unix_user_per_service(connected, callers, example):
    mine, dave = (connected.seen_by(callers(name)) for name in ("studio", "dave"))
    with example("ONE UNIX USER PER SERVICE"):
        assert may(mine.token)
        assert not may(connected.token) and not may(dave.token)
        assert may(connected.reconnect, flow="browser")


def test_a_deputy(connected, callers, example):
    bob, carol = (connected.seen_by(callers(name)) for name in ("bob", "carol"))
    assert not may(bob.reconnect, flow="browser")
    with example("A DEPUTY"):
        setups.connect(bob, "alice-channel")
        assert not may(bob.token) and not may(carol.reconnect, flow="browser")
        assert may(connected.reconnect, flow="browser")
    assert not may(bob.reconnect, flow="browser")
