# SPDX-License-Identifier: LGPL-2.1-or-later
"""Discord: one invalid_grant for everything, and a revocation that ends all of the person's grants."""

import datetime

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform

UNAUTHORIZED = (401, {"message": "401: Unauthorized", "code": 0})


class Discord(OAuthPlatform):
    name = "discord"
    title = "Discord"
    hosts = ("discord.com",)
    token_path = "/api/oauth2/token"
    pkce = "optional"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 604800, "refresh_ttl": 100 * 365 * 86400, "rotate": True}
    REFUSALS = {
        **STANDARD,
        "bad-code": (400, {"error": "invalid_grant", "error_description": 'Invalid "code" in request.'}),
        "bad-refresh": (400, {"error": "invalid_grant", "error_description": 'Invalid "refresh_token" in request'}),
        "no-access": UNAUTHORIZED,
        "bad-access": UNAUTHORIZED,
        "rate-limited": (429, {"message": "You are being rate limited.", "retry_after": 64.57, "global": False},
                         {"Retry-After": "65"}),
    }

    def routes(self):
        host = self.hosts[0]
        return [
            ("*", host, "/oauth2/authorize", self.authorize),
            ("POST", host, "/api/oauth2/token", self.token),
            ("POST", host, "/api/oauth2/token/revoke", self.revoke),
            ("GET", host, "/api/v10/oauth2/@me", self.me),
            ("GET", host, "/api/v10/users/@me", self.user),
        ]

    def revoked(self, token):
        self.grants.end("app-removed", token.family.account, token.family.app)

    async def me(self, http):
        token = self.bearer(http)
        account = token.family.account
        expires = datetime.datetime.fromtimestamp(token.expires, datetime.timezone.utc).isoformat()
        body = {"application": {"id": "1", "name": "studio"}, "scopes": token.family.scopes, "expires": expires}
        if "identify" in token.family.scopes:
            body["user"] = {"id": f"80351110{account.user_id}", "username": account.login,
                            "global_name": account.display_name}
        return web.json_response(body)

    async def user(self, http):
        token = self.bearer(http)
        if "identify" not in token.family.scopes:
            return web.json_response(UNAUTHORIZED[1], status=UNAUTHORIZED[0])
        account = token.family.account
        return web.json_response({"id": f"80351110{account.user_id}", "username": account.login,
                                  "mfa_enabled": account.extra.get("two-factor") == "true"})

    # ---- control -----------------------------------------------------------------------------

    def control_two_factor(self, account, on="true"):
        """The person turns two-factor authentication on or off."""
        self.accounts.get(account).extra["two-factor"] = on
