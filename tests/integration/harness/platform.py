# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated platforms of tests/platforms and their control sides."""

import os
import subprocess
import time
from urllib.parse import urlencode

from . import http
from .http import request

PORT = 18090
CLIENT_ID = "lumen-studio"
CLIENT_SECRET = "lumen-client-secret-8e2f11d7"
FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "platforms")


class Simulator:
    """The server that plays all platforms: Lumen on a loopback port, the others under their real
    names on port 443, which this world's /etc/hosts maps to it."""

    def __init__(self):
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [os.path.join(FOLDER, "run"), "--port", str(PORT), "--tls", "443", "--hosts", "/etc/hosts",
             "--certificates", os.path.dirname(http.CA_FILE), "--log", "/run/ck/log/platform.jsonl"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open("/run/ck/log/platform.log", "ab"))
        for _ in range(1000):
            try:
                self.platform("lumen").settings()
                return
            except OSError:
                assert self.process.poll() is None, "the simulated platforms ended; see platform.log"
                time.sleep(0.02)
        raise AssertionError("the simulated platforms do not answer; see platform.log")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def platform(self, name):
        return Platform(name)

    def names(self):
        return list(request("GET", f"http://127.0.0.1:{PORT}/_control/").json())


class Platform:
    """One platform: what its own people, or its faults, can do."""

    origin = f"http://127.0.0.1:{PORT}"  # Lumen's, and the control side's

    def __init__(self, name="lumen"):
        self.name = name
        self.client_id = f"{name}-studio"
        self.client_secret = f"{name}-client-secret-8e2f11d7"
        self.resets = 0

    def control(self, what, **query):
        answer = request("GET", f"{self.origin}/_control/{self.name}/{what}?{urlencode(query)}")
        assert answer.status == 200, answer.body
        return answer.json()

    def reset(self):
        self.control("reset")
        self.resets += 1

    @property
    def redirect(self):
        """The redirect URI that is registered there."""
        return self.control("apps")[self.client_id]["redirect_uris"][0]

    def settings(self, **values):
        return self.control("settings", **values)

    def fault(self, mode="", path="", times=0, **details):
        """The next `times` requests to `path` (the token endpoint if empty) go wrong (0: until told
        otherwise; mode "": all is well)."""
        self.control("fault", mode=mode, path=path, times=times, **details)

    def lose_answer(self, times=1):
        self.fault("lost", times=times)

    def advance(self, seconds):
        return self.control("advance", seconds=seconds)

    def change_password(self, account):
        return self.control("change-password", account=account)

    def remove_app(self, account):
        return self.control("remove-app", account=account)

    def requests(self):
        return self.control("requests")

    def token_requests(self, grant_type="refresh_token", since=0):
        return [entry for entry in self.requests()[since:] if entry.get("grant_type") == grant_type]

    def secrets(self):
        return self.control("secrets")

    def accepts(self, token):
        """The login that Lumen's API sees behind an access token, or None."""
        answer = request("GET", f"{self.origin}/api/me", headers={"authorization": f"Bearer {token}"})
        return answer.json()["login"] if answer.status == 200 else None
