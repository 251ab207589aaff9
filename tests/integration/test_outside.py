# SPDX-License-Identifier: LGPL-2.1-or-later
"""What lies between the broker and a platform: names, certificates, proxies, and the worker itself. None of
it costs a token that is held, or a grant whose refresh token works once."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import pytest
from harness import setups, tree
from harness.caller import BusError
from harness.wait import wait_for

HOST = "api.x.com"


@pytest.fixture
def x(platforms, root, alice):
    """A channel at X, whose refresh tokens work once, reached by its real name and a certificate."""
    platform = platforms("x")
    root.add_client("x", "x", platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    channel = root.add_channel("main", "x", client="x", assigned_user="alice",
                               scopes=["tweet.read", "users.read", "offline.access"]).seen_by(alice)
    channel.platform = platform
    setups.connect(channel, "alice-live")
    return channel


class Network:
    """The broker's [Network], as an administrator changes it."""

    def __init__(self, broker, root):
        self.broker, self.root = broker, root

    def be(self, lines):
        self.broker.write_config("channelkeeper.conf.d/network.conf", f"[Network]\n{lines}\n")
        self.root.reload()


@pytest.fixture
def network(broker, root):
    return Network(broker, root)


@pytest.fixture
def hosts():
    """/etc/hosts, which is this world's own name service."""
    with open("/etc/hosts", encoding="utf-8") as stream:
        text = stream.read()

    def be(new):
        with open("/etc/hosts", "w", encoding="utf-8") as stream:
            stream.write(new)
    yield text, be
    be(text)


class Proxy:
    """An HTTP proxy that tunnels, or answers CONNECT with `status`."""

    def __init__(self):
        self.status = 200
        self.asked = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.uri = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def be_gone(self):
        with contextlib.suppress(OSError):  # it is already
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head and (data := client.recv(4096)):
            head += data
        target = head.split(b" ")[1].decode()
        self.asked.append(target)
        client.sendall(f"HTTP/1.1 {self.status} so\r\n\r\n".encode())
        if self.status == 200:
            server = socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2])))
            threading.Thread(target=self._pump, args=(server, client), daemon=True).start()
            self._pump(client, server)
        client.close()

    @staticmethod
    def _pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


@pytest.fixture
def proxy():
    it = Proxy()
    yield it
    it.be_gone()


def costs_nothing(channel, words):
    """A renewal fails for want of the network; the token, the state and the grant stay as they are."""
    held = channel.token()[0]
    since = len(channel.platform.requests())
    with pytest.raises(BusError) as error:
        channel.renew()
    assert error.value.word == "ProviderUnavailable" and words in error.value.message, error.value
    assert channel.token()[0] == held and channel.state == "connected"
    assert channel.platform.requests()[since:] == [], "the platform was asked all the same"


def is_well(channel):
    generation = channel.prop("Generation")
    channel.renew()
    assert channel.prop("Generation") == generation + 1 and channel.state == "connected"


def test_a_name_that_is_not_found(x, hosts):
    text, be = hosts
    be("\n".join(line for line in text.splitlines() if HOST not in line) + "\n")
    costs_nothing(x, "resolve")
    be(text)
    is_well(x)


def test_a_certificate_of_somebody_else(x, network, broker):
    own = f"{broker.directory}/other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-subj", "/CN=other", "-keyout", "/dev/null", "-out", own], check=True, capture_output=True)
    network.be(f"CaFile={own}")
    costs_nothing(x, "certificate")
    network.be("")
    is_well(x)


def test_a_proxy_that_is_not_there(x, network, proxy):
    proxy.be_gone()
    network.be(f"Proxy={proxy.uri}")
    costs_nothing(x, "connect")
    network.be("")
    is_well(x)


def test_a_proxy_that_refuses_and_then_does_not(x, network, proxy):
    network.be(f"Proxy={proxy.uri}")
    proxy.status = 503
    costs_nothing(x, "503")
    assert proxy.asked == [f"{HOST}:443"]
    proxy.status = 200
    is_well(x)
    assert proxy.asked == [f"{HOST}:443"] * 2


# ---- the worker --------------------------------------------------------------------------------


@pytest.fixture
def bad_worker(idle_broker):
    """bad_worker("garbage"): what the broker starts in a worker's place does, from now on."""
    real = tree.environment()["CHANNELKEEPER_WORKER"]
    program, mode = f"{idle_broker.directory}/worker", f"{idle_broker.directory}/worker-mode"
    with open(program, "w", encoding="ascii") as stream:
        stream.write(f"""#!/bin/sh
case $(cat {mode}) in
  gone) exit 1 ;;
  silent) exec sleep 20 ;;
  garbage) head -c 65536 /dev/urandom >&3 ;;
  *) exec {real} ;;
esac
""")
    os.chmod(program, 0o755)

    def be(what):
        with open(mode, "w", encoding="ascii") as stream:
            stream.write(what)
    be("real")
    idle_broker.extra_env = {"CHANNELKEEPER_WORKER": program}
    return be


def fails_soon(channel, seconds):
    begun = time.monotonic()
    held = channel.token()[0]
    with pytest.raises(BusError) as error:
        channel.renew()
    assert time.monotonic() - begun < seconds
    assert error.value.word == "ProviderUnavailable", error.value
    assert channel.token()[0] == held and channel.state == "connected"


@pytest.mark.parametrize("what", ["gone", "garbage", "silent"])
def test_a_worker_that_is_none(bad_worker, connected, oidc, broker, what):
    """Nothing was sent, so nothing is in doubt; the next worker does it."""
    for pid in broker.workers():  # of the connect: it would do it
        os.kill(pid, signal.SIGKILL)
    since = len(oidc.requests())
    bad_worker(what)
    fails_soon(connected, 16)
    assert oidc.token_requests(since=since) == []
    bad_worker("real")
    wait_for(lambda: renews(connected), 20, "a renewal by a real worker")
    assert oidc.accepts(connected.token()[0]) == "alice-channel" and broker.alive()


def renews(channel):
    try:
        channel.renew()
        return True
    except BusError:
        return False


def test_a_worker_that_hangs(oidc_channel, oidc, broker, callers):
    """Stopped in the middle of a request: its caller is told, nobody else waits, the token goes on; when its
    time is over the answer counts as lost, and one more try is made in the token's last minute."""
    oidc.settings(accessTtl=100)
    setups.connect(oidc_channel, "alice-channel")
    connected = oidc_channel
    oidc.fault("hang", "/token", 1)
    since = len(oidc.requests())
    pending = connected.send("Renew", timeout=100)
    wait_for(lambda: len(oidc.requests()) > since, 10, "the request")
    [worker] = broker.workers()
    os.kill(worker, signal.SIGSTOP)
    with pytest.raises(BusError) as error:
        pending.result(30)
    assert error.value.word == "Busy", error.value
    assert connected.seen_by(callers("studio")).token()[0] and connected.state == "connected"
    wait_for(lambda: connected.prop("Generation") == 2, 100, "the one more try")
    assert oidc.accepts(connected.token()[0]) == "alice-channel"
    assert len(oidc.token_requests(since=since)) == 1, "the first one never was dealt with"
    assert worker not in broker.workers()
