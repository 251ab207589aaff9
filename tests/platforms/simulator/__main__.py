# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3 -m simulator: see README.md beside this package."""

import argparse
import asyncio
import contextlib
import signal

from aiohttp import web

from . import certificates
from .dailymotion import Dailymotion
from .discord import Discord
from .entra import Entra
from .facebook import Facebook
from .google import Google
from .instagram import Instagram, Threads
from .kick import Kick
from .linkedin import LinkedIn
from .lumen import Lumen
from .mastodon import Mastodon
from .pinterest import Pinterest
from .reddit import Reddit
from .server import Server
from .telegram import Telegram
from .tiktok import TikTok
from .trovo import Trovo
from .twitch import Twitch
from .vimeo import Vimeo
from .x import X
from .x_oauth1 import XOAuth1

PLATFORMS = (
    Facebook, Instagram, Google, X, LinkedIn, Twitch, Threads,
    Kick, TikTok, Pinterest, Reddit, Discord, Mastodon, Vimeo, Dailymotion, Trovo, Entra,
    XOAuth1, Telegram,
)


def add_hosts(path, hosts):
    """The platforms' names lead to this machine for whoever reads that hosts file."""
    with open(path, "a", encoding="ascii") as stream:
        stream.write("".join(f"127.0.0.1 {host}\n" for host in hosts))


async def serve(arguments):
    server = Server([Lumen(arguments.port), *(platform() for platform in PLATFORMS)], arguments.log)
    names = [host for host in server.hosts() if host != "127.0.0.1"]
    runner = web.AppRunner(server.app(), access_log=None)
    await runner.setup()
    if arguments.tls:
        context = certificates.make(arguments.certificates, names)
        await web.TCPSite(runner, "127.0.0.1", arguments.tls, ssl_context=context, shutdown_timeout=0.5).start()
    await web.TCPSite(runner, "127.0.0.1", arguments.port, shutdown_timeout=0.5).start()
    if arguments.hosts:
        add_hosts(arguments.hosts, names)
    print(f"Lumen is at http://127.0.0.1:{arguments.port}, the control side at /_control/ there", flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    await ended.wait()
    await runner.cleanup()


def main():
    parser = argparse.ArgumentParser(prog="tests/platforms/run", description="Simulated platforms")
    parser.add_argument("--port", type=int, default=18090, help="plain HTTP: Lumen and the control side")
    parser.add_argument("--tls", type=int, default=0, metavar="PORT", help="HTTPS for the platforms' real host names")
    parser.add_argument("--certificates", default="/tmp/simulated-platforms", metavar="DIR",
                        help="where ca.pem is written, and a server's key")
    parser.add_argument("--hosts", metavar="FILE", help="a hosts file to add the names to, in a private /etc only")
    parser.add_argument("--log", default="/dev/null", help="where to write one JSON line a request")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
