# SPDX-License-Identifier: LGPL-2.1-or-later
"""A platform says no."""

from aiohttp import web


class Refusal(Exception):
    """`kind` is what is wrong, in the simulator's words ("bad-secret"); `why` narrows it
    ("password-changed"). How a platform puts that on the wire is its table REFUSALS."""

    def __init__(self, kind, why=""):
        super().__init__(f"{kind}/{why}" if why else kind)
        self.kind, self.why = kind, why


def find(table, refusal):
    """The line of `table` for kind and why, or else for the kind alone."""
    line = table.get(f"{refusal.kind}/{refusal.why}") or table.get(refusal.kind)
    return (*line, {}, {})[:3] if line else None


def as_response(table, refusal):
    """(status, body[, headers]) of the table as an answer; a body that is no text goes as JSON."""
    line = find(table, refusal)
    if line is None:
        return web.Response(status=500, text=f"the simulator does not know how to say {refusal}")
    status, body, headers = line
    if isinstance(body, str):
        return web.Response(status=status, text=body, headers=headers)
    return web.json_response(body, status=status, headers=headers)
