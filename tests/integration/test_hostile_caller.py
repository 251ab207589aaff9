# SPDX-License-Identifier: LGPL-2.1-or-later
"""A caller who means harm, or who is merely broken, never hurts the broker or anybody else."""

import os
import signal
import socket
import struct
import time

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BROKER, CHANNEL, ROOT, BusError, options
from harness.wait import spin, wait_for


def word(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value.word


def well(broker, channel):
    assert broker.alive()
    begun = time.monotonic()
    assert channel.token()[0]
    assert time.monotonic() - begun < 2


def add_client_from(root, fd, name="odd"):
    return root.send(ROOT, BROKER, "AddClient", GLib.Variant("(sssha{sv})", (name, "real", "x", 0, {})), fds=[fd])


def test_silent_pipe(connected, root, broker):
    """A pipe that is never written to: everybody else is served meanwhile, the call ends in 5 s."""
    reader, writer = os.pipe()
    begun = time.monotonic()
    pending = add_client_from(root, reader)
    well(broker, connected)
    with pytest.raises(BusError) as error:
        pending.result(15)
    assert error.value.word in ("TimedOut", "InvalidArgument")
    assert 4 <= time.monotonic() - begun < 9
    os.close(reader)
    os.close(writer)


def test_endless_pipe(connected, root, broker):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    pending = add_client_from(root, reader)
    os.close(reader)
    begun = time.monotonic()
    while not pending.done and time.monotonic() - begun < 10:
        try:
            os.write(writer, b"A" * 65536)
        except BlockingIOError:
            pass
        except BrokenPipeError:
            break
        spin(0.01)
    with pytest.raises(BusError) as error:
        pending.result(10)
    assert error.value.word in ("LimitExceeded", "InvalidArgument")
    os.close(writer)
    well(broker, connected)


def odd_descriptors():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.listen()
    yield "file", os.open("/etc/passwd", os.O_RDONLY)
    yield "directory", os.open("/", os.O_RDONLY)
    yield "device", os.open("/dev/zero", os.O_RDONLY)
    yield "tty-like", os.open("/dev/ptmx", os.O_RDWR | os.O_NOCTTY)
    yield "path", os.open("/etc/passwd", os.O_PATH)
    yield "write end", os.pipe()[1]
    yield "datagram", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).detach()
    yield "memfd", os.memfd_create("x")
    yield "listening", listener.detach()


def test_descriptors_of_the_wrong_kind(connected, root, broker):
    for kind, fd in odd_descriptors():
        with pytest.raises(BusError) as error:
            add_client_from(root, fd).result(10)
        assert error.value.word == "InvalidArgument", f"{kind}: {error.value}"
        os.close(fd)
    well(broker, connected)
    assert len(root.broker("ListClients", "(a{sv})", {})) == 3


def lingering(seconds):
    """A TCP connection whose other end never reads: whoever closes it last waits that long."""
    listener = socket.create_server(("127.0.0.1", 0))
    mine = socket.create_connection(listener.getsockname())
    theirs, _address = listener.accept()
    try:
        while mine.send(b"x" * 65536, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        pass
    mine.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))
    return mine, (listener, theirs)


def wrapped(link):
    """A Unix socket in which that connection is on its way."""
    outer, inner = socket.socketpair()
    socket.send_fds(inner, [b"x"], [link.fileno()])
    link.close()
    return outer


@pytest.mark.parametrize("kind", [lambda link: link, wrapped], ids=["itself", "in another"])
def test_descriptor_that_takes_long_to_close(connected, bob, studio, broker, kind):
    """Sent with any call at all; the broker has the last copy of it."""
    known = connected.seen_by(studio)
    known.token()
    link, others = lingering(15)
    link = kind(link)
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        pending = bob.send(ROOT, BROKER, "GetChannel", GLib.Variant("(s)", ("main",)), fds=[link.fileno()])
        bob.connection.flush_sync(None)
        spin(0.5)
        link.close()
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)
    assert pending.result(5)
    well(broker, known)
    for other in others:
        other.close()


def test_handle_that_is_not_there(connected, root, broker):
    for index in (0, 7, 2**31 - 1):
        args = GLib.Variant("(sssha{sv})", ("odd", "real", "x", index, {}))
        assert word(root.call, ROOT, BROKER, "AddClient", args) == "InvalidArgument"
    well(broker, connected)


def test_stream_socket_is_as_good_as_a_pipe(connected, root):
    mine, theirs = socket.socketpair()
    theirs.sendall(b"a-secret-over-a-socket")
    theirs.close()
    add_client_from(root, mine.fileno(), "sock").result(10)
    assert ("sock", "real", "x") in root.broker("ListClients", "(a{sv})", {})


def test_token_pipes_that_nobody_reads(connected, studio, broker):
    """A hundred tokens opened and none read: the broker neither blocks nor runs out of descriptors."""
    pending = [connected.seen_by(studio).send("OpenAccessToken") for _ in range(100)]
    answers = 0
    held = []
    for p in pending:
        try:
            p.result()
            held += p.fds
            answers += 1
        except BusError as error:
            assert error.word in ("LimitExceeded", "Busy")
    assert answers > 0
    well(broker, connected)
    open_fds = len(os.listdir(f"/proc/{broker.process.pid}/fd"))
    assert open_fds < 100, f"{open_fds} descriptors stay open in the broker"
    for fd in held:
        os.close(fd)


