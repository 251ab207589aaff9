# SPDX-License-Identifier: LGPL-2.1-or-later
"""Grants and their tokens."""

import hashlib
from dataclasses import dataclass, field

from .accounts import Account
from .apps import App
from .refusal import Refusal


def fingerprint(token):
    """How a log names a token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


@dataclass
class Family:
    """One grant: all tokens that came from one consent. An app's own grant has no account."""
    account: Account | None
    app: App
    scopes: list
    begun: float
    dead: str = ""                             # why it ended ("password-changed"); "" while it lives
    extra: dict = field(default_factory=dict)  # what only this platform knows about: the page chosen, …

    def end(self, why):
        self.dead = self.dead or why


@dataclass
class Token:
    value: str
    family: Family
    issued: float
    expires: float
    used: bool = False   # a refresh token that works once, and did
    dead: bool = False   # this token alone


class Grants:
    def __init__(self, clock, new_secret):
        self._clock = clock
        self._new_secret = new_secret
        self.families = []
        self.access = {}
        self.refresh = {}

    def begin(self, account, app, scopes):
        family = Family(account, app, list(scopes), self._clock.now())
        self.families.append(family)
        return family

    def _issue(self, where, prefix, family, ttl):
        now = self._clock.now()
        token = Token(self._new_secret(prefix), family, now, now + ttl)
        where[token.value] = token
        return token

    def issue_access(self, family, ttl, prefix="access-"):
        return self._issue(self.access, prefix, family, ttl)

    def issue_refresh(self, family, ttl, prefix="refresh-"):
        return self._issue(self.refresh, prefix, family, ttl)

    def _check(self, token, kind):
        if token is None:
            raise Refusal(kind, "unknown")
        if token.family.dead:
            raise Refusal(kind, token.family.dead)
        if token.dead:
            raise Refusal(kind, "superseded")
        if token.expires <= self._clock.now():
            raise Refusal(kind, "expired")
        return token

    def check_access(self, value):
        """The access token, if it is good now; else Refusal("bad-access", why)."""
        if not value:
            raise Refusal("no-access")
        return self._check(self.access.get(value), "bad-access")

    def check_refresh(self, value, app, once=False):
        """The refresh token, if `app` may use it now; else Refusal("bad-refresh", why). With `once`
        it is used up, and its second use ends the whole family."""
        token = self.refresh.get(value)
        if token and token.family.app is not app:
            token = None
        token = self._check(token, "bad-refresh")
        if token.used:
            token.family.end("replayed")
            raise Refusal("bad-refresh", "replayed")
        token.used = once
        return token

    def living(self, account=None, app=None):
        return [family for family in self.families if not family.dead
                and (account is None or family.account is account) and (app is None or family.app is app)]

    def end(self, why, account=None, app=None):
        """Ends the families of an account, of an app, or of both together; how many."""
        ended = self.living(account, app)
        for family in ended:
            family.end(why)
        return len(ended)
