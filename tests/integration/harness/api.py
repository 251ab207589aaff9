# SPDX-License-Identifier: LGPL-2.1-or-later
"""Channelkeeper's D-Bus API as a caller of some user sees it."""

import os

from gi.repository import GLib

from .caller import ATTEMPT, BROKER, CHANNEL, ROOT, Caller, options, read_all, secret_pipe
from .wait import wait_for


class Api(Caller):
    """The root object's methods."""

    def broker(self, method, signature, *args, fds=None, **kwargs):
        return self.call(ROOT, BROKER, method, GLib.Variant(signature, args), fds=fds, **kwargs)

    def add_client(self, name, provider, client_id, secret, **opts):
        reader = secret_pipe(secret)
        try:
            return self.broker("AddClient", "(sssha{sv})", name, provider, client_id, 0, options(**opts),
                               fds=[reader])
        finally:
            os.close(reader)

    def add_channel(self, name, provider, **opts):
        self.broker("AddChannel", "(ssa{sv})", name, provider, options(**opts))
        return self.channel(name)

    def remove_channel(self, name, **opts):
        return self.broker("RemoveChannel", "(sa{sv})", name, options(**opts))

    def reload(self):
        return self.broker("Reload", "(a{sv})", {})

    def channel(self, name):
        return Channel(self, self.broker("GetChannel", "(s)", name))

    def list_channels(self, **opts):
        return self.broker("ListChannels", "(a{sv})", options(**opts))

    def introspect(self, path):
        return self.call(path, "org.freedesktop.DBus.Introspectable", "Introspect")


class Channel:
    """One channel, seen by the user of `api`."""

    def __init__(self, api, path):
        self.api = api
        self.path = path

    def seen_by(self, api):
        return Channel(api, self.path)

    def send(self, method, signature="(a{sv})", *args, **kwargs):
        return self.api.send(self.path, CHANNEL, method, GLib.Variant(signature, args or ({},)), **kwargs)

    def call(self, method, signature="(a{sv})", *args, **kwargs):
        return self.api.call(self.path, CHANNEL, method, GLib.Variant(signature, args or ({},)), **kwargs)

    def prop(self, name):
        return self.api.get(self.path, CHANNEL, name)

    @property
    def state(self):
        return self.prop("State")

    @property
    def cause(self):
        return self.prop("Cause")

    def wait_state(self, *states, seconds=20):
        return wait_for(lambda: self.state in states and self.state, seconds, f"{self.path} being {states}")

    def token(self, **opts):
        """(token, expires_at, details)"""
        return self.call("GetAccessToken", "(a{sv})", options(**opts))

    def open_token(self, **opts):
        pending = self.send("OpenAccessToken", "(a{sv})", options(**opts))
        index, expires_at, details = pending.result()
        return read_all(pending.fds[index]), expires_at, details

    def renew(self, **opts):
        return self.call("Renew", "(a{sv})", options(**opts))

    def verify(self, **opts):
        return self.call("Verify", "(a{sv})", options(**opts))

    def report(self, status, body=b"", **opts):
        return self.call("ReportFailure", "(uaya{sv})", status, list(body), options(**opts))

    def disconnect(self, **opts):
        return self.call("Disconnect", "(a{sv})", options(**opts))

    def assign(self, user):
        return self.call("Assign", "(sa{sv})", user, {})

    def set_access(self, users, groups):
        return self.call("SetAccess", "(asasa{sv})", users, groups, {})

    def history(self, **opts):
        return self.call("GetHistory", "(a{sv})", options(**opts))

    def reconnect(self, **opts):
        """Begins an attempt of this channel's api user."""
        signals = self.api.record(interface=ATTEMPT)
        return Attempt(self.api, self.call("Reconnect", "(a{sv})", options(**opts)), signals)


class Attempt:
    """A reconnect in progress, seen by the caller that started it."""

    def __init__(self, api, path, signals):
        self.api = api
        self.path = path
        self.signals = signals

    def prop(self, name):
        return self.api.get(self.path, ATTEMPT, name)

    def _mine(self, name):
        return [signal for signal in self.signals if signal.path == self.path and signal.name == name]

    @property
    def finished(self):
        """(outcome, cause, message), or None."""
        mine = self._mine("Finished")
        return mine[0].args if mine else None

    def prompt(self, seconds=20, after=0):
        """(id, style, details) of the first prompt with an id above `after`."""
        def newest():
            for signal in self._mine("Prompted"):
                if signal.args[0] > after:
                    return signal.args
            if self.finished:
                raise AssertionError(f"the attempt ended without a prompt: {self.finished}")
            current = self.prop("Prompt")
            return current if current[0] > after else None
        return wait_for(newest, seconds, "a prompt")

    def respond(self, prompt, **answer):
        return self.api.call(self.path, ATTEMPT, "Respond", GLib.Variant("(ua{sv})", (prompt, options(**answer))))

    def respond_secret(self, prompt, secret):
        """Answers a prompt of the style `secret`, through a pipe."""
        reader = secret_pipe(secret)
        try:
            return self.api.call(self.path, ATTEMPT, "Respond",
                                 GLib.Variant("(ua{sv})", (prompt, {"secret": GLib.Variant("h", 0)})), fds=[reader])
        finally:
            os.close(reader)

    def cancel(self):
        return self.api.call(self.path, ATTEMPT, "Cancel")

    def outcome(self, seconds=30):
        """Waits for the end: (outcome, cause, message)."""
        return wait_for(lambda: self.finished, seconds, "the attempt's end")
