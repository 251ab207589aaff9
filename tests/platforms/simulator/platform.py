# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every platform has: hosts, routes, people, apps, grants, a clock, a log, faults."""

import secrets

from .accounts import Accounts
from .apps import App, Apps
from .clock import Clock
from .codes import Codes
from .consent import Consent
from .faults import Faults
from .grants import Grants
from .refusal import Refusal, as_response

class Platform:
    """One platform. A subclass says `name`, `title`, `hosts`, its settings, its REFUSALS and its
    routes; oauth.py has the OAuth 2.0 endpoints for it."""

    name = ""          # in control addresses
    title = ""         # on its pages
    hosts = ()         # every host name that it answers for
    redirect = "http://127.0.0.1:18998/cb"  # what is registered for its apps: what it lets them register
    token_path = ""    # where faults happen unless another path is named
    secret_length = 30
    settings_at_start = {}
    REFUSALS = {"no-access": (401, {"error": "invalid_token"}), "bad-access": (401, {"error": "invalid_token"}),
                "app-deleted": (401, {"error": "invalid_client"})}

    def __init__(self):
        self.issued = set()   # every secret ever handed out
        self.entries = []     # the log: every request
        self.reset()

    def reset(self):
        """As at the start; the log and the list of secrets stay."""
        self.clock = Clock()
        self.accounts = Accounts(self.furnish)
        self.apps = Apps()
        self.grants = Grants(self.clock, self.new_secret)
        self.codes = Codes(self.clock, self.new_secret)
        self.consent = Consent(self)
        self.faults = Faults()
        self.headers = {}  # of every good answer
        self.settings = {"interval": 1, "code_ttl": 60, "device_ttl": 120, **self.settings_at_start}
        self.register()
        self.issued.update(app.secret for app in self.apps.all() if app.secret)

    # ---- what a subclass changes -------------------------------------------------------------

    def register(self):
        """Adds the apps. Every platform has NAME-studio, with a secret and one redirect URI, and
        NAME-other-studio, which is somebody else's."""
        self.apps.add(App(f"{self.name}-studio", f"{self.name}-client-secret-8e2f11d7", [self.redirect]))
        self.apps.add(App(f"{self.name}-other-studio", f"{self.name}-other-client-secret-51c0", [self.redirect]))

    def furnish(self, account):
        """Completes a new account: ids in the platform's own form, pages, what else it has."""

    def routes(self):
        """(method, host, path, handler): host "*" is every host of the platform, {name} in a path
        one segment, which the handler finds in http["match"]. A handler takes the aiohttp request,
        returns a response, or raises Refusal."""
        return []

    def takes(self, http):
        """Whether a request is for this platform, where two share a host and a path."""
        return True

    def shown_path(self, path):
        """How a log names a request's path; not as it is where secrets stand in it."""
        return path

    def password_changed(self, account):
        """What changing the password does to the account's grants; how many it ends."""
        return self.grants.end("password-changed", account)

    def check_account(self, account):
        """Refuses where the platform refuses every request for an account in trouble."""
        if account and account.locked:
            raise Refusal("account-locked")
        if account and account.suspended:
            raise Refusal("account-suspended")

    # ---- helpers -----------------------------------------------------------------------------

    def new_secret(self, prefix):
        value = prefix + secrets.token_urlsafe(self.secret_length)
        self.issued.add(value)
        return value

    def bearer(self, http, scheme="Bearer"):
        """The access token that a request carries, if it is good; else Refusal."""
        word, _, value = http.headers.get("Authorization", "").partition(" ")
        return self.check_access(value if word.lower() == scheme.lower() else "")

    def check_access(self, value):
        token = self.grants.check_access(value)
        try:
            token.family.app.check()
        except Refusal as refusal:
            raise Refusal("bad-access", refusal.kind) from refusal
        self.check_account(token.family.account)
        return token

    def need_scope(self, token, *any_of):
        if not set(any_of) & set(token.family.scopes):
            raise Refusal("missing-scope", any_of[0])

    def spend(self, refusal):
        """A call of those that the app has left; `refusal` where there is none."""
        if self.settings["quota"] <= 0:
            raise Refusal(refusal)
        self.settings["quota"] -= 1

    def refuse(self, refusal):
        """The platform's own way to say it; what is said for every platform comes last."""
        return as_response({**Platform.REFUSALS, **self.REFUSALS}, refusal)
