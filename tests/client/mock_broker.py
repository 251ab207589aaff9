# SPDX-License-Identifier: LGPL-2.1-or-later
"""A broker that says what a test wants to hear, with the real introspection data.

The integration tests run channelctl against the real broker; this one is for what that one says
seldom or never: every style of prompt, every error, a service that dies in the middle.
"""

import glob
import os
import subprocess
import threading

from gi.repository import Gio, GLib

NAME = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"
DBUS_DIR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "dbus")
NEVER = 9007199254740991


class Error(Exception):
    """What a method answers: Error("Expired", "ran out")."""


class Bus:
    """A private bus that channelctl takes for the system's."""

    def __init__(self, folder):
        self.process = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1", f"--address=unix:dir={folder}"],
            stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def interfaces():
    found = {}
    for path in glob.glob(os.path.join(DBUS_DIR, "org.channelkeeper.*.xml")):
        with open(path, encoding="utf-8") as stream:
            for interface in Gio.DBusNodeInfo.new_for_xml(stream.read()).interfaces:
                found[interface.name.rsplit(".", 1)[1]] = interface
    return found


def channel_path(name):
    return ROOT + "/channel/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in name)


def properties(**changes):
    """The properties of a channel that is connected."""
    values = {
        "Id": "tv", "DisplayName": "TV", "Provider": "oidc", "Client": "app", "State": "connected",
        "Cause": "none", "Detail": "", "Remedy": "", "AssignedUser": "alice", "AllowedUsers": ["studio"],
        "AllowedGroups": [], "AccountId": "42", "AccountName": "The Channel", "Scopes": ["read", "write"],
        "Generation": 3, "IssuedAt": 1000, "ExpiresAt": 4102444800, "RenewableUntil": 0,
        "ReconnectBy": NEVER, "RenewsItself": True, "LastRenewal": 0, "NextRenewal": 0, "LastVerified": 0,
        "Advice": [],
    }
    values.update(changes)
    return values


