# SPDX-License-Identifier: LGPL-2.1-or-later
"""Twitch: the user's token, the same for an app without a secret, and the app's own. It tells nobody
why a token is dead."""

from .subject import (DAY, NEVER, Row, Subject, at_a_reconnect, bearer, change_password, narrowed, outage, refused,
                      remove, renamed, too_late, trouble, wrong_secret)

VALIDATE = "/oauth2/validate"
API = bearer("https://api.twitch.tv/helix/users", headers={"client-id": "%c"})
SCOPES = ("channel:manage:broadcast", "user:read:chat")
DEAD = {"state": "revoked", "cause": "unknown-revoked"}
SECRET_BACK = ("restore-secret secret=twitch-client-secret-8e2f11d7",)
MISSING_SCOPE = b'{"error":"Unauthorized","status":401,"message":"Missing scope: user:read:chat"}'

USER = Subject(
    "twitch", "twitch", "twitch", API, scopes=SCOPES, clocks=(14146, NEVER, 0),
    rows=(
        change_password(by="verify", **DEAD),
        remove(by="verify", **DEAD),
        remove("the app is removed, and a renewal meets it first", by="renew", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        wrong_secret(undo=SECRET_BACK),
        Row("the app is deleted", ("suspend-app",), "verify verify", "suspended", "client-misconfigured",
            undo=("suspend-app suspended=false",), heals_by="renew"),
        refused("the token is another app's", "client-mismatch", VALIDATE, "suspended", "client-misconfigured",
                by="verify verify"),
        refused("a permission is gone", "missing-scope", VALIDATE, "blocked", "scope-changed"),
        refused("the role is gone", "no-role", VALIDATE, "blocked", "permission-lost"),
        Row("an app asks for more than was granted", (), "report", "connected", "none", signal="none",
            report=(401, MISSING_SCOPE), undo=()),
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

APP = Subject(
    "twitch app", "twitch-app", "twitch", API, flow="none", clocks=(4999199, 0, 0),
    rows=(
        Row("the app's tokens are ended", ("remove-app app=twitch-studio",), "verify", "connected", "none", signal="none",
            undo=()),
        Row("the token has run out", ("advance seconds=5000000",), "verify", "connected", "none", signal="none", undo=()),
        wrong_secret(undo=SECRET_BACK),
    ) + trouble(VALIDATE))

SUBJECTS = [USER, DEVICE, APP]
