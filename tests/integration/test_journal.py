# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is done through the service is in the journal, with who did it; who was refused, with why."""

import os
import xml.etree.ElementTree as ET

import pytest
from gi.repository import GLib
from harness.caller import BROKER, ROOT, BusError, secret_pipe
from harness.journal import catalog, explain
from harness.oidc import WEB_SECRET
from harness.wait import wait_for

VAULT = "org.channelkeeper.Vault1"
KEY = "7b" * 32
READS = {"none", "org.channelkeeper.use-token", "org.channelkeeper.inspect"}


def changing_methods(channel):
    """{method: action} of all that changes something, as the bus says."""
    found = {}
    for path in (ROOT, channel.path):
        for method in ET.fromstring(channel.api.introspect(path)).iter("method"):
            action = next((a.get("value") for a in method.findall("annotation")
                           if a.get("name") == "org.channelkeeper.PolkitAction"), "none")
            if action not in READS:
                found[method.get("name")] = action
    return found


def vault(api, method, *data):
    """A method of Vault1 with a descriptor for each of `data`."""
    fds = [item if isinstance(item, int) else secret_pipe(item) for item in data]
    arguments = GLib.Variant("(" + "h" * len(fds) + "a{sv})", (*range(len(fds)), {}))
    pending = api.send(ROOT, VAULT, method, arguments, fds=fds)
    pending.result()
    for fd in fds:
        os.close(fd)
    return pending.fds


def deeds(channel, root):
    """(method, who calls it, outcome, what else the entry says, the call), in an order that works."""
    managed = channel.seen_by(root)
    alice = channel.api
    backup = []
    return [
        ("AddClient", root, "added", {"CK_CLIENT": "spare", "CK_PROVIDER": "real"},
         lambda: root.add_client("spare", "real", "spare", "")),
        ("AddClient", root, "changed", {"CK_CLIENT": "spare", "CK_PROVIDER": "real"},
         lambda: root.add_client("spare", "real", "spare", WEB_SECRET)),
        ("RemoveClient", root, "removed", {"CK_CLIENT": "spare", "CK_PROVIDER": "real"},
         lambda: root.broker("RemoveClient", "(sa{sv})", "spare", {})),
        ("AddChannel", root, "added", {"CK_CHANNEL": "second", "CK_PROVIDER": "real"},
         lambda: root.add_channel("second", "real", client="web", assigned_user="carol", allowed_users=["studio"])),
        ("RemoveChannel", root, "removed", {"CK_CHANNEL": "second", "CK_PROVIDER": "real"},
         lambda: root.remove_channel("second")),
        ("Reload", root, "reloaded", {}, root.reload),
        ("SetAccess", root, "AccessChanged", {"CK_CHANNEL": "main"}, lambda: managed.set_access(["studio"], [])),
        ("PinAccount", root, "AccountPinned", {"CK_CHANNEL": "main"},
         lambda: managed.call("PinAccount", "(sa{sv})", "alice-channel", {})),
        ("RotateKey", root, "rotated", {}, lambda: vault(root, "RotateKey", "")),
        ("Backup", root, "backed-up", {}, lambda: backup.extend(vault(root, "Backup", KEY))),
        ("Restore", root, "restored", {}, lambda: vault(root, "Restore", KEY, backup[0])),
        ("Reconnect", alice, "begun", {"CK_CHANNEL": "main"}, lambda: channel.reconnect(flow="browser").cancel()),
        ("Disconnect", alice, "disconnected", {"CK_CHANNEL": "main", "CK_PROVIDER": "real"}, channel.disconnect),
        ("Assign", root, "Assigned", {"CK_CHANNEL": "main"}, lambda: managed.assign("bob")),
    ]


def entry_of(journal, since, **fields):
    """The one entry with these fields."""
    [entry] = wait_for(lambda: journal.find(since, **fields), 5, f"an entry with {fields}")
    return entry


def test_every_deed_leaves_an_entry_that_names_the_caller(connected, root, journal):
    actions = changing_methods(connected)
    done = deeds(connected, root)
    assert {method for method, *_ in done} == set(actions)
    for method, who, outcome, fields, call in done:
        since = len(journal.entries)
        call()
        entry = entry_of(journal, since, CK_ACTION=actions[method], CK_CALLER=who.unique_name)
        assert entry["CK_CALLER_USER"] == who.user and who.user in entry["MESSAGE"], method
        assert entry["CK_CALLER_UID"] == ("0" if who is root else "64001"), method
        assert {"CK_OUTCOME": outcome, **fields}.items() <= entry.items(), (method, entry)
        assert entry["MESSAGE_ID"] in catalog() and journal.misfits(since) == []


