# SPDX-License-Identifier: LGPL-2.1-or-later
"""One web server for all platforms: finds the platform by the request's host, keeps the log."""

import asyncio
import json
import re
import time

from aiohttp import web

from .control import Control
from .faults import answer
from .refusal import Refusal, find


SLOWNESS = 2  # seconds, of the fault "slow"


class Route:
    def __init__(self, method, path, platform, handler):
        self.method, self.platform, self.handler = method, platform, handler
        self._pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path.replace(".", r"\.")) + "$")

    def match(self, http):
        """The path's named segments if the route is meant, else None."""
        found = self._pattern.match(http.path)
        if not found or self.method not in ("*", http.method) or not self.platform.takes(http):
            return None
        return found.groupdict()


class Server:
    """The log is one JSON object a line; it names tokens by hash."""

    def __init__(self, platforms, log_path):
        self.platforms = {platform.name: platform for platform in platforms}
        self._routes = {}
        self._log = open(log_path, "a", buffering=1, encoding="utf-8")
        for platform in platforms:
            for method, host, path, handler in platform.routes():
                for name in platform.hosts if host == "*" else [host]:
                    assert name in platform.hosts, f"{platform.name} has a route at {name}, which is not its host"
                    self._routes.setdefault(name, []).append(Route(method, path, platform, handler))

    def hosts(self):
        return sorted({host for platform in self.platforms.values() for host in platform.hosts})

    def app(self):
        app = web.Application()
        app.router.add_route("*", "/_control/{platform}/{what}", self._control)
        app.router.add_route("*", "/_control/", self._list)
        app.router.add_route("*", "/_consent/{key}/abort", self._abort)
        app.router.add_route("*", "/_elsewhere", self._elsewhere)
        app.router.add_route("*", "/{path:.*}", self._any)
        return app

    # ---- the platforms -----------------------------------------------------------------------

    async def _any(self, http):
        host = http.host.rsplit(":", 1)[0].lower()
        for route in self._routes.get(host, []):
            found = route.match(http)
            if found is not None:
                http["match"] = found
                return await self._serve(http, host, route)
        return web.json_response({"error": "not_found", "message": f"nothing at {host}{http.path}"}, status=404)

    async def _serve(self, http, host, route):
        platform = route.platform
        entry = {"at": time.time(), "host": host, "path": platform.shown_path(http.path), "method": http.method}
        fault = platform.faults.take(http.path)
        if fault and fault[0] == "slow":
            self._note(platform, {**entry, "fault": "slow"})
            await asyncio.sleep(SLOWNESS)
            fault = None
        if fault and fault[0] != "lost":
            self._note(platform, {**entry, "fault": fault[0]})
            return await answer(platform, fault, http)
        try:
            response = await route.handler(http)
        except Refusal as refusal:
            response = platform.refuse(refusal)
            entry["refused"] = str(refusal)
            line = find(platform.REFUSALS, refusal)
            if line and isinstance(line[1], dict):
                entry.update({name: line[1][name] for name in ("error", "error_description") if name in line[1]})
        if response.status < 400:
            response.headers.update(platform.headers)
        entry.update(status=response.status, **http.get("log", {}))
        if fault:  # dealt with, and nobody will hear of it
            entry["lost"] = True
            http.transport.close()
        self._note(platform, entry)
        return response

    def _note(self, platform, entry):
        platform.entries.append(entry)
        self._log.write(json.dumps({"platform": platform.name, **entry}) + "\n")

    # ---- what belongs to none of them --------------------------------------------------------

    async def _abort(self, http):
        key = http.match_info["key"]
        for platform in self.platforms.values():
            if platform.consent.knows(key):
                return platform.consent.abort(key)
        return web.Response(status=404, text="no such page")

    async def _elsewhere(self, http):
        return web.json_response({"access_token": "token-from-elsewhere-0002", "token_type": "bearer"})

    async def _control(self, http):
        platform = self.platforms.get(http.match_info["platform"])
        if platform is None:
            return web.Response(status=404, text="no such platform\n")
        return Control(platform).perform(http.match_info["what"], dict(http.query))

    async def _list(self, http):
        return web.json_response({name: list(platform.hosts) for name, platform in self.platforms.items()})
