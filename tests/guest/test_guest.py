# SPDX-License-Identifier: LGPL-2.1-or-later
"""The packages in a guest with a real systemd: one story, which test_keys.py and test_modules.py
go on with and test_purge.py ends."""

import json
import os
import re

import pytest
from guest import OLD_VERSION, TESTS, wait_for
from manual import documented, write_documented
from world import (BROKER, BUS_NAME, CLIENT_SECRET, CREDENTIAL, CREDENTIALS, DROP_IN, ROOT, SOCKET, STATE, assert_not_started,
                   diagnosis, encrypt_elsewhere, key_id)

NEXT_CREDENTIAL = CREDENTIAL + ".next"
REFUSAL = "fc75d1fea3fd4b4c96b29fa545205e81"
CHANNEL = "c570cb7df0324a858ddba11593a02fd0"
STATE_CHANGE = "42703274d99f475c8051faef1ef6acfb"
VAULT = "5ab1083e93be4ec48eb3a50c8927a3b4"


def test_install(guest, world):
    """Nothing but the package and the documented lines for the key; it is enabled and it runs."""
    world.add_users()
    guest.ok("rm", "-rf", CREDENTIALS)  # which Debian 12 has not
    make = documented("THE VAULT KEY")[0]
    with open(os.path.join(TESTS, "..", "README.md"), encoding="utf-8") as stream:
        assert f"```\n{make}```\n" in stream.read()
    guest.ok("sh", "-c", make)
    done = guest.run("apt-get", "-y", "install",
                     f"/opt/ck/packages/{guest.package(OLD_VERSION)}")
    assert done.code == 0, done
    assert guest.show(BROKER, "ActiveState") == "active"
    assert guest.show(SOCKET, "ActiveState") == "active"
    for unit in (BROKER, SOCKET):
        assert guest.ok("systemctl", "is-enabled", unit).strip() == "enabled"
    assert guest.ok("stat", "-c", "%U %a", "/var/lib/channelkeeper").strip() == "channelkeeper 700"
    world.settled()
    assert not guest.run("test", "-e", "/var/lib/channelkeeper/vault.key").code == 0, "the credential was not used"


def test_bus_activation(guest):
    """Stopped, it is started again by whoever speaks to it."""
    guest.ok("systemctl", "stop", BROKER)
    assert guest.show(BROKER, "ActiveState") == "inactive"
    found = guest.ok("busctl", "get-property", BUS_NAME, ROOT, BUS_NAME, "ChannelCount", user="alice")
    assert found == "u 0\n"
    assert guest.show(BROKER, "ActiveState") == "active"


def test_introspection_is_readable(guest):
    shown = guest.ok("busctl", "introspect", "--no-pager", BUS_NAME, ROOT, user="alice")
    rows = {line.split()[0]: line.split()[1:4] for line in shown.splitlines() if line.strip()}
    assert rows[".ListChannels"] == ["method", "a{sv}", "a(ossss)"]
    assert rows[".VaultState"] == ["property", "s", '"open"']
    assert rows[".ChannelStateChanged"][:2] == ["signal", "tossss"]
    tree = guest.ok("busctl", "tree", "--no-pager", BUS_NAME, user="alice")
    assert ROOT in tree


def test_connect(guest, world):
    """The administrator adds it, alice connects it, the app uses it; workers come by the socket."""
    world.start_platform()
    guest.ok("busctl", "call", BUS_NAME, ROOT, BUS_NAME, "Reload", "a{sv}", "0")
    done = world.ctl("root", "clients", "add", "lumen", "lumen", "lumen-studio", "--secret-file=-",
                     "--redirect-uri=http://127.0.0.1:18998/cb", stdin=CLIENT_SECRET + "\n")
    assert done.code == 0, done
    done = world.ctl("root", "add", "stage", "lumen", "--client=lumen", "--assigned-user=alice",
                     "--allow-user=studio", "--scopes=publish chat")
    assert done.code == 0, done
    world.connect()
    assert world.show()["state"] == "connected"
    assert world.is_good(world.token())


