#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The story that tools/demo tells, run inside tests/integration/enter: every line that a person
types is typed, and every answer is the real program's."""

import os
import pty
import re
import shutil
import subprocess
import sys
import time

from harness import tree
from harness.broker import Broker
from harness.browser import Browser
from harness.bus import Polkit, SystemBus
from harness.http import request
from harness.platform import Simulator
from harness.run import Running
from harness.users import popen_as

PERSON = "/run/ck/person/person"
PAGES = "/run/ck/home/alice/pages"
LIFETIME = 12  # seconds an access token lives in the story
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def tell(text):
    print(f"\n{text}", flush=True)


def chapter(number, title):
    print(f"\n{BOLD}{number}. {title}{PLAIN}", flush=True)


def show(text):
    for line in text.replace("\r", "").splitlines():
        print(f"    {line}".rstrip(), flush=True)


def start(user, words, extra_env=None):
    """Starts a command on a terminal of its own; (process, the terminal's other end)."""
    ours, theirs = pty.openpty()
    env = {**tree.environment(), "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "110", **(extra_env or {})}
    process = popen_as(user, [tree.locate("bin/channelctl"), *words], env, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    return process, ours


def read_until(terminal, pattern=None, seconds=60):
    """What the terminal shows, up to `pattern`, or to the command's end."""
    text, deadline = "", time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            data = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        text += data.decode(errors="replace")
        if pattern and re.search(pattern, text):
            break
    return text


def typed(user, *words, fails=False, extra_env=None):
    """One command, typed by `user`, shown with its answer."""
    quoted = " ".join(f"'{word}'" if " " in word else word for word in words)
    print(f"\n  {BOLD}{user}${PLAIN} channelctl {quoted}", flush=True)
    process, terminal = start(user, words, extra_env)
    text = read_until(terminal)
    os.close(terminal)
    show(text)
    code = process.wait(60)
    if (code != 0) != fails:
        raise SystemExit(f"the demonstration went wrong: channelctl ended with {code}")
    return text


def go_live(user, channel, platform):
    """An app: takes the token from a pipe and talks to the platform with it."""
    print(f"\n  {BOLD}{user}${PLAIN} channelctl token {channel} | go-live", flush=True)
    result = subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--",
         tree.locate("bin/channelctl"), "token", channel],
        env={**os.environ, **tree.environment()}, capture_output=True, text=True, check=False)
    if result.returncode:
        show(result.stderr)
        return None
    token = result.stdout.strip()
    headers = {"authorization": f"Bearer {token}", "client-id": platform.client_id}
    answer = request("GET", "https://api.twitch.tv/helix/users", headers=headers)
    show(f"Twitch answers: {answer.status} {answer.body.decode()}")
    return answer.status


class Monitor:
    """`channelctl monitor` in another window."""

    def __init__(self, user):
        self._running = Running(user, [tree.locate("bin/channelctl"), "monitor"], tree.environment())
        self._shown = 0

    def wait(self, pattern, seconds=30):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self._running.stdout[self._shown:]):
            if time.monotonic() > deadline:
                raise SystemExit(f"the demonstration went wrong: no {pattern} in {self._running.stdout}")
            time.sleep(0.1)
        time.sleep(0.3)
        text = self._running.stdout[self._shown:]
        self._shown += len(text)
        print(f"\n  {DIM}(the window in which studio runs: channelctl monitor){PLAIN}")
        show(text)

    def end(self):
        self._running.end()


def reconnect_in_a_browser(fails=False):
    typed("alice", "reconnect", "stage", fails=fails, extra_env={"BROWSER": f"{PERSON} --log {PAGES} alice-live"})
    with open(PAGES, encoding="utf-8") as stream:
        pages = stream.read().splitlines()
    print(f"\n  {DIM}(what alice saw in the browser){PLAIN}")
    for page in pages:
        show(re.sub(r"<(style|title)\b.*?</\1>|<[^>]*>", " ", page).strip())


def reconnect_with_a_code():
    print(f"\n  {BOLD}alice${PLAIN} channelctl reconnect stage --device", flush=True)
    process, terminal = start("alice", ["reconnect", "stage", "--device"])
    text = read_until(terminal, r"code +[A-Z]{8}\b")
    code = re.search(r"code +([A-Z]{8})\b", text).group(1)
    link = re.search(r"https://\S+/activate\S*", text).group(0)
    person = Browser("alice-live")
    person.enter_code(link, code)
    text += read_until(terminal)
    os.close(terminal)
    show(text)
    if process.wait(30):
        raise SystemExit("the demonstration went wrong: the device code did not connect the channel")
    print(f"\n  {DIM}(what alice saw on her phone, where she typed {code}){PLAIN}")
    for page in person.pages:
        show(page)


