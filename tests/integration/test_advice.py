# SPDX-License-Identifier: LGPL-2.1-or-later
"""What should be looked at although a channel works: Advice is set, told, and taken back."""

import json

import pytest
from harness import setups
from harness.caller import BusError
from harness.wait import wait_for

DUPLICATE = """
[Advice duplicate-content]
Match=where=api status=403 json:errors.*.code=187
"""


def add_to_provider(broker, root, text):
    """Lumen's file with something added."""
    with open(f"{broker.config}/providers.d/lumen.provider", encoding="utf-8") as stream:
        broker.write_config("providers.d/lumen.provider", stream.read() + text)
    root.reload()


def asked(platform, path):
    return len([entry for entry in platform.requests() if entry["path"] == path])


def answer(code):
    return json.dumps({"errors": [{"code": code, "message": "Status is a duplicate."}]}).encode()


@pytest.fixture
def live(lumen_channel):
    setups.connect(lumen_channel, "alice-channel")
    return lumen_channel


def test_a_refused_duplicate_is_advice_and_no_check(live, platform, broker, root, studio):
    add_to_provider(broker, root, DUPLICATE)
    theirs = live.seen_by(studio)
    changes = studio.record(interface="org.freedesktop.DBus.Properties")
    before = asked(platform, "/oauth/validate")
    # near misses: another code, the words in a good answer, the words in a page
    assert theirs.report(403, answer(186)) == "not-a-token-problem"
    assert asked(platform, "/oauth/validate") == before + 1
    assert theirs.report(200, answer(187)) == "not-a-token-problem"
    assert theirs.report(403, b"<html>errors code 187</html>") == "not-a-token-problem"
    assert live.prop("Advice") == []

    before = asked(platform, "/oauth/validate")
    assert theirs.report(403, answer(187)) == "not-a-token-problem"
    wait_for(lambda: live.prop("Advice") == ["duplicate-content"], 5, "the advice")
    assert asked(platform, "/oauth/validate") == before
    assert live.state == "connected"
    wait_for(lambda: any("Advice" in signal.args[1] for signal in changes), 5, "the signal")

    # A renewal says nothing about posts; a person who reconnects begins anew.
    live.renew()
    assert live.prop("Advice") == ["duplicate-content"]
    setups.connect(live, "alice-channel")
    assert live.prop("Advice") == []


def test_a_report_of_a_rate_limit_asks_nothing(live, platform, studio):
    before = asked(platform, "/oauth/validate")
    assert live.seen_by(studio).report(429, b"{}") == "not-a-token-problem"
    assert live.seen_by(studio).report(500, b"<html>") == "not-a-token-problem"
    assert asked(platform, "/oauth/validate") == before


def test_one_login_behind_two_people(live, root, alice, callers):
    theirs = setups.add_platform_channel(root, callers("bob"), "second", assigned_user="bob")
    assert live.prop("Advice") == []
    setups.connect(theirs, "alice-channel")
    wait_for(lambda: live.prop("Advice") == theirs.prop("Advice") == ["shared-login"], 5, "both being told")
    theirs.seen_by(root).assign("alice")
    wait_for(lambda: live.prop("Advice") == theirs.prop("Advice") == [], 5, "both being well")
    theirs.seen_by(root).assign("bob")
    wait_for(lambda: live.prop("Advice") == ["shared-login"], 5, "it coming back")
    theirs.disconnect()
    wait_for(lambda: live.prop("Advice") == [], 5, "it going with the other's grant")


def test_connecting_one_verifies_the_owners_others(live, root, alice, platform):
    other = setups.add_platform_channel(root, alice, "other")
    setups.connect(other, "bob-channel")
    second = setups.add_platform_channel(root, alice, "second")
    platform.control("remove-app", account="alice-channel")
    before = other.prop("LastVerified")
    setups.connect(second, "alice-channel")
    assert live.wait_state("revoked") == "revoked"
    assert live.cause == "revoked-by-user"
    assert other.state == "connected" and other.prop("LastVerified") == before


def test_scopes_that_would_end_anothers_grant(live, root, alice, broker):
    add_to_provider(broker, root, "\n[OAuth2]\nScopeChangeReach=owner\n")
    same = setups.add_platform_channel(root, alice, "same", scopes=["chat", "publish"])
    assert same.prop("Advice") == []
    other = setups.add_platform_channel(root, alice, "other", scopes=["publish"])
    # It is said before anybody reconnects it, and of the one that would lose as long as it could.
    wait_for(lambda: other.prop("Advice") == ["sibling-scope-conflict"], 5, "the advice")
    with pytest.raises(BusError) as refused:
        other.reconnect(flow="browser")
    assert refused.value.word == "InvalidArgument"
    assert "stage" in refused.value.message and "allow-sibling-loss" in refused.value.message
    setups.connect(other, "bob-channel", allow_sibling_loss=True)
    # As another person's it ends nobody's grant.
    wait_for(lambda: other.prop("Advice") == [], 5, "another owner being known")


SUSPENDED = """
[Failure app-suspended]
Match=json:error_description~"app has been suspended"
"""


def test_a_suspended_app_is_told_once_and_to_the_administrator(live, root, alice, callers, platform, broker):
    add_to_provider(broker, root, SUSPENDED)
    second = setups.add_platform_channel(root, alice, "second")
    setups.connect(second, "bob-channel")
    third = setups.add_platform_channel(root, callers("bob"), "third", assigned_user="bob")
    setups.connect(third, "carol-channel")
    platform.control("suspend-app")
    with pytest.raises(BusError):
        live.renew()
    for channel in (live, second, third):
        assert channel.wait_state("suspended") and channel.cause == "app-suspended"
        assert "administrator" in channel.prop("Remedy")
    with pytest.raises(BusError):
        second.renew()
    assert broker.log().count("its channels are suspended") == 1

    # Nobody reconnects: it is over when the platform says so.
    platform.control("suspend-app", suspended="false")
    live.verify()
    assert live.wait_state("connected") and live.prop("Generation") >= 1


def test_two_factor_is_advised_until_it_is_on(root, alice, platforms):
    discord = platforms("discord")
    root.add_client("discord", "discord", discord.client_id, discord.client_secret, redirect_uris=[discord.redirect])
    channel = root.add_channel("guild", "discord", client="discord", assigned_user="alice",
                               scopes=["identify", "guilds"]).seen_by(alice)
    setups.connect(channel, "alice")
    assert channel.prop("Advice") == ["no-two-factor"]
    channel.renew()
    assert channel.prop("Advice") == ["no-two-factor"]
    discord.control("two-factor", account="alice")
    assert channel.verify() == ("connected", "none")
    assert channel.prop("Advice") == []
    discord.control("two-factor", account="alice", on="false")
    channel.verify()
    assert channel.prop("Advice") == ["no-two-factor"]
