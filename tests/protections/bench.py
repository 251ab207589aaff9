# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the tree, its builds, and how one test of SECURITY.md's notation is run in it."""

import contextlib
import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

from mutation import TOP

UNIT_SECONDS, SLOW_SECONDS = 120, 1200


class Broken(Exception):
    """No verdict: it does not build, or the test did not come to its point."""


def run(argv, seconds, **kwargs):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", timeout=seconds, check=False, **kwargs)


def need(argv, **kwargs):
    done = run(argv, SLOW_SECONDS, **kwargs)
    if done.returncode != 0:
        raise Broken(f"{' '.join(argv)}\n" + "\n".join(done.stdout.splitlines()[-40:]))
    return done.stdout


def split(test):
    """(kind, file, name): "U/test-http.c: /http/deadline" → ("U", "test-http.c", "/http/deadline")."""
    path, _, name = test.partition(": ")
    kind, slash, file = path.partition("/")
    if path.startswith("exposure of "):
        return "meson", path, ""
    if path.startswith("tests/"):
        return "lint" if path.endswith(".py") else "meson", path, name
    return (kind, file, name) if slash else (path, "test_guest.py", name)


class Bench:
    def __init__(self, folder):
        self.tree = os.path.join(folder, "tree")
        self.folder = folder
        self.built = {}
        files = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP,
                               check=True, stdout=subprocess.PIPE).stdout.decode().split("\0")
        for name in filter(None, files):
            if os.path.isfile(os.path.join(TOP, name)):
                os.makedirs(os.path.dirname(os.path.join(self.tree, name)), exist_ok=True)
                shutil.copy2(os.path.join(TOP, name), os.path.join(self.tree, name))
        # The packages are made of what git knows.
        need(["git", "-C", self.tree, "init", "--quiet"])
        need(["git", "-C", self.tree, "add", "--all"])

    @contextlib.contextmanager
    def changed(self, mutation):
        """The copy with that change in it, for as long as this lasts."""
        texts = mutation.changed(self.tree)
        before = {path: self._exchange(path, text) for path, text in texts.items()}
        try:
            yield
        finally:
            for path, text in before.items():
                self._exchange(path, text)

    def _exchange(self, path, text):
        with open(os.path.join(self.tree, path), "r+", encoding="utf-8") as stream:
            before = stream.read()
            stream.seek(0)
            stream.truncate()
            stream.write(text)
        return before

    # ---- builds: one with the unit tests, of which each mutation builds what it needs; one to install

    def _setup(self, name, *options):
        path = os.path.join(self.folder, name)
        if name not in self.built:
            need(["meson", "setup", path, self.tree, *options])
            self.built[name] = True
        return path

    def _introspect(self, build, what):
        return json.loads(need(["meson", "introspect", build, what]))

    def _meson_test(self, name):
        """(build, test) of the unit build, with what it needs built."""
        build = self._setup("unit")
        need(["ninja", "-C", build, "build.ninja"])
        [test] = [test for test in self._introspect(build, "--tests") if test["name"] == name]
        targets = self._introspect(build, "--targets")
        files = [file for target in targets if target["id"] in test["depends"] or test["cmd"][0] in target["filename"]
                 for file in target["filename"]]
        need(["ninja", "-C", build, *(os.path.relpath(file, build) for file in files)] if files else ["ninja", "-C", build])
        return build, test

    def run_meson(self, name, *arguments):
        build, test = self._meson_test(name)
        try:
            done = run([*test["cmd"], *arguments], UNIT_SECONDS, cwd=test["workdir"] or build,
                       env={**os.environ, **test["env"]})
        except subprocess.TimeoutExpired:
            return False, f"no end in {UNIT_SECONDS} s"
        if arguments and done.returncode == 0 and "\nok " not in done.stdout:
            raise Broken(f"{name} has no {arguments[-1]}")
        return done.returncode == 0, last_words(done.stdout)

    def run_lint(self, path):
        build = self._setup("install", "-Dtests=false")
        need(["ninja", "-C", build])
        program = os.path.join(self.tree, path)
        argv = ["/usr/bin/python3", program]
        if os.path.basename(path) == "binaries.py":
            argv = ["/usr/bin/python3", os.path.join(self.tree, "tests/lint/check-source.py"), "--build", build, self.tree]
        done = run(argv, SLOW_SECONDS)
        return done.returncode == 0, last_words(done.stdout)

    # ---- pytest: {test: (passed, words)}

    def run_integration(self, tests):
        build = self._setup("install", "-Dtests=false")
        need(["ninja", "-C", build])
        report = os.path.join(self.folder, "report.xml")
        done = self._pytest(report, [os.path.join(self.tree, "tests/integration/run"), "--build", build,
                                     *(f"{file}::{name}" for _kind, file, name in map(split, tests))])
        return {test: self._verdict(report, split(test)[2], done) for test in tests}

    def run_guest(self, tests):
        """The story as far as the last of the tests."""
        report = os.path.join(self.folder, "report.xml")
        with open(os.path.join(self.tree, "tests/guest/test_guest.py"), encoding="utf-8") as stream:
            order = [line.split("(")[0].removeprefix("def ") for line in stream if line.startswith("def test_")]
        story = order[:max(order.index(split(test)[2]) for test in tests) + 1]
        done = self._pytest(report, [os.path.join(self.tree, "tests/guest/run"),
                                     *(f"test_guest.py::{name}" for name in story)])
        return {test: self._verdict(report, split(test)[2], done) for test in tests}

    def _pytest(self, report, argv):
        if os.path.exists(report):
            os.unlink(report)
        env = {**os.environ, "CK_NO_LINTIAN": "1"}
        return run([*argv, "-q", "--tb=short", f"--junitxml={report}"], SLOW_SECONDS, env=env)

    @staticmethod
    def _verdict(report, name, done):
        if not os.path.exists(report):
            raise Broken("\n".join(done.stdout.splitlines()[-40:]))
        cases = [case for case in ET.parse(report).iter("testcase") if case.get("name") in (name, f"{name}[")
                 or case.get("name").startswith(f"{name}[")]
        if not cases:
            raise Broken(f"there is no test {name}\n" + "\n".join(done.stdout.splitlines()[-40:]))
        if "LEAKED SECRET" in done.stdout:
            return False, "LEAKED SECRET"
        failures = [found.get("message") for case in cases for found in case.findall("failure")]
        errors = [found.get("message") for case in cases for found in case.findall("error")]
        if errors and not failures:
            raise Broken(f"{name} did not come to its point: {errors[0]}")
        return not failures, last_words(failures[0] if failures else "passed")

    def run(self, test):
        """(passed, words)."""
        kind, file, name = split(test)
        if kind == "U":
            return self.run_meson(file.removeprefix("test-").removesuffix(".c"), *(["-p", name] if name else []))
        if kind == "meson":
            return self.run_meson(name or file)
        if kind == "lint":
            return self.run_lint(file)
        return (self.run_integration if kind == "I" else self.run_guest)([test])[test]


def last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("#", "TAP", "ok ", "1.."))]
    telling = [line for line in lines if "ERROR" in line or "assert" in line] or lines
    return telling[0][-160:] if telling else ""
