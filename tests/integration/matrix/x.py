# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 2.0: a dead refresh token is an invalid_request there."""

from .subject import (ACCOUNT, Row, Subject, at_a_reconnect, bearer, change_password, duplicate, narrowed, only_an_app,
                      outage, remove, renamed, too_late, trouble, wrong_secret)

HOST = "https://api.x.com"
ME = "/2/users/me"
NUMBERS = ("settings numbers=true",)
SUSPEND_ACCOUNT = f"suspend-account account={ACCOUNT}"
DEAD = {"state": "revoked", "cause": "unknown-revoked"}


def post(times=1):
    return bearer(f"{HOST}/2/tweets", "POST", document={"text": "live"}, times=times)


def suspended(what, do, state, cause, **more):
    return Row(what, (do,), "verify", state, cause, undo=(f"{do} suspended=false",), **more)


USER = Subject(
    "x", "x", "x", bearer(f"{HOST}{ME}"), scopes=("tweet.read", "tweet.write", "users.read", "offline.access"),
    clocks=(7200, 0, 0),
    rows=(
        remove(by="verify", **DEAD),
        remove("the app is removed, and a renewal meets it first", by="renew", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        Row("nobody renews it for half a year", ("advance seconds=16000000",), "verify", **DEAD),
        wrong_secret(undo=("restore-secret secret=x-client-secret-8e2f11d7",)),
        Row("the app is deleted", ("delete-app",), "renew renew", "suspended", "client-misconfigured",
            undo=("delete-app deleted=false",), heals_by="renew"),
        Row("the app is not enrolled", ("limit-app to=not-enrolled",), "verify verify", "suspended", "client-misconfigured",
            undo=("limit-app",)),
        suspended("the app is suspended", "suspend-app", "suspended", "app-suspended"),
        suspended("the app is suspended, says a number", "suspend-app", "suspended", "app-suspended", before=NUMBERS),
        only_an_app("the app may not write", "limit-app to=may-not-write", call=post(), undo=("limit-app",)),
        only_an_app("an app asks what is for an app's own token", call=bearer(f"{HOST}/2/tweets/search/stream")),
        Row("the account is locked", (f"lock account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"lock account={ACCOUNT} locked=false",)),
        suspended("the account is suspended", SUSPEND_ACCOUNT, "blocked", "account-checkpoint"),
        suspended("the account is suspended, says a number", SUSPEND_ACCOUNT, "blocked", "account-checkpoint",
                  before=NUMBERS),
        Row("the monthly quota is used up", ("settings quota=0",), "verify", "connected", "none", signal="none",
            undo=("settings quota=10000",)),
        duplicate(post(times=2)),
        too_late(30), renamed("alice_all_day"), narrowed("tweet.read", "users.read", "offline.access"),
    ) + outage(7200, by="ask") + trouble(ME) + at_a_reconnect())

SUBJECTS = [USER]
