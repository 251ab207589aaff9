# SPDX-License-Identifier: LGPL-2.1-or-later
"""The measurements: each yields rows of (what, measured, bar, whether it is kept)."""

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from contextlib import nullcontext

from gi.repository import Gio, GLib
from harness import tree
from harness.caller import BUS_NAME, CHANNEL, Caller
from harness.users import SERVICE, as_user, popen_as, user_environment
from world import PORT, OidcAgent, Seeded, program, run_json

SLOTS = 8
POLKITD_STALLS = 15e6  # µs: Debian 12's does at times, and then the caller has hardly asked


class Row:
    def __init__(self, what, measured, bar="", kept=None):
        self.what, self.measured, self.bar, self.kept = what, measured, bar, kept

    @classmethod
    def at_most(cls, what, value, limit, shown, bar):
        return cls(what, shown, bar, value <= limit)

    @classmethod
    def at_least(cls, what, value, limit, shown, bar):
        return cls(what, shown, bar, value >= limit)


def answered(pair):
    """The times of both, of which each must be of calls that succeeded."""
    for kind in ("echo", "token"):
        assert pair[kind]["calls"] and not pair[kind]["errors"], pair
    return pair["echo"], pair["token"]


def latency(world, size):
    """One caller on an idle broker, then 64."""
    with Seeded(10) as seeded:
        seeded.start()
        seeded.settle()
        echo, token = answered(run_json("studio", [program("client"), "pair", str(size.seconds), "1"]))
        ratio = token["p50"] / echo["p50"]
        yield Row("bare echo of 1 KiB, one caller", f"p50 {echo['p50']:.0f} µs, p99 {echo['p99']:.0f} µs")
        yield Row.at_most("`GetAccessToken`, warm, one caller", ratio, 1.3,
                          f"p50 {token['p50']:.0f} µs, p99 {token['p99']:.0f} µs: {ratio:.2f} × the echo's p50",
                          "≤ 1.3 × the echo's p50")
        # In turns: how the kernel spreads so many processes over the processors changes from run to run.
        many = {"echo": [], "token": []}
        for _ in range(size.rounds):
            for what, rates in many.items():
                run = run_json("studio", [program("client"), "many", "1", "64", what])
                assert not run["errors"], run
                rates.append(run["per_second"])
        echo, token = (statistics.median(rates) for rates in many.values())
        share = token / echo
        yield Row("bare echo, 64 callers", f"{echo:.0f} a second ({min(many['echo'])} to {max(many['echo'])})")
        yield Row.at_least("`GetAccessToken`, 64 callers", share, 0.7,
                           f"{token:.0f} a second ({min(many['token'])} to {max(many['token'])}): {share:.0%} of the "
                           f"echo's", "≥ 70 %")


def memory(world, size):
    """Private memory, from the start of the process to the bus name, and the list, for more and more channels."""
    uss, start, listed = {}, {}, {}
    for count in size.counts:
        with Seeded(count) as seeded:
            times = []
            for _ in range(size.starts):
                times.append(seeded.start())
                seeded.settle()
                uss[count] = seeded.uss()
                listed[count] = timed("studio", [tree.locate("bin/channelctl"), "list", "--ids"], tree.environment())
                seeded.broker.stop()
            start[count] = statistics.median(times)
    few = size.counts[0]
    yield Row.at_most(f"private memory, {few} channels", uss[few], 6000, f"{uss[few] / 1000:.1f} MB", "≤ 6 MB")
    for count in size.counts[1:]:
        each = (uss[count] - uss[few]) * 1024 / (count - few)
        yield Row.at_most(f"for each channel beyond, {count} channels", each, 3072,
                          f"{each:.0f} B ({uss[count] / 1000:.1f} MB)", "≤ 3 KiB")
    yield Row.at_most(f"start to name owned, {few} channels", start[few], 50, f"{start[few]:.0f} ms", "≤ 50 ms")
    for count in size.counts[1:]:
        limit = 300 * count / 10000
        yield Row.at_most(f"start to name owned, {count} channels", start[count], limit,
                          f"{start[count]:.0f} ms", f"≤ {limit:.0f} ms")
    for count in size.counts:
        yield Row(f"`channelctl list` of {count} channels, whole process", f"{listed[count]:.0f} ms")


