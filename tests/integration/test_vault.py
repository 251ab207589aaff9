# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl vault: a new key for a vault that is in use, backups, and having the channels back from one."""

import json
import os
import random
import shutil
import time

import pytest
from gi.repository import GLib
from harness import setups
from harness.broker import Broker
from harness.caller import BROKER, ROOT, BusError, secret_pipe
from harness.run import channelctl, start_channelctl
from harness.wait import wait_for

VAULT = "org.channelkeeper.Vault1"
HOME = "/run/ck/home/root"
KEY, FILE = HOME + "/backup.key", HOME + "/channels.backup"
KILLS = int(os.environ.get("CK_ROTATION_KILLS", "15"))
OTHER_KEY = "f0" * 32


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def write(path, data, mode=0o600):
    with open(path, "wb") as stream:
        stream.write(data)
    os.chmod(path, mode)


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


@pytest.fixture(autouse=True)
def clean_home():
    os.makedirs(HOME, exist_ok=True)
    yield
    for path in (KEY, FILE):
        if os.path.exists(path):
            os.unlink(path)


@pytest.fixture
def elsewhere(broker, request):
    """elsewhere(): the first broker ends, and one with an empty state directory takes its place."""
    made = []

    def move(config=""):
        broker.stop()
        it = Broker(broker.directory + "-elsewhere")
        made.append(it)
        shutil.rmtree(it.config)
        shutil.copytree(broker.config, it.config)
        if config:
            it.write_config("channelkeeper.conf.d/test.conf", config)
        it.start()
        return it

    yield move
    for it in made:
        it.stop()


def rotate(*arguments):
    done = channelctl("root", "vault", "rotate-key", "--json", *arguments)
    assert done.code == 0, done
    return json.loads(done.stdout)


def backup(ledger):
    done = channelctl("root", "vault", "backup", FILE, "--key", KEY, "--json")
    assert done.code == 0, done
    ledger.add(read(KEY).decode().strip())
    return json.loads(done.stdout)


def restore(code=0):
    done = channelctl("root", "vault", "restore", FILE, "--key", KEY, "--json")
    assert done.code == code, done
    return {(row["kind"], row["id"]): (row["outcome"], row["why"]) for row in json.loads(done.stdout)}


def key_files(broker):
    return sorted(name for name in os.listdir(broker.state) if "key" in name)


# ---- the key


def test_new_key_while_tokens_are_handed_out(connected, broker, root, oidc, journal):
    path = os.path.join(broker.state, "vault.key")
    old, since = read(path), len(journal.entries)
    pending = [connected.send("GetAccessToken") for _ in range(50)] + [connected.send("Renew")]
    answer = rotate()
    pending += [connected.send("GetAccessToken") for _ in range(50)]
    for one in pending:
        one.result(20)
    assert answer["key_place"] == "file" and answer["key_id"] == root.get(ROOT, VAULT, "KeyId")
    assert read(path) != old and os.stat(path).st_mode & 0o777 == 0o600 and key_files(broker) == ["vault.key"]
    token = connected.token()[0]
    entry = wait_for(lambda: journal.find(since, CK_OUTCOME="rotated"), 5, "the journal entry")[0]
    assert entry["CK_ACTION"] == "org.channelkeeper.manage-vault" and entry["CK_CALLER_UID"] == "0"
    assert answer["key_id"] in entry["MESSAGE"]

    broker.restart()
    assert root.get(ROOT, BROKER, "VaultState") == "open" and connected.token()[0] == token
    connected.renew()
    new = read(path)
    broker.stop()
    write(path, old)
    shutil.chown(path, "channelkeeper", "channelkeeper")
    broker.start()
    assert root.get(ROOT, BROKER, "VaultState") == "sealed"
    assert refused(connected.token).word == "VaultSealed"
    done = channelctl("root", "vault", "rotate-key")
    assert done.code == 7 and "sealed with another key" in done.stderr, done
    assert channelctl("root", "vault", "backup", FILE, "--key", KEY).code == 7
    assert not os.path.exists(KEY) and not os.path.exists(FILE)
    broker.stop()
    write(path, new)
    broker.start()
    assert oidc.accepts(connected.token()[0]) == "alice-channel"


def test_killed_while_the_key_is_rotated(connected, broker, root, oidc):
    seed = int(os.environ.get("CK_SEED", str(random.randrange(1 << 30))))
    print(f"CK_SEED={seed}")
    chance = random.Random(seed)
    ids = set()
    for _ in range(KILLS):
        process = start_channelctl("root", "vault", "rotate-key")
        time.sleep(chance.uniform(0.005, 0.08))
        broker.kill()
        process.wait()
        broker.start()
        assert root.get(ROOT, BROKER, "VaultState") == "open"
        assert key_files(broker) == ["vault.key"]
        assert oidc.accepts(connected.token()[0]) == "alice-channel"
        ids.add(root.get(ROOT, VAULT, "KeyId"))
    print(f"{KILLS} kills, {len(ids)} keys")
    rotate()
    connected.renew()


