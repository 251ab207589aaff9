# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 1.0a: every request is signed and checked by oauthlib; tokens do not end by themselves."""

import secrets
import time
from types import SimpleNamespace
from urllib.parse import urlencode

from aiohttp import web
from oauthlib.oauth1.rfc5849 import signature

from .accounts import number_for
from .codes import AuthRequest
from .oauth import OAuthPlatform
from .pages import page, with_query
from .refusal import Refusal

FOR_EVER = 100 * 365 * 86400
WINDOW = 300  # seconds that a signature's time may be off


def _errors(status, code, message):
    return status, {"errors": [{"code": code, "message": message}]}


def _problem(status, title, detail, kind="about:blank", **more):
    return status, {"title": title, "type": kind, "status": status, "detail": detail, **more}


class XOAuth1(OAuthPlatform):
    name = "x-oauth1"
    title = "X"
    hosts = ("api.x.com", "api.twitter.com")
    token_path = "/oauth/access_token"
    settings_at_start = {"skew": 0, "oob": True}
    REFUSALS = {
        "bad-client": _errors(401, 32, "Could not authenticate you."),
        "app-deleted": _errors(401, 32, "Could not authenticate you."),
        "bad-signature": _errors(401, 32, "Could not authenticate you."),
        "bad-time": _errors(401, 135, "Timestamp out of bounds."),
        "not-signed": _errors(400, 215, "Bad Authentication data."),
        "bad-callback": _errors(403, 415, "Callback URL not approved for this client application. Approved callback URLs can be "
                                "adjusted in your application settings"),
        "no-oob": _errors(403, 417, "Desktop applications only support the oauth_callback value 'oob'"),
        "bad-verifier": (401, "Error processing your OAuth request: Invalid oauth_verifier parameter"),
        "bad-access": _errors(401, 89, "Invalid or expired token."),
        "bad-access/api-2": _problem(401, "Unauthorized", "Unauthorized"),
        "app-suspended": _errors(401, 416, "Invalid / suspended application."),
        "may-not-write": _errors(403, 261, "Application cannot perform write actions. Contact Twitter Platform Operations."),
        "account-locked": _errors(403, 326, "To protect our users from spam and other malicious activity, this account is "
                                  "temporarily locked. Please log in to https://twitter.com to unlock your account."),
        "account-suspended": _errors(403, 64, "Your account is suspended and is not permitted to access this feature."),
        "app-permissions": _problem(403, "Forbidden", "Your client app is not configured with the appropriate oauth1 app "
                                    "permissions for this endpoint.", "https://api.twitter.com/2/problems/oauth1-permissions"),
        "read-only": (401, {"request": "/1.1/statuses/update.json", "error": "Read-only application cannot POST."}),
        "low-access": _errors(403, 453, "You currently have access to a subset of X API V2 endpoints and limited v1.1 endpoints "
                              "only. If you need access to this endpoint, you may need a different access level."),
        "not-enrolled": _problem(403, "Client Forbidden", "When authenticating requests to the Twitter API v2 endpoints, you "
                                 "must use keys and tokens from a Twitter developer App that is attached to a Project.",
                                 "https://api.twitter.com/2/problems/client-forbidden", reason="client-not-enrolled"),
        "duplicate": _errors(403, 187, "Status is a duplicate."),
        "rate-limited": (*_errors(429, 88, "Rate limit exceeded"), {"x-rate-limit-reset": "4102444800"}),
    }

    def reset(self):
        super().reset()
        self._begun = {}   # request token: AuthRequest
        self._nonces = set()

    def furnish(self, account):
        account.user_id = number_for(account.login, 19)

    def routes(self):
        lines = []
        for host in self.hosts:
            lines += [
                ("POST", host, "/oauth/request_token", self.request_token),
                ("*", host, "/oauth/authorize", self.authorize),
                ("GET", host, "/oauth/pin", self.pin),
                ("POST", host, "/oauth/access_token", self.access_token),
                ("POST", host, "/1.1/oauth/invalidate_token", self.invalidate),
                ("GET", host, "/1.1/account/verify_credentials.json", self.verify_credentials),
                ("GET", host, "/2/users/me", self.me),
                ("POST", host, "/1.1/statuses/update.json", self.post),
                ("POST", host, "/2/tweets", self.post),
            ]
        return lines

    def takes(self, http):
        """What is signed, and its pages; the rest at these hosts is OAuth 2.0."""
        return http.headers.get("Authorization", "").startswith("OAuth ") or http.path.startswith("/oauth/")

    # ---- signatures --------------------------------------------------------------------------

    async def signed(self, http, secret_of):
        """(app, parameters) of a request whose signature is right. secret_of(token) is the token's secret."""
        header = http.headers.get("Authorization", "")
        if not header.startswith("OAuth "):
            raise Refusal("not-signed")
        body = await http.text() if http.content_type == "application/x-www-form-urlencoded" else ""
        query = http.raw_path.partition("?")[2]
        ours = dict(signature.collect_parameters(headers={"Authorization": header}, exclude_oauth_signature=False))
        http["log"] = {"client_id": ours.get("oauth_consumer_key", "")}
        app = self.apps.get(ours.get("oauth_consumer_key", ""))
        if app is None:
            raise Refusal("bad-client")
        request = SimpleNamespace(
            http_method=http.method, uri=f"https://{http.host}{http.raw_path}", signature=ours.get("oauth_signature", ""),
            params=signature.collect_parameters(uri_query=query, body=body, headers={"Authorization": header}))
        secret = secret_of(ours.get("oauth_token", ""))
        if ours.get("oauth_signature_method") != "HMAC-SHA1" or not signature.verify_hmac_sha1(request, app.secret, secret):
            raise Refusal("bad-signature")
        if abs(int(ours["oauth_timestamp"]) - time.time() - self.settings["skew"]) > WINDOW:
            raise Refusal("bad-time")
        if ours["oauth_nonce"] in self._nonces:
            raise Refusal("bad-signature", "nonce")
        self._nonces.add(ours["oauth_nonce"])
        app.check()
        return app, ours

    async def person(self, http):
        """The account behind a signed request."""
        def secret_of(token):
            known = self.grants.access.get(token)
            if known is None:
                raise Refusal("bad-access")
            return known.family.extra["secret"]

        app, ours = await self.signed(http, secret_of)
        token = self.grants.check_access(ours["oauth_token"])
        if token.family.app is not app:
            raise Refusal("bad-access")
        self.check_account(token.family.account)
        return token

    # ---- connecting --------------------------------------------------------------------------

    async def request_token(self, http):
        app, ours = await self.signed(http, lambda token: "")
        callback = ours.get("oauth_callback", "")
        if callback == "oob" and not self.settings["oob"]:
            raise Refusal("no-oob")
        if callback != "oob" and not app.takes_redirect(callback):
            raise Refusal("bad-callback")
        token, secret = secrets.token_urlsafe(18), self.new_secret("")
        self._begun[token] = AuthRequest(app, [], redirect_uri=callback, extra={"token": token, "secret": secret})
        return self.credentials(oauth_token=token, oauth_token_secret=secret, oauth_callback_confirmed="true")

    def credentials(self, **members):
        return web.Response(text=urlencode(members), content_type="text/html")

    def new_request(self, query):
        request = self._begun.get(query.get("oauth_token", ""))
        if request is None:
            raise Refusal("bad-access")
        return request

    def forces_login(self, query):
        return query.get("force_login") == "true"

    def redirect_with_code(self, request):
        token = request.extra["token"]
        if request.redirect_uri == "oob":
            request.extra["verifier"] = f"{secrets.randbelow(10 ** 7):07}"
            return with_query(f"https://{self.hosts[0]}/oauth/pin", oauth_token=token)
        request.extra["verifier"] = self.new_secret("")
        return with_query(request.redirect_uri, oauth_token=token, oauth_verifier=request.extra["verifier"])

    def redirect_refused(self, request):
        if request.redirect_uri == "oob":
            return f"https://{self.hosts[0]}/oauth/pin"
        return with_query(request.redirect_uri, denied=request.extra["token"])

    async def pin(self, http):
        request = self._begun.get(http.query.get("oauth_token", ""))
        shown = request.extra.get("verifier", "") if request else ""
        return page("X", f"<p>Enter this PIN in the app: <code>{shown}</code></p>" if shown else "<p>Refused.</p>")

    async def access_token(self, http):
        def secret_of(token):
            if token not in self._begun:
                raise Refusal("bad-access")
            return self._begun[token].extra["secret"]

        app, ours = await self.signed(http, secret_of)
        request = self._begun[ours["oauth_token"]]
        if request.app is not app or not request.account or ours.get("oauth_verifier") != request.extra.get("verifier"):
            raise Refusal("bad-verifier")
        del self._begun[ours["oauth_token"]]
        family = self.grants.begin(request.account, app, [])
        family.extra["secret"] = self.new_secret("")
        token = self.grants.issue_access(family, FOR_EVER, f"{request.account.user_id}-")
        return self.credentials(oauth_token=token.value, oauth_token_secret=family.extra["secret"],
                                user_id=request.account.user_id, screen_name=request.account.login)

    def password_changed(self, account):
        """X says nothing of it; a token lives until the app is removed."""
        return 0

    async def invalidate(self, http):
        token = await self.person(http)
        token.family.end("app-removed")
        return web.json_response({"access_token": token.value})

    # ---- API ---------------------------------------------------------------------------------

    async def verify_credentials(self, http):
        account = (await self.person(http)).family.account
        return web.json_response({"id": int(account.user_id), "id_str": account.user_id, "name": account.display_name,
                                  "screen_name": account.handle})

    async def me(self, http):
        try:
            token = await self.person(http)
        except Refusal as refusal:
            raise (Refusal("bad-access", "api-2") if refusal.kind == "bad-access" else refusal) from None
        if token.family.app.limit == "not-enrolled":
            raise Refusal("not-enrolled")
        account = token.family.account
        return web.json_response({"data": {"id": account.user_id, "name": account.display_name, "username": account.handle}})

    async def post(self, http):
        """The same words twice in a row are refused."""
        token = await self.person(http)
        if token.family.app.limit:
            raise Refusal(token.family.app.limit)
        account = token.family.account
        text = (await http.post()).get("status", "")
        if account.extra.get("last") == text:
            raise Refusal("duplicate")
        account.extra["last"] = text
        return web.json_response({"id_str": number_for(text, 19), "text": text})
