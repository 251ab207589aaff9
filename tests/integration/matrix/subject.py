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
    report: tuple = (401, b"")    # what an app reports: status, body
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
    accepted: Callable            # accepted(channel): whether the platform's API takes what the broker hands out
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


NEVER = 2 ** 53 - 1
DAY = 86400
ACCOUNT = "alice-live"
OTHER = "somebody-else"


def bearer(uri, method="GET", headers=None, scheme="Bearer"):
    """accepted() for an API that takes a token in the Authorization header; %c is the client's id."""
    def accepted(channel):
        token, _expires, details = channel.token()
        own = {name: value.replace("%c", details["client-id"]) for name, value in (headers or {}).items()}
        answer = request(method, uri, headers={"authorization": f"{scheme} {token}", **own})
        return answer.status < 300
    return accepted


def remove(what="the app is removed in the platform's settings", **outcome):
    return Row(what, (f"remove-app account={ACCOUNT}",), **outcome)


def change_password(**outcome):
    return Row("the password is changed", (f"change-password account={ACCOUNT}",), **outcome)


def wrong_secret(**details):
    return Row("the client secret is changed at the platform", ("rotate-secret",), "renew renew", "suspended",
               "client-misconfigured", heals_by="renew", **details)


# Trouble of the platform costs no grant, whatever it looks like (design rule 4).
TROUBLE = ("500", "503", "429", "junk", "html", "huge", "deep", "redirect", "drop", "truncated")


def trouble(path, by="verify"):
    """The channel is as good as before while its token lives."""
    return tuple(Row(f"{path} answers {mode}", (f"fault mode={mode} path={path}",), by, "connected", "none",
                     signal="none", undo=(f"fault path={path}",)) for mode in TROUBLE)


def outage(lifetime, path="", undo=(), by="wait"):
    """The token runs out meanwhile. `lifetime`: what access_ttl is otherwise; by="ask" where tokens
    are renewed on demand."""
    return tuple(Row(f"{mode} until the token has run out", (f"fault mode={mode} path={path}",), by, "interrupted",
                     cause, before=("settings access_ttl=2",), heals_by="renew",
                     undo=(f"settings access_ttl={lifetime}", f"fault path={path}", *undo))
                 for mode, cause in (("500", "server-error"), ("429", "rate-limited")))


def refused(what, refusal, path, state, cause, by="verify", **more):
    """The platform says KIND (of its REFUSALS) at `path` until it does not any more."""
    return Row(what, (f"fault mode=refuse:{refusal} path={path}",), by, state, cause, undo=(f"fault path={path}",), **more)


def answered(what, status, body, path, state, cause, by="verify", **more):
    """The same with status and body as they come over the wire."""
    quoted = shlex.quote(json.dumps(body))
    return Row(what, (f"fault mode=answer status={status} body={quoted} path={path}",), by, state, cause,
               undo=(f"fault path={path}",), **more)


def renamed(to="Alice, all day"):
    """No event for a person: the name follows (design rule 10). `to` is what the platform shows."""
    return Row("the account gets another name", (f"rename account={ACCOUNT} name='Alice, all day' handle=alice_all_day",),
               "verify", "connected", "none", signal="none", undo=(), account_name=to)


def too_late(lifetime):
    """The code ran out before it was used: nothing is wrong, the person begins again. `lifetime`:
    what code_ttl is otherwise."""
    return Row("the code has run out", ("settings code_ttl=0",), "reconnect", "connected", "none", signal="none",
               undo=(f"settings code_ttl={lifetime}",))


def duplicate(status, body):
    """A refusal that is no token problem: told as advice, before the platform does more."""
    return Row("the same post twice", (), "report", "connected", "none", signal="none", advice="duplicate-content",
               undo=(), report=(status, body), untold=True)


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
