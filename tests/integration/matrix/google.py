# SPDX-License-Identifier: LGPL-2.1-or-later
"""YouTube: Google's OAuth, and a channel that may be a brand's."""

from .subject import (ACCOUNT, DAY, Row, Subject, answered, at_a_reconnect, bearer, change_password, narrowed, outage,
                      refused, remove, renamed, trouble, wrong_secret)

CHANNELS = "/youtube/v3/channels"
YOUTUBE = "https://www.googleapis.com/auth/youtube"
DEAD = {"state": "revoked", "cause": "unknown-revoked"}

USER = Subject(
    "youtube", "youtube", "google", bearer(f"https://www.googleapis.com{CHANNELS}?part=id&mine=true"),
    scopes=(YOUTUBE, f"{YOUTUBE}.upload"), clocks=(3599, 183 * DAY, 0),
    rows=(
        remove(by="verify", **DEAD),
        remove("the app is removed, and a renewal meets it first", by="renew", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        Row("a hundred newer consents", (f"consent account={ACCOUNT} scopes={YOUTUBE} times=100",), "renew", **DEAD),
        Row("the app is in testing, which the channel tells", (), "verify", "connected", "none", signal="none", undo=(),
            before=("settings testing=true",), clocks=(3599, 7 * DAY, 7 * DAY)),
        Row("the app is in testing, and a week is over", (f"advance seconds={8 * DAY}",), "renew",
            before=("settings testing=true",), **DEAD),
        Row("nobody used it for half a year", (f"advance seconds={190 * DAY}",), "renew", **DEAD),
        refused("the organization wants a new login", "session-policy", "/token", "expired", "expired", by="renew"),
        refused("the organization's administrator forbids it", "admin-policy", "/token", "blocked", "permission-lost",
                by="renew"),
        answered("the app is for an organization alone", 403, {"error": "org_internal"}, "/token", "blocked",
                 "permission-lost", by="renew"),
        answered("the grant is another app's", 401, {"error": "unauthorized_client"}, "/token", "suspended",
                 "client-misconfigured", by="renew", heals_by="renew"),
        wrong_secret(undo=("restore-secret secret=google-client-secret-8e2f11d7",)),
        Row("the app is suspended", ("suspend-app",), "renew", "suspended", "app-suspended",
            undo=("suspend-app suspended=false",), heals_by="renew"),
        refused("the app is deleted", "app-deleted", "/token", "suspended", "app-suspended", by="renew", heals_by="renew"),
        refused("the account has no channel", "no-channel", CHANNELS, "blocked", "permission-lost"),
        Row("the channel is gone", (f"remove-page account={ACCOUNT}",), "verify", "blocked", "permission-lost"),
        Row("the channel is suspended", (f"suspend-channel account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"suspend-channel account={ACCOUNT} suspended=false",)),
        refused("the channel is closed", "channel-closed", CHANNELS, "blocked", "account-checkpoint"),
        refused("live streaming is forbidden", "live-blocked", CHANNELS, "blocked", "permission-lost"),
        refused("a permission is gone", "missing-scope", CHANNELS, "blocked", "scope-changed"),
        refused("the quota is used up", "quota", CHANNELS, "connected", "none", signal="none"),
        Row("another of the person's channels is chosen", ("pick page=$PAGE1",), "reconnect", "connected",
            "wrong-account", signal="Locked", undo=("pick",)),
        Row("the app is disabled, says the consent page", ("deny word=disabled_client",), "reconnect", "connected",
            "app-suspended", signal="none", undo=("deny denies=false",)),
        renamed(), narrowed(YOUTUBE),
    ) + outage(3599, by="ask") + trouble(CHANNELS) + at_a_reconnect())

DEVICE = Subject(
    "youtube device", "youtube", "google", USER.accepted, scopes=(YOUTUBE,), flow="device",
    client_id="google-tv", client_secret="google-tv-client-secret-93be66d1",
    rows=(remove(by="verify", **DEAD),) + at_a_reconnect())

SUBJECTS = [USER, DEVICE]
