# SPDX-License-Identifier: LGPL-2.1-or-later
"""Renewal: by itself, once, and never at the cost of the grant."""

import time

import pytest
from harness import setups
from harness.caller import BusError
from harness.wait import spin, wait_for


def connect_with_lifetime(channel, oidc, seconds):
    oidc.settings(accessTtl=seconds)
    setups.connect(channel, "alice-channel")


def test_sixty_second_token_is_renewed_by_itself(oidc_channel, oidc, studio):
    connect_with_lifetime(oidc_channel, oidc, 60)
    events = studio.record(path=oidc_channel.path, interface="org.channelkeeper.Channel1")
    theirs = oidc_channel.seen_by(studio)
    before = theirs.token()[0]
    since = len(oidc.requests())
    wait_for(lambda: [e for e in events if e.name == "Renewed"], 50, "the renewal")
    token, expires_at, details = theirs.token()
    assert token != before and details["generation"] == 2
    assert expires_at - time.time() > 50
    assert oidc.accepts(token) == "alice-channel"
    assert len(oidc.token_requests(since=since)) == 1
    assert [e.args[1] for e in events if e.name == "Renewed"] == [expires_at]


def test_it_goes_on_and_across_restarts(oidc_channel, oidc, broker):
    connect_with_lifetime(oidc_channel, oidc, 6)
    since = len(oidc.requests())
    wait_for(lambda: len(oidc.token_requests(since=since)) >= 2, 20, "two renewals")
    broker.restart()
    assert oidc_channel.state == "connected"
    count = len(oidc.token_requests())
    wait_for(lambda: len(oidc.token_requests()) >= count + 2, 20, "two more after a restart")
    presented = [entry["presented"] for entry in oidc.token_requests(since=since)]
    assert len(presented) == len(set(presented)), "no refresh token was used twice"
    assert {entry["status"] for entry in oidc.token_requests(since=since)} == {200}
    assert oidc.accepts(oidc_channel.token()[0]) == "alice-channel"


def test_64_callers_cause_one_request(oidc_channel, oidc, callers):
    connect_with_lifetime(oidc_channel, oidc, 20)
    oidc.settings(accessTtl=3600, delay=300)
    since = len(oidc.requests())
    apps = [oidc_channel.seen_by(callers("studio")) for _ in range(64)]
    from harness.caller import options
    pending = [app.send("GetAccessToken", "(a{sv})", options(min_validity=60)) for app in apps]
    answers = [p.result() for p in pending]
    assert len({answer[0] for answer in answers}) == 1
    assert oidc.accepts(answers[0][0]) == "alice-channel"
    assert {answer[2]["generation"] for answer in answers} == {2}
    assert len(oidc.token_requests(since=since)) == 1


def test_one_renewal_in_flight_whoever_asks(connected, oidc, callers):
    oidc.settings(delay=500)
    since = len(oidc.requests())
    mine = [connected.seen_by(callers(user)) for user in ("alice", "studio", "dave", "alice")]
    pending = [channel.send("Renew") for channel in mine]
    for p in pending:
        p.result()
    assert len(oidc.token_requests(since=since)) == 1


@pytest.mark.parametrize("mode", ["500", "503", "429", "html", "junk", "huge", "deep", "redirect", "truncated",
                                  "control-bytes", "token-type"])
def test_platform_trouble_costs_nothing(connected, oidc, broker, mode):
    token = connected.token()[0]
    oidc.fault(mode)
    with pytest.raises(BusError) as failed:
        connected.renew()
    assert failed.value.word in ("ProviderUnavailable", "ProviderError"), failed.value
    assert "main" in failed.value.message or "real" in failed.value.message
    assert connected.state in ("connected", "interrupted")
    assert connected.token()[0] == token, "the token that is still good is handed out"
    oidc.fault()
    assert broker.alive()
    assert not [e for e in oidc.requests() if e.get("path") == "/_elsewhere"], "no redirect was followed"


