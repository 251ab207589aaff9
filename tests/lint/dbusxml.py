# SPDX-License-Identifier: LGPL-2.1-or-later
"""The public interfaces: every member documented, every method with its polkit action, every
property with its change signal."""

import re
import xml.etree.ElementTree as ET

ACTION = "org.channelkeeper.PolkitAction"
CHANGES = "org.freedesktop.DBus.Property.EmitsChangedSignal"
ACTIONS = {"none"} | {f"org.channelkeeper.{word}" for word in ("use-token", "reconnect", "disconnect", "inspect",
                                                               "manage", "manage-vault")}


def check(files):
    findings = []
    for path in files.of_kind(".xml"):
        if "<interface" not in files.text(path):
            continue
        public = path.startswith("dbus/")
        for interface in ET.fromstring(files.text(path)).iter("interface"):
            if not interface.get("name").startswith("org.channelkeeper."):
                continue
            comments = re.findall(r"<!--(.*?)-->", files.text(path), re.S)
            findings += [f"{path}:1: {interface.get('name')}.{what}"
                         for what in _interface(interface, comments, public)]
    return findings


def _interface(interface, comments, public):
    for kind in ("method", "signal", "property"):
        for member in interface.findall(kind):
            name = member.get("name")
            annotations = {a.get("name"): a.get("value") for a in member.findall("annotation")}
            yield from (f"{name}: {what}" for what in _documentation(name, member, comments))
            if kind == "method" and public and annotations.get(ACTION) not in ACTIONS:
                yield f"{name}: no polkit action that exists, but {annotations.get(ACTION)}"
            if kind == "property" and annotations.get(CHANGES) not in ("true", "false", "const", "invalidates"):
                yield f"{name}: no EmitsChangedSignal"
            if kind == "property" and member.get("access") != "read":
                yield f"{name}: a writable property"
            if kind == "method" and any(not arg.get("name") for arg in member.findall("arg")):
                yield f"{name}: an argument without a name"


def _documentation(name, member, comments):
    mine = next((text for text in comments if re.match(rf"\s*{re.escape(name)}:\s", text)), None)
    if mine is None:
        yield "not documented"
        return
    for arg in member.findall("arg"):
        if not re.search(rf"@{re.escape(arg.get('name', ''))}:", mine):
            yield f"argument {arg.get('name')} is not documented"
