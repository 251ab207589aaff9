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
CREDENTIAL = "/etc/credstore.encrypted/channelkeeper.vault-key"
CONFIG = """[Broker]
MinCheckInterval=0

[Network]
AllowInsecureLoopback=true
"""


class World:
    def __init__(self, guest):
        self.guest = guest

    def add_users(self):
        for user in ("alice", "bob", "studio"):
            self.guest.ok("useradd", "--create-home", "--shell=/bin/bash", user)

    def start_platform(self):
        """The simulated platform Lumen, as a unit of its own."""
        self.guest.ok("systemd-run", "--quiet", "--unit=lumen", "/opt/ck/tests/platforms/run", "--port", "18090",
                      "--log", "/run/lumen.jsonl")
        wait_for(lambda: self.guest.run("curl", "-sf", f"{PLATFORM}/_control/lumen/settings").code == 0, "the platform")
        for name, folder in (("lumen.provider", "providers.d"), ("lumen", "stacks.d")):
            self.guest.ok("install", "-D", "-m644", f"/opt/ck/tests/platforms/{name}",
                          f"/etc/channelkeeper/{folder}/{name}")
        self.guest.write("/etc/channelkeeper/channelkeeper.conf", CONFIG)

    def control(self, what):
        return json.loads(self.guest.ok("curl", "-sf", f"{PLATFORM}/_control/lumen/{what}"))

    def ctl(self, user, *words, **kwargs):
        return self.guest.run("channelctl", *words, user=user, **kwargs)

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