def test_caller_who_leaves_in_the_middle(connected, callers, oidc, broker):
    oidc.settings(delay=500)
    since = len(oidc.requests())
    for _ in range(5):
        gone = callers("studio")
        connected.seen_by(gone).send("Renew")
        connected.seen_by(gone).send("GetAccessToken", "(a{sv})", options(min_validity=4000))
        gone.connection.flush_sync(None)
        spin(0.1)  # one that leaves before the bus has said who it is gets nothing done
        gone.close()
    wait_for(lambda: len(oidc.token_requests(since=since)) >= 1, 10, "the renewal going on")
    spin(1)
    well(broker, connected)
    assert {entry["status"] for entry in oidc.token_requests(since=since)} == {200}


def test_flood_of_calls(connected, callers, broker):
    """One caller sends 2 000 calls without waiting; another is still served."""
    flooder = callers("bob")
    args = GLib.Variant("(s)", ("main",))
    for _ in range(2000):
        flooder.connection.call("org.channelkeeper.Broker1", ROOT, BROKER, "GetChannel", args, None, 0, 30000, None, None)
    well(broker, connected)


def test_attempts_are_limited(root, alice, oidc_channel, callers, broker):
    """Two at once for a user; another user still gets theirs."""
    channels = [setups.add_oidc_channel(root, alice, f"c{n}") for n in range(4)]
    theirs = setups.add_oidc_channel(root, alice, "carols", assigned_user="carol")
    words = []
    for channel in channels:
        try:
            channel.reconnect(flow="browser").prompt()
        except BusError as error:
            words.append(error.word)
    assert words == ["LimitExceeded", "LimitExceeded"] or words == ["Busy", "Busy"]
    setups.connect(theirs.seen_by(callers("carol")), "carol-channel")
    assert broker.alive()


def test_attempts_of_one_who_left_are_over(root, alice, oidc_channel, callers):
    """They do not count against the user any more: a third can begin at once."""
    channels = [oidc_channel, *(setups.add_oidc_channel(root, alice, f"c{n}") for n in range(2))]
    gone = callers("alice")
    for channel in channels[:2]:
        channel.seen_by(gone).reconnect(flow="browser").prompt()
    assert word(channels[2].reconnect, flow="browser") in ("LimitExceeded", "Busy")
    gone.close()
    wait_for(lambda: started(channels[2]), 5, "room for an attempt")


def started(channel):
    try:
        return channel.reconnect(flow="browser").prompt()
    except BusError:
        return None


def test_one_list_and_one_dump_of_many_channels(root, alice, bob, oidc_channel, broker):
    for number in range(300):
        setups.add_oidc_channel(root, alice, f"many-{number:03d}", display_name="x" * 100)
    pending = [bob.send(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects") for _ in range(20)]
    pending += [bob.send(ROOT, BROKER, "ListChannels", GLib.Variant("(a{sv})", ({},))) for _ in range(20)]
    begun = time.monotonic()
    assert alice.channel("main").state == "unconnected"
    assert time.monotonic() - begun < 30
    for p in pending:
        assert len(p.result(60)[0]) == 301


def test_pages(root, alice, bob, oidc_channel):
    for number in range(12):
        setups.add_oidc_channel(root, alice, f"page-{number:02d}")
    seen, after = [], ""
    while True:
        rows = bob.list_channels(limit=5, after=after)
        if not rows:
            break
        assert len(rows) <= 5
        seen += [row[1] for row in rows]
        after = seen[-1]
    assert seen == sorted(["main"] + [f"page-{n:02d}" for n in range(12)])
    assert word(bob.list_channels, limit=1001) in ("InvalidArgument", "LimitExceeded")


def test_messages_to_places_that_do_not_exist(connected, bob, broker):
    for path, interface, method in [
            (ROOT + "/channel/nope", CHANNEL, "GetAccessToken"), (ROOT + "/attempt/nope", "org.channelkeeper.Attempt1", "Cancel"),
            (ROOT, BROKER, "NoSuchMethod"), (ROOT, "org.example.None", "X"), ("/", BROKER, "ListChannels"),
            (connected.path, "org.freedesktop.DBus.Properties", "NoSuch")]:
        with pytest.raises(BusError):
            bob.call(path, interface, method)
    with pytest.raises(BusError):
        bob.call(connected.path, "org.freedesktop.DBus.Properties", "Set",
                 GLib.Variant("(ssv)", (CHANNEL, "State", GLib.Variant("s", "revoked"))))
    well(broker, connected)


def test_wrong_signatures(connected, bob, broker):
    for args in (None, GLib.Variant("(u)", (1,)), GLib.Variant("(sa{sv})", ("x", {})), GLib.Variant("(a{ss})", ({},))):
        with pytest.raises(BusError):
            bob.call(connected.path, CHANNEL, "GetAccessToken", args)
    well(broker, connected)


def test_a_worker_that_is_killed(connected, oidc, broker):
    """The transaction fails, the broker lives, the next one gets a fresh worker."""
    oidc.settings(delay=3000)
    pending = connected.send("Verify")
    pids = wait_for(broker.workers, 10, "a worker")
    oidc.settings(delay=0)
    pending = connected.send("Renew") if pending.done else pending
    for pid in pids:
        os.kill(pid, 9)
    try:
        pending.result(30)
    except BusError as error:
        assert error.word in ("ProviderUnavailable", "ProviderError", "Failed")
    assert connected.verify()[0] == "connected"
    well(broker, connected)


def test_idle_workers_leave(connected, broker):
    assert broker.workers(), "the connect had a worker"
    wait_for(lambda: not broker.workers(), 60, "the workers leaving")
    well(broker, connected)
