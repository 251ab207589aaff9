# SPDX-License-Identifier: LGPL-2.1-or-later
"""channelctl lint: files and stacks, with no service and no bus."""

import json
import os

import pytest

BUILD = os.path.join(os.path.dirname(os.environ["CHANNELCTL"]), "..", "..")
SOURCE = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
GOOD = "[Provider]\nName=Mine\n[OAuth2]\nTokenEndpoint=https://id.mine.example/token\n"


@pytest.fixture
def etc(tmp_path, ctl):
    """A configuration directory, and channelctl told of it, with no bus to reach."""
    for folder in ("providers.d", "stacks.d", "channels.d", "clients.d", "channelkeeper.conf.d"):
        (tmp_path / folder).mkdir()
    ctl.env.update({
        "CONFIGURATION_DIRECTORY": str(tmp_path), "CHANNELKEEPER_DATADIR": os.path.join(SOURCE, "backends"),
        "CHANNELKEEPER_MODULEDIR": os.path.join(BUILD, "backends", "modules"),
        "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent"})
    return tmp_path


def test_the_shipped_files_are_good(etc, ctl):
    done = ctl("lint")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(ctl("lint", "--json").stdout) == []


@pytest.mark.parametrize("name, text, found", [
    ("providers.d/mine.provider", GOOD + "PKCE=plain\n", ":5: [OAuth2] PKCE: “plain” is not one of: "),
    ("providers.d/mine.provider", GOOD + "[Oauth]\n", ":5: [Oauth]: there is no such group"),
    ("providers.d/mine.provider", GOOD + "TokenEndpoint=http://x.example/\n", ":5: [OAuth2] TokenEndpoint: "),
    ("providers.d/mine.provider", GOOD.replace("Name=Mine", "Stack=lost"), ": [Provider] Stack: no stack “lost” in "),
    ("stacks.d/lost", "connect required lost.so\n", ":1: there is no module lost.so in "),
    ("stacks.d/mine", "connect needed permit.so\n", ":1: "),
    ("stacks.d/mine", "@include elsewhere\n", ":1: no stack “elsewhere” in "),
    ("channels.d/tv.channel", "[Channel]\nProvider=nobody\nAssignedUser=alice\n",
     ": [Channel] Provider: there is no provider nobody"),
    ("channels.d/tv.channel", "[Channel]\nProvider=oidc\n", ":1: [Channel] AssignedUser: is missing"),
    ("clients.d/app.client", "[Client]\nProvider=oidc\nSecret=x\n", ":3: [Client] Secret: a secret does not belong"),
    ("clients.d/app.client", "[Client]\nProvider=twitch\nClientId=1\nRedirectUris=http://127.0.0.1:1/cb\n",
     ": [Client] RedirectUris: “http://127.0.0.1:1/cb” cannot be a redirect URI at Twitch, which takes https://… or "
     "http://localhost…. Register http://localhost:1/cb (RedirectUris= of the provider twitch)"),
    ("channelkeeper.conf", "[Broker]\nMaxWorkers=0\n", ":2: [Broker] MaxWorkers: “0” is not a number from 1 to 256"),
    ("channelkeeper.conf.d/a.conf", "[Network]\nProxi=\n", ":2: [Network] Proxi: there is no such key"),
])
def test_each_kind_of_file(etc, ctl, name, text, found):
    (etc / name).write_text(text, encoding="utf-8")
    done = ctl("lint")
    assert done.returncode == 1 and done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.startswith(f"{etc}/{name}{found}")]
    assert len(lines) == 1 and len(done.stdout.splitlines()) == 1, done.stdout
    told = json.loads(ctl("lint", "--json").stdout)
    assert told[0]["file"] == f"{etc}/{name}" and told[0]["message"] == lines[0]
    assert told[0].get("line") == (int(found[1]) if found[1].isdigit() else None)


