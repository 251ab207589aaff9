# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person at the platform's pages: logs in, agrees or not, is sent back to the app."""

import secrets

from .pages import code_page, consent_page, go_to, login_page, page
from .refusal import Refusal

COOKIE = "logged_in_as"


class Consent:
    """Serves a platform's authorization page and its page for device codes."""

    def __init__(self, platform):
        self._platform = platform
        self._open = {}          # key on the page: the request it is about
        self.narrow_to = None    # scopes that alone are granted from now on
        self.denies = False      # the person says no from now on
        self.denied_with = ""    # or the platform does, with this word
        self.picks = ""          # the page that is chosen from now on

    def _show(self, request, account=None, key=None):
        key = key or secrets.token_hex(8)
        self._open[key] = request
        if account is None:
            return login_page(self._platform.title, key)
        answer = consent_page(self._platform.title, key, account.display_name, request.scopes,
                              self._platform.choices(request, account))
        answer.set_cookie(COOKIE, account.login, path="/")
        return answer

    def _whose_browser(self, http, forced):
        login = http.cookies.get(COOKIE)
        return self._platform.accounts.log_in(login) if login and not forced else None

    async def authorize(self, http, new_request, forced=False):
        """The authorization page. new_request(query) makes the AuthRequest, or refuses: then a page says so.
        `forced`: log in again, whoever is logged in."""
        form = await http.post() if http.method == "POST" else {}
        if form:
            return self._next(http, form)
        try:
            request = new_request(http.query)
        except Refusal as refusal:
            return page(f"{self._platform.title} cannot go on", f"<p>{refusal}</p>", 400)
        return self._show(request, self._whose_browser(http, forced))

    async def activate(self, http):
        """The page where a device's code is typed."""
        form = await http.post() if http.method == "POST" else {}
        if form.get("xsrf"):
            return self._next(http, form)
        typed = (form.get("user_code") or "").strip().upper()
        request = self._platform.codes.by_user_code(typed) if typed else None
        if request is None:
            return code_page(self._platform.title, http.query.get("user_code") or http.query.get("device-code", ""))
        return self._show(request, self._whose_browser(http, False))

    def _next(self, http, form):
        key = form.get("xsrf", "")
        request = self._open.get(key)
        if request is None:
            return page(f"{self._platform.title} cannot go on", "<p>This page is too old.</p>", 400)
        if form.get("prompt") == "login":
            return self._show(request, self._platform.accounts.log_in(form["login"]), key)
        if COOKIE not in http.cookies:
            return self._show(request, None, key)
        if self.denies:
            return self.abort(key)
        del self._open[key]
        if form.get("chosen"):
            request.scopes = [scope for scope in request.scopes if scope in form.getall("scope", [])]
        if self.narrow_to is not None:
            request.scopes = [scope for scope in request.scopes if scope in self.narrow_to]
        account = self._platform.accounts.get(http.cookies[COOKIE])
        self._platform.agreed(request, account, form.get("page") or self.picks)
        request.account = account
        if request.user_code:
            return page(self._platform.title, "<p>Done. You can go back to your device.</p>")
        return go_to(self._platform.redirect_with_code(request))

    def abort(self, key):
        """The person said no."""
        request = self._open.pop(key, None)
        if request is None:
            return page(f"{self._platform.title} cannot go on", "<p>This page is too old.</p>", 400)
        request.denied = True
        if request.user_code:
            return page(self._platform.title, "<p>Refused. You can go back to your device.</p>")
        return go_to(self._platform.redirect_refused(request))

    def knows(self, key):
        return key in self._open
