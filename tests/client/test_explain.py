# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl explain: what a person is told, and in which language."""

import getpass
import json
import os

import pytest
from gi.repository import GLib

from mock_broker import Error, properties

PO = os.path.join(os.path.dirname(os.environ["CHANNELCTL"]), "..", "..", "po")
PASSWORD = "The account's password was changed, which ends all access. Reconnect the channel."
KENNWORT = "Das Passwort des Kontos wurde geändert; damit endet jeder Zugriff. Verbinde den Kanal neu."


def history(*rows):
    return GLib.Variant("(a(tsa{sv}))", ([
        (time, word, {"old-state": GLib.Variant("s", old), "new-state": GLib.Variant("s", new)})
        for time, word, old, new in rows],))


@pytest.fixture
def revoked(broker):
    broker.channels["tv"] = properties(State="revoked", Cause="password-changed", Remedy=PASSWORD,
                                       Detail="the platform says 460")
    broker.methods["ListProviders"] = GLib.Variant("(a(ssa{sv}))", ([("oidc", "Our studio", {})],))
    broker.methods["GetHistory"] = history((1795000000, "Revoked", "connected", "revoked"))
    return broker


def test_all_is_said(ctl, revoked):
    done = ctl("explain", "tv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tv (TV, Our studio): revoked; the platform has withdrawn the access\n"
                                  "Since 2026-11-18 11:06:40 (")
    for line in ("What to do", "  " + PASSWORD, "  the platform says 460"):
        assert line + "\n" in done.stdout
    assert "  alice, to whom the channel is assigned. Nobody else can: ask alice" in done.stdout


def test_the_command_is_for_who_may(ctl, revoked):
    """Anybody else would only be refused."""
    assert "channelctl reconnect" not in ctl("explain", "tv").stdout
    assert "command" not in json.loads(ctl("explain", "tv", "--json").stdout)
    revoked.channels["tv"] = properties(State="revoked", Cause="password-changed", AssignedUser=getpass.getuser())
    assert "  channelctl reconnect tv\n" in ctl("explain", "tv").stdout
    assert json.loads(ctl("explain", "tv", "--json").stdout)["command"] == "channelctl reconnect tv"


def test_json(ctl, revoked):
    told = json.loads(ctl("explain", "tv", "--json").stdout)
    assert (told["state"], told["cause"], told["since"]) == ("revoked", "password-changed", 1795000000)
    assert told["to_do"] == PASSWORD
    assert told["advice"] == []


def test_without_the_history(ctl, revoked):
    """Who may not read it is told the rest, and never asked for a password."""
    revoked.methods["GetHistory"] = Error("InteractionRequired", "a password")
    done = ctl("explain", "tv")
    assert done.returncode == 0 and "Since" not in done.stdout
    assert [call["interactive"] for call in revoked.called("GetHistory")] == [False]


def test_on_a_terminal(ctl, revoked):
    screen = ctl.screen("explain", "tv")
    assert screen.wait() == 0
    assert "\x1b[1mWhat to do\x1b[0m\r\n" in screen.text
    assert max(len(line) for line in screen.text.split("\r\n")) <= 80 + len("\x1b[1m\x1b[0m")


def test_unknown_channel(ctl, revoked):
    assert ctl("explain", "radio").returncode == 4


@pytest.mark.parametrize("env", [
    {"LC_ALL": "", "LANG": "de_DE.UTF-8"},
    {"LC_ALL": "de_AT.UTF-8"},
    {"LC_ALL": "C.UTF-8", "LANGUAGE": "de"},
    {"LC_ALL": "", "LANG": "en_US.UTF-8", "LANGUAGE": "de:en"},
])
def test_in_german_though_no_locale_was_generated(ctl, revoked, env):
    env = {"CHANNELKEEPER_LOCALEDIR": PO, **env}
    assert KENNWORT in ctl("explain", "tv", env=env).stdout
    assert f"{KENNWORT}\n" in ctl("show", "tv", env=env).stdout
    assert json.loads(ctl("explain", "tv", "--json", env=env).stdout)["state"] == "revoked"


@pytest.mark.parametrize("env", [{"LC_ALL": "C.UTF-8"}, {"LC_ALL": "C"}, {"LC_ALL": "", "LANG": "en_GB.UTF-8"},
                                 {"LC_ALL": "C", "LANGUAGE": "de"}])
def test_in_english(ctl, revoked, env):
    assert PASSWORD in ctl("explain", "tv", env={"CHANNELKEEPER_LOCALEDIR": PO, **env}).stdout
