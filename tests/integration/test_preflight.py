# SPDX-License-Identifier: LGPL-2.1-or-later
"""Preflight: `ok` is what the platform has just said, and what will last."""

import pytest
from harness import setups
from harness.broker import BASE_CONFIG
from harness.caller import BusError, options
from harness.wait import wait_for


def preflight(caller, **opts):
    [[_, verdict, why]] = caller.broker("Preflight", "(asa{sv})", ["main"], options(**opts))
    return verdict, why


@pytest.mark.parametrize("mode, cause", [("500", "server-error"), ("503", "rate-limited"), ("truncated", "network")])
def test_a_platform_that_cannot_be_asked(connected, alice, oidc, mode, cause):
    assert preflight(alice) == ("ok", "")
    oidc.fault(mode, "/me")
    verdict, why = preflight(alice)
    assert verdict == "warn" and "could not be verified now" in why and cause in why, why
    assert connected.state == "connected"
    oidc.fault("", "/me")
    assert preflight(alice) == ("ok", "")


def test_asked_a_moment_ago(connected, broker, root, alice, oidc):
    """Within MinCheckInterval= the last answer is the answer, be it that there was none."""
    broker.write_config("channelkeeper.conf", BASE_CONFIG.replace("MinCheckInterval=0", "MinCheckInterval=30"))
    root.reload()
    other = setups.add_oidc_channel(root, alice, "other")
    setups.connect(other, "other-account")
    assert other.verify() == ("connected", "none")
    oidc.fault("503", "/me")
    since = len(oidc.requests())
    connected.verify()
    assert preflight(alice)[0] == "warn"
    assert len([entry for entry in oidc.requests()[since:] if entry["path"] == "/me"]) == 1
    rows = alice.broker("Preflight", "(asa{sv})", ["other", "main"], {})
    assert [row[1] for row in rows] == ["ok", "warn"]


@pytest.mark.parametrize("how", ["lost", "killed"])
def test_a_grant_in_doubt(connected, broker, alice, oidc, how):
    """Nobody knows yet whether it renews: good for as long as its token is, and no longer for certain."""
    since = len(oidc.requests())
    if how == "lost":
        oidc.lose_answer()
        with pytest.raises(BusError):
            connected.renew()
    else:
        oidc.fault("hang", times=1)
        connected.send("Renew")
        wait_for(lambda: len(oidc.requests()) > since, 5, "the request")
        broker.kill()
        broker.start()
    assert connected.state == "connected"
    verdict, why = preflight(alice)
    assert verdict == "warn" and "the answer to a renewal was lost" in why, why
    assert preflight(alice, **{"for": 600}) == ("warn", "renewal-failing")
    with pytest.raises(BusError) as error:
        connected.renew()
    assert error.value.word == "ProviderUnavailable" and "tried once more in" in error.value.message, error.value
    assert len(oidc.requests()) == since + 1, "it is not tried again while the token lives"
