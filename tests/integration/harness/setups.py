# SPDX-License-Identifier: LGPL-2.1-or-later
"""What many tests begin with: a provider, a client, a channel, a connected channel."""

import os

from .browser import Browser
from .oidc import WEB_SECRET, OidcServer
from .platform import CLIENT_ID, CLIENT_SECRET, Platform

OIDC_PROVIDER = f"""[Provider]
Name=The real server
Stack=oidc

[OAuth2]
Issuer={OidcServer.issuer}
AuthorizationParameters=prompt=consent
"""

SCOPES = ["openid", "offline_access", "profile", "publish"]
PLATFORMS = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", "..", "platforms"))


def add_oidc_provider(root, broker):
    broker.write_config("providers.d/real.provider", OIDC_PROVIDER)
    root.reload()


def add_oidc_clients(root):
    root.add_client("web", "real", "web", WEB_SECRET, redirect_uris=[OidcServer.web_redirect])
    root.add_client("app", "real", "app", "", redirect_uris=["http://127.0.0.1/cb"], loopback_port="any")
    root.add_client("tv", "real", "tv", "")


def add_oidc_channel(root, alice, name="main", client="web", **opts):
    """A channel at the real server, assigned to alice, for studio and the group publishers."""
    opts = {"assigned_user": "alice", "allowed_users": ["studio"], "allowed_groups": ["publishers"],
            "scopes": SCOPES, "display_name": "Main channel", **opts}
    return root.add_channel(name, "real", client=client, **opts).seen_by(alice)


def add_platform(root, broker):
    """The simulated platform with its provider file and its client `lumen`."""
    broker.copy_config(os.path.join(PLATFORMS, "lumen.provider"), "providers.d")
    broker.copy_config(os.path.join(PLATFORMS, "lumen"), "stacks.d")
    root.reload()
    root.add_client("lumen", "lumen", CLIENT_ID, CLIENT_SECRET, redirect_uris=[Platform("lumen").redirect])


def add_platform_channel(root, alice, name="stage", **opts):
    opts = {"assigned_user": "alice", "allowed_users": ["studio"], "scopes": ["publish", "chat"], **opts}
    return root.add_channel(name, "lumen", client="lumen", **opts).seen_by(alice)


def connect(channel, account, flow="browser", **opts):
    """The whole browser or device flow, as the user of `channel`; the attempt's outcome."""
    attempt = channel.reconnect(flow=flow, **opts)
    walk(attempt, Browser(account))
    outcome = attempt.outcome()
    assert outcome[0] == "succeeded", outcome
    return outcome


def walk(attempt, browser):
    """The person's part of an attempt."""
    number, style, details = attempt.prompt()
    if style == "open-uri":
        attempt.respond(number, redirected_uri=browser.authorize(details["uri"]))
    else:
        assert style == "show-code", style
        browser.enter_code(details["verification-uri"], details["user-code"])

