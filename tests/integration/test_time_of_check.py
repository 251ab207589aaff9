# SPDX-License-Identifier: LGPL-2.1-or-later
"""What changes between polkit's question and its answer: the caller, its user, the channel."""

import os
import signal

import pytest
from harness import setups
from harness.caller import BROKER, ROOT, BusError, options
from harness.wait import spin, wait_for
from gi.repository import GLib


@pytest.fixture
def hung(polkit):
    """with hung(): polkitd thinks, for as long as the block lasts."""
    class Hung:
        def __enter__(self):
            polkit.process.send_signal(signal.SIGSTOP)

        def __exit__(self, *_):
            polkit.process.send_signal(signal.SIGCONT)
    yield Hung
    Hung().__exit__()


@pytest.fixture
def entries(journal):
    """entries(CK_OUTCOME="begun"): those of this test."""
    since = len(journal.entries)
    return lambda **fields: journal.find(since, **fields)


def word_of(pending):
    wait_for(lambda: pending.done, 15, "an answer")
    return pending.error.word if pending.error else pending.value


def send_root(root, method, signature, *args):
    return root.send(ROOT, BROKER, method, GLib.Variant(signature, args))


def may_manage(root, name="main"):
    """Root has done nothing, but polkit's yes to managing the channel is remembered for some seconds."""
    root.channel(name).set_access(["studio"], ["publishers"])
    with pytest.raises(BusError) as error:
        root.add_channel(name, "real", client="web", assigned_user="alice")
    assert error.value.word == "Exists"


def test_what_a_caller_asked_for_is_not_done_once_it_has_left(connected, callers, root, hung, entries, oidc, broker):
    requests = len(oidc.requests())
    theirs = {user: callers(user) for user in ("alice", "studio", "root")}
    with hung():
        connected.seen_by(theirs["alice"]).send("Reconnect")
        connected.seen_by(theirs["alice"]).send("Disconnect")
        connected.seen_by(theirs["studio"]).send("GetAccessToken")
        connected.seen_by(theirs["studio"]).send("Renew")
        send_root(theirs["root"], "AddChannel", "(ssa{sv})", "late", "real",
                  options(client="web", assigned_user="alice"))
        connected.seen_by(theirs["root"]).send("Assign", "(sa{sv})", "bob", {})
        spin(0.5)
        for caller in theirs.values():
            caller.close()
        spin(0.5)
    assert connected.token()[0], "polkit answers again, after all that it was asked before"
    spin(1)
    assert connected.state == "connected" and connected.prop("AssignedUser") == "alice"
    assert len(oidc.requests()) == requests
    left = [entry for entry in entries() if entry.get("CK_CALLER") in {caller.unique_name for caller in theirs.values()}]
    assert left == [], "one who has left was refused nothing"
    asked = {action for action in ("reconnect", "disconnect", "use-token", "manage")
             if f"org.channelkeeper.{action}: the caller has left" in broker.log()}
    assert asked == {"reconnect", "disconnect", "use-token", "manage"}
    with pytest.raises(BusError) as error:
        root.channel("late")
    assert error.value.word == "NoSuchChannel"


def test_a_channel_assigned_to_another_meanwhile(connected, callers, root, hung, entries):
    theirs = connected.seen_by(callers("alice"))
    managed = connected.seen_by(root)
    may_manage(root)
    with hung():
        pending = theirs.send("Reconnect")
        ended = theirs.send("Disconnect")
        spin(0.5)
        managed.assign("bob")
    assert word_of(pending) == "NotAuthorized"
    assert word_of(ended) in ("NotAuthorized", "InteractionRequired")
    assert connected.state == "connected"
    assert entries(CK_OUTCOME="begun") == []


def test_an_app_that_lost_its_access_meanwhile(connected, callers, root, hung):
    theirs = connected.seen_by(callers("studio"))
    may_manage(root)
    with hung():
        pending = [theirs.send("GetAccessToken"), theirs.send("Renew")]
        listed = send_root(theirs.api, "Preflight", "(asa{sv})", ["main"], {})
        spin(0.5)
        connected.seen_by(root).set_access([], ["publishers"])
    assert [word_of(each) for each in pending] == ["NotAuthorized"] * 2
    ((name, verdict, why),) = word_of(listed)[0]
    assert (name, verdict) == ("main", "fail") and "studio is neither" in why


