# SPDX-License-Identifier: LGPL-2.1-or-later
"""Handing out access tokens."""

import os
import stat

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import CHANNEL, BusError, options, read_all


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


def test_app_gets_a_token_that_the_server_accepts(connected, studio, oidc):
    since = len(oidc.requests())
    token, expires_at, details = connected.seen_by(studio).token()
    assert oidc.accepts(token) == "alice-channel"
    assert expires_at == connected.prop("ExpiresAt")
    assert details["generation"] == 1 and details["token-type"].lower() == "bearer"
    assert details["client-id"] == "web" and details["account-id"] == "alice-channel"
    assert "publish" in details["scopes"]
    assert "web-client-secret-5f1d09c2" not in str(details)
    assert oidc.requests()[since:] == [], "a good token costs no request"


def test_app_gets_access_tokens_only(connected, studio, oidc):
    theirs = connected.seen_by(studio)
    for answer in (theirs.token(), theirs.open_token()):
        others = set(oidc.secrets()) - {answer[0]}
        assert len(others) >= 3, "the refresh token, the code and the client's secret at least"
        assert not [secret for secret in others if secret in str(answer)]


def test_the_same_token_through_a_pipe(connected, studio):
    theirs = connected.seen_by(studio)
    token, expires_at, details = theirs.token()
    assert theirs.open_token() == (token, expires_at, details)


def test_who_was_handed_which_token(connected, callers, broker):
    """One row for each user, channel and grant, with a count; it outlives the broker."""
    def rows():
        return [(details["user"], details["generation"], details["count"])
                for _time, word, details in connected.history() if word == "TokenHandedOut"]

    apps = [connected.seen_by(callers("studio")) for _ in range(2)]
    for app in (*apps, *apps):
        app.token()
    assert apps[0].open_token()
    assert rows() == [("studio", 1, 1)], "told at once, counted from then on"
    connected.renew()
    apps[0].token()
    assert rows() == [("studio", 2, 1), ("studio", 1, 5)]
    apps[1].token()
    broker.restart()
    connected.wait_state("connected")
    assert rows() == [("studio", 2, 2), ("studio", 1, 5)]


def test_the_pipe_is_a_pipe_that_ends(connected, studio):
    pending = connected.seen_by(studio).send("OpenAccessToken")
    index, _expires, _details = pending.result()
    fd = pending.fds[index]
    assert stat.S_ISFIFO(os.fstat(fd).st_mode)
    assert os.get_inheritable(fd) is False
    assert read_all(fd) == connected.token()[0]


def test_scopes(connected, studio):
    theirs = connected.seen_by(studio)
    assert theirs.token(scopes=["publish"])[0]
    assert refused(theirs.token, scopes=["publish", "chat"]).word == "InsufficientScope"
    assert refused(theirs.open_token, scopes=["chat"]).word == "InsufficientScope"


def test_min_validity_renews_first(connected, oidc):
    oidc.settings(accessTtl=7200)
    since = len(oidc.requests())
    before = connected.token()[0]
    token, expires_at, details = connected.token(min_validity=5000)
    assert token != before and details["generation"] == 2
    assert oidc.accepts(token) == "alice-channel"
    assert len(oidc.token_requests(since=since)) == 1
    assert connected.token(min_validity=5000)[0] == token
    assert len(oidc.token_requests(since=since)) == 1


def test_asking_for_more_than_there_ever_is_renews_once(connected, oidc):
    since = len(oidc.requests())
    tokens = {connected.token(min_validity=100000)[0] for _ in range(5)}
    assert len(oidc.token_requests(since=since)) == 1
    assert connected.token()[0] in tokens


def test_no_token_before_the_first_connect(oidc_channel, studio):
    error = refused(oidc_channel.seen_by(studio).token)
    assert error.word == "NotConnected" and "main" in error.message
    assert refused(oidc_channel.seen_by(studio).open_token).word == "NotConnected"
    assert refused(oidc_channel.renew).word == "NotConnected"


@pytest.mark.parametrize("method", ["GetAccessToken", "OpenAccessToken", "Renew", "Verify", "Reconnect",
                                    "Disconnect", "GetHistory"])
