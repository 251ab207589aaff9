# SPDX-License-Identifier: LGPL-2.1-or-later
"""A D-Bus client that really is a given user: the kernel says so to the bus."""

import contextlib
import os
import threading
import re

from gi.repository import Gio, GLib

from .users import BUS_ADDRESS, acting_as
from .wait import wait_for

BUS_NAME = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"
BROKER = "org.channelkeeper.Broker1"
CHANNEL = "org.channelkeeper.Channel1"
ATTEMPT = "org.channelkeeper.Attempt1"
PROPERTIES = "org.freedesktop.DBus.Properties"
ERROR_PREFIX = "org.channelkeeper.Error."

FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION


class BusError(Exception):
    """An error reply. `name` is the D-Bus error, `word` its last part if it is one of ours."""

    def __init__(self, error):
        self.name = Gio.DBusError.get_remote_error(error) or f"local.{error.domain}"
        self.message = re.sub(r"^GDBus\.Error:[^ ]+: ", "", error.message)
        self.word = self.name.removeprefix(ERROR_PREFIX) if self.name.startswith(ERROR_PREFIX) else None
        super().__init__(f"{self.name}: {self.message}")


class Pending:
    """A call on its way."""

    def __init__(self):
        self.done = False
        self.value = None
        self.fds = []
        self.error = None

    def result(self, seconds=30):
        wait_for(lambda: self.done, seconds, "an answer on the bus")
        if self.error:
            raise self.error
        return self.value


class Signal:
    def __init__(self, sender, path, interface, name, args):
        self.sender, self.path, self.interface, self.name, self.args = sender, path, interface, name, args

    def __repr__(self):
        return f"<{self.interface}.{self.name} {self.path} {self.args}>"


class Caller:
    """A connection to the system bus, owned by `user` for as long as it lives."""

    def __init__(self, user):
        self.user = user
        with acting_as(user):
            self.connection = Gio.DBusConnection.new_for_address_sync(BUS_ADDRESS, FLAGS, None, None)
        self.connection.set_exit_on_close(False)
        self.unique_name = self.connection.get_unique_name()

    def close(self):
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def send(self, path, interface, method, args=None, fds=None, timeout=30, interactive=False,
             destination=BUS_NAME):
        """Sends a call and returns at once with a Pending. `args` is a GLib.Variant or None."""
        pending = Pending()
        flags = Gio.DBusCallFlags.NONE
        if interactive:
            flags |= Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION
        fd_list = Gio.UnixFDList.new() if fds else None
        for fd in fds or []:
            fd_list.append(fd)

        def answered(connection, result):
            try:
                value, out_fds = connection.call_with_unix_fd_list_finish(result)
                pending.value = value.unpack()
                pending.fds = out_fds.steal_fds() if out_fds else []
            except GLib.Error as error:
                pending.error = BusError(error)
            pending.done = True

        self.connection.call_with_unix_fd_list(destination, path, interface, method, args, None, flags,
                                               int(timeout * 1000), fd_list, None, answered)
        return pending

    def call(self, path, interface, method, args=None, fds=None, timeout=30, interactive=False,
             destination=BUS_NAME):
        """Calls and returns the unpacked reply: the value itself if there is one, None if none."""
        value = self.send(path, interface, method, args, fds, timeout, interactive, destination).result(timeout + 5)
        return value[0] if len(value) == 1 else (value or None)

    def get(self, path, interface, name):
        return self.call(path, PROPERTIES, "Get", GLib.Variant("(ss)", (interface, name)))

    def get_all(self, path, interface):
        return self.call(path, PROPERTIES, "GetAll", GLib.Variant("(s)", (interface,)))

    def record(self, path=None, interface=None, member=None, eavesdrop=False):
        """A growing list of the signals that reach this connection from now on."""
        seen = []

        def arrived(_connection, sender, signal_path, signal_interface, name, args):
            seen.append(Signal(sender, signal_path, signal_interface, name, args.unpack()))

        self.connection.signal_subscribe(None if eavesdrop else BUS_NAME, interface, member, path, None,
                                         Gio.DBusSignalFlags.NONE, arrived)
        # The match rule is in force once the bus has answered something sent after it.
        self.call("/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", destination="org.freedesktop.DBus")
        return seen


def options(**values):
    """An a{sv} for a trailing options argument; underscores become dashes."""
    def pack(value):
        if isinstance(value, GLib.Variant):
            return value
        if isinstance(value, bool):
            return GLib.Variant("b", value)
        if isinstance(value, int):
            return GLib.Variant("u", value)
        if isinstance(value, str):
            return GLib.Variant("s", value)
        return GLib.Variant("as", list(value))
    return {name.replace("_", "-"): pack(value) for name, value in values.items()}


def secret_pipe(data):
    """The read end of a pipe that holds `data` and nothing more."""
    if isinstance(data, str):
        data = data.encode()
    reader, writer = os.pipe()

    # More than a pipe holds waits for its reader, who may go away before it has all.
    def fill():
        with contextlib.suppress(BrokenPipeError), os.fdopen(writer, "wb") as stream:
            stream.write(data)
    threading.Thread(target=fill, daemon=True).start()
    return reader


def read_all(fd):
    with os.fdopen(fd, "rb") as stream:
        return stream.read().decode()