HOLD = ("import signal, socket; links = [socket.socket(socket.AF_UNIX) for _ in range(2)]; "
        "[link.connect('/run/channelkeeper-worker.socket') for link in links]; signal.pause()")


@pytest.fixture
def two_workers(guest, world):
    """The units of workers that wait for the broker's user to say something: two, or more with the broker's own."""
    known = world.workers()
    guest.ok("systemd-run", "--quiet", "--unit=ck-holder", "--uid=channelkeeper", "python3", "-c", HOLD)
    yield wait_for(lambda: len(set(world.workers()) - set(known)) == 2 and world.workers(), "two workers")
    guest.ok("systemctl", "stop", "ck-holder")


def uid_of(guest, unit):
    """Of its process, once that is the worker's program and not systemd, which is root."""
    process = f"/proc/{guest.show(unit, 'MainPID')}"
    wait_for(lambda: guest.ok("cat", f"{process}/comm") == "channelkeeper-w\n", f"{unit} to be a worker")
    return int(guest.ok("stat", "-c", "%u", process))


def test_worker_is_another_user(guest, world):
    """The socket started it, under a user of systemd's, and not below the broker."""
    world.ctl("alice", "renew", "stage")
    workers = wait_for(world.workers, "a worker")
    pid = guest.show(workers[0], "MainPID")
    assert 61184 <= uid_of(guest, workers[0]) <= 65519, "not a user of systemd's dynamic range"
    cgroup = guest.ok("cat", f"/proc/{pid}/cgroup")
    assert "channelkeeper-worker@" in cgroup and BROKER not in cgroup


def test_each_worker_is_another_user(guest, two_workers):
    uids = {uid_of(guest, worker) for worker in two_workers}
    assert len(uids) == len(two_workers), f"{len(two_workers)} workers share the users {uids}"


def test_worker_after_years(guest):
    """The longest name that an instance of the socket can have gives a name of a user, too."""
    worker = "channelkeeper-worker@4294967295-4194304-65533.service"
    guest.run("systemctl", "start", "--wait", worker)
    entries = guest.journal(f"_SYSTEMD_UNIT={worker}")
    assert any("is started by channelkeeperd" in entry["MESSAGE"] for entry in entries), entries


def recipe(index):
    """A command of channelkeeperd(8), THE JOURNAL, for the channel that there is."""
    return documented("THE JOURNAL")[index].strip().replace("CK_CHANNEL=main", "CK_CHANNEL=stage")


def test_bob_is_refused(guest, world):
    """By the real polkit; with a reason, and an entry in the journal that explains itself."""
    done = world.ctl("bob", "token", "stage")
    assert done.code == 3 and "bob is neither the assigned user (alice)" in done.stderr, done
    done = world.ctl("bob", "reconnect", "stage", "--no-browser")
    assert done.code == 3, done
    [entry] = guest.journal(f"MESSAGE_ID={REFUSAL}", "CK_ACTION=org.channelkeeper.use-token")
    assert entry["CK_CHANNEL"] == "stage" and entry["CK_CALLER_UID"] == guest.ok("id", "-u", "bob").strip()
    assert entry["_SYSTEMD_UNIT"] == BROKER
    shown = guest.ok("sh", "-c", recipe(1))
    assert "channelctl access stage --allow-user=bob" in shown, shown
    assert world.ctl("bob", "assign", "stage", "bob", "--no-ask-password").code == 3
    shown = guest.ok("sh", "-c", recipe(1) + " CK_METHOD=Assign")
    assert "bob was refused: Assign" in shown and "write a rule" in shown and "--allow-user" not in shown, shown
    assert "write a rule" not in guest.ok("sh", "-c", recipe(1).replace(" -x", ""))
    shown = guest.ok("journalctl", "--boot", "-x", "--no-pager", f"MESSAGE_ID={CHANNEL}", "CK_OUTCOME=added")
    assert "Channel stage was added by root" in shown and "assigned to alice" in shown, shown


