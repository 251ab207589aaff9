# SPDX-License-Identifier: LGPL-2.1-or-later
"""Vimeo: tokens that do not end, and are given back by a DELETE in their own name."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform

UNAUTHORIZED = (401, {"error": "You must provide a valid authenticated access token.", "link": None, "error_code": 8003,
                      "developer_message": "The app didn't receive the user's credentials."})


class Vimeo(OAuthPlatform):
    name = "vimeo"
    title = "Vimeo"
    hosts = ("api.vimeo.com",)
    token_path = "/oauth/access_token"
    client_forms = ("basic",)
    pkce = "none"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 100 * 365 * 86400, "refresh_ttl": 0, "rotate": False}
    REFUSALS = {**STANDARD, "no-access": UNAUTHORIZED, "bad-access": UNAUTHORIZED}

    def routes(self):
        host = self.hosts[0]
        return [
            ("*", host, "/oauth/authorize", self.authorize),
            ("POST", host, "/oauth/access_token", self.token),
            ("GET", host, "/oauth/verify", self.verify),
            ("DELETE", host, "/tokens", self.delete),
        ]

    def has_refresh(self, family):
        return False

    def who(self, account):
        return {"uri": f"/users/{account.user_id}", "name": account.display_name}

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "token_type": "bearer", "scope": " ".join(family.scopes),
                "user": self.who(family.account)}

    async def verify(self, http):
        family = self.bearer(http).family
        return web.json_response({"scope": " ".join(family.scopes), "user": self.who(family.account)})

    async def delete(self, http):
        self.bearer(http).family.end("app-removed")
        return web.Response(status=204)
