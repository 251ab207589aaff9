# SPDX-License-Identifier: LGPL-2.1-or-later
"""The endpoints of RFC 6749, 7636, 8628 and 7009, for a platform to put at its own addresses and
to bend to its own ways."""

import re

from aiohttp import web

from .codes import AuthRequest, new_user_code, s256
from .grants import fingerprint
from .pages import with_query
from .platform import Platform
from .refusal import Refusal

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"

# RFC 6749 section 5.2, RFC 8628 section 3.5, RFC 6750 section 3.1.
STANDARD = {
    "no-client": (401, {"error": "invalid_client"}),
    "bad-client": (401, {"error": "invalid_client"}),
    "no-secret": (401, {"error": "invalid_client"}),
    "bad-secret": (401, {"error": "invalid_client"}),
    "app-suspended": (403, {"error": "unauthorized_client"}),
    "bad-grant-type": (400, {"error": "unsupported_grant_type"}),
    "bad-request": (400, {"error": "invalid_request"}),
    "bad-code": (400, {"error": "invalid_grant"}),
    "bad-refresh": (400, {"error": "invalid_grant"}),
    "bad-scope": (400, {"error": "invalid_scope"}),
    "bad-device-code": (400, {"error": "invalid_grant"}),
    "pending": (400, {"error": "authorization_pending"}),
    "slow-down": (400, {"error": "slow_down"}),
    "device-denied": (400, {"error": "access_denied"}),
    "device-code-expired": (400, {"error": "expired_token"}),
    "rate-limited": (429, {"error": "slow_down"}, {"Retry-After": "2"}),
}