def test_journal_says_who_got_the_token(guest, world):
    """By the recipe of the manual; the token itself stands in no entry."""
    token = world.token()
    guest.ok("journalctl", "--sync")
    last = guest.ok("sh", "-c", recipe(2)).split("\n    MESSAGE=")[-1]
    assert last.startswith("studio ") and f"CK_GENERATION={world.show()['generation']}\n" in last + "\n", last
    everything = guest.ok("sh", "-c", recipe(0))
    assert "studio got the token" in everything and "bob is neither" in everything, everything
    assert "root added stage (lumen)" in guest.ok("sh", "-c", recipe(4))
    assert token not in guest.ok("journalctl", "--boot", "--output=export", "--all")


def test_journal_says_which_channels_need_a_person(guest):
    """By the recipe of the manual, of an entry for each state there is."""
    with open(os.path.join(TESTS, "..", "common", "ck-state.h"), encoding="utf-8") as stream:
        acting = re.findall(r"^ +CK_STATE_(\w+), +/\* .*: (.+) \*/$", stream.read(), re.MULTILINE)
    assert len(acting) == 9, "each state says who must act"
    for state, _ in acting:
        guest.ok("logger", "--journald",
                 stdin=f"MESSAGE_ID={STATE_CHANGE}\nMESSAGE=example {state}\nCK_OUTCOME={state.lower()}\n")
    guest.ok("journalctl", "--sync")
    done = guest.run("timeout", "2", "sh", "-c", recipe(3))
    assert done.code == 124, f"it does not wait for more: {done}"
    told = set(re.findall(r"example (\w+)", done.stdout))
    assert told == {state for state, who in acting if not who.startswith("nobody")}, done


def test_only_from_a_local_seat(guest):
    """The example of channelkeeper-policy(7): alice at the screen may, alice over the network may not, unless she
    is at the screen as well."""
    [rule] = documented("ONLY FROM A LOCAL SEAT", "channelkeeper-policy.7")
    reconnect = ["busctl", "call", BUS_NAME, f"{ROOT}/channel/stage", "org.channelkeeper.Channel1", "Reconnect", "a{sv}", "0"]
    seat = ["systemd-run", "--quiet", "--pipe", "--wait", "-p", "PAMName=login", "-p", "User=alice",
            "-E", "XDG_SEAT=seat0", "-E", "XDG_SESSION_TYPE=tty"]
    assert guest.run(*reconnect, user="alice").code == 0
    guest.write("/etc/polkit-1/rules.d/40-seat.rules", rule)
    wait_for(lambda: guest.run(*reconnect, user="alice").code != 0, "polkit to read the rule")
    guest.ok(*seat, *reconnect)
    assert guest.run(*reconnect, user="alice").code != 0
    there = guest.start(*seat, "--unit=at-the-screen", "sleep", "infinity")
    wait_for(lambda: "seat0" in guest.ok("loginctl", "list-sessions"), "alice's session")
    guest.ok("systemd-run", "--user", "--quiet", "--pipe", "--wait", *reconnect, user="alice",
             env={"XDG_RUNTIME_DIR": f"/run/user/{guest.ok('id', '-u', 'alice').strip()}"})
    guest.ok("systemctl", "stop", "at-the-screen")
    there.communicate(timeout=30)
    guest.ok("rm", "/etc/polkit-1/rules.d/40-seat.rules")
    wait_for(lambda: guest.run(*reconnect, user="alice").code == 0, "polkit to forget the rule")


def test_doctor_finds_all_well(world):
    found, code = diagnosis(world)
    assert code == 0, found
    for check in ("service", "vault", "polkit", "sandbox", "workers", "modules", "files"):
        assert found[check][0] == "ok", found[check]
    assert found["clock"][0] in ("ok", "warn") and "provider lumen" in found


