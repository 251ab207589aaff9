# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of the story of test_guest.py; then what a purge does where the administrator has arranged things in
another way. Without that story: test_purge.py -k "not test_plain"."""

import pytest
from guest import wait_for
from manual import documented, write_documented
from world import BROKER, CREDENTIAL, SOCKET, STATE

KEYRING = "/var/lib/channelkeeper-keyring"


def purge(guest):
    """What it says, line by line; it succeeds, whatever it finds."""
    return guest.ok("dpkg", "--purge", "channelkeeper").splitlines()


def user_is_there(guest):
    return guest.run("getent", "passwd", "channelkeeper").code == 0


def test_plain(guest):
    """Removing keeps the data; purging leaves nothing, and says what it removed and what it did not."""
    guest.ok("dpkg", "--remove", "channelkeeper")
    assert guest.run("systemctl", "is-active", BROKER, SOCKET).stdout.split() == ["inactive", "inactive"]
    guest.ok("test", "-e", f"{STATE}/vault.db")
    said = purge(guest)
    for line in (f"Removing {STATE}", "Removing /etc/channelkeeper", "Removing the user channelkeeper",
                 f"Leaving {CREDENTIAL}: backups of the disk may need it"):
        assert line in said, said
    left = guest.ok("find", "/etc", "/lib/systemd", "/usr/bin", "/usr/lib", "/usr/share", "/var/lib", "/run", "-xdev",
                    "(", "-iname", "*channelkeeper*", "-o", "-name", "channelctl*", ")", "-not", "-path", CREDENTIAL)
    assert left == "", left
    assert not user_is_there(guest)


@pytest.fixture
def installed(guest):
    """Installed, and stopped when it has made its vault."""
    guest.ok("dpkg", "--install", f"/opt/ck/packages/{guest.package()}")
    wait_for(lambda: guest.run("test", "-s", f"{STATE}/vault.db").code == 0, "the vault")
    guest.ok("systemctl", "stop", BROKER)


def test_state_directory_is_a_link(guest, installed):
    """systemd starts nothing over one; what it leads to is not called removed."""
    guest.ok("sh", "-ec", f"mv {STATE} /srv/tokens; ln -s /srv/tokens {STATE}")
    assert guest.run("systemctl", "restart", BROKER).code != 0 and guest.show(BROKER, "ExecMainStatus") == "238"
    said = purge(guest)
    assert f"Leaving /srv/tokens, which {STATE} was a link to" in said and f"Removing {STATE}" not in said, said
    assert "Leaving the user channelkeeper, who owns /srv/tokens" in said and user_is_there(guest), said
    guest.ok("test", "-e", "/srv/tokens/vault.db")
    assert guest.run("test", "-L", STATE).code != 0


def test_state_directory_is_a_mount_point(guest, world, installed):
    guest.ok("sh", "-ec", f"rm {STATE}/*; mount -t tmpfs -o mode=700,uid=$(id -u channelkeeper) tmpfs {STATE}")
    world.restart()
    world.settled()
    said = purge(guest)
    assert f"Leaving {STATE}, which is empty and cannot be removed, as a mount point" in said, said
    assert "Removing the user channelkeeper" in said, said
    assert guest.ok("ls", "-A", STATE) == "" and not user_is_there(guest)
    guest.ok("umount", STATE)
    guest.ok("rmdir", STATE)


def test_something_is_mounted_in_the_state_directory(guest, installed):
    """It is not gone into, and what is there keeps its owner."""
    guest.ok("sh", "-ec", f"mkdir {STATE}/more; mount -t tmpfs tmpfs {STATE}/more; touch {STATE}/more/one")
    said = purge(guest)
    assert f"Leaving {STATE}, which holds what cannot be removed" in said, said
    assert f"Leaving the user channelkeeper, who owns {STATE}" in said and user_is_there(guest), said
    assert guest.ok("find", STATE, "-mindepth", "1") == f"{STATE}/more\n{STATE}/more/one\n"
    guest.ok("umount", f"{STATE}/more")
    guest.ok("rm", "-r", STATE)


def test_a_process_of_the_user_runs(guest, installed):
    guest.ok("systemd-run", "--quiet", "--unit=lingering", "--uid=channelkeeper", "sleep", "infinity")
    said = purge(guest)
    assert "Leaving the user channelkeeper: userdel failed" in said and user_is_there(guest), said
    assert "Removing the user channelkeeper" not in said
    guest.ok("systemctl", "stop", "lingering")


def test_with_a_secret_service(guest, world, installed):
    """By the manual's files and commands: it names all that is left, and the manual's commands remove it."""
    *files, commands = documented("SECRET SERVICE")
    for text in files:
        write_documented(guest, text)
    guest.ok("sh", "-ec", commands)
    world.settled()
    said = purge(guest)
    assert f"Removing {STATE}" in said and "Removing /etc/channelkeeper" in said, said
    for path in ("/etc/credstore.encrypted/channelkeeper.keyring-password", "/etc/systemd/system/channelkeeperd.service.d",
                 "/etc/systemd/system/channelkeeper-session.service", "/etc/systemd/system/channelkeeper-keyring.service",
                 KEYRING):
        assert any(line.startswith(f"Leaving {path}: ") for line in said), (path, said)
        guest.ok("test", "-e", path)
    assert f"Leaving the user channelkeeper, who owns {KEYRING}" in said and user_is_there(guest), said
    assert guest.show("channelkeeper-keyring.service", "ActiveState") == "active"

    guest.ok("sh", "-ec", documented("REMOVAL")[0])
    left = guest.ok("find", "/etc", "/run", "/var/lib", "/lib/systemd", "-xdev", "-iname", "*channelkeeper*", "-not", "-name",
                    "channelkeeper.vault-key*")
    assert left == "" and not user_is_there(guest), left
