# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 1.0a: apps get signatures, nothing ends by itself, and an error is a number."""

from harness.http import request

from .subject import (ACCOUNT, NEVER, Row, Subject, answered, at_a_reconnect, change_password, duplicate,
                      refused, remove, renamed, trouble)

ME = "/2/users/me"
DEAD = {"state": "revoked", "cause": "unknown-revoked"}
WRONG_CLIENT = {"state": "suspended", "cause": "client-misconfigured", "by": "verify verify"}


def sign(channel):
    return channel.call("SignRequest", "(ssa{ss}a{sv})", "GET", f"https://api.x.com{ME}", {}, {})


def accepted(channel):
    return request("GET", f"https://api.x.com{ME}", headers={"authorization": sign(channel)}).status == 200


def numbered(what, status, code, **more):
    return answered(f"{what}, says {code}", status, {"errors": [{"code": code, "message": what}]}, ME, **more)


USER = Subject(
    "x oauth1", "x-oauth1", "x-oauth1", accepted, ask=sign, renews=False, clocks=(NEVER, 0, 0),
    rows=(
        remove(by="verify", remedy="Authorize app", **DEAD),
        remove("the app is removed, and an app meets it first", by="report", **DEAD),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        Row("the client secret is changed at the platform", ("rotate-secret",), undo=(
            "restore-secret secret=x-oauth1-client-secret-8e2f11d7",), **WRONG_CLIENT),
        refused("the clock is wrong", "bad-time", ME, **WRONG_CLIENT),
        refused("the app has the wrong permissions", "app-permissions", ME, **WRONG_CLIENT),
        numbered("the app's access level is too low", 403, 453, **WRONG_CLIENT),
        Row("the app is suspended", ("suspend-app",), "verify", "suspended", "app-suspended",
            undo=("suspend-app suspended=false",)),
        refused("the app may not write", "app-may-not-write", ME, "suspended", "app-suspended"),
        Row("the account is locked", (f"lock account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"lock account={ACCOUNT} locked=false",)),
        Row("the account is suspended", (f"suspend-account account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"suspend-account account={ACCOUNT} suspended=false",)),
        numbered("too many requests", 403, 88, state="connected", cause="none", signal="none"),
        duplicate(403, b'{"errors":[{"code":187,"message":"Status is a duplicate."}]}'),
        renamed("alice_all_day"),
    ) + trouble(ME) + at_a_reconnect())

SUBJECTS = [USER]
