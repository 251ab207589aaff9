# SPDX-License-Identifier: LGPL-2.1-or-later
"""One row a platform, on its simulation under its real name and with the shipped files: connected,
handed out, verified, renewed where it can be, ended by the platform, reconnected, given back."""

import os
import time
from dataclasses import dataclass

import pytest
from harness import setups
from harness.caller import BusError


SHIPPED = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "backends", "providers"))
UNKNOWN, NEVER = 0, 2 ** 53 - 1
HOUR, DAY = 3600, 86400


@dataclass
class Row:
    scopes: str
    expires: int             # seconds from now: the access token
    renewable: int           # and what renews it
    cause: str = "unknown-revoked"
    renews: bool = True
    gives_back: bool = True  # the platform has a revocation


ROWS = {
    "kick": Row("user:read channel:read", 2 * HOUR, UNKNOWN),
    "tiktok": Row("user.info.basic video.publish", 2 * HOUR, 180 * DAY),
    "pinterest": Row("user_accounts:read pins:write", 30 * DAY, 60 * DAY, gives_back=False),
    "reddit": Row("identity submit", HOUR, NEVER),
    "discord": Row("identify guilds", 7 * DAY, UNKNOWN),
    "mastodon": Row("read:accounts write", NEVER, UNKNOWN, cause="revoked-by-user", renews=False),
    "vimeo": Row("public upload", NEVER, UNKNOWN, renews=False),
    "dailymotion": Row("manage_videos", 10 * HOUR, UNKNOWN),
    "trovo": Row("channel_details_self channel_update_self", 4 * HOUR, 30 * DAY),
    "entra": Row("openid profile offline_access User.Read", HOUR, 90 * DAY, cause="scope-changed", gives_back=False),
}


@pytest.fixture
def channel(request, platforms, root, alice):
    """A channel at a platform, not yet connected, and the platform."""
    name, row = request.param, ROWS[request.param]
    platform = platforms(name)
    root.add_client(name, name, platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    it = root.add_channel(name, name, client=name, assigned_user="alice", scopes=row.scopes.split()).seen_by(alice)
    it.platform, it.row = platform, row
    return it


def is_in(seconds, when):
    """Whether a clock says that many seconds from now, or UNKNOWN, or NEVER."""
    return when == seconds if seconds in (UNKNOWN, NEVER) else abs(when - time.time() - seconds) < 60


def alice_there(channel):
    """What the platform knows about alice."""
    return channel.platform.control("accounts")["alice"]


@pytest.mark.parametrize("channel", ROWS, indirect=True)
def test_smoke(channel):
    platform, row = channel.platform, channel.row
    setups.connect(channel, "alice")
    assert channel.state == "connected" and set(channel.prop("Scopes")) == set(row.scopes.split())
    account = channel.prop("AccountId")
    there = alice_there(channel)
    assert any(known in account for known in (there["user_id"], "@alice", *there["extra"].values()))
    assert channel.verify() == ("connected", "none")
    assert is_in(row.expires, channel.prop("ExpiresAt")) and is_in(row.renewable, channel.prop("RenewableUntil"))
    assert channel.prop("ReconnectBy") in (UNKNOWN, NEVER)
    first = channel.token()[0]

    if row.renews:
        channel.renew()
        assert channel.token()[0] != first
        assert platform.token_requests()[-1]["status"] == 200
    else:
        with pytest.raises(BusError):
            channel.renew()
        assert channel.token()[0] == first and channel.state == "connected"

    platform.remove_app("alice")
    if row.renews:
        with pytest.raises(BusError):
            channel.renew()
    else:
        channel.verify()
    assert channel.state == ("blocked" if row.cause == "scope-changed" else "revoked")
    assert channel.cause == row.cause and channel.prop("Remedy")

    setups.connect(channel, "alice")
    assert channel.verify() == ("connected", "none") and channel.prop("AccountId") == account
    assert alice_there(channel)["grants"] == 1
    channel.disconnect()
    assert channel.state == "unconnected"
    assert alice_there(channel)["grants"] == (0 if row.gives_back else 1)


@pytest.mark.parametrize("channel", ROWS, indirect=True)
def test_another_account(channel):
    setups.connect(channel, "alice")
    before = channel.token()[0]
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, setups.Browser("mallory"))
    assert attempt.outcome()[:2] == ("failed", "wrong-account")
    assert channel.state == "connected" and channel.token()[0] == before


@pytest.mark.parametrize("channel", ["kick"], indirect=True)
def test_a_grant_of_another_app(channel):
    """The client here got another app's id: nobody's grant is called dead for that."""
    setups.connect(channel, "alice")
    channel.platform.control("hand-over", account="alice", app="kick-other-studio")
    channel.verify()
    assert channel.verify() == ("suspended", "client-misconfigured") and "kick-other-studio" in channel.prop("Detail")
    channel.platform.control("hand-over", account="alice")
    assert channel.verify() == ("connected", "none")


@pytest.mark.parametrize("channel", ["entra"], indirect=True)
def test_entra_with_a_code_and_by_numbers(channel):
    """On another device; then what a number says, which the error alone does not."""
    setups.connect(channel, "alice", flow="device")
    assert channel.state == "connected"
    for control, state, cause in (("lock", "blocked", "account-checkpoint"), ("suspend-account", "blocked", "account-checkpoint"),
                                  ("change-password", "revoked", "password-changed")):
        channel.platform.control(control, account="alice")
        with pytest.raises(BusError):
            channel.renew()
        assert (channel.state, channel.cause) == (state, cause), control
        if state == "blocked":
            channel.platform.control(control, account="alice", **{"locked" if control == "lock" else "suspended": "false"})
            channel.renew()
            assert channel.state == "connected"


@pytest.mark.parametrize("channel", ["discord"], indirect=True)
def test_a_discord_channel_is_given_back_for_the_last_alone(channel, root, alice):
    """Giving one token back ends all that the person gave to the app."""
    other = root.add_channel("other", "discord", client="discord", assigned_user="alice", scopes=["identify"]).seen_by(alice)
    setups.connect(channel, "alice")
    setups.connect(other, "alice")
    channel.disconnect()
    assert alice_there(channel)["grants"] == 2 and other.verify() == ("connected", "none")
    other.disconnect()
    assert alice_there(channel)["grants"] == 0


def test_a_server_of_ones_own(platforms, root, alice, broker):
    """Mastodon stands at many places: the lines that the shipped file shows make another one of it."""
    with open(f"{SHIPPED}/mastodon.provider", encoding="utf-8") as stream:
        head = [line[4:] for line in stream if line.startswith("#   ")]
    assert [line.strip() for line in head] == ["[Provider]", "Name=The name people know it by", "Base=mastodon",
                                               "[OAuth2]", "Instance=social.example.org"]
    platform = platforms("mastodon")
    broker.write_config("providers.d/ours.provider", "".join(head).replace("social.example.org", "mastodon.social"))
    root.reload()
    root.add_client("ours", "ours", platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    channel = root.add_channel("o", "ours", client="ours", assigned_user="alice", scopes=["read:accounts"]).seen_by(alice)
    setups.connect(channel, "alice")
    assert channel.prop("AccountId") == "https://mastodon.social/@alice"
    platform.remove_app("alice")
    channel.verify()
    assert (channel.state, channel.cause) == ("revoked", "revoked-by-user")
    assert "Authorized apps" in channel.prop("Remedy")