def test_an_entry_says_what_was_given_to_whom(connected, root, journal):
    since = len(journal.entries)
    root.add_channel("second", "real", client="web", assigned_user="carol", allowed_groups=["publishers"])
    connected.seen_by(root).set_access(["bob", "studio"], [])
    added = entry_of(journal, since, CK_OUTCOME="added")["MESSAGE"]
    assert "assigned to carol; allowed groups: publishers" in added
    changed = entry_of(journal, since, CK_OUTCOME="AccessChanged")["MESSAGE"]
    assert "assigned to alice; allowed users: bob, studio" in changed


def test_what_fails_leaves_no_entry(connected, root, broker, journal):
    since = len(journal.entries)
    broker.write_config("providers.d/bad.provider", "[Provider\n")
    for call in (root.reload, lambda: root.remove_channel("nope"), lambda: root.add_channel("main", "real"),
                 lambda: root.broker("RemoveClient", "(sa{sv})", "web", {}),
                 lambda: root.add_client("web", "real", "another", "")):
        with pytest.raises(BusError):
            call()
    connected.seen_by(root).assign("bob")
    entry_of(journal, since, CK_OUTCOME="Assigned")
    assert len(journal.find(since, CK_CALLER=root.unique_name)) == 1


def refused(call, *args, **kwargs):
    with pytest.raises(BusError) as error:
        call(*args, **kwargs)
    return error.value


def test_a_refusal_says_what_to_do_about_that_one(connected, bob, journal):
    """Advice on access and assignment is for those who wanted to use or reconnect a channel, and for no others."""
    since = len(journal.entries)
    refused(bob.add_client, "mine", "real", "mine", "")
    entry = entry_of(journal, since, CK_METHOD="AddClient")
    assert entry["CK_OUTCOME"] == "org.channelkeeper.Error.InteractionRequired" and "CK_CHANNEL" not in entry
    assert "bob was refused: AddClient\n" in explain(entry) and "channelctl a" not in explain(entry)

    refused(connected.seen_by(bob).call, "Disconnect", "(a{sv})", {}, interactive=True)
    entry = entry_of(journal, since, CK_METHOD="Disconnect")
    assert entry["CK_CHANNEL"] == "main" and "channelctl a" not in explain(entry)

    for method, call in (("GetAccessToken", connected.seen_by(bob).token), ("Reconnect", connected.seen_by(bob).reconnect)):
        refused(call)
        text = explain(entry_of(journal, since, CK_METHOD=method))
        assert f"bob was refused: {method} on channel main" in text
        assert "channelctl access main --allow-user=bob" in text and "channelctl assign main bob" in text
    assert journal.misfits(since) == []


def test_polkit_that_is_away_is_not_told_as_a_refusal_by_policy(connected, callers, polkit, journal):
    """studio may: to give it what it has would help nobody."""
    since = len(journal.entries)
    polkit.stop()
    try:
        refused(connected.seen_by(callers("studio")).token)
        refused(callers("root").reload)
    finally:
        polkit.start()
    for method in ("GetAccessToken", "Reload"):
        entry = entry_of(journal, since, CK_METHOD=method)
        assert "polkit did not answer" in explain(entry) and "channelctl a" not in explain(entry)
        assert entry["PRIORITY"] == "4" and journal.misfits(since) == []


def test_every_text_has_an_entry_that_it_fits(connected, root, bob, callers, polkit, broker, journal):
    since = len(journal.entries)
    connected.token()
    refused(connected.seen_by(bob).token)
    refused(bob.reload)
    for _method, _who, _outcome, _fields, call in deeds(connected, root):
        call()
    polkit.stop()
    refused(callers("studio").reload)
    polkit.start()
    broker.stop()
    os.rename(os.path.join(broker.state, "vault.key"), "/run/ck/home/root.key")
    broker.start()
    assert root.get(ROOT, BROKER, "VaultState") == "sealed"
    wait_for(lambda: {entry["MESSAGE_ID"] for entry in journal.entries[since:] if "MESSAGE_ID" in entry} >= set(catalog()),
             5, "an entry with each id")
    assert journal.misfits(since) == []
