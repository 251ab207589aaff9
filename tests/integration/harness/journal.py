# SPDX-License-Identifier: LGPL-2.1-or-later
"""A journal that keeps what it is sent, at the socket where journald would listen, and explains it as
`journalctl -x` does."""

import json
import os
import re
import socket
import struct
import threading

SOCKET = "/run/systemd/journal/socket"
CATALOG = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "..", "systemd", "channelkeeper.catalog")
FIELD = re.compile(r"@([A-Z_]+)@")


class Journal:
    def __init__(self):
        self.entries = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(SOCKET)
        os.chmod(SOCKET, 0o666)
        self._log = open("/run/ck/log/journal.jsonl", "a", buffering=1, encoding="utf-8")
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            data, fds, _flags, _peer = socket.recv_fds(self._socket, 1 << 20, 4)
            for fd in fds:  # a large entry comes as a sealed memfd
                data += os.pread(fd, 1 << 24, 0)
                os.close(fd)
            entry = parse(data)
            self._log.write(json.dumps(entry) + "\n")
            self.entries.append(entry)

    def find(self, since=0, **fields):
        """The entries from number `since` on in which every given field has that value."""
        return [entry for entry in self.entries[since:]
                if all(entry.get(name) == value for name, value in fields.items())]

    def misfits(self, since=0):
        """(message, what its catalog text names and it has not) of the entries that `journalctl -x` would
        explain with a gap."""
        texts, found = catalog(), []
        for entry in self.entries[since:]:
            if not any(name.startswith("CK_") for name in entry):
                continue
            text = texts.get(entry.get("MESSAGE_ID"))
            missing = ["a text"] if text is None else [name for name in FIELD.findall(text) if not entry.get(name)]
            if missing:
                found.append((entry["MESSAGE"], missing))
        return found


def catalog():
    """{message id: text}"""
    with open(CATALOG, encoding="utf-8") as stream:
        parts = re.split(r"^-- ([0-9a-f]{32})$", stream.read(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def explain(entry):
    """What `journalctl -x` shows with the entry."""
    return FIELD.sub(lambda found: entry.get(found[1], found[1]), catalog()[entry["MESSAGE_ID"]])


def parse(data):
    """The journal's native protocol: NAME=value lines, or NAME, a 64-bit length and the bytes."""
    entry = {}
    while data:
        line, _, rest = data.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if equals:
            data = rest
        elif len(rest) >= 8:
            (length,) = struct.unpack("<Q", rest[:8])
            value, data = rest[8:8 + length], rest[8 + length + 1:]
        else:
            break
        entry[name.decode(errors="replace")] = value.decode(errors="replace")
    return entry
