# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every promise of SECURITY.md and docs/faults.md names a test that there is."""

import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PLACES = {"I/": "tests/integration/", "U/": "tests/unit/", "G": "tests/guest/test_guest.py"}


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
