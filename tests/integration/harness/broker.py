# SPDX-License-Identifier: LGPL-2.1-or-later
"""The real channelkeeperd, started as its service user with a directory of its own."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time

from . import tree
from .caller import BUS_NAME, Caller
from .http import CA_FILE
from .users import SERVICE, popen_as
from .wait import wait_for

SANITIZER = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error:|-CRITICAL \*\*")

STARTED = re.compile(r"^channelkeeper-Message: .* \d+ channels$|the vault stays sealed", re.MULTILINE)

BASE_CONFIG = f"""[Broker]
MinCheckInterval=0

[Network]
AllowInsecureLoopback=true
CaFile={CA_FILE}
"""


class Broker:
    """One state directory and one configuration, and the process over them, which may come and go."""

    def __init__(self, directory):
        entry = pwd.getpwnam(SERVICE)
        self.directory = directory
        self.state = os.path.join(directory, "state")
        self.config = os.path.join(directory, "etc")
        self.log_path = os.path.join(directory, "broker.log")
        self.log_start = 0
        self.process = None
        self.extra_env = {}
        os.makedirs(directory)
        os.mkdir(self.state, 0o700)
        os.chown(self.state, entry.pw_uid, entry.pw_gid)
        for name in ("", "channels.d", "clients.d", "providers.d", "stacks.d", "channelkeeper.conf.d"):
            os.makedirs(os.path.join(self.config, name), mode=0o755, exist_ok=True)
        self.write_config("channelkeeper.conf", BASE_CONFIG)

    def write_config(self, name, text):
        path = os.path.join(self.config, name)
        with open(path + ".new", "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(path + ".new", 0o644)
        os.rename(path + ".new", path)
        return path

    def copy_config(self, source, folder):
        shutil.copy(source, os.path.join(self.config, folder))

    def start(self, wait=True):
        env = {
            **tree.environment(),
            "STATE_DIRECTORY": self.state,
            "CONFIGURATION_DIRECTORY": self.config,
            "G_MESSAGES_DEBUG": "all",
            "G_DEBUG": "fatal-criticals",
            **self.extra_env,
        }
        self.log_start = len(self.log()) if os.path.exists(self.log_path) else 0
        with open(self.log_path, "ab") as log:
            self.process = popen_as(SERVICE, [tree.locate("channelkeeperd")], env,
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            self.wait_ready()

    def wait_ready(self, seconds=20):
        deadline = time.monotonic() + seconds
        watcher = Caller("root")
        try:
            while not owner(watcher):
                assert self.process.poll() is None, f"the broker ended at start:\n{self.log_tail()}"
                assert time.monotonic() < deadline, f"no bus name after {seconds} s:\n{self.log_tail()}"
                time.sleep(0.005)
            # The name is owned before the vault is read; the log says when that is over.
            while not STARTED.search(self.log()[self.log_start:]):
                assert self.process.poll() is None, f"the broker ended at start:\n{self.log_tail()}"
                assert time.monotonic() < deadline, f"not started after {seconds} s:\n{self.log_tail()}"
                time.sleep(0.005)
        finally:
            watcher.close()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, expected=0):
        """Asks it to end, as systemd would, and checks how it did."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process = None
        assert expected is None or code == expected, f"the broker ended with {code}:\n{self.log_tail()}"
        wait_for(lambda: not self.workers(), 10, "the workers ending with their broker")
        self.check_sanitizers()

    def check_sanitizers(self):
        """What a sanitizer found, in the broker or in a worker, stands in the log."""
        found = [line for line in self.log().splitlines() if SANITIZER.search(line)]
        assert not found, "\n".join(found[:10]) + "\n" + self.log_tail(120)

    def kill(self):
        """kill -9, and wait until the bus has noticed."""
        self.process.kill()
        self.process.wait()
        self.process = None
        watcher = Caller("root")
        wait_for(lambda: not owner(watcher), 5, "the bus noticing the broker's end")
        watcher.close()

    def restart(self):
        self.stop()
        self.start()

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def log_tail(self, lines=60):
        return "\n".join(self.log().splitlines()[-lines:])

    def workers(self):
        """The pids of the worker processes of this broker."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "channelkeeper-worker":
                    found.append(int(pid))
            except OSError:
                continue
        return found


def owner(caller):
    from gi.repository import GLib
    return caller.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                       GLib.Variant("(s)", (BUS_NAME,)), destination="org.freedesktop.DBus")
