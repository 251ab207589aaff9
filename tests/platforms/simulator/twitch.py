# SPDX-License-Identifier: LGPL-2.1-or-later
"""Twitch: its errors have a message and no code, `scope` is a list, `scopes` a parameter, and every
app must validate its tokens each hour."""

from aiohttp import web

from .accounts import number_for
from .apps import App
from .oauth import DEVICE_GRANT, OAuthPlatform
from .refusal import Refusal

TOKENS_A_GRANT = 50  # access tokens of one refresh token that are good at once


def _says(status, message, error=None):
    return status, {**({"error": error} if error else {}), "status": status, "message": message}


class Twitch(OAuthPlatform):
    name = "twitch"
    title = "Twitch"
    hosts = ("id.twitch.tv", "api.twitch.tv", "www.twitch.tv")
    redirect = "http://localhost:18998/cb"  # https otherwise
    token_path = "/oauth2/token"
    client_forms = ("post",)
    scope_field = "scopes"
    pkce = "none"
    token_prefixes = ("", "")
    code_prefix = ""
    user_code_separator = ""
    activate_uri = "https://www.twitch.tv/activate"
    settings_at_start = {"access_ttl": 14146, "app_ttl": 4999199, "refresh_ttl": 30 * 86400, "interval": 5,
                         "device_ttl": 1800}
    REFUSALS = {
        "no-client": _says(400, "missing client id"),
        "bad-client": _says(400, "invalid client"),
        "app-suspended": _says(400, "invalid client"),
        "app-deleted": _says(400, "invalid client"),
        "no-secret": _says(400, "missing client secret"),
        "bad-secret": _says(403, "invalid client secret"),
        "bad-grant-type": _says(400, "invalid grant type"),
        "not-for-public": _says(400, "client is not authorized to use this grant type"),
        "bad-request": _says(400, "Parameter redirect_uri does not match registeredURI"),
        "bad-code": _says(400, "Invalid authorization code"),
        "bad-refresh": _says(400, "Invalid refresh token", "Bad Request"),
        "bad-device-code": _says(400, "invalid device code"),
        "device-code-expired": _says(400, "invalid device code"),
        "device-denied": _says(400, "invalid device code"),
        "pending": _says(400, "authorization_pending"),
        "slow-down": _says(400, "slow_down"),
        "no-access": _says(401, "missing authorization token"),
        "bad-access": _says(401, "invalid access token"),
        "api-no-access": _says(401, "OAuth token is missing", "Unauthorized"),
        "api-bad-access": _says(401, "Invalid OAuth token", "Unauthorized"),
        "api-no-client": _says(401, "Client-Id header required", "Unauthorized"),
        "client-mismatch": _says(401, "Client ID and OAuth token do not match", "Unauthorized"),
        "missing-scope": _says(401, "Missing scope: channel:manage:broadcast", "Unauthorized"),
        "missing-scope/moderator:read:chatters": _says(401, "Missing scope: moderator:read:chatters", "Unauthorized"),
        "other-broadcaster": _says(403, "The broadcaster_id does not match the user in the auth token", "Forbidden"),
        "other-moderator": _says(401, "The ID in moderator_id must match the user ID found in the request's OAuth token.",
                                 "Unauthorized"),
        "no-role": _says(403, "The user in moderator_id is not one of the broadcaster's moderators.", "Forbidden"),
        "no-such-token": _says(400, "Invalid token"),
        "rate-limited": (*_says(429, "Too Many Requests", "Too Many Requests"),
                         {"Ratelimit-Limit": "800", "Ratelimit-Remaining": "0", "Ratelimit-Reset": "4102444800"}),
    }

    def register(self):
        super().register()
        self.apps.add(App("twitch-device"))

    def furnish(self, account):
        """Everybody is a moderator in a friend's channel."""
        friend = f"{account.login}-friend"
        account.pages = {number_for(friend): friend}

    def routes(self):
        login, api, site = self.hosts
        return [
            ("*", login, "/oauth2/authorize", self.authorize),
            ("POST", login, "/oauth2/token", self.token),
            ("POST", login, "/oauth2/device", self.device),
            ("GET", login, "/oauth2/validate", self.validate),
            ("POST", login, "/oauth2/revoke", self.revoke),
            ("*", site, "/activate", self.activate),
            ("GET", api, "/helix/users", self.users),
            ("PATCH", api, "/helix/channels", self.set_channel),
            ("GET", api, "/helix/chat/chatters", self.chatters),
        ]

    # ---- id.twitch.tv ------------------------------------------------------------------------

    def may_use(self, app, grant_type):
        if app.public and grant_type not in (DEVICE_GRANT, "refresh_token"):
            raise Refusal("not-for-public")

    def forces_login(self, query):
        return query.get("force_verify") == "true"

    def rotates(self, app):
        return app.public

    def device_client(self, http, form):
        """No secret is asked for before the token is."""
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise Refusal("bad-client")
        app.check()
        return app

    def device_answer(self, code, request):
        return {"device_code": code, "expires_in": self.settings["device_ttl"], "interval": request.interval,
                "user_code": request.user_code,
                "verification_uri": f"{self.activate_uri}?device-code={request.user_code}"}

    def new_refresh(self, family):
        """A secret app's refresh token has no end of its own."""
        forever = 100 * 365 * 86400
        ttl = self.settings["refresh_ttl"] if family.app.public else forever
        return self.grants.issue_refresh(family, ttl, "")

    def token_answer(self, family, access, refresh):
        living = [token for token in self.grants.access.values() if token.family is family and not token.dead]
        for oldest in living[:-TOKENS_A_GRANT]:
            oldest.dead = True
        body = {"access_token": access.value, "expires_in": int(access.expires - access.issued), "token_type": "bearer"}
        if refresh:
            body.update(refresh_token=refresh.value, scope=family.scopes)
        return body

    def access_ttl(self, family):
        return self.settings["access_ttl" if family.account else "app_ttl"]

    async def validate(self, http):
        token = self.check_access(http.headers.get("Authorization", "").partition(" ")[2])
        family = token.family
        body = {"client_id": family.app.client_id, "scopes": family.scopes or None,
                "expires_in": int(token.expires - self.clock.now())}
        if family.account:
            body.update(login=family.account.handle, user_id=family.account.user_id)
        return web.json_response(body)

    async def revoke(self, http):
        form = await http.post()
        app = self.apps.get(form.get("client_id", ""))
        token = self.grants.access.get(form.get("token", "")) or self.grants.refresh.get(form.get("token", ""))
        if app is None:
            raise Refusal("bad-client")
        if token is None or token.family.app is not app or token.family.dead:
            raise Refusal("no-such-token")
        token.family.end("app-removed")
        return web.Response()

    # ---- api.twitch.tv -----------------------------------------------------------------------

    def helix(self, http):
        """The token of an API request, which names its app as well."""
        try:
            token = self.bearer(http)
        except Refusal as refusal:
            raise Refusal(f"api-{refusal.kind}", refusal.why) from refusal
        if "Client-Id" not in http.headers:
            raise Refusal("api-no-client")
        if http.headers["Client-Id"] != token.family.app.client_id:
            raise Refusal("client-mismatch")
        return token

    async def users(self, http):
        account = self.helix(http).family.account
        data = [{"id": account.user_id, "login": account.handle, "display_name": account.display_name,
                 "broadcaster_type": "affiliate"}] if account else []
        return web.json_response({"data": data})

    async def set_channel(self, http):
        """What a streaming app does before it goes live."""
        token = self.helix(http)
        self.need_scope(token, "channel:manage:broadcast")
        if http.query.get("broadcaster_id") != token.family.account.user_id:
            raise Refusal("other-broadcaster")
        return web.Response(status=204)

    async def chatters(self, http):
        """Who is in a chat, for those who keep order there."""
        token = self.helix(http)
        self.need_scope(token, "moderator:read:chatters")
        account = token.family.account
        if http.query.get("moderator_id") != account.user_id:
            raise Refusal("other-moderator")
        if http.query.get("broadcaster_id") not in (account.user_id, *account.pages):
            raise Refusal("no-role")
        return web.json_response({"data": [], "pagination": {}, "total": 0})
