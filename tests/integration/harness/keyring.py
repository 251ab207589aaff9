# SPDX-License-Identifier: LGPL-2.1-or-later
"""A session bus of the service user and gnome-keyring on it, as the manual has it."""

import os
import pwd
import subprocess

from gi.repository import Gio, GLib

from .users import SERVICE, acting_as, popen_as
from .wait import wait_for

PASSWORD = "integration-keyring-password"
CONFIG = "[Vault]\nBackend=service\n"


class Keyring:
    """Both processes, which may come and go."""

    def __init__(self, directory):
        entry = pwd.getpwnam(SERVICE)
        self.directory = directory
        self.bus = None
        self.daemon = None
        self.address = f"unix:path={directory}/bus"
        os.mkdir(directory, 0o700)
        os.chown(directory, entry.pw_uid, entry.pw_gid)

    def _popen(self, argv, **kwargs):
        env = {"DBUS_SESSION_BUS_ADDRESS": self.address, "XDG_DATA_HOME": self.directory,
               "XDG_RUNTIME_DIR": self.directory}
        with open(os.path.join(self.directory, "log"), "ab") as log:
            return popen_as(SERVICE, argv, env, stdout=log, stderr=log, **kwargs)

    def start_bus(self):
        path = os.path.join(self.directory, "bus")
        if os.path.exists(path):
            os.unlink(path)
        self.bus = self._popen(["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={self.address}"],
                               stdin=subprocess.DEVNULL)
        wait_for(lambda: os.path.exists(path), 5, "the session bus")

    def stop_bus(self):
        self.bus.kill()
        self.bus.wait()
        self.bus = None

    def start(self, password=PASSWORD):
        if not self.bus:
            self.start_bus()
        self.daemon = self._popen(["gnome-keyring-daemon", "--unlock", "--foreground", "--components=secrets"],
                                  stdin=subprocess.PIPE)
        self.daemon.stdin.write(password.encode())
        self.daemon.stdin.close()
        wait_for(self._is_there, 10, "gnome-keyring on the session bus")

    def _is_there(self):
        with acting_as(SERVICE):
            bus = Gio.DBusConnection.new_for_address_sync(
                self.address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
                | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        answer = bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                               GLib.Variant("(s)", ("org.freedesktop.secrets",)), None, 0, 5000, None)
        bus.close_sync(None)
        return answer.unpack()[0]

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self.daemon = None

    def stop(self):
        for process in filter(None, (self.daemon, self.bus)):
            process.kill()
            process.wait()
        self.daemon = self.bus = None
