# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a platform can do wrong, on request: { path, mode, times }."""

import asyncio
import json

from aiohttp import web


class Faults:
    def __init__(self):
        self._planned = {}

    def plan(self, path, mode, times):
        if mode:
            self._planned[path] = [mode, times]
        else:
            self._planned.pop(path, None)

    def clear(self):
        self._planned.clear()

    def take(self, path):
        entry = self._planned.get(path)
        if entry is None:
            return None
        if entry[1] > 0:
            entry[1] -= 1
            if entry[1] == 0:
                del self._planned[path]
        return entry[0]


def _json(status, text, **headers):
    return web.Response(status=status, text=text, content_type="application/json",
                        headers={name.replace("_", "-"): value for name, value in headers.items()})


async def _hang(request):
    await asyncio.sleep(600)
    return web.Response(status=504)


async def _drop(request):
    request.transport.close()
    return web.Response()


async def _truncated(request):
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    await response.prepare(request)
    await response.write(b'{"access_token":"half-an-answer","token_type":')
    request.transport.close()
    return response


FAULTS = {
    "500": lambda request: web.Response(status=500, text="boom"),
    "503": lambda request: web.Response(status=503, text="later", headers={"Retry-After": "1"}),
    "429": lambda request: _json(429, '{"error":"slow_down"}', Retry_After="2"),
    "junk": lambda request: _json(200, '{"access_token":'),
    "html": lambda request: web.Response(text="<html><body>Down for maintenance</body></html>",
                                         content_type="text/html"),
    "huge": lambda request: _json(200, json.dumps({"access_token": "A" * 2 * 1024 * 1024})),
    "deep": lambda request: _json(200, "[" * 100000 + "]" * 100000),
    "redirect": lambda request: web.Response(status=307, headers={"Location": "/_elsewhere"}),
    "invalid-client": lambda request: _json(401, '{"error":"invalid_client"}'),
    "hang": _hang,
    "drop": _drop,
    "truncated": _truncated,
}


async def answer(mode, request):
    result = FAULTS[mode](request)
    return await result if asyncio.iscoroutine(result) else result
