# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects, properties and signals, as a caller who only listens sees them."""

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BROKER, CHANNEL, PROPERTIES, ROOT, BusError
from harness.wait import spin, wait_for

MANAGER = "org.freedesktop.DBus.ObjectManager"


def names(events):
    return [event.name for event in events]


def test_order_of_signals(connected, oidc, callers):
    """PropertiesChanged, the specific signal, ChannelStateChanged, and then the root's counts."""
    events = callers("bob").record()
    oidc.revoke_account("alice-channel")
    connected.verify()
    wait_for(lambda: "ChannelStateChanged" in names(events), 5, "the signals")
    spin(0.5)
    mine = [event for event in events if event.path == connected.path or event.name == "ChannelStateChanged"]
    first = names(mine).index("Revoked")
    assert names(mine)[first - 1:first + 2] == ["PropertiesChanged", "Revoked", "ChannelStateChanged"]
    interface, changed, invalidated = mine[first - 1].args
    assert interface == CHANNEL and invalidated == []
    assert changed["State"] == "revoked" and changed["Remedy"] == connected.prop("Remedy")
    assert "Id" not in changed and "AssignedUser" not in changed, "only what has changed"
    root_changes = [event for event in events if event.path == ROOT and event.name == "PropertiesChanged"]
    assert root_changes[-1].args[1]["StateCounts"] == {"revoked": 1}


def test_state_changes_and_assignments_are_in_the_journal(connected, root, oidc, journal):
    since = len(journal.entries)
    connected.seen_by(root).assign("carol")
    oidc.revoke_account("alice-channel")
    connected.seen_by(root).verify()
    entry = wait_for(lambda: journal.find(since, CK_CHANNEL="main", CK_OUTCOME="revoked"), 5, "the entry")[0]
    assert entry["CK_CAUSE"] == connected.cause and entry["CK_PROVIDER"] == "real" and entry["MESSAGE_ID"]
    entry = wait_for(lambda: journal.find(since, CK_CHANNEL="main", CK_OUTCOME="Assigned"), 5, "the entry")[0]
    assert entry["CK_CALLER_UID"] == "0" and "carol" in entry["MESSAGE"]


def test_who_got_the_token_is_in_the_journal(connected, studio, callers, journal):
    """Once when it is first handed out, and once more, with a count, when its generation is over."""
    since = len(journal.entries)
    mine = connected.seen_by(studio)
    for _ in range(3):
        mine.token()
    connected.renew()
    mine.token()
    entries = wait_for(lambda: (found := journal.find(since, CK_OUTCOME="handed-out")) and len(found) == 3 and found,
                       5, "three entries")
    assert [(entry["CK_GENERATION"], entry["CK_COUNT"]) for entry in entries] == [("1", "1"), ("1", "3"), ("2", "1")]
    assert {entry["CK_CALLER_UID"] for entry in entries} == {"64004"}
    assert all(entry["CK_CHANNEL"] == "main" and "studio got the token of main" in entry["MESSAGE"] for entry in entries)


def test_what_properties_say_is_what_signals_said(connected, callers):
    seen = {}
    everything = callers("bob")
    events = everything.record(path=connected.path, member="PropertiesChanged")
    before = everything.get_all(connected.path, CHANNEL)
    connected.renew()
    wait_for(lambda: events, 5, "PropertiesChanged")
    spin(0.5)
    for event in events:
        seen.update(event.args[1])
    after = everything.get_all(connected.path, CHANNEL)
    differs = {name for name in after if after[name] != before[name]}
    assert differs <= set(seen), f"changed without a word: {differs - set(seen)}"
    assert {name: seen[name] for name in differs} == {name: after[name] for name in differs}
    assert after["Generation"] == 2


def test_channels_come_and_go(oidc_channel, root, alice, callers):
    events = callers("bob").record(path=ROOT)
    setups.add_oidc_channel(root, alice, "second")
    wait_for(lambda: "InterfacesAdded" in names(events), 5, "the new channel")
    added = next(event for event in events if event.name == "InterfacesAdded")
    assert added.args[0].endswith("/second") and added.args[1][CHANNEL]["Provider"] == "real"
    before = root.broker("GetSnapshot", "(a{sv})", {})[0]
    root.remove_channel("second")
    wait_for(lambda: "InterfacesRemoved" in names(events), 5, "the channel going")
    removed = next(event for event in events if event.name == "InterfacesRemoved")
    assert removed.args == (added.args[0], [CHANNEL])
    gone = [event for event in events if event.name == "ChannelStateChanged"][-1]
    assert gone.args[2:5] == ("second", "unconnected", "")
    assert before < gone.args[0] <= root.broker("GetSnapshot", "(a{sv})", {})[0]
    with pytest.raises(BusError):
        callers("bob").get(added.args[0], CHANNEL, "State")


def test_sequence_grows_and_the_snapshot_has_it(connected, callers, broker):
    listener = callers("bob")
    events = listener.record(interface=CHANNEL)
    connected.renew()
    wait_for(lambda: "Renewed" in names(events), 5, "Renewed")
    sequence, rows = listener.broker("GetSnapshot", "(a{sv})", {})
    assert sequence >= events[-1].args[0] > 0 and len(rows) == 1
    broker.restart()
    assert listener.broker("GetSnapshot", "(a{sv})", {})[0] >= sequence


def test_introspection_lists_the_channels(connected, bob):
    assert '<node name="main"/>' in bob.introspect(ROOT + "/channel")
    text = bob.introspect(connected.path)
    assert CHANNEL in text and "org.channelkeeper.PolkitAction" in text


def test_properties_cannot_be_written(connected, root):
    for path, interface, name in ((connected.path, CHANNEL, "State"), (ROOT, BROKER, "Version")):
        with pytest.raises(BusError):
            root.call(path, PROPERTIES, "Set", GLib.Variant("(ssv)", (interface, name, GLib.Variant("s", "x"))))


def test_preflight(connected, root, alice, callers, oidc):
    setups.add_oidc_channel(root, alice, "idle", assigned_user="carol")
    rows = alice.broker("Preflight", "(asa{sv})", ["main", "idle", "nope", "a/b"], {})
    assert [row[:2] for row in rows] == [("main", "ok"), ("idle", "fail"), ("nope", "fail"), ("a/b", "fail")]
    assert "neither the assigned user (carol)" in rows[1][2] and "nope" in rows[2][2]
    rows = callers("carol").broker("Preflight", "(asa{sv})", ["idle", "main"], {})
    assert [row[1] for row in rows] == ["fail", "fail"] and "unconnected" in rows[0][2]
    oidc.revoke_account("alice-channel")
    spin(1.1)
    rows = root.broker("Preflight", "(asa{sv})", ["main"], {})
    assert rows[0][1] == "fail" and "revoked" in rows[0][2]
