# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a platform can do wrong, on request."""

import asyncio
import json

from aiohttp import web

from .refusal import Refusal


class Faults:
    def __init__(self):
        self._planned = {}

    def plan(self, path, mode, times, status=200, body=""):
        if mode:
            self._planned[path] = [mode, times, status, body]
        else:
            self._planned.pop(path, None)

    def take(self, path):
        """(mode, status, body) of what goes wrong now, or None."""
        entry = self._planned.get(path)
        if entry is None:
            return None
        if entry[1] > 0:
            entry[1] -= 1
            if entry[1] == 0:
                del self._planned[path]
        return entry[0], entry[2], entry[3]


def _json(status, text):
    return web.Response(status=status, text=text, content_type="application/json")


async def _hang(http):
    await asyncio.sleep(600)
    return web.Response(status=504)


async def _drop(http):
    http.transport.close()
    return web.Response()


async def _truncated(http):
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    await response.prepare(http)
    await response.write(b'{"access_token":"half-an-answer","token_type":')
    http.transport.close()
    return response


FAULTS = {
    "500": lambda http: web.Response(status=500, text="boom"),
    "503": lambda http: web.Response(status=503, text="later", headers={"Retry-After": "1"}),
    "junk": lambda http: _json(200, '{"access_token":'),
    "html": lambda http: web.Response(text="<html><body>Down for maintenance</body></html>", content_type="text/html"),
    "huge": lambda http: _json(200, json.dumps({"access_token": "A" * 2 * 1024 * 1024})),
    "deep": lambda http: _json(200, "[" * 100000 + "]" * 100000),
    "redirect": lambda http: web.Response(status=307, headers={"Location": "/_elsewhere"}),
    "hang": _hang,
    "drop": _drop,
    "truncated": _truncated,
}


async def answer(platform, fault, http):
    """The wrong answer. "429" and "refuse:KIND/WHY" are said in the platform's own words."""
    mode, status, body = fault
    if mode == "answer":
        return _json(status, body)
    if mode == "429":
        mode = "refuse:rate-limited"
    if mode.startswith("refuse:"):
        return platform.refuse(Refusal(*mode.removeprefix("refuse:").split("/", 1)))
    result = FAULTS[mode](http)
    return await result if asyncio.iscoroutine(result) else result
