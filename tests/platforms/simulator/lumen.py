# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lumen, a made-up streaming platform on a loopback port: what a well-behaved OAuth 2.0 platform
without metadata looks like. It lives at no host name of its own, so nothing is needed to try it."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform
from .refusal import Refusal

API_REFUSAL = (401, {"error": {"code": 190, "message": "invalid access token"}})


def _grant(words):
    return 400, {"error": "invalid_grant", "error_description": words}


class Lumen(OAuthPlatform):
    name = "lumen"
    title = "Lumen"
    hosts = ("127.0.0.1",)
    token_path = "/oauth/token"
    token_prefixes = ("lat_", "lrt_")
    code_prefix = "lac_"
    settings_at_start = {"access_ttl": 60, "refresh_ttl": 30 * 86400, "rotate": True}
    REFUSALS = {
        **STANDARD,
        "app-suspended": (403, {"error": "unauthorized_client", "error_description": "this app has been suspended"}),
        "bad-code": _grant("the code is not good here"),
        "bad-refresh": _grant("unknown refresh token"),
        "bad-refresh/password-changed": _grant("password changed"),
        "bad-refresh/app-removed": _grant("authorization revoked"),
        "bad-refresh/replayed": _grant("refresh token replayed"),
        "bad-refresh/expired": _grant("refresh token expired"),
        "no-access": API_REFUSAL,
        "bad-access": API_REFUSAL,
    }

    def __init__(self, port):
        self.issuer = f"http://127.0.0.1:{port}"
        self.activate_uri = f"{self.issuer}/activate"
        super().__init__()

    def routes(self):
        return [
            ("*", "*", "/oauth/authorize", self.authorize),
            ("POST", "*", "/oauth/token", self.token),
            ("POST", "*", "/oauth/device", self.device),
            ("*", "*", "/activate", self.activate),
            ("POST", "*", "/oauth/revoke", self.revoke),
            ("GET", "*", "/oauth/validate", self.validate),
            ("GET", "*", "/api/me", self.me),
            ("POST", "*", "/api/live", self.live),
        ]

    def check_access(self, value):
        """Of an app that was deleted Lumen says so; of others, that the token is not good."""
        token = self.grants.check_access(value)
        if token.family.app.deleted:
            raise Refusal("app-deleted")
        return super().check_access(value)

    async def validate(self, http):
        token = self.bearer(http, "OAuth")
        account = token.family.account
        return web.json_response({
            "client_id": token.family.app.client_id, "user_id": account.user_id, "login": account.login,
            "scopes": token.family.scopes, "expires_in": int(token.expires - self.clock.now())})

    async def me(self, http):
        account = self.bearer(http).family.account
        return web.json_response({"sub": account.user_id, "id": account.user_id, "login": account.login,
                                  "name": account.display_name})

    async def live(self, http):
        return web.json_response({"live": True, "channel": self.bearer(http).family.account.display_name})