def test_without_the_worker_socket(guest, world):
    """Nobody starts workers in the place of systemd: said, with what to do; then the channel goes on."""
    assert guest.show(SOCKET, "TriggerLimitIntervalUSec") == "0", "systemd gives the socket up after a storm"
    guest.ok("systemctl", "stop", SOCKET, "channelkeeper-worker@*.service")
    done = world.ctl("alice", "renew", "stage")
    assert done.code != 0 and f"systemctl start {SOCKET}" in done.stderr, done
    assert guest.run("pgrep", "-u", "channelkeeper", "-f", "channelkeeper-worker").stdout == ""
    found, code = diagnosis(world)
    assert code == 1 and found["workers"][0] == "fail" and f"systemctl start {SOCKET}" in found["workers"][1], found
    guest.ok("systemctl", "start", SOCKET)
    wait_for(lambda: world.ctl("alice", "renew", "stage").code == 0, "the channel to recover")
    assert world.show()["state"] == "connected" and world.is_good(world.token())


OPEN_FOLDERS = "/etc/channelkeeper/open /srv/open /run/open"
CONFINED = ("write-config", "write-srv", "write-run", "write-shm", "read-home", "netlink", "namespace", "priority", "affinity",
            "raise-core", "setuid-file", "other-processes", "device", "tunable")
CONFINED_WORKER = CONFINED + ("write-tmp", "signal-other", "read-other")


@pytest.fixture
def other(guest, two_workers):
    """A process of the user of a worker that runs: what a script of exec.so is."""
    guest.ok("systemd-run", "--quiet", "--unit=ck-other", f"--uid={uid_of(guest, two_workers[-1])}", "sleep", "infinity")
    yield guest.show("ck-other", "MainPID")
    guest.ok("systemctl", "stop", "ck-other")


@pytest.fixture
def targets(guest):
    """What everybody may write, read or open, were it not for the sandbox."""
    guest.ok("sh", "-ec", f"""install -d -m 777 {OPEN_FOLDERS}
        mount -t tmpfs -o mode=777 tmpfs /sys/kernel/debug
        echo open >/home/alice/open
        mknod -m 666 /dev/open c 1 3""")
    yield
    guest.ok("sh", "-ec", f"""rm -rf {OPEN_FOLDERS} /home/alice/open /dev/open /dev/shm/probe /tmp/probe
        umount /sys/kernel/debug""")


def probe(guest, unit, instead, other):
    """Runs probe.py in the place of the program of a unit, with everything else of its file as shipped: as the
    unit `instead`, for systemd goes by its name, too."""
    text = guest.ok("systemctl", "cat", unit)
    text = re.sub(r"^(BusName|Type|Restart|RestartSec)=.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^ExecStart=.*$",
                  f"Type=oneshot\nExecStart=/opt/ck/tests/guest/probe.py {other}\n"
                  "StandardOutput=truncate:/run/ck-probe.json\nStandardError=null",
                  text, flags=re.MULTILINE)
    guest.write(f"/run/systemd/system/{instead}", text)
    guest.ok("systemctl", "daemon-reload")
    guest.ok("systemctl", "start", instead)
    guest.ok("rm", f"/run/systemd/system/{instead}")
    found = json.loads(guest.ok("cat", "/run/ck-probe.json"))
    assert found["status"]["CapBnd"].strip("0") == "" and found["status"]["NoNewPrivs"] == "1"
    assert found["status"]["Seccomp"] == "2"
    assert found["ipc"] != guest.ok("readlink", "/proc/1/ns/ipc").strip()
    return found


def assert_refused(found, *names):
    done = [name for name in names if found[name] == "done"]
    assert not done, f"from inside it was possible: {', '.join(done)}"


def test_from_inside_the_broker(guest, targets, other):
    """No internet; nothing to write but its own state; no way to more rights."""
    found = probe(guest, BROKER, "ck-probe.service", other)
    assert found["bus"] == found["read-vault"] == found["write-state"] == found["worker-socket"] == "done", found
    guest.ok("rm", "/var/lib/channelkeeper/probe")
    for family in ("internet", "internet6", "netlink", "packet"):
        assert "not supported by protocol" in found[family], found[family]
    assert_refused(found, *CONFINED)


