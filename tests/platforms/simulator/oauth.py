# SPDX-License-Identifier: LGPL-2.1-or-later
"""The platform's OAuth 2.0 side: RFC 6749, 7636, 8628 and 7009, and a validate call of its own."""

import base64
import hashlib
import secrets
from urllib.parse import unquote

from aiohttp import web

from .grants import Request, fingerprint
from .pages import code_page, consent_page, go_to, login_page, page, with_query

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class OAuthError(Exception):
    def __init__(self, error, description="", status=400):
        self.error, self.description, self.status = error, description, status

    def answer(self):
        body = {"error": self.error}
        if self.description:
            body["error_description"] = self.description
        return web.json_response(body, status=self.status)


class OAuth:
    def __init__(self, memory, issuer):
        self.memory = memory
        self.issuer = issuer

    def routes(self):
        return [
            web.get("/oauth/authorize", self.authorize),
            web.post("/oauth/authorize", self.authorize),
            web.get("/oauth/authorize/abort", self.abort),
            web.post("/oauth/device", self.device),
            web.get("/activate", self.activate),
            web.post("/activate", self.activate),
            web.post("/oauth/token", self.token),
            web.post("/oauth/revoke", self.revoke),
            web.get("/oauth/validate", self.validate),
        ]

    # ---- the browser -------------------------------------------------------------------------

    def _new_request(self, query):
        client = self.memory.clients.get(query.get("client_id"))
        if client is None or client.suspended:
            raise OAuthError("unauthorized_client")
        if query.get("redirect_uri") not in client.redirect_uris:
            raise OAuthError("invalid_request", "redirect_uri is not registered")
        if query.get("code_challenge_method") != "S256" or not query.get("code_challenge"):
            raise OAuthError("invalid_request", "PKCE with S256 is required")
        return Request(client, query.get("scope", "").split(), self.memory.now() + 60,
                       redirect_uri=query["redirect_uri"], challenge=query["code_challenge"])

    async def authorize(self, http):
        """GET shows the login page; its form and the consent form come back as POST."""
        try:
            request = self._new_request(http.query)
        except OAuthError as error:
            return page("Lumen cannot go on", f"<p>{error.error}: {error.description}</p>", 400)
        if http.method == "GET":
            return login_page()
        form = await http.post()
        if form.get("prompt") == "login":
            account = self.memory.account(form["login"])
            answer = consent_page(account, request.scopes)
            answer.set_cookie("lumen_account", account.name, path="/")
            answer.set_cookie("lumen_redirect", request.redirect_uri, path="/oauth/authorize/abort")
            answer.set_cookie("lumen_state", http.query.get("state", ""), path="/oauth/authorize/abort")
            return answer
        if "lumen_account" not in http.cookies:
            return login_page()
        request.account = self.memory.account(http.cookies["lumen_account"])
        code = self.memory.new_secret("lac")
        self.memory.requests[code] = request
        return go_to(with_query(request.redirect_uri, code=code, state=http.query.get("state"), iss=self.issuer))

    async def abort(self, http):
        return go_to(with_query(http.cookies["lumen_redirect"], error="access_denied",
                                state=http.cookies.get("lumen_state"), iss=self.issuer))

    async def activate(self, http):
        """Device flow: the code, then login, then consent, each a POST of the page before."""
        form = await http.post() if http.method == "POST" else {}
        user_code = (form.get("user_code") or http.cookies.get("lumen_code")
                     or http.query.get("user_code", "")).upper()
        request = next((r for r in self.memory.requests.values() if r.user_code and r.user_code == user_code), None)
        if http.method == "GET" or request is None:
            return code_page(http.query.get("user_code", ""))
        if form.get("prompt") == "login":
            answer = consent_page(self.memory.account(form["login"]), request.scopes)
            answer.set_cookie("lumen_account", form["login"], path="/")
        elif form.get("prompt") == "consent":
            request.account = self.memory.account(http.cookies["lumen_account"])
            answer = page("Lumen", "<p>Done. You can go back to your device.</p>")
        else:
            answer = login_page()
        answer.set_cookie("lumen_code", user_code, path="/activate")
        return answer

    # ---- the app -----------------------------------------------------------------------------

    def _client(self, http, form):
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
        header = http.headers.get("Authorization", "")
        if header.startswith("Basic "):
            client_id, _, secret = base64.b64decode(header[6:]).decode().partition(":")
            client_id, secret = unquote(client_id), unquote(secret)
        client = self.memory.clients.get(client_id)
        if client is None or not secrets.compare_digest(client.secret, secret):
            raise OAuthError("invalid_client", "client authentication failed", 401)
        if client.suspended:
            raise OAuthError("unauthorized_client", "this app has been suspended", 403)
        return client

    async def device(self, http):
        form = await http.post()
        try:
            client = self._client(http, form)
        except OAuthError as error:
            return error.answer()
        letters = "BCDFGHJKLMNPQRSTVWXZ"
        user_code = "".join(secrets.choice(letters) for _ in range(4)) + "-" + "".join(
            secrets.choice(letters) for _ in range(4))
        code = self.memory.new_secret("ldc")
        self.memory.requests[code] = Request(client, form.get("scope", "").split(), self.memory.now() + 120,
                                             user_code=user_code, interval=self.memory.settings.interval)
        return web.json_response({
            "device_code": code, "user_code": user_code, "expires_in": 120,
            "interval": self.memory.settings.interval, "verification_uri": f"{self.issuer}/activate",
            "verification_uri_complete": f"{self.issuer}/activate?user_code={user_code}",
        })

    async def token(self, http):
        form = await http.post()
        entry = {"grant_type": form.get("grant_type"), "client_id": form.get("client_id")}
        for name in ("refresh_token", "code", "device_code"):
            if form.get(name):
                entry["presented"] = fingerprint(form[name])
        try:
            family = self._family_for(http, form)
            access, refresh = self.memory.issue(family)
            entry.update(status=200, account=family.account.name, issued=fingerprint(refresh.value))
            answer = web.json_response({
                "access_token": access.value, "refresh_token": refresh.value, "token_type": "bearer",
                "expires_in": self.memory.settings.access_ttl, "scope": " ".join(family.scopes),
            }, headers={"Cache-Control": "no-store"})
        except OAuthError as error:
            entry.update(status=error.status, error=error.error, error_description=error.description)
            answer = error.answer()
        http["log"] = entry
        return answer

    def _family_for(self, http, form):
        client = self._client(http, form)
        kind = form.get("grant_type")
        if kind == "authorization_code":
            return self._redeem_code(client, form)
        if kind == DEVICE_GRANT:
            return self._redeem_device_code(client, form)
        if kind == "refresh_token":
            return self._refresh(client, form)
        raise OAuthError("unsupported_grant_type")

    def _redeem_code(self, client, form):
        request = self.memory.requests.get(form.get("code"))
        if request is None or request.user_code or request.client is not client:
            raise OAuthError("invalid_grant", "no such code")
        if request.used:
            request.family.dead = "code replayed"
            raise OAuthError("invalid_grant", "the code was used before")
        if request.expires <= self.memory.now() or form.get("redirect_uri") != request.redirect_uri:
            raise OAuthError("invalid_grant", "the code is not good here")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != request.challenge:
            raise OAuthError("invalid_grant", "PKCE verification failed")
        request.used = True
        request.family = self.memory.new_family(request.account, client, request.scopes)
        return request.family

    def _redeem_device_code(self, client, form):
        request = self.memory.requests.get(form.get("device_code"))
        if request is None or not request.user_code or request.client is not client or request.used:
            raise OAuthError("invalid_grant", "no such device code")
        now = self.memory.now()
        if request.expires <= now:
            raise OAuthError("expired_token")
        if request.denied:
            raise OAuthError("access_denied")
        if request.last_poll and now - request.last_poll < request.interval * 0.9:
            request.interval += 5
            raise OAuthError("slow_down")
        request.last_poll = now
        if request.account is None:
            raise OAuthError("authorization_pending")
        request.used = True
        request.family = self.memory.new_family(request.account, client, request.scopes)
        return request.family

    def _refresh(self, client, form):
        token = self.memory.refresh.get(form.get("refresh_token"))
        if token is None or token.family.client is not client:
            raise OAuthError("invalid_grant", "unknown refresh token")
        if token.family.dead:
            raise OAuthError("invalid_grant", token.family.dead)
        if token.expires <= self.memory.now():
            raise OAuthError("invalid_grant", "refresh token expired")
        if token.used:
            token.family.dead = "refresh token replayed"
            raise OAuthError("invalid_grant", token.family.dead)
        token.used = self.memory.settings.rotate
        return token.family

    async def revoke(self, http):
        form = await http.post()
        try:
            self._client(http, form)
        except OAuthError as error:
            return error.answer()
        value = form.get("token", "")
        token = self.memory.refresh.get(value) or self.memory.access.get(value)
        if token and not token.family.dead:
            token.family.dead = "authorization revoked"
        return web.Response()

    async def validate(self, http):
        value = http.headers.get("Authorization", "").partition(" ")[2]
        token = self.memory.living(value)
        if token is None:
            return web.json_response({"status": 401, "message": "invalid access token"}, status=401)
        return web.json_response({
            "client_id": token.family.client.client_id, "user_id": token.family.account.user_id,
            "login": token.family.account.name, "scopes": token.family.scopes,
            "expires_in": int(token.expires - self.memory.now()),
        })
