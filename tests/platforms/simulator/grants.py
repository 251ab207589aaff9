# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the platform remembers: accounts, clients, codes, and families of tokens."""

import hashlib
import secrets
import time
from dataclasses import dataclass, field


def fingerprint(token):
    """How a log names a token."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


@dataclass
class Account:
    name: str
    user_id: str
    display_name: str
    password: str


@dataclass
class Client:
    client_id: str
    secret: str
    redirect_uris: list
    suspended: bool = False


@dataclass
class Family:
    """One grant: all tokens that came from one consent."""
    account: Account
    client: Client
    scopes: list
    dead: str = ""  # why, in the words the platform uses; empty while it lives


@dataclass
class Token:
    value: str
    family: Family
    expires: float
    used: bool = False


@dataclass
class Request:
    """An authorization code or a device code on its way to a family."""
    client: Client
    scopes: list
    expires: float
    redirect_uri: str = ""
    challenge: str = ""
    user_code: str = ""
    interval: int = 1
    last_poll: float = 0
    account: Account = None
    denied: bool = False
    used: bool = False
    family: Family = None


@dataclass
class Settings:
    access_ttl: int = 60
    refresh_ttl: int = 30 * 86400
    interval: int = 1
    rotate: bool = True
    speed: float = 1.0  # how much faster the platform's clock runs


@dataclass
class Memory:
    settings: Settings = field(default_factory=Settings)
    accounts: dict = field(default_factory=dict)
    clients: dict = field(default_factory=dict)
    access: dict = field(default_factory=dict)
    refresh: dict = field(default_factory=dict)
    requests: dict = field(default_factory=dict)
    families: list = field(default_factory=list)
    issued: set = field(default_factory=set)  # every secret ever handed out
    started: float = field(default_factory=time.monotonic)

    def now(self):
        return (time.monotonic() - self.started) * self.settings.speed

    def account(self, name):
        """Any name can log in; an account comes into being at its first login."""
        if name not in self.accounts:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
            self.accounts[name] = Account(name, str(number), f"The {name} channel", "password")
        return self.accounts[name]

    def new_secret(self, prefix):
        value = f"{prefix}_{secrets.token_urlsafe(30)}"
        self.issued.add(value)
        return value

    def new_family(self, account, client, scopes):
        family = Family(account, client, scopes)
        self.families.append(family)
        return family

    def issue(self, family):
        """A new pair of tokens: (access, refresh)."""
        access = Token(self.new_secret("lat"), family, self.now() + self.settings.access_ttl)
        refresh = Token(self.new_secret("lrt"), family, self.now() + self.settings.refresh_ttl)
        self.access[access.value] = access
        self.refresh[refresh.value] = refresh
        return access, refresh

    def living(self, value):
        """The access token, if it is good now."""
        token = self.access.get(value)
        if token is None or token.family.dead or token.expires <= self.now() or token.family.client.suspended:
            return None
        return token

    def end(self, why, account=None):
        """Ends families, of one account or all; how many."""
        ended = [f for f in self.families if not f.dead and (account is None or f.account.name == account)]
        for family in ended:
            family.dead = why
        return len(ended)