def tell_story(broker, platform):
    chapter(1, "The administrator registers the app and adds a channel")
    tell("root tells Channelkeeper the app's id and secret, and says who may do what: alice, and only\n"
         "alice, connects the channel; the user studio, under which the streaming app runs, may use it.")
    secret = "/run/ck/home/client-secret"
    with open(secret, "w", encoding="ascii", opener=lambda p, f: os.open(p, f, 0o600)) as stream:
        stream.write(platform.client_secret)
    typed("root", "clients", "add", "studio", "twitch", platform.client_id, f"--secret-file={secret}",
          "--redirect-uri", platform.redirect)
    os.unlink(secret)
    typed("root", "add", "stage", "twitch", "--client", "studio", "--assigned-user", "alice", "--allow-user", "studio",
          "--scopes", "channel:manage:broadcast user:read:chat", "--display-name", "Main stage")
    typed("bob", "list")

    chapter(2, "Somebody else tries to connect it")
    typed("bob", "reconnect", "stage", fails=True)
    tell("Not even root may: the account is alice's.")
    typed("root", "reconnect", "stage", fails=True)

    chapter(3, "alice connects it, in her browser")
    reconnect_in_a_browser()

    chapter(4, "The app goes live; another user gets no token")
    if go_live("studio", "stage", platform) != 200:
        raise SystemExit("the demonstration went wrong: the platform did not take the token")
    go_live("bob", "stage", platform)

    chapter(5, "The token is renewed by itself")
    tell(f"Twitch's access tokens live {LIFETIME} seconds here, not four hours. Nobody does anything now.")
    monitor = Monitor("studio")
    monitor.wait("enew", LIFETIME * 3)
    if go_live("studio", "stage", platform) != 200:
        raise SystemExit("the demonstration went wrong: the platform did not take the renewed token")
    log = platform.token_requests()
    show(f"Twitch's log: {len(log)} renewal(s), answered {sorted({entry['status'] for entry in log})}")

    chapter(6, "alice's browser is logged in to another account")
    platform.control("login-as", account="mallory-plays")
    reconnect_in_a_browser(fails=True)
    tell("The channel keeps its account, and the token it had goes on working.")
    monitor.wait("ocked")
    if go_live("studio", "stage", platform) != 200:
        raise SystemExit("the demonstration went wrong: the wrong account cost the right one's token")
    platform.control("login-as")

    chapter(7, "The app is disconnected in Twitch's settings")
    tell("The next time the broker or an app asks, Twitch says so, and everybody who listens hears\n"
         "what happened and what to do.")
    platform.remove_app("alice-live")
    typed("studio", "verify", "stage", fails=True)
    monitor.wait("evoked")
    go_live("studio", "stage", platform)
    typed("bob", "explain", "stage")

    chapter(8, "alice connects it again, this time with a code on her phone")
    reconnect_with_a_code()
    monitor.wait("onnected")
    if go_live("studio", "stage", platform) != 200:
        raise SystemExit("the demonstration went wrong: the platform did not take the new token")
    typed("studio", "list")
    monitor.end()


def main():
    shutil.copytree(os.path.dirname(os.path.realpath(__file__)), os.path.dirname(PERSON),
                    ignore=shutil.ignore_patterns("oidc", "__pycache__", "test_*"))
    subprocess.run(["chmod", "-R", "a+rX", os.path.dirname(PERSON)], check=True)
    bus, polkit, simulator = SystemBus(), Polkit(), Simulator()
    bus.start()
    polkit.start()
    simulator.start()
    platform = simulator.platform("twitch")
    platform.settings(access_ttl=LIFETIME, interval=1)
    broker = Broker("/run/ck/t/demo")
    broker.start()
    tell("The service runs as the user channelkeeper on a private system bus, and polkitd decides. In this\n"
         "world of its own a simulated Twitch answers as id.twitch.tv and api.twitch.tv; what Channelkeeper\n"
         "knows about Twitch is the file that is shipped.")
    try:
        tell_story(broker, platform)
    except BaseException:
        show(broker.log_tail(40))
        raise
    broker.stop()
    tell("Done. Everything that ran is gone again; only the Debian packages stay.")


if __name__ == "__main__":
    main()
