# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facebook: pages with tokens of their own, debug_token, a device login of its own; and Instagram
accounts that are linked to pages."""

from aiohttp import web

from .accounts import number_for
from .codes import AuthRequest, new_user_code
from .meta import DAY, Meta, graph
from .refusal import Refusal

TASKS = ["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
PER_REQUEST = 25
NEVER = 100 * 365 * DAY


class Facebook(Meta):
    name = "facebook"
    title = "Facebook"
    hosts = ("www.facebook.com", "graph.facebook.com")
    token_path = "/v25.0/oauth/access_token"
    activate_uri = "https://www.facebook.com/device"
    user_code_separator = ""
    settings_at_start = {**Meta.settings_at_start, "data_access_ttl": 90 * DAY, "device_ttl": 420, "interval": 5}
    REFUSALS = {
        **Meta.REFUSALS,
        "pending": graph(31, "This request requires the user to take a pending action", 1349174,
                         error_user_title="Device Login Authorization Pending"),
        "slow-down": graph(17, "User request limit reached", 1349172, error_user_title="OAuth Device Excessive Polling"),
        "device-code-expired": graph(463, "The device code has expired", 1349152),
        "bad-device-code": graph(463, "The device code has expired", 1349152),
        "device-denied": graph(463, "The device code has expired", 1349152),
    }

    def register(self):
        super().register()
        self.apps.get("facebook-studio").extra["client_token"] = "facebook-client-token-77d0"

    def redirect_with_code(self, request):
        return super().redirect_with_code(request) + "#_=_"

    def redirect_refused(self, request):
        return super().redirect_refused(request) + "#_=_"

    def furnish(self, account):
        """One page, with an Instagram account linked to it."""
        account.user_id = number_for(account.login, 16)
        page = number_for(account.login + "-page", 15)
        account.pages = {page: f"{account.display_name}, the page"}
        account.extra = {"tasks": {}, "instagram": {page: {"id": f"17841{number_for(page, 12)}", "username": account.login}}}

    def reset(self):
        super().reset()
        self.of_pages = {}  # page tokens: the page's id

    def routes(self):
        www, api = self.hosts
        return [
            ("*", www, "/{version}/dialog/oauth", self.authorize),
            ("*", www, "/device", self.activate),
            ("*", api, "/{version}/oauth/access_token", self.token),
            ("POST", api, "/{version}/device/login", self.device),
            ("POST", api, "/{version}/device/login_status", self.device_status),
            ("GET", api, "/{version}/debug_token", self.debug_token),
            ("GET", api, "/{version}/me", self.me),
            ("GET", api, "/{version}/me/accounts", self.pages_of_me),
            ("GET", api, "/{version}/me/permissions", self.permissions),
            ("DELETE", api, "/{version}/me/permissions", self.remove_permissions),
            ("GET", api, "/{version}/{page}", self.page),
            ("POST", api, "/{version}/{page}/feed", self.post),
            ("POST", api, "/{version}/{page}/media", self.post),
        ]

    # ---- consent -----------------------------------------------------------------------------

    def agreed(self, request, account, page):
        """Every page is ticked, or the one that was picked."""
        request.extra["ticked"] = [page] if page else list(account.pages)
        request.extra["active"] = self.clock.now()

    # ---- the token endpoint ------------------------------------------------------------------

    async def token(self, http):
        form = await self.form(http)
        if form.get("grant_type") == "fb_exchange_token":
            app = self.client(http, form)
            old = self.check_access(form.get("fb_exchange_token", ""))
            if old.family.app is not app:
                raise Refusal("bad-access", "unknown")
            return self.exchange(http, old, self.settings["access_ttl"])
        return await super().token(http)

    def access_ttl(self, family):
        return self.settings["short_ttl"]

    def token_answer(self, family, access, refresh):
        return {"access_token": access.value, "token_type": "bearer", "expires_in": int(access.expires - access.issued)}

    # ---- device login, which is not RFC 8628 -------------------------------------------------

    def device_app(self, form):
        client_id, _, client_token = form.get("access_token", "").partition("|")
        app = self.apps.get(client_id)
        if app is None or app.extra.get("client_token") != client_token:
            raise Refusal("bad-access", "unknown")
        return app

    async def device(self, http):
        form = await http.post()
        request = AuthRequest(self.device_app(form), self.scopes_in(form.get("scope")),
                              user_code=new_user_code(""), interval=self.settings["interval"])
        code = self.codes.add(request, self.settings["device_ttl"], "")
        return web.json_response({"code": code, "user_code": request.user_code, "verification_uri": self.activate_uri,
                                  "expires_in": self.settings["device_ttl"], "interval": request.interval})

    async def device_status(self, http):
        form = await http.post()
        request = self.codes.redeem_device(self.device_app(form), form, "code")
        request.family = self.begin(request)
        http["log"] = {"grant_type": "device"}
        return self.hand_out(http, request.family, None)

    # ---- who a token is ----------------------------------------------------------------------

    def check_access(self, value):
        """A page's token is good while the person behind it has the page."""
        token = super().check_access(value)
        page = self.of_pages.get(value)
        if page and page in token.family.extra.get("deleted", []):
            raise Refusal("bad-access", "page-deleted")
        if page and page not in token.family.account.pages:
            raise Refusal("bad-access", "role-lost")
        return token

    def data_until(self, family):
        return int(family.extra.get("active", family.begun) + self.settings["data_access_ttl"])

    def need_data(self, token):
        if self.data_until(token.family) <= self.clock.now():
            raise Refusal("data-access")

    def inspector(self, http):
        """The app that asks about a token, in its own name."""
        client_id, _, secret = self.presented(http).partition("|")
        app = self.apps.get(client_id)
        if app is None or app.secret != secret:
            raise Refusal("bad-secret")
        app.check()
        return app

    async def debug_token(self, http):
        app = self.inspector(http)
        value = http.query.get("input_token", "")
        data = {"app_id": app.client_id, "application": app.client_id, "is_valid": True}
        try:
            token = self.check_access(value)
        except Refusal as refusal:
            return web.json_response({"data": {**data, "is_valid": False, "error": self.why_dead(refusal), "scopes": []}})
        if token.family.app is not app:
            raise Refusal("other-app")
        family, page = token.family, self.of_pages.get(value)
        ticked = [number for number in family.extra["ticked"] if number in family.account.pages]
        data.update(type="PAGE" if page else "USER", expires_at=0 if page else int(token.expires),
                    data_access_expires_at=self.data_until(family), issued_at=int(token.issued), scopes=family.scopes,
                    granular_scopes=[{"scope": scope, "target_ids": ticked} if scope.startswith("pages_") else {"scope": scope}
                                     for scope in family.scopes],
                    user_id=family.account.user_id)
        if page:
            data["profile_id"] = page
        return web.json_response({"data": data})

    # ---- the API -----------------------------------------------------------------------------

    async def me(self, http):
        """With a page's token "me" is the page."""
        token = self.caller(http)
        page, account = self.of_pages.get(token.value), token.family.account
        return web.json_response({"id": page, "name": account.pages[page]} if page
                                 else {"id": account.user_id, "name": account.display_name})

    def describe(self, account, page, fields):
        told = {"id": page, "name": account.pages[page]}
        if "tasks" in fields:
            told["tasks"] = account.extra["tasks"].get(page, TASKS)
        if "instagram_business_account" in fields and page in account.extra["instagram"]:
            told["instagram_business_account"] = account.extra["instagram"][page]
        return told

    async def pages_of_me(self, http):
        """A page of the list at a time; the next one's address has the token in it."""
        token = self.caller(http)
        self.need_scope(token, "pages_show_list")
        self.need_data(token)
        account = token.family.account
        ticked = [page for page in account.pages if page in token.family.extra["ticked"]]
        begin = int(http.query.get("after", "0"))
        end = begin + min(int(http.query.get("limit", "25")), self.settings.get("page_size", PER_REQUEST))
        body = {"data": [self.describe(account, page, http.query.get("fields", "")) for page in ticked[begin:end]]}
        if ticked[begin:end]:
            body["paging"] = {"cursors": {"before": str(begin), "after": str(end)}}
        if end < len(ticked):
            body["paging"]["next"] = f"https://graph.facebook.com{http.path}?access_token={token.value}&after={end}"
        return web.json_response(body)

    def page_of(self, http, token):
        page = http["match"]["page"]
        if self.of_pages.get(token.value, page) != page or page not in token.family.account.pages:
            raise Refusal("no-object")
        if page not in token.family.extra["ticked"]:
            raise Refusal("missing-scope")
        self.need_data(token)
        return page

    async def page(self, http):
        token = self.caller(http)
        page, family = self.page_of(http, token), token.family
        fields = http.query.get("fields", "")
        told = self.describe(family.account, page, fields)
        if fields == "access_token":
            told = {"id": page, "access_token": self.mint(token, page)}
        return web.json_response(told)

    def mint(self, token, page):
        """The page's token of a long-lived token has no end; the same again while it lives."""
        known = next((value for value, number in self.of_pages.items()
                      if number == page and self.grants.access[value].family is token.family), None)
        if known:
            return known
        lives_long = token.expires - token.issued > self.settings["short_ttl"]
        fresh = self.grants.issue_access(token.family, NEVER if lives_long else self.settings["short_ttl"], "EAAP")
        self.of_pages[fresh.value] = page
        return fresh.value

    async def post(self, http):
        token = self.caller(http)
        if token.value not in self.of_pages:
            raise Refusal("missing-scope")
        account = token.family.account
        linked = account.extra["instagram"].get(self.of_pages[token.value], {}).get("id")
        if http["match"]["page"] not in (self.of_pages[token.value], linked):
            raise Refusal("no-object")
        self.need_scope(token, "pages_manage_posts" if http.path.endswith("/feed") else "instagram_content_publish")
        if account.extra.get("blocked"):
            raise Refusal("blocked")
        return web.json_response({"id": "1_2"})

    async def permissions(self, http):
        token = self.caller(http)
        return web.json_response({"data": [{"permission": scope, "status": "granted"} for scope in token.family.scopes]})

    async def remove_permissions(self, http):
        """The app is taken away from the person: every grant of it ends."""
        token = self.caller(http)
        if token.value in self.of_pages:
            raise Refusal("missing-scope")
        self.grants.end("app-removed", token.family.account, token.family.app)
        return web.json_response({"success": True})

    # ---- control -----------------------------------------------------------------------------

    def control_untick(self, account, page=""):
        """The page is unticked in the person's settings for the app; all of them if none is named."""
        person = self.accounts.get(account)
        for family in self.grants.living(person):
            family.extra["ticked"] = [known for known in family.extra["ticked"] if page and known != page]

    def control_tick(self, account):
        person = self.accounts.get(account)
        for family in self.grants.living(person):
            family.extra["ticked"] = list(person.pages)

    def control_tasks(self, account, page, tasks=""):
        """What the person may do on the page; empty: everything."""
        known = self.accounts.get(account).extra["tasks"]
        if tasks:
            known[page] = tasks.split(",")
        else:
            known.pop(page, None)

    def control_rename_page(self, account, page, name):
        self.accounts.get(account).pages[page] = name

    def control_unlink_instagram(self, account):
        self.accounts.get(account).extra["instagram"].clear()
