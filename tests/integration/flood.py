# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program that floods the broker, run by test_quotas.py as a user of its own.

flood.py KIND PATH SECONDS: prints how many answers of each kind came, and how many
descriptors it held, as JSON.
"""

import collections
import json
import os
import resource
import sys

from gi.repository import Gio, GLib

NAME = "org.channelkeeper.Broker1"
ROOT = "/org/channelkeeper/Broker1"
CHANNEL = "org.channelkeeper.Channel1"
FLAGS = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
NO_OPTIONS = GLib.Variant("(a{sv})", ({},))
AT_ONCE = 2000  # calls on their way that this program holds on to
MOST_HELD = 5000  # descriptors: more than the kernel gives one user's pipes their full size

kind, path, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3])
loop = GLib.MainLoop()
answers = collections.Counter()
held = []  # descriptors that are never read
on_their_way = 0


def connect():
    return Gio.DBusConnection.new_for_address_sync(os.environ["DBUS_SYSTEM_BUS_ADDRESS"], FLAGS, None, None)


def answered(connection, result):
    global on_their_way
    on_their_way -= 1
    try:
        _value, fds = connection.call_with_unix_fd_list_finish(result)
        held.extend(fds.steal_fds() if fds else [])
        answers["answered"] += 1
    except GLib.Error as error:
        name = Gio.DBusError.get_remote_error(error) or "local"
        answers[name.rsplit(".", 1)[-1]] += 1
    if connection.again:
        connection.again()


def call(connection, target, interface, method, args):
    global on_their_way
    on_their_way += 1
    connection.call_with_unix_fd_list(NAME, target, interface, method, args, None, Gio.DBusCallFlags.NONE, 60000, None,
                                      None, answered)


def flood_calls(target, interface, method, args):
    """As many as this program can send, from one connection, without waiting."""
    connection = connect()
    connection.again = lambda: call(connection, target, interface, method, args)
    for _ in range(AT_ONCE):
        call(connection, target, interface, method, args)


def flood_pipes():
    """Tokens through pipes that are kept and not read."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connection = connect()
    connection.again = None

    def more():
        if on_their_way < 50 and len(held) < MOST_HELD:
            call(connection, path, CHANNEL, "OpenAccessToken", NO_OPTIONS)
        return True
    GLib.timeout_add(1, more)


def flood_connections():
    """A new connection for each call, which leaves without its answer."""
    def more():
        connection = connect()
        connection.set_exit_on_close(False)
        connection.call(NAME, path, CHANNEL, "GetAccessToken", NO_OPTIONS, None, Gio.DBusCallFlags.NONE, 60000, None, None)
        connection.flush_sync(None)
        connection.close_sync(None)
        answers["left"] += 1
        return True
    GLib.idle_add(more)


def flood_matches():
    """Every match rule the bus allows, and nothing read any more."""
    connection = connect()
    for number in range(600):
        rule = f"type='signal',sender='{NAME}',arg0='{number}'" if number else f"type='signal',sender='{NAME}'"
        try:
            connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch",
                                 GLib.Variant("(s)", (rule,)), None, Gio.DBusCallFlags.NONE, 5000, None)
            answers["matched"] += 1
        except GLib.Error as error:
            answers[Gio.DBusError.get_remote_error(error).rsplit(".", 1)[-1]] += 1
    held.append(connection)


KINDS = {
    "questions": lambda: flood_calls(path, CHANNEL, "GetAccessToken", NO_OPTIONS),
    "lists": lambda: flood_calls(ROOT, NAME, "ListChannels", NO_OPTIONS),
    "histories": lambda: flood_calls(path, CHANNEL, "GetHistory", NO_OPTIONS),
    "pipes": flood_pipes,
    "connections": flood_connections,
    "matches": flood_matches,
}
KINDS[kind]()
GLib.timeout_add_seconds(seconds, loop.quit)
loop.run()
answers["held"] = len(held)
print(json.dumps(answers))
