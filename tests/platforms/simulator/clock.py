# SPDX-License-Identifier: LGPL-2.1-or-later
"""A platform's own time."""

import time


class Clock:
    """Unix seconds; they run faster than ours where told so, and can be moved ahead."""

    def __init__(self):
        self._speed = 1.0
        self._real = time.monotonic()
        self._then = time.time()

    def now(self):
        return self._then + (time.monotonic() - self._real) * self._speed

    def run(self, speed):
        self._then, self._real = self.now(), time.monotonic()
        self._speed = speed

    def advance(self, seconds):
        self._then += seconds
