# SPDX-License-Identifier: LGPL-2.1-or-later
"""One row a platform, on its simulation under its real name and with the shipped files: connected,
handed out, verified, renewed where it can be, ended by the platform, reconnected, given back."""

from dataclasses import dataclass

import pytest
from harness import setups
from harness.caller import BusError
from harness.platform import REDIRECT


@dataclass
class Row:
    scopes: str
    cause: str = "unknown-revoked"
    renews: bool = True
    redirect: str = REDIRECT
    gives_back: bool = True  # the platform has a revocation


ROWS = {
    "kick": Row("user:read channel:read", redirect="http://localhost:18998/cb"),
    "tiktok": Row("user.info.basic video.publish"),
    "pinterest": Row("user_accounts:read pins:write", gives_back=False),
    "reddit": Row("identity submit"),
    "discord": Row("identify guilds"),
    "mastodon": Row("read:accounts write", cause="revoked-by-user", renews=False),
    "vimeo": Row("public upload", renews=False),
    "dailymotion": Row("manage_videos"),
    "trovo": Row("channel_details_self channel_update_self"),
    "entra": Row("openid profile offline_access User.Read", cause="scope-changed", gives_back=False),
}


@pytest.fixture
def channel(request, platforms, root, alice):
    """A channel at a platform, not yet connected, and the platform."""
    name, row = request.param, ROWS[request.param]
    platform = platforms(name)
    root.add_client(name, name, platform.client_id, platform.client_secret, redirect_uris=[row.redirect])
    it = root.add_channel(name, name, client=name, assigned_user="alice", scopes=row.scopes.split()).seen_by(alice)
    it.platform, it.row = platform, row
    return it


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
