# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is in a core of the processes, as root may take one: what the manual says, and nothing after that."""

import os
import re
import subprocess

import pytest
from harness import setups, tree
from harness.browser import Browser
from harness.wait import spin, wait_for

READABLE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r")
PIECE = 1 << 20
SHADOW = 1 << 30  # what is larger is a sanitizer's bookkeeping


def memory_of(pid):
    """Everything that the process can read, in pieces that overlap; more than a core would hold."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            found = READABLE.match(line)
            if not found or "[vvar]" in line or "[vsyscall]" in line:
                continue
            start, end = (int(text, 16) for text in found.groups())
            if end - start > SHADOW:
                continue
            for offset in range(start, end, PIECE):
                try:
                    memory.seek(offset)
                    yield memory.read(min(PIECE + 4096, end - offset))
                except (OSError, ValueError):  # a guard page, or a sanitizer's hole
                    break


def core_of(pid, folder):
    """gcore's, as an administrator would take it; a sanitizer's terabytes of shadow are left alone."""
    if "ASAN_OPTIONS" in os.environ:
        yield from memory_of(pid)
        return
    subprocess.run(["gcore", "-a", "-o", str(folder / "core"), str(pid)], check=True, capture_output=True)
    path = folder / f"core.{pid}"
    with open(path, "rb") as stream:
        core = stream.read()
    path.unlink()
    assert core[:4] == b"\x7fELF" and len(core) > PIECE
    yield core


def secrets_in(pieces, secrets):
    wanted = [secret.encode() for secret in secrets]
    return {secret.decode() for piece in pieces for secret in wanted if secret in piece}


@pytest.fixture
def idle_broker(idle_broker):
    """Freed memory is overwritten, as the unit says it is."""
    idle_broker.extra_env = tree.unit_environment()
    assert idle_broker.extra_env
    if "ASAN_OPTIONS" in os.environ:
        fill_what_is_freed(idle_broker)
    return idle_broker


def fill_what_is_freed(broker):
    """AddressSanitizer's malloc does not know of the C library's settings; a worker inherits nothing."""
    options = f"{os.environ['ASAN_OPTIONS']}:max_free_fill_size=16777216:free_fill_byte=90"
    worker = os.path.join(broker.directory, "worker")
    with open(worker, "w", encoding="utf-8") as stream:
        stream.write(f"#!/bin/sh\nASAN_OPTIONS={options} exec {tree.locate('channelkeeper-worker')}\n")
    os.chmod(worker, 0o755)
    broker.extra_env |= {"ASAN_OPTIONS": options, "CHANNELKEEPER_WORKER": worker}


@pytest.fixture
def used(root, alice, broker, platform, studio):
    """A channel that everything has been done with."""
    setups.add_platform(root, broker)
    channel = setups.add_platform_channel(root, alice)
    setups.connect(channel, "alice-live")
    mine = channel.seen_by(studio)
    token = mine.token()[0]
    assert mine.open_token()[0] == token
    channel.renew()
    channel.verify()
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice-live"))
    assert attempt.outcome()[0] == "succeeded"
    mine.token()
    return channel


def test_after_a_disconnect_no_token_is_left(used, broker, platform):
    tokens = set(platform.secrets()) - {setups.CLIENT_SECRET}
    pid = broker.process.pid
    held = secrets_in(memory_of(pid), tokens)
    assert held, "the search finds what is there"
    assert len([token for token in held if token.startswith(("lat_", "lrt_"))]) == 2, "no grant but the last"

    used.disconnect()
    tokens = set(platform.secrets()) - {setups.CLIENT_SECRET}
    wait_for(lambda: not secrets_in(memory_of(pid), tokens), 5, "the broker's memory without a token")


def test_a_pasted_token_does_not_stay(root, alice, broker, platforms):
    telegram = platforms("telegram")
    root.add_client("bots", "telegram", "bots", "")
    channel = root.add_channel("news", "telegram", client="bots", assigned_user="alice").seen_by(alice)
    good, bad = telegram.control("token", account="news_bot"), "123456789:refused-oM3xVd81ZqLw0Tf5"
    for token, outcome in ((bad, "failed"), (good, "succeeded")):
        attempt = channel.reconnect(flow="import")
        attempt.respond_secret(attempt.prompt()[0], token)
        assert attempt.outcome()[0] == outcome
    pid = broker.process.pid
    assert secrets_in(memory_of(pid), [good, bad]) == {good}
    channel.disconnect()
    wait_for(lambda: not secrets_in(memory_of(pid), [good, bad]), 5, "the broker's memory without a token")
    for worker in broker.workers():
        assert not secrets_in(memory_of(worker), [good, bad])


def test_a_worker_that_idles_holds_nothing(used, broker, platform):
    workers = broker.workers()
    assert workers
    for pid in workers:
        assert not secrets_in(memory_of(pid), platform.secrets())


def test_a_core_after_a_quiet_minute(used, root, broker, platform, tmp_path):
    pid = broker.process.pid
    assert secrets_in(core_of(pid, tmp_path), platform.secrets()), "the search finds what is there"
    used.disconnect()
    spin(60)
    assert not broker.workers(), "a worker leaves after 30 seconds"
    assert secrets_in(core_of(pid, tmp_path), platform.secrets()) <= {setups.CLIENT_SECRET}
    root.remove_channel("stage")
    root.broker("RemoveClient", "(sa{sv})", "lumen", {})
    wait_for(lambda: not secrets_in(memory_of(pid), platform.secrets()), 5, "memory without the client's secret")
