#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What someone who has taken over a unit could do: tried from inside its sandbox, said as JSON."""

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
    "write-config": lambda: write("/etc/channelkeeper/probe"),
    "write-tmp": lambda: write("/tmp/probe"),
    "write-run": lambda: write("/run/probe"),
    "write-home": lambda: write("/home/alice/probe"),
    "read-home": lambda: len(os.listdir("/home")) or 1 / 0,
    "read-shadow": lambda: read("/etc/shadow"),
    "namespace": lambda: run("/usr/bin/unshare", "--user", "/bin/true"),
    "mount": lambda: run("/usr/bin/mount", "-t", "tmpfs", "tmpfs", "/mnt"),
    "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, 5),
    "affinity": lambda: os.sched_setaffinity(0, {0}),
    "setuid-file": lambda: os.open("/dev/shm/probe", os.O_CREAT | os.O_WRONLY, 0o4755),
    "raise-core": lambda: resource.setrlimit(resource.RLIMIT_CORE, (1, 1)),
    "other-processes": lambda: 1 / (sum(name.isdigit() for name in os.listdir("/proc")) > 2),
    "device": lambda: read("/dev/vda"),
    "kernel-log": lambda: read("/dev/kmsg"),
    "tunable": lambda: write("/proc/sys/kernel/printk"),
}


def main():
    found = {"uid": os.getuid()}
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
