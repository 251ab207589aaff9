# SPDX-License-Identifier: LGPL-2.1-or-later
"""Kick: PKCE and a secret, refresh tokens that work once, and a revocation in the address."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform
from .refusal import Refusal

UNAUTHORIZED = (401, {"data": {}, "message": "Unauthorized"})


class Kick(OAuthPlatform):
    name = "kick"
    title = "Kick"
    hosts = ("id.kick.com", "api.kick.com")
    redirect = "http://localhost:18998/cb"  # the front end makes localhost of 127.0.0.1
    token_path = "/oauth/token"
    client_forms = ("post",)
    settings_at_start = {"access_ttl": 7200, "refresh_ttl": 30 * 86400, "rotate": True}
    REFUSALS = {
        **STANDARD,
        "bad-request": (400, {"error": "Invalid request"}),
        "bad-refresh": (400, {"error": "invalid_grant", "error_description":
                              "The provided authorization grant or refresh token is invalid, expired, revoked"}),
        "no-access": UNAUTHORIZED,
        "bad-access": UNAUTHORIZED,
        "missing-scope": (403, {"data": {}, "message": "Forbidden"}),
    }

    def routes(self):
        login, api = self.hosts
        return [
            ("*", login, "/oauth/authorize", self.authorize),
            ("POST", login, "/oauth/token", self.token),
            ("POST", login, "/oauth/token/introspect", self.introspect),
            ("POST", login, "/oauth/revoke", self.revoke),
            ("GET", api, "/public/v1/users", self.users),
        ]

    def token_answer(self, family, access, refresh):
        body = super().token_answer(family, access, refresh)
        return {**body, "token_type": "Bearer", "expires_in": str(body["expires_in"])}

    async def introspect(self, http):
        token = self.bearer(http)
        return web.json_response({"message": "OK", "data": {
            "active": True, "client_id": token.family.app.client_id, "token_type": "user",
            "scope": " ".join(token.family.scopes), "exp": int(token.expires)}})

    async def users(self, http):
        token = self.bearer(http)
        self.need_scope(token, "user:read")
        account = token.family.account
        return web.json_response({"message": "OK", "data": [
            {"user_id": int(account.user_id), "name": account.display_name, "profile_picture": ""}]})

    async def revoke(self, http):
        value, hint = http.query.get("token", ""), http.query.get("token_hint_type", "")
        if hint not in ("access_token", "refresh_token") or not value:
            raise Refusal("bad-request")
        token = (self.grants.access if hint == "access_token" else self.grants.refresh).get(value)
        if token:
            self.revoked(token)
        return web.Response(text="OK")
