# SPDX-License-Identifier: LGPL-2.1-or-later
"""LinkedIn: nothing renews the token of an ordinary app; a partner's lives a year at most."""

from harness.http import request

from .subject import (ACCOUNT, DAY, Row, Subject, at_a_reconnect, bearer, change_password, duplicate, narrowed,
                      only_an_app, remove, renamed, too_late, trouble)

USERINFO = "/v2/userinfo"
INTROSPECT = "/oauth/v2/introspectToken"
SCOPES = ("openid", "profile", "w_member_social")
HOST = "https://api.linkedin.com"
API = bearer(f"{HOST}{USERINFO}")


def post(headers=None, times=1):
    return bearer(f"{HOST}/rest/posts", "POST", headers, {"author": "urn:li:person:1", "commentary": "live"}, times)


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
        only_an_app("the API's version is retired", "settings oldest_version=202701", call=post({"LinkedIn-Version": "202601"}),
                    undo=("settings oldest_version=202501",)),
        Row("a permission is gone", (f"withdraw account={ACCOUNT} scopes='openid profile'",), "verify", "blocked",
            "permission-lost"),
        only_an_app("an app sends no token", call=lambda channel: request("GET", f"{HOST}{USERINFO}")),
        WRONG_SECRET,
        Row("the person does not log in", ("deny word=user_cancelled_login",), "reconnect", "connected", "none",
            signal="none", undo=("deny denies=false",)),
        too_late(1800),
        Row("the app may not ask for a scope", ("deny word=unauthorized_scope_error",), "reconnect", "connected",
            "client-misconfigured", signal="none", undo=("deny denies=false",)),
        duplicate(post(times=2)),
        renamed(), narrowed("openid", "profile"),
    ) + trouble(INTROSPECT) + trouble(USERINFO) + at_a_reconnect())

PARTNER = Subject(
    "linkedin partner", "linkedin", "linkedin", API, scopes=SCOPES, client_id="linkedin-partner",
    client_secret="linkedin-partner-secret-40fd9e2a", clocks=(60 * DAY, 365 * DAY, 365 * DAY),
    rows=(
        remove(by="verify", state="revoked", cause="revoked-by-user"),
        remove("the app is removed, and a renewal meets it first", by="renew", state="revoked", cause="unknown-revoked"),
        Row("a new token is not known everywhere yet", ("settings lag=60",), "renew verify", "connected", "none",
            signal="none", undo=("settings lag=0",)),
        Row("a year is over", (f"advance seconds={366 * DAY}",), "verify", "revoked", "unknown-revoked"),
    ) + at_a_reconnect())

# The account is the company's page; the person is its administrator.
PAGE = Subject(
    "linkedin page", "linkedin-page", "linkedin", bearer(f"{HOST}/v2/organizationalEntityAcls?q=roleAssignee"),
    scopes=("r_organization_admin", "w_organization_social"), renews=False, clocks=(60 * DAY, 0, 60 * DAY),
    rows=(
        remove(by="verify", state="revoked", cause="revoked-by-user"),
        Row("the person is no administrator any more", (f"remove-page account={ACCOUNT}",), "verify", "blocked",
            "permission-lost", remedy="administrator"),
    ) + at_a_reconnect())

SUBJECTS = [MEMBER, PARTNER, PAGE]
