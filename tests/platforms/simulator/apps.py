# SPDX-License-Identifier: LGPL-2.1-or-later
"""The apps that are registered at a platform, and how they prove who they are."""

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from .refusal import Refusal

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass
class App:
    client_id: str
    secret: str = ""                 # "": a public app
    redirect_uris: list = field(default_factory=list)
    any_port: bool = False           # a loopback redirect URI is good on every port (RFC 8252)
    suspended: bool = False
    deleted: bool = False
    limit: str = ""                  # what the platform takes from it, in the platform's own words
    extra: dict = field(default_factory=dict)

    @property
    def public(self):
        return not self.secret

    def check(self):
        """Refuses where the platform does not let the app in any more."""
        if self.deleted:
            raise Refusal("app-deleted")
        if self.suspended:
            raise Refusal("app-suspended")

    def takes_redirect(self, uri):
        if uri in self.redirect_uris:
            return True
        return self.any_port and any(_without_port(uri) == _without_port(known) for known in self.redirect_uris)


def _without_port(uri):
    parts = urlsplit(uri or "")
    return (parts.scheme, parts.hostname, parts.path) if parts.hostname in LOOPBACK else None


class Apps:
    def __init__(self):
        self._apps = {}

    def add(self, app):
        self._apps[app.client_id] = app
        return app

    def get(self, client_id):
        return self._apps.get(client_id)

    def all(self):
        return list(self._apps.values())

    def authenticate(self, http, form, forms, id_field="client_id"):
        """The app that makes a request. `forms`: where a secret may stand, of "basic" and "post"."""
        client_id, secret = form.get(id_field, ""), ""
        basic = _basic(http)
        if basic and "basic" in forms:
            if client_id and client_id != basic[0]:
                raise Refusal("bad-client")
            client_id, secret = basic
        elif "post" in forms:
            secret = form.get("client_secret", "")
        if not client_id:
            raise Refusal("no-client")
        app = self.get(client_id)
        if app is None:
            raise Refusal("bad-client")
        app.check()
        if not app.public and not secret:
            raise Refusal("no-secret")
        if not secrets.compare_digest(app.secret.encode(), secret.encode()):
            raise Refusal("bad-secret")
        return app


def _basic(http):
    """(client id, secret) of a Basic header, both form-decoded as RFC 6749 section 2.3.1 has it."""
    scheme, _, value = http.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote(client_id), unquote(secret)
