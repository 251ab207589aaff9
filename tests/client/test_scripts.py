# SPDX-License-Identifier: LGPL-2.1-or-later
"""What scripts and monitoring use: preflight, metrics, exec, monitor --exec, history --since."""

import json
import os
import signal
import time

import pytest
from gi.repository import GLib
from prometheus_client.openmetrics import parser

from mock_broker import NEVER, ROOT, Error, channel_path, properties

TOKEN = b"tok-0123456789"
KINDS = {"Id": "s", "Provider": "s", "Client": "s", "State": "s", "Cause": "s", "AssignedUser": "s",
         "ExpiresAt": "t", "ReconnectBy": "t", "LastRenewal": "t", "LastVerified": "t", "Generation": "t",
         "Advice": "as"}


# ---- preflight ----------------------------------------------------------------------------------

def test_preflight(ctl, broker):
    broker.methods["Preflight"] = GLib.Variant("(a(sss))", ([("tv", "ok", ""), ("radio", "warn", "soon")],))
    done = ctl("preflight", "tv", "radio", "--for=90min")
    assert (done.returncode, done.stdout) == (0, "tv\tok\t-\nradio\twarn\tsoon\n")
    assert broker.called("Preflight")[0]["args"] == (["tv", "radio"], {"for": 5400})
    assert json.loads(ctl("preflight", "tv", "--json").stdout)[1] == {"id": "radio", "verdict": "warn", "why": "soon"}


def test_preflight_that_fails(ctl, broker):
    broker.methods["Preflight"] = GLib.Variant("(a(sss))", ([("tv", "fail", "it is revoked"), ("b", "ok", "")],))
    assert ctl("preflight", "tv", "b").returncode == 5


@pytest.mark.parametrize("words", [["--for=never", "tv"], ["--for=soon", "tv"], ["--for=3y", "tv"], []])
def test_preflight_of_nonsense(ctl, broker, words):
    assert ctl("preflight", *words).returncode == 2
    assert broker.called("Preflight") == []


# ---- metrics ------------------------------------------------------------------------------------

@pytest.fixture
def measured(broker):
    """The mock's channel as the object manager tells of it; the root object's properties."""
    def managed(call):
        return GLib.Variant("(a{oa{sa{sv}}})", ({
            channel_path(name): {"org.channelkeeper.Channel1": {
                key: GLib.Variant(kind, values[key]) for key, kind in KINDS.items()}}
            for name, values in broker.channels.items()},))
    broker.methods["GetManagedObjects"] = managed
    broker.serve_object_manager()
    broker.root = {"Version": GLib.Variant("s", "0.1.0"), "VaultState": GLib.Variant("s", "degraded"),
                   "ChannelCount": GLib.Variant("u", 1), "StateCounts": GLib.Variant("a{su}", {"expiring": 1})}
    return broker


def families(text):
    """Strict: the reference parser refuses what OpenMetrics 1.0 does."""
    return {family.name: family for family in parser.text_string_to_metric_families(text)}


def test_metrics_are_openmetrics(ctl, measured):
    measured.channels["tv"] = properties(State="expiring", ReconnectBy=NEVER, LastRenewal=0, LastVerified=1700000000,
                                         Advice=["no-two-factor"], Client='odd"\\\nname')
    done = ctl("metrics")
    assert (done.returncode, done.stderr) == (0, "")
    found = families(done.stdout)
    states = {sample.labels["state"]: sample.value for sample in found["channelkeeper_channels"].samples}
    assert states["expiring"] == 1 and states["revoked"] == 0 and len(states) == 9
    info = found["channelkeeper_channel"].samples[0]
    assert info.labels["client"] == 'odd"\\\nname' and info.labels["state"] == "expiring"
    assert found["channelkeeper_build"].samples[0].labels == {"version": "0.1.0"}
    assert found["channelkeeper_channel_usable"].samples[0].value == 1
    assert found["channelkeeper_channel_grants"].samples[0].value == 3
    assert found["channelkeeper_channel_token_expires_timestamp_seconds"].samples[0].value == 4102444800
    assert found["channelkeeper_channel_reconnect_by_timestamp_seconds"].samples[0].value == float("inf")
    assert "channelkeeper_channel_renewed_timestamp_seconds" not in found
    assert found["channelkeeper_channel_advice"].samples[0].labels == {"id": "tv", "advice": "no-two-factor"}
    assert {sample.labels["state"]: sample.value for sample in found["channelkeeper_vault_state"].samples} \
        == {"open": 0, "degraded": 1, "sealed": 0}


def test_metrics_of_too_many_channels(ctl, measured):
    measured.methods["GetManagedObjects"] = Error("LimitExceeded", "more than 5000")
    done = ctl("metrics")
    assert done.returncode == 0
    assert set(families(done.stdout)) == {"channelkeeper_build", "channelkeeper_channels", "channelkeeper_vault_state"}