def test_a_platform_that_is_down_interrupts_and_comes_back(oidc_channel, oidc, studio):
    connect_with_lifetime(oidc_channel, oidc, 4)
    events = studio.record(path=oidc_channel.path, interface="org.channelkeeper.Channel1")
    oidc.fault("503")
    oidc_channel.wait_state("interrupted", seconds=20)
    assert oidc_channel.cause in ("server-error", "network", "rate-limited")
    with pytest.raises(BusError) as unavailable:
        oidc_channel.seen_by(studio).token()
    assert unavailable.value.word == "ProviderUnavailable"
    oidc.settings(accessTtl=3600)
    oidc.fault()
    oidc_channel.wait_state("connected", seconds=60)
    assert oidc.accepts(oidc_channel.token()[0]) == "alice-channel"
    names = [e.name for e in events]
    assert names.count("Interrupted") == 1 and names.count("Resumed") == 1
    assert "Revoked" not in names and "Expired" not in names


def test_invalid_client_suspends_and_keeps_the_grant(connected, oidc):
    token = connected.token()[0]
    oidc.fault("invalid-client")
    for _ in range(4):
        try:
            connected.renew()
        except BusError:
            pass
        if connected.state == "suspended":
            break
        spin(1)
    assert (connected.state, connected.cause) == ("suspended", "client-misconfigured")
    assert connected.token()[0] == token, "a wrong client secret must not stop a running stream"
    oidc.fault()
    connected.renew()
    connected.wait_state("connected")


def test_server_that_says_nothing(connected, oidc, studio, broker):
    """The call is answered within 22 s whatever happens, and everybody else is served meanwhile."""
    token = connected.token()[0]
    oidc.fault("hang", times=1)
    begun = time.monotonic()
    pending = connected.send("Renew")
    for _ in range(10):
        assert connected.seen_by(studio).token()[0] == token
    with pytest.raises(BusError) as late:
        pending.result(30)
    assert late.value.word in ("Busy", "ProviderUnavailable", "TimedOut")
    assert time.monotonic() - begun < 23
    assert broker.alive()


def test_answer_that_is_lost_is_doubt_and_not_the_end_of_the_token(connected, oidc, studio):
    """The server rotated, we never heard of it: the stored token is tried once more, then a person
    is asked; no refresh token goes out three times."""
    token = connected.token()[0]
    since = len(oidc.requests())
    oidc.lose_answer()
    with pytest.raises(BusError):
        connected.renew()
    assert connected.seen_by(studio).token()[0] == token
    presented = [entry["presented"] for entry in oidc.token_requests(since=since)]
    assert len(presented) == 1, "it is not tried again while the access token lives"
    assert connected.state in ("connected", "expiring")


def test_doubt_at_the_end_of_the_access_token(oidc_channel, oidc):
    connect_with_lifetime(oidc_channel, oidc, 8)
    since = len(oidc.requests())
    oidc.lose_answer()
    oidc_channel.wait_state("expired", "revoked", seconds=60)
    assert oidc_channel.cause in ("unknown-revoked", "expired", "revoked-by-user")
    assert oidc_channel.prop("Detail")
    presented = [entry["presented"] for entry in oidc.token_requests(since=since)]
    assert len(presented) == 2 and len(set(presented)) == 1, "tried exactly once more"
    setups.connect(oidc_channel, "alice-channel")


def test_single_use_platform_by_itself(lumen_channel, platform):
    platform.settings(access_ttl=6)
    setups.connect(lumen_channel, "alice-live")
    since = len(platform.requests())
    wait_for(lambda: len(platform.token_requests(since=since)) >= 3, 30, "three renewals")
    log = platform.token_requests(since=since)
    assert {entry["status"] for entry in log} == {200}
    assert len({entry["presented"] for entry in log}) == len(log)
    assert platform.accepts(lumen_channel.token()[0]) == "alice-live"
