# SPDX-License-Identifier: LGPL-2.1-or-later
"""Google, for YouTube: a revocation reaches the whole project, the 101st refresh token ends the first
in silence, an app in testing has seven days, and a person chooses the channel while agreeing."""

from aiohttp import web

from . import idtoken
from .accounts import number_for
from .apps import App
from .oauth import OAuthPlatform
from .refusal import Refusal

TOKENS_AN_ACCOUNT = 100   # refresh tokens of one account and client
TESTING = 7 * 86400
UNUSED = 182 * 86400      # six months
FOREVER = 100 * 365 * 86400
DEVICE_SCOPES = {"openid", "email", "profile", "https://www.googleapis.com/auth/youtube",
                 "https://www.googleapis.com/auth/youtube.readonly"}
YOUTUBE = "https://www.googleapis.com/auth/youtube"


def _oauth(status, error, description="", **more):
    return status, {"error": error, **({"error_description": description} if description else {}), **more}


def _api(code, status, reason, message, **headers):
    return code, {"error": {"code": code, "message": message, "status": status, "errors": [
        {"message": message, "domain": "global", "reason": reason}]}}, headers


UNAUTHENTICATED = _api(401, "UNAUTHENTICATED", "authError", "Request had invalid authentication credentials.",
                       **{"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'})


class Google(OAuthPlatform):
    name = "google"
    title = "Google"
    hosts = ("accounts.google.com", "oauth2.googleapis.com", "openidconnect.googleapis.com", "www.googleapis.com",
             "youtube.googleapis.com", "www.google.com")
    token_path = "/token"
    pkce = "optional"
    token_prefixes = ("ya29.a0", "1//06")
    code_prefix = "4/0A"
    activate_uri = "https://www.google.com/device"
    settings_at_start = {"access_ttl": 3599, "testing": False, "internal": False, "quota": 10000, "interval": 5,
                         "device_ttl": 1800}
    REFUSALS = {
        "no-client": _oauth(400, "invalid_request", "Could not determine client ID from request."),
        "bad-client": _oauth(401, "invalid_client", "The OAuth client was not found."),
        "no-secret": _oauth(400, "invalid_request", "client_secret is missing."),
        "bad-secret": _oauth(401, "invalid_client", "Unauthorized"),
        "bad-client-type": _oauth(401, "invalid_client", "Invalid client type."),
        "app-suspended": _oauth(401, "disabled_client", "The OAuth client was disabled."),
        "app-deleted": _oauth(401, "deleted_client", "The OAuth client was deleted."),
        "other-app": _oauth(401, "unauthorized_client", "Unauthorized"),
        "internal": _oauth(403, "org_internal", "This client is restricted to users within its organization."),
        "bad-grant-type": _oauth(400, "unsupported_grant_type", "Invalid grant_type"),
        "bad-request": _oauth(400, "redirect_uri_mismatch", "Bad Request"),
        "bad-code": _oauth(400, "invalid_grant", "Bad Request"),
        "bad-code/redirect-uri": _oauth(400, "redirect_uri_mismatch", "Bad Request"),
        "bad-refresh": _oauth(400, "invalid_grant", "Token has been expired or revoked."),
        "bad-refresh/unknown": _oauth(400, "invalid_grant", "Bad Request"),
        "bad-scope": _oauth(400, "invalid_scope", "Invalid device flow scope"),
        "session-policy": _oauth(400, "invalid_grant", "reauth related error", error_subtype="invalid_rapt"),
        "admin-policy": _oauth(400, "admin_policy_enforced", "Access was blocked by an administrator."),
        "account-locked": _oauth(400, "invalid_grant", "Token has been expired or revoked."),
        "account-suspended": _oauth(400, "invalid_grant", "Account has been deleted"),
        "pending": _oauth(428, "authorization_pending", "Precondition Required"),
        "slow-down": _oauth(403, "slow_down", "Forbidden"),
        "device-denied": _oauth(403, "access_denied", "Forbidden"),
        "bad-device-code": _oauth(400, "invalid_grant", "Malformed auth code."),
        "device-code-expired": _oauth(400, "expired_token"),
        "no-such-token": _oauth(400, "invalid_token", "Token expired or revoked"),
        "bad-tokeninfo": _oauth(400, "invalid_token", "Invalid Value"),
        "no-access": UNAUTHENTICATED,
        "bad-access": UNAUTHENTICATED,
        "missing-scope": _api(403, "PERMISSION_DENIED", "insufficientPermissions",
                              "Request had insufficient authentication scopes."),
        "no-channel": _api(401, "UNAUTHENTICATED", "youtubeSignupRequired", "Unauthorized"),
        "channel-suspended": _api(403, "PERMISSION_DENIED", "authenticatedUserAccountSuspended",
                                  "The YouTube account of the authenticated user is suspended."),
        "channel-closed": _api(403, "PERMISSION_DENIED", "channelClosed", "The channel has been closed."),
        "live-blocked": _api(403, "PERMISSION_DENIED", "livePermissionBlocked",
                             "The user is blocked from enabling live streaming at this time."),
        "quota": _api(403, "PERMISSION_DENIED", "quotaExceeded",
                      "The request cannot be completed because you have exceeded your quota."),
        "rate-limited": _api(429, "RESOURCE_EXHAUSTED", "rateLimitExceeded", "Quota exceeded.", **{"Retry-After": "2"}),
    }

    def register(self):
        """All of one project: studio (a web app), desktop (any loopback port), tv (device codes)."""
        super().register()
        self.apps.add(App("google-desktop", "google-desktop-secret-77aa01c2", ["http://127.0.0.1", "http://127.0.0.1/cb"], any_port=True))
        self.apps.add(App("google-tv", "google-tv-client-secret-93be66d1", extra={"device": True}))

    def furnish(self, account):
        """A channel of its own, and a brand channel; which one, the person says while agreeing."""
        account.user_id = number_for(account.login, 21)
        account.pages = {self.channel_id(account.login): account.display_name,
                         self.channel_id(account.login + "-brand"): f"{account.display_name}, the brand"}

    @staticmethod
    def channel_id(name):
        return "UC" + number_for(name, 19).rjust(22, "x")

    def routes(self):
        accounts, oauth2, openid, www, youtube, site = self.hosts
        return [
            ("*", accounts, "/o/oauth2/v2/auth", self.authorize),
            ("GET", accounts, "/.well-known/openid-configuration", self.discovery),
            ("POST", oauth2, "/token", self.token),
            ("POST", oauth2, "/device/code", self.device),
            ("POST", oauth2, "/revoke", self.revoke),
            ("GET", oauth2, "/tokeninfo", self.tokeninfo),
            ("*", site, "/device", self.activate),
            ("GET", openid, "/v1/userinfo", self.userinfo),
            ("GET", www, "/youtube/v3/channels", self.channels),
            ("GET", youtube, "/youtube/v3/channels", self.channels),
            ("POST", www, "/youtube/v3/liveBroadcasts", self.go_live),
            ("POST", youtube, "/youtube/v3/liveBroadcasts", self.go_live),
        ]

    async def discovery(self, _http):
        accounts, oauth2, openid, *_others = self.hosts
        return web.json_response({
            "issuer": f"https://{accounts}", "authorization_endpoint": f"https://{accounts}/o/oauth2/v2/auth",
            "device_authorization_endpoint": f"https://{oauth2}/device/code", "token_endpoint": f"https://{oauth2}/token",
            "userinfo_endpoint": f"https://{openid}/v1/userinfo", "revocation_endpoint": f"https://{oauth2}/revoke",
            "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs", "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"]})

    # ---- consent -----------------------------------------------------------------------------

    def check_request(self, request):
        if request.user_code and not set(request.scopes) <= DEVICE_SCOPES:
            raise Refusal("bad-scope")

    def forces_login(self, query):
        return "select_account" in query.get("prompt", "")

    def choices(self, request, account):
        return account.pages if any(scope.startswith(YOUTUBE) for scope in request.scopes) else {}

    def agreed(self, request, account, page):
        """The grant is for one channel, which may vanish later on. The person has logged in just now."""
        account.extra.pop("session-over", None)
        request.extra["channel"] = page if page in account.pages else next(iter(account.pages), "")
        seen = bool(self.grants.living(account, request.app))
        request.extra["refresh"] = request.user_code or (request.query.get("access_type") == "offline" and (
            not seen or "consent" in request.query.get("prompt", "")))

    def device_client(self, http, form):
        app = self.apps.get(form.get("client_id", ""))
        if app is None:
            raise Refusal("bad-client")
        app.check()
        if not app.extra.get("device"):
            raise Refusal("bad-client-type")
        return app

    def device_answer(self, code, request):
        return {"device_code": code, "user_code": request.user_code, "verification_url": self.activate_uri,
                "expires_in": self.settings["device_ttl"], "interval": request.interval}

    # ---- tokens ------------------------------------------------------------------------------

    def has_refresh(self, family):
        return bool(family.extra.get("refresh"))

    def new_refresh(self, family):
        """Its end is written down when it is issued, so that what was issued in testing keeps it."""
        if not self.has_refresh(family):
            return None
        ttl = TESTING if self.settings["testing"] else FOREVER
        token = self.grants.issue_refresh(family, ttl, self.token_prefixes[1])
        family.extra["used"] = self.clock.now()
        mine = [other for other in self.grants.refresh.values() if other.family.account is family.account
                and other.family.app is family.app and not other.family.dead and not other.dead]
        for oldest in mine[:-TOKENS_AN_ACCOUNT]:
            oldest.dead = True
        return token

    def renew(self, app, form):
        known = self.grants.refresh.get(form.get("refresh_token", ""))
        if known and known.family.app is not app:
            raise Refusal("other-app")
        token = self.grants.check_refresh(form.get("refresh_token", ""), app)
        self.check_organization(token.family.account)
        if self.clock.now() - token.family.extra["used"] > UNUSED:
            token.family.end("unused")
            raise Refusal("bad-refresh", "unused")
        self.check_account(token.family.account)
        token.family.extra["used"] = self.clock.now()
        return token.family, None

    def check_organization(self, account):
        """What the administrators of a Workspace may want."""
        if self.settings["internal"]:
            raise Refusal("internal")
        if account.extra.get("forbidden"):
            raise Refusal("admin-policy")
        if account.extra.get("session-over"):
            raise Refusal("session-policy")

    def token_answer(self, family, access, refresh):
        body = {"access_token": access.value, "expires_in": int(access.expires - access.issued),
                "scope": " ".join(family.scopes), "token_type": "Bearer"}
        if refresh:
            body["refresh_token"] = refresh.value
            if refresh.expires - refresh.issued < UNUSED:  # what has an end of its own
                body["refresh_token_expires_in"] = int(refresh.expires - refresh.issued) - 1
        if "openid" in family.scopes:
            body["id_token"] = idtoken.make(self, "https://accounts.google.com", family,
                                            email=f"{family.account.login}@example.org", email_verified=True)
        return body

    def password_changed(self, account):
        """Ends only what may read mail; a token for YouTube lives on."""
        return 0

    async def revoke(self, http):
        """No client is asked for; every grant of that person to the project goes."""
        form = await http.post()
        value = form.get("token") or http.query.get("token", "")
        token = self.grants.refresh.get(value) or self.grants.access.get(value)
        if token is None or token.family.dead:
            raise Refusal("no-such-token")
        self.grants.end("app-removed", token.family.account)
        return web.json_response({})

    async def tokeninfo(self, http):
        try:
            token = self.check_access(http.query.get("access_token", ""))
        except Refusal as refusal:
            raise Refusal("bad-tokeninfo") from refusal
        left = int(token.expires - self.clock.now())
        return web.json_response({
            "azp": token.family.app.client_id, "aud": token.family.app.client_id, "sub": token.family.account.user_id,
            "scope": " ".join(token.family.scopes), "exp": str(int(token.expires)), "expires_in": str(left),
            "access_type": "offline"})

    # ---- APIs --------------------------------------------------------------------------------

    async def userinfo(self, http):
        token = self.bearer(http)
        self.need_scope(token, "openid")
        account = token.family.account
        return web.json_response({"sub": account.user_id, "name": account.display_name,
                                  "email": f"{account.login}@example.org", "email_verified": True})

    def _channel(self, http, *scopes):
        """The channel that a request may act for: its id, or "" where the account has it no more."""
        token = self.bearer(http)
        self.spend("quota")
        self.need_scope(token, *scopes)
        family = token.family
        for trouble in ("channel-suspended", "channel-closed"):
            if family.account.extra.get(trouble):
                raise Refusal(trouble)
        channel = family.extra.get("channel", "")
        return family.account, channel if channel in family.account.pages else ""

    async def channels(self, http):
        """No channel, no items."""
        account, channel = self._channel(http, YOUTUBE, f"{YOUTUBE}.readonly", f"{YOUTUBE}.force-ssl")
        items = [{"kind": "youtube#channel", "id": channel, "snippet": {"title": account.pages[channel]}}] if channel else []
        body = {"kind": "youtube#channelListResponse", "pageInfo": {"totalResults": len(items), "resultsPerPage": 5}}
        return web.json_response({**body, "items": items} if items else body)

    async def go_live(self, http):
        account, channel = self._channel(http, YOUTUBE, f"{YOUTUBE}.force-ssl")
        if not channel:
            raise Refusal("no-channel")
        if account.extra.get("live-blocked"):
            raise Refusal("live-blocked")
        return web.json_response({"kind": "youtube#liveBroadcast", "snippet": {"channelId": channel}})

    # ---- control -----------------------------------------------------------------------------

    def control_rename(self, account, name, handle=""):
        """The person's own channel gets another name."""
        known = self.accounts.get(account)
        known.display_name, known.handle = name, handle or known.handle
        known.pages[self.channel_id(account)] = name

    def _mark(self, account, trouble, there):
        self.accounts.get(account).extra[trouble] = there == "true"

    def control_suspend_channel(self, account, suspended="true"):
        self._mark(account, "channel-suspended", suspended)

    def control_close_channel(self, account, closed="true"):
        self._mark(account, "channel-closed", closed)

    def control_block_live(self, account, blocked="true"):
        """The channel may do everything but go live."""
        self._mark(account, "live-blocked", blocked)

    def control_end_session(self, account):
        """The session that the person's organization allows is over: they must log in anew."""
        self._mark(account, "session-over", "true")

    def control_forbid_app(self, account, forbidden="true"):
        """The administrator of the person's organization forbids the app."""
        self._mark(account, "forbidden", forbidden)