@pytest.mark.parametrize("name, text, found", [
    ("mine.provider", GOOD, None),
    ("mine.provider", GOOD.replace("Name=Mine", "Stack=beside"), None),
    ("mine.provider", GOOD.replace("Name", "Nome"), ":2: [Provider] Nome: there is no such key"),
    ("beside", "connect requisite permit.so\n", None),
    ("beside", "connect requisite\n", ":1: "),
    ("tv.channel", "[Channel]\nProvider=oidc\nClint=x\n", ":3: [Channel] Clint: there is no such key"),
    ("app.client", "[Client]\nProvider=oidc\nClientId=1\n", None),
    ("app.client", "[Client]\nProvider=facebook\nClientId=1\nRedirectUris=http://localhost:1/cb\n",
     ": [Client] RedirectUris: “http://localhost:1/cb” cannot be a redirect URI at Facebook Page"),
    ("app.client", "[Client]\nProvider=drafted\nClientId=1\nRedirectUris=http://localhost:1/cb\n", None),
    ("x.conf", "[Broker]\nRenewAhead=90%\n", ":2: [Broker] RenewAhead: “90%” is not from 1% to 50%"),
])
def test_a_file_that_is_not_installed_yet(etc, ctl, tmp_path_factory, name, text, found):
    folder = tmp_path_factory.mktemp("drafts")
    (folder / "beside").write_text("connect required permit.so\n", encoding="utf-8")
    (folder / name).write_text(text, encoding="utf-8")
    done = ctl("lint", str(folder / name))
    assert done.stdout.startswith(f"{folder}/{name}{found}" if found else "")
    assert (done.returncode, done.stdout == "") == ((1, False) if found else (0, True)), done.stdout


def test_a_file_that_is_not_there(etc, ctl):
    done = ctl("lint", "/nonexistent/x.provider")
    assert (done.returncode, done.stdout) == (1, "/nonexistent/x.provider: there is no such file\n")


def dry(ctl, *words):
    done = ctl("lint", "--json", "--dry-run", *words)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    rows = [(row["result"] if row["reached"] else None, row["decides"]) for row in told["rows"]]
    return told["verdict"], rows, [row["why"] for row in told["rows"]]


STACK = """connect requisite a.so
connect sufficient b.so
connect [success=1 default=ignore] c.so
connect required d.so
connect substack inner
connect optional f.so
"""
INNER = "connect [success=ok cred_err=reset default=die] e.so\n"


@pytest.mark.parametrize("results, verdict, rows, number, why", [
    ([], "success", "sS----------", 2, "succeeds, and the stack ends here"),
    (["a=auth_err"], "auth_err", "a!----------", 1, "fails, and the stack ends here: this is the verdict"),
    (["b=ignore", "c=ignore", "d=perm_denied"], "perm_denied", None, 4, "this is the verdict, whatever follows"),
    (["b=auth_err"], "success", None, 3, "jumps over 1 modules"),
    (["b=auth_err"], "success", None, 4, "its turn does not come"),
    (["b=auth_err", "c=ignore", "d=user_unknown", "e=auth_err"], "user_unknown", None, 6,
     "fails, and the stack ends here; but the first failure is the verdict"),
    (["b=auth_err", "c=ignore", "d=user_unknown"], "user_unknown", None, 6, "counts for nothing: something has failed"),
    (["b=auth_err", "e=cred_err"], "success", None, 6, "everything this stack had decided is forgotten"),
    (["2=incomplete"], "incomplete", None, 2, "ends everything at once"),
    (["b=auth_err"], "success", None, 5, "a substack begins"),
])
def test_dry_run_says_which_module_decides(etc, ctl, results, verdict, rows, number, why):
    (etc / "stacks.d/mine").write_text(STACK, encoding="utf-8")
    (etc / "stacks.d/inner").write_text(INNER, encoding="utf-8")
    told, _, words = dry(ctl, "mine", "connect", *results)
    assert told == verdict
    assert why in words[number - 1]


def test_dry_run_of_a_provider_for_people(etc, ctl):
    done = ctl("lint", "--dry-run", "oidc", "connect", "identity=user_unknown", "device_code.so=ignore")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split("\t")[2:4] == ["authorization_code.so", "success"]
    assert lines[1].split("\t")[4] == "is ignored: it has no say"
    assert lines[3].split("\t")[0] == "4*" and "/stacks/oidc:" in lines[3]
    assert lines[-1] == "Verdict: user_unknown, by number 4, identity.so"


@pytest.mark.parametrize("words, message", [
    ([], "a dry run takes a provider"),
    (["oidc"], "a dry run takes a provider"),
    (["oidc", "disconnect"], "a dry run takes a provider"),
    (["oidc", "connect", "identity"], "'identity' is not MODULE=RESULT"),
    (["oidc", "connect", "identity=maybe"], "'maybe' is no result"),
    (["oidc", "connect", "oauth1=ignore"], "the stack calls no module 'oauth1'"),
    (["nobody", "connect"], "no stack “nobody” in "),
])
def test_dry_run_of_nonsense(etc, ctl, words, message):
    done = ctl("lint", "--dry-run", *words)
    assert done.returncode == 2 and message in done.stderr