def test_from_inside_a_worker(guest, targets, other):
    """The internet and nothing else: no vault, no bus, no way to other workers, nothing to write."""
    found = probe(guest, "channelkeeper-worker@.service", "channelkeeper-worker@probe.service", other)
    assert found["internet"] == "done", found["internet"]
    assert "not supported by protocol" in found["packet"], found["packet"]
    assert_refused(found, *CONFINED_WORKER, "bus", "worker-socket", "read-vault", "list-vault", "read-config", "write-state")


def test_the_same_from_outside(guest, targets, other):
    """Without a sandbox each of those tries succeeds: none is refused for a reason of its own."""
    user = guest.ok("stat", "-c", "%U", f"/proc/{other}").strip()
    found = json.loads(guest.ok("/opt/ck/tests/guest/probe.py", other, user=user))
    refused = {name: found[name] for name in CONFINED_WORKER if found[name] != "done"}
    assert not refused, refused


def test_restart_in_the_middle_of_a_renewal(guest, world):
    """The old process waits for the answer, the new one has it: a refresh token that works once is not lost."""
    for _ in range(2):
        generation = world.show()["generation"]
        asked = len(world.control("requests"))
        world.control("fault?mode=slow&times=1")
        renewing = guest.start("channelctl", "renew", "stage", user="alice")
        wait_for(lambda known=asked: any(entry.get("fault") == "slow" for entry in world.control("requests")[known:]),
                 "the renewal to reach the platform")
        world.restart()
        renewing.communicate(timeout=30)
        world.settled()
        after = world.show()
        assert (after["state"], after["generation"]) == ("connected", generation + 1), after
        assert world.is_good(world.token())
    refused = [entry for entry in world.control("requests") if "refused" in entry]
    assert refused == [], refused


def test_restart_after_a_crash(guest, world):
    """However often: renewals need no caller, so nobody else would start it again."""
    assert guest.show(BROKER, "StartLimitIntervalUSec") == "0"
    for turn in (1, 2):
        pid = guest.show(BROKER, "MainPID")
        guest.ok("systemctl", "kill", "--kill-whom=main", "--signal=KILL", BROKER)
        wait_for(lambda gone=pid: guest.show(BROKER, "MainPID") not in ("0", gone), f"the start after crash {turn}")
    wait_for(lambda: guest.show(BROKER, "ActiveState") == "active", "the broker")
    world.settled()
    assert int(guest.show(BROKER, "NRestarts")) == 2
    assert world.is_good(world.token())


@pytest.fixture
def small_disk(guest):
    """The state directory on a disk of one megabyte, and back on its own afterwards."""
    guest.ok("systemctl", "stop", BROKER)
    guest.ok("sh", "-ec", f"""cp -a {STATE} /root/state
        mount -t tmpfs -o size=1m,mode=700,uid=$(id -u channelkeeper) tmpfs {STATE}
        cp -a /root/state/. {STATE}/
        systemctl start {BROKER}""")
    yield
    guest.ok("sh", "-ec", f"""systemctl stop {BROKER}
        rm -rf /root/state
        cp -a {STATE} /root/state
        umount {STATE}
        cp -a /root/state/. {STATE}/
        rm -rf /root/state
        systemctl start {BROKER}""")


def test_full_disk_and_a_restart(guest, world, small_disk):
    """A grant that cannot be written outlives the restart: systemd keeps it, sealed."""
    world.settled()
    world.control("settings?access_ttl=50")
    assert world.ctl("alice", "renew", "stage").code == 0
    saved = world.show()["generation"]
    guest.run("dd", "if=/dev/zero", f"of={STATE}/ballast", "bs=4096")
    wait_for(lambda: world.ctl("alice", "renew", "stage") and world.vault_state() == "degraded", "a full disk")
    assert guest.show(BROKER, "NFileDescriptorStore") == "1"
    generation, token = world.show()["generation"], world.token()
    assert generation > saved and world.is_good(token)

    guest.ok("systemctl", "kill", "--signal=KILL", "--kill-whom=main", BROKER)
    wait_for(lambda: guest.show(BROKER, "NRestarts") != "0" and guest.show(BROKER, "ActiveState") == "active",
             "the broker after its end")
    wait_for(lambda: world.show()["generation"] == generation, "the grant that was kept")
    assert world.token() == token
    guest.ok("rm", f"{STATE}/ballast")
    wait_for(lambda: guest.show(BROKER, "NFileDescriptorStore") == "0", "the grant to be written")
    world.restart()
    world.settled()
    assert world.show()["generation"] == generation and world.token() == token
    world.control("settings?access_ttl=3600")
    assert world.ctl("alice", "renew", "stage").code == 0
    refused = [entry for entry in world.control("requests") if "refused" in entry]
    assert refused == [], "a refresh token was used twice"


