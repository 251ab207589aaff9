# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is in the broker's memory, as root may read it: what the manual says, and nothing after that."""

import os
import re

import pytest
from harness import setups
from harness.wait import wait_for

READABLE = re.compile(r"^([0-9a-f]+)-([0-9a-f]+) r")
PIECE = 1 << 20
SHADOW = 1 << 30  # what is larger is a sanitizer's bookkeeping


def memory_of(pid):
    """Everything that a core of the process would hold, in pieces that overlap."""
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


def secrets_in(pid, secrets):
    wanted = [secret.encode() for secret in secrets]
    return {secret.decode() for piece in memory_of(pid) for secret in wanted if secret in piece}


@pytest.fixture
def idle_broker(idle_broker):
    """Freed memory is overwritten (glibc: where no thread keeps it aside), so that what is found is held."""
    options = os.environ.get("ASAN_OPTIONS", "")
    idle_broker.extra_env = {"MALLOC_PERTURB_": "165", "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0",
                             "ASAN_OPTIONS": f"{options}:max_free_fill_size=16777216:free_fill_byte=90"}
    return idle_broker


def test_after_a_disconnect_no_token_is_left(root, alice, broker, platform, studio, callers):
    setups.add_platform(root, broker)
    channel = setups.add_platform_channel(root, alice)
    setups.connect(channel, "alice-live")
    mine = channel.seen_by(studio)
    token = mine.token()[0]
    assert mine.open_token()[0] == token
    channel.renew()
    channel.verify()
    secrets = set(platform.secrets()) - {setups.CLIENT_SECRET}
    assert secrets_in(broker.process.pid, secrets), "the search finds what is there"

    channel.disconnect()
    secrets = set(platform.secrets()) - {setups.CLIENT_SECRET}
    wait_for(lambda: not secrets_in(broker.process.pid, secrets), 20, "the broker's memory without a token")