def test_metrics_json(ctl, measured):
    samples = json.loads(ctl("metrics", "--json").stdout)
    assert {"name": "channelkeeper_build_info", "labels": {"version": "0.1.0"}, "value": 1.0} in samples


def test_metrics_without_a_service(ctl):
    done = ctl("metrics")
    assert (done.returncode, done.stdout) == (7, "")


# ---- exec ---------------------------------------------------------------------------------------

@pytest.fixture
def tokens(broker):
    broker.methods["OpenAccessToken"] = lambda call: broker.token(
        TOKEN, details={"token-type": GLib.Variant("s", "bearer")})
    return broker


def test_exec_hands_the_token_over_in_a_file(ctl, tokens):
    done = ctl("exec", "tv", "--", "sh", "-c", 'cat {}; cat <&$CHANNELKEEPER_TOKEN_FD; tr "\\0" "\\n" </proc/self/environ')
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[:2] == [TOKEN.decode()] * 2
    assert not [line for line in lines[2:] if TOKEN.decode() in line]


def test_exec_header(ctl, tokens):
    done = ctl("exec", "--header", "tv", "--", "cat", "{}")
    assert done.stdout == f"Authorization: Bearer {TOKEN.decode()}\n"


def test_exec_leaves_signals_alone(ctl, tokens):
    """A command that ends when nobody reads its output, as `yes | head` does, still does."""
    done = ctl("exec", "tv", "--", "grep", "SigIgn", "/proc/self/status")
    assert int(done.stdout.split()[1], 16) & 1 << signal.SIGPIPE - 1 == 0


def test_exec_options(ctl, tokens):
    assert ctl("exec", "--min-validity=600", "--scopes=a b", "tv", "--", "true").returncode == 0
    assert tokens.called("OpenAccessToken")[0]["args"][0] == {"min-validity": 600, "scopes": ["a", "b"]}


def test_exec_leaves_the_commands_status_and_words_alone(ctl, tokens):
    assert ctl("exec", "tv", "--", "sh", "-c", "exit 42").returncode == 42
    assert ctl("exec", "tv", "--", "echo", "-n", "--json", "a b").stdout == "--json a b"


def test_exec_file_cannot_be_changed(ctl, tokens):
    done = ctl("exec", "tv", "--", "sh", "-c", "echo x >{}; cat {}")
    assert done.stdout == TOKEN.decode() + "\n"


def test_exec_that_cannot(ctl, tokens):
    assert ctl("exec", "tv", "--", "/nonexistent/command").returncode == 1
    assert ctl("exec", "tv").returncode == 2
    assert ctl("exec", "tv", "--").returncode == 2
    assert ctl("exec", "radio", "--", "touch", "/nonexistent").returncode == 4
    tokens.methods["OpenAccessToken"] = Error("Revoked", "tv was revoked")
    done = ctl("exec", "tv", "--", "echo", "ran")
    assert (done.returncode, done.stdout) == (5, "")


# ---- monitor --exec, history --since ------------------------------------------------------------

def test_monitor_runs_a_command_for_each_event(ctl, broker, tmp_path):
    out = tmp_path / "out"
    script = tmp_path / "tell"
    script.write_text(f'#!/bin/sh\nread line; echo "$CHANNELKEEPER_SIGNAL $CHANNELKEEPER_CHANNEL $line" >>"{out}"\n',
                      encoding="utf-8")
    script.chmod(0o755)
    watcher = ctl.start("monitor", f"--exec='{script}'")
    try:
        deadline = time.monotonic() + 10
        while not out.exists():  # nothing tells that it listens
            broker.emit(channel_path("tv"), "Channel1", "Expired", "(ta{sv})", (1, {}))
            assert time.monotonic() < deadline and watcher.poll() is None
            time.sleep(0.05)
        for sequence in range(10, 15):
            broker.emit(channel_path("tv"), "Channel1", "Expired", "(ta{sv})", (sequence, {}))
        while '"sequence":14' not in out.read_text(encoding="utf-8"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        watcher.terminate()
        stdout, stderr = watcher.communicate(timeout=10)
    assert (stdout, stderr, watcher.returncode) == ("", "", 0)
    lines = [line for line in out.read_text(encoding="utf-8").splitlines() if '"sequence":1,' not in line]
    assert [json.loads(line.split(" ", 2)[2])["sequence"] for line in lines] == list(range(10, 15))
    assert all(line.startswith("Expired tv {") for line in lines)


def test_monitor_with_a_command_that_cannot_be_read(ctl, broker):
    assert ctl("monitor", "--exec='open").returncode == 2


def test_history_since(ctl, broker):
    broker.methods["GetHistory"] = GLib.Variant("(a(tsa{sv}))", ([],))
    assert ctl("history", "tv", "--since=7d").returncode == 0
    since = broker.called("GetHistory")[0]["args"][0]["since"]
    assert abs(time.time() - 7 * 86400 - since) < 60
    assert ctl("history", "tv", "--since=yesterday").returncode == 2