def test_only_an_administrator(connected, callers, alice, bob):
    for who in (alice, bob, callers("studio"), callers("channelkeeper")):
        for method, signature, args in (("RotateKey", "(ha{sv})", (0, {})), ("Backup", "(ha{sv})", (0, {})),
                                        ("Restore", "(hha{sv})", (0, 0, {}))):
            reader = secret_pipe("")
            call = GLib.Variant(signature, args)
            assert refused(who.call, ROOT, VAULT, method, call, fds=[reader]).word == "InteractionRequired"
            error = refused(who.call, ROOT, VAULT, method, call, fds=[reader], interactive=True)
            assert error.word == "NotAuthorized"
            os.close(reader)
    assert channelctl("alice", "vault", "rotate-key", "--no-ask-password").code == 3


# ---- the backup


def test_backup_file(connected, broker, root, ledger, journal):
    since = len(journal.entries)
    assert backup(ledger) == {"channels": 1, "clients": 3, "key_made": True}
    assert all(os.stat(path).st_mode & 0o777 == 0o600 for path in (KEY, FILE))
    assert not ledger.found_in(read(FILE)), "a secret in clear"
    assert b"alice" not in read(FILE) and b"main" not in read(FILE)
    assert wait_for(lambda: journal.find(since, CK_OUTCOME="backed-up"), 5, "the journal entry")

    before = read(FILE)
    done = channelctl("root", "vault", "backup", FILE, "--key", KEY)
    assert done.code == 2 and FILE in done.stderr and read(FILE) == before
    os.unlink(FILE)
    os.chmod(KEY, 0o640)
    done = channelctl("root", "vault", "backup", FILE, "--key", KEY)
    assert done.code == 2 and "chmod 600" in done.stderr
    done = channelctl("root", "vault", "backup", FILE, "--key", os.path.join(broker.state, "vault.key"))
    assert done.code == 2 and "own key" in done.stderr
    assert channelctl("root", "vault", "backup", FILE).code == 2
    write(KEY, b"rubbish")
    assert "no key" in channelctl("root", "vault", "backup", FILE, "--key", KEY).stderr
    assert not os.path.exists(FILE)


def test_backup_onto_standard_output(connected, ledger):
    done = channelctl("root", "vault", "backup", "-", "--key", KEY, keep=False)
    assert done.code == 0 and done.stdout.startswith("CKBACKUP") and "channels: 1" in done.stderr


