# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the matrix is made of: a subject is a platform as a channel uses it, a row one failure of it."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.http import request

# The signal that tells of a state.
SIGNALS = {"revoked": "Revoked", "expired": "Expired", "blocked": "Blocked", "locked": "Locked",
           "interrupted": "Interrupted", "suspended": "Suspended"}


@dataclass(frozen=True)
class Row:
    """One failure. `do` and `undo` are actions of the platform's control side as one would write
    them after a prompt, "change-password account=alice-live" (tests/platforms/README.md)."""
    what: str              # what happened, as a person would say it
    do: tuple              # how it is made to happen
    by: str                # how Channelkeeper meets it: "verify", "renew", "report"; "reconnect", which fails, or
    #                        "connect", which does not; "wait" until it does by itself. Two words where it
    #                        wants to see it twice
    state: str             # what must come of it
    cause: str
    remedy: str = ""       # words that must stand in the remedy
    signal: str = ""       # the signals, if they are not the state's own; "none": there must be none
    undo: tuple | None = None     # what puts it right at the platform; the channel then heals by itself.
    #                               Without it, a person reconnects the channel
    heals_by: str = "verify"      # or "renew"
    before: tuple = ()            # actions before the channel is connected
    call: Callable | None = None  # call(channel): what the app asks the platform before it reports the answer;
    #                               the subject's if it is not said
    untold: bool = False          # what is reported is no reason to ask the platform
    advice: str = ""       # advice that must be there meanwhile
    account_name: str = ""        # the name that must be there
    clocks: tuple = ()     # ExpiresAt, RenewableUntil and ReconnectBy that must be there, in seconds from now


@dataclass(frozen=True)
class Subject:
    """A provider file with the simulator behind it. The account is ACCOUNT."""
    name: str                     # in the table
    provider: str
    simulator: str
    call: Callable                # call(channel): what an app does with what the broker hands out; the API's answer
    ask: Callable = lambda channel: channel.token()   # how an app gets what it works with
    scopes: tuple = ()
    client_id: str = ""           # the simulator's studio app if it is not said
    client_secret: str | None = None
    flow: str = "browser"
    choice: str = ""              # what to choose where a stack asks; the first if it is not said
    secret: Callable | None = None  # secret(platform): what to paste where a stack asks
    renews: bool = True
    clocks: tuple = ()            # as a row's, once it is connected
    options: dict = field(default_factory=dict)  # more of AddChannel
    rows: tuple = ()

    def accepted(self, channel):
        """Whether the platform's API takes what the broker hands out."""
        return self.call(channel).status < 300


NEVER = 2 ** 53 - 1
DAY = 86400
ACCOUNT = "alice-live"
OTHER = "somebody-else"


def bearer(uri, method="GET", headers=None, document=None, times=1):
    """call() for an API that takes a token in the Authorization header. In `uri` and headers %c is the
    client's id, %a the account's."""
    def call(channel):
        token, _expires, details = channel.token()

        def filled(text):
            return text.replace("%c", details["client-id"]).replace("%a", details["account-id"])

        own = {name: filled(value) for name, value in (headers or {}).items()}
        for _ in range(times):
            answer = request(method, filled(uri), headers={"authorization": f"Bearer {token}", **own}, document=document)
        return answer
    return call


def remove(what="the app is removed in the platform's settings", **outcome):
    return Row(what, (f"remove-app account={ACCOUNT}",), **outcome)


def change_password(**outcome):
    return Row("the password is changed", (f"change-password account={ACCOUNT}",), **outcome)


def wrong_secret(**details):
    return Row("the client secret is changed at the platform", ("rotate-secret",), "renew renew", "suspended",
               "client-misconfigured", heals_by="renew", **details)


# Trouble of the platform costs no grant, whatever it looks like (design rule 4).
TROUBLE = ("500", "503", "429", "junk", "html", "huge", "deep", "redirect", "drop", "truncated")


def wrong_answer(what, path, mode, status=200, body=None):
    """`path` answers something although nothing is the matter: the channel is as good as before while
    its token lives."""
    said = "" if body is None else f"status={status} body={shlex.quote(json.dumps(body))}"
    return Row(what, (f"fault mode={mode} path={path} {said}",), "verify", "connected", "none", signal="none",
               undo=(f"fault path={path}",))


def trouble(path):
    return tuple(wrong_answer(f"{path} answers {mode}", path, mode) for mode in TROUBLE)


def outage(lifetime, path="", undo=(), by="wait"):
    """The token runs out meanwhile. `lifetime`: what access_ttl is otherwise; by="ask" where tokens
    are renewed on demand."""
    return tuple(Row(f"{mode} until the token has run out", (f"fault mode={mode} path={path}",), by, "interrupted",
                     cause, before=("settings access_ttl=2",), heals_by="renew",
                     undo=(f"settings access_ttl={lifetime}", f"fault path={path}", *undo))
                 for mode, cause in (("500", "server-error"), ("429", "rate-limited")))


def only_an_app(what, *do, call=None, undo=(), **more):
    """Only an app's own call meets it, and what an app reports sets no state: the platform is asked,
    and finds the channel good."""
    return Row(what, do, "report", "connected", "none", signal="none", call=call, undo=undo, **more)


def renamed(to="Alice, all day"):
    """No event for a person: the name follows (design rule 10). `to` is what the platform shows."""
    return Row("the account gets another name", (f"rename account={ACCOUNT} name='Alice, all day' handle=alice_all_day",),
               "verify", "connected", "none", signal="none", undo=(), account_name=to)


def too_late(lifetime):
    """The code ran out before it was used: nothing is wrong, the person begins again. `lifetime`:
    what code_ttl is otherwise."""
    return Row("the code has run out", ("settings code_ttl=0",), "reconnect", "connected", "none", signal="none",
               undo=(f"settings code_ttl={lifetime}",))


def duplicate(call):
    """A refusal that is no token problem: told as advice, before the platform does more. call() posts
    the same twice."""
    return only_an_app("the same post twice", call=call, advice="duplicate-content", untold=True)


def narrowed(*scopes):
    return Row("a permission is unticked at the reconnect", (f"narrow scopes={shlex.quote(' '.join(scopes))}",),
               "connect", "connected", "none", signal="none", advice="scopes-missing")


def at_a_reconnect(ended="Revoked"):
    """What a person can do to a reconnect; the channel's good grant stays. `ended`: the signal of an
    app that was removed."""
    return (
        Row("another account is logged in to the browser", (f"login-as account={OTHER}",), "reconnect",
            "connected", "wrong-account", signal="Locked", undo=("login-as",)),
        Row("the same without a good grant", (f"remove-app account={ACCOUNT}", f"login-as account={OTHER}"),
            "verify reconnect", "locked", "wrong-account", signal=f"{ended} Locked"),
        Row("the person says no", ("deny",), "reconnect", "connected", "none", signal="none", undo=("deny denies=false",)),
    )
