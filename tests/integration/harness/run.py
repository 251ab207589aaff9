# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running programs as a user, with everything they print kept for the search for secrets."""

import itertools
import os
import subprocess

from . import tree
from .users import popen_as

_counter = itertools.count()


class Result:
    def __init__(self, argv, code, stdout, stderr):
        self.argv, self.code, self.stdout, self.stderr = argv, code, stdout, stderr

    def __repr__(self):
        return f"{self.argv} -> {self.code}\n{self.stdout}\n{self.stderr}"


class Running:
    """A program that is still going; what it prints goes to files."""

    def __init__(self, user, argv, extra_env=None, keep=True, **kwargs):
        folder = "/run/ck/log" if keep else "/run/ck/home/root"
        os.makedirs(folder, exist_ok=True)
        self.argv = argv
        self._base = os.path.join(folder, f"cmd-{next(_counter):05d}")
        with open(self._base + ".out", "wb") as out, open(self._base + ".err", "wb") as err:
            self.process = popen_as(user, argv, extra_env, stdout=out, stderr=err, **kwargs)

    @property
    def stdout(self):
        with open(self._base + ".out", encoding="utf-8", errors="replace") as stream:
            return stream.read()

    @property
    def stderr(self):
        with open(self._base + ".err", encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def wait(self, seconds=30):
        code = self.process.wait(seconds)
        return Result(self.argv, code, self.stdout, self.stderr)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait()


def run(user, argv, stdin=None, seconds=30, extra_env=None, keep=True):
    """Runs argv to its end. keep=False is for output that is meant to be a secret."""
    running = Running(user, argv, extra_env, keep, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL)
    if stdin is not None:
        running.process.stdin.write(stdin.encode())
        running.process.stdin.close()
    return running.wait(seconds)


def channelctl(user, *arguments, **kwargs):
    return run(user, [tree.locate("bin/channelctl"), *arguments],
               extra_env={**tree.environment(), **kwargs.pop("extra_env", {})}, **kwargs)


def start_channelctl(user, *arguments, keep=True, **kwargs):
    return Running(user, [tree.locate("bin/channelctl"), *arguments], tree.environment(), keep, **kwargs)
