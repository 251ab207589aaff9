# SPDX-License-Identifier: LGPL-2.1-or-later
"""The platform ends a grant: noticed, told once, with cause and remedy, and healed by a reconnect."""

import pytest
from harness import setups
from harness.broker import BASE_CONFIG
from harness.caller import BusError
from harness.wait import spin, wait_for

REVOKED = ("unknown-revoked", "revoked-by-user")


def by_verify(channel):
    state, cause = channel.verify()
    assert (state, cause) == ("revoked", channel.cause)


def by_renew(channel):
    with pytest.raises(BusError) as error:
        channel.renew()
    assert error.value.word == "Revoked"


def by_report(channel):
    assert channel.report(401, b'{"error":"invalid_token"}') == "reconnect-needed"


@pytest.mark.parametrize("noticing, user", [(by_verify, "alice"), (by_renew, "alice"), (by_report, "studio")])
def test_revoked_at_the_server(connected, oidc, callers, root, broker, noticing, user):
    events = callers("bob").record()
    token = connected.token()[0]
    assert oidc.revoke_account("alice-channel") >= 1

    noticing(connected.seen_by(callers(user)))
    assert connected.state == "revoked" and connected.cause in REVOKED
    assert connected.prop("Remedy") and connected.prop("Detail")
    spin(0.5)
    specific = [e for e in events if e.interface == "org.channelkeeper.Channel1"]
    changed = [e for e in events if e.name == "ChannelStateChanged"]
    assert [e.name for e in specific] == ["Revoked"]
    assert [e.args[3:] for e in changed] == [("connected", "revoked", connected.cause)]
    sequence, cause, _detail, details = specific[0].args
    assert sequence == changed[0].args[0] and cause == connected.cause
    assert details["id"] == "main" and details["remedy"] == connected.prop("Remedy")

    error = None
    try:
        connected.seen_by(callers("studio")).token()
    except BusError as caught:
        error = caught
    assert error and error.word == "Revoked" and "main" in error.message
    assert token not in error.message

    broker.restart()
    assert connected.state == "revoked"
    setups.connect(connected, "alice-channel")
    assert oidc.accepts(connected.token()[0]) == "alice-channel"
    wait_for(lambda: connected.state == "connected", 5, "connected again")


def test_report_about_a_good_token_changes_nothing(connected, studio, oidc):
    events = studio.record(interface="org.channelkeeper.Broker1")
    theirs = connected.seen_by(studio)
    verdict = theirs.report(401, b'{"error":"invalid_token"}')
    assert verdict in ("retry-with-new-token", "not-a-token-problem")
    assert connected.state == "connected"
    spin(0.3)
    assert events == []
    assert oidc.accepts(theirs.token()[0]) == "alice-channel"


def test_reports_trigger_one_check_in_the_interval(lumen_channel, platform, broker, root, studio):
    setups.connect(lumen_channel, "alice-live")
    broker.write_config("channelkeeper.conf", BASE_CONFIG.replace("MinCheckInterval=0", "MinCheckInterval=30"))
    root.reload()
    since = len(platform.requests())
    theirs = lumen_channel.seen_by(studio)
    for _ in range(3):
        assert theirs.report(401, b'{"error":{"code":190}}') == "not-a-token-problem"
    theirs.verify()
    checks = [entry for entry in platform.requests()[since:] if entry["path"] == "/oauth/validate"]
    assert len(checks) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_report_of_trouble_is_no_revocation(connected, studio, status):
    assert connected.seen_by(studio).report(status, b"later") == "not-a-token-problem"
    assert connected.state == "connected"


def test_report_that_is_too_long(connected, studio):
    with pytest.raises(BusError) as error:
        connected.seen_by(studio).report(401, b"x" * (64 * 1024 + 1))
    assert error.value.word in ("InvalidArgument", "LimitExceeded")


@pytest.mark.parametrize("mode", ["500", "html", "429"])
def test_verify_call_that_is_broken_is_no_revocation(connected, oidc, mode):
    oidc.fault(mode, path="/me")
    try:
        state, _cause = connected.verify()
        assert state in ("connected", "interrupted")
    except BusError as error:
        assert error.word in ("ProviderUnavailable", "ProviderError")
    assert connected.state == "connected"
    oidc.fault(path="/me")
    assert connected.verify()[0] == "connected"


def test_one_bad_answer_is_no_revocation(lumen_channel, platform):
    """A good token is refused once: the renewal is the second opinion."""
    setups.connect(lumen_channel, "alice-live")
    platform.fault("answer", "/oauth/validate", 1, status=400,
                   body='{"error":"invalid_grant","error_description":"authorization revoked"}')
    assert lumen_channel.verify() == ("connected", "none")
    assert "Revoked" not in [word for _time, word, _details in lumen_channel.history()]
    assert platform.accepts(lumen_channel.token()[0]) == "alice-live"


@pytest.mark.parametrize("ending, cause", [("change_password", "password-changed"),
                                           ("remove_app", "revoked-by-user")])
def test_the_platforms_own_words_become_the_cause(lumen_channel, platform, studio, ending, cause):
    setups.connect(lumen_channel, "alice-live")
    events = studio.record(path=lumen_channel.path, interface="org.channelkeeper.Channel1")
    getattr(platform, ending)("alice-live")
    with pytest.raises(BusError) as error:
        lumen_channel.renew()
    assert error.value.word == "Revoked"
    assert (lumen_channel.state, lumen_channel.cause) == ("revoked", cause)
    wait_for(lambda: events, 5, "the signal")
    assert [(e.name, e.args[1]) for e in events] == [("Revoked", cause)]
    setups.connect(lumen_channel, "alice-live")
    assert platform.accepts(lumen_channel.token()[0]) == "alice-live"


def test_others_of_the_same_client_live_on(connected, root, alice, oidc):
    other = setups.add_oidc_channel(root, alice, "other")
    setups.connect(other, "other-channel")
    oidc.revoke_account("alice-channel")
    assert connected.verify()[0] == "revoked"
    assert other.verify() == ("connected", "none")
    other.renew()
    assert oidc.accepts(other.token()[0]) == "other-channel"


def test_history_tells_the_story(connected, oidc):
    oidc.revoke_account("alice-channel")
    connected.verify()
    events = connected.history()
    times = [event[0] for event in events]
    assert times == sorted(times, reverse=True) and times[0] > 1_600_000_000
    assert connected.history(limit=1) == events[:1]
    assert any("revoked" in str(event).lower() for event in events)
