# SPDX-License-Identifier: LGPL-2.1-or-later
"""A protection taken out: the promise it is of, the test that must fail then, and the change.

The files beside this one are read here, by the runner and by the lint test. README.md says how they
are written.
"""

import os
import re

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SUFFIX = ".mutation"


class Stale(Exception):
    """The change does not fit the tree (any more)."""


def promises(top=TOP):
    """[(promise, proof)]: each row of SECURITY.md's tables."""
    with open(os.path.join(top, "SECURITY.md"), encoding="utf-8") as stream:
        rows = [line.strip().strip("|").split("|") for line in stream if line.startswith("| ")]
    return [(promise.strip(), proof.strip()) for promise, proof in rows if promise.strip() != "promise"]


class Hunk:
    def __init__(self, path, lines):
        if not lines or any(line[0] not in " -+" for line in lines):
            raise Stale(f"{path}: a line of a change begins with ' ', '-' or '+'")
        self.path = path
        self.old = "\n".join(line[1:] for line in lines if line[0] != "+")
        self.new = "\n".join(line[1:] for line in lines if line[0] != "-")

    def apply(self, text):
        """The file's text with the change in it; what is replaced stands there once."""
        found = text.count(f"\n{self.old}\n")
        if found != 1:
            raise Stale(f"{self.path}: what is to be changed stands there {found} times:\n{self.old}")
        return text.replace(f"\n{self.old}\n", f"\n{self.new}\n" if self.new else "\n")


class Mutation:
    def __init__(self, name):
        self.name = name
        with open(os.path.join(HERE, name + SUFFIX), encoding="utf-8") as stream:
            head, *parts = re.split(r"\n\n+", stream.read().strip("\n"))
        fields = dict(line.split(": ", 1) for line in head.splitlines())
        if sorted(fields) != ["Promise", "Test"] or not parts:
            raise Stale(f"{name}: wants the lines Promise: and Test:, then at least one change")
        self.promise, self.test = fields["Promise"], fields["Test"]
        self.hunks = [Hunk(part.splitlines()[0], part.splitlines()[1:]) for part in parts]

    def row(self, rows):
        """The (promise, proof) that it takes out."""
        found = [row for row in rows if row[0].startswith(self.promise)]
        if len(found) != 1:
            raise Stale(f"{self.name}: {len(found)} promises begin with “{self.promise}”")
        return found[0]

    def changed(self, top=TOP):
        """{path: new text} of the files that it changes."""
        texts = {}
        for hunk in self.hunks:
            if hunk.path not in texts:
                try:
                    with open(os.path.join(top, hunk.path), encoding="utf-8") as stream:
                        texts[hunk.path] = stream.read()
                except OSError as error:
                    raise Stale(f"{self.name}: {error}") from error
            try:
                texts[hunk.path] = hunk.apply(texts[hunk.path])
            except Stale as stale:
                raise Stale(f"{self.name}: {stale}") from stale
        return texts


def names():
    return sorted(name.removesuffix(SUFFIX) for name in os.listdir(HERE) if name.endswith(SUFFIX))
