# SPDX-License-Identifier: LGPL-2.1-or-later
"""LinkedIn: nothing renews the token of an ordinary app; a partner's lives a year at most."""

from .subject import (ACCOUNT, DAY, Row, Subject, at_a_reconnect, bearer, change_password, duplicate, narrowed,
                      refused, remove, renamed, too_late, trouble)

USERINFO = "/v2/userinfo"
INTROSPECT = "/oauth/v2/introspectToken"
SCOPES = ("openid", "profile", "w_member_social")
API = bearer(f"https://api.linkedin.com{USERINFO}")
WRONG_SECRET = Row("the client secret is changed at the platform", ("rotate-secret",), "verify verify", "suspended",
                   "client-misconfigured", undo=("restore-secret secret=linkedin-client-secret-8e2f11d7",))

MEMBER = Subject(
    "linkedin", "linkedin", "linkedin", API, scopes=SCOPES, renews=False, clocks=(60 * DAY, 0, 60 * DAY),
    rows=(
        remove(by="verify", state="revoked", cause="revoked-by-user"),
        remove("the app is removed, and an app meets it first", by="report", state="revoked", cause="revoked-by-user"),
        change_password(by="verify", state="connected", cause="none", signal="none", undo=()),
        Row("sixty days are over", (f"advance seconds={60 * DAY + 60}",), "verify", "expired", "expired"),
        Row("another program asks for other scopes", (f"consent account={ACCOUNT} scopes='openid profile'",), "verify",
            "revoked", "revoked-by-user"),
        Row("the member is restricted", (f"lock account={ACCOUNT}",), "verify", "blocked", "permission-lost",
            undo=(f"lock account={ACCOUNT} locked=false",)),
        refused("the API's version is retired", "old-version", USERINFO, "suspended", "client-misconfigured",
                by="verify verify"),
        refused("a permission is gone", "missing-scope", USERINFO, "blocked", "permission-lost"),
        refused("the person is no administrator any more", "no-role", USERINFO, "blocked", "permission-lost"),
        refused("the request has no token", "no-access", USERINFO, "suspended", "client-misconfigured",
                by="verify verify"),
        refused("a new token is not known everywhere yet", "bad-access", USERINFO, "connected", "none", signal="none"),
        WRONG_SECRET,
        Row("the person does not log in", ("deny word=user_cancelled_login",), "reconnect", "connected", "none",
            signal="none", undo=("deny denies=false",)),
        too_late(1800),
        Row("the app may not ask for a scope", ("deny word=unauthorized_scope_error",), "reconnect", "connected",
            "client-misconfigured", signal="none", undo=("deny denies=false",)),
        duplicate(422, b'{"status":422,"message":"Content is a duplicate of urn:li:share:7000000000000000000"}'),
        renamed(), narrowed("openid", "profile"),
    ) + trouble(INTROSPECT) + trouble(USERINFO) + at_a_reconnect())

PARTNER = Subject(
    "linkedin partner", "linkedin", "linkedin", API, scopes=SCOPES, client_id="linkedin-partner",
    client_secret="linkedin-partner-secret-40fd9e2a", clocks=(60 * DAY, 365 * DAY, 365 * DAY),
    rows=(
        remove(by="verify", state="revoked", cause="revoked-by-user"),
        remove("the app is removed, and a renewal meets it first", by="renew", state="revoked", cause="unknown-revoked"),
        Row("a year is over", (f"advance seconds={366 * DAY}",), "verify", "revoked", "unknown-revoked"),
    ) + at_a_reconnect())

SUBJECTS = [MEMBER, PARTNER]
