# SPDX-License-Identifier: LGPL-2.1-or-later
"""Instagram with Instagram Login, and Threads, which is like it: an hour, then 60 days, exchanged
when a day old and not yet at their end."""

from aiohttp import web

from .accounts import number_for
from .meta import Meta, graph
from .refusal import Refusal


def says(message, code=400):
    """An error of api.instagram.com, which has an envelope of its own."""
    return code, {"error_type": "OAuthException", "code": code, "error_message": message}


class Exchanging(Meta):
    """A platform whose tokens are exchanged by a word of its own."""
    word = ""          # ig in ig_exchange_token
    basic = ""         # the scope that must stay granted
    token_prefixes = ("IGAA", "")
    REFUSALS = {
        **Meta.REFUSALS,
        "graph-bad-secret": graph(100, "Error validating client secret."),
        # What is said to one that is too young is not documented.
        "too-young": graph(100, "The access token can not be refreshed yet: it is less than 24 hours old"),
        "restricted": graph(25, "The user is restricted", 2207050),
        "not-business": graph(10, "The user is not an Instagram Business", 2207052),
    }

    def access_ttl(self, family):
        return self.settings["short_ttl"]

    async def lengthen(self, http):
        """A short-lived token for a long-lived one, in the app's name."""
        token = self.check_access(http.query.get("access_token", ""))
        if http.query.get("grant_type") != f"{self.word}_exchange_token":
            raise Refusal("bad-grant-type")
        if http.query.get("client_secret") != token.family.app.secret:
            raise Refusal("graph-bad-secret")
        return self.exchange(http, token, self.settings["access_ttl"])

    async def renew_long(self, http):
        """A long-lived one for another, without the app's secret."""
        token = self.check_access(http.query.get("access_token", ""))
        if http.query.get("grant_type") != f"{self.word}_refresh_token":
            raise Refusal("bad-grant-type")
        if self.basic not in token.family.scopes:
            raise Refusal("missing-scope")
        if self.clock.now() - token.issued < self.settings["min_age"]:
            raise Refusal("too-young")
        return self.exchange(http, token, self.settings["access_ttl"])


class Instagram(Exchanging):
    name = "instagram"
    title = "Instagram"
    hosts = ("www.instagram.com", "api.instagram.com", "graph.instagram.com")
    token_path = "/oauth/access_token"
    word = "ig"
    basic = "instagram_business_basic"
    settings_at_start = {**Meta.settings_at_start, "flat": False}
    REFUSALS = {
        **Exchanging.REFUSALS,
        "no-client": says("Missing required field client_id"),
        "bad-client": says("Invalid platform app"),
        "bad-secret": says("Error validating client secret"),
        "no-secret": says("Missing required field client_secret"),
        "bad-code": says("Matching code was not found or was already used"),
        "bad-code/expired": says("This authorization code has expired"),
        "bad-code/redirect-uri": says("Redirect URI doesn't match original redirect URI"),
        "bad-grant-type": says("Invalid grant_type"),
    }

    def furnish(self, account):
        account.user_id = f"17841{number_for(account.login, 12)}"

    def routes(self):
        www, api, graph_host = self.hosts
        return [
            ("*", www, "/oauth/authorize", self.authorize),
            ("POST", api, "/oauth/access_token", self.token),
            ("GET", graph_host, "/access_token", self.lengthen),
            ("GET", graph_host, "/refresh_access_token", self.renew_long),
            ("GET", graph_host, "/{version}/me", self.me),
            ("POST", graph_host, "/{version}/me/media", self.publish),
        ]

    def redirect_with_code(self, request):
        return super().redirect_with_code(request) + "#_"

    def redirect_refused(self, request):
        return super().redirect_refused(request) + "#_"

    def token_answer(self, family, access, refresh):
        """Two forms have been seen: in a list with everything as text, and flat."""
        user = family.account.user_id
        if self.settings["flat"]:
            return {"access_token": access.value, "user_id": int(user), "permissions": family.scopes}
        return {"data": [{"access_token": access.value, "user_id": user, "permissions": ",".join(family.scopes)}]}

    def professional(self, http):
        """The token of a request that is open to professional accounts."""
        token = self.caller(http)
        if token.family.account.extra.get("personal"):
            raise Refusal("not-business")
        return token

    async def me(self, http):
        token = self.professional(http)
        self.need_scope(token, self.basic)
        account = token.family.account
        return web.json_response({"user_id": account.user_id, "username": account.display_name, "id": number_for(account.login, 16)})

    async def publish(self, http):
        token = self.professional(http)
        self.need_scope(token, "instagram_business_content_publish")
        if token.family.account.extra.get("blocked"):
            raise Refusal("restricted")
        return web.json_response({"id": "1"})

    def control_make_personal(self, account, personal="true"):
        """The account is a professional one no more."""
        self.accounts.get(account).extra["personal"] = personal == "true"


class Threads(Exchanging):
    name = "threads"
    title = "Threads"
    hosts = ("threads.net", "graph.threads.net")
    token_path = "/oauth/access_token"
    word = "th"
    basic = "threads_basic"
    token_prefixes = ("THAA", "")

    def furnish(self, account):
        account.user_id = number_for(account.login, 17)

    def routes(self):
        www, api = self.hosts
        return [
            ("*", www, "/oauth/authorize", self.authorize),
            ("POST", api, "/oauth/access_token", self.token),
            ("GET", api, "/access_token", self.lengthen),
            ("GET", api, "/refresh_access_token", self.renew_long),
            ("GET", api, "/{version}/me", self.me),
        ]

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "user_id": family.account.user_id}

    async def me(self, http):
        account = self.caller(http).family.account
        return web.json_response({"id": account.user_id, "username": account.display_name})