def rotate_key(guest, world):
    """channelctl vault rotate-key, and what must be true afterwards."""
    before, credential = key_id(guest), guest.ok("cat", CREDENTIAL)
    done = world.ctl("root", "vault", "rotate-key", "--json")
    assert done.code == 0 and json.loads(done.stdout) == {"key_id": key_id(guest), "key_place": "credential"}, done
    assert key_id(guest) != before and guest.ok("cat", CREDENTIAL) != credential
    assert guest.run("test", "-e", NEXT_CREDENTIAL).code != 0
    assert guest.ok("stat", "-c", "%U %a", CREDENTIAL).strip() == "root 600"
    world.restart()
    world.settled()


def test_new_key_in_a_credential(guest, world):
    """Made, put in place and used while the service runs; after a crash at any step the vault opens, and
    the same command goes on."""
    done = world.ctl("bob", "vault", "rotate-key")
    assert done.code == 3 and "root" in done.stderr, done
    token = world.token()
    rotate_key(guest, world)
    assert world.token() == token

    # Ended after the new key was written, before the vault had it.
    encrypt = f"systemd-creds encrypt --name=channelkeeper.vault-key.next - {NEXT_CREDENTIAL}"
    guest.ok("sh", "-ec", f"head -c 32 /dev/urandom | {encrypt}")
    world.restart()
    world.settled()
    rotate_key(guest, world)

    # Ended when the vault had it, before it had the final name.
    guest.ok("cp", CREDENTIAL, "/root/former")
    rotate_key(guest, world)
    guest.ok("sh", "-ec", f"systemd-creds decrypt --name=channelkeeper.vault-key {CREDENTIAL} - | {encrypt}")
    guest.ok("cp", "/root/former", CREDENTIAL)
    world.restart()
    world.settled()
    assert world.token() == token
    rotate_key(guest, world)
    assert world.token() == token and guest.run("test", "-e", f"{STATE}/vault.key").code != 0

    guest.ok("mv", CREDENTIAL, "/root/present")
    guest.ok("mv", "/root/former", CREDENTIAL)
    world.restart()
    world.settled("sealed")
    guest.ok("mv", "/root/present", CREDENTIAL)
    world.restart()
    world.settled()
    assert world.ctl("alice", "renew", "stage").code == 0 and world.is_good(world.token())


def lasting(shown):
    """What no restart changes; the time of the next renewal is drawn anew."""
    return {key: value for key, value in shown.items() if key != "next_renewal"}


def test_upgrade_keeps_everything(guest, world):
    before = lasting(world.show())
    name = guest.package()
    pid = guest.show(BROKER, "MainPID")
    guest.ok("apt-get", "-y", "install", f"/opt/ck/packages/{name}")
    assert guest.ok("dpkg-query", "-W", "-f", "${Version}", "channelkeeper") == name.split("_")[1]
    assert guest.show(BROKER, "MainPID") != pid, "the new version does not run"
    world.settled()
    assert lasting(world.show()) == before
    assert world.is_good(world.token())


FIRST_FORMAT = """
import sqlite3
db = sqlite3.connect("/var/lib/channelkeeper/state.db")
for column in ("duplicates_at", "adopting", "adopting_user"):
    db.execute(f"ALTER TABLE channel DROP COLUMN {column}")
db.execute("PRAGMA user_version = 1")
db.commit()
"""


