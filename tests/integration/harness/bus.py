# SPDX-License-Identifier: LGPL-2.1-or-later
"""The private system bus and the real polkitd on it."""

import os
import subprocess
import time

LOG_DIR = "/run/ck/log"
SOCKET = "/run/dbus/system_bus_socket"
POLKITD = "/usr/lib/polkit-1/polkitd"


def _log(name):
    return open(os.path.join(LOG_DIR, name), "ab")


class SystemBus:
    """One dbus-daemon, as root starts it at boot."""

    def __init__(self):
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["dbus-daemon", "--config-file=/run/dbus/system.conf", "--nofork", "--nopidfile", "--nosyslog"],
            stdin=subprocess.DEVNULL, stdout=_log("bus.log"), stderr=subprocess.STDOUT)
        _poll(lambda: os.path.exists(SOCKET), "the bus socket")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
        if os.path.exists(SOCKET):
            os.unlink(SOCKET)


class Polkit:
    """The machine's own polkitd, with this project's actions and rules alone."""

    def __init__(self):
        self.process = None

    def start(self):
        self.process = subprocess.Popen([POLKITD, "--no-debug"], stdin=subprocess.DEVNULL,
                                        stdout=_log("polkitd.log"), stderr=subprocess.STDOUT)
        _poll(self._on_bus, "polkitd on the bus")

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    @staticmethod
    def _on_bus():
        answer = subprocess.run(
            ["busctl", "--system", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
             "org.freedesktop.DBus", "NameHasOwner", "s", "org.freedesktop.PolicyKit1"],
            capture_output=True, text=True, check=False)
        return answer.stdout.strip() == "b true"


def _poll(condition, what, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {seconds} s"
        time.sleep(0.01)
