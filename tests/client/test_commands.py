# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every command: what it asks the service, what it prints, how it ends."""

import json
import os

import pytest
from gi.repository import GLib

from mock_broker import Error, properties

EMPTY = GLib.Variant("()", ())


def test_list_for_programs(ctl, broker):
    done = ctl("list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "tv\toidc\tconnected\t-\n", "")


def test_list_for_people(ctl, broker):
    screen = ctl.screen("list")
    assert screen.wait() == 0
    lines = screen.text.split("\r\n")
    assert lines[0] == "ID  PROVIDER  STATE      CAUSE"
    assert lines[1] == "tv  oidc      \x1b[32mconnected\x1b[0m  -"


def test_list_without_colours(ctl, broker):
    screen = ctl.screen("list", env={"NO_COLOR": "1"})
    assert screen.wait() == 0
    assert "\x1b" not in screen.text


def test_list_json(ctl, broker):
    assert json.loads(ctl("list", "--json").stdout) == json.loads(ctl("--json", "list").stdout) == [
        {"path": "/org/channelkeeper/Broker1/channel/tv", "id": "tv", "provider": "oidc",
         "state": "connected", "cause": "none"}]


def test_list_filters(ctl, broker):
    assert ctl("list", "--provider=oidc", "--state=expired", "--assigned-user=alice", "--ids").stdout == "tv\n"
    assert broker.called("ListChannels")[0]["args"][0] == {
        "provider": "oidc", "state": "expired", "assigned-user": "alice", "limit": 1000}


def test_list_reads_all_pages(ctl, broker):
    rows = [(f"/c{i:04d}", f"c{i:04d}", "oidc", "connected", "none") for i in range(2500)]

    def page(call):
        after = call["args"][0].get("after", "")
        return GLib.Variant("(a(ossss))", ([row for row in rows if row[1] > after][:1000],))

    broker.methods["ListChannels"] = page
    assert ctl("list", "--ids").stdout.split() == [row[1] for row in rows]
    assert len(broker.called("ListChannels")) == 3


def test_show(ctl, broker):
    broker.channels["tv"] = properties(
        State="revoked", Cause="password-changed", Detail="said\x1b[2J so", Remedy="Log in\nagain")
    done = ctl("show", "tv")
    assert done.returncode == 0
    assert "State: revoked\n" in done.stdout
    assert "Detail: said\N{REPLACEMENT CHARACTER}[2J so\n" in done.stdout
    assert "What to do: Log in again\n" in done.stdout
    assert "Reconnect by: never\n" in done.stdout
    assert "Token expires: 2100-01-01 00:00:00 (in " in done.stdout
    assert "Renewable until" not in done.stdout


def test_show_json(ctl, broker):
    shown = json.loads(ctl("show", "tv", "--json").stdout)
    assert len(shown) == 1
    assert shown[0]["expires_at"] == 4102444800
    assert shown[0]["reconnect_by"] == 9007199254740991
    assert shown[0]["scopes"] == ["read", "write"]
    assert shown[0]["renews_itself"] is True


def test_unknown_channel(ctl, broker):
    done = ctl("show", "radio")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "channelctl: radio: there is no channel radio\n"


def test_error_json(ctl, broker):
    done = ctl("show", "radio", "--json")
    assert done.returncode == 4
    assert json.loads(done.stderr) == {"error": "org.channelkeeper.Error.NoSuchChannel", "subject": "radio",
                                       "message": "there is no channel radio"}


@pytest.mark.parametrize("name, code", [
    ("NotAuthorized", 3), ("InteractionRequired", 3), ("InvalidArgument", 2), ("NotConnected", 5), ("Expired", 5),
    ("Revoked", 5), ("Locked", 5), ("Blocked", 5), ("Suspended", 5), ("VaultSealed", 7), ("InsufficientScope", 5),
    ("ProviderUnavailable", 6), ("ProviderError", 1), ("NotSupported", 1), ("Busy", 6), ("LimitExceeded", 6),
    ("TimedOut", 6), ("Store", 1), ("Failed", 1), ("Exists", 1), ("NoSuchProvider", 4), ("NoSuchClient", 4),
    ("Cancelled", 1)])
def test_exit_codes(ctl, broker, name, code):
    broker.methods["Renew"] = Error(name, "because of this")
    done = ctl("renew", "tv")
    assert (done.returncode, done.stderr) == (code, "channelctl: tv: because of this\n")


def test_no_service(ctl):
    done = ctl("list")
    assert done.returncode == 7
    assert "systemctl status channelkeeper" in done.stderr


def test_no_bus(ctl):
    done = ctl("list", env={"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    assert done.returncode == 7
    assert "cannot reach the system bus" in done.stderr


@pytest.mark.parametrize("arguments", [
    [], ["bogus"], ["show"], ["add", "tv"], ["add", "tv", "oidc", "more"], ["list", "--nope"], ["assign", "tv"],
    ["clients", "bogus"], ["clients", "add", "a", "b"], ["--timeout", "0x", "list"], ["list", "--timeout=601"],
    ["reconnect", "tv", "--device", "--import"], ["reconnect", "tv", "--device", "--paste"],
    ["clients", "add", "a", "oidc", "c"], ["clients", "add", "a", "oidc", "c", "--public", "--secret-file=-"]])
def test_usage(ctl, broker, arguments):
    done = ctl(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("channelctl: ")
    assert broker.calls == []


def test_without_the_whole_program(ctl):
    done = ctl("lint", env={"CHANNELKEEPER_CHANNELCTL": "/nonexistent/full"})
    assert (done.returncode, done.stderr) == (1, "channelctl: cannot run /nonexistent/full: No such file or directory\n")


def test_version(ctl):
    assert ctl("--version").stdout.startswith("channelctl 0.")


def test_full_disk(ctl, broker):
    with open("/dev/full", "w", encoding="utf-8") as full:
        import subprocess
        done = subprocess.run([os.environ["CHANNELCTL"], "list", "--json"], stdout=full, stderr=subprocess.PIPE,
                              env=ctl.env, check=False)
    assert done.returncode == 1
    assert b"cannot write the answer" in done.stderr


def test_add(ctl, broker):
    broker.methods["AddChannel"] = GLib.Variant("(o)", ("/x",))
    done = ctl("add", "radio", "oidc", "--display-name=R", "--client", "app", "--assigned-user", "alice",
               "--allow-user=u1", "--allow-user=u2", "--allow-group=g", "--scopes=a b", "--scopes=c",
               "--required-scopes=a", "--account-id=42")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert broker.called("AddChannel")[0]["args"] == ("radio", "oidc", {
        "display-name": "R", "client": "app", "assigned-user": "alice", "allowed-users": ["u1", "u2"],
        "allowed-groups": ["g"], "scopes": ["a", "b", "c"], "required-scopes": ["a"], "account-id": "42"})


def test_add_sends_only_what_was_said(ctl, broker):
    broker.methods["AddChannel"] = GLib.Variant("(o)", ("/x",))
    assert json.loads(ctl("add", "radio", "oidc", "--json").stdout) == {"path": "/x"}
    assert broker.called("AddChannel")[0]["args"][2] == {}


def test_timeout_option(ctl, broker):
    broker.methods["RemoveChannel"] = EMPTY
    assert ctl("remove", "tv", "--keep-grant", "--timeout=60").returncode == 0
    assert broker.called("RemoveChannel")[0]["args"] == ("tv", {"keep-grant": True, "timeout": 60})


def test_argument_with_a_dash(ctl, broker):
    broker.methods["RemoveChannel"] = EMPTY
    assert ctl("remove", "--", "--keep-grant").returncode == 0
    assert broker.called("RemoveChannel")[0]["args"] == ("--keep-grant", {})


def test_assign(ctl, broker):
    broker.methods["Assign"] = EMPTY
    assert ctl("assign", "tv", "bob").returncode == 0
    assert broker.called("Assign")[0]["args"] == ("bob", {})


def test_access_shown(ctl, broker):
    assert ctl("access", "tv").stdout == "assigned\talice\nuser\tstudio\n"
    assert json.loads(ctl("access", "tv", "--json").stdout) == {
        "assigned_user": "alice", "allowed_users": ["studio"], "allowed_groups": []}
    assert broker.called("SetAccess") == []


@pytest.mark.parametrize("options, users, groups", [
    (["--allow-user=bob"], ["studio", "bob"], []),
    (["--allow-user=studio"], ["studio"], []),
    (["--deny-user=studio", "--allow-group=crew"], [], ["crew"]),
    (["--clear"], [], []),
    (["--clear", "--allow-user=bob"], ["bob"], [])])
def test_access_changed(ctl, broker, options, users, groups):
    broker.methods["SetAccess"] = EMPTY
    assert ctl("access", "tv", *options).returncode == 0
    assert broker.called("SetAccess")[0]["args"] == (users, groups, {})


@pytest.mark.parametrize("outcome, words", [("revoked", "has withdrawn"), ("forgotten", "was not told")])
def test_disconnect(ctl, broker, outcome, words):
    broker.methods["Disconnect"] = GLib.Variant("(s)", (outcome,))
    assert words in ctl("disconnect", "tv").stdout
    assert json.loads(ctl("disconnect", "tv", "--json").stdout) == {"outcome": outcome}


def test_clients_list(ctl, broker):
    broker.methods["ListClients"] = GLib.Variant("(a(sss))", ([("app", "oidc", "cid")],))
    assert ctl("clients", "list").stdout == "app\toidc\tcid\n"
    assert ctl("clients", "list", "--ids").stdout == "app\n"
    assert json.loads(ctl("--json", "clients", "list").stdout) == [
        {"id": "app", "provider": "oidc", "client_id": "cid"}]


def test_clients_remove(ctl, broker):
    broker.methods["RemoveClient"] = EMPTY
    assert ctl("clients", "remove", "app", "--json").stdout == "{}\n"
    assert broker.called("RemoveClient")[0]["args"] == ("app", {})


@pytest.mark.parametrize("how", ["file", "stdin", "public"])
def test_clients_add(ctl, broker, tmp_path, how):
    broker.methods["AddClient"] = EMPTY
    (tmp_path / "secret").write_text("s3cret\n")
    source = {"file": f"--secret-file={tmp_path}/secret", "stdin": "--secret-file=-", "public": "--public"}[how]
    done = ctl("clients", "add", "app", "oidc", "cid", source, "--redirect-uri=http://127.0.0.1/cb",
               "--loopback-port=any", stdin="s3cret\n" if how == "stdin" else "")
    assert (done.returncode, done.stderr) == (0, "")
    call = broker.called("AddClient")[0]
    assert call["secret"] == (b"" if how == "public" else b"s3cret")
    assert call["args"][:3] == ("app", "oidc", "cid")
    assert call["args"][4] == {"redirect-uris": ["http://127.0.0.1/cb"], "loopback-port": "any"}


def test_clients_add_asks(ctl, broker):
    broker.methods["AddClient"] = EMPTY
    screen = ctl.screen("clients", "add", "app", "oidc", "cid")
    screen.expect("Client secret")
    screen.type("typed-s3cret\n")
    assert screen.wait() == 0
    assert "s3cret" not in screen.text
    assert broker.called("AddClient")[0]["secret"] == b"typed-s3cret"


def test_clients_add_interrupted(ctl, broker):
    screen = ctl.screen("clients", "add", "app", "oidc", "cid")
    screen.expect("Client secret")
    screen.type("\x03")
    assert screen.wait() == 130
    assert broker.calls == []


def test_providers(ctl, broker):
    broker.methods["ListProviders"] = GLib.Variant(
        "(a(ssa{sv}))", ([("oidc", "OpenID", {"stack": GLib.Variant("s", "oidc")})],))
    assert ctl("providers").stdout == "oidc\tOpenID\tstack=oidc\n"
    assert ctl("providers", "--ids").stdout == "oidc\n"
    assert json.loads(ctl("providers", "--json").stdout)[0]["details"] == {"stack": "oidc"}


def test_history(ctl, broker):
    broker.methods["GetHistory"] = GLib.Variant(
        "(a(tsa{sv}))", ([(1000, "renewed", {"by": GLib.Variant("s", "planner")})],))
    assert "\trenewed\tby=planner\n" in ctl("history", "tv", "-n", "5").stdout
    assert broker.called("GetHistory")[0]["args"] == ({"limit": 5},)
    assert json.loads(ctl("history", "tv", "--json").stdout) == [
        {"time": 1000, "event": "renewed", "details": {"by": "planner"}}]


def test_token(ctl, broker):
    broker.methods["OpenAccessToken"] = lambda call: broker.token(b"t0ken")
    done = ctl("token", "tv", "--min-validity=600", "--scopes=a b")
    assert (done.returncode, done.stdout) == (0, "t0ken\n")
    assert broker.called("OpenAccessToken")[0]["args"] == ({"min-validity": 600, "scopes": ["a", "b"]},)


def test_token_asks_once(ctl, broker):
    broker.methods["OpenAccessToken"] = lambda call: broker.token(b"t0ken")
    ctl("token", "tv")
    assert [call["method"] for call in broker.calls] == ["OpenAccessToken"]


def test_token_of_an_unknown_channel(ctl, broker):
    done = ctl("token", "radio")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "channelctl: radio: there is no channel radio\n"


def test_token_json(ctl, broker):
    token = 'a"b\\c'
    broker.methods["OpenAccessToken"] = lambda call: broker.token(
        token.encode(), 1234, {"token-type": GLib.Variant("s", "Bearer")})
    assert json.loads(ctl("token", "tv", "--json").stdout) == {
        "token": token, "expires_at": 1234, "details": {"token_type": "Bearer"}}


@pytest.mark.parametrize("bad", [b"", b"two\nlines", b"caf\xc3\xa9", b"\x1b[2J"])
def test_token_that_is_none(ctl, broker, bad):
    broker.methods["OpenAccessToken"] = lambda call: broker.token(bad)
    done = ctl("token", "tv")
    assert (done.returncode, done.stdout) == (1, "")


def test_token_not_on_a_screen(ctl, broker):
    broker.methods["OpenAccessToken"] = lambda call: broker.token(b"t0ken")
    screen = ctl.screen("token", "tv")
    assert screen.wait() == 2
    assert "t0ken" not in screen.text
    screen = ctl.screen("token", "tv", "--print")
    assert screen.wait() == 0
    assert "t0ken" in screen.text


def test_renew(ctl, broker):
    broker.methods["Renew"] = EMPTY
    assert ctl("renew", "tv").stdout.startswith("tv: token expires: 2100-01-01 ")
    assert json.loads(ctl("renew", "tv", "--json").stdout) == {"id": "tv", "expires_at": 4102444800}


@pytest.mark.parametrize("state, cause, code", [
    ("connected", "none", 0), ("expiring", "none", 0), ("interrupted", "network", 6),
    ("revoked", "password-changed", 5)])
def test_verify(ctl, broker, state, cause, code):
    broker.methods["Verify"] = GLib.Variant("(ss)", (state, cause))
    done = ctl("verify", "tv")
    assert (done.returncode, done.stdout) == (
        code, f"tv: {state}\n" if cause == "none" else f"tv: {state} ({cause})\n")


@pytest.mark.parametrize("verified, told", [
    (4102444800, ""), (0, "tv: not verified now; the platform last agreed: -\n"),
    (1700000000, "tv: not verified now; the platform last agreed: 2023-11-14 ")])
def test_verify_tells_that_the_platform_was_not_asked(ctl, broker, verified, told):
    broker.methods["Verify"] = GLib.Variant("(ss)", ("connected", "none"))
    broker.channels["tv"]["LastVerified"] = verified
    done = ctl("verify", "tv")
    assert (done.returncode, done.stdout) == (0, "tv: connected\n")
    assert done.stderr.startswith(told) and bool(told) == bool(done.stderr)
    assert json.loads(ctl("verify", "tv", "--json").stdout)["last_verified"] == verified


def test_password_is_asked_only_when_needed(ctl, broker):
    def assign(call):
        if not call["interactive"]:
            raise Error("InteractionRequired", "a password is needed")
        return EMPTY

    broker.methods["Assign"] = assign
    # Without a terminal nobody could type it.
    assert ctl("assign", "tv", "bob").returncode == 3
    assert [call["interactive"] for call in broker.called("Assign")] == [False]


def test_progress_line(ctl, broker):
    import time

    def slow(call):
        time.sleep(1.5)
        return EMPTY

    broker.methods["Renew"] = slow
    screen = ctl.screen("renew", "tv")
    screen.expect(r"waiting for Renew \(\d s\)")
    assert screen.wait() == 0
    assert "waiting" not in ctl("renew", "tv").stderr
