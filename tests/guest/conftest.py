# SPDX-License-Identifier: LGPL-2.1-or-later
"""One guest a run. The tests are one story, told in the order of the files and of what is in them."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from guest import Guest  # noqa: E402
from world import World  # noqa: E402


@pytest.fixture(scope="session")
def guest():
    it = Guest(os.environ["CK_GUEST_WORK"])
    it.fill()
    try:
        it.boot()
        yield it
    finally:
        it.stop()


@pytest.fixture(scope="session")
def world(guest):
    return World(guest)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A skipped test is a failed one; a failed one shows what the units said."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed: {report.longrepr}"
    guest_of = getattr(item, "funcargs", {}).get("guest")
    if report.failed and guest_of and guest_of.leader:
        log = guest_of.run("journalctl", "--no-pager", "-n", "60", "-o", "short-monotonic").stdout
        report.sections.append(("journal", log))
