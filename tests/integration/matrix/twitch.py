# SPDX-License-Identifier: LGPL-2.1-or-later
"""Twitch: the user's token, the same for an app without a secret, and the app's own. It tells nobody
why a token is dead, and its validate call knows of the token alone, not of what the account may do."""

from .subject import (ACCOUNT, DAY, NEVER, Row, Subject, at_a_reconnect, bearer, change_password, narrowed, only_an_app,
                      outage, remove, renamed, too_late, trouble, wrong_secret)

VALIDATE = "/oauth2/validate"
SCOPES = ("channel:manage:broadcast", "user:read:chat")
DEAD = {"state": "revoked", "cause": "unknown-revoked"}
SECRET_BACK = ("restore-secret secret=twitch-client-secret-8e2f11d7",)
HELIX = "https://api.twitch.tv/helix"
CLIENT = {"client-id": "%c"}
SET_TITLE = bearer(f"{HELIX}/channels?broadcaster_id=%a", "PATCH", CLIENT)
API = bearer(f"{HELIX}/users", headers=CLIENT)
WITHDRAWN = (f"withdraw account={ACCOUNT} scopes=channel:manage:broadcast",)

USER = Subject(
    "twitch", "twitch", "twitch", API, scopes=SCOPES, clocks=(14146, NEVER, 0),
    rows=(
        change_password(by="verify", **DEAD),
        remove(by="verify", **DEAD),
        remove("the app is removed, and a renewal meets it first", by="renew", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        wrong_secret(undo=SECRET_BACK),
        Row("the app is deleted", ("delete-app",), "verify verify", "suspended", "client-misconfigured",
            undo=("delete-app deleted=false",), heals_by="renew"),
        Row("the grant is another app's", (f"hand-over account={ACCOUNT} app=twitch-other-studio",), "verify verify",
            "suspended", "client-misconfigured", undo=(f"hand-over account={ACCOUNT}",)),
        Row("a permission is gone", WITHDRAWN, "verify", "connected", "none", signal="none", advice="scopes-missing"),
        only_an_app("a permission is gone, and an app meets it first", *WITHDRAWN, call=SET_TITLE, undo=None,
                    advice="scopes-missing"),
        only_an_app("an app asks for more than was granted",
                    call=bearer(f"{HELIX}/chat/chatters?broadcaster_id=%a&moderator_id=%a", headers=CLIENT)),
        only_an_app("an app writes to somebody else's channel",
                    call=bearer(f"{HELIX}/channels?broadcaster_id=1", "PATCH", CLIENT), untold=True),
        only_an_app("an app sends no client id", call=bearer(f"{HELIX}/users"), untold=True),
        too_late(60), renamed("alice_all_day"), narrowed("user:read:chat"),
    ) + outage(14146) + trouble(VALIDATE) + at_a_reconnect())

# A public client: device codes, and refresh tokens that work once and live 30 days.
DEVICE = Subject(
    "twitch device", "twitch", "twitch", API, scopes=SCOPES, flow="device", client_id="twitch-device", client_secret="",
    clocks=(14146, 30 * DAY, 0),
    rows=(
        change_password(by="verify", **DEAD),
        Row("nobody renews it for a month", ("advance seconds=2678400",), "verify", **DEAD),
    ) + at_a_reconnect())

# A channel that is nothing without one of its permissions.
NEEDING = Subject(
    "twitch needing", "twitch", "twitch", API, scopes=SCOPES, options={"required_scopes": ["channel:manage:broadcast"]},
    rows=(Row("a permission that it needs is gone", WITHDRAWN, "verify", "blocked", "scope-changed"),))

# It keeps order in a friend's chat; its stack, an administrator's own, asks whether it may.
MODERATOR = Subject(
    "twitch moderator", "twitch-moderator", "twitch", API, scopes=("moderator:read:chatters",),
    rows=(
        Row("the role in the friend's channel is lost", (f"remove-page account={ACCOUNT}",), "verify", "blocked",
            "permission-lost", undo=(f"give-page account={ACCOUNT} page=172870404 name=friend",), remedy="moderator"),
        Row("the permission is gone", (f"withdraw account={ACCOUNT} scopes=moderator:read:chatters",), "verify", "blocked",
            "scope-changed", remedy="Authorize"),
    ))

APP = Subject(
    "twitch app", "twitch-app", "twitch", API, flow="none", clocks=(4999199, 0, 0),
    rows=(
        Row("the app's tokens are ended", ("remove-app app=twitch-studio",), "verify", "connected", "none", signal="none",
            undo=()),
        Row("the token has run out", ("advance seconds=5000000",), "verify", "connected", "none", signal="none", undo=()),
        wrong_secret(undo=SECRET_BACK),
    ) + trouble(VALIDATE))

SUBJECTS = [USER, DEVICE, NEEDING, MODERATOR, APP]
