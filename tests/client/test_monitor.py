# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl monitor."""

import json
import signal
import subprocess

from gi.repository import GLib

from mock_broker import Broker, ROOT, channel_path


def say_revoked(broker, name="tv", sequence=7):
    broker.emit(channel_path(name), "Channel1", "Revoked", "(tssa{sv})",
                (sequence, "password-changed", "said so", {"remedy": GLib.Variant("s", "Log in again")}))
    broker.emit(ROOT, "Broker1", "ChannelStateChanged", "(tossss)",
                (sequence, channel_path(name), name, "connected", "revoked", "password-changed"))


def end(process, expected=0):
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (expected, "")
    return out


def test_json(ctl, broker):
    process = ctl.start("monitor", "--json")
    assert json.loads(process.stdout.readline())["signal"] == "ServiceAppeared"
    say_revoked(broker)
    revoked, changed = json.loads(process.stdout.readline()), json.loads(process.stdout.readline())
    assert revoked.pop("time") > 0 and changed.pop("time") > 0
    assert revoked == {"signal": "Revoked", "id": "tv", "sequence": 7, "cause": "password-changed",
                       "detail": "said so", "details": {"remedy": "Log in again"}}
    assert changed == {"signal": "ChannelStateChanged", "id": "tv", "sequence": 7, "channel": channel_path("tv"),
                       "old_state": "connected", "new_state": "revoked", "cause": "password-changed"}
    end(process)


def test_words(ctl, broker):
    process = ctl.start("monitor")
    assert "the service is running" in process.stdout.readline()
    say_revoked(broker)
    assert process.stdout.readline().endswith(
        "  tv  Revoked  cause=password-changed  detail=said so  what to do: Log in again\n")
    assert process.stdout.readline().endswith("  tv  connected -> revoked (password-changed)\n")
    end(process)


def test_only_some_channels(ctl, broker):
    process = ctl.start("monitor", "tv", "--json")
    process.stdout.readline()
    say_revoked(broker, "radio", 8)
    say_revoked(broker, "tv", 9)
    assert json.loads(process.stdout.readline())["sequence"] == 9
    end(process)


def test_unknown_channel(ctl, broker):
    assert ctl("monitor", "radio").returncode == 4


def test_service_restarts(ctl, bus):
    first = Broker(bus.address)
    process = ctl.start("monitor", "--json")
    assert json.loads(process.stdout.readline())["signal"] == "ServiceAppeared"
    first.stop()
    assert json.loads(process.stdout.readline())["signal"] == "ServiceVanished"
    second = Broker(bus.address)
    assert json.loads(process.stdout.readline())["signal"] == "ServiceAppeared"
    say_revoked(second)
    assert json.loads(process.stdout.readline())["signal"] == "Revoked"
    end(process)
    second.stop()


def test_reader_leaves(ctl, broker):
    process = ctl.start("monitor")
    process.stdout.readline()
    process.stdout.close()
    say_revoked(broker)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    process.stderr.close()
