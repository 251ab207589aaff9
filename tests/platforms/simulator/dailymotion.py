# SPDX-License-Identifier: LGPL-2.1-or-later
"""Dailymotion: access tokens of ten hours, and a logout that ends the whole grant."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform

EXPIRED = (401, {"error": {"code": 401, "message": "The access token is not valid any more", "type": "invalid_token"}})


class Dailymotion(OAuthPlatform):
    name = "dailymotion"
    title = "Dailymotion"
    hosts = ("www.dailymotion.com", "api.dailymotion.com")
    token_path = "/oauth/token"
    client_forms = ("post",)
    pkce = "none"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 36000, "refresh_ttl": 100 * 365 * 86400, "rotate": True}
    REFUSALS = {
        **STANDARD,
        "bad-refresh": (400, {"error": "invalid_grant", "error_description": "Invalid refresh token."}),
        "bad-secret": (400, {"error": "invalid_client", "error_description": "Invalid client credentials."}),
        "no-access": EXPIRED,
        "bad-access": EXPIRED,
    }

    def routes(self):
        site, api = self.hosts
        return [
            ("*", site, "/oauth/authorize", self.authorize),
            ("POST", api, "/oauth/token", self.token),
            ("GET", api, "/me", self.me),
            ("GET", api, "/logout", self.logout),
        ]

    def token_answer(self, family, access, refresh):
        return {**super().token_answer(family, access, refresh), "token_type": "Bearer",
                "uid": f"x{family.account.user_id}"}

    async def me(self, http):
        account = self.bearer(http).family.account
        known = {"id": f"x{account.user_id}", "screenname": account.display_name}
        return web.json_response({name: known[name] for name in http.query.get("fields", "id").split(",")})

    async def logout(self, http):
        self.bearer(http).family.end("app-removed")
        return web.json_response([])