def test_bad_backups_change_nothing(connected, elsewhere, callers, ledger):
    backup(ledger)
    good, key = read(FILE), read(KEY)
    elsewhere()

    def complaint(data, key_data=key):
        write(FILE, data)
        write(KEY, key_data)
        done = channelctl("root", "vault", "restore", FILE, "--key", KEY)
        assert done.code == 2 and done.stdout == "", done
        return done.stderr

    assert "another key" in complaint(good, OTHER_KEY.encode())
    assert "no key" in complaint(good, b"rubbish")
    assert "damaged or cut off" in complaint(good[:-1])
    assert "damaged or cut off" in complaint(good[:64])
    assert "no backup" in complaint(good[:20])
    assert "no backup" in complaint(b"#!/bin/sh\n" * 1000)
    assert "no backup" in complaint(b"")
    for offset in (40, len(good) // 2, len(good) - 1):
        assert "damaged or cut off" in complaint(good[:offset] + bytes([good[offset] ^ 1]) + good[offset + 1:])
    assert "newer version" in complaint(good[:8] + b"\x02" + good[9:])
    root = callers("root")
    assert root.get(ROOT, BROKER, "ChannelCount") == 0
    assert root.broker("ListClients", "(a{sv})", {}) == []


# ---- having it back


def test_on_another_machine(connected, elsewhere, callers, oidc, ledger, journal):
    backup(ledger)
    since = len(journal.entries)
    elsewhere()
    rows = restore()
    assert rows == {("client", "app"): ("added", ""), ("client", "tv"): ("added", ""), ("client", "web"): ("added", ""),
                    ("channel", "main"): ("added", "")}
    assert wait_for(lambda: journal.find(since, CK_OUTCOME="restored"), 5, "the journal entry")
    mine = callers("alice").channel("main")
    assert mine.state == "connected" and oidc.accepts(mine.token()[0]) == "alice-channel"
    assert oidc.accepts(mine.seen_by(callers("studio")).token()[0]) == "alice-channel"
    assert [mine.prop(name) for name in ("AssignedUser", "DisplayName", "AccountId", "AllowedGroups")] == [
        "alice", "Main channel", "alice-channel", ["publishers"]]
    wait_for(lambda: mine.prop("LastVerified"), 10, "the platform's word about it")
    (event,) = [details for _time, word, details in mine.history() if word == "Reconnected"]
    assert event["restored"] is True and event["user"] == "root"
    token = mine.token()[0]
    error = refused(mine.renew)
    assert error.word == "ProviderUnavailable" and "a backup was restored" in error.message, error
    rows = restore()
    assert {outcome for outcome, _why in rows.values()} == {"left"} and all(why for _outcome, why in rows.values())
    assert mine.token()[0] == token


def test_grant_that_was_used_since(connected, elsewhere, callers, oidc, ledger):
    """The refresh token in the backup works once, and has: one try, and then a person is asked."""
    oidc.settings(accessTtl=20)
    connected.renew()
    backup(ledger)
    connected.renew()
    moved = elsewhere()
    assert restore()["channel", "main"] == ("added", "")
    mine = callers("alice").channel("main")
    mine.wait_state("expired", "revoked", seconds=40)
    assert mine.state in ("expired", "revoked") and "econnect" in mine.prop("Detail") + mine.prop("Remedy")
    asked = len(oidc.token_requests())
    moved.restart()
    time.sleep(1)
    assert len(oidc.token_requests()) == asked, "it is not tried again and again"
    setups.connect(mine, "alice-channel")
    assert oidc.accepts(mine.token()[0]) == "alice-channel"


def test_vault_that_was_lost(connected, broker, root, alice, oidc, ledger):
    """The machine is the same, its state.db is there, its vault is not; it renews when the token is about to end."""
    setups.add_oidc_channel(root, alice, "other")
    oidc.settings(accessTtl=90)
    connected.renew()
    backup(ledger)
    token = connected.token()[0]
    broker.stop()
    for name in os.listdir(broker.state):
        if name.startswith("vault"):
            os.unlink(os.path.join(broker.state, name))
    broker.start()
    assert connected.state == "expired" and refused(connected.token).word == "Expired"
    rows = restore()
    assert rows["channel", "main"] == ("restored", "") and rows["client", "web"] == ("restored", "")
    assert rows["client", "tv"][0] == "left"
    assert rows["channel", "other"] == ("left", "the backup has no grant of it")
    assert connected.state == "connected" and connected.token()[0] == token
    wait_for(lambda: connected.token()[0] != token, 60, "the renewal")
    broker.restart()
    assert connected.state == "connected" and oidc.accepts(connected.token()[0]) == "alice-channel"


def test_what_is_newer_here_is_left(connected, root, alice, oidc, ledger):
    backup(ledger)
    connected.disconnect()
    assert restore()["channel", "main"] == ("left", "it was disconnected here since")
    assert connected.state == "unconnected"
    connected.seen_by(root).call("PinAccount", "(sa{sv})", "somebody-else", {})
    assert restore()["channel", "main"] == ("left", "it is pinned to another account here")
    root.remove_channel("main")
    root.broker("RemoveClient", "(sa{sv})", "web", {})
    root.add_client("web", "real", "app", "")
    rows = restore()
    assert rows["client", "web"][0] == "left" and "another client" in rows["client", "web"][1]
    assert rows["channel", "main"][0] == "added"


def test_limits_and_files_hold(connected, root, alice, elsewhere, callers, ledger):
    for name in ("a", "b"):
        setups.add_oidc_channel(root, alice, name)
    backup(ledger)
    moved = elsewhere("[Broker]\nMaxChannels=2\n")
    moved.write_config("channels.d/main.channel", "[Channel]\nProvider=real\nClient=web\nAssignedUser=bob\n")
    callers("root").reload()
    rows = restore(code=1)
    assert rows["channel", "main"] == ("restored", "")
    assert sorted(rows["channel", name][0] for name in ("a", "b")) == ["added", "failed"]
    assert any("MaxChannels" in why for _outcome, why in rows.values())
    mine = callers("bob").channel("main")
    assert mine.prop("AssignedUser") == "bob" and mine.state == "connected" and mine.token()[0]


def test_service_killed_while_it_restores(connected, root, alice, elsewhere, callers, oidc, ledger):
    for number in range(40):
        setups.add_oidc_channel(root, alice, f"ch-{number:02d}")
    backup(ledger)
    moved = elsewhere()
    process = start_channelctl("root", "vault", "restore", FILE, "--key", KEY, "--json")
    time.sleep(0.05)
    moved.kill()
    assert process.wait().code in (0, 1, 7)
    moved.start()
    rows = restore()
    assert {outcome for outcome, _why in rows.values()} <= {"added", "restored", "left"}
    assert callers("root").get(ROOT, BROKER, "ChannelCount") == 41
    assert oidc.accepts(callers("alice").channel("main").token()[0]) == "alice-channel"