def test_state_of_the_first_format(guest, world):
    before = lasting(world.show())
    guest.ok("systemctl", "stop", BROKER)
    guest.ok("setpriv", "--reuid=channelkeeper", "--regid=channelkeeper", "--clear-groups", "python3", "-c", FIRST_FORMAT)
    guest.ok("systemctl", "start", BROKER)
    world.settled()
    assert lasting(world.show()) == before
    assert world.ctl("alice", "renew", "stage").code == 0 and world.is_good(world.token())


def test_credential_missing(guest, world):
    """A vault and no key: the service runs, says so, makes no other key and harms nothing."""
    guest.ok("mv", CREDENTIAL, "/root/vault-key")
    world.restart()
    assert guest.show(BROKER, "ActiveState") == "active"
    assert world.vault_state() == "sealed"
    found, code = diagnosis(world)
    assert code == 1 and found["vault"][0] == "fail", found
    done = world.ctl("studio", "token", "stage")
    assert done.code != 0 and "vault" in done.stderr, done
    assert guest.run("test", "-e", "/var/lib/channelkeeper/vault.key").code != 0
    entries = wait_for(lambda: guest.journal(f"MESSAGE_ID={VAULT}", "CK_OUTCOME=sealed"), "the journal entry about the vault")
    assert "channelkeeper.vault-key" in entries[-1]["MESSAGE"]


def test_credential_holds_another_key(guest, world):
    guest.ok("sh", "-c", documented("THE VAULT KEY")[0])
    world.restart()
    assert guest.show(BROKER, "ActiveState") == "active"
    assert world.vault_state() == "sealed"


def test_credential_cannot_be_decrypted(guest, world):
    """The right key, made for another machine."""
    encrypt_elsewhere(guest, "channelkeeper.vault-key", "/root/vault-key")
    assert_not_started(guest)
    found, code = diagnosis(world)
    assert code == 1 and f"channelkeeper.vault-key ({CREDENTIAL} cannot be decrypted" in found["service"][1], found


def test_credential_restored(guest, world):
    guest.ok("mv", "/root/vault-key", CREDENTIAL)
    guest.ok("systemctl", "reset-failed", BROKER)
    world.restart()
    world.settled()
    assert world.show()["state"] == "connected"
    assert world.is_good(world.token())


KEYRING = "channelkeeper-keyring.service"
SESSION = "channelkeeper-session.service"


def last_word(guest):
    """What the journal was last told about the vault."""
    return guest.journal(f"MESSAGE_ID={VAULT}")[-1]["MESSAGE"]


def test_secret_service(guest, world):
    """The manual's own files and commands take the channel along; it is there after restarts of all parts."""
    backup, restore = documented("FROM ONE BACKEND TO THE OTHER")
    *files, commands = documented("SECRET SERVICE")
    token = world.token()
    guest.ok("sh", "-ec", backup)
    for text in files:
        write_documented(guest, text)
    guest.ok("sh", "-ec", commands)
    world.settled()
    assert world.show()["state"] == "expired"
    guest.ok("sh", "-ec", restore)
    assert world.token() == token and world.is_good(token)
    world.connect()
    token = world.token()
    found, code = diagnosis(world)
    assert code == 0 and found["session bus"] == ("ok", "unix:path=/run/channelkeeper-session/bus"), found
    for units in ((BROKER,), (KEYRING,), (SESSION, KEYRING, BROKER), (BROKER,)):
        guest.ok("systemctl", "restart", *units)
        world.settled()
        wait_for(lambda: world.ctl("studio", "token", "stage").code == 0, "the grant to be read")
        assert world.token() == token and world.is_good(token)
    assert CLIENT_SECRET not in guest.ok("sh", "-c", "cat /var/lib/channelkeeper-keyring/keyrings/*", user="channelkeeper")


