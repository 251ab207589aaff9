# SPDX-License-Identifier: LGPL-2.1-or-later
"""The arrows between folders run one way (ARCHITECTURE.md)."""

import os
import re

# A folder, and those whose headers it may include beside its own.
MAY_INCLUDE = {
    "common": set(),
    "backends": {"common"},
    "broker": {"common", "backends"},
    "policy": {"common"},
    "dbus": {"common", "broker", "policy"},
    "client": {"common", "broker", "backends"},
}

# What the broker sees of backends/: the module contract and the stack's compiled form, never a
# module nor the worker's own code.
BROKER_SEES = re.compile(r"backends/(channelkeeper|stack|provider)/|backends/worker/.*-names\.h")

# What channelctl sees beside the bus: how the files an administrator writes are read. They are a
# public interface, and a second reader of them (`channelctl lint`) would be a second opinion.
CLIENT_SEES = re.compile(r"broker/config/|backends/(channelkeeper|stack)/")

# The program that puts the parts together, and does nothing else.
MEETING_PLACE = "broker/main.c"

INCLUDE = re.compile(r'^#include [<"]([^">]+)[">]')


def check(files):
    headers = {}
    for path in files.of_kind(".h"):
        headers.setdefault(os.path.basename(path), []).append(path)
    findings = [f"{paths[0]}:1: another header has the same name: {', '.join(paths[1:])}"
                for paths in headers.values() if len(paths) > 1]
    for path in files.of_kind(".c", ".h"):
        folder = path.split("/")[0]
        if folder not in MAY_INCLUDE or path == MEETING_PLACE:
            continue
        for number, line in enumerate(files.lines(path), 1):
            found = INCLUDE.match(line)
            target = found and _resolve(headers, found.group(1))
            if target and not _allowed(folder, target):
                findings.append(f"{path}:{number}: {folder}/ may not include {target}")
    return findings


def _resolve(headers, name):
    for path in headers.get(os.path.basename(name), []):
        return path
    return None


def _allowed(folder, target):
    other = target.split("/")[0]
    if other == folder:
        return True
    if other not in MAY_INCLUDE[folder]:
        return False
    if folder == "client" and other != "common":
        return bool(CLIENT_SEES.match(target))
    return folder != "broker" or other != "backends" or bool(BROKER_SEES.match(target))
