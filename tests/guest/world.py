# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the administrator of the guest set up: users, the simulated platform, a channel."""

import json

from guest import wait_for

PLATFORM = "http://127.0.0.1:18090"
CLIENT_SECRET = "lumen-client-secret-8e2f11d7"
BUS_NAME = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"
BROKER = "channelkeeperd.service"
SOCKET = "channelkeeper-worker.socket"
CREDENTIALS = "/etc/credstore.encrypted"
CREDENTIAL = f"{CREDENTIALS}/channelkeeper.vault-key"
STATE = "/var/lib/channelkeeper"
DROP_IN = "/etc/systemd/system/channelkeeperd.service.d"
CONFIG = """[Broker]
MinCheckInterval=0

[Network]
AllowInsecureLoopback=true
CaFile=/run/ck/platforms/ca.pem
"""


class World:
    def __init__(self, guest):
        self.guest = guest

    def add_users(self):
        for user in ("alice", "bob", "studio"):
            self.guest.ok("useradd", "--create-home", "--shell=/bin/bash", user)

    def start_platform(self):
        """The simulated platforms, as a unit: Lumen, and the real ones by their names, with TLS."""
        self.guest.ok("systemd-run", "--quiet", "--unit=lumen", "/opt/ck/tests/platforms/run", "--port", "18090",
                      "--tls", "443", "--hosts", "/etc/hosts", "--certificates", "/run/ck/platforms",
                      "--log", "/run/lumen.jsonl")
        wait_for(lambda: self.guest.run("curl", "-sf", f"{PLATFORM}/_control/lumen/settings").code == 0, "the platform")
        for name, folder in (("lumen.provider", "providers.d"), ("lumen", "stacks.d")):
            self.guest.ok("install", "-D", "-m644", f"/opt/ck/tests/platforms/{name}",
                          f"/etc/channelkeeper/{folder}/{name}")
        self.guest.write("/etc/channelkeeper/channelkeeper.conf", CONFIG)

    def control(self, what, platform="lumen"):
        return json.loads(self.guest.ok("curl", "-sf", f"{PLATFORM}/_control/{platform}/{what}"))

    def ctl(self, user, *words, **kwargs):
        return self.guest.run("channelctl", *words, user=user, **kwargs)

    def connect(self):
        """Alice, in her browser."""
        done = self.ctl("alice", "reconnect", "stage",
                        env={"BROWSER": "/opt/ck/tests/integration/person alice-live"})
        assert done.code == 0, done

    def show(self, channel="stage"):
        done = self.ctl("alice", "show", "--json", channel)
        assert done.code == 0, done
        shown = json.loads(done.stdout)
        return shown[0] if isinstance(shown, list) else shown

    def token(self, user="studio", *words):
        done = self.ctl(user, "token", "stage", *words)
        assert done.code == 0, done
        return done.stdout.strip()

    def is_good(self, token):
        """Whether the platform takes the token; it comes by stdin, not on a command line."""
        done = self.guest.ok("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", "@-",
                             f"{PLATFORM}/api/me", stdin=f"authorization: Bearer {token}\n")
        return done == "200"

    def vault_state(self):
        words = self.guest.ok("busctl", "--json=short", "get-property", BUS_NAME, ROOT, BUS_NAME, "VaultState")
        return json.loads(words)["data"]

    def restart(self):
        self.guest.ok("systemctl", "restart", BROKER)

    def settled(self, state="open"):
        """The vault is opened after the bus name is owned."""
        wait_for(lambda: self.vault_state() == state, f"VaultState {state}")

    def workers(self):
        """The units of the workers that run now."""
        text = self.guest.ok("systemctl", "list-units", "--plain", "--no-legend", "channelkeeper-worker@*.service")
        return [line.split()[0] for line in text.splitlines() if " running " in line]


def diagnosis(world, user="root"):
    """What `channelctl doctor` says: {check: (verdict, what was found)}, and its exit status."""
    done = world.ctl(user, "doctor", "--json")
    return {row["check"]: (row["verdict"], row["found"]) for row in json.loads(done.stdout)}, done.code


def key_id(guest):
    words = guest.ok("busctl", "--json=short", "get-property", BUS_NAME, ROOT, "org.channelkeeper.Vault1", "KeyId")
    return json.loads(words)["data"]


def encrypt_elsewhere(guest, name, key):
    """The key of a file here in a credential of another machine, which has a key of its own."""
    decrypt = f"systemd-creds decrypt --name={name} {CREDENTIALS}/{name} -"
    guest.ok("sh", "-ec", f"""mkdir -p /root/elsewhere
        systemd-creds decrypt --name=channelkeeper.vault-key {key} - | unshare --mount sh -ec '
          mount --bind /root/elsewhere /var/lib/systemd
          systemd-creds encrypt --name={name} - {CREDENTIALS}/{name}
          {decrypt} >/dev/null'""")
    assert guest.run("sh", "-c", decrypt).code != 0, "it is readable on this machine"


def assert_not_started(guest):
    """systemd's own failure, before any code of ours runs."""
    assert guest.run("systemctl", "restart", BROKER).code != 0
    wait_for(lambda: guest.show(BROKER, "ExecMainStatus") == "243", "exit code 243 (CREDENTIALS)")
    guest.ok("systemctl", "stop", BROKER)
