# SPDX-License-Identifier: LGPL-2.1-or-later
"""Links, FIFOs, devices and other people's files where configuration and state should be."""

import os
import pwd
import shutil
import time

import pytest
from harness import setups
from harness.broker import BASE_CONFIG
from harness.caller import BusError
from harness.users import SERVICE

KINDS = ["channelkeeper.conf", "channelkeeper.conf.d/x.conf", "providers.d/x.provider", "stacks.d/oauth2",
         "clients.d/x.client", "channels.d/x.channel"]
GOOD = {
    "channelkeeper.conf": BASE_CONFIG,
    "channelkeeper.conf.d/x.conf": "[Broker]\nMaxWorkers=3\n",
    "providers.d/x.provider": "[Provider]\nName=X\nStack=oauth2\n",
    "stacks.d/oauth2": "connect required permit.so\n",
    "clients.d/x.client": "[Client]\nProvider=real\nClientId=x\n",
    "channels.d/x.channel": "[Channel]\nProvider=real\nAssignedUser=alice\n",
}


def write(path, text, owner="root", mode=0o644):
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    entry = pwd.getpwnam(owner)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    os.chmod(path, mode)
    return path


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


# What an administrator, or an accident, puts at a path; `aside` is a path elsewhere, `text` what is good there.
def link(path, aside, text):
    os.symlink(write(aside, text), path)


def hard_link(path, aside, text):
    os.link(write(aside, text), path)


def group_may_write(path, _aside, text):
    write(path, text, mode=0o664)


def everybody_may_write(path, _aside, text):
    write(path, text, mode=0o646)


def of_another_user(path, _aside, text):
    write(path, text, owner="alice")


def link_to_another_users(path, aside, text):
    os.symlink(write(aside, text, owner="alice"), path)


def link_to_nothing(path, aside, _text):
    os.symlink(aside, path)


def link_to_zeroes(path, _aside, _text):
    os.symlink("/dev/zero", path)


def link_to_null(path, _aside, _text):
    os.symlink("/dev/null", path)


def link_to_itself(path, _aside, _text):
    os.symlink(path, path)


def fifo(path, _aside, _text):
    os.mkfifo(path, 0o644)


def link_to_fifo(path, aside, _text):
    os.mkfifo(aside, 0o644)
    os.symlink(aside, path)


def folder(path, _aside, _text):
    os.mkdir(path, 0o755)


def huge(path, _aside, text):
    write(path, text)
    os.truncate(path, 1 << 34)


@pytest.fixture
def scene(root, broker):
    setups.add_oidc_provider(root, broker)
    return broker


@pytest.mark.parametrize("game", [link, hard_link, group_may_write])
def test_a_configuration_file_may_be(scene, root, game):
    for kind in KINDS:
        path = os.path.join(scene.config, kind)
        remove(path)
        game(path, f"{scene.directory}/aside-{os.path.basename(kind)}", GOOD[kind])
        root.reload()


@pytest.mark.parametrize("game, words", [
    (everybody_may_write, "can be written by everybody: chmod o-w"),
    (of_another_user, "belongs to another user"),
    (link_to_another_users, "belongs to another user"),
    (link_to_nothing, "cannot be read: No such file"),
    (link_to_zeroes, "is not a regular file"),
    (link_to_null, "is not a regular file"),
    (link_to_itself, "cannot be read: Too many levels"),
    (fifo, "is not a regular file"),
    (link_to_fifo, "is not a regular file"),
    (folder, "is not a regular file"),
    (huge, "larger than|at most 65536"),
])
def test_a_configuration_file_may_not_be(scene, root, game, words):
    for kind in KINDS:
        path = os.path.join(scene.config, kind)
        aside = f"{scene.directory}/aside"
        kept = path + ".kept"
        if os.path.exists(path):
            os.rename(path, kept)
        game(path, aside, GOOD[kind])
        begun = time.monotonic()
        with pytest.raises(BusError) as error:
            root.reload()
        assert time.monotonic() - begun < 5
        assert path in error.value.message and any(word in error.value.message for word in words.split("|")), error.value
        remove(path)
        remove(aside)
        if os.path.exists(kept):
            os.rename(kept, path)
        root.reload()
    assert scene.alive()


@pytest.mark.parametrize("game, words", [
    (lambda path: os.chmod(path, 0o757), "can be written by everybody"),
    (lambda path: os.chown(path, pwd.getpwnam("alice").pw_uid, 0), "belongs to another user"),
    (lambda path: os.chmod(path, 0o700), "cannot be read"),
    (lambda path: (os.rmdir(path), os.mkfifo(path)), "is not a folder"),
    (lambda path: (os.rmdir(path), os.symlink("/run/ck/nowhere", path)), "cannot be looked at"),
])
def test_a_configuration_folder_may_not_be(scene, root, game, words):
    remove(os.path.join(scene.config, "providers.d/real.provider"))
    for name in ("channels.d", "clients.d", "providers.d", "stacks.d", "channelkeeper.conf.d"):
        path = os.path.join(scene.config, name)
        game(path)
        with pytest.raises(BusError) as error:
            root.reload()
        assert path in error.value.message and words in error.value.message
        remove(path)
        os.mkdir(path, 0o755)
        root.reload()


