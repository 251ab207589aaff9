# SPDX-License-Identifier: LGPL-2.1-or-later
"""The people who have an account at a platform."""

import hashlib
from dataclasses import dataclass, field


def number_for(name, digits=9):
    """A number that is always the same for the same name."""
    value = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return str(10 ** (digits - 1) + value % (9 * 10 ** (digits - 1)))


@dataclass
class Account:
    login: str
    user_id: str
    display_name: str
    handle: str = ""         # the name by which others find it; may change, as the login here does not
    locked: bool = False     # a checkpoint: the platform wants to see the person first
    suspended: bool = False
    pages: dict = field(default_factory=dict)  # id: name of what it may act for (pages, channels, organizations)
    extra: dict = field(default_factory=dict)  # what only this platform knows about


class Accounts:
    """Any name can log in, with any password: an account comes into being at its first login."""

    def __init__(self, furnish):
        self._accounts = {}
        self._furnish = furnish
        self.next_login = ""  # who is logged in to the browser, whatever is typed

    def get(self, login):
        if login not in self._accounts:
            account = Account(login, number_for(login), f"The {login} channel", login)
            self._furnish(account)
            self._accounts[login] = account
        return self._accounts[login]

    def log_in(self, login):
        return self.get(self.next_login or login)

    def all(self):
        return list(self._accounts.values())
