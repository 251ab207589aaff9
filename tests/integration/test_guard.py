# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every call passes through: polkit asked once, slow or hung; time limits; what is remembered."""

import os
import signal
import time

import pytest
from gi.repository import GLib
from harness import setups
from harness.caller import BROKER, CHANNEL, ROOT, BusError, Caller, options
from harness.journal import explain
from harness.run import Running
from harness.wait import spin, wait_for


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


@pytest.fixture
def hung_polkit(polkit):
    """polkitd stops answering, as Debian 12's can for 15 s."""
    class Hung:
        @staticmethod
        def begin():
            polkit.process.send_signal(signal.SIGSTOP)

        @staticmethod
        def end():
            polkit.process.send_signal(signal.SIGCONT)
    yield Hung
    Hung.end()


class Questions:
    """How often polkit was asked, as the bus sees it."""

    def __init__(self):
        self.monitor = Running("root", ["busctl", "--system", "--json=short", "monitor", "org.freedesktop.PolicyKit1"])
        wait_for(lambda: "Monitoring" in self.monitor.stderr + self.monitor.stdout, 10, "the monitor")
        self.marker = Caller("root")
        self.marks = 0

    def count(self):
        """A call of our own shows when the monitor has come to now."""
        self.marks += 1
        mark = f"mark-{self.marks}"
        self.marker.send("/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                         "EnumerateActions", GLib.Variant("(s)", (mark,)), destination="org.freedesktop.PolicyKit1")
        wait_for(lambda: f'"{mark}"' in self.monitor.stdout, 10, "the monitor coming to now")
        return self.monitor.stdout.count('"CheckAuthorization"')

    def end(self):
        self.marker.close()
        self.monitor.end()


@pytest.fixture
def questions(polkit):
    it = Questions()
    yield it
    it.end()


def test_a_yes_is_remembered_for_five_seconds(connected, callers, questions):
    theirs = connected.seen_by(callers("studio"))
    before = questions.count()
    for pending in [theirs.send("GetAccessToken") for _ in range(50)]:
        assert pending.result()
    assert questions.count() - before == 1, "equal questions share one answer"
    theirs.token()
    assert questions.count() - before == 1
    theirs.open_token()
    theirs.renew()
    assert questions.count() - before == 1, "the same action, channel and details"
    spin(5)
    theirs.token()
    assert questions.count() - before == 2


def test_a_yes_is_of_one_caller_one_action_and_one_channel(connected, root, alice, callers, questions):
    other = setups.add_oidc_channel(root, alice, "other")
    setups.connect(other, "alice-channel")
    caller = callers("alice")
    first, second = connected.seen_by(caller), connected.seen_by(callers("alice"))
    first.token()
    before = questions.count()
    second.token()
    assert questions.count() - before == 1, "another connection of the same user"
    second.history()
    assert questions.count() - before == 2, "another action"
    other.seen_by(caller).token()
    assert questions.count() - before == 3, "another channel, equal in all else"


def test_a_no_is_not_remembered(connected, bob, questions):
    before = questions.count()
    for _ in range(3):
        assert refused(connected.seen_by(bob).token).word == "NotAuthorized"
    assert questions.count() - before == 3


def test_a_changed_list_is_another_question(connected, root, bob):
    administrator = connected.seen_by(root)
    administrator.set_access(["bob"], [])
    assert connected.seen_by(bob).token()[0]
    administrator.set_access([], [])
    assert refused(connected.seen_by(bob).token).word == "NotAuthorized"


def test_nobody_waits_for_a_hung_polkit_but_who_needs_it(connected, callers, hung_polkit, broker, journal):
    known = connected.seen_by(callers("studio"))
    known.token()
    hung_polkit.begin()
    fresh = connected.seen_by(callers("dave"))
    begun = time.monotonic()
    pending = fresh.send("GetAccessToken")
    assert known.token()[0], "the remembered yes"
    assert callers("bob").list_channels()
    assert connected.state == "connected"
    assert time.monotonic() - begun < 2
    with pytest.raises(BusError) as error:
        pending.result(25)
    assert error.value.word == "TimedOut"
    assert 17 <= time.monotonic() - begun < 22
    [entry] = wait_for(lambda: journal.find(CK_CALLER=fresh.api.unique_name), 5, "the journal's entry")
    assert entry["CK_OUTCOME"] == error.value.name and "polkit did not answer" in explain(entry)
    hung_polkit.end()
    assert fresh.token()[0]
    assert broker.alive()


def test_a_late_yes_is_a_yes(connected, callers, hung_polkit):
    hung_polkit.begin()
    pending = connected.seen_by(callers("dave")).send("GetAccessToken")
    spin(3)
    assert not pending.done
    hung_polkit.end()
    assert pending.result(5)[0]


def test_a_change_while_polkit_is_asked_forgets_the_answer(connected, callers, hung_polkit, questions):
    theirs = connected.seen_by(callers("dave"))
    changes = callers("root")
    seen = []
    changes.connection.signal_subscribe("org.freedesktop.PolicyKit1", "org.freedesktop.PolicyKit1.Authority",
                                        "Changed", None, None, 0, lambda *args: seen.append(args))
    before = questions.count()
    hung_polkit.begin()
    pending = theirs.send("GetAccessToken")
    path = "/etc/polkit-1/rules.d/90-nothing.rules"
    with open(path + ".new", "w", encoding="utf-8") as stream:
        stream.write("// nothing\n")
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)
    try:
        wait_for(lambda: questions.count() - before == 1, 10, "the question")
        hung_polkit.end()
        assert pending.result(10)[0]
        wait_for(lambda: seen, 10, "polkitd reading the new rule")
        theirs.token()
        assert questions.count() - before == 2
    finally:
        os.unlink(path)


