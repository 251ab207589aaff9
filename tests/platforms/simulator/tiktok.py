# SPDX-License-Identifier: LGPL-2.1-or-later
"""TikTok: client_key, a hexadecimal challenge, refusals with 200, and an envelope that says "ok"."""

from aiohttp import web

from .accounts import number_for
from .codes import s256_hex
from .oauth import OAuthPlatform


def _token(error, words, status=200):
    return status, {"error": error, "error_description": words, "log_id": "20261122000000000000000000000001"}


def _api(status, code, words=""):
    return status, {"data": {}, "error": {"code": code, "message": words, "log_id": "20261122000000000000000000000002"}}


class TikTok(OAuthPlatform):
    name = "tiktok"
    title = "TikTok"
    hosts = ("www.tiktok.com", "open.tiktokapis.com")
    token_path = "/v2/oauth/token/"
    client_forms = ("post",)
    client_id_field = "client_key"
    scope_separator = ","
    pkce_transform = staticmethod(s256_hex)
    token_prefixes = ("act.", "rft.")
    settings_at_start = {"access_ttl": 7200, "refresh_ttl": 180 * 86400, "rotate": True}
    REFUSALS = {
        "no-client": _token("invalid_request", "Client key is missing."),
        "bad-client": _token("invalid_client", "Client key or secret is incorrect."),
        "no-secret": _token("invalid_client", "Client key or secret is incorrect."),
        "bad-secret": _token("invalid_client", "Client key or secret is incorrect."),
        "app-suspended": _token("unauthorized_client", "Client is not allowed."),
        "bad-grant-type": _token("unsupported_grant_type", "Grant type is not supported."),
        "bad-request": _token("invalid_request", "The request parameters are malformed.", 400),
        "bad-code": _token("invalid_grant", "Authorization code is expired."),
        "bad-code/pkce": _token("invalid_request", "Code verifier or code challenge is invalid."),
        "bad-refresh": _token("invalid_grant", "Refresh token is invalid or expired."),
        "no-access": _api(401, "access_token_invalid", "The access token is invalid or not found in the request."),
        "bad-access": _api(401, "access_token_invalid", "The access token is invalid or not found in the request."),
        "missing-scope": _api(401, "scope_not_authorized", "The user did not authorize the scope required."),
        "account-suspended": _api(403, "spam_risk_user_banned_from_posting"),
        "rate-limited": _api(429, "rate_limit_exceeded"),
    }

    def routes(self):
        site, api = self.hosts
        return [
            ("*", site, "/v2/auth/authorize/", self.authorize),
            ("POST", api, "/v2/oauth/token/", self.token),
            ("POST", api, "/v2/oauth/revoke/", self.revoke),
            ("GET", api, "/v2/user/info/", self.user_info),
        ]

    def furnish(self, account):
        account.extra["open_id"] = f"-000{number_for(account.login, 12)}"

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "expires_in": int(access.expires - access.issued),
                "open_id": family.account.extra["open_id"], "refresh_expires_in": int(refresh.expires - refresh.issued),
                "refresh_token": refresh.value, "scope": ",".join(family.scopes), "token_type": "Bearer"}

    async def user_info(self, http):
        token = self.bearer(http)
        self.need_scope(token, "user.info.basic")
        account = token.family.account
        known = {"open_id": account.extra["open_id"], "display_name": account.display_name}
        wanted = http.query.get("fields", "").split(",")
        return web.json_response({"data": {"user": {name: known[name] for name in wanted if name in known}},
                                  "error": {"code": "ok", "message": "", "log_id": "1"}})
