# SPDX-License-Identifier: LGPL-2.1-or-later
"""bench.py [--only WORD,…] [--quick] [--curve] [--write]: measures and prints the table; see run."""

import argparse
import os
import platform
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
PAGE = os.path.join(TOP, "docs", "performance.md")
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"

sys.path[:0] = [HERE, os.path.join(TOP, "tests", "integration")]

import measure  # noqa: E402
from world import World  # noqa: E402


class Size:
    def __init__(self, quick, curve):
        self.seconds = 1 if quick else 5
        self.rounds = 1 if quick else 20
        self.counts = [10, 1000] if quick else [10, 10000]
        if curve:
            self.counts += [30000, 100000]
        self.starts = 3
        self.idle = 5 if quick else 60
        self.storm = 1000 if quick else 10000
        self.turns = 1 if quick else 3
        self.items = 100 if quick else 1000
        self.commands = 5 if quick else 30


def machine():
    """What it ran on, in one sentence."""
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        text = cpuinfo.read()
    model = re.search(r"model name\s*: (.*)", text)
    with open("/proc/meminfo", encoding="ascii") as meminfo:
        memory = int(re.search(r"MemTotal:\s+(\d+)", meminfo.read()).group(1)) // 1024
    return (f"{os.cpu_count()} × {model.group(1) if model else platform.machine()}, {memory} MiB, "
            f"Linux {platform.release()}, GLib {glib_version()}, load at the start {os.getloadavg()[0]:.1f}")


def glib_version():
    from gi.repository import GLib
    return f"{GLib.MAJOR_VERSION}.{GLib.MINOR_VERSION}.{GLib.MICRO_VERSION}"


def as_table(rows):
    lines = ["| what | measured | bar | |", "|---|---|---|---|"]
    for row in rows:
        mark = {True: "kept", False: "**missed**", None: ""}[row.kept]
        lines.append(f"| {row.what} | {row.measured} | {row.bar} | {mark} |")
    return "\n".join(lines)


def write_page(text):
    with open(PAGE, encoding="utf-8") as stream:
        page = stream.read()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    with open(PAGE, "w", encoding="utf-8") as stream:
        stream.write(f"{head}{BEGIN}\n{text}\n{END}{tail}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default=",".join(measure.ALL))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    size = Size(options.quick, options.curve)
    described = machine()
    print(described, flush=True)
    rows = []
    with World() as world:
        for word in options.only.split(","):
            for row in measure.ALL[word](world, size):
                rows.append(row)
                print(f"{'  MISSED' if row.kept is False else ''}  {row.what}: {row.measured}"
                      + (f"  [{row.bar}]" if row.bar else ""), flush=True)
    table = as_table(rows)
    print("\n" + table)
    if options.write:
        write_page(f"{described}.\n\n{table}")
    sys.exit(0 if all(row.kept is not False for row in rows) else 1)


main()
