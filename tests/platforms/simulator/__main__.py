# SPDX-License-Identifier: LGPL-2.1-or-later
"""python3 -m simulator: see README.md beside this package."""

import argparse

from aiohttp import web

from .server import Platform


def main():
    parser = argparse.ArgumentParser(prog="tests/platforms/run", description="Lumen, a made-up platform")
    parser.add_argument("--port", type=int, default=18090)
    parser.add_argument("--log", default="/dev/null", help="where to write one JSON line a request")
    arguments = parser.parse_args()
    platform = Platform(f"http://127.0.0.1:{arguments.port}", arguments.log)
    web.run_app(platform.app(), host="127.0.0.1", port=arguments.port, print=None, access_log=None,
                handle_signals=True, shutdown_timeout=0.5)


if __name__ == "__main__":
    main()