def idle(world, size):
    """Wake-ups with connected channels and nothing due."""
    with Seeded(1000, 86400 * 30) as seeded:
        seeded.start()
        seeded.settle()
        threads = seeded.threads()
        calls = count_calls(seeded.pid(), size.idle)
        # Letting go wakes every thread once.
        seeded.settle()
        before = seeded.switches()
        time.sleep(size.idle)
        woken = seeded.switches() - before
        yield Row(f"idle, 1000 channels, {size.idle} s",
                  f"{woken} wake-ups; {calls} system calls by strace -c -f, which makes each of {threads} threads wait anew",
                  "0", woken == 0 and calls <= threads)


def count_calls(pid, seconds):
    """How many system calls the process and its threads made; what strace itself interrupts apart."""
    with tempfile.NamedTemporaryFile("r", encoding="ascii") as table:
        tracer = subprocess.Popen(["strace", "-c", "-f", "-p", str(pid), "-o", table.name],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        tracer.terminate()
        tracer.wait()
        total = 0
        for line in table:
            columns = line.split()
            if len(columns) >= 5 and columns[3].isdigit() and columns[-1] not in ("restart_syscall", "total"):
                total += int(columns[3])
        return total


def renew_all(world, count, delay, caller=False):
    """Everything due at once: the platform's count of it, and what a caller saw meanwhile, if there is one."""
    world.platform(f"delay/{delay}")
    world.platform("reset")
    ideal = count * delay / 1000 / SLOTS
    with Seeded(count, 300) as seeded:
        seeded.start()
        client = popen_as("studio", [program("client"), "pair", str(max(1, ideal * 0.8)), "10"],
                          stdout=subprocess.PIPE, text=True) if caller else None
        deadline = time.monotonic() + 20 + 4 * ideal
        while world.platform("stats")["requests"] < count and time.monotonic() < deadline:
            time.sleep(0.2)
        seeded.settle()
        stats = world.platform("stats")
        stats["right"] = stats["requests"] == count and not stats["twice"] and stats["at_once"] <= SLOTS
        return stats, ideal / (stats["us"] / 1e6), json.loads(client.communicate()[0]) if caller else None


def bare_requests(world, count, delay):
    """The share of their time that the slots are in use where a program does nothing but send the requests."""
    world.platform(f"delay/{delay}")
    world.platform("reset")
    done = run_json("studio", [program("bare"), f"http://127.0.0.1:{PORT}/token", str(count), str(SLOTS)])
    stats = world.platform("stats")
    assert not done["errors"] and stats["requests"] == count and stats["at_once"] == SLOTS, (done, stats)
    return count * delay / 1000 / SLOTS / (stats["us"] / 1e6)


def beside_renewals(world, size):
    """What a caller sees meanwhile: in turns, of which the one in the middle counts."""
    turns, stalls = [], 0
    while len(turns) < size.turns:
        stats, share, pair = renew_all(world, size.storm, 20, caller=True)
        echo, token = answered(pair)
        assert stats["right"], stats
        if token["max"] > POLKITD_STALLS and stalls < size.turns:
            stalls += 1
        else:
            turns.append((token["p99"] / echo["p99"], echo, token, share))
    turns.sort(key=lambda turn: turn[0])
    ratio, echo, token, share = turns[len(turns) // 2]
    yield Row("bare echo while as many are renewed again", f"p50 {echo['p50']:.0f} µs, p99 {echo['p99']:.0f} µs")
    yield Row.at_most("`GetAccessToken` meanwhile", ratio, 1.5,
                      f"p50 {token['p50']:.0f} µs, p99 {token['p99']:.0f} µs, at most {token['max'] / 1000:.1f} ms: "
                      f"{ratio:.2f} × the echo's p99 ({turns[0][0]:.2f} to {turns[-1][0]:.2f}); the renewals got "
                      f"{share:.0%} of their slots" + (f"; {stalls} turns with an answer of 15 s left out" if stalls else ""),
                      "≤ 1.5 × the echo's p99")


def storm(world, size):
    """Renewals due at once, with nobody asking and beside a caller that asks without a pause."""
    bare = [bare_requests(world, size.storm // 4, 20)]
    stats, share, _ = renew_all(world, size.storm, 20)
    bare.append(bare_requests(world, size.storm // 4, 20))
    allowed = statistics.mean(bare)
    yield Row("bare token requests, 20 ms each, 8 at a time", f"{allowed:.1%} of 400 a second")
    yield Row(f"{size.storm} grants due at once, the same platform",
              f"{stats['us'] / 1e6:.1f} s: {share:.1%} of 400 a second, {share / allowed:.0%} of the bare requests'; "
              f"{stats['requests']} requests, at most {stats['at_once']} at once, {stats['twice']} tokens sent twice",
              "≥ 90 % of what 8 slots allow, none twice", share >= 0.9 * allowed and stats["right"])
    yield from beside_renewals(world, size)
    stats, share, _ = renew_all(world, size.storm // 10, 50)
    took = stats["us"] / 1e6
    bar = 1.12 * (size.storm // 10) * 0.05 / SLOTS
    yield Row(f"{size.storm // 10} grants due at once, 50 ms a request, 8 at a time",
              f"{took:.2f} s ({stats['requests']} requests, {stats['twice']} twice)", f"≤ {bar:.1f} s",
              took <= bar and stats["right"])
    yield agent_storm(world, size.storm // 10)


def agent_storm(world, count):
    """What oidc-agent takes for as many renewals, eight callers at a time: twenty of them tell."""
    what = f"{count} renewals by oidc-agent, 50 ms a request, 8 callers"
    if not OidcAgent.version():
        return Row(what, "not installed")
    with OidcAgent() as agent:
        took = []
        for rotates in (0, 1):
            world.platform(f"rotate/{rotates}")
            world.platform("reset")
            subprocess.run(as_user("studio", ["sh", "-c", "seq 20 | xargs -P 8 -I% oidc-token -f bench"]),
                           env=user_environment("studio", agent.env), cwd="/", check=True, stdout=subprocess.DEVNULL)
            stats = world.platform("stats")
            took.append(stats["us"] / 1e6 / stats["requests"] * count)
    return Row(what, f"{took[0]:.0f} s, or {took[1]:.0f} s where refresh tokens rotate (reckoned from 20; at most "
                     f"{stats['at_once']} at once)")


def vault(world, size):
    """Durable grants a second, 64 in flight."""
    rates = {}
    for backend in ("sealed", "file", "service"):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            shutil.chown(folder, SERVICE, SERVICE)
            env = {"CK_BENCH_DIR": folder, "SECRET_FILE_TEST_PATH": os.path.join(folder, "file.keyring"),
                   "SECRET_FILE_TEST_PASSWORD": "bench"}
            argv = [program("vault"), backend, str(size.items), str(size.seconds)]
            if backend == "service":
                if not shutil.which("gnome-keyring-daemon"):
                    continue
                env |= {"HOME": folder, "XDG_RUNTIME_DIR": folder}
                argv = ["dbus-run-session", "--", "sh", "-c",
                        "printf x | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"",
                        "sh", *argv]
            try:
                rates[backend] = run_json(SERVICE, argv, env)
            except subprocess.CalledProcessError as died:
                # libsecret's file backend does not survive 64 stores in flight: one after the other, then.
                rates[backend] = run_json(SERVICE, [*argv, "1"], env) | {"died": died.returncode}
    own = rates["sealed"]["per_second"]
    yield Row(f"vault: durable grants a second, 64 in flight, {size.items} items", f"{own:.0f}")
    for backend, name in (("file", "libsecret's file backend"), ("service", "gnome-keyring")):
        if backend in rates:
            other = rates[backend]["per_second"]
            yield Row.at_least(f"the same, {name}", own / max(other, 0.1), 20,
                               f"{other:.1f} ({how(rates[backend])}): ours is {own / max(other, 0.1):.0f} × that",
                               "ours ≥ 20 ×")
        else:
            yield Row(f"the same, {name}", "not installed")


def how(rate):
    died = f"one at a time; 64 in flight ended it with {rate['died']}" if "died" in rate else "64 in flight"
    return f"{died}, {rate['failed']} failed"


def operations(world, size):
    """What reads or seals every grant there is, and the worst that another caller met meanwhile."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        backup = os.path.join(folder, "backup")
        key = f"--key={backup}.key"
        with Seeded(size.storm) as seeded:
            seeded.start()
            seeded.settle()
            yield beside_a_caller(f"`channelctl vault rotate-key`, {size.storm} channels", ["rotate-key"])
            yield beside_a_caller(f"`channelctl vault backup`, {size.storm} channels", ["backup", backup, key])
        with Seeded(10) as seeded:
            seeded.start()
            seeded.settle()
            yield beside_a_caller(f"`channelctl vault restore`, {size.storm} channels", ["restore", backup, key])


def beside_a_caller(what, words):
    caller, worst = Caller("studio"), 0
    path = "/org/channelkeeper/Broker1/channel/ch_2d000000"
    begun = time.monotonic()
    with subprocess.Popen([tree.locate("bin/channelctl"), "vault", *words], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, env=user_environment("root", tree.environment())) as operation:
        while operation.poll() is None:
            asked = time.monotonic()
            caller.connection.call_sync(BUS_NAME, path, CHANNEL, "GetAccessToken", GLib.Variant("(a{sv})", ({},)),
                                        None, Gio.DBusCallFlags.NONE, 60000, None)
            worst = max(worst, time.monotonic() - asked)
    caller.close()
    assert not operation.returncode, words
    return Row(what, f"{time.monotonic() - begun:.1f} s; the worst `GetAccessToken` meanwhile {worst * 1000:.0f} ms")


def timed(user, argv, env=None):
    begun = time.monotonic()
    subprocess.run(as_user(user, argv), env=user_environment(user, env), cwd="/", check=True,
                   stdout=subprocess.DEVNULL)
    return (time.monotonic() - begun) * 1000


def command(world, size):
    """A whole process that gets a token."""
    with Seeded(10) as seeded:
        seeded.start()
        env = tree.environment()
        ctl = [tree.locate("bin/channelctl"), "token", "ch-000000"]
        gdbus = ["gdbus", "call", "--system", "--dest", BUS_NAME, "--object-path",
                 "/org/channelkeeper/Broker1/channel/ch_2d000000", "--method",
                 "org.channelkeeper.Channel1.GetAccessToken", "{}"]
        times = {"ctl": [], "gdbus": [], "agent": []}
        with OidcAgent() if OidcAgent.version() else nullcontext() as agent:
            for _ in range(size.commands):
                times["ctl"].append(timed("studio", ctl, env))
                times["gdbus"].append(timed("studio", gdbus))
                if agent:
                    times["agent"].append(timed("studio", ["oidc-token", "bench"], agent.env))
        ours, theirs = (statistics.median(times[name]) for name in ("ctl", "gdbus"))
        yield Row("`gdbus call` of GetAccessToken, whole process", f"{theirs:.1f} ms")
        yield Row.at_most("`channelctl token`, whole process", ours, theirs, f"{ours:.1f} ms: {ours / theirs:.2f} × gdbus",
                          "≤ gdbus call")
        if times["agent"]:
            agents = statistics.median(times["agent"])
            yield Row(f"`oidc-token` of {OidcAgent.version()}, whole process",
                      f"{agents:.1f} ms: {agents / theirs:.2f} × gdbus")
        else:
            yield Row("`oidc-token`, whole process", "not installed")


ALL = {"latency": latency, "memory": memory, "idle": idle, "storm": storm, "vault": vault,
       "operations": operations, "command": command}
