# SPDX-License-Identifier: LGPL-2.1-or-later
"""Waiting for something to become true, with the main loop running."""

import time

from gi.repository import GLib


def spin(seconds):
    """Runs the main loop for a while: for proving that something does not happen."""
    wait_for(lambda: False, seconds, None)


def wait_for(condition, seconds=10, what="condition"):
    """Runs the main loop until condition() is true and returns its value.

    Fails the test after `seconds`, unless `what` is None."""
    context = GLib.MainContext.default()
    deadline = time.monotonic() + seconds
    tick = GLib.timeout_source_new(20)
    tick.set_callback(lambda *_: True)
    tick.attach(context)
    try:
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                break
            context.iteration(True)
    finally:
        tick.destroy()
    assert what is None, f"timed out after {seconds} s waiting for: {what}"
    return None
