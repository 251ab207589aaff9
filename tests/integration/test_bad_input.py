# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bad input is a clear error that names the thing; nothing is lost, the broker lives."""

import os

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BROKER, ROOT, BusError, options


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


@pytest.mark.parametrize("name", ["", "a/b", "../../etc/passwd", "Main", "-x", ".x", "a b", "ä", "a\nb", "a\x7f",
                                  "x" * 65, "x" * 10000, "%41", "_x"])
def test_channel_ids(oidc_channel, root, broker, name):
    error = refused(root.add_channel, name, "real", client="web", assigned_user="alice")
    assert error.word == "InvalidArgument"
    assert len(error.message) < 1000 and "\n" not in error.message and "\x7f" not in error.message
    assert broker.alive()
    assert [row[1] for row in root.list_channels()] == ["main"]


@pytest.mark.parametrize("name", ["0", "a" * 64, "a.b_c-d", "9lives"])
def test_good_ids_and_their_paths(oidc_channel, root, alice, name):
    channel = setups.add_oidc_channel(root, alice, name)
    assert channel.prop("Id") == name
    assert alice.channel(name).path == channel.path


@pytest.mark.parametrize("opts, word, names", [
    ({"assigned_user": "nobody-here"}, "InvalidArgument", "nobody-here"),
    ({"assigned_user": "alice\n"}, "InvalidArgument", "assigned-user"),
    ({"assigned_user": ""}, "InvalidArgument", ""),
    ({"allowed_users": ["studio", "ghost"]}, "InvalidArgument", "ghost"),
    ({"allowed_groups": ["no-such-group"]}, "InvalidArgument", "no-such-group"),
    ({"client": "nope"}, "NoSuchClient", "nope"),
    ({"scopes": ["pub lish"]}, "InvalidArgument", "pub lish"),
    ({"required_scopes": ["never-asked"]}, "InvalidArgument", "never-asked"),
    ({"colour": "red"}, "InvalidArgument", "colour"),
    ({"assigned_user": GLib.Variant("u", 1)}, "InvalidArgument", "assigned-user"),
    ({"scopes": GLib.Variant("s", "publish")}, "InvalidArgument", "scopes"),
    ({"display_name": "x" * 100000}, "InvalidArgument", "display-name"),
    ({"display_name": "two\nlines"}, "InvalidArgument", "display-name"),
])
def test_options_of_a_channel(oidc_channel, root, opts, word, names):
    opts = {"client": "web", "assigned_user": "alice", **opts}
    error = refused(root.add_channel, "new", "real", **opts)
    assert error.word == word and names in error.message
    assert len(root.list_channels()) == 1


def test_providers_and_ids_that_do_not_exist(oidc_channel, root):
    error = refused(root.add_channel, "new", "no-such-provider", assigned_user="alice")
    assert error.word == "NoSuchProvider" and "no-such-provider" in error.message
    assert refused(root.add_channel, "new", "../real", assigned_user="alice").word == "InvalidArgument"
    assert refused(root.channel, "nope").word == "NoSuchChannel"
    assert refused(root.remove_channel, "nope").word == "NoSuchChannel"
    assert refused(root.add_channel, "main", "real", client="web", assigned_user="alice").word == "Exists"


def test_assigning_to_nobody(oidc_channel, root):
    for user in ("ghost", "", "64001", "alice "):
        assert refused(oidc_channel.seen_by(root).assign, user).word == "InvalidArgument"
    assert refused(oidc_channel.seen_by(root).set_access, ["ghost"], []).word == "InvalidArgument"
    assert oidc_channel.prop("AssignedUser") == "alice"


def test_redirect_uri_that_is_not_the_clients(oidc_channel):
    for uri in ("http://127.0.0.1:1/cb", "https://evil.example/cb", "not a uri", ""):
        error = refused(oidc_channel.reconnect, flow="browser", redirect_uri=uri)
        assert error.word == "InvalidArgument", uri


def test_flow_that_is_none(oidc_channel):
    error = refused(oidc_channel.reconnect, flow="telepathy")
    assert error.word in ("InvalidArgument", "NotSupported") and "telepathy" in error.message


def test_text_that_is_cut_within_a_character(oidc_channel, root):
    """What a caller wrote is quoted in part, and the answer is an answer all the same."""
    for length in range(60, 65):
        text = "a" * length + "ééé"
        assert refused(oidc_channel.reconnect, flow=text).word in ("InvalidArgument", "NotSupported")
        assert refused(oidc_channel.reconnect, flow="browser", redirect_uri=text * 4).word == "InvalidArgument"
        assert refused(oidc_channel.reconnect, scopes=[text * 2]).word in ("InvalidArgument", "NotAuthorized")
        assert refused(root.add_client, "x", "real", "id", "some-secret-0001",
                       redirect_uris=[text * 2]).word == "InvalidArgument"