def test_a_bad_file_at_start_disables_what_it_describes_alone(idle_broker, callers):
    everybody_may_write(os.path.join(idle_broker.config, "providers.d/x.provider"), None, GOOD["providers.d/x.provider"])
    fifo(os.path.join(idle_broker.config, "channels.d/x.channel"), None, None)
    idle_broker.start()
    names = [row[0] for row in callers("bob").broker("ListProviders", "(a{sv})", {})]
    assert "twitch" in names and "x" not in names
    assert "x.provider:1: it can be written by everybody" in idle_broker.log()
    assert "x.channel:1: it is not a regular file" in idle_broker.log()


# ---- state ----------------------------------------------------------------------------------------

def service(path):
    entry = pwd.getpwnam(SERVICE)
    os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def to_a_copy(path, kept):
    shutil.copy(kept, path + ".copy")
    service(path + ".copy")
    os.chmod(path + ".copy", 0o600)
    os.symlink(path + ".copy", path)


def to_anothers(path, _kept):
    os.symlink(write(path + ".copy", "theirs", owner="alice", mode=0o666), path)


def to_zeroes(path, _kept):
    os.symlink("/dev/zero", path)


def a_fifo(path, _kept):
    os.mkfifo(path, 0o600)
    service(path)


def a_folder(path, _kept):
    os.mkdir(path, 0o700)
    service(path)


def anothers(path, kept):
    shutil.copy(kept, path)
    os.chown(path, pwd.getpwnam("alice").pw_uid, -1)
    os.chmod(path, 0o666)


def readable(path, kept):
    shutil.copy(kept, path)
    service(path)
    os.chmod(path, 0o644)


GAMES = [(to_a_copy, "symbolic link"), (to_anothers, "symbolic link"), (to_zeroes, "symbolic link"),
         (a_fifo, "not a regular file"), (a_folder, "not a regular file"), (anothers, "does not belong"),
         (readable, "open to other users")]


@pytest.fixture
def kept_state(idle_broker, callers):
    """A broker that has run, with one channel, and is stopped."""
    idle_broker.start()
    root = callers("root")
    root.add_client("web", "twitch", "web", "")
    root.add_channel("main", "twitch", client="web", assigned_user="alice")
    idle_broker.stop()
    return idle_broker


def start_and_fail(broker):
    broker.start(wait=False)
    assert broker.process.wait(10) != 0
    broker.process = None
    return broker.log()[broker.log_start:]


@pytest.mark.parametrize("game, words", GAMES)
def test_state_db_may_not_be(kept_state, callers, game, words):
    path = os.path.join(kept_state.state, "state.db")
    os.rename(path, path + ".kept")
    game(path, path + ".kept")
    assert words in start_and_fail(kept_state)
    if game is to_anothers:
        with open(path + ".copy", encoding="utf-8") as stream:
            assert stream.read() == "theirs"
    remove(path)
    os.rename(path + ".kept", path)
    kept_state.start()
    assert [row[1] for row in callers("root").list_channels()] == ["main"]


@pytest.mark.parametrize("game, words", GAMES)
@pytest.mark.parametrize("name", ["vault.db", "vault.key"])
def test_the_vault_may_not_be(kept_state, callers, name, game, words):
    """The broker runs on, and says why the vault is sealed."""
    path = os.path.join(kept_state.state, name)
    os.rename(path, path + ".kept")
    game(path, path + ".kept")
    kept_state.start()
    root = callers("root")
    assert root.get("/org/channelkeeper/Broker1", "org.channelkeeper.Broker1", "VaultState") == "sealed"
    assert words in kept_state.log()[kept_state.log_start:]
    if game is to_anothers:
        with open(path + ".copy", encoding="utf-8") as stream:
            assert stream.read() == "theirs"
    kept_state.stop()
    remove(path)
    os.rename(path + ".kept", path)
    kept_state.start()
    assert root.get("/org/channelkeeper/Broker1", "org.channelkeeper.Broker1", "VaultState") == "open"


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("game, words", [game for game in GAMES if game[0] not in (to_a_copy, readable, anothers)])
def test_nor_what_sqlite_keeps_beside_it(kept_state, suffix, game, words):
    path = os.path.join(kept_state.state, "state.db" + suffix)
    remove(path)
    game(path, None)
    log = start_and_fail(kept_state)
    assert words in log and path in log
    remove(path)
    kept_state.start()


@pytest.mark.parametrize("game, words", [
    (lambda path: os.chmod(path, 0o777), "can be written by other users"),
    (lambda path: os.chmod(path, 0o770), "can be written by other users"),
    (lambda path: (os.chmod(path, 0o755), os.chown(path, pwd.getpwnam("alice").pw_uid, -1)), "does not belong"),
])
def test_the_state_directory_may_not_be(kept_state, game, words):
    game(kept_state.state)
    assert words in start_and_fail(kept_state)
    service(kept_state.state)
    os.chmod(kept_state.state, 0o700)
    kept_state.start()


def test_the_state_directory_may_be_a_link(kept_state, callers):
    """As systemd makes one for a dynamic user."""
    elsewhere = kept_state.state + ".elsewhere"
    os.rename(kept_state.state, elsewhere)
    os.symlink(elsewhere, kept_state.state)
    kept_state.start()
    assert [row[1] for row in callers("root").list_channels()] == ["main"]
