# SPDX-License-Identifier: LGPL-2.1-or-later
"""The Unix users of the private /etc and how to run something as one of them."""

import os
import pwd
import subprocess
from contextlib import contextmanager

SERVICE = "channelkeeper"
BUS_ADDRESS = "unix:path=/run/dbus/system_bus_socket"


def user_environment(user, extra=None):
    env = {
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": pwd.getpwnam(user).pw_dir,
        "USER": user,
        "LANG": "C.UTF-8",
        "DBUS_SYSTEM_BUS_ADDRESS": BUS_ADDRESS,
    }
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "G_SLICE"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update(extra or {})
    return env


def as_user(user, argv):
    """argv, to be run by root, that becomes `user` with that user's groups and nothing else."""
    if user == "root":
        return list(argv)
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--", *argv]


def popen_as(user, argv, extra_env=None, **kwargs):
    return subprocess.Popen(as_user(user, argv), env=user_environment(user, extra_env), cwd="/", **kwargs)


@contextmanager
def acting_as(user):
    """This process acts as `user` inside the block: what it connects or opens there is theirs."""
    entry = pwd.getpwnam(user)
    groups = os.getgroups()
    os.setgroups(os.getgrouplist(user, entry.pw_gid))
    os.setegid(entry.pw_gid)
    os.seteuid(entry.pw_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)
