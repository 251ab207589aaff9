# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 2.0: a dead refresh token is an invalid_request there."""

from .subject import (ACCOUNT, Row, Subject, answered, at_a_reconnect, bearer, change_password, duplicate, narrowed,
                      outage, refused, remove, renamed, too_late, trouble, wrong_secret)

ME = "/2/users/me"
DEAD = {"state": "revoked", "cause": "unknown-revoked"}
WRONG_CLIENT = {"state": "suspended", "cause": "client-misconfigured", "by": "verify verify"}


def problem(kind, **more):
    return {"title": kind, "type": f"https://api.twitter.com/2/problems/{kind}", "status": 403, "detail": kind, **more}


def numbered(code, message):
    return {"errors": [{"code": code, "message": message}]}


USER = Subject(
    "x", "x", "x", bearer(f"https://api.x.com{ME}"), scopes=("tweet.read", "tweet.write", "users.read", "offline.access"),
    clocks=(7200, 0, 0),
    rows=(
        remove(by="verify", **DEAD),
        remove("the app is removed, and a renewal meets it first", by="renew", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        Row("nobody renews it for half a year", ("advance seconds=16000000",), "verify", **DEAD),
        wrong_secret(undo=("restore-secret secret=x-client-secret-8e2f11d7",)),
        refused("the app is unknown", "bad-client", "/2/oauth2/token", "suspended", "client-misconfigured",
                by="renew renew", heals_by="renew"),
        Row("the app is not enrolled", ("suspend-app",), undo=("suspend-app suspended=false",), **WRONG_CLIENT),
        refused("the app is suspended", "app-removed-from-x", ME, "suspended", "app-suspended"),
        answered("the app is suspended, says 416", 403, numbered(416, "Invalid / suspended application"), ME, "suspended",
                 "app-suspended"),
        answered("the app may not write", 403, numbered(261, "Application cannot perform write actions."), ME, "suspended",
                 "app-suspended"),
        answered("a parameter is missing", 400, {"error": "invalid_request", "error_description":
                 "Missing required parameter [client_id]."}, "/2/oauth2/token", "suspended", "client-misconfigured",
                 by="renew renew", heals_by="renew"),
        answered("the clock is wrong", 401, numbered(135, "Timestamp out of bounds."), ME, **WRONG_CLIENT),
        answered("the app has the wrong permissions", 403, problem("oauth1-permissions"), ME, **WRONG_CLIENT),
        answered("the wrong kind of token", 403, problem("unsupported-authentication"), ME, **WRONG_CLIENT),
        Row("the account is locked", (f"lock account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"lock account={ACCOUNT} locked=false",)),
        Row("the account is suspended", (f"suspend-account account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"suspend-account account={ACCOUNT} suspended=false",)),
        answered("the account is suspended, says 64", 403, numbered(64, "Your account is suspended."), ME, "blocked",
                 "account-checkpoint"),
        answered("too many requests, says 88", 403, numbered(88, "Rate limit exceeded"), ME, "connected", "none",
                 signal="none"),
        refused("the monthly quota is used up", "usage-capped", ME, "connected", "none", signal="none"),
        duplicate(403, b'{"errors":[{"code":187,"message":"Status is a duplicate."}]}'),
        too_late(30), renamed("alice_all_day"), narrowed("tweet.read", "users.read", "offline.access"),
    ) + outage(7200, by="ask") + trouble(ME) + at_a_reconnect())

SUBJECTS = [USER]
