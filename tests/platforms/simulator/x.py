# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 2.0: a dead refresh token is an invalid_request, each works once and its replay ends
the family, and a code is good for 30 seconds."""

from aiohttp import web

from .accounts import number_for
from .apps import App
from .oauth import OAuthPlatform
from .refusal import Refusal


def _oauth(status, error, description):
    return status, {"error": error, "error_description": description}


def _problem(status, title, detail, kind="about:blank", **more):
    uri = kind if ":" in kind else f"https://api.twitter.com/2/problems/{kind}"
    return status, {"title": title, "type": uri, "status": status, "detail": detail, **more}


def _numbered(code, message):
    return 403, {"errors": [{"code": code, "message": message}]}


NO_HEADER = _oauth(401, "unauthorized_client", "Missing valid authorization header")


class X(OAuthPlatform):
    name = "x"
    title = "X"
    hosts = ("x.com", "api.x.com", "twitter.com", "api.twitter.com")
    token_path = "/2/oauth2/token"
    client_forms = ("basic",)
    token_prefixes = ("", "")
    code_prefix = ""
    settings_at_start = {"access_ttl": 7200, "refresh_ttl": 182 * 86400, "code_ttl": 30, "rotate": True, "quota": 10000,
                         "numbers": False}
    REFUSALS = {
        "no-client": _oauth(400, "invalid_request", "Missing required parameter [client_id]."),
        "bad-client": _oauth(400, "invalid_client", "Value passed for the client id was invalid."),
        "no-secret": NO_HEADER,
        "bad-secret": NO_HEADER,
        "app-deleted": _oauth(400, "invalid_client", "Value passed for the client id was invalid."),
        "app-suspended": _problem(403, "Client Forbidden", "Your client app has been suspended.", "client-forbidden",
                                  reason="official-client-forbidden"),
        "app-suspended/numbers": _numbered(416, "Invalid / suspended application."),
        "not-enrolled": _problem(403, "Client Forbidden", "This request must be made using an approved developer account "
                                 "that is enrolled in the requested endpoint.", "client-forbidden",
                                 reason="client-not-enrolled"),
        "may-not-write": _numbered(261, "Application cannot perform write actions."),
        "for-apps-alone": _problem(403, "Unsupported Authentication", "Authenticating with OAuth 2.0 User Context is forbidden "
                                   "for this endpoint.", "unsupported-authentication"),
        "bad-grant-type": _oauth(400, "unsupported_grant_type", "Value passed for the grant type was invalid."),
        "bad-request": _oauth(400, "invalid_request", "Value passed for the redirect uri did not match the registered."),
        "bad-code": _oauth(400, "invalid_request", "Value passed for the authorization code was invalid."),
        "bad-refresh": _oauth(400, "invalid_request", "Value passed for the token was invalid."),
        "no-access": _problem(401, "Unauthorized", "Unauthorized"),
        "bad-access": _problem(401, "Unauthorized", "Unauthorized"),
        "missing-scope": _problem(403, "Forbidden", "You are not permitted to perform this action."),
        "account-locked": _numbered(326, "To protect our users from spam and other malicious activity, this account is "
                                    "temporarily locked. Please log in to https://twitter.com to unlock your account."),
        "account-suspended": _problem(403, "Forbidden", "The user used for authentication is suspended.", "user-suspended"),
        "account-suspended/numbers": _numbered(64, "Your account is suspended and is not permitted to access this feature."),
        "duplicate": _numbered(187, "Status is a duplicate."),
        "usage-capped": _problem(429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", "usage-capped"),
        "rate-limited": (*_problem(429, "Too Many Requests", "Too Many Requests", "rate-limit-exceeded"),
                         {"x-rate-limit-limit": "75", "x-rate-limit-remaining": "0", "x-rate-limit-reset": "4102444800"}),
    }

    def register(self):
        super().register()
        self.apps.add(App("x-native", redirect_uris=[self.redirect]))

    def furnish(self, account):
        account.user_id = number_for(account.login, 19)

    def routes(self):
        lines = []
        for site, api in (self.hosts[:2], self.hosts[2:]):
            lines += [
                ("*", site, "/i/oauth2/authorize", self.authorize),
                ("POST", api, "/2/oauth2/token", self.token),
                ("POST", api, "/2/oauth2/revoke", self.revoke),
                ("GET", api, "/2/users/me", self.me),
                ("POST", api, "/2/tweets", self.post),
                ("GET", api, "/2/tweets/search/stream", self.stream),
            ]
        return lines

    def takes(self, http):
        """What is signed is for OAuth 1.0a, at the same hosts."""
        return not http.headers.get("Authorization", "").startswith("OAuth ")

    # ---- tokens ------------------------------------------------------------------------------

    def client(self, http, form):
        """An app with a secret shows it in the header; its id stands in the body as well."""
        app = self.apps.get(form.get("client_id", ""))
        if app and app.public:
            return app
        if "Authorization" not in http.headers:
            raise Refusal("no-secret" if app else "bad-client" if form.get("client_id") else "no-client")
        return super().client(http, form)

    def has_refresh(self, family):
        return "offline.access" in family.scopes

    def token_answer(self, family, access, refresh):
        body = {"token_type": "bearer", "expires_in": int(access.expires - access.issued), "access_token": access.value,
                "scope": " ".join(family.scopes)}
        if refresh:
            body["refresh_token"] = refresh.value
        return body

    def password_changed(self, account):
        """X says nothing of it; a token lives until the app is removed."""
        return 0

    async def revoke(self, http):
        await super().revoke(http)
        return web.json_response({"revoked": True})

    # ---- API ---------------------------------------------------------------------------------

    def check_access(self, value):
        """An app that X has suspended is told so, not that its tokens are dead."""
        token = self.grants.check_access(value)
        if token.family.app.suspended:
            raise Refusal("app-suspended")
        if token.family.app.limit == "not-enrolled":
            raise Refusal("not-enrolled")
        self.spend("usage-capped")
        self.check_account(token.family.account)
        return token

    async def me(self, http):
        token = self.bearer(http)
        self.need_scope(token, "users.read")
        account = token.family.account
        return web.json_response({"data": {"id": account.user_id, "name": account.display_name,
                                           "username": account.handle}})

    async def post(self, http):
        """The same words twice in a row are refused."""
        token = self.bearer(http)
        self.need_scope(token, "tweet.write")
        if token.family.app.limit:
            raise Refusal(token.family.app.limit)
        text = (await http.json()).get("text", "")
        if token.family.account.extra.get("last") == text:
            raise Refusal("duplicate")
        token.family.account.extra["last"] = text
        return web.json_response({"data": {"id": number_for(text, 19), "text": text}}, status=201)

    async def stream(self, http):
        """For an app's own token."""
        self.bearer(http)
        raise Refusal("for-apps-alone")

    def refuse(self, refusal):
        """In API 2's words, or in the numbers of the one before, which is still met."""
        return super().refuse(Refusal(refusal.kind, "numbers") if self.settings["numbers"] else refusal)
