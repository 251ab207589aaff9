# SPDX-License-Identifier: LGPL-2.1-or-later
"""LinkedIn: 60 days, 365 of them at most for partners' refresh tokens, other scopes end all earlier
tokens, and its introspection tells revoked from expired."""

from aiohttp import web

from . import idtoken
from .accounts import number_for
from .apps import App
from .oauth import OAuthPlatform
from .refusal import Refusal

YEAR = 365 * 86400


def _oauth(status, error, description):
    return status, {"error": error, "error_description": description}


def _api(status, number, code, message):
    return status, {"status": status, "serviceErrorCode": number, "code": code, "message": message}


INVALID = _api(401, 65600, "INVALID_ACCESS_TOKEN", "Invalid access token")
REVOKED = _api(401, 65601, "REVOKED_ACCESS_TOKEN", "The token used in the request has been revoked by the user")


class LinkedIn(OAuthPlatform):
    name = "linkedin"
    title = "LinkedIn"
    hosts = ("www.linkedin.com", "api.linkedin.com")
    token_path = "/oauth/v2/accessToken"
    client_forms = ("post",)
    pkce = "none"
    denied = "user_cancelled_authorize"
    token_prefixes = ("AQV", "AQX")
    code_prefix = "AQT"
    settings_at_start = {"access_ttl": 60 * 86400, "code_ttl": 1800, "lag": 0, "oldest_version": 202501}
    REFUSALS = {
        "no-client": _oauth(400, "invalid_request", 'A required parameter "client_id" is missing'),
        "bad-client": _oauth(400, "invalid_client_id", "The passed in client_id is invalid"),
        "no-secret": _oauth(400, "invalid_request", 'A required parameter "client_secret" is missing'),
        "bad-secret": _oauth(401, "invalid_client_id", "Client authentication failed"),
        "app-suspended": _oauth(401, "invalid_client_id", "Client authentication failed"),
        "not-for-app": _oauth(401, "access_denied", "This application is not allowed to create application tokens"),
        "bad-grant-type": _oauth(400, "invalid_request", "The grant type is not valid"),
        "bad-request": _oauth(400, "invalid_redirect_uri", "The redirect uri does not match the registered value"),
        "bad-code": _oauth(400, "invalid_request", "Unable to retrieve access token: appid/redirect uri/code verifier does "
                           "not match authorization code. Or authorization code expired. Or external member binding exists"),
        "bad-refresh": _oauth(400, "invalid_request", "The provided authorization grant or refresh token is invalid, "
                              "expired or revoked"),
        "no-access": (401, {"message": "Empty oauth2_access_token", "serviceErrorCode": 401, "status": 401}),
        "bad-access": REVOKED,
        "bad-access/unknown": INVALID,
        "bad-access/expired": _api(401, 65602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired"),
        "missing-scope": _api(403, 100, "ACCESS_DENIED", "Not enough permissions to access: userinfo.GET.NO_VERSION"),
        "no-role": _api(403, 100, "ACCESS_DENIED", "The member is no longer an administrator of the company"),
        "old-version": (426, {"status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version is not active"}),
        "account-locked": _api(403, 100, "ACCESS_DENIED", "Member is restricted"),
        "account-suspended": _api(403, 100, "ACCESS_DENIED", "Member is restricted"),
        "duplicate": (422, {"status": 422, "message": "Content is a duplicate of urn:li:share:7000000000000000000"}),
        "rate-limited": (429, {"status": 429, "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS",
                               "message": "Resource level throttle APPLICATION DAY limit for calls is reached."}),
    }

    def register(self):
        """The studio has no refresh tokens; the partner has."""
        super().register()
        self.apps.add(App("linkedin-partner", "linkedin-partner-secret-40fd9e2a", [self.redirect], extra={"partner": True}))

    def furnish(self, account):
        account.user_id = f"m{number_for(account.login, 9)}"
        number = number_for(account.login + "-company", 8)
        account.pages = {f"urn:li:organization:{number}": f"{account.display_name}, the company"}

    def routes(self):
        www, api = self.hosts
        return [
            ("*", www, "/oauth/v2/authorization", self.authorize),
            ("POST", www, "/oauth/v2/accessToken", self.token),
            ("POST", www, "/oauth/v2/introspectToken", self.introspect),
            ("POST", www, "/oauth/v2/revoke", self.revoke),
            ("GET", api, "/v2/userinfo", self.userinfo),
            ("GET", api, "/v2/organizationalEntityAcls", self.acls),
            ("GET", api, "/rest/organizationAcls", self.acls),
            ("POST", api, "/rest/posts", self.post),
            ("POST", api, "/v2/ugcPosts", self.post),
        ]

    # ---- tokens ------------------------------------------------------------------------------

    def begin(self, request):
        """The scope trap: asking for others ends what the member granted before."""
        for family in self.grants.living(request.account, request.app):
            if set(family.scopes) != set(request.scopes):
                family.end("scope-changed")
        return super().begin(request)

    def has_refresh(self, family):
        return bool(family.app.extra.get("partner"))

    def new_refresh(self, family):
        """A year from the consent on, whatever happens."""
        if not self.has_refresh(family):
            return None
        return self.grants.issue_refresh(family, family.begun + YEAR - self.clock.now(), self.token_prefixes[1])

    def access_ttl(self, family):
        """Neither token outlives the year."""
        if not self.has_refresh(family):
            return self.settings["access_ttl"]
        return min(self.settings["access_ttl"], family.begun + YEAR - self.clock.now())

    def token_answer(self, family, access, refresh):
        body = {"access_token": access.value, "expires_in": int(access.expires - access.issued),
                "scope": ",".join(family.scopes), "token_type": "Bearer"}
        if refresh:
            body.update(refresh_token=refresh.value, refresh_token_expires_in=int(refresh.expires - access.issued))
        if "openid" in family.scopes:
            body["id_token"] = idtoken.make(self, "https://www.linkedin.com/oauth", family)
        return body

    def client_credentials(self, app, form):
        raise Refusal("not-for-app")

    def password_changed(self, account):
        """Not known to end anything."""
        return 0

    async def introspect(self, http):
        form = await http.post()
        app = self.client(http, form)
        token = self.grants.access.get(form.get("token", ""))
        if token is None or token.family.app is not app:
            raise Refusal("bad-client")
        expired = token.expires <= self.clock.now()
        status = "revoked" if token.family.dead else "expired" if expired else "active"
        return web.json_response({
            "active": status == "active", "status": status, "client_id": app.client_id, "auth_type": "3L",
            "authorized_at": int(token.family.begun), "created_at": int(token.issued), "expires_at": int(token.expires),
            "scope": ",".join(token.family.scopes)})

    # ---- API ---------------------------------------------------------------------------------

    def check_access(self, value):
        """A renewed token is not known everywhere at once."""
        token = super().check_access(value)
        former = [other for other in self.grants.access.values()
                  if other.family is token.family and other.issued < token.issued]
        if former and self.clock.now() - token.issued < self.settings["lag"]:
            raise Refusal("bad-access", "not-here-yet")
        return token

    async def userinfo(self, http):
        token = self.bearer(http)
        self.need_scope(token, "openid", "profile")
        account = token.family.account
        return web.json_response({"sub": account.user_id, "name": account.display_name, "given_name": "The",
                                  "family_name": "Channel", "locale": {"country": "US", "language": "en"}})

    async def acls(self, http):
        """The organizations that the member administers."""
        account = self.bearer(http).family.account
        elements = [{"role": "ADMINISTRATOR", "state": "APPROVED", "roleAssignee": f"urn:li:person:{account.user_id}",
                     "organization": urn, "organizationalTarget": urn, "organizationalTarget~": {"localizedName": name}}
                    for urn, name in account.pages.items()]
        return web.json_response({"elements": elements, "paging": {"count": 10, "start": 0}})

    async def post(self, http):
        account = self.bearer(http).family.account
        if int(http.headers.get("LinkedIn-Version", self.settings["oldest_version"])) < self.settings["oldest_version"]:
            raise Refusal("old-version")
        body = await http.json()
        author = body.get("author", "")
        if author.startswith("urn:li:organization:") and author not in account.pages:
            raise Refusal("no-role")
        if account.extra.get("last") == body.get("commentary"):
            raise Refusal("duplicate")
        account.extra["last"] = body.get("commentary")
        return web.json_response({}, status=201, headers={"x-restli-id": "urn:li:share:7000000000000000001"})
