# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bus policy, the polkit actions and the D-Bus reference say the same as the XML in dbus/."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
INTERFACES = ["org.channelkeeper.Broker1", "org.channelkeeper.Channel1", "org.channelkeeper.Attempt1",
              "org.channelkeeper.Vault1", "org.freedesktop.DBus.ObjectManager"]
STANDARD = {("org.freedesktop.DBus.Properties", "Get"), ("org.freedesktop.DBus.Properties", "GetAll"),
            ("org.freedesktop.DBus.Introspectable", "Introspect"), ("org.freedesktop.DBus.Peer", "Ping"),
            ("org.freedesktop.DBus.Peer", "GetMachineId")}
ACTION = "org.channelkeeper.PolkitAction"

# What holds where no rule decides: a missing or broken rules file lets nobody in.
DEFAULTS = {"use-token": "no", "reconnect": "no", "disconnect": "auth_admin", "inspect": "auth_admin_keep",
            "manage": "auth_admin_keep", "manage-vault": "auth_admin"}


def read(*path):
    with open(os.path.join(TOP, *path), encoding="utf-8") as stream:
        return stream.read()


def methods():
    for name in INTERFACES:
        for method in ET.fromstring(read("dbus", name + ".xml")).iter("method"):
            yield name, method


def test_bus_policy_allows_each_member_and_nothing_else():
    root = ET.fromstring(read("dbus", "org.channelkeeper.Broker1.conf.in"))
    default = [policy for policy in root.findall("policy") if policy.get("context") == "default"][0]
    allowed = set()
    for rule in default.findall("allow"):
        assert set(rule.keys()) == {"send_destination", "send_interface", "send_member"}
        assert rule.get("send_destination") == "org.channelkeeper.Broker1"
        allowed.add((rule.get("send_interface"), rule.get("send_member")))
    assert allowed == STANDARD | {(name, method.get("name")) for name, method in methods()}
    assert [dict(rule.items()) for rule in default.findall("deny")] == [
        {"own": "org.channelkeeper.Broker1"}, {"send_destination": "org.channelkeeper.Broker1", "send_type": "method_call"}]


def test_only_the_service_user_owns_the_name():
    root = ET.fromstring(read("dbus", "org.channelkeeper.Broker1.conf.in"))
    owners = [(policy.get("user"), rule.get("own")) for policy in root.findall("policy")
              for rule in policy.findall("allow") if rule.get("own")]
    assert owners == [("@SERVICE_USER@", "org.channelkeeper.Broker1")]


def test_each_action_is_declared_with_its_owner_and_a_default_that_lets_nobody_in():
    actions = {action.get("id"): action
               for action in ET.fromstring(read("policy", "org.channelkeeper.policy.in")).findall("action")}
    assert set(actions) == {f"org.channelkeeper.{word}" for word in DEFAULTS}
    for name, action in actions.items():
        owner = [a.text for a in action.findall("annotate") if a.get("key") == "org.freedesktop.policykit.owner"]
        assert owner == ["unix-user:@SERVICE_USER@"]
        wanted = DEFAULTS[name.rsplit(".", 1)[1]]
        assert [element.text for element in action.find("defaults")] == [wanted] * 3


def test_each_action_that_a_method_names_exists_and_has_a_rule():
    used = {annotation.get("value") for _name, method in methods()
            for annotation in method.findall("annotation") if annotation.get("name") == ACTION} - {"none"}
    assert used == {f"org.channelkeeper.{word}" for word in DEFAULTS}
    decided = set(re.findall(r'case "(org\.channelkeeper\.[a-z-]+)"', read("policy", "50-channelkeeper.rules")))
    assert decided == used


def test_the_reference_is_what_the_xml_says():
    subprocess.run([sys.executable, os.path.join(TOP, "tools", "dbus-reference"), "--check"], check=True)


def test_every_message_id_has_its_catalog_entry():
    """And the manual names it: an id in only one of the three is of no use."""
    def ids(pattern, *path):
        return set(re.findall(pattern, read(*path), re.MULTILINE))

    defined = ids(r'CK_MESSAGE_\w+ "([0-9a-f]{32})"', "dbus", "ck-audit.h")
    assert len(defined) >= 6
    assert ids(r"^-- ([0-9a-f]{32})$", "systemd", "channelkeeper.catalog") == defined
    assert ids(r"\b([0-9a-f]{32})\b", "docs", "man", "channelkeeperd.8") == defined
