# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where things are in the installed tree."""

import glob
import os
import re

TREE = "/run/ck/tree"


def locate(pattern):
    """The one path below the tree that matches `pattern`."""
    found = glob.glob(os.path.join(TREE, "**", pattern), recursive=True)
    assert found, f"the installed tree has no {pattern}"
    return found[0]


def has(pattern):
    return bool(glob.glob(os.path.join(TREE, "**", pattern), recursive=True))


def environment():
    """What points the programs at their own tree (README, "Running without installing")."""
    env = {
        "CHANNELKEEPER_CHANNELCTL": locate("channelctl-full"),
        "CHANNELKEEPER_DATADIR": locate("share/channelkeeper"),
        "CHANNELKEEPER_MODULEDIR": locate("channelkeeper/modules"),
        "CHANNELKEEPER_WORKER": locate("channelkeeper-worker"),
    }
    libraries = {os.path.dirname(path) for path in glob.glob(f"{TREE}/**/libchannelkeeper*.so*", recursive=True)}
    if libraries:
        env["LD_LIBRARY_PATH"] = ":".join(sorted(libraries))
    return env


def unit_environment():
    """What the service's unit sets for the broker, as systemd would: how the C library frees memory."""
    with open(locate("system/channelkeeperd.service"), encoding="utf-8") as unit:
        return dict(re.findall(r"^Environment=(GLIBC_TUNABLES)=(.*)$", unit.read(), re.MULTILINE))
