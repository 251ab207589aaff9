# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lumen, the platform that is made up: it says why, in words of its own, and it rotates."""

from .subject import Row, Subject, at_a_reconnect, bearer, change_password, outage, remove, trouble, wrong_secret

SUBJECT = Subject(
    "lumen", "lumen", "lumen", bearer("http://127.0.0.1:18090/api/me"),
    scopes=("publish", "chat"), clocks=(60, 0, 0),
    rows=(
        change_password(by="verify", state="revoked", cause="password-changed"),
        remove(by="verify", state="revoked", cause="revoked-by-user", remedy="Settings, Connections"),
        remove("the app is removed, and an app meets it first", by="report", state="revoked", cause="revoked-by-user"),
        remove("the app is removed, and a renewal meets it first", by="renew", state="revoked", cause="revoked-by-user"),
        wrong_secret(undo=("restore-secret secret=lumen-client-secret-8e2f11d7",)),
        Row("the app is deleted, and a verification says so", ("delete-app",), "verify verify", "suspended",
            "client-misconfigured", undo=("delete-app deleted=false",)),
    ) + outage(60) + trouble("/oauth/validate") + at_a_reconnect())
