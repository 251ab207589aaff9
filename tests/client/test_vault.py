# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl vault: what it writes where, and what it refuses before it asks the service."""

import fcntl
import json
import os

import pytest
from gi.repository import Gio, GLib
from mock_broker import Error

BACKUP = b"CKBACKUP and what is sealed"
KEY = "00" * 31 + "01\n"


@pytest.fixture
def paths(tmp_path):
    return str(tmp_path / "channels.backup"), str(tmp_path / "backup.key")


def backed_up(call):
    """An answer of Backup: a sealed memfd."""
    fd = os.memfd_create("backup", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, BACKUP)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE)
    fds = Gio.UnixFDList.new()
    fds.append(fd)
    os.close(fd)
    return GLib.Variant("(huu)", (0, 2, 1)), fds


def read(path):
    with open(path, "rb") as stream:
        return stream.read()


def write(path, text, mode=0o600):
    with open(path, "w", encoding="ascii") as stream:
        stream.write(text)
    os.chmod(path, mode)


def test_rotate_key(ctl, broker):
    broker.root = {"KeyPlace": GLib.Variant("s", "file")}
    broker.methods["RotateKey"] = GLib.Variant("(sb)", ("0123456789abcdef", True))
    done = ctl("vault", "rotate-key")
    assert done.returncode == 0 and "id 0123456789abcdef" in done.stdout and "vault.key" in done.stdout, done
    (call,) = broker.called("RotateKey")
    assert call["secret"] == b"" and call["args"][1] == {"timeout": 600}
    done = ctl("vault", "rotate-key", "--json", "--timeout=7")
    assert json.loads(done.stdout) == {"key_id": "0123456789abcdef", "key_place": "file"}
    assert broker.called("RotateKey")[1]["args"][1] == {"timeout": 7}


def test_rotate_key_of_a_sealed_vault(ctl, broker):
    broker.root = {"KeyPlace": GLib.Variant("s", "")}
    broker.methods["RotateKey"] = Error("VaultSealed", "the vault is sealed: its key is missing")
    done = ctl("vault", "rotate-key")
    assert (done.returncode, done.stderr) == (7, "channelctl: the vault is sealed: its key is missing\n")


def test_backup(ctl, broker, paths):
    broker.methods["Backup"] = backed_up
    file, key = paths
    done = ctl("vault", "backup", file, f"--key={key}")
    assert done.returncode == 0 and "channels: 2, clients: 1" in done.stderr and key in done.stderr, done
    assert read(file) == BACKUP and {os.stat(path).st_mode & 0o777 for path in paths} == {0o600}
    assert broker.called("Backup")[0]["secret"] == read(key) and len(bytes.fromhex(read(key).decode().strip())) == 32
    assert sorted(os.listdir(os.path.dirname(file))) == ["backup.key", "channels.backup"]
    os.unlink(file)
    before = read(key)
    assert json.loads(ctl("vault", "backup", file, f"--key={key}", "--json").stdout) == {
        "channels": 2, "clients": 1, "key_made": False}
    assert read(key) == before
    done = ctl("vault", "backup", "-", f"--key={key}")
    assert done.stdout.encode() == BACKUP


def test_backup_that_fails_leaves_nothing(ctl, broker, paths):
    broker.methods["Backup"] = Error("VaultSealed", "sealed")
    file, key = paths
    assert ctl("vault", "backup", file, f"--key={key}").returncode == 7
    assert not os.path.exists(file) and not os.path.exists(key)
    write(key, KEY)
    assert ctl("vault", "backup", file, f"--key={key}").returncode == 7
    assert os.path.exists(key), "one that was there is left"


def test_refused_without_asking_the_service(ctl, broker, paths):
    file, key = paths
    screen = ctl.screen("vault", "backup", "-", f"--key={key}")
    assert screen.wait() == 2 and "not for a terminal" in screen.text
    write(key, KEY, 0o644)
    write(file, "here")
    for arguments, words in (
            (["backup", file, f"--key={key}"], "not written over"), (["backup", file + "2", f"--key={key}"], "chmod 600"),
            (["backup", file + "2"], "which key"), (["backup", "-", "--json", f"--key={key}"], "JSON"),
            (["restore", file, f"--key={key}"], "chmod 600"), (["restore", file, "--key=/nonexistent"], "/nonexistent"),
            (["restore", file], "which key")):
        done = ctl("vault", *arguments)
        assert done.returncode == 2 and words in done.stderr, (arguments, done)
    write(key, KEY)
    assert ctl("vault", "restore", "/nonexistent", f"--key={key}").returncode == 2
    assert broker.calls == [] and read(file) == b"here"


def test_restore(ctl, broker, paths):
    file, key = paths
    write(file, "a backup")
    write(key, KEY)
    rows = [("client", "app", "left", "it is here already"), ("channel", "tv", "restored", "")]
    broker.methods["Restore"] = GLib.Variant("(a(ssss))", (rows,))
    done = ctl("vault", "restore", file, f"--key={key}")
    assert (done.returncode, done.stdout) == (0, "client\tapp\tleft\tit is here already\nchannel\ttv\trestored\t-\n")
    assert broker.called("Restore")[0]["secret"] == KEY.encode()
    rows.append(("channel", "radio", "failed", "there are 2 channels already"))
    broker.methods["Restore"] = GLib.Variant("(a(ssss))", (rows,))
    done = ctl("vault", "restore", file, f"--key={key}", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)[2] == {
        "kind": "channel", "id": "radio", "outcome": "failed", "why": "there are 2 channels already"}
