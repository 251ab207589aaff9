# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every secret of the test run, and the search for it where it must not be."""

import os
from urllib.parse import quote

SHORTEST = 12  # nothing shorter is unguessable, and it would match by chance


class Ledger:
    def __init__(self):
        self._secrets = set()

    def add(self, *secrets):
        for secret in secrets:
            if len(secret) >= SHORTEST:
                self._secrets.update({secret, quote(secret, safe="")})

    def __len__(self):
        return len(self._secrets)

    def found_in(self, data):
        """Those secrets that occur in `data` (bytes)."""
        return [secret for secret in self._secrets if secret.encode() in data]

    def search_files(self, *folders):
        """(path, secret) of every file below `folders` that holds a secret in clear."""
        hits = []
        for folder in folders:
            for root, _dirs, files in os.walk(folder):
                for name in files:
                    path = os.path.join(root, name)
                    if not os.path.isfile(path) or os.path.islink(path):
                        continue
                    with open(path, "rb") as stream:
                        hits += [(path, secret) for secret in self.found_in(stream.read())]
        return hits
