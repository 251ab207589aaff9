# SPDX-License-Identifier: LGPL-2.1-or-later
"""YouTube: Google's OAuth, and a channel that may be a brand's."""

from .subject import (ACCOUNT, DAY, Row, Subject, at_a_reconnect, bearer, change_password, narrowed, only_an_app, outage,
                      remove, renamed, trouble, wrong_secret)

API = "https://www.googleapis.com"
CHANNELS = "/youtube/v3/channels"
YOUTUBE = "https://www.googleapis.com/auth/youtube"
GO_LIVE = bearer(f"{API}/youtube/v3/liveBroadcasts", "POST")
DEAD = {"state": "revoked", "cause": "unknown-revoked"}


def by_the_organization(what, do, undo=None):
    return Row(what, (do,), "renew", "blocked", "permission-lost", undo=(undo,))


def by_youtube(what, verb, taken_back):
    return Row(what, (f"{verb} account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
               undo=(f"{verb} account={ACCOUNT} {taken_back}",))


USER = Subject(
    "youtube", "youtube", "google", bearer(f"{API}{CHANNELS}?part=id&mine=true"),
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
        Row("the organization wants a new login", (f"end-session account={ACCOUNT}",), "renew", "expired", "expired"),
        by_the_organization("the organization's administrator forbids it", f"forbid-app account={ACCOUNT}",
                            f"forbid-app account={ACCOUNT} forbidden=false"),
        by_the_organization("the app is for an organization alone", "settings internal=true", "settings internal=false"),
        Row("the grant is another app's", (f"hand-over account={ACCOUNT} app=google-other-studio",), "renew", "suspended",
            "client-misconfigured", undo=(f"hand-over account={ACCOUNT}",), heals_by="renew"),
        wrong_secret(undo=("restore-secret secret=google-client-secret-8e2f11d7",)),
        Row("the app is suspended", ("suspend-app",), "renew", "suspended", "app-suspended",
            undo=("suspend-app suspended=false",), heals_by="renew"),
        Row("the app is deleted", ("delete-app",), "renew", "suspended", "app-suspended",
            undo=("delete-app deleted=false",), heals_by="renew"),
        Row("the channel is gone, and an app meets it first", (f"remove-page account={ACCOUNT}",), "report", "blocked",
            "permission-lost", call=GO_LIVE),
        Row("the channel is gone", (f"remove-page account={ACCOUNT}",), "verify", "blocked", "permission-lost"),
        by_youtube("the channel is suspended", "suspend-channel", "suspended=false"),
        by_youtube("the channel is closed", "close-channel", "closed=false"),
        only_an_app("live streaming is forbidden", f"block-live account={ACCOUNT}", call=GO_LIVE,
                    undo=(f"block-live account={ACCOUNT} blocked=false",)),
        Row("the permission is gone", (f"withdraw account={ACCOUNT} scopes={YOUTUBE}",), "verify", "blocked", "scope-changed"),
        Row("the quota is used up", ("settings quota=0",), "verify", "connected", "none", signal="none",
            undo=("settings quota=10000",)),
        Row("another of the person's channels is chosen", ("pick page=$PAGE1",), "reconnect", "connected",
            "wrong-account", signal="Locked", undo=("pick",)),
        Row("the app is disabled, says the consent page", ("deny word=disabled_client",), "reconnect", "connected",
            "app-suspended", signal="none", undo=("deny denies=false",)),
        renamed(), narrowed(YOUTUBE),
    ) + outage(3599, by="ask") + trouble(CHANNELS) + at_a_reconnect())

DEVICE = Subject(
    "youtube device", "youtube", "google", USER.call, scopes=(YOUTUBE,), flow="device",
    client_id="google-tv", client_secret="google-tv-client-secret-93be66d1",
    rows=(remove(by="verify", **DEAD),) + at_a_reconnect())

SUBJECTS = [USER, DEVICE]
