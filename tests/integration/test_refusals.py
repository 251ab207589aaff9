# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who may do what: decided by the real polkitd, with the shipped rules and an administrator's."""

import os
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib
from harness import rules, setups
from harness.caller import BROKER, CHANNEL, ROOT, BusError
from harness.wait import wait_for


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


def test_only_the_assigned_user_reconnects(oidc_channel, bob):
    error = refused(oidc_channel.seen_by(bob).reconnect, flow="browser")
    assert error.name == "org.channelkeeper.Error.NotAuthorized"
    assert "bob" in error.message and "alice" in error.message and "main" in error.message
    assert " " in error.message and oidc_channel.state == "unconnected"


def test_root_may_not_reconnect(oidc_channel, root):
    error = refused(oidc_channel.seen_by(root).reconnect, flow="browser")
    assert error.word == "NotAuthorized"
    assert "alice" in error.message


def test_root_may_when_assigned_to_root(oidc_channel, root):
    mine = oidc_channel.seen_by(root)
    mine.assign("root")
    setups.connect(mine, "alice-channel")


def test_app_user_may_not_reconnect(oidc_channel, studio):
    assert refused(oidc_channel.seen_by(studio).reconnect, flow="browser").word == "NotAuthorized"


def test_assigning_moves_the_right(oidc_channel, root, bob):
    oidc_channel.seen_by(root).assign("bob")
    assert oidc_channel.prop("AssignedUser") == "bob"
    error = refused(oidc_channel.reconnect, flow="browser")
    assert error.word == "NotAuthorized" and "alice" in error.message and "bob" in error.message
    setups.connect(oidc_channel.seen_by(bob), "alice-channel")


@pytest.mark.parametrize("user, may", [("alice", True), ("studio", True), ("dave", True), ("root", True),
                                       ("bob", False), ("carol", False), ("channelkeeper", False)])
def test_who_gets_tokens(connected, oidc, callers, user, may):
    theirs = connected.seen_by(callers(user))
    if may:
        assert oidc.accepts(theirs.token()[0]) == "alice-channel"
        assert oidc.accepts(theirs.open_token()[0]) == "alice-channel"
        return
    for call in (theirs.token, theirs.open_token, theirs.renew, theirs.verify):
        error = refused(call)
        assert error.word == "NotAuthorized"
        assert f"{user} is neither the assigned user (alice) nor in AllowedUsers or AllowedGroups of main" in error.message
    assert refused(theirs.report, 401).word == "NotAuthorized"


def test_access_can_be_given_and_taken(connected, root, bob, studio):
    administrator = connected.seen_by(root)
    administrator.set_access(["bob"], [])
    assert connected.seen_by(bob).token()[0]
    assert refused(connected.seen_by(studio).token).word == "NotAuthorized"
    administrator.set_access([], [])
    assert refused(connected.seen_by(bob).token).word == "NotAuthorized"


def test_managing_needs_an_administrator(oidc_channel, alice, broker):
    """auth_admin, and nobody to type a password: without the flag we are told to ask again with it."""
    calls = [
        lambda **kw: alice.broker("AddChannel", "(ssa{sv})", "mine", "real", {}, **kw),
        lambda **kw: alice.broker("RemoveChannel", "(sa{sv})", "main", {}, **kw),
        lambda **kw: alice.broker("RemoveClient", "(sa{sv})", "web", {}, **kw),
        lambda **kw: alice.broker("Reload", "(a{sv})", {}, **kw),
        lambda **kw: alice.call(oidc_channel.path, CHANNEL, "Assign", GLib.Variant("(sa{sv})", ("bob", {})), **kw),
        lambda **kw: alice.call(oidc_channel.path, CHANNEL, "SetAccess",
                                GLib.Variant("(asasa{sv})", ([], [], {})), **kw),
        lambda **kw: alice.call(oidc_channel.path, CHANNEL, "PinAccount", GLib.Variant("(sa{sv})", ("x", {})), **kw),
    ]
    for call in calls:
        assert refused(call).word == "InteractionRequired"
    assert refused(calls[0], interactive=True).word == "NotAuthorized"
    assert oidc_channel.prop("AssignedUser") == "alice"


