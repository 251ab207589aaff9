# SPDX-License-Identifier: LGPL-2.1-or-later
"""The assigned user connects a channel: browser, device, and all the ways it can end."""

import time

import pytest
from harness import rules, setups
from harness.browser import Browser
from harness.caller import BusError
from harness.wait import spin, wait_for


def test_browser_flow(oidc_channel, oidc, studio):
    events = studio.record()
    since = len(oidc.requests())
    begun = int(time.time())
    assert (oidc_channel.state, oidc_channel.cause) == ("unconnected", "none")
    assert setups.connect(oidc_channel, "alice-channel")[:2] == ("succeeded", "none")

    have = studio.get_all(oidc_channel.path, "org.channelkeeper.Channel1")
    assert (have["State"], have["Cause"], have["AccountId"]) == ("connected", "none", "alice-channel")
    assert have["AccountName"] == "The alice-channel channel"
    assert have["Generation"] == 1
    assert "publish" in have["Scopes"]
    assert begun + 3590 <= have["ExpiresAt"] <= begun + 3620
    assert have["RenewsItself"] is True
    assert [(e["grant_type"], e["client_id"], e["status"]) for e in oidc.requests()[since:]] == [
        ("authorization_code", "web", 200)]

    wait_for(lambda: [e for e in events if e.name == "ChannelStateChanged"], 5, "the broadcast")
    mine = [e for e in events if e.path == oidc_channel.path and e.name != "PropertiesChanged"]
    assert [(e.name, e.args[1]) for e in mine] == [("Reconnected", "alice")]
    order = [e.name for e in events if e.name in ("PropertiesChanged", "Reconnected", "ChannelStateChanged")]
    assert order.index("PropertiesChanged") < order.index("Reconnected") < order.index("ChannelStateChanged")
    changed = [e.args for e in events if e.name == "ChannelStateChanged"]
    assert [args[1:] for args in changed] == [(oidc_channel.path, "main", "unconnected", "connected", "none")]
    assert changed[0][0] == mine[0].args[0], "both tell the same event"


def test_public_client_on_a_loopback_port_of_the_moment(root, alice, oidc_channel, oidc):
    channel = setups.add_oidc_channel(root, alice, "free", client="app")
    attempt = channel.reconnect(flow="browser", redirect_uri="http://127.0.0.1:45671/cb")
    _number, style, details = attempt.prompt()
    assert (style, details["redirect-uri"]) == ("open-uri", "http://127.0.0.1:45671/cb")
    setups.walk(attempt, Browser("alice-channel"))
    assert attempt.outcome()[0] == "succeeded"
    assert channel.state == "connected"


def test_device_flow(root, alice, oidc_channel, oidc):
    channel = setups.add_oidc_channel(root, alice, "sofa", client="tv")
    attempt = channel.reconnect(flow="device")
    number, style, details = attempt.prompt()
    assert style == "show-code"
    assert details["user-code"] and details["verification-uri"] == f"{oidc.issuer}/device"
    assert details["expires-at"] > time.time()
    assert attempt.prop("State") == "waiting" and attempt.prop("Prompt")[0] == number
    setups.walk(attempt, Browser("sofa-channel"))
    assert attempt.outcome()[:2] == ("succeeded", "none")
    assert channel.state == "connected"
    assert oidc.accepts(channel.token()[0]) == "sofa-channel"


def test_person_says_no(oidc_channel):
    attempt = oidc_channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice-channel", agrees=False))
    outcome, _cause, message = attempt.outcome()
    assert outcome == "failed" and message
    assert oidc_channel.state == "unconnected"


def tampered(redirect, what):
    changes = {
        "state": ("state=", "state=x"),
        "iss": ("iss=http%3A%2F%2F127.0.0.1", "iss=http%3A%2F%2F127.0.0.2"),
        "host": ("http://127.0.0.1:18999/", "http://127.0.0.2:18999/"),
        "port": (":18999/", ":18998/"),
        "path": ("/cb?", "/other?"),
    }
    old, new = changes[what]
    assert old in redirect
    return redirect.replace(old, new)


@pytest.mark.parametrize("what", ["state", "iss", "host", "port", "path"])
def test_redirect_that_is_not_ours_is_refused(oidc_channel, oidc, what):
    attempt = oidc_channel.reconnect(flow="browser")
    number, _style, details = attempt.prompt()
    since = len(oidc.requests())
    redirect = tampered(Browser("alice-channel").authorize(details["uri"]), what)
    try:
        attempt.respond(number, redirected_uri=redirect)
        outcome = attempt.outcome()
        assert outcome[0] == "failed" and outcome[2]
    except BusError as error:
        assert error.word == "InvalidArgument"
        attempt.cancel()
    assert oidc.requests()[since:] == [], "the code was not tried"
    wait_for(lambda: oidc_channel.state == "unconnected", 5, "the channel as before")


