# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl reconnect: every way to connect a channel, and every way it ends."""

import json
import re
import signal
import socket
import time
import urllib.error
import urllib.request

import pytest
from gi.repository import GLib

from mock_broker import Error

SUCCESS = ("finish", "succeeded", "none", "")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def open_uri(redirect, state="st"):
    return ("prompt", 1, "open-uri", {"uri": f"https://id.example/authorize?state={state}", "redirect-uri": redirect})


def script(prompt, seen, finish=SUCCESS):
    """An attempt of one prompt; what is answered is put into seen."""
    def run(call):
        seen.append(("options", call["args"][0]))
        answer = yield prompt
        seen.append((answer["args"], answer["secret"]))
        yield finish
    return run


def wait_listening(port):
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.02)


def test_loopback(ctl, broker):
    seen, port = [], free_port()
    redirect = f"http://127.0.0.1:{port}/callback"
    broker.attempt = script(open_uri(redirect), seen)
    process = ctl.start("reconnect", "tv")
    wait_listening(port)
    page = urllib.request.urlopen(f"{redirect}?code=c0de&state=st").read().decode()
    out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert "https://id.example/authorize?state=st" in out
    assert out.endswith("tv: connected as The Channel (42)\n")
    assert seen == [("options", {}), ((1, {"redirected-uri": f"{redirect}?code=c0de&state=st"}), None)]
    assert "close this window" in page and "c0de" not in page
    assert "c0de" not in out


def test_forged_answer(ctl, broker):
    """The authorization URI does not show the state (a pushed request); the prompt does."""
    port = free_port()
    redirect = f"http://127.0.0.1:{port}/cb"
    broker.attempt = script(("prompt", 1, "open-uri", {
        "uri": "https://id.example/authorize?request_uri=urn:x", "redirect-uri": redirect, "state": "st"}), [])
    process = ctl.start("reconnect", "tv")
    wait_listening(port)
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{redirect}?code=c&state=forged")
    urllib.request.urlopen(f"{redirect}?code=c&state=st").read()
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_browser_is_opened(ctl, broker, tmp_path):
    seen, port = [], free_port()
    redirect = f"http://localhost:{port}/callback"
    broker.attempt = script(open_uri(redirect), seen)
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\necho \"$1\" > {tmp_path}/opened\n"
                       f"/usr/bin/python3 -c 'import urllib.request; "
                       f"urllib.request.urlopen(\"{redirect}?code=c&state=st\")'\n")
    browser.chmod(0o755)
    done = ctl("reconnect", "tv", "--browser", env={"BROWSER": str(browser)})
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "opened").read_text() == "https://id.example/authorize?state=st\n"
    assert seen[0] == ("options", {"flow": "browser"})


def test_no_browser(ctl, broker, tmp_path):
    broker.attempt = script(open_uri("https://app.example/cb"), [])
    browser = tmp_path / "browser"
    browser.write_text(f"#!/bin/sh\ntouch {tmp_path}/opened\n")
    browser.chmod(0o755)
    done = ctl("reconnect", "tv", "--no-browser", env={"BROWSER": str(browser)},
               stdin="https://app.example/cb?code=c\n")
    assert done.returncode == 0
    time.sleep(0.2)
    assert not (tmp_path / "opened").exists()


def test_taken_port_and_any_other(ctl, broker):
    """The client's port is taken; the service accepts another."""
    attempts = []

    def attempt(call):
        attempts.append(call["args"][0])
        answer = yield open_uri(call["args"][0].get("redirect-uri", taken_uri))
        attempts.append(answer["args"][1])
        yield SUCCESS

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken_uri = f"http://127.0.0.1:{taken.getsockname()[1]}/cb"
        broker.attempt = attempt
        process = ctl.start("reconnect", "tv", "--json")
        prompt = json.loads(process.stdout.readline())
        other = prompt["details"]["redirect_uri"]
        assert other != taken_uri and other.endswith("/cb") and prompt["listening"] is True
        urllib.request.urlopen(f"{other}?code=c&state=st").read()
        out, err = process.communicate(timeout=10)
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["outcome"] == "succeeded"
    assert attempts == [{}, {"flow": "browser", "redirect-uri": other},
                        {"redirected-uri": f"{other}?code=c&state=st"}]


def test_taken_port_and_no_other(ctl, broker):
    """The service insists on the port: paste."""
    seen = []

    def reconnect(call):
        if "redirect-uri" in call["args"][0]:
            raise Error("InvalidArgument", "not one of the client's")
        return broker._default_Reconnect(call)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}/cb"
        broker.methods["Reconnect"] = reconnect
        broker.attempt = script(open_uri(uri), seen)
        done = ctl("reconnect", "tv", stdin=f"{uri}?code=c&state=st\n")
    assert done.returncode == 0
    assert "cannot listen on" in done.stderr
    assert seen[1] == ((1, {"redirected-uri": f"{uri}?code=c&state=st"}), None)


