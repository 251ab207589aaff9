# SPDX-License-Identifier: LGPL-2.1-or-later
"""The end of the story of test_guest.py."""

from world import BROKER, CREDENTIAL, SOCKET, STATE


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
                 f"Leaving {CREDENTIAL}: backups of the vault may need it"):
        assert line in said, said
    left = guest.ok("find", "/etc", "/lib/systemd", "/usr/bin", "/usr/lib", "/usr/share", "/var/lib", "/run", "-xdev",
                    "(", "-iname", "*channelkeeper*", "-o", "-name", "channelctl*", ")", "-not", "-path", CREDENTIAL)
    assert left == "", left
    assert not user_is_there(guest)