def test_reconnect_of_a_good_channel_brings_a_new_grant(connected, oidc):
    before = connected.token()[0]
    setups.connect(connected, "alice-channel")
    after, _expires, details = connected.token()
    assert details["generation"] == 2 and after != before
    assert oidc.accepts(after) == "alice-channel"
    assert oidc.accepts(before) == "alice-channel", "a superseded grant is forgotten, not revoked"


def test_failed_attempt_leaves_a_good_channel_alone(connected, oidc):
    before = connected.token()
    attempt = connected.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice-channel", agrees=False))
    assert attempt.outcome()[0] == "failed"
    assert connected.state == "connected"
    assert connected.token() == before


def test_cancel(oidc_channel):
    attempt = oidc_channel.reconnect(flow="browser")
    attempt.prompt()
    attempt.cancel()
    assert attempt.outcome()[0] == "cancelled"
    assert oidc_channel.state == "unconnected"


def test_second_attempt_of_the_same_user_supersedes(oidc_channel):
    first = oidc_channel.reconnect(flow="browser")
    first.prompt()
    second = oidc_channel.reconnect(flow="browser")
    assert first.outcome()[0] == "cancelled"
    setups.walk(second, Browser("alice-channel"))
    assert second.outcome()[0] == "succeeded"


def test_assigning_ends_the_attempt_under_way(oidc_channel, root, bob):
    attempt = oidc_channel.reconnect(flow="browser")
    attempt.prompt()
    oidc_channel.seen_by(root).assign("bob")
    assert attempt.outcome()[0] == "cancelled"
    setups.connect(oidc_channel.seen_by(bob), "alice-channel")


def test_attempt_of_another_user_is_busy(oidc_channel, callers, root):
    """An administrator's rule lets bob reconnect too: he waits until alice's attempt has ended."""
    seen = rules.changes(root)
    with rules.local_rule(seen, """
polkit.addRule (function (action, subject) {
  if (action.id == "org.channelkeeper.reconnect" && subject.user == "bob")
    return polkit.Result.YES;
});
"""):
        theirs = oidc_channel.seen_by(callers("bob"))
        attempt = oidc_channel.reconnect(flow="browser")
        attempt.prompt()
        with pytest.raises(BusError) as busy:
            theirs.reconnect(flow="browser")
        assert busy.value.word == "Busy"
        attempt.cancel()
        attempt.outcome()
        setups.connect(theirs, "alice-channel")


def test_attempt_ends_when_its_caller_leaves(oidc_channel, callers, broker):
    gone = callers("alice")
    attempt = oidc_channel.seen_by(gone).reconnect(flow="browser")
    attempt.prompt()
    path = attempt.path
    gone.close()
    again = oidc_channel.reconnect(flow="browser")
    assert again.path != path
    setups.walk(again, Browser("alice-channel"))
    assert again.outcome()[0] == "succeeded"
    assert broker.alive()


def test_flow_that_the_client_cannot_do(oidc_channel):
    attempt = None
    try:
        attempt = oidc_channel.reconnect(flow="none")
        assert attempt.outcome()[0] == "failed"
    except BusError as error:
        assert error.word == "NotSupported"
    assert oidc_channel.state == "unconnected"


def test_scopes_cannot_be_widened(oidc_channel):
    with pytest.raises(BusError) as refused:
        oidc_channel.reconnect(flow="browser", scopes=["openid", "publish", "chat", "admin"])
    assert refused.value.word == "NotAuthorized"


def test_required_scope_that_is_not_granted(root, alice, oidc_channel):
    channel = setups.add_oidc_channel(root, alice, "strict", scopes=["openid", "profile", "moderate"],
                                      required_scopes=["moderate"])
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice-channel"))
    outcome, _cause, message = attempt.outcome()
    assert outcome == "failed" and "moderate" in message
    assert channel.state == "unconnected"


def test_scope_that_is_not_granted_is_told(root, alice, oidc_channel):
    channel = setups.add_oidc_channel(root, alice, "loose", scopes=["openid", "profile", "moderate"])
    setups.connect(channel, "alice-channel")
    assert "scopes-missing" in channel.prop("Advice")
    assert "moderate" not in channel.prop("Scopes")


def test_new_name_of_an_account_is_no_event(connected, oidc, studio):
    events = studio.record(interface="org.channelkeeper.Broker1")
    oidc.rename("alice-channel", "Alice, live")
    assert connected.verify() == ("connected", "none")
    wait_for(lambda: connected.prop("AccountName") == "Alice, live", 5, "the new name")
    spin(0.5)
    assert events == []
    oidc.rename("alice-channel", "The alice-channel channel")