def test_chosen_redirect_uri(ctl, broker):
    seen = []

    def attempt(call):
        seen.append(call["args"][0]["redirect-uri"])
        yield open_uri(call["args"][0]["redirect-uri"])
        yield SUCCESS

    broker.attempt = attempt
    process = ctl.start("reconnect", "tv", "--redirect-uri=http://127.0.0.1:0/cb", "--json")
    uri = json.loads(process.stdout.readline())["details"]["redirect_uri"]
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d+/cb", uri) and seen == [uri]
    urllib.request.urlopen(f"{uri}?code=c&state=st").read()
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_pasted(ctl, broker):
    seen, port = [], free_port()
    broker.attempt = script(open_uri(f"http://127.0.0.1:{port}/cb"), seen)
    screen = ctl.screen("reconnect", "tv", "--paste")
    screen.expect(f"ends at http://127.0.0.1:{port}/cb")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    screen.type("just-the-code\n")
    screen.expect("That is not where the browser ends")
    screen.type("https://id.example/authorize?state=st\n")
    screen.expect(f"begins with http://127.0.0.1:{port}/cb")
    screen.type(f"  http://127.0.0.1:{port}/cb?code=c&state=st \n")
    assert screen.wait() == 0
    assert seen == [("options", {"flow": "browser"}),
                    ((1, {"redirected-uri": f"http://127.0.0.1:{port}/cb?code=c&state=st"}), None)]


@pytest.mark.parametrize("registered, shown", [
    ("https://studio.example", "https://studio.example/?code=c&state=st"),
    ("https://Studio.example:443/cb?tenant=a", "https://studio.example/cb?tenant=a&code=c&state=st#_=_"),
    ("org.example.app:/cb", "org.example.app:/cb?code=c&state=st"),
])
def test_pasted_from_where_nobody_listens(ctl, broker, registered, shown):
    """Where the platform sends the browser to a site, or nowhere: the page does not matter."""
    seen = []
    broker.attempt = script(open_uri(registered), seen)
    screen = ctl.screen("reconnect", "tv", "--no-browser")
    screen.expect("even if it shows an error")
    screen.type("https://www.studio.example/welcome\n")
    screen.expect("That is not where the browser ends")
    screen.type(f"{shown}\n")
    assert screen.wait() == 0
    assert seen[1][0][1] == {"redirected-uri": shown}


def test_pasted_while_listening(ctl, broker):
    """The browser ran elsewhere: the terminal brings the answer, and the port is given back."""
    seen, port = [], free_port()
    broker.attempt = script(open_uri(f"http://127.0.0.1:{port}/cb"), seen)
    screen = ctl.screen("reconnect", "tv", "--no-browser")
    screen.expect("another machine")
    screen.type(f"http://127.0.0.1:{port}/cb?code=c\n")
    assert screen.wait() == 0
    assert seen[1][0][1] == {"redirected-uri": f"http://127.0.0.1:{port}/cb?code=c"}


def test_device_code(ctl, broker):
    def attempt(call):
        assert call["args"][0] == {"flow": "device"}
        yield ("prompt", 1, "show-code", {
            "user-code": "ABCD-EFGH", "verification-uri": "https://id.example/device",
            "verification-uri-complete": "https://id.example/device?user_code=ABCD-EFGH",
            "expires-at": GLib.Variant("t", int(time.time()) + 600)})
        yield SUCCESS

    broker.attempt = attempt
    screen = ctl.screen("reconnect", "tv", "--device")
    assert screen.wait() == 0
    for words in ("https://id.example/device\r\n", "ABCD-EFGH", "user_code=ABCD-EFGH", "\N{UPPER HALF BLOCK}"):
        assert words in screen.text
    # No terminal, no picture.
    done = ctl("reconnect", "tv", "--device")
    assert done.returncode == 0
    assert "ABCD-EFGH" in done.stdout and "\N{UPPER HALF BLOCK}" not in done.stdout


def test_device_code_counts_down(ctl, broker):
    broker.attempt = lambda call: (yield ("prompt", 1, "show-code", {
        "user-code": "ABCD", "verification-uri": "https://id.example/device",
        "expires-at": GLib.Variant("t", int(time.time()) + 65)}))
    screen = ctl.screen("reconnect", "tv", "--device")
    screen.expect(r"waiting for tv to be confirmed \(1 min left\)")
    screen.type("\x03")
    assert screen.wait() == 130


def test_import(ctl, broker):
    seen = []
    broker.attempt = script(("prompt", 1, "secret", {"message": "Refresh token"}), seen)
    screen = ctl.screen("reconnect", "tv", "--import")
    screen.expect("Refresh token:")
    screen.type("r3fresh\n")
    assert screen.wait() == 0
    assert "r3fresh" not in screen.text
    assert seen == [("options", {"flow": "import"}), ((1, {"secret": 0}), b"r3fresh")]


