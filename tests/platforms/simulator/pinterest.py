# SPDX-License-Identifier: LGPL-2.1-or-later
"""Pinterest: refresh tokens of 60 days that are new after each renewal, errors with numbers."""

from aiohttp import web

from .oauth import OAuthPlatform
from .refusal import Refusal

AUTHENTICATION_FAILED = (401, {"code": 2, "message": "Authentication failed."})
NO_GRANT = (401, {"code": 283, "message": "The authorization grant is invalid"})


class Pinterest(OAuthPlatform):
    name = "pinterest"
    title = "Pinterest"
    hosts = ("www.pinterest.com", "api.pinterest.com")
    token_path = "/v5/oauth/token"
    client_forms = ("basic",)
    scope_separator = ","
    pkce = "none"
    token_prefixes = ("pina_", "pinr.")
    settings_at_start = {"access_ttl": 30 * 86400, "refresh_ttl": 60 * 86400, "rotate": True}
    REFUSALS = {
        "no-client": AUTHENTICATION_FAILED,
        "bad-client": AUTHENTICATION_FAILED,
        "no-secret": AUTHENTICATION_FAILED,
        "bad-secret": AUTHENTICATION_FAILED,
        "app-suspended": AUTHENTICATION_FAILED,
        "bad-grant-type": (400, {"code": 1, "message": "Invalid grant_type"}),
        "bad-request": (400, {"code": 1, "message": "Missing continuous_refresh"}),
        "bad-code": NO_GRANT,
        "bad-refresh": NO_GRANT,
        "no-access": AUTHENTICATION_FAILED,
        "bad-access": AUTHENTICATION_FAILED,
        "missing-scope": (403, {"code": 7, "message": "Not authorized to access the user account."}),
    }

    def routes(self):
        site, api = self.hosts
        return [
            ("*", site, "/oauth/", self.authorize),
            ("POST", api, "/v5/oauth/token", self.token),
            ("GET", api, "/v5/user_account", self.user_account),
        ]

    async def token(self, http):
        if (await http.post()).get("continuous_refresh") != "true":
            http["log"] = {}
            raise Refusal("bad-request")
        return await super().token(http)

    def token_answer(self, family, access, refresh):
        body = super().token_answer(family, access, refresh)
        return {**body, "response_type": "authorization_code", "refresh_token_expires_at": int(refresh.expires),
                "refresh_token_expires_in": int(refresh.expires - refresh.issued)}

    async def user_account(self, http):
        token = self.bearer(http)
        self.need_scope(token, "user_accounts:read")
        account = token.family.account
        return web.json_response({"id": account.user_id, "username": account.login, "account_type": "BUSINESS",
                                  "business_name": account.display_name})
