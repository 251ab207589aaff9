# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated platform of tests/platforms and its control side."""

import os
import subprocess
import time
from urllib.parse import urlencode

from .http import request

PORT = 18090
CLIENT_ID = "lumen-studio"
CLIENT_SECRET = "lumen-client-secret-8e2f11d7"
REDIRECT = "http://127.0.0.1:18998/cb"
FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "platforms")


class Platform:
    origin = f"http://127.0.0.1:{PORT}"

    def __init__(self):
        self.process = None

    def start(self):
        log = "/run/ck/log/platform.jsonl"
        self.process = subprocess.Popen([os.path.join(FOLDER, "run"), "--port", str(PORT), "--log", log],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=open("/run/ck/log/platform.log", "ab"))
        for _ in range(500):
            try:
                self.control("settings")
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the simulated platform does not answer; see platform.log")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def control(self, what, **query):
        answer = request("GET", f"{self.origin}/_control/{what}?{urlencode(query)}")
        assert answer.status == 200, answer.body
        return answer.json()

    def reset(self):
        self.control("reset")

    def settings(self, **values):
        return self.control("settings", **values)

    def fault(self, mode="", path="/oauth/token", times=0):
        self.control("fault", mode=mode, path=path, times=times)

    def lose_answer(self, times=1):
        self.fault("lost", times=times)

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
        """The login that the platform's API sees behind an access token, or None."""
        answer = request("GET", f"{self.origin}/api/me", headers={"authorization": f"Bearer {token}"})
        return answer.json()["login"] if answer.status == 200 else None
