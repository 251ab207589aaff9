# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is between an app's request and its tokens: authorization codes, PKCE, device codes."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field

from .accounts import Account
from .apps import App
from .grants import Family
from .refusal import Refusal

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


@dataclass
class AuthRequest:
    """An app asks a person for scopes."""
    app: App
    scopes: list
    expires: float = 0
    redirect_uri: str = ""
    state: str = ""
    challenge: str = ""
    user_code: str = ""
    interval: int = 1
    last_poll: float = 0
    account: Account | None = None  # who agreed
    denied: bool = False
    family: Family | None = None    # what became of it; a second use ends it
    query: dict = field(default_factory=dict)  # all that the app asked with
    extra: dict = field(default_factory=dict)


def s256(verifier):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def s256_hex(verifier):
    """As TikTok has it."""
    return hashlib.sha256(verifier.encode()).hexdigest()


def new_user_code(separator):
    return separator.join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(2))


class Codes:
    """Codes of both kinds, each good once."""

    def __init__(self, clock, new_secret):
        self._clock = clock
        self._new_secret = new_secret
        self._codes = {}

    def add(self, request, ttl, prefix):
        """The code that stands for `request` from now on."""
        request.expires = self._clock.now() + ttl
        code = self._new_secret(prefix)
        self._codes[code] = request
        return code

    def devices(self):
        return [request for request in self._codes.values() if request.user_code]

    def by_user_code(self, user_code):
        return next((request for request in self.devices() if request.user_code == user_code and not request.family), None)

    def redeem_code(self, app, form, transform=s256):
        """The request behind form's `code`; Refusal("bad-code", why) if redirect URI or PKCE do not fit."""
        request = self._codes.get(form.get("code"))
        if request is None or request.user_code or request.app is not app:
            raise Refusal("bad-code", "unknown")
        if request.family:
            request.family.end("code-replayed")
            raise Refusal("bad-code", "used")
        if request.expires <= self._clock.now():
            raise Refusal("bad-code", "expired")
        if form.get("redirect_uri", "") != request.redirect_uri:
            raise Refusal("bad-code", "redirect-uri")
        if request.challenge and transform(form.get("code_verifier", "")) != request.challenge:
            raise Refusal("bad-code", "pkce")
        return request

    def redeem_device(self, app, form, code_field="device_code"):
        """The request behind a device code, once a person agreed; until then Refusal("pending") and
        the other words of RFC 8628 section 3.5."""
        request = self._codes.get(form.get(code_field))
        if request is None or not request.user_code or request.app is not app or request.family:
            raise Refusal("bad-device-code")
        now = self._clock.now()
        if request.expires <= now:
            raise Refusal("device-code-expired")
        if request.denied:
            raise Refusal("device-denied")
        if request.last_poll and now - request.last_poll < request.interval * 0.9:
            request.interval += 5
            raise Refusal("slow-down")
        request.last_poll = now
        if request.account is None:
            raise Refusal("pending")
        return request