def test_polkit_that_ends_in_the_middle_of_a_check(connected, callers, polkit, hung_polkit):
    """Nobody waits for an answer that cannot come, and no yes outlives the one who gave it."""
    known, fresh = connected.seen_by(callers("studio")), connected.seen_by(callers("dave"))
    known.token()
    hung_polkit.begin()
    pending = fresh.send("GetAccessToken")
    spin(0.3)
    assert not pending.done
    begun = time.monotonic()
    polkit.stop()
    try:
        error = refused(pending.result, 10)
        assert error.word == "NotAuthorized" and "polkit cannot be asked" in error.message
        assert time.monotonic() - begun < 4
        assert refused(known.token).word == "NotAuthorized", "the remembered yes"
        assert time.monotonic() - begun < 5, "too late to tell: it would have been forgotten anyway"
        assert connected.state == "connected"
    finally:
        polkit.start()
    assert known.token()[0] and fresh.token()[0]


def test_polkit_started_again_is_asked_again(connected, callers, polkit, questions):
    known = connected.seen_by(callers("studio"))
    known.token()
    begun = time.monotonic()
    polkit.stop()
    polkit.start()
    before = questions.count()
    assert known.token()[0] and known.token()[0]
    assert questions.count() - before == 1
    assert time.monotonic() - begun < 5, "too late to tell"


def test_busy_when_the_time_is_up_and_the_work_goes_on(connected, oidc):
    oidc.settings(delay=3000)
    begun = time.monotonic()
    error = refused(connected.renew, timeout=1)
    assert error.word == "Busy"
    assert 0.9 <= time.monotonic() - begun < 2.5
    wait_for(lambda: connected.prop("Generation") == 2, 10, "the renewal going on")


def test_silence_of_the_platform_is_answered_in_22_seconds(connected, oidc):
    oidc.fault("hang")
    begun = time.monotonic()
    error = refused(connected.renew)
    assert error.word in ("Busy", "ProviderUnavailable")
    assert time.monotonic() - begun < 24


def test_one_users_calls_are_limited_and_nobody_elses(connected, callers, hung_polkit):
    """330 calls of bob wait for polkit: the last are refused, and studio is still served."""
    known = connected.seen_by(callers("studio"))
    known.token()
    hung_polkit.begin()
    theirs = [connected.seen_by(callers("bob")) for _ in range(3)]
    for one in theirs:
        one.api.list_channels()  # known from now on: another limit is for those who are looked up
    pending = [one.send("GetAccessToken") for one in theirs for _ in range(110)]
    spin(1)
    words = [p.error.word for p in pending if p.done]
    assert words and set(words) == {"LimitExceeded"}
    assert len(words) == len(pending) - 256
    assert known.token()[0]
    hung_polkit.end()
    wait_for(lambda: all(p.done for p in pending), 20, "all answers")


@pytest.mark.parametrize("path, interface, method, signature, args", [
    (ROOT, BROKER, "AddChannel", "(ssa{sv})", ("a/b", "real", {})),
    (ROOT, BROKER, "AddChannel", "(ssa{sv})", ("x\n$(channel)", "real", {})),
    (ROOT, BROKER, "RemoveChannel", "(sa{sv})", ("<b>", {})),
    (ROOT, BROKER, "RemoveClient", "(sa{sv})", ("", {})),
])
def test_ids_are_checked_before_a_dialog_could_show_them(connected, bob, questions, path, interface, method, signature,
                                                         args):
    before = questions.count()
    assert refused(bob.call, path, interface, method, GLib.Variant(signature, args)).word == "InvalidArgument"
    assert questions.count() == before


def test_unknown_users_and_groups_are_refused(connected, root):
    administrator = connected.seen_by(root)
    for call in (lambda: administrator.assign("nobody-here"), lambda: administrator.assign(""),
                 lambda: administrator.set_access(["nobody-here"], []),
                 lambda: administrator.set_access([], ["no-group-here"]),
                 lambda: root.add_channel("x", "real", client="web", assigned_user="nobody-here")):
        assert refused(call).word == "InvalidArgument"
    assert connected.prop("AssignedUser") == "alice"


def test_another_channels_path_is_no_other_spelling(connected, bob):
    """/channel/_6dain would be `main` for a lax decoder."""
    path = connected.path.replace("/main", "/_6dain")
    assert path != connected.path
    error = refused(bob.call, path, CHANNEL, "GetAccessToken", GLib.Variant("(a{sv})", (options(),)))
    assert error.name == "org.freedesktop.DBus.Error.UnknownMethod"
