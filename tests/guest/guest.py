# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest with a real systemd, and how to run something in it."""

import json
import os
import re
import shutil
import signal
import subprocess
import time

HERE = os.path.dirname(os.path.realpath(__file__))
TESTS = os.path.dirname(HERE)
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8", "TERM": "dumb",
               "PYTHONDONTWRITEBYTECODE": "1", "DEBIAN_FRONTEND": "noninteractive"}
BOOT_SECONDS = 60
OLD_VERSION = "0.0.9"


class Done:
    def __init__(self, argv, process):
        self.argv, self.code = argv, process.returncode
        self.stdout, self.stderr = process.stdout, process.stderr

    def __repr__(self):
        return f"{self.argv} -> {self.code}\n{self.stdout}\n{self.stderr}"


def wait_for(condition, what, seconds=20):
    """The value of condition() once it is true; what has no event to wait for is asked 20 times a second."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"timed out after {seconds} s waiting for {what}"
        time.sleep(0.05)
    return value


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(child) for child in stream.read().split()]
    except OSError:
        return []


def _descendants(pid):
    for child in _children(pid):
        yield child
        yield from _descendants(child)


class Guest:
    """One boot of this machine's root file system; /opt/ck in it is a copy of `folder`."""

    def __init__(self, work):
        self.work = work
        self.folder = os.path.join(work, "guest")
        self.console = os.path.join(work, "console.log")
        self.process = None
        self.leader = None

    def fill(self):
        """What the guest finds as /opt/ck: the packages, the simulated platform, the person."""
        os.makedirs(self.folder)
        self._make_older_package()
        shutil.copytree(os.path.join(self.work, "packages"), os.path.join(self.folder, "packages"))
        for name in ("integration", "platforms", "guest"):
            shutil.copytree(os.path.join(TESTS, name), os.path.join(self.folder, "tests", name),
                            ignore=shutil.ignore_patterns("__pycache__", "node_modules"))

    def package(self, version=None):
        """The file name of the package of `version`, or of the one that is tested."""
        [name] = [name for name in os.listdir(os.path.join(self.work, "packages"))
                  if name.startswith("channelkeeper_") and (f"_{OLD_VERSION}_" in name) == (version == OLD_VERSION)]
        return name

    def _make_older_package(self):
        """The same package by a lower number: what is upgraded from, while there is no release."""
        tree = os.path.join(self.work, "older")
        subprocess.run(["dpkg-deb", "--raw-extract", os.path.join(self.work, "packages", self.package()), tree],
                       check=True)
        control = os.path.join(tree, "DEBIAN", "control")
        with open(control, encoding="utf-8") as stream:
            text = stream.read()
        with open(control, "w", encoding="utf-8") as stream:
            stream.write(re.sub(r"^Version: .*$", f"Version: {OLD_VERSION}", text, flags=re.MULTILINE))
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree,
                        os.path.join(self.work, "packages", f"channelkeeper_{OLD_VERSION}_all.deb")],
                       check=True, stdout=subprocess.DEVNULL)

    def boot(self):
        with open(self.console, "wb") as console:
            self.process = subprocess.Popen([os.path.join(HERE, "boot"), self.folder, "ck-guest"],
                                            stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        self.leader = wait_for(self._find_leader, "systemd as PID 1 of the guest", BOOT_SECONDS)
        wait_for(lambda: self.run("systemctl", "is-system-running").stdout.strip() in ("running", "degraded"),
                 "the guest to have booted", BOOT_SECONDS)

    def log(self):
        with open(self.console, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def _find_leader(self):
        """systemd in a PID namespace below the one that `boot` made."""
        assert self.process.poll() is None, (
            "this machine cannot boot a guest (root, systemd-nspawn, an overlay over /, and a writable cgroup "
            f"tree are needed):\n{self.log()}")
        for pid in _descendants(self.process.pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as stream:
                    name = stream.read().strip()
                with open(f"/proc/{pid}/status", encoding="ascii") as stream:
                    inner = next(line for line in stream if line.startswith("NSpid:")).split()
            except (OSError, StopIteration):
                continue
            if name == "systemd" and inner[-1] == "1" and len(inner) >= 4:
                return pid
        return None

    def stop(self):
        if self.process is None:
            return
        if self.leader and self.process.poll() is None:
            self.run("systemctl", "poweroff", "--no-wall")
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                pass
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def _enter(self, argv, user, env):
        words = ["nsenter", f"--target={self.leader}", "--mount", "--uts", "--ipc", "--net", "--pid", "--wd=/", "--"]
        words += ["env", "-i", *(f"{name}={value}" for name, value in {**ENVIRONMENT, **env}.items())]
        if user != "root":
            words += ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--"]
        return words + list(argv)

    def run(self, *argv, user="root", stdin="", env=None, seconds=90):
        """Runs argv in the guest, to its end."""
        process = subprocess.run(self._enter(argv, user, env or {}), input=stdin, capture_output=True, text=True,
                                 errors="replace", timeout=seconds, check=False)
        return Done(argv, process)

    def ok(self, *argv, **kwargs):
        """The same for what must succeed; its output."""
        done = self.run(*argv, **kwargs)
        assert done.code == 0, done
        return done.stdout

    def start(self, *argv, user="root", env=None):
        return subprocess.Popen(self._enter(argv, user, env or {}), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def write(self, path, text, mode=0o644):
        self.ok("install", "-D", f"--mode={mode:o}", "/dev/stdin", path, stdin=text)

    def show(self, unit, name):
        return self.ok("systemctl", "show", "--property", name, "--value", unit).strip()

    def journal(self, *matches):
        """The entries of this boot that match, oldest first."""
        self.ok("journalctl", "--sync")
        text = self.ok("journalctl", "--boot", "--output=json", "--all", *matches)
        return [json.loads(line) for line in text.splitlines()]