def test_secret_service_leaves_and_comes_back(guest, world):
    """Stopped by the administrator; then killed, which systemd mends by itself."""
    guest.ok("systemctl", "stop", KEYRING)
    world.settled("degraded")
    assert world.ctl("alice", "renew", "stage").code == 0
    generation, token = world.show()["generation"], world.token()
    assert world.is_good(token)
    found, _ = diagnosis(world)
    assert found["vault"][0] == "warn", found
    wait_for(lambda: "no Secret Service is on the session bus" in last_word(guest), "the journal entry")

    assert guest.show(BROKER, "NFileDescriptorStore") == "1"
    guest.ok("systemctl", "kill", "--signal=KILL", "--kill-whom=main", BROKER)
    wait_for(lambda: guest.show(BROKER, "NRestarts") != "0" and guest.show(BROKER, "ActiveState") == "active",
             "the broker after its end")
    wait_for(lambda: guest.show(KEYRING, "ActiveState") == "active", "the keyring that the broker wants")
    world.settled()
    wait_for(lambda: guest.show(BROKER, "NFileDescriptorStore") == "0", "the grant to be stored")
    assert world.show()["generation"] == generation and world.token() == token

    guest.ok("systemctl", "kill", "--signal=KILL", KEYRING)
    wait_for(lambda: guest.show(KEYRING, "NRestarts") == "1", "systemd to start the keyring again")
    world.settled()
    wait_for(lambda: "unsaved" not in world.ctl("studio", "token", "--json", "stage").stdout, "the grant to be stored")
    world.restart()
    world.settled()
    wait_for(lambda: world.ctl("studio", "token", "stage").code == 0, "the grant to be read")
    assert world.show()["generation"] == generation and world.token() == token


@pytest.mark.parametrize("address", ("unix:abstract=/ck-bus", "unix:path=/tmp/ck-bus", "unix:path=/run/user/ck-bus"))
def test_session_bus_that_the_sandbox_hides(guest, world, address):
    """As the manual says: everybody else of that user gets there, the unit does not, and doctor says why."""
    guest.ok("install", "-d", "-o", "channelkeeper", "/run/user")
    guest.ok("systemd-run", "--quiet", "--unit=ck-bus", "--uid=channelkeeper", "dbus-daemon", "--session", "--nofork",
             "--nopidfile", f"--address={address}")
    wait_for(lambda: guest.run("busctl", f"--address={address}", "list", user="channelkeeper").code == 0, "the bus")
    guest.write(f"{DROP_IN}/zz.conf", f"[Service]\nEnvironment=DBUS_SESSION_BUS_ADDRESS={address}\n")
    guest.ok("systemctl", "daemon-reload")
    world.restart()
    world.settled("sealed")
    wait_for(lambda: "the session bus does not answer" in last_word(guest), "the journal entry")
    found, code = diagnosis(world)
    assert code == 1 and "the sandbox of" in found["session bus"][1] and address in found["session bus"][1], found
    guest.ok("systemctl", "stop", "ck-bus")
    guest.ok("rm", f"{DROP_IN}/zz.conf")
    guest.ok("systemctl", "daemon-reload")


def test_back_to_the_sealed_vault(guest, world):
    """The same way, although the vault still has what it had."""
    backup, restore = documented("FROM ONE BACKEND TO THE OTHER")
    world.restart()
    world.settled()
    wait_for(lambda: world.ctl("studio", "token", "stage").code == 0, "the grant to be read")
    token = world.token()
    guest.ok("sh", "-ec", backup)
    guest.ok("systemctl", "stop", KEYRING, SESSION)
    guest.ok("rm", "-r", f"/etc/systemd/system/{KEYRING}", f"/etc/systemd/system/{SESSION}", DROP_IN,
             "/etc/channelkeeper/channelkeeper.conf.d/keyring.conf",
             "/etc/credstore.encrypted/channelkeeper.keyring-password", "/var/lib/channelkeeper-keyring")
    guest.ok("systemctl", "daemon-reload")
    world.restart()
    world.settled()
    guest.ok("sh", "-ec", restore)
    assert world.token() == token and world.is_good(token)
    world.connect()  # a restored refresh token waits
