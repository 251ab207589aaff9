#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""probe.py PID: what someone who has taken over a unit could do: tried from inside its sandbox, said as JSON.

Each try would succeed without the sandbox: the file permissions of what it is after give it to everybody
(test_guest.py: targets()). PID is a process of another worker's user.
"""

import json
import os
import resource
import socket
import sys


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as link:
        link.settimeout(3)
        link.connect(address)
        return link.send(b"\0")


def write(path):
    with open(path, "wb") as stream:
        return stream.write(b"x")


def read(path):
    with open(path, "rb") as stream:
        return len(stream.read(1))


def run(*argv):
    pid = os.fork()
    if pid == 0:
        os.execv(argv[0], argv)
    return os.waitpid(pid, 0)[1] == 0 or 1 / 0


def make_setuid():
    """Of a file in memory, so that no other protection is in the way."""
    os.fchmod(os.memfd_create("probe"), 0o4755)


OTHER = int(sys.argv[1])
TRIES = {
    "internet": lambda: connect(socket.AF_INET, ("127.0.0.1", 18090)),
    "internet6": lambda: connect(socket.AF_INET6, ("::1", 18090)),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).fileno(),
    "packet": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).fileno(),
    "bus": lambda: connect(socket.AF_UNIX, "/run/dbus/system_bus_socket"),
    "worker-socket": lambda: connect(socket.AF_UNIX, "/run/channelkeeper-worker.socket"),
    "read-vault": lambda: read("/var/lib/channelkeeper/vault.db"),
    "list-vault": lambda: len(os.listdir("/var/lib/channelkeeper")),
    "read-config": lambda: read("/etc/channelkeeper/channelkeeper.conf"),
    "write-state": lambda: write("/var/lib/channelkeeper/probe"),
    "write-config": lambda: write("/etc/channelkeeper/open/probe"),
    "write-srv": lambda: write("/srv/open/probe"),
    "write-run": lambda: write("/run/open/probe"),
    "write-shm": lambda: write("/dev/shm/probe"),
    "write-tmp": lambda: write("/tmp/probe"),
    "read-home": lambda: read("/home/alice/open"),
    "namespace": lambda: run("/usr/bin/unshare", "--user", "/bin/true"),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 19),
    "affinity": lambda: os.sched_setaffinity(0, {0}),
    "setuid-file": make_setuid,
    "raise-core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    "other-processes": lambda: 1 / (sum(name.isdigit() for name in os.listdir("/proc")) > 2),
    "signal-other": lambda: os.kill(OTHER, 0),
    "read-other": lambda: read(f"/proc/{OTHER}/environ"),
    "device": lambda: os.open("/dev/open", os.O_RDONLY),
    "tunable": lambda: write("/sys/kernel/debug/probe"),
}


def main():
    found = {"uid": os.getuid(), "ipc": os.readlink("/proc/self/ns/ipc")}
    with open("/proc/self/status", encoding="ascii") as stream:
        found["status"] = dict(line.rstrip("\n").split(":\t", 1) for line in stream if ":\t" in line)
    for name, attempt in TRIES.items():
        try:
            attempt()
            found[name] = "done"
        except (OSError, ValueError, ZeroDivisionError) as error:
            found[name] = f"{type(error).__name__}: {error}"
    json.dump(found, sys.stdout)


main()
