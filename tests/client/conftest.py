# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl against a broker that says what the test wants, on a bus of its own."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from mock_broker import Broker, Bus  # noqa: E402

PROGRAM = os.environ["CHANNELCTL"]
PLAIN = {"CHANNELKEEPER_CHANNELCTL": PROGRAM + "-full", "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
         "TERM": "xterm", "TZ": "UTC", "HOME": "/nonexistent"}


class Screen:
    """channelctl on a terminal of its own, driven as a person would."""

    def __init__(self, argv, env):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(argv[0], argv, env)

    def _read(self, seconds):
        if not select.select([self.fd], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.text += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, seconds=10):
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            assert self._read(0.1) and time.monotonic() < end, f"no {pattern!r} in:\n{self.text}"
        return re.search(pattern, self.text)

    def type(self, text):
        os.write(self.fd, text.encode())

    def wait(self, seconds=10):
        end = time.monotonic() + seconds
        while self._read(0.1):
            assert time.monotonic() < end, f"still running:\n{self.text}"
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.fd)
        return self.code


class Channelctl:
    def __init__(self, address):
        self.env = {**PLAIN, "DBUS_SYSTEM_BUS_ADDRESS": address}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]

    def __call__(self, *arguments, stdin="", env=None):
        return subprocess.run([PROGRAM, *arguments], input=stdin, text=True, capture_output=True,
                              env={**self.env, **(env or {})}, timeout=30, check=False)

    def start(self, *arguments, env=None, stdin=subprocess.DEVNULL):
        return subprocess.Popen([PROGRAM, *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env={**self.env, **(env or {})})

    def screen(self, *arguments, env=None):
        return Screen([PROGRAM, *arguments], {**self.env, **(env or {})})


@pytest.fixture(scope="session")
def bus(tmp_path_factory):
    it = Bus(tmp_path_factory.mktemp("bus"))
    yield it
    it.stop()


@pytest.fixture
def ctl(bus):
    return Channelctl(bus.address)


@pytest.fixture
def broker(bus):
    it = Broker(bus.address)
    yield it
    it.stop()
