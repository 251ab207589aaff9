# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every member that the introspection XML names, called by an ordinary user and by an allowed app with
random and hostile values. CK_SEED repeats a run, CK_FUZZ_SECONDS lengthens one."""

import os
import random
import time
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib
from harness.caller import BUS_NAME, PROPERTIES, ROOT, BusError
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
    """(interface, method, [argument types]) of everything that introspection shows."""
    found = {(PROPERTIES, "Set"): ["s", "s", "v"]}
    for api, path in apis_and_paths:
        for interface in ET.fromstring(api.introspect(path)).findall("interface"):
            for method in interface.findall("method"):
                found[interface.get("name"), method.get("name")] = [
                    arg.get("type") for arg in method.findall("arg") if arg.get("direction") != "out"]
    return sorted((interface, method, kinds) for (interface, method), kinds in found.items())


def arguments(chance, kinds):
    if chance.random() < 0.05:  # another signature than the one that is asked for
        kinds = chance.sample(["s", "u", "a{sv}", "h", "v"], chance.randrange(4))
    builder = GLib.VariantBuilder.new(GLib.VariantType(f"({''.join(kinds)})"))
    for kind in kinds:
        builder.add_value(value(chance, kind))
    return builder.end()


def take(pending, seed):
    """Waits for an answer, and closes what came with it."""
    wait_for(lambda: pending.done, 30, f"an answer (CK_SEED={seed})")
    assert pending.error is None or isinstance(pending.error, BusError)
    for fd in pending.fds:
        os.close(fd)


@pytest.mark.parametrize("user", ["bob", "studio"])
def test_hostile_values(connected, root, callers, broker, user):
    seed = int(os.environ.get("CK_SEED", random.randrange(1 << 32)))
    chance = random.Random(seed)
    caller, devnull = callers(user), os.open(os.devnull, os.O_RDONLY)
    everything = members((root, ROOT), (root, connected.path))
    everything += [("org.channelkeeper.Attempt1", "Respond", ["u", "a{sv}"]), ("org.channelkeeper.Attempt1", "Cancel", [])]
    assert len(everything) > 30
    before = {name: connected.prop(name) for name in ("AssignedUser", "AllowedUsers", "AllowedGroups", "AccountId", "Scopes")}
    pending, count, deadline = [], 0, time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        interface, method, kinds = chance.choice(everything)
        path = chance.choice(PATHS) if chance.random() < 0.3 else (
            ROOT if interface == "org.channelkeeper.Broker1" else connected.path)
        fds = [devnull] if chance.random() < 0.7 else None  # what is sent is a duplicate
        pending.append(caller.send(path, interface, method, arguments(chance, kinds), fds=fds))
        count += 1
        if len(pending) >= AT_ONCE:
            take(pending.pop(0), seed)
    for one in pending:
        take(one, seed)
    os.close(devnull)
    assert broker.alive(), f"CK_SEED={seed}"
    assert {name: connected.prop(name) for name in before} == before, f"CK_SEED={seed}"
    assert root.get(ROOT, BUS_NAME, "ChannelCount") == 1 and connected.token()[0]
    assert count > 100, count
