# SPDX-License-Identifier: LGPL-2.1-or-later
"""What modules do that the story of test_guest.py does not need: each once in the sandbox of the workers' unit."""

import json

import pytest
from guest import wait_for
from world import BUS_NAME, ROOT

ENTER_CODE = ("import sys; sys.path.insert(0, '/opt/ck/tests/integration'); from harness.browser import Browser; "
              "Browser('alice-live').enter_code(*sys.argv[1:])")


def connect_by_code(guest, channel):
    process = guest.start("channelctl", "reconnect", "--json", "--no-browser", "--device", channel, user="alice")
    prompt = json.loads(process.stdout.readline())["details"]
    guest.ok("/usr/bin/python3", "-c", ENTER_CODE, prompt["verification_uri"], prompt["user_code"])
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output


@pytest.mark.parametrize("provider, platform, host, scopes", [
    ("twitch", "twitch", "localhost", "channel:manage:broadcast"),
    ("youtube", "google", "127.0.0.1", "openid https://www.googleapis.com/auth/youtube"),
    ("x-oauth1", "x-oauth1", "127.0.0.1", ""),
])
def test_all_that_a_worker_does(guest, world, provider, platform, host, scopes):
    """The units' filters let through what each takes: TLS, a code that is typed elsewhere, discovery, OAuth 1,
    a grant that is given back."""
    done = world.ctl("root", "clients", "add", provider, provider, f"{platform}-studio", "--secret-file=-",
                     f"--redirect-uri=http://{host}:18998/cb", stdin=f"{platform}-client-secret-8e2f11d7\n")
    assert done.code == 0, done
    done = world.ctl("root", "add", "other", provider, f"--client={provider}", "--assigned-user=alice",
                     "--allow-user=studio", f"--scopes={scopes}")
    assert done.code == 0, done
    if provider == "twitch":
        connect_by_code(guest, "other")
    else:
        done = world.ctl("alice", "reconnect", "other", env={"BROWSER": "/opt/ck/tests/integration/person alice"})
        assert done.code == 0, done
    for words in (["verify", "other"], [] if provider == "x-oauth1" else ["renew", "other"]):
        done = world.ctl("alice", *words) if words else done
        assert done.code == 0, done
    if provider == "x-oauth1":
        guest.ok("busctl", "call", BUS_NAME, f"{ROOT}/channel/other", "org.channelkeeper.Channel1", "SignRequest",
                 "ssa{ss}a{sv}", "GET", "https://api.x.com/2/users/me", "0", "0", user="studio")
    assert world.show("other")["state"] == "connected"
    asked = len(world.control("requests", platform))
    done = world.ctl("alice", "disconnect", "other")
    assert done.code == 0 and world.show("other")["state"] == "unconnected", done
    told = world.control("requests", platform)[asked:]
    assert any("refused" not in entry for entry in told), told
    assert world.ctl("root", "remove", "other").code == world.ctl("root", "clients", "remove", provider).code == 0


SCRIPT = """#!/bin/sh
sleep 600 &
cat >/dev/null
echo '{"expires-in": 1234}'
"""


def test_script_of_the_administrators(guest, world):
    """exec.so in the worker's sandbox: it runs, is heard, and what it left behind is ended."""
    stack = guest.ok("cat", "/etc/channelkeeper/stacks.d/lumen")
    guest.write("/usr/local/libexec/look", SCRIPT, 0o755)
    guest.write("/etc/channelkeeper/stacks.d/lumen", stack + "verify required exec.so command=/usr/local/libexec/look\n")
    reload = ("busctl", "call", BUS_NAME, ROOT, BUS_NAME, "Reload", "a{sv}", "0")
    guest.ok(*reload)
    done = world.ctl("alice", "verify", "stage")
    assert done.code == 0, done
    assert 0 < world.show()["expires_at"] - int(guest.ok("date", "+%s")) <= 1234
    wait_for(lambda: guest.run("pgrep", "-f", "^sleep 600").code == 1, "the end of what the script left behind")
    guest.write("/etc/channelkeeper/stacks.d/lumen", stack)
    guest.ok(*reload)
