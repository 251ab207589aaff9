# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every promise of SECURITY.md and docs/faults.md names a test that there is; the former can each be taken out
to see it fail."""

import os
import re
import sys

import pytest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PLACES = {"I/": "tests/integration/", "U/": "tests/unit/", "G": "tests/guest/test_guest.py"}

sys.path.insert(0, os.path.join(TOP, "tests", "protections"))

import mutation  # noqa: E402


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as stream:
        return stream.read()


def promises():
    """(promise, proof) of each row of the tables: their last two columns."""
    lines = read("SECURITY.md").splitlines() + read("docs/faults.md").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")][-2:] for line in lines if line.startswith("| ")]
    return [(promise, proof) for promise, proof in rows if promise != "promise"]


def test_every_promise_has_a_proof():
    assert len(promises()) > 30
    for promise, proof in promises():
        assert "`" in proof or proof == "the tests `exposure of …`", promise


def test_every_proof_is_there():
    for promise, proof in promises():
        for name in re.findall(r"`([^`]+)`", proof):
            if name.startswith("exposure of"):
                assert "exposure of" in read("tests/meson.build")
                continue
            path, _, test = name.partition(": ")
            for short, folder in PLACES.items():
                if path == short or (short.endswith("/") and path.startswith(short)):
                    path = folder + path.removeprefix(short)
            assert os.path.exists(os.path.join(TOP, path)), f"{promise}: there is no {path}"
            assert not test or f"def {test}(" in read(path), f"{promise}: {path} has no {test}"


@pytest.mark.parametrize("name", mutation.names())
def test_protection_can_be_taken_out(name):
    """tests/protections/NAME.mutation fits the tree, and its test is one that the promise names."""
    change = mutation.Mutation(name)
    _promise, proof = change.row(mutation.promises())
    file = change.test.partition(": ")[0]
    assert f"`{file}" in proof or file.startswith("exposure of "), f"{file} is not in: {proof}"
    for path, text in change.changed().items():
        assert text != read(path), f"{path} stays as it is"


def test_every_promise_can_be_taken_out():
    taken_out = {mutation.Mutation(name).row(mutation.promises())[0] for name in mutation.names()}
    missing = [promise for promise, _proof in mutation.promises() if promise not in taken_out]
    assert missing == [], "write the change that takes it out: tests/protections/README.md"