def test_access_lost_while_polkit_thinks_about_another_channel(connected, callers, root, hung):
    """Its own yes is remembered, and the call waits for the other's."""
    setups.add_oidc_channel(root, callers("alice"), "other")
    studio = callers("studio")
    may_manage(root)
    ids = ["main", "other"]
    assert studio.call(ROOT, BROKER, "Preflight", GLib.Variant("(asa{sv})", (ids[:1], {})))[0][1] == "ok"
    with hung():
        listed = send_root(studio, "Preflight", "(asa{sv})", ids, {})
        spin(0.5)
        connected.seen_by(root).set_access([], ["publishers"])
    (_name, verdict, why), _other = word_of(listed)[0]
    assert verdict == "fail" and "studio is neither" in why


def test_a_channel_removed_and_added_anew_meanwhile(connected, callers, root, hung):
    theirs = connected.seen_by(callers("studio"))
    may_manage(root)
    with hung():
        pending = [theirs.send("GetAccessToken"), theirs.send("Verify")]
        spin(0.5)
        root.remove_channel("main")
        setups.add_oidc_channel(root, callers("bob"), assigned_user="bob", allowed_users=[], allowed_groups=[])
    assert [word_of(each) for each in pending] == ["NotAuthorized"] * 2


def test_a_channel_removed_meanwhile(connected, callers, root, hung):
    theirs = connected.seen_by(callers("studio"))
    may_manage(root)
    with hung():
        pending = theirs.send("GetAccessToken")
        spin(0.5)
        root.remove_channel("main")
    assert word_of(pending) == "NoSuchChannel"


def test_access_lost_while_the_token_is_renewed(connected, callers, root, oidc, entries):
    """The yes is given; what it was given for takes its time."""
    theirs = connected.seen_by(callers("studio"))
    theirs.token()
    oidc.settings(delay=3000)
    handed_out = entries(CK_OUTCOME="GetAccessToken")
    pending = theirs.send("GetAccessToken", "(a{sv})", options(min_validity=100000))
    spin(1)
    assert not pending.done
    connected.seen_by(root).set_access([], [])
    assert word_of(pending) == "NotAuthorized"
    assert "call again" in pending.error.message
    assert entries(CK_OUTCOME="GetAccessToken") == handed_out


def test_a_reconnect_does_not_outlast_a_file_that_assigns_the_channel_anew(root, alice, oidc, broker):
    """As Assign ends it, so does a reload."""
    text = "[Channel]\nProvider=real\nClient=web\nAssignedUser={}\nScopes=openid offline_access profile publish\n"
    setups.add_oidc_provider(root, broker)
    setups.add_oidc_clients(root)
    broker.write_config("channels.d/main.channel", text.format("alice"))
    root.reload()
    attempt = root.channel("main").seen_by(alice).reconnect(flow="browser")
    number, _style, details = attempt.prompt()
    broker.write_config("channels.d/main.channel", text.format("bob"))
    root.reload()
    assert attempt.outcome()[0] == "cancelled"
    with pytest.raises(BusError):
        attempt.respond(number, redirected_uri=details["redirect-uri"] + "?code=x")
    assert root.channel("main").prop("AssignedUser") == "bob"


@pytest.fixture
def passwd():
    """/etc/passwd of the private /etc, to be changed for a test."""
    with open("/etc/passwd", encoding="utf-8") as stream:
        before = stream.read()

    def write(text):
        with open("/etc/passwd.new", "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod("/etc/passwd.new", 0o644)
        os.rename("/etc/passwd.new", "/etc/passwd")
    yield before, write
    write(before)


@pytest.mark.parametrize("successor", [None, "mallory"])
def test_a_caller_whose_user_is_deleted(connected, callers, root, passwd, successor):
    """It is its uid: without a name it is nobody, and with another's name it is that other."""
    before, write = passwd
    early, late = callers("carol"), callers("carol")
    connected.seen_by(root).set_access(["carol"], [])
    assert connected.seen_by(early).token()[0]
    kept = [line for line in before.splitlines() if not line.startswith("carol:")]
    if successor:
        kept += [line.replace("carol", successor) for line in before.splitlines() if line.startswith("carol:")]
    write("\n".join(kept) + "\n")
    assert word_of(connected.seen_by(late).send("GetAccessToken")) == "NotAuthorized"
    spin(5.1)
    assert word_of(connected.seen_by(early).send("GetAccessToken")) == "NotAuthorized"
