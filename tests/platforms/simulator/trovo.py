# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trovo: JSON in both directions, the client's id in a header, another address for renewals."""

from aiohttp import web

from .oauth import OAuthPlatform
from .refusal import Refusal

# 11714 is Trovo's; how it says the other two is not known.
CLIENT = (401, {"status": 11703, "error": "invalidClient", "message": "client id or secret is wrong"})
GRANT = (401, {"status": 11730, "error": "invalidToken", "message": "the code or refresh token is not valid"})
EXPIRED = (401, {"status": 11714, "error": "accessTokenExpired", "message": "access token is expired"})


class Trovo(OAuthPlatform):
    name = "trovo"
    title = "Trovo"
    hosts = ("open.trovo.live", "open-api.trovo.live")
    token_path = "/openplatform/refreshtoken"
    scope_separator = "+"
    pkce = "none"
    token_prefixes = ("", "")
    settings_at_start = {"access_ttl": 14400, "refresh_ttl": 30 * 86400, "rotate": True}
    REFUSALS = {
        "no-client": CLIENT,
        "bad-client": CLIENT,
        "no-secret": CLIENT,
        "bad-secret": CLIENT,
        "app-suspended": CLIENT,
        "bad-grant-type": (400, {"status": 20000, "error": "invalidParameters", "message": "grant_type"}),
        "bad-request": (400, {"status": 20000, "error": "invalidParameters", "message": "parameters"}),
        "bad-code": GRANT,
        "bad-refresh": GRANT,
        "no-access": EXPIRED,
        "bad-access": EXPIRED,
    }

    def routes(self):
        site, api = self.hosts
        return [
            ("*", site, "/page/login.html", self.authorize),
            ("POST", api, "/openplatform/exchangetoken", self.token),
            ("POST", api, "/openplatform/refreshtoken", self.token),
            ("GET", api, "/openplatform/validate", self.validate),
            ("POST", api, "/openplatform/revoke", self.revoke),
        ]

    async def form(self, http):
        """The JSON body, with the client's id from its header."""
        if http.content_type != "application/json":
            raise Refusal("bad-request")
        form = {**await http.json(), "client_id": http.headers.get("Client-ID", "")}
        renews = http.path.endswith("/refreshtoken")
        if "grant_type" in form and renews != (form["grant_type"] == "refresh_token"):
            raise Refusal("bad-grant-type")
        return form

    def new_request(self, query):
        # What came behind "scope=" as it stood there: a blank would be another scope's name.
        if "%2B" in self.raw_query.upper() or "%20" in self.raw_query:
            raise Refusal("bad-request", "scope")
        return super().new_request(query)

    async def authorize(self, http):
        self.raw_query = http.rel_url.raw_query_string.partition("scope=")[2].partition("&")[0]
        return await super().authorize(http)

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "token_type": "OAuth", "refresh_token": refresh.value,
                "expires_in": int(access.expires - access.issued)}

    async def validate(self, http):
        token = self.bearer(http, "OAuth")
        if http.headers.get("Client-ID") != token.family.app.client_id:
            raise Refusal("bad-client")
        account = token.family.account
        return web.json_response({"uid": account.user_id, "client_id": token.family.app.client_id,
                                  "nick_name": account.display_name, "scopes": token.family.scopes,
                                  "expire_ts": str(int(token.expires))})

    async def revoke(self, http):
        form = await self.form(http)
        token = self.grants.access.get(form.get("access_token", ""))
        if self.apps.get(form["client_id"]) is None or token is None:
            raise Refusal("bad-request")
        self.revoked(token)
        return web.json_response({})
