# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real OAuth server (npm oidc-provider) and its control side."""

import os
import subprocess
from urllib.parse import urlencode

from .http import request

PORT = 18080
WEB_SECRET = "web-client-secret-5f1d09c2"
CRON_SECRET = "cron-client-secret-77ab3e1c"
API_SECRET = "api-client-secret-c09e55d1"
DEFAULTS = {"accessTtl": 3600, "refreshTtl": 30 * 86400, "rotate": "true", "offline": "false", "delay": 0}


class OidcServer:
    """`node server.mjs`; CK_OIDC names the folder in which npm installed it."""

    issuer = f"http://127.0.0.1:{PORT}"
    web_redirect = "http://127.0.0.1:18999/cb"

    def __init__(self):
        self.process = None

    def start(self):
        folder = os.environ["CK_OIDC"]
        self.process = subprocess.Popen(
            ["node", os.path.join(folder, "server.mjs"), str(PORT)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=open("/run/ck/log/oidc.log", "ab"), text=True)
        line = self.process.stdout.readline()
        assert line == "ready\n", f"the OAuth server said {line!r}; see oidc.log"

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def control(self, what, **query):
        answer = request("GET", f"{self.issuer}/_control/{what}?{urlencode(query)}")
        assert answer.status == 200, answer.body
        return answer.json()

    def settings(self, **values):
        return self.control("settings", **values)

    def reset(self):
        self.control("fault")
        for path in ("/token#after", "/me", "/.well-known/openid-configuration", "/token/revocation"):
            self.control("fault", path=path)
        self.settings(**DEFAULTS)

    def fault(self, mode="", path="/token", times=0):
        """The next `times` requests to `path` go wrong (0: until told otherwise; "": all is well)."""
        self.control("fault", mode=mode, path=path, times=times)

    def lose_answer(self, times=1):
        """The server deals with the next token request and then drops the connection."""
        self.fault("lost", "/token#after", times)

    def revoke_account(self, account):
        return self.control("revoke", account=account)["grants"]

    def rename(self, account, name):
        self.control("rename", account=account, name=name)

    def requests(self):
        """Every token request so far, and every request that a fault answered."""
        return self.control("requests")

    def token_requests(self, grant_type="refresh_token", since=0):
        return [entry for entry in self.requests()[since:] if entry.get("grant_type") == grant_type]

    def secrets(self):
        return self.control("secrets")

    def accepts(self, token):
        """The account that the server's own API sees behind an access token, or None."""
        answer = request("GET", f"{self.issuer}/me", headers={"authorization": f"Bearer {token}"})
        return answer.json()["sub"] if answer.status == 200 else None
