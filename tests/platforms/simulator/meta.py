# SPDX-License-Identifier: LGPL-2.1-or-later
"""What Meta's platforms share: the envelope of their errors, why a token is dead in numbers, tokens
that are exchanged and never refreshed."""

import hashlib
import hmac

from aiohttp import web

from .grants import fingerprint
from .oauth import OAuthPlatform
from .refusal import Refusal, find

HOUR = 3600
DAY = 24 * HOUR


def graph(code, message, subcode=None, status=400, kind="OAuthException", **more):
    """One error of the Graph API."""
    error = {"message": message, "type": kind, "code": code}
    if subcode:
        error["error_subcode"] = subcode
    return status, {"error": {**error, **more, "fbtrace_id": "AbCdEfGhIjKlMnOpQrStUvW"}}


def dead(subcode, message):
    return graph(190, f"Error validating access token: {message}", subcode)


GRAPH = {
    "no-access": graph(2500, "An active access token must be used to query information about the current user."),
    "bad-access": dead(None, "The session was invalidated explicitly using an API call."),
    "bad-access/unknown": graph(190, "Invalid OAuth access token - Cannot parse access token"),
    "bad-access/app-removed": dead(458, "The user has not authorized application 123."),
    "bad-access/password-changed": dead(460, "The session has been invalidated because the user changed their password or "
                                        "Facebook has changed the session for security reasons."),
    "bad-access/expired": dead(463, "Session has expired on Friday, 26-Jun-26 15:48:19 PDT. The current time is Saturday, "
                               "27-Jun-26 00:00:00 PDT."),
    "bad-access/logged-out": dead(467, "The session is invalid because the user logged out."),
    "bad-access/role-lost": dead(492, "User associated with the Page access token does not have an appropriate role on the Page"),
    "bad-access/page-deleted": graph(190, "This Page access token belongs to a Page that has been deleted."),
    "bad-access/app-deleted": graph(190, "Error validating application. Application has been deleted."),
    "bad-access/app-suspended": graph(200, "API access deactivated. To reactivate, go to the app dashboard."),
    "account-locked": dead(459, "You cannot access the app till you log in to www.facebook.com and follow the instructions given."),
    "account-suspended": dead(490, "The user is enrolled in a blocking, logged-in checkpoint"),
    "app-suspended": graph(200, "API access deactivated. To reactivate, go to the app dashboard."),
    "app-deleted": graph(190, "Error validating application. Application has been deleted."),
    "other-app": graph(100, "(#100) The App_id in the input_token did not match the Viewing App"),
    "no-client": graph(101, "Missing client_id parameter."),
    "bad-client": graph(101, "Error validating application. Invalid application ID."),
    "no-secret": graph(1, "Missing client_secret parameter."),
    "bad-secret": graph(1, "Error validating client secret."),
    "bad-grant-type": graph(100, "Invalid grant_type: nonsense"),
    "bad-request": graph(191, "Can't load URL: The domain of this URL isn't included in the app's domains."),
    "bad-code": graph(100, "This authorization code has been used.", 36009),
    "bad-code/expired": graph(100, "This authorization code has expired.", 36007),
    "bad-code/redirect-uri": graph(100, "Error validating verification code. Please make sure your redirect_uri is identical to "
                                   "the one you used in the OAuth dialog request", 36008),
    "bad-proof": graph(100, "Invalid appsecret_proof provided in the API argument", kind="GraphMethodException"),
    "no-proof": graph(100, "API calls from the server require an appsecret_proof argument", kind="GraphMethodException"),
    "missing-scope": graph(10, "(#10) This endpoint requires the 'pages_read_engagement' permission", status=403),
    "missing-scope/pages_manage_posts": graph(200, "(#200) If posting to a page, requires both pages_read_engagement and "
                                              "pages_manage_posts as an admin with sufficient administrative permission",
                                              status=403),
    "missing-scope/instagram_content_publish": graph(10, "(#10) Requires instagram_content_publish permission to manage the "
                                                     "object", status=403),
    "data-access": graph(10, "(#10) The user's data access has expired", status=403),
    "no-object": graph(100, "Unsupported get request. Object with ID '1' does not exist, cannot be loaded due to missing "
                       "permissions, or does not support this operation", 33, kind="GraphMethodException"),
    "transient": graph(190, "Error validating access token: please retry", is_transient=True),
    "unknown-error": graph(1, "An unknown error has occurred."),
    "blocked": graph(368, "The action attempted has been deemed abusive or is otherwise disallowed", 4854002),
    "duplicate": graph(506, "Duplicate status message", 1455006),
    "rate-limited": (*graph(32, "(#32) Page request limit reached", status=403),
                     {"X-Business-Use-Case-Usage": '{"1":[{"type":"pages","call_count":100,"total_cputime":1,'
                      '"total_time":1,"estimated_time_to_regain_access":1}]}'}),
}


class Meta(OAuthPlatform):
    redirect = "https://studio.example.org/cb"
    client_forms = ("post",)
    scope_separator = ","
    pkce = "none"
    code_prefix = "AQ"
    token_prefixes = ("EAA", "")
    settings_at_start = {"access_ttl": 60 * DAY, "short_ttl": HOUR, "min_age": DAY}
    REFUSALS = GRAPH

    # ---- tokens ------------------------------------------------------------------------------

    async def form(self, http):
        """A token endpoint takes its parameters either way."""
        return http.query if http.method == "GET" else await http.post()

    def has_refresh(self, family):
        return False

    def presented(self, http):
        """The token of an API request, in a header or in the query."""
        word, _, value = http.headers.get("Authorization", "").partition(" ")
        return value if word.lower() in ("bearer", "oauth") else http.query.get("access_token", "")

    def caller(self, http):
        """The living token of an API request, whose proof fits."""
        token = self.check_access(self.presented(http))
        proof = http.query.get("appsecret_proof")
        if proof is None and token.family.app.extra.get("require_proof"):
            raise Refusal("no-proof")
        if proof is not None and not hmac.compare_digest(proof, self.proof(token)):
            raise Refusal("bad-proof")
        return token

    @staticmethod
    def proof(token):
        return hmac.new(token.family.app.secret.encode(), token.value.encode(), hashlib.sha256).hexdigest()

    def exchange(self, http, token, ttl):
        """Another token of the same grant; the old one stays good."""
        http["log"] = {"grant_type": http.query.get("grant_type"), "presented": fingerprint(token.value)}
        fresh = self.grants.issue_access(token.family, ttl, self.token_prefixes[0])
        http["log"].update(account=token.family.account.login, issued=fingerprint(fresh.value))
        return web.json_response({"access_token": fresh.value, "token_type": "bearer", "expires_in": int(ttl)})

    def why_dead(self, refusal):
        """A refusal as debug_token puts it: the same numbers under other names."""
        error = find({**self.REFUSALS}, refusal)[1]["error"]
        told = {"code": error["code"], "message": error["message"]}
        return {**told, "subcode": error["error_subcode"]} if "error_subcode" in error else told

    # ---- control -----------------------------------------------------------------------------

    def control_log_out(self, account):
        """The person logs out of all sessions."""
        return self.grants.end("logged-out", self.accounts.get(account))

    def control_block(self, account, blocked="true"):
        """The account may not publish for a while."""
        self.accounts.get(account).extra["blocked"] = blocked == "true"

    def control_require_proof(self, app="", required="true"):
        self.apps.get(app or f"{self.name}-studio").extra["require_proof"] = required == "true"
