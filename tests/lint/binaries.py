# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the built programs are linked with: the broker has no way to the network, and loads no
code; channelctl loads what handing over a token needs."""

import os
import re
import subprocess

FORBIDDEN = {
    "channelkeeperd": ("libcurl", "libssl", "libgnutls", "libnghttp2", "libsoup"),
    # What scripts run all day starts fast (client/channelctl/full.c).
    "channelctl": ("libcurl", "libsqlite3", "libsodium", "libsecret", "libgcrypt", "libqrencode"),
    "channelctl-full": ("libcurl", "libsqlite3", "libsodium"),
    "channelkeeper-worker": ("libsqlite3", "libsodium", "libpolkit"),
}

LOADS = re.compile(r" (dlm?open|g_module_open\w*)\b")


def check(build):
    findings, seen = [], set()
    for root, _dirs, names in os.walk(build):
        for name in FORBIDDEN.keys() & set(names):
            path = os.path.join(root, name)
            if not os.access(path, os.X_OK):
                continue
            seen.add(name)
            needs = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
            findings += [f"{path}:1: linked with {library}" for library in FORBIDDEN[name] if library + "." in needs
                         or library + "-" in needs]
            if name == "channelkeeperd":
                calls = subprocess.run(["nm", "-D", "--undefined-only", path], capture_output=True, text=True, check=True).stdout
                findings += [f"{path}:1: calls {function}" for function in LOADS.findall(calls)]
    return findings + [f"{build}:1: {name} was not built" for name in FORBIDDEN.keys() - seen]