@pytest.mark.parametrize("name, text, names", [
    ("providers.d/bad.provider", "[Provider]\nName=Bad\nStack=oidc\n[OAuth2]\nIssur=http://127.0.0.1:1\n",
     ("bad.provider", "5", "Issur")),
    ("providers.d/bad.provider", "[Provder]\nName=Bad\n", ("bad.provider", "1", "Provder")),
    ("providers.d/bad.provider", "[Provider]\nName=Bad\nStack=oidc\n[Lifetime]\nRenewal=sometimes\n",
     ("bad.provider", "Renewal")),
    ("providers.d/bad.provider", "[Provider]\nName=Bad\nStack=no-such-stack\n", ("no-such-stack",)),
    ("providers.d/bad.provider", "no group at all\n", ("bad.provider", "1")),
    ("stacks.d/broken", "connect required no_such_module.so\n", ("broken", "no_such_module")),
    ("stacks.d/broken", "connect perhaps permit.so\n", ("broken", "1", "perhaps")),
    ("stacks.d/broken", "connect required ../../evil.so\n", ("broken", "1")),
    ("channelkeeper.conf", "[Broker]\nMaxWorkrs=4\n", ("channelkeeper.conf", "MaxWorkrs")),
    ("channelkeeper.conf", "[Broker]\nMaxWorkers=many\n", ("channelkeeper.conf", "MaxWorkers")),
])
def test_bad_files_are_named_and_change_nothing(connected, root, broker, name, text, names):
    keep = None
    path = os.path.join(broker.config, name)
    if os.path.exists(path):
        with open(path, encoding="utf-8") as stream:
            keep = stream.read()
    broker.write_config(name, text)
    if name == "stacks.d/broken":
        broker.write_config("providers.d/uses-it.provider", "[Provider]\nName=U\nStack=broken\n[OAuth2]\n"
                            "TokenEndpoint=http://127.0.0.1:1/t\n")
    error = refused(root.reload)
    for word in names:
        assert word in error.message, error.message
    assert connected.token()[0]
    connected.renew()

    # At a start it disables what it describes and no more; only the main file is needed.
    if name == "channelkeeper.conf":
        broker.write_config(name, keep)
        root.reload()
        return
    broker.restart()
    assert connected.token()[0]
    assert "real" in [row[0] for row in root.broker("ListProviders", "(a{sv})", {})]
    os.unlink(path)
    if name == "stacks.d/broken":
        os.unlink(os.path.join(broker.config, "providers.d/uses-it.provider"))
    root.reload()


def test_reload_takes_all_or_nothing(connected, root, broker):
    """A good file beside a bad one waits until all are good."""
    def providers():
        return {row[0]: row[1] for row in root.broker("ListProviders", "(a{sv})", {})}

    before = providers()
    broker.write_config("providers.d/a-good.provider", "[Provider]\nName=Good\nStack=oidc\n"
                        "[OAuth2]\nIssuer=http://127.0.0.1:1\n")
    broker.write_config("providers.d/z-bad.provider", "[Provider]\nName=Bad\nStak=oidc\n")
    broker.write_config("channels.d/declared.channel", "[Channel]\nProvider=a-good\nAssignedUser=alice\n")
    error = refused(root.reload)
    assert "z-bad.provider:3: [Provider] Stak" in error.message
    assert providers() == before and [row[1] for row in root.list_channels()] == ["main"]
    assert connected.token()[0]

    broker.write_config("providers.d/z-bad.provider", "[Provider]\nName=Better\nStack=oidc\n")
    root.reload()
    assert providers() == {**before, "a-good": "Good", "z-bad": "Better"}
    assert [row[1] for row in root.list_channels()] == ["declared", "main"]


@pytest.mark.broker_may_fail
def test_start_with_a_bad_main_file(idle_broker):
    idle_broker.write_config("channelkeeper.conf", "[Broker]\nMaxWorkrs=4\n")
    idle_broker.start(wait=False)
    assert idle_broker.process.wait(20) not in (0, -6, -11)
    assert "MaxWorkrs" in idle_broker.log()


def vault_files(broker):
    return [os.path.join(broker.state, name) for name in os.listdir(broker.state) if name.startswith("vault.db")]


def key_file(broker):
    found = [name for name in os.listdir(broker.state) if "key" in name]
    assert len(found) == 1, os.listdir(broker.state)
    return os.path.join(broker.state, found[0])


def vault_state(api):
    return api.get(ROOT, BROKER, "VaultState")


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def write(path, data):
    """Into the same file: its owner and mode stay."""
    with open(path, "wb") as stream:
        stream.write(data)


def test_missing_key(connected, broker, root, alice, oidc):
    assert vault_state(root) == "open"
    token = connected.token()[0]
    path = key_file(broker)
    broker.stop()
    before = {name: read(name) for name in vault_files(broker)}
    os.rename(path, "/run/ck/home/root.key")
    broker.start()
    assert vault_state(root) == "sealed"
    assert refused(connected.token).word == "VaultSealed"
    assert root.broker("Preflight", "(asa{sv})", ["main"], {})[0][1] == "fail"
    assert [row[1] for row in root.list_channels()] == ["main"]
    assert not os.path.exists(path), "no second key is made over a vault that has one"
    broker.stop()
    assert all(read(name) == data for name, data in before.items() if os.path.exists(name) and name.endswith(".db"))
    os.rename("/run/ck/home/root.key", path)
    broker.start()
    assert vault_state(root) == "open"
    assert connected.token()[0] == token


