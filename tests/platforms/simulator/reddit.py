# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reddit: refusals with 200, refresh tokens only for duration=permanent, no answer without a name."""

from aiohttp import web

from .accounts import number_for
from .oauth import STANDARD, OAuthPlatform
from .refusal import Refusal

UNAUTHORIZED = {"message": "Unauthorized", "error": 401}
INVALID = {"WWW-Authenticate": 'Bearer realm="reddit", error="invalid_token"'}
NARROW = {"WWW-Authenticate": 'Bearer realm="reddit", error="insufficient_scope"'}


class Reddit(OAuthPlatform):
    name = "reddit"
    title = "Reddit"
    hosts = ("www.reddit.com", "oauth.reddit.com")
    token_path = "/api/v1/access_token"
    client_forms = ("basic",)
    pkce = "none"
    settings_at_start = {"access_ttl": 3600, "refresh_ttl": 100 * 365 * 86400, "rotate": False}
    REFUSALS = {
        **STANDARD,
        "no-client": (401, UNAUTHORIZED),
        "bad-client": (401, UNAUTHORIZED),
        "no-secret": (401, UNAUTHORIZED),
        "bad-secret": (401, UNAUTHORIZED),
        "app-suspended": (401, UNAUTHORIZED),
        "bad-code": (200, {"error": "invalid_grant"}),
        "bad-refresh": (200, {"error": "invalid_grant"}),
        "bad-grant-type": (200, {"error": "unsupported_grant_type"}),
        "no-access": (401, UNAUTHORIZED),
        "bad-access": (401, UNAUTHORIZED, INVALID),
        "missing-scope": (403, {"message": "Forbidden", "error": 403}, NARROW),
        "no-name": (429, {"message": "Too Many Requests", "error": 429}, {"x-ratelimit-reset": "600"}),
    }

    def routes(self):
        site, api = self.hosts
        return [
            ("*", site, "/api/v1/authorize", self.authorize),
            ("POST", site, "/api/v1/access_token", self.token),
            ("POST", site, "/api/v1/revoke_token", self.revoke),
            ("GET", api, "/api/v1/me", self.me),
        ]

    def furnish(self, account):
        account.extra["id"] = f"t2x{number_for(account.login, 6)}"

    def client(self, http, form):
        self.check_name(http)
        return super().client(http, form)

    def check_name(self, http):
        """Whoever does not say what program it is gets nothing."""
        if "Channelkeeper" not in http.headers.get("User-Agent", ""):
            raise Refusal("no-name")

    def begin(self, request):
        family = super().begin(request)
        family.extra["permanent"] = request.query.get("duration") == "permanent"
        return family

    def has_refresh(self, family):
        return family.extra["permanent"]

    async def me(self, http):
        self.check_name(http)
        token = self.bearer(http)
        self.need_scope(token, "identity")
        account = token.family.account
        return web.json_response({"id": account.extra["id"], "name": account.display_name, "is_suspended": False})
