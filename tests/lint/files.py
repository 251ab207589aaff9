# SPDX-License-Identifier: LGPL-2.1-or-later
"""The files of the project: what git would commit, or all of a tree that is not a clone."""

import os
import subprocess


class Files:
    def __init__(self, top):
        self.top = top
        self.paths = sorted(self._listed() or self._walked())

    def _listed(self):
        if not os.path.exists(os.path.join(self.top, ".git")):
            return []
        answer = subprocess.run(["git", "-c", f"safe.directory={self.top}", "-C", self.top, "ls-files", "-z",
                                 "--cached", "--others", "--exclude-standard"], capture_output=True, check=True)
        names = [name.decode() for name in answer.stdout.split(b"\0") if name]
        return [name for name in names if os.path.isfile(os.path.join(self.top, name))]

    def _walked(self):
        for root, dirs, names in os.walk(self.top):
            dirs[:] = [name for name in dirs if not name.startswith((".", "build")) and name != "node_modules"]
            for name in names:
                yield os.path.relpath(os.path.join(root, name), self.top)

    def of_kind(self, *endings):
        return [path for path in self.paths if path.endswith(endings)]

    def text(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def lines(self, path):
        return self.text(path).splitlines()