def test_unknown_options_are_refused_by_name(connected, method):
    error = refused(connected.call, method, "(a{sv})", options(min_validty=60))
    assert error.word == "InvalidArgument"
    assert "min-validty" in error.message


def test_options_of_the_wrong_type_are_refused(connected):
    for wrong in ({"min-validity": GLib.Variant("s", "60")}, {"scopes": GLib.Variant("s", "publish")},
                  {"min-validity": GLib.Variant("t", 60)}):
        error = refused(connected.call, "GetAccessToken", "(a{sv})", wrong)
        assert error.word == "InvalidArgument" and list(wrong)[0] in error.message


def test_signing_is_not_for_this_platform(connected):
    error = refused(connected.call, "SignRequest", "(ssa{ss}a{sv})", "GET", "https://127.0.0.1/", {}, {})
    assert error.word == "NotSupported"


def test_tokens_survive_a_restart(connected, broker, oidc):
    before = connected.token()
    since = len(oidc.requests())
    broker.restart()
    assert connected.token() == before
    assert connected.state == "connected"
    assert oidc.requests()[since:] == []


def test_disconnect_gives_the_grant_back(connected, oidc):
    token = connected.token()[0]
    assert connected.disconnect() == "revoked"
    assert oidc.accepts(token) is None
    assert (connected.state, connected.cause) == ("unconnected", "disconnected")
    assert refused(connected.token).word == "NotConnected"
    setups.connect(connected, "alice-channel")


def test_removing_a_channel_removes_it(connected, root, oidc):
    token = connected.token()[0]
    root.remove_channel("main")
    assert oidc.accepts(token) is None
    assert refused(root.channel, "main").word == "NoSuchChannel"
    assert root.list_channels() == []
    setups.add_oidc_channel(root, connected.api, "main")
    assert root.channel("main").state == "unconnected"


def test_removing_a_channel_can_keep_the_grant(connected, root, oidc):
    token = connected.token()[0]
    root.remove_channel("main", keep_grant=True)
    assert oidc.accepts(token) == "alice-channel"


def test_lists(connected, root, alice, bob):
    for name in ("a-first", "z-last"):
        setups.add_oidc_channel(root, alice, name, assigned_user="carol")
    rows = bob.list_channels()
    assert [row[1:] for row in rows] == [("a-first", "real", "unconnected", "none"),
                                         ("main", "real", "connected", "none"),
                                         ("z-last", "real", "unconnected", "none")]
    assert [row[1] for row in bob.list_channels(state="connected")] == ["main"]
    assert [row[1] for row in bob.list_channels(assigned_user="carol", limit=1)] == ["a-first"]
    assert [row[1] for row in bob.list_channels(after="a-first", limit=1)] == ["main"]
    sequence, rows = bob.broker("GetSnapshot", "(a{sv})", {})
    assert sequence > 0 and len(rows) == 3
    assert bob.get("/org/channelkeeper/Broker1", "org.channelkeeper.Broker1", "ChannelCount") == 3
    counts = bob.get("/org/channelkeeper/Broker1", "org.channelkeeper.Broker1", "StateCounts")
    assert {state: n for state, n in counts.items() if n} == {"connected": 1, "unconnected": 2}
    managed = bob.call("/org/channelkeeper/Broker1", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
    assert {path: objects[CHANNEL]["Id"] for path, objects in managed.items() if CHANNEL in objects} == {
        row[0]: row[1] for row in rows}
    assert [row[:2] for row in bob.broker("ListProviders", "(a{sv})", {}) if row[0] == "real"] == [
        ("real", "The real server")]


def test_clients(oidc_channel, root, alice):
    assert sorted(root.broker("ListClients", "(a{sv})", {})) == [
        ("app", "real", "app"), ("tv", "real", "tv"), ("web", "real", "web")]
    assert refused(root.broker, "RemoveClient", "(sa{sv})", "nope", {}).word == "NoSuchClient"
    root.broker("RemoveClient", "(sa{sv})", "tv", {})
    assert len(root.broker("ListClients", "(a{sv})", {})) == 2
    assert refused(root.add_client, "web", "real", "another", "other-secret-123456").word == "Exists"
    root.add_client("web", "real", "web", "web-client-secret-5f1d09c2", redirect_uris=["http://127.0.0.1:18999/cb"])
