# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every member that the introspection XML names, called with random and hostile values by a user who may
nothing, by an app that may have the token, by the assigned user, and by root, who may all. CK_SEED repeats
a run, CK_FUZZ_SECONDS lengthens one."""

import os
import random
import time
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import ATTEMPT, BROKER, BUS_NAME, CHANNEL, PROPERTIES, ROOT, BusError
from harness.wait import wait_for

SECONDS = float(os.environ.get("CK_FUZZ_SECONDS", "5"))
AT_ONCE = 16
WORDS = ["", "main", "main2", "../main", "MAIN", "main\n", "a" * 65, "a" * 70000, "%s%n", "\u202eniam", "\ufffd", "alice",
         "root", "0", "-1", "http://127.0.0.1:1/cb", "https://[::1", "javascript:1", "GET", "browser", "device", "import",
         "connected", "none", ":1.1", BUS_NAME, "org.channelkeeper.Channel1", "State", "'; DROP TABLE channels; --"]
KEYS = ["timeout", "scopes", "min-validity", "flow", "redirect-uri", "limit", "after", "since", "assigned-user", "headers",
        "generation", "allowed-users", "keep-grant", "client", "for", "no-such-option", ""]
NUMBERS = [0, 1, 2, 30, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 53, (1 << 63) - 1, (1 << 64) - 1]
LIMITS = {"y": 1 << 8, "u": 1 << 32, "t": 1 << 64, "q": 1 << 16, "i": 1 << 31, "n": 1 << 15, "x": 1 << 63}
PATHS = [ROOT, ROOT + "/channel", ROOT + "/channel/main", ROOT + "/channel/nope", ROOT + "/channel/_2e_2e", ROOT + "/attempt",
         ROOT + "/attempt/0123456789abcdef0123456789abcdef", "/"]


def value(chance, kind, depth=0):
    """A random value of the D-Bus type `kind`."""
    if kind == "v":
        return GLib.Variant("v", value(chance, chance.choice(["s", "u", "t", "b", "as", "a{sv}", "ay", "(ss)"]), depth + 1))
    if kind == "s":
        return GLib.Variant("s", chance.choice(WORDS))
    if kind == "o":
        return GLib.Variant("o", chance.choice(PATHS))
    if kind == "h":
        return GLib.Variant("h", chance.choice([0, 0, 0, 1, 0x7fffffff]))
    if kind == "b":
        return GLib.Variant("b", chance.random() < 0.5)
    if kind == "ay":
        return GLib.Variant("ay", bytes(chance.randrange(256) for _ in range(chance.choice([0, 1, 300, 5000]))))
    if kind in LIMITS:
        return GLib.Variant(kind, chance.choice(NUMBERS) % LIMITS[kind])
    if kind.startswith("a{"):
        inner = kind[3:-1]
        pairs = {chance.choice(KEYS if inner == "v" else WORDS): value(chance, inner, depth + 1)
                 for _ in range(chance.choice([0, 0, 1, 1, 3]) if depth < 3 else 0)}
        builder = GLib.VariantBuilder.new(GLib.VariantType(kind))
        for key, member in pairs.items():
            builder.add_value(GLib.Variant.new_dict_entry(GLib.Variant("s", key), member))
        return builder.end()
    builder = GLib.VariantBuilder.new(GLib.VariantType(kind))
    if kind.startswith("a"):
        for _ in range(chance.choice([0, 1, 2, 40]) if depth < 3 else 0):
            builder.add_value(value(chance, kind[1:], depth + 1))
    else:
        for member in kind[1:-1]:
            builder.add_value(value(chance, member, depth + 1))
    return builder.end()


def members(*apis_and_paths):
    """(interface, method, [argument types], path) of everything that introspection shows."""
    found = {}
    for api, path in apis_and_paths:
        found[PROPERTIES, "Set", path] = ["s", "s", "v"]
        for interface in ET.fromstring(api.introspect(path)).findall("interface"):
            for method in interface.findall("method"):
                found[interface.get("name"), method.get("name"), path] = [
                    arg.get("type") for arg in method.findall("arg") if arg.get("direction") != "out"]
    return sorted((interface, method, kinds, path) for (interface, method, path), kinds in found.items())


def arguments(chance, kinds):
    if chance.random() < 0.05:  # another signature than the one that is asked for
        kinds = chance.sample(["s", "u", "a{sv}", "h", "v"], chance.randrange(4))
    builder = GLib.VariantBuilder.new(GLib.VariantType(f"({''.join(kinds)})"))
    for kind in kinds:
        builder.add_value(value(chance, kind))
    return builder.end()


class Assault:
    """Hostile calls on one connection, several under way at once."""

    def __init__(self, caller, seed):
        self.caller, self.seed, self.chance = caller, seed, random.Random(seed)
        self.pending, self.count, self.granted = [], 0, 0
        self.attempt = PATHS[-2]  # the newest of this caller's

    def send(self, path, interface, method, args):
        with open(os.devnull, "rb") as nothing:  # what is sent is a duplicate
            fds = [nothing.fileno()] if self.chance.random() < 0.7 else None
            self.pending.append(self.caller.send(path, interface, method, args, fds=fds))
        self.count += 1
        if len(self.pending) >= AT_ONCE:
            self.take()

    def take(self):
        """Waits for an answer, and closes what came with it."""
        one = self.pending.pop(0)
        wait_for(lambda: one.done, 30, f"an answer (CK_SEED={self.seed})")
        assert one.error is None or isinstance(one.error, BusError)
        for fd in one.fds:
            os.close(fd)
        if not one.error:
            self.granted += 1
            if one.value and str(one.value[0]).startswith(ROOT + "/attempt/"):
                self.attempt = one.value[0]

    def run(self, everything, channel):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if self.count % 50 == 0:  # there is an attempt to respond to
                self.send(channel, CHANNEL, "Reconnect", GLib.Variant("(a{sv})", ({},)))
            interface, method, kinds, path = self.chance.choice(everything)
            if interface == ATTEMPT:
                path = self.attempt
            if self.chance.random() < 0.1:
                path = self.chance.choice(PATHS)
            self.send(path, interface, method, arguments(self.chance, kinds))
        while self.pending:
            self.take()


@pytest.mark.parametrize("user", ["bob", "studio", "alice", "root"])
def test_hostile_values(connected, root, callers, broker, user):
    seed = int(os.environ.get("CK_SEED", random.randrange(1 << 32)))
    assault = Assault(callers(user), seed)
    everything = members((root, ROOT), (root, connected.path))
    everything += [(ATTEMPT, "Respond", ["u", "a{sv}"], None), (ATTEMPT, "Cancel", [], None)]
    assert len(everything) > 30
    granted = {name: connected.prop(name) for name in ("AssignedUser", "AllowedUsers", "AllowedGroups")}
    account = {name: connected.prop(name) for name in ("AccountId", "Scopes")}

    assault.run(everything, connected.path)
    assault.caller.close()

    assert broker.alive(), f"CK_SEED={seed}"
    assert assault.count > 100, assault.count
    if user == "root":  # who may have removed it all, and yet the vault is one that opens
        assert assault.granted > 20, assault.granted
        broker.restart()
        assert root.get(ROOT, BROKER, "VaultState") == "open", f"CK_SEED={seed}"
        return
    assert {name: connected.prop(name) for name in granted} == granted, f"CK_SEED={seed}"
    assert root.get(ROOT, BUS_NAME, "ChannelCount") == 1
    if user == "alice":  # who may have given up the grant, and gets it back
        assert assault.granted > 20, assault.granted
        assert assault.attempt != PATHS[-2], "no attempt"
        setups.connect(connected, "alice-channel")
    assert {name: connected.prop(name) for name in account} == account and connected.token()[0], f"CK_SEED={seed}"