def test_bob_cannot_disconnect_or_inspect(connected, bob):
    theirs = connected.seen_by(bob)
    assert refused(theirs.disconnect).word in ("NotAuthorized", "InteractionRequired")
    assert refused(theirs.history).word in ("NotAuthorized", "InteractionRequired")
    assert connected.state == "connected"
    assert connected.history(), "the assigned user may read it"


def members(api, path, interface):
    for found in ET.fromstring(api.introspect(path)).findall("interface"):
        if found.get("name") == interface:
            return found.findall("method")
    raise AssertionError(f"{path} has no {interface}")


def arguments(method):
    """Something of the right types for every argument."""
    values = {"s": "main", "a{sv}": {}, "u": 401, "as": [], "ay": [], "h": 0, "a{ss}": {}, "t": 0}
    wanted = [arg.get("type") for arg in method.findall("arg") if arg.get("direction") != "out"]
    return GLib.Variant("(" + "".join(wanted) + ")", tuple(values[kind] for kind in wanted)), "h" in wanted


@pytest.mark.parametrize("interface", [BROKER, CHANNEL])
def test_every_method_names_its_action_and_keeps_to_it(connected, bob, interface):
    path = ROOT if interface == BROKER else connected.path
    methods = members(bob, path, interface)
    assert len(methods) >= 10
    for method in methods:
        action = next((a.get("value") for a in method.findall("annotation")
                       if a.get("name") == "org.channelkeeper.PolkitAction"), None)
        assert action, f"{method.get('name')} names no polkit action"
        if action == "none":
            continue
        if method.get("name") == "Preflight":
            continue  # asks for each channel named, and answers a row for each
        args, wants_fd = arguments(method)
        fds = [os.open("/dev/null", os.O_RDONLY)] if wants_fd else None
        error = refused(bob.call, path, interface, method.get("name"), args, fds=fds)
        assert error.word in ("NotAuthorized", "InteractionRequired"), f"{method.get('name')}: {error}"


def test_administrators_rule_comes_first(connected, bob, studio, root):
    """A rules file that sorts earlier overrides ours, by the details that every check carries."""
    assert refused(connected.seen_by(bob).token).word == "NotAuthorized"
    assert connected.seen_by(studio).token()[0]
    with rules.local_rule(rules.changes(root), """
polkit.addRule (function (action, subject) {
  if (action.id == "org.channelkeeper.use-token" && action.lookup ("channel") == "main")
    {
      if (subject.user == "bob" && action.lookup ("provider") == "real" && action.lookup ("client") == "web"
          && action.lookup ("assigned_user") == "alice" && action.lookup ("state") == "connected"
          && action.lookup ("allowed_users") == "studio" && action.lookup ("allowed_groups") == "publishers")
        return polkit.Result.YES;
      if (subject.user == "studio")
        return polkit.Result.NO;
    }
});
"""):
        assert connected.seen_by(bob).token()[0]
        assert refused(connected.seen_by(studio).token).word == "NotAuthorized", "a remembered yes must be forgotten"
    assert refused(connected.seen_by(bob).token).word == "NotAuthorized"


def test_without_polkit_nobody_gets_anything(connected, polkit, callers, broker):
    polkit.stop()
    try:
        error = refused(connected.seen_by(callers("studio")).token)
        assert error.word in ("NotAuthorized", "TimedOut")
        assert connected.state == "connected"
    finally:
        polkit.start()
    assert connected.seen_by(callers("studio")).token()[0]
    assert broker.alive()


def test_refusals_are_in_the_journal_and_the_history(connected, bob, journal):
    since = len(journal.entries)
    refused(connected.seen_by(bob).token)
    entry = wait_for(lambda: journal.find(since, CK_CHANNEL="main", CK_CALLER_UID="64002"), 5, "the entry")[0]
    assert entry["CK_ACTION"] == "org.channelkeeper.use-token"
    assert entry["CK_PROVIDER"] == "real" and entry["MESSAGE_ID"] and "bob" in entry["MESSAGE"]

    for _ in range(3):
        refused(connected.seen_by(bob).token)
    rows = [details for _time, word, details in connected.history() if word == "Refused"]
    assert rows == [{"user": "bob", "uid": 64002, "action": "org.channelkeeper.use-token",
                     "error": "org.channelkeeper.Error.NotAuthorized"}], "many refusals are one row"
    assert len(journal.find(since, CK_CHANNEL="main", CK_CALLER_UID="64002")) >= 2
