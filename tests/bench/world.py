# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured and what it runs on: the bus, polkitd, the echo, the platform, a seeded broker."""

import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

from gi.repository import Gio, GLib
from harness import tree
from harness.broker import Broker
from harness.bus import Polkit, SystemBus
from harness.caller import BUS_NAME
from harness.users import SERVICE, as_user, popen_as, user_environment

PORT = 18091
PROGRAMS = "/run/ck/tree/bench"

PROVIDER = f"""[Provider]
Name=Bench
Stack=bench

[OAuth2]
TokenEndpoint=http://127.0.0.1:{PORT}/token
ClientAuthentication=post

[Lifetime]
Rotation=yes
"""
STACK = "renew required refresh_token.so\n"
CLIENT = "[Client]\nProvider=bench\nClientId=bench\n"
CONFIG = """[Broker]
MaxChannels=200000

[Network]
AllowInsecureLoopback=true
"""
TOKEN_SIZE = 700  # with the rest of it a grant of 1 KB
USER = "studio"

_numbers = itertools.count()


def program(name):
    return os.path.join(PROGRAMS, "bench-" + name)


def run_json(user, argv, env=None):
    """What a program of the bench printed."""
    done = subprocess.run(as_user(user, argv), env=user_environment(user, env), cwd="/", check=True,
                          stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


class World:
    def __init__(self):
        self.bus = SystemBus()
        self.polkit = Polkit()
        self.processes = []

    def __enter__(self):
        self.bus.start()
        self.polkit.start()
        self.processes.append(popen_as("root", [program("echo")]))
        self.processes.append(popen_as("root", [program("platform"), str(PORT)]))
        for _ in range(200):
            try:
                self.platform("stats")
                return self
            except OSError:
                time.sleep(0.02)
        raise SystemExit("the bench's platform does not answer")

    def __exit__(self, *_):
        for process in self.processes:
            process.kill()
            process.wait()
        self.polkit.stop()
        self.bus.stop()

    @staticmethod
    def platform(what):
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/_{what}", timeout=10) as answer:
            return json.load(answer)


class OidcAgent:
    """oidc-agent with one account at the bench's platform."""

    def __init__(self):
        self.pid = None
        self.env = {}

    @staticmethod
    def version():
        """None where it is not installed."""
        if not shutil.which("oidc-agent"):
            return None
        return subprocess.run(["oidc-agent", "--version"], check=True, capture_output=True, text=True).stdout.strip()

    def __enter__(self):
        folder = os.path.join(user_environment(USER)["HOME"], ".config", "oidc-agent")
        subprocess.run(as_user(USER, ["mkdir", "-p", folder]), check=True)
        # A file: the agent, which stays, would hold a pipe open. It speaks when its parent has gone.
        with tempfile.TemporaryFile("w+", encoding="ascii") as said:
            subprocess.run(as_user(USER, ["oidc-agent", "--json"]), env=user_environment(USER), cwd="/", check=True,
                           stdin=subprocess.DEVNULL, stdout=said)
            text = ""
            for _ in range(500):
                said.seek(0)
                text = said.read()
                if text.endswith("}"):
                    break
                time.sleep(0.01)
        answer = json.loads(text)
        self.pid = int(answer["dpid"])
        self.env = {"OIDC_SOCK": answer["socket"]}
        subprocess.run(as_user(USER, ["oidc-gen", "bench", f"--issuer=http://127.0.0.1:{PORT}/", "--client-id=bench",
                                      "--client-secret=bench", "--scope=openid publish", "--rt=rt-agent-1",
                                      "--redirect-uri=http://localhost:18092", "--pw-cmd=echo bench",
                                      "--confirm-yes", "--prompt=none"]),
                       env=user_environment(USER, self.env), cwd="/", check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGTERM)
        shutil.rmtree(os.path.dirname(self.env["OIDC_SOCK"]))  # which it leaves behind


class Seeded:
    """A broker with so many connected channels, whose tokens run out in `seconds`."""

    def __init__(self, count, seconds=86400):
        self.broker = Broker(f"/run/ck/t/bench-{next(_numbers)}")
        self.broker.write_config("channelkeeper.conf", CONFIG)
        self.broker.write_config("providers.d/bench.provider", PROVIDER)
        self.broker.write_config("stacks.d/bench", STACK)
        self.broker.write_config("clients.d/bench.client", CLIENT)
        self.broker.extra_env = tree.unit_environment() | {"G_MESSAGES_DEBUG": ""}
        subprocess.run(as_user(SERVICE, [program("seed"), self.broker.state, str(count), "bench", "bench",
                                         str(seconds), str(TOKEN_SIZE)]),
                       env=user_environment(SERVICE), cwd="/", check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.broker.stop()

    def start(self):
        """Milliseconds from the start of the process to the bus name being owned."""
        loop = GLib.MainLoop()
        owned = []
        connection = Gio.bus_get_sync(Gio.BusType.SYSTEM)
        watch = Gio.bus_watch_name_on_connection(
            connection, BUS_NAME, Gio.BusNameWatcherFlags.NONE,
            lambda *_: (owned.append(time.monotonic()), loop.quit()), None)
        begun = time.monotonic()
        GLib.idle_add(self._launch)
        timeout = GLib.timeout_add_seconds(60, loop.quit)
        loop.run()
        Gio.bus_unwatch_name(watch)
        if not owned:
            raise SystemExit("the broker does not come up:\n" + self.broker.log_tail())
        GLib.source_remove(timeout)
        self.broker.wait_ready(120)
        return (owned[0] - begun) * 1000

    def _launch(self):
        self.broker.start(wait=False)
        return False

    def settle(self):
        """Waits until nothing runs any more: the broker is idle when it has slept for a second."""
        last = None
        while last != (last := self.switches()):
            time.sleep(1)

    def switches(self):
        """How often any thread of the broker has gone to sleep, and so woken up, until now."""
        total = 0
        for task in os.listdir(f"/proc/{self.pid()}/task"):
            with open(f"/proc/{self.pid()}/task/{task}/status", encoding="ascii") as status:
                total += sum(int(n) for n in re.findall(r"ctxt_switches:\s+(\d+)", status.read()))
        return total

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid()}/task"))

    def uss(self):
        """KiB of memory that is the broker's alone."""
        with open(f"/proc/{self.pid()}/smaps_rollup", encoding="ascii") as rollup:
            return sum(int(n) for n in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", rollup.read(), re.M))

    def pid(self):
        return self.broker.process.pid
