# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures: one bus, one polkitd and one of each OAuth server a run, one broker a test."""

import itertools
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

from harness import setups  # noqa: E402
from harness.api import Api  # noqa: E402
from harness.broker import Broker  # noqa: E402
from harness.bus import Polkit, SystemBus  # noqa: E402
from harness.journal import Journal  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.oidc import OidcServer  # noqa: E402
from harness.platform import Simulator  # noqa: E402
from matrix.stage import TABLE  # noqa: E402

_numbers = itertools.count()
_ledger = Ledger()
_leaks = []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A skipped test is a failed one; a failed one shows what the broker said."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, which is not allowed: {report.longrepr}"
    broker = getattr(item, "funcargs", {}).get("broker")
    if report.failed and broker and os.path.exists(broker.log_path):
        report.sections.append(("broker log", broker.log_tail(80)))


def pytest_collectreport(report):
    if report.skipped:
        report.outcome = "failed"


@pytest.fixture(scope="session", autouse=True)
def ledger():
    """Where a test notes a secret of its own making."""
    assert os.path.isdir("/run/ck/tree"), "run tests/integration/run, not pytest"
    return _ledger


@pytest.fixture(scope="session", autouse=True)
def journal():
    it = Journal()
    yield it
    assert it.misfits() == [], "an entry does not have what its text in the catalog names"


@pytest.fixture(scope="session")
def bus(journal):
    it = SystemBus()
    it.start()
    yield it
    it.stop()


@pytest.fixture(scope="session")
def polkit(bus):
    it = Polkit()
    it.start()
    yield it
    it.stop()


@pytest.fixture(scope="session")
def oidc_server(ledger):
    it = OidcServer()
    it.start()
    yield it
    ledger.add(*it.secrets())
    it.stop()


@pytest.fixture
def oidc(oidc_server, ledger):
    oidc_server.reset()
    yield oidc_server
    ledger.add(*oidc_server.secrets())


@pytest.fixture(scope="session")
def simulator(ledger):
    """All simulated platforms."""
    it = Simulator()
    it.start()
    yield it
    for name in it.names():
        ledger.add(*it.platform(name).secrets())
    it.stop()


@pytest.fixture
def platforms(simulator, ledger):
    """platforms("twitch"): one of them, as at the start."""
    used = []

    def get(name):
        it = simulator.platform(name)
        it.reset()
        used.append(it)
        return it

    yield get
    for it in used:
        ledger.add(*it.secrets())


@pytest.fixture
def platform(platforms):
    """Lumen, the platform that is made up."""
    return platforms("lumen")


@pytest.fixture
def callers(polkit):
    """callers("bob"): a new connection of that user to the bus, closed after the test."""
    made = []

    def make(user):
        made.append(Api(user))
        return made[-1]

    yield make
    for caller in made:
        caller.close()


@pytest.fixture
def idle_broker(polkit, request):
    """A broker that is configured but not yet started."""
    it = Broker(f"/run/ck/t/{next(_numbers):04d}-{request.node.name[:40].replace('/', '_')}")
    yield it
    it.stop(expected=None if request.node.get_closest_marker("broker_may_fail") else 0)


@pytest.fixture
def broker(idle_broker):
    idle_broker.start()
    return idle_broker


@pytest.fixture
def root(broker, callers):
    return callers("root")


@pytest.fixture
def alice(broker, callers):
    return callers("alice")


@pytest.fixture
def bob(broker, callers):
    return callers("bob")


@pytest.fixture
def studio(broker, callers):
    return callers("studio")


@pytest.fixture
def oidc_channel(root, alice, oidc, broker):
    """A channel `main` at the real server, assigned to alice, usable by studio, not yet connected."""
    setups.add_oidc_provider(root, broker)
    setups.add_oidc_clients(root)
    return setups.add_oidc_channel(root, alice)


@pytest.fixture
def connected(oidc_channel):
    """The same, connected by alice as the account alice-channel."""
    setups.connect(oidc_channel, "alice-channel")
    return oidc_channel


@pytest.fixture
def lumen_channel(root, alice, platform, broker):
    """A channel `stage` at the simulated platform, assigned to alice, not yet connected."""
    setups.add_platform(root, broker)
    return setups.add_platform_channel(root, alice)


def pytest_sessionfinish(session, exitstatus):
    """The search for secrets: everything that was written anywhere in the run."""
    _leaks.extend(_ledger.search_files("/run/ck/log", "/run/ck/t", "/tmp/ck-run", "/var/lib/channelkeeper"))
    if _leaks:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter):
    for line in TABLE.lines():
        terminalreporter.write_line(line, red="  FAILED  " in line)
    terminalreporter.write_line(f"{len(_ledger)} secrets searched for in all logs, output and files")
    for path, secret in sorted(set(_leaks)):
        terminalreporter.write_line(f"LEAKED SECRET {secret[:6]}… in {path}", red=True)


def pytest_configure(config):
    config.addinivalue_line("markers", "broker_may_fail: the broker's exit code is not checked")
