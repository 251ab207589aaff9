# SPDX-License-Identifier: LGPL-2.1-or-later
"""A disk in trouble, below a broker that is not yet started (bad-disk.c)."""

import os

from . import tree


def preloaded(library):
    return {"LD_PRELOAD": tree.locate(library),
            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}


class BadDisk:
    """What the broker's disk does, from now on."""

    def __init__(self, broker):
        self.folder = broker.directory + "/disk"
        os.mkdir(self.folder)
        os.chmod(self.folder, 0o755)
        broker.extra_env = preloaded("bad-disk.so") | {"CK_BAD_DISK": self.folder}

    def be(self, trouble):
        with open(os.path.join(self.folder, trouble), "w", encoding="ascii"):
            pass

    def be_well(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))
