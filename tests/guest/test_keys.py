# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keys and secrets in credentials, as the administrator of the channel of test_guest.py puts them there."""

from manual import documented, write_documented
from world import (BROKER, CLIENT_SECRET, CREDENTIAL, CREDENTIALS, DROP_IN, STATE, assert_not_started, diagnosis,
                   encrypt_elsewhere, key_id)

NEXT_CREDENTIAL = CREDENTIAL + ".next"


def test_key_moves_from_the_file(guest, world):
    """The service was started before there was a credential: doctor says so, and the manual's commands move it."""
    make, rotate, move, remove = documented("THE VAULT KEY")
    token = world.token()
    guest.ok("sh", "-ec", f"""systemctl stop {BROKER}
        systemd-creds decrypt --name=channelkeeper.vault-key {CREDENTIAL} {STATE}/vault.key
        chown channelkeeper: {STATE}/vault.key
        chmod 600 {STATE}/vault.key
        rm -r {CREDENTIALS}
        systemctl start {BROKER}""")
    world.settled()
    found, code = diagnosis(world)
    assert code == 0 and found["vault"][0] == "warn" and "in a file beside it" in found["vault"][1], found
    before = key_id(guest)
    guest.ok("sh", "-c", rotate)
    assert key_id(guest) != before and guest.run("test", "-e", CREDENTIAL).code != 0

    guest.ok("sh", "-c", make)
    world.restart()
    world.settled()
    found, code = diagnosis(world)
    assert code == 1 and found["vault"][0] == "fail" and "is there and not used" in found["vault"][1], found

    former = key_id(guest)
    guest.ok("sh", "-c", move)
    assert diagnosis(world)[0]["vault"] == ("ok", "open, its key is a credential")
    guest.ok("sh", "-c", remove)
    assert key_id(guest) != former
    world.restart()
    world.settled()
    assert world.token() == token


def test_doctor_names_the_credential(guest, world):
    """Which of the unit's it is, and no other: somebody might make the vault's key anew."""
    encrypt_elsewhere(guest, "channelkeeper.vault-key.next", CREDENTIAL)
    guest.write(f"{DROP_IN}/typo.conf", f"[Service]\nLoadCredentialEncrypted=twitch.new:{CREDENTIALS}/twitch.nwe\n")
    guest.ok("systemctl", "daemon-reload")
    for named, mend in ((f"channelkeeper.vault-key.next ({NEXT_CREDENTIAL} cannot be decrypted", ("mv", NEXT_CREDENTIAL, "/root")),
                        (f"twitch.new (there is no {CREDENTIALS}/twitch.nwe)", ("rm", "-r", DROP_IN))):
        assert_not_started(guest)
        found, code = diagnosis(world)
        assert code == 1 and named in found["service"][1], found
        assert f"({CREDENTIAL} cannot" not in found["service"][1], found
        guest.ok(*mend)
    found, code = diagnosis(world, "bob")
    assert code == 1 and "twitch.new" in found["service"][1] and "(run this as root" in found["service"][1], found
    assert found["polkit"] == ("warn", "knows the actions; only root sees whether the shipped rules are there"), found
    guest.ok("systemctl", "daemon-reload")
    guest.ok("systemctl", "reset-failed", BROKER)
    world.restart()
    world.settled()


def test_client_secret_in_a_credential(guest, world):
    """By what channelkeeper.conf(5) shows, while the platform still wants the former secret."""
    client, encrypt, drop_in, reload, _ = documented("EXAMPLES", "channelkeeper.conf.5")
    for ours in (("Provider=twitch", "Provider=lumen"), ("k3x0v7", "lumen-studio"),
                 ("https://studio.example.org/callback", "http://127.0.0.1:18998/cb")):
        assert ours[0] in client
        client = client.replace(*ours)
    guest.write("/etc/channelkeeper/clients.d/twitch.client", client)
    guest.ok("sh", "-c", encrypt, stdin="not-yet-in-force\n")
    guest.ok("sh", "-c", encrypt.replace("twitch.new", "twitch.old"), stdin=CLIENT_SECRET + "\n")
    write_documented(guest, drop_in)
    guest.ok("sh", "-ec", reload)
    world.settled()
    done = world.ctl("root", "add", "second", "lumen", "--client=twitch", "--assigned-user=alice", "--scopes=publish chat")
    assert done.code == 0, done
    done = world.ctl("alice", "reconnect", "second", env={"BROWSER": "/opt/ck/tests/integration/person alice-second"})
    assert done.code == 0 and world.show("second")["state"] == "connected", done
    assert world.ctl("root", "remove", "second").code == 0
    guest.ok("rm", "-r", "/etc/channelkeeper/clients.d/twitch.client", DROP_IN)
    guest.ok("sh", "-c", f"rm {CREDENTIALS}/twitch.*")
    guest.ok("sh", "-ec", reload)
    world.settled()
