# SPDX-License-Identifier: LGPL-2.1-or-later
"""Backend=service: the tokens in a real gnome-keyring, which may be locked, leave and come back."""

import json
import os

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BusError, secret_pipe
from harness.keyring import CONFIG, Keyring
from harness.run import channelctl
from harness.wait import wait_for

BROKER = "org.channelkeeper.Broker1"
VAULT = "org.channelkeeper.Vault1"
ROOT = "/org/channelkeeper/Broker1"


@pytest.fixture
def keyring(idle_broker, ledger):
    """Unlocked, and the broker told of it; to be named before what starts the broker."""
    it = Keyring(os.path.join(idle_broker.directory, "keyring"))
    idle_broker.write_config("channelkeeper.conf.d/vault.conf", CONFIG)
    idle_broker.extra_env = {"DBUS_SESSION_BUS_ADDRESS": it.address}
    it.start()
    yield it
    it.stop()


def vault_state(root):
    return root.get(ROOT, BROKER, "VaultState")


def wait_vault(root, state, seconds=10):
    wait_for(lambda: vault_state(root) == state, seconds, f"VaultState {state}")


def last_word(journal):
    """What the journal was last told about the vault."""
    words = [entry["MESSAGE"] for entry in journal.entries if "the vault is " in entry.get("MESSAGE", "")]
    return words[-1] if words else ""


def refusal(call, *args, **opts):
    with pytest.raises(BusError) as error:
        call(*args, **opts)
    assert error.value.word == "VaultSealed"
    return error.value.message


def test_grants_and_secrets_outlive_the_broker(keyring, connected, oidc, root, broker):
    """kill -9, and what the keyring holds is used: the grant, the renewed one, the client's secret."""
    assert vault_state(root) == "open"
    connected.renew()
    token, _, details = connected.token()
    assert details["generation"] == 2 and "unsaved" not in details
    since = len(oidc.requests())
    broker.kill()
    broker.start()
    again, _, details = connected.token()
    assert (again, details["generation"]) == (token, 2) and oidc.accepts(token) == "alice-channel"
    assert not oidc.token_requests(since=since)
    connected.renew()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"
    assert not [name for name in os.listdir(broker.state) if name.startswith("vault")]
    connected.disconnect()
    broker.restart()
    assert connected.state == "unconnected"


def test_keyring_that_leaves_costs_no_token(keyring, connected, oidc, root, broker, journal):
    """What is held is handed out, what is renewed is kept, and stored when the keyring is back."""
    token = connected.token()[0]
    for round_ in range(2):
        keyring.kill()
        wait_vault(root, "degraded")
        assert connected.token()[0] == token
        wait_for(lambda: "no Secret Service is on the session bus: start one" in last_word(journal), 5, "the reason")
        connected.renew()
        token, _, details = connected.token()
        assert details["unsaved"] and details["generation"] == 2 + round_
        assert oidc.accepts(token) == "alice-channel"
        message = refusal(root.add_client, "new", "real", "app", "a-secret-of-no-use")
        assert "start one" in message
        keyring.start()
        wait_vault(root, "open")
        wait_for(lambda: "unsaved" not in connected.token()[2], 15, "the grant being stored")
    broker.kill()
    broker.start()
    again, _, details = connected.token()
    assert again == token and details["generation"] == 3


def test_keyring_that_comes_late(keyring, connected, oidc, root, broker, journal):
    """The broker starts first, sealed and saying why; then it opens by itself."""
    token = connected.token()[0]
    broker.stop()
    keyring.stop()
    broker.start()
    assert vault_state(root) == "sealed" and "start it; see SECRET SERVICE" in refusal(connected.token)
    keyring.start("not the password")
    wait_for(lambda: "the default keyring is locked" in refusal(connected.token), 70, "the lock being noticed")
    assert vault_state(root) == "sealed"
    keyring.kill()
    keyring.start()
    wait_vault(root, "open")
    wait_for(lambda: "the vault has been read" in broker.log(), 5, "the grants being read")
    assert connected.token()[0] == token
    connected.renew()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"
    wait_for(lambda: last_word(journal) == "the vault is open and can be written again", 5, "the good news")


def test_session_bus_that_leaves(keyring, connected, oidc, root, broker):
    """It takes the keyring along, not the broker."""
    keyring.stop()
    wait_vault(root, "degraded")
    connected.renew()
    assert connected.token()[2]["unsaved"]
    keyring.start()
    wait_vault(root, "open", 30)
    wait_for(lambda: "unsaved" not in connected.token()[2], 15, "the grant being stored")
    broker.kill()
    broker.start()
    token, _, details = connected.token()
    assert details["generation"] == 2 and oidc.accepts(token) == "alice-channel"


def test_without_a_bus(idle_broker, callers):
    """The administrator forgot the drop-in."""
    idle_broker.write_config("channelkeeper.conf.d/vault.conf", CONFIG)
    idle_broker.start()
    root = callers("root")
    assert vault_state(root) == "sealed"
    setups.add_oidc_provider(root, idle_broker)
    assert "DBUS_SESSION_BUS_ADDRESS" in refusal(setups.add_oidc_clients, root)


def test_key_of_a_secret_service_is_its_own_affair(keyring, connected, root):
    reader = secret_pipe("")
    with pytest.raises(BusError) as error:
        root.call(ROOT, VAULT, "RotateKey", GLib.Variant("(ha{sv})", (0, {})), fds=[reader])
    os.close(reader)
    assert error.value.word == "NotSupported" and "Secret Service" in error.value.message
    done = channelctl("root", "vault", "rotate-key")
    assert done.code != 0 and "Secret Service" in done.stderr, done
    assert root.get(ROOT, VAULT, "KeyId") == root.get(ROOT, VAULT, "KeyPlace") == ""


def move(broker, ledger, backend, name):
    """channelkeeperd(8): backed up under the one backend, restored under the other."""
    home = broker.directory
    key, backup = f"{home}/{name}.key", f"{home}/{name}.backup"
    assert channelctl("root", "vault", "backup", backup, "--key", key).code == 0
    with open(key, encoding="ascii") as stream:
        ledger.add(stream.read().strip())
    broker.stop()
    broker.write_config("channelkeeper.conf.d/vault.conf", f"[Vault]\nBackend={backend}\n")
    broker.start()
    done = channelctl("root", "vault", "restore", backup, "--key", key, "--json")
    os.unlink(key)
    os.unlink(backup)
    assert done.code == 0, done
    return {(row["kind"], row["id"]): row["outcome"] for row in json.loads(done.stdout)}


def test_from_one_backend_to_the_other_and_back(keyring, connected, oidc, root, broker, ledger):
    """No token is lost, and what the other still has from before is not mistaken for it."""
    begun = len(oidc.requests())
    for number, backend in enumerate(("sealed", "service", "sealed", "service")):
        setups.connect(connected, "alice-channel")
        token, _, details = connected.token()
        rows = move(broker, ledger, backend, f"{number}-{backend}")
        assert rows["channel", "main"] == "restored", rows
        assert rows["client", "web"] == ("restored" if number == 0 else "left"), "its former secret is still good"
        assert vault_state(root) == "open" and connected.state == "connected"
        again, _, after = connected.token()
        assert again == token and after["generation"] >= details["generation"]
        assert oidc.accepts(connected.token()[0]) == "alice-channel"
        broker.kill()
        broker.start()
        assert oidc.accepts(connected.token()[0]) == "alice-channel"
    assert not [request for request in oidc.token_requests(since=begun) if request.get("status", 200) >= 400]
