# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 1.0a: apps get signatures, nothing ends by itself, and an error is a number."""

from harness.http import request

from .subject import (ACCOUNT, NEVER, Row, Subject, at_a_reconnect, change_password, duplicate, only_an_app, remove,
                      renamed, trouble)

HOST = "https://api.x.com"
ME = "/2/users/me"
UPDATE = "/1.1/statuses/update.json"
DEAD = {"state": "revoked", "cause": "unknown-revoked"}


def sign(channel, method="GET", path=ME, form=None):
    return channel.call("SignRequest", "(ssa{ss}a{sv})", method, f"{HOST}{path}", form or {}, {})


def ask(channel):
    return request("GET", f"{HOST}{ME}", headers={"authorization": sign(channel)})


def post(path=UPDATE, times=1):
    def posted(channel):
        form = {"status": "live"}
        for _ in range(times):
            answer = request("POST", f"{HOST}{path}", form, {"authorization": sign(channel, "POST", path, form)})
        return answer
    return posted


def wrong_client(what, do, undo):
    return Row(what, (do,), "verify verify", "suspended", "client-misconfigured", undo=(undo,))


def limited(what, limit, path=UPDATE):
    """An app that may still ask who the account is."""
    return only_an_app(what, f"limit-app to={limit}", call=post(path), undo=("limit-app",))


USER = Subject(
    "x oauth1", "x-oauth1", "x-oauth1", ask, ask=sign, renews=False, clocks=(NEVER, 0, 0),
    rows=(
        remove(by="verify", remedy="Authorize app", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        wrong_client("the client secret is changed at the platform", "rotate-secret",
                     "restore-secret secret=x-oauth1-client-secret-8e2f11d7"),
        wrong_client("the app is deleted", "delete-app", "delete-app deleted=false"),
        wrong_client("the clock is wrong", "settings skew=3600", "settings skew=0"),
        wrong_client("the app is not enrolled", "limit-app to=not-enrolled", "limit-app"),
        limited("the app may only read", "read-only"),
        limited("the app has the wrong permissions", "app-permissions", "/2/tweets"),
        limited("the app's access level is too low", "low-access"),
        limited("the app may not write", "may-not-write"),
        Row("the app is suspended", ("suspend-app",), "verify", "suspended", "app-suspended",
            undo=("suspend-app suspended=false",)),
        Row("the account is locked", (f"lock account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"lock account={ACCOUNT} locked=false",)),
        Row("the account is suspended", (f"suspend-account account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"suspend-account account={ACCOUNT} suspended=false",)),
        duplicate(post(times=2)),
        renamed("alice_all_day"),
    ) + trouble(ME) + at_a_reconnect())

SUBJECTS = [USER]