def test_import_from_a_pipe(ctl, broker):
    seen = []
    broker.attempt = script(("prompt", 1, "secret", {"message": "Refresh token"}), seen)
    done = ctl("reconnect", "tv", "--import", stdin="r3fresh\nmore\n")
    assert done.returncode == 0 and "Refresh token" in done.stdout
    assert seen[1][1] == b"r3fresh"


CHOICES = {"message": "Which page?", "choices": GLib.Variant("a(ss)", [("900", "One\x1b[2J"), ("2", "Two")])}


def test_choose(ctl, broker):
    seen = []
    broker.attempt = script(("prompt", 1, "choose", CHOICES), seen)
    screen = ctl.screen("reconnect", "tv")
    screen.expect(r"2\) Two \(2\)")
    screen.type("3\n")
    screen.expect("none of them")
    screen.type("1\n")
    assert screen.wait() == 0
    assert "\x1b[2J" not in screen.text
    assert seen[1][0] == (1, {"choice": "900"})


def test_choose_by_id_in_json(ctl, broker):
    seen = []
    broker.attempt = script(("prompt", 1, "choose", CHOICES), seen)
    assert ctl("reconnect", "tv", "--json", stdin="2\n").returncode == 0
    assert seen[1][0] == (1, {"choice": "2"})


def test_several_prompts(ctl, broker):
    answers = []

    def attempt(call):
        yield ("prompt", 1, "info", {"message": "First this."})
        answers.append((yield ("prompt", 2, "choose", CHOICES))["args"])
        answers.append((yield ("prompt", 3, "secret", {"message": "Code"}))["secret"])
        yield SUCCESS

    broker.attempt = attempt
    done = ctl("reconnect", "tv", stdin="2\n123\n")
    assert (done.returncode, answers) == (0, [(2, {"choice": "2"}), b"123"])
    assert "First this." in done.stdout


def test_prompt_without_its_signal(ctl, broker):
    """The property says it too: whoever listens late misses nothing."""
    seen = []
    broker.quiet_prompt = True
    broker.attempt = script(open_uri("https://app.example/cb"), seen)
    assert ctl("reconnect", "tv", stdin="https://app.example/cb?code=c\n").returncode == 0
    assert len(seen) == 2


def test_options(ctl, broker):
    seen = []
    broker.attempt = script(open_uri("https://app.example/cb"), seen)
    assert ctl("reconnect", "tv", "--scopes=a b", "--allow-sibling-loss",
               stdin="https://app.example/cb\n").returncode == 0
    assert seen[0] == ("options", {"scopes": ["a", "b"], "allow-sibling-loss": True})


@pytest.mark.parametrize("outcome, cause, code", [
    ("failed", "wrong-account", 5), ("failed", "network", 6), ("failed", "none", 1), ("cancelled", "none", 1)])
def test_failures(ctl, broker, outcome, cause, code):
    def attempt(call):
        yield ("finish", outcome, cause, "It went wrong.")

    broker.attempt = attempt
    done = ctl("reconnect", "tv")
    assert done.returncode == code
    assert done.stderr.startswith("channelctl: tv: ") and "It went wrong." in done.stderr
    finished = json.loads(ctl("reconnect", "tv", "--json").stdout)
    assert finished == {"event": "finished", "outcome": outcome, "cause": cause, "message": "It went wrong."}


def test_refused(ctl, broker):
    broker.methods["Reconnect"] = Error("NotAuthorized", "bob is not the assigned user (alice) of tv")
    done = ctl("reconnect", "tv")
    assert (done.returncode, done.stderr) == (3, "channelctl: tv: bob is not the assigned user (alice) of tv\n")


def test_input_ends(ctl, broker):
    broker.attempt = script(open_uri("https://app.example/cb"), [])
    broker.methods["Cancel"] = GLib.Variant("()", ())
    assert ctl("reconnect", "tv").returncode == 130
    assert len(broker.called("Cancel")) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(ctl, broker, number):
    port = free_port()
    broker.attempt = script(open_uri(f"http://127.0.0.1:{port}/cb"), [])
    broker.methods["Cancel"] = GLib.Variant("()", ())
    process = ctl.start("reconnect", "tv")
    wait_listening(port)
    process.send_signal(number)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert err == "channelctl: tv: cancelled\n"
    assert len(broker.called("Cancel")) == 1


def test_service_dies(ctl, broker):
    port = free_port()
    broker.attempt = script(open_uri(f"http://127.0.0.1:{port}/cb"), [])
    process = ctl.start("reconnect", "tv")
    wait_listening(port)
    broker.stop()
    _, err = process.communicate(timeout=10)
    assert process.returncode == 7
    assert "the attempt with it" in err


def test_unknown_style(ctl, broker):
    broker.attempt = script(("prompt", 1, "dance", {}), [])
    broker.methods["Cancel"] = GLib.Variant("()", ())
    done = ctl("reconnect", "tv")
    assert done.returncode == 1
    assert "'dance'" in done.stderr
    assert len(broker.called("Cancel")) == 1