class Broker:
    """methods["Renew"] = a function of the call, or a value, or an Error; calls has what was called.

    attempt is a generator function that is sent each answer and yields what to do:
    ("prompt", id, style, details) or ("finish", outcome, cause, message).
    """

    def __init__(self, address):
        self.methods, self.calls = {}, []
        self.channels = {"tv": properties()}
        self.attempt = None
        self.attempts = 0
        self.root = {}  # the root object's properties
        self.quiet_prompt = False  # the signal is not sent: only the property says it
        self._prompt = (0, "", {})
        self._scripts = {}
        self._interfaces = interfaces()
        self._context = GLib.MainContext()
        self._loop = GLib.MainLoop(self._context)
        self._thread = threading.Thread(target=self._run, args=(address,), daemon=True)
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(10)

    def _run(self, address):
        self._context.push_thread_default()
        flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
        self._connection = Gio.DBusConnection.new_for_address_sync(address, flags, None, None)
        self._register(ROOT, "Broker1")
        self._register(ROOT, "Vault1")
        for name in self.channels:
            self._register(channel_path(name), "Channel1")
        self._connection.call_sync(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
            GLib.Variant("(su)", (NAME, 4)), None, Gio.DBusCallFlags.NONE, -1, None)
        self._ready.set()
        self._loop.run()
        self._connection.close_sync(None)

    def stop(self):
        # From within: a quit before the loop has begun to run would be forgotten, and the name kept.
        self._context.invoke_full(GLib.PRIORITY_DEFAULT, lambda: self._loop.quit() and False)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def invoke(self, function):
        """Runs a function in the broker's own thread and waits."""
        done = threading.Event()
        self._context.invoke_full(GLib.PRIORITY_DEFAULT, lambda: (function(), done.set()) and False)
        assert done.wait(10)

    def serve_object_manager(self):
        """Only where a test asks for it: it is no interface of ours."""
        with open(os.path.join(DBUS_DIR, "org.freedesktop.DBus.ObjectManager.xml"), encoding="utf-8") as stream:
            interface = Gio.DBusNodeInfo.new_for_xml(stream.read()).interfaces[0]
        self.invoke(lambda: self._connection.register_object(ROOT, interface, self._on_call, None, None))

    def emit(self, path, interface, name, signature, values, destination=None):
        self.invoke(lambda: self._emit(path, interface, name, signature, values, destination))

    def _emit(self, path, interface, name, signature, values, destination=None):
        self._connection.emit_signal(destination, path, "org.channelkeeper." + interface, name,
                                     GLib.Variant(signature, values))

    def _register(self, path, interface):
        self._connection.register_object(path, self._interfaces[interface], self._on_call, self._on_get, None)

    def _on_get(self, connection, sender, path, interface, name):
        if interface.endswith("Attempt1"):
            return GLib.Variant("(usa{sv})", self._prompt) if name == "Prompt" else None
        if path == ROOT:
            return self.root.get(name)
        for channel, values in self.channels.items():
            if channel_path(channel) == path:
                kind = self._interfaces["Channel1"].lookup_property(name).signature
                return GLib.Variant(kind, values[name])
        return None

    def _on_call(self, connection, sender, path, interface, method, parameters, invocation):
        message = invocation.get_message()
        fds = message.get_unix_fd_list()
        secret = None
        if fds is not None:
            with os.fdopen(fds.get(0), "rb") as stream:
                secret = stream.read()
        call = {"method": method, "path": path, "args": parameters.unpack(), "secret": secret, "sender": sender,
                "interactive": bool(message.get_flags() & Gio.DBusMessageFlags.ALLOW_INTERACTIVE_AUTHORIZATION)}
        self.calls.append(call)
        try:
            answer = self.methods.get(method, getattr(self, "_default_" + method, None))
            answer = answer(call) if callable(answer) else answer
            if isinstance(answer, Exception):
                raise answer
        except Error as error:
            invocation.return_dbus_error("org.channelkeeper.Error." + error.args[0], error.args[1])
            return
        if isinstance(answer, tuple):
            invocation.return_value_with_unix_fd_list(*answer)
        else:
            invocation.return_value(answer)
        if method == "Reconnect":
            self._step(f"{ROOT}/attempt/a{self.attempts}", sender, None)
        if method == "Respond":
            self._step(path, sender, call)

    def _default_GetChannel(self, call):
        if call["args"][0] not in self.channels:
            raise Error("NoSuchChannel", f"there is no channel {call['args'][0]}")
        return GLib.Variant("(o)", (channel_path(call["args"][0]),))

    def _default_ListChannels(self, call):
        rows = [(channel_path(name), name, values["Provider"], values["State"], values["Cause"])
                for name, values in sorted(self.channels.items())]
        return GLib.Variant("(a(ossss))", (rows,))

    def _default_Reconnect(self, call):
        self.attempts += 1
        path = f"{ROOT}/attempt/a{self.attempts}"
        self._register(path, "Attempt1")
        self._scripts[path] = self.attempt(call)
        return GLib.Variant("(o)", (path,))

    def _step(self, path, sender, answer):
        """Goes on with the attempt's script, up to the next thing it waits for."""
        script = self._scripts[path]
        try:
            action = script.send(answer)
        except StopIteration:
            return
        if action[0] == "prompt":
            details = {key: value if isinstance(value, GLib.Variant) else GLib.Variant("s", value)
                       for key, value in action[3].items()}
            self._prompt = (action[1], action[2], details)
            if not self.quiet_prompt:
                self._emit(path, "Attempt1", "Prompted", "(usa{sv})", self._prompt, sender)
            if action[2] in ("show-code", "info"):
                self._step(path, sender, None)
        elif action[0] == "finish":
            self._prompt = (0, "", {})
            self._emit(path, "Attempt1", "Finished", "(sss)", action[1:], sender)

    @staticmethod
    def token(text, expires_at=4102444800, details=None):
        """An answer of OpenAccessToken."""
        fds = Gio.UnixFDList.new()
        read_end, write_end = os.pipe()
        os.write(write_end, text)
        os.close(write_end)
        fds.append(read_end)
        os.close(read_end)
        return GLib.Variant("(hta{sv})", (0, expires_at, details or {})), fds

    def called(self, method):
        return [call for call in self.calls if call["method"] == method]
