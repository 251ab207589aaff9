# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pinned account stays pinned (design rule 6)."""

import pytest
from harness import setups
from harness.browser import Browser
from harness.caller import BusError
from harness.wait import wait_for


def reconnect_as(channel, account):
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser(account))
    return attempt.outcome()


def test_a_good_channel_goes_on_working(connected, oidc, studio):
    events = studio.record(path=connected.path, interface="org.channelkeeper.Channel1")
    token = connected.token()[0]
    outcome, cause, message = reconnect_as(connected, "somebody-else")
    assert (outcome, cause) == ("failed", "wrong-account")
    assert "alice-channel" in message and "somebody-else" in message
    wait_for(lambda: events, 5, "the signal")
    assert [(e.name, *e.args[1:3]) for e in events] == [("Locked", "alice-channel", "somebody-else")]
    assert connected.state == "connected"
    assert connected.prop("AccountId") == "alice-channel"
    assert connected.prop("Generation") == 1
    assert connected.token()[0] == token and oidc.accepts(token) == "alice-channel"
    connected.renew()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


def test_a_channel_without_a_grant_is_locked(root, alice, oidc_channel, studio, broker, oidc):
    channel = setups.add_oidc_channel(root, alice, "pinned", account_id="alice-channel")
    events = studio.record(path=channel.path, interface="org.channelkeeper.Channel1")
    assert reconnect_as(channel, "somebody-else")[:2] == ("failed", "wrong-account")
    assert (channel.state, channel.cause) == ("locked", "wrong-account")
    wait_for(lambda: events, 5, "the signal")
    assert [(e.name, *e.args[1:3]) for e in events] == [("Locked", "alice-channel", "somebody-else")]
    with pytest.raises(BusError) as refused:
        channel.seen_by(studio).token()
    assert refused.value.word == "Locked"
    broker.restart()
    assert channel.state == "locked"
    setups.connect(channel, "alice-channel")
    assert channel.state == "connected"
    assert oidc.accepts(channel.token()[0]) == "alice-channel"


def test_a_revoked_channel_is_locked(connected, oidc):
    oidc.revoke_account("alice-channel")
    assert connected.verify()[0] == "revoked"
    assert reconnect_as(connected, "somebody-else")[:2] == ("failed", "wrong-account")
    assert connected.state == "locked"
    assert connected.prop("AccountId") == "alice-channel"


def test_an_administrator_can_pin_anew(connected, root, oidc):
    connected.seen_by(root).call("PinAccount", "(sa{sv})", "", {})
    setups.connect(connected, "somebody-else")
    assert connected.prop("AccountId") == "somebody-else"
    assert oidc.accepts(connected.token()[0]) == "somebody-else"
    assert reconnect_as(connected, "alice-channel")[:2] == ("failed", "wrong-account")