class OAuthPlatform(Platform):
    client_forms = ("post", "basic")
    client_id_field = "client_id"
    scope_field = "scope"
    scope_separator = " "
    pkce = "required"            # "required", "optional" or "none"
    pkce_transform = staticmethod(s256)
    issuer = ""                  # said in the redirect (RFC 9207) where there is one
    denied = "access_denied"     # the word in the redirect for a person's no
    token_prefixes = ("access-", "refresh-")
    code_prefix = "code-"
    user_code_separator = "-"
    activate_uri = ""            # where a person types a device's code
    settings_at_start = {"access_ttl": 3600, "refresh_ttl": 30 * 86400, "rotate": False}
    REFUSALS = STANDARD

    # ---- what a subclass changes -------------------------------------------------------------

    def choices(self, request, account):
        """{id: name} of what the person chooses from at consent (pages, channels); mostly nothing."""
        return {}

    def agreed(self, request, account, page):
        """The person agreed; `page` is what was chosen, or "". Notes go into request.extra."""

    def check_request(self, request):
        """Refuses an authorization request that the platform would not show a page for."""

    def may_use(self, app, grant_type):
        """Refuses an app that may not use a grant type."""

    def begin(self, request):
        """The grant that a consent makes."""
        family = self.grants.begin(request.account, request.app, request.scopes)
        family.extra.update(request.extra, nonce=request.query.get("nonce", ""))
        return family

    def has_refresh(self, family):
        """Whether a new grant gets a refresh token."""
        return True

    def access_ttl(self, family):
        return self.settings["access_ttl"]

    def token_answer(self, family, access, refresh):
        """The body of a token answer. `refresh` is None where none is given."""
        body = {"access_token": access.value, "token_type": "bearer", "expires_in": int(access.expires - access.issued),
                "scope": " ".join(family.scopes)}
        if refresh:
            body["refresh_token"] = refresh.value
        return body

    def device_answer(self, code, request):
        return {"device_code": code, "user_code": request.user_code, "expires_in": self.settings["device_ttl"],
                "interval": request.interval, "verification_uri": self.activate_uri,
                "verification_uri_complete": f"{self.activate_uri}?user_code={request.user_code}"}

    # ---- the browser -------------------------------------------------------------------------

    def scopes_in(self, text):
        return [scope for scope in re.split(f"[{re.escape(self.scope_separator)} ]", text or "") if scope]

    def new_request(self, query):
        app = self.apps.get(query.get(self.client_id_field, ""))
        if app is None:
            raise Refusal("bad-client")
        app.check()
        if not app.takes_redirect(query.get("redirect_uri", "")):
            raise Refusal("bad-request", "redirect_uri")
        challenge = query.get("code_challenge", "")
        if self.pkce == "required" and (query.get("code_challenge_method") != "S256" or not challenge):
            raise Refusal("bad-request", "code_challenge")
        request = AuthRequest(app, self.scopes_in(query.get("scope")), redirect_uri=query["redirect_uri"],
                              state=query.get("state", ""), query=dict(query),
                              challenge="" if self.pkce == "none" else challenge)
        self.check_request(request)
        return request

    async def authorize(self, http):
        return await self.consent.authorize(http, self.new_request, self.forces_login(http.query))

    def forces_login(self, query):
        """Whether the app asked to let the person log in anew."""
        return False

    async def activate(self, http):
        return await self.consent.activate(http)

    def redirect_with_code(self, request):
        code = self.codes.add(request, self.settings["code_ttl"], self.code_prefix)
        return with_query(request.redirect_uri, code=code, state=request.state, iss=self.issuer)

    def redirect_refused(self, request):
        return with_query(request.redirect_uri, error=self.consent.denied_with or self.denied, state=request.state, iss=self.issuer)

    # ---- the app -----------------------------------------------------------------------------

    def client(self, http, form):
        return self.apps.authenticate(http, form, self.client_forms, self.client_id_field)

    async def device(self, http):
        form = await http.post()
        app = self.device_client(http, form)
        self.may_use(app, DEVICE_GRANT)
        request = AuthRequest(app, self.scopes_in(form.get(self.scope_field)), user_code=new_user_code(self.user_code_separator),
                              interval=self.settings["interval"])
        self.check_request(request)
        code = self.codes.add(request, self.settings["device_ttl"], "device-")
        return web.json_response(self.device_answer(code, request))

    def device_client(self, http, form):
        """The app that begins a device flow; some platforms want no secret here."""
        return self.client(http, form)

    async def form(self, http):
        """The parameters of a request in the app's name."""
        return await http.post()

    async def token(self, http):
        form = await self.form(http)
        log = http["log"] = {"grant_type": form.get("grant_type"), "client_id": form.get(self.client_id_field)}
        for name in ("refresh_token", "code", "device_code"):
            if form.get(name):
                log["presented"] = fingerprint(form[name])
        app = self.client(http, form)
        log["client_id"] = app.client_id
        ways = {"authorization_code": self.redeem_code, "refresh_token": self.renew,
                "client_credentials": self.client_credentials, DEVICE_GRANT: self.redeem_device}
        if form.get("grant_type") not in ways:
            raise Refusal("bad-grant-type")
        self.may_use(app, form["grant_type"])
        family, refresh = ways[form["grant_type"]](app, form)
        return self.hand_out(http, family, refresh)

    def hand_out(self, http, family, refresh):
        access = self.grants.issue_access(family, self.access_ttl(family), self.token_prefixes[0])
        http["log"].update(account=family.account.login if family.account else None,
                           issued=fingerprint((refresh or access).value))
        return web.json_response(self.token_answer(family, access, refresh), headers={"Cache-Control": "no-store"})

    def new_refresh(self, family):
        if not self.has_refresh(family):
            return None
        return self.grants.issue_refresh(family, self.settings["refresh_ttl"], self.token_prefixes[1])

    def redeem_code(self, app, form):
        request = self.codes.redeem_code(app, form, self.pkce_transform)
        request.family = self.begin(request)
        return request.family, self.new_refresh(request.family)

    def redeem_device(self, app, form):
        request = self.codes.redeem_device(app, form)
        request.family = self.begin(request)
        return request.family, self.new_refresh(request.family)

    def rotates(self, app):
        return self.settings.get("rotate", False)

    def renew(self, app, form):
        """With rotation a new refresh token, without it the same again."""
        once = self.rotates(app)
        token = self.grants.check_refresh(form.get("refresh_token", ""), app, once)
        self.check_account(token.family.account)
        return token.family, self.new_refresh(token.family) if once else token

    def client_credentials(self, app, form):
        return self.grants.begin(None, app, self.scopes_in(form.get(self.scope_field))), None

    async def revoke(self, http):
        form = await http.post()
        self.client(http, form)
        value = form.get("token", "")
        token = self.grants.refresh.get(value) or self.grants.access.get(value)
        if token:
            self.revoked(token)
        return web.Response()

    def revoked(self, token):
        """How far giving a token back reaches; here its grant."""
        token.family.end("app-removed")
