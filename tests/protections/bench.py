# SPDX-License-Identifier: LGPL-2.1-or-later
"""A copy of the tree, its builds, and how one test of SECURITY.md's notation is run in it."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import xml.etree.ElementTree as ET

from mutation import TOP

UNIT_SECONDS, SLOW_SECONDS = 120, 1200


class Broken(Exception):
    """No verdict: it does not build, or the test did not come to its point."""


class Endless(Broken):
    """It did not come to an end."""


def run(argv, seconds, **kwargs):
    """(exit code, output)."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", start_new_session=True, **kwargs) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            os.killpg(process.pid, signal.SIGKILL)
            raise Endless(f"no end in {seconds} s: {' '.join(argv)}") from late
    return process.returncode, output


def need(argv, **kwargs):
    code, output = run(argv, SLOW_SECONDS, **kwargs)
    if code != 0:
        raise Broken(f"{' '.join(argv)}\n{tail(output)}")
    return output


def tail(output):
    return "\n".join(output.splitlines()[-40:])


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
        self.set_up = set()
        files = need(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=TOP)
        for name in filter(None, files.split("\0")):
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
        if name not in self.set_up:
            need(["meson", "setup", path, self.tree, *options])
            self.set_up.add(name)
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
            code, output = run([*test["cmd"], *arguments], UNIT_SECONDS, cwd=test["workdir"] or build,
                               env={**os.environ, **test["env"]})
        except Endless as endless:
            return False, str(endless)
        if arguments and code == 0 and "\nok " not in output:
            raise Broken(f"{name} has no {arguments[-1]}")
        return code == 0, last_words(output)

    def run_lint(self):
        build = self._installable()
        code, output = run([os.path.join(self.tree, "tests/lint/check-source.py"), "--build", build, self.tree],
                           SLOW_SECONDS)
        return code == 0, last_words(output)

    def _installable(self):
        build, unit = self._setup("install", "-Dtests=false"), self._setup("unit")
        need(["ninja", "-C", build])
        # What tests/integration/run wants besides.
        os.makedirs(os.path.join(build, "tests/integration"), exist_ok=True)
        for preloaded in ("tests/integration/bad-disk.so", "tests/integration/deaf-bus.so"):
            need(["ninja", "-C", unit, preloaded])
            shutil.copy(os.path.join(unit, preloaded), os.path.join(build, "tests/integration"))
        return build

    # ---- pytest: {test: (passed, words)}

    def run_integration(self, tests):
        return self._pytest(tests, [os.path.join(self.tree, "tests/integration/run"), "--build", self._installable(),
                                    *(f"{file}::{name}" for _kind, file, name in map(split, tests))])

    def run_guest(self, tests):
        """The story as far as the last of the tests."""
        with open(os.path.join(self.tree, "tests/guest/test_guest.py"), encoding="utf-8") as stream:
            order = [line.split("(")[0].removeprefix("def ") for line in stream if line.startswith("def test_")]
        story = order[:max(order.index(split(test)[2]) for test in tests) + 1]
        return self._pytest(tests, [os.path.join(self.tree, "tests/guest/run"),
                                    *(f"test_guest.py::{name}" for name in story)])

    def _pytest(self, tests, argv):
        report = os.path.join(self.folder, "report.xml")
        if os.path.exists(report):
            os.unlink(report)
        _code, output = run([*argv, "-q", "--tb=short", f"--junitxml={report}"], SLOW_SECONDS,
                            env={**os.environ, "CK_NO_LINTIAN": "1"})
        if not os.path.exists(report):
            raise Broken(tail(output))
        cases = list(ET.parse(report).iter("testcase"))
        return {test: self._verdict(cases, split(test)[2], output) for test in tests}

    @staticmethod
    def _verdict(every_case, name, output):
        cases = [case for case in every_case if case.get("name").partition("[")[0] == name]
        if not cases:
            raise Broken(f"there is no test {name}\n{tail(output)}")
        if "LEAKED SECRET" in output:
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
            return self.run_lint()
        return (self.run_integration if kind == "I" else self.run_guest)([test])[test]


def last_words(text):
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("#", "TAP", "ok ", "1.."))]
    telling = [line for line in lines if "ERROR" in line or "assert" in line] or lines
    return telling[0][-160:] if telling else ""
