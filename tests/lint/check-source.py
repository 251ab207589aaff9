#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The rules of HACKING.md that a program can check.

check-source.py [--build DIR] [TOP]: one line a finding, exit 1 if there is any. With --build the
built programs are looked at as well.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import arrows  # noqa: E402
import binaries  # noqa: E402
import dbusxml  # noqa: E402
import source  # noqa: E402
from files import Files  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", help="a build directory")
    parser.add_argument("top", nargs="?", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
    arguments = parser.parse_args()
    files = Files(os.path.realpath(arguments.top))
    findings = []
    for check in (source.check, arrows.check, dbusxml.check):
        findings += check(files)
    if arguments.build:
        findings += binaries.check(arguments.build)
    for finding in sorted(set(findings)):
        print(finding)
    print(f"{len(files.paths)} files looked at, {len(set(findings))} findings", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
