# SPDX-License-Identifier: LGPL-2.1-or-later
"""What systemd allows workers is above what the settings allow."""

import os
import re

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def find(path, pattern):
    with open(os.path.join(TOP, path), encoding="utf-8") as stream:
        return int(re.search(pattern, stream.read(), re.MULTILINE).group(1))


def most(key):
    return find("broker/config/ck-config-schema.c", rf'"{key}", CK_VALUE_\w+, "\w+ (\d+)(?:min)?"')


def test_connections():
    allowed = find("systemd/channelkeeper-worker.socket.in", r"^MaxConnections=(\d+)$")
    assert allowed > most("MaxWorkers") + most("MaxAttempts")


def test_time():
    allowed = find("systemd/channelkeeper-worker@.service.in", r"^RuntimeMaxSec=(\d+)min$")
    assert allowed > find("broker/pool/ck-worker-peer.c", r"^#define MAX_AGE \((\d+) \* G_TIME_SPAN_MINUTE\)$") + most("AttemptTimeout")
