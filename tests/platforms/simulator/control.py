# SPDX-License-Identifier: LGPL-2.1-or-later
"""The control side: for the person or the test in charge, the same for every platform."""

import secrets

from aiohttp import web

from .codes import AuthRequest


def _yes(text):
    return text.lower() in ("true", "yes", "1")


class Control:
    """What can be done to a platform from outside. A method is an action, its arguments are the
    query's; a platform adds actions of its own as methods control_ACTION."""

    def __init__(self, platform):
        self._platform = platform

    def perform(self, what, query):
        name = what.replace("-", "_")
        action = getattr(self._platform, f"control_{name}", None) or getattr(self, f"do_{name}", None)
        if action is None:
            return web.Response(status=404, text=f"no such control: {what}\n")
        try:
            return web.json_response(action(**query))
        except (TypeError, ValueError, KeyError) as error:
            return web.Response(status=400, text=f"{what}: {error!r}\n")

    # ---- people ------------------------------------------------------------------------------

    def _account(self, login):
        return self._platform.accounts.get(login)

    def do_change_password(self, account):
        return self._platform.password_changed(self._account(account))

    def do_remove_app(self, account="", app=""):
        """The person removes the app in the platform's settings; without account, all grants of it end."""
        return self._platform.grants.end("app-removed", self._account(account) if account else None,
                                         self._app(app) if app else None)

    def do_consent(self, account, scopes="", app="", times="1"):
        """The person agrees once more, elsewhere."""
        for _ in range(int(times)):
            request = AuthRequest(self._app(app), scopes.split(), account=self._account(account),
                                  query={"access_type": "offline", "prompt": "consent"})
            self._platform.agreed(request, request.account, "")
            self._platform.new_refresh(self._platform.begin(request))

    def do_withdraw(self, account, scopes):
        """The account's grants lose these scopes."""
        for family in self._platform.grants.living(self._account(account)):
            family.scopes = [scope for scope in family.scopes if scope not in scopes.split()]

    def do_hand_over(self, account, app=""):
        """The account's grants are another app's: as if the client here had got the wrong id."""
        for family in self._platform.grants.living(self._account(account)):
            family.app = self._app(app)

    def do_remove_page(self, account, page=""):
        """The person loses the role on a page, channel or organization; on all of them if none is named."""
        pages = self._account(account).pages
        for number in [page] if page else list(pages):
            del pages[number]

    def do_give_page(self, account, page, name):
        self._account(account).pages[page] = name

    def do_lock(self, account, locked="true"):
        self._account(account).locked = _yes(locked)

    def do_suspend_account(self, account, suspended="true"):
        self._account(account).suspended = _yes(suspended)

    def do_rename(self, account, name, handle=""):
        known = self._account(account)
        known.display_name, known.handle = name, handle or known.handle

    def do_login_as(self, account=""):
        """Whoever logs in from now on is that account: the wrong one in the browser. Empty: no more."""
        self._platform.accounts.next_login = account

    def do_narrow(self, **query):
        """scopes=A B: only those are granted at the next consents. Without scopes: all again."""
        self._platform.consent.narrow_to = query["scopes"].split() if "scopes" in query else None

    def do_pick(self, page=""):
        """The page, channel or organization that is chosen at the next consents."""
        self._platform.consent.picks = page

    def do_deny(self, denies="true", word=""):
        """The person says no at the next consents, and to the device codes now shown; `word`: the
        error in the redirect, where it is another."""
        self._platform.consent.denies = _yes(denies)
        self._platform.consent.denied_with = word
        for request in self._platform.codes.devices():
            request.denied = _yes(denies)

    def do_accounts(self):
        """Who has an account, with everything that is known about it."""
        return {account.login: {**vars(account), "grants": len(self._platform.grants.living(account))}
                for account in self._platform.accounts.all()}

    # ---- apps --------------------------------------------------------------------------------

    def _app(self, app):
        known = self._platform.apps.get(app or f"{self._platform.name}-studio")
        if known is None:
            raise ValueError(f"no app {app}")
        return known

    def do_suspend_app(self, app="", suspended="true"):
        self._app(app).suspended = _yes(suspended)

    def do_delete_app(self, app="", deleted="true"):
        self._app(app).deleted = _yes(deleted)

    def do_limit_app(self, app="", to=""):
        """The platform takes something from the app: one of its own words; empty: no more."""
        self._app(app).limit = to

    def do_rotate_secret(self, app=""):
        """A new client secret; the old one is wrong from now on."""
        known = self._app(app)
        known.secret = f"{known.client_id}-secret-{secrets.token_hex(8)}"
        self._platform.issued.add(known.secret)
        return known.secret

    def do_restore_secret(self, secret, app=""):
        """Back to a secret that was."""
        self._app(app).secret = secret

    def do_apps(self):
        return {app.client_id: vars(app) for app in self._platform.apps.all()}

    # ---- the server --------------------------------------------------------------------------

    def do_fault(self, mode="", path="", times="0", status="200", body=""):
        self._platform.faults.plan(path or self._platform.token_path, mode, int(times), int(status), body)

    def do_headers(self, **headers):
        """Headers of every good answer, such as what is left of a rate limit; none: as before."""
        self._platform.headers = headers

    def do_advance(self, seconds):
        """The platform's clock goes ahead; what it says afterwards."""
        self._platform.clock.advance(float(seconds))
        return self._platform.clock.now()

    def do_settings(self, speed=None, **values):
        if speed:
            self._platform.clock.run(float(speed))
        settings = self._platform.settings
        for name, value in values.items():
            settings[name] = _yes(value) if isinstance(settings[name], bool) else int(value)
        return settings

    def do_reset(self):
        self._platform.reset()

    def do_requests(self):
        return self._platform.entries

    def do_secrets(self):
        return sorted(self._platform.issued)
