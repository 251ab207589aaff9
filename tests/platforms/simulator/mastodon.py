# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mastodon, the server mastodon.social: tokens that do not end, and words for why one is refused."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform


def _says(status, words):
    return status, {"error": words}


class Mastodon(OAuthPlatform):
    name = "mastodon"
    title = "Mastodon"
    hosts = ("mastodon.social",)
    token_path = "/oauth/token"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 100 * 365 * 86400, "refresh_ttl": 0, "rotate": False}
    REFUSALS = {
        **STANDARD,
        "no-access": _says(401, "The access token is invalid"),
        "bad-access": _says(401, "The access token was revoked"),
        "bad-access/unknown": _says(401, "The access token is invalid"),
        "missing-scope": _says(403, "This action is outside the authorized scopes"),
        "account-locked": _says(403, "Your login is missing a confirmed e-mail address"),
        "account-suspended": _says(403, "Your login is currently disabled"),
    }

    def routes(self):
        host = self.hosts[0]
        return [
            ("*", host, "/oauth/authorize", self.authorize),
            ("POST", host, "/oauth/token", self.token),
            ("POST", host, "/oauth/revoke", self.revoke),
            ("GET", host, "/api/v1/accounts/verify_credentials", self.verify_credentials),
        ]

    def has_refresh(self, family):
        return False

    def password_changed(self, account):
        """Ends what is signed in in browsers, not what apps hold."""
        return 0

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "token_type": "Bearer", "scope": " ".join(family.scopes),
                "created_at": int(access.issued)}

    async def revoke(self, http):
        await super().revoke(http)
        return web.json_response({})

    async def verify_credentials(self, http):
        token = self.bearer(http)
        self.need_scope(token, "read", "read:accounts", "profile")
        account = token.family.account
        return web.json_response({"id": account.user_id, "username": account.login, "acct": account.login,
                                  "display_name": account.display_name,
                                  "url": f"https://{self.hosts[0]}/@{account.login}"})
