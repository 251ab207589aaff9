# SPDX-License-Identifier: LGPL-2.1-or-later
"""Microsoft Entra ID: what an error means is a number; a used refresh token goes on working."""

from aiohttp import web

from .oauth import STANDARD, OAuthPlatform

NOT_TAKEN = (401, {"error": {"code": "InvalidAuthenticationToken", "message": "Access token validation failure."}})


def _says(error, number, words, status=400):
    return status, {"error": error, "error_description": f"AADSTS{number}: {words}", "error_codes": [number],
                    "timestamp": "2026-11-22 00:00:00Z", "trace_id": "0", "correlation_id": "0"}


class Entra(OAuthPlatform):
    name = "entra"
    title = "Microsoft"
    hosts = ("login.microsoftonline.com", "graph.microsoft.com")
    token_path = "/organizations/oauth2/v2.0/token"
    client_forms = ("post",)
    pkce = "optional"
    activate_uri = "https://login.microsoftonline.com/common/oauth2/deviceauth"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 3600, "refresh_ttl": 90 * 86400, "rotate": False}
    REFUSALS = {
        **STANDARD,
        "bad-client": _says("unauthorized_client", 700016, "Application was not found in the directory."),
        "no-secret": _says("invalid_client", 7000218, "The request body must contain client_secret.", 401),
        "bad-secret": _says("invalid_client", 7000215, "Invalid client secret provided.", 401),
        "app-suspended": _says("unauthorized_client", 7000112, "Application is disabled.", 401),
        "bad-refresh": _says("invalid_grant", 70000, "The provided value is not valid."),
        "bad-refresh/expired": _says("invalid_grant", 700082, "The refresh token has expired due to inactivity."),
        "bad-refresh/password-changed": _says("invalid_grant", 50173, "The provided grant has expired due to it being revoked."),
        "bad-refresh/app-removed": _says("invalid_grant", 65001, "The user has not consented to use the application."),
        "account-locked": _says("interaction_required", 50076, "You must use multi-factor authentication."),
        "account-suspended": _says("invalid_grant", 50057, "The user account is disabled."),
        "no-access": NOT_TAKEN,
        "bad-access": NOT_TAKEN,
    }

    def routes(self):
        login, graph = self.hosts
        return [
            ("*", login, "/{tenant}/oauth2/v2.0/authorize", self.authorize),
            ("POST", login, "/{tenant}/oauth2/v2.0/token", self.token),
            ("POST", login, "/{tenant}/oauth2/v2.0/devicecode", self.device),
            ("*", login, "/common/oauth2/deviceauth", self.activate),
            ("GET", graph, "/oidc/userinfo", self.userinfo),
        ]

    def check_account(self, account):
        """A token once handed out is not looked at again (no continuous access evaluation here)."""

    def has_refresh(self, family):
        return "offline_access" in family.scopes

    def renew(self, app, form):
        """A new one comes, and the old one goes on working."""
        token = self.grants.check_refresh(form.get("refresh_token", ""), app)
        super().check_account(token.family.account)
        return token.family, self.new_refresh(token.family)

    async def userinfo(self, http):
        account = self.bearer(http).family.account
        return web.json_response({"sub": f"AAAA-{account.user_id}", "name": account.display_name,
                                  "email": f"{account.login}@contoso.example"})