def test_wrong_key(connected, broker, root):
    token = connected.token()[0]
    path = key_file(broker)
    broker.stop()
    good = read(path)
    write(path, bytes(reversed(good)))
    broker.start()
    assert vault_state(root) == "sealed"
    assert refused(connected.token).word == "VaultSealed"
    assert refused(setups.add_oidc_clients, root).word in ("VaultSealed", "Exists")
    broker.stop()
    write(path, good)
    broker.start()
    assert connected.token()[0] == token


def test_vault_that_is_cut_off(connected, broker, root):
    broker.stop()
    path = os.path.join(broker.state, "vault.db")
    good = read(path)
    write(path, good[:len(good) // 2])
    broker.start()
    assert vault_state(root) == "sealed"
    assert refused(connected.token).word in ("VaultSealed", "Store")
    broker.stop()
    write(path, good)
    broker.start()
    assert connected.token()[0]


def test_vault_with_a_flipped_byte(connected, broker, root, alice):
    """Anywhere in the file: a clear error or no harm, never a crash, never another token."""
    token = connected.token()[0]
    broker.stop()
    path = os.path.join(broker.state, "vault.db")
    good = read(path)
    step = max(1, len(good) // 12)
    for offset in range(step // 2, len(good), step):
        write(path, good[:offset] + bytes([good[offset] ^ 0x40]) + good[offset + 1:])
        broker.start()
        try:
            assert connected.token()[0] == token
        except BusError as error:
            assert error.word in ("VaultSealed", "Store", "Expired"), f"at {offset}: {error}"
            assert "vault" in error.message, f"at {offset}: {error}"
            assert error.message
        assert broker.alive(), f"at {offset}"
        broker.stop()
    write(path, good)
    broker.start()
    assert connected.token()[0] == token


@pytest.mark.parametrize("mode", ["html", "huge", "deep", "redirect", "truncated", "junk", "500", "nul-bytes"])
def test_platform_answers_rubbish_to_a_connect(oidc_channel, oidc, broker, mode):
    from harness.browser import Browser
    attempt = oidc_channel.reconnect(flow="browser")
    number, _style, details = attempt.prompt()
    redirect = Browser("alice-channel").authorize(details["uri"])
    oidc.fault(mode)
    attempt.respond(number, redirected_uri=redirect)
    outcome, _cause, message = attempt.outcome()
    oidc.fault()
    assert outcome == "failed" and message and len(message) < 1000
    assert oidc_channel.state == "unconnected"
    setups.connect(oidc_channel, "alice-channel")
    assert broker.alive()


def test_discovery_that_lies(root, alice, oidc, broker):
    """Metadata of another issuer must not be believed (RFC 8414 section 3.3)."""
    broker.write_config("providers.d/liar.provider", setups.OIDC_PROVIDER.replace("127.0.0.1", "localhost"))
    root.reload()
    root.add_client("liar", "liar", "web", "web-client-secret-5f1d09c2", redirect_uris=[oidc.web_redirect])
    channel = root.add_channel("liar", "liar", client="liar", assigned_user="alice").seen_by(alice)
    attempt = channel.reconnect(flow="browser")
    outcome, _cause, message = attempt.outcome()
    assert outcome == "failed" and "issuer" in message.lower()


def test_add_client_with_bad_words(oidc_channel, root):
    for name, provider, word in (("a/b", "real", "InvalidArgument"), ("x", "nope", "NoSuchProvider"),
                                 ("", "real", "InvalidArgument")):
        assert refused(root.add_client, name, provider, "id", "some-secret-0001").word == word
    assert refused(root.add_client, "x", "real", "", "some-secret-0001").word == "InvalidArgument"
    assert refused(root.add_client, "x", "real", "id", "some-secret-0001",
                   redirect_uris=["javascript:alert(1)"]).word == "InvalidArgument"
    assert refused(root.add_client, "x", "real", "id", "some-secret-0001", loopback_port="everything").word == "InvalidArgument"
    assert refused(root.add_client, "x", "real", "id", "x" * 70000).word in ("InvalidArgument", "LimitExceeded")


def test_unknown_option_everywhere(oidc_channel, root):
    for method, signature, args in [
            ("AddChannel", "(ssa{sv})", ("n", "real")), ("RemoveChannel", "(sa{sv})", ("main",)),
            ("ListChannels", "(a{sv})", ()), ("GetSnapshot", "(a{sv})", ()), ("ListProviders", "(a{sv})", ()),
            ("RemoveClient", "(sa{sv})", ("web",)), ("ListClients", "(a{sv})", ()), ("Reload", "(a{sv})", ()),
            ("Preflight", "(asa{sv})", (["main"],))]:
        error = refused(root.broker, method, signature, *args, options(no_such_option=1))
        assert error.word == "InvalidArgument" and "no-such-option" in error.message, method
