# SPDX-License-Identifier: LGPL-2.1-or-later
"""An administrator's polkit rules, in force for a while."""

import os
from contextlib import contextmanager

from .wait import wait_for

FOLDER = "/etc/polkit-1/rules.d"
AUTHORITY = "org.freedesktop.PolicyKit1.Authority"


def changes(observer):
    """polkitd's Changed signals, from now on, as a growing list."""
    seen = []
    observer.connection.signal_subscribe("org.freedesktop.PolicyKit1", AUTHORITY, "Changed", None, None, 0,
                                         lambda *args: seen.append(args))
    observer.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", destination="org.freedesktop.DBus")
    return seen


@contextmanager
def local_rule(seen, text, name="10-local.rules"):
    """`text` is in force inside the block. It is written under a name that polkitd does not read,
    then renamed; polkitd says when it has read it."""
    path = os.path.join(FOLDER, name)
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write(text)
    os.chmod(path + ".new", 0o644)
    seen.clear()
    os.rename(path + ".new", path)
    wait_for(lambda: seen, 10, "polkitd reading the new rule")
    try:
        yield
    finally:
        seen.clear()
        os.unlink(path)
        wait_for(lambda: seen, 10, "polkitd forgetting the rule")
