# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the matrix is played: one broker, one channel a subject, a row at a time."""

import contextlib
import shlex
import time

from harness.browser import Browser
from harness.caller import BusError
from harness.wait import wait_for

from .subject import ACCOUNT, NEVER, SIGNALS

# What GetAccessToken answers in a state, where there is no token (design section 5).
ERRORS = {"revoked": "Revoked", "expired": "Expired", "blocked": "Blocked", "locked": "Locked",
          "suspended": "Suspended", "interrupted": "ProviderUnavailable"}

CHANNEL_SIGNALS = "org.channelkeeper.Channel1"


class Stage:
    """A subject's channel on the running broker."""

    def __init__(self, subject, platform, callers):
        self.subject = subject
        self.platform = platform
        self.root, self.alice, self.app, self.listener = (callers[name] for name in ("root", "alice", "studio", "bob"))
        self._resets = None  # how often the platform had begun anew when all was well; None: it is not
        self._since = 0      # how many requests the platform had seen when Channelkeeper met the failure
        self.remedy = ""     # what the last row's person was told
        name = subject.name.replace(" ", "-")
        platform.reset()
        secret = platform.client_secret if subject.client_secret is None else subject.client_secret
        self.root.add_client(name, subject.provider, subject.client_id or platform.client_id, secret,
                             redirect_uris=[platform.redirect] if subject.flow == "browser" else [])
        self.channel = self.root.add_channel(
            name, subject.provider, client=name, assigned_user="alice", allowed_users=["studio"],
            scopes=list(subject.scopes), **subject.options).seen_by(self.alice)

    # ---- what people do ----------------------------------------------------------------------

    def connect(self):
        """The whole of a reconnect; the attempt's outcome."""
        attempt = self.channel.reconnect(flow=self.subject.flow)
        browser, answered = Browser(ACCOUNT), 0
        while True:
            wait_for(lambda: attempt.finished or attempt.prop("Prompt")[0] > answered, 20, "a prompt or the end")
            if attempt.finished:
                return attempt.finished
            answered, style, details = attempt.prompt(after=answered)
            self._answer(attempt, browser, answered, style, details)

    def _answer(self, attempt, browser, number, style, details):
        if style == "open-uri":
            attempt.respond(number, redirected_uri=browser.authorize(details["uri"]))
        elif style == "show-code":
            browser.enter_code(details["verification-uri"], details["user-code"])
            self.platform.advance(60)  # the device may ask again at once
        elif style == "choose":
            attempt.respond(number, choice=self.subject.choice or details["choices"][0][0])

    def control(self, actions):
        """Performs them; $PAGE0, $PAGE1 are the ids of the account's pages."""
        for action in actions:
            if "$PAGE" in action:
                for number, page in enumerate(self.platform.control("accounts")[ACCOUNT]["pages"]):
                    action = action.replace(f"$PAGE{number}", page)
            what, *query = shlex.split(action)
            self.platform.control(what, **dict(part.split("=", 1) for part in query))

    def _reset(self):
        self.platform.reset()
        self.platform.settings(interval=1)  # a device that waits for its code waits in our time

    def fresh(self, before=()):
        """The channel is connected, at a platform where nothing is wrong."""
        if self._resets == self.platform.resets and not before and self.channel.state == "connected":
            return
        self._reset()
        self.control(before)
        outcome = self.connect()
        assert outcome[0] == "succeeded", outcome
        self._resets = self.platform.resets

    def check_clocks(self, clocks):
        """The three clocks, in seconds from now; 0: not known or not applicable."""
        for name, expected in zip(("ExpiresAt", "RenewableUntil", "ReconnectBy"), clocks, strict=False):
            told = self.channel.prop(name)
            if expected not in (0, NEVER):
                told -= time.time()
            assert abs(told - expected) <= (60 if expected else 0), f"{name}: {told}, not {expected}"

    # ---- one row -----------------------------------------------------------------------------

    def meet(self, row):
        """Channelkeeper meets the failure; the cause that a person is told, where there is one."""
        theirs = self.channel.seen_by(self.app)
        told = None
        ways = {"verify": theirs.verify, "renew": theirs.renew, "report": lambda: self._report(row, theirs),
                "wait": lambda: theirs.wait_state(row.state), "ask": lambda: self._ask_late(theirs)}
        for way in row.by.split():
            if way in ("reconnect", "connect"):
                outcome, told, _message = self.connect()
                assert outcome == ("failed" if way == "reconnect" else "succeeded"), outcome
                continue
            with contextlib.suppress(BusError):
                ways[way]()
        return told

    def _report(self, row, channel):
        """An app is refused, and says so."""
        answer = (row.call or self.subject.call)(channel)
        assert answer.status >= 400, answer.body
        self._since = len(self.platform.requests())
        verdict = channel.report(answer.status, answer.body)
        assert verdict == ("not-a-token-problem" if row.state == "connected" else "reconnect-needed")

    def _ask_late(self, channel):
        """An app asks for a token once the old one has run out."""
        wait_for(lambda: time.time() >= channel.prop("ExpiresAt"), 5, "the token running out")
        channel.token()

    def play(self, row):
        """Provokes the failure, checks what comes of it, and has it put right."""
        self.fresh(row.before)
        self._resets, self.remedy = None, ""
        events = self.listener.record(path=self.channel.path, interface=CHANNEL_SIGNALS)
        self.control(row.do)
        self._since = len(self.platform.requests())
        told = self.meet(row)
        asked = self.platform.requests()[self._since:]
        assert bool(asked) is not row.untold, "the platform was not asked, or for nothing"
        assert not any(action.startswith("fault ") for action in row.do) or any("fault" in entry for entry in asked)
        self._check(row, told, events)
        self._check_app(row)
        before = self.channel.state
        events = self.listener.record(path=self.channel.path, interface=CHANNEL_SIGNALS)
        self._put_right(row)
        assert self.subject.accepted(self.channel.seen_by(self.app)), "the platform does not take the token afterwards"
        if before != "connected":
            wait_for(lambda: [e for e in events if e.name in ("Resumed", "Reconnected")], 5, "the signal that all is well")
        self._resets = self.platform.resets

    def _check(self, row, told, events):
        channel = self.channel
        wait_for(lambda: channel.state == row.state, 3, None)
        cause = channel.cause if told is None else told
        assert (channel.state, cause) == (row.state, row.cause), f"detail: {channel.prop('Detail')}"
        signals = [] if row.signal == "none" else (row.signal or SIGNALS.get(row.state, "")).split()
        if signals:
            wait_for(lambda: [event for event in events if event.name == signals[-1]], 5, f"the signal {signals[-1]}")
        telling = [event for event in events if event.name not in ("Renewed", "Reconnected", "Resumed")]
        assert [event.name for event in telling] == signals, telling
        if row.state != "connected":
            self.remedy = channel.prop("Remedy")
            assert self.remedy and row.remedy in self.remedy, self.remedy
            assert telling[-1].args[-1]["remedy"] == self.remedy
        if row.advice:
            assert row.advice in channel.prop("Advice")
        self.check_clocks(row.clocks)
        if row.account_name:
            assert channel.prop("AccountName") == row.account_name

    def _check_app(self, row):
        """What an app gets meanwhile: what it works with, or the error that is named after the state."""
        error = None if row.cause == "client-misconfigured" else ERRORS.get(row.state)
        got = None
        try:
            self.subject.ask(self.channel.seen_by(self.app))
        except BusError as caught:
            got = caught.word
        assert got == error

    def _put_right(self, row):
        channel = self.channel
        if row.undo is None:
            self._reset()
            outcome = self.connect()
            assert outcome[0] == "succeeded", outcome
        else:
            self.control(row.undo)
            {"verify": channel.verify, "renew": channel.renew}[row.heals_by]()
        wait_for(lambda: channel.state == "connected", 5, "connected again")


class Table:
    """What the run found, one line a platform and failure."""

    def __init__(self):
        self._lines = []

    def note(self, subject, row, passed, seconds, remedy):
        self._lines.append((subject.name, row.what, row.by, row.state, row.cause,
                            "reconnect" if row.undo is None else "by itself", "ok" if passed else "FAILED",
                            f"{seconds:.1f}", remedy))

    def lines(self):
        if not self._lines:
            return []
        head = ("platform", "failure", "met by", "state", "cause", "healed", "result", "s", "remedy")
        widths = [max(len(line[column]) for line in [head, *self._lines]) for column in range(len(head))]
        widths[-1] = 60
        return ["  ".join(cell[:width].ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
                for line in [head, *self._lines]]


TABLE = Table()
