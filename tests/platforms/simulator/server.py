# SPDX-License-Identifier: LGPL-2.1-or-later
"""The platform as a web server: its API, its control side, its log."""

import json
import time

from aiohttp import web

from .faults import Faults, answer
from .grants import Client, Memory, Settings
from .oauth import OAuth

CONFIDENTIAL = Client("lumen-studio", "lumen-client-secret-8e2f11d7", ["http://127.0.0.1:18998/cb"])


class Platform:
    """Everything below one origin. The log is one JSON object a line; it names tokens by hash."""

    def __init__(self, origin, log_path):
        self.memory = Memory()
        self.memory.clients[CONFIDENTIAL.client_id] = CONFIDENTIAL
        self.memory.issued.add(CONFIDENTIAL.secret)
        self.faults = Faults()
        self.oauth = OAuth(self.memory, origin)
        self.log = open(log_path, "a", buffering=1, encoding="utf-8")
        self.entries = []

    def app(self):
        app = web.Application(middlewares=[self._every_request])
        app.add_routes(self.oauth.routes())
        app.add_routes([
            web.get("/api/me", self.me),
            web.post("/api/live", self.live),
            web.route("*", "/_elsewhere", self.elsewhere),
            web.get("/_control/{what}", self.control),
        ])
        return app

    def note(self, entry):
        entry["at"] = time.time()
        self.entries.append(entry)
        self.log.write(json.dumps(entry) + "\n")

    @web.middleware
    async def _every_request(self, http, handler):
        if http.path.startswith("/_control/"):
            return await handler(http)
        mode = self.faults.take(http.path)
        if mode and mode != "lost":
            self.note({"path": http.path, "fault": mode})
            return await answer(mode, http)
        response = await handler(http)
        if "log" in http:
            self.note({"path": http.path, "lost": mode == "lost", **http["log"]})
        else:
            self.note({"path": http.path, "status": response.status})
        if mode == "lost":  # dealt with, but nobody will hear of it
            http.transport.close()
        return response

    # ---- the API an app talks to -------------------------------------------------------------

    def _bearer(self, http):
        return self.memory.living(http.headers.get("Authorization", "").removeprefix("Bearer "))

    async def me(self, http):
        token = self._bearer(http)
        if token is None:
            return web.json_response({"error": {"code": 190, "message": "invalid access token"}}, status=401)
        account = token.family.account
        return web.json_response({"sub": account.user_id, "id": account.user_id, "login": account.name,
                                  "name": account.display_name})

    async def live(self, http):
        token = self._bearer(http)
        if token is None:
            return web.json_response({"error": {"code": 190, "message": "invalid access token"}}, status=401)
        return web.json_response({"live": True, "channel": token.family.account.display_name})

    async def elsewhere(self, http):
        return web.json_response({"access_token": "token-from-elsewhere-0002", "token_type": "bearer"})

    # ---- the control side --------------------------------------------------------------------

    async def control(self, http):
        action = getattr(self, f"_control_{http.match_info['what'].replace('-', '_')}", None)
        if action is None:
            return web.Response(status=404, text="no such control")
        return web.json_response(action(**dict(http.query)))

    def _control_settings(self, **values):
        for name, value in values.items():
            old = getattr(self.memory.settings, name)
            setattr(self.memory.settings, name, value == "true" if isinstance(old, bool) else type(old)(value))
        return vars(self.memory.settings)

    def _control_fault(self, path="/oauth/token", mode="", times="0"):
        self.faults.plan(path, mode, int(times))

    def _control_change_password(self, account):
        self.memory.account(account).password = f"changed-{time.time()}"
        return self.memory.end("password changed", account)

    def _control_remove_app(self, account):
        return self.memory.end("authorization revoked", account)

    def _control_rename(self, account, name):
        self.memory.account(account).display_name = name

    def _control_suspend_client(self, client, suspended="true"):
        self.memory.clients[client].suspended = suspended == "true"

    def _control_deny_devices(self):
        for request in self.memory.requests.values():
            request.denied = bool(request.user_code)

    def _control_reset(self):
        self.faults.clear()
        self.memory.settings = Settings()
        for client in self.memory.clients.values():
            client.suspended = False

    def _control_requests(self):
        return self.entries

    def _control_secrets(self):
        return sorted(self.memory.issued)
