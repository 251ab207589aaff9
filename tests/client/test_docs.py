# SPDX-License-Identifier: LGPL-2.1-or-later
"""The manual page and the completions say what the program does, no less and no more."""

import os
import re
import subprocess

import pytest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
COMPLETIONS = {"bash": "channelctl.bash", "zsh": "_channelctl", "fish": "channelctl.fish"}


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as stream:
        return stream.read()


def commands_of(ctl, *group):
    text = ctl(*group, "--help").stdout.split("Commands:\n")[1].split("\n\n")[0]
    return [line.split()[0] for line in text.splitlines()]


def options_of(ctl, *command):
    return set(re.findall(r"--([a-z-]+)", ctl(*command, "--help").stdout))


@pytest.fixture
def surface(ctl):
    """Every command, with its options."""
    found = {}
    for command in commands_of(ctl):
        for words in ([(command, sub) for sub in commands_of(ctl, command)] if command in ("clients", "vault") else [(command,)]):
            found[" ".join(words)] = options_of(ctl, *words)
    assert len(found) >= 15
    return found


def man_blocks():
    """The manual page's commands, with the options documented below each."""
    text = read("docs", "man", "channelctl.1").split(".SH COMMANDS")[1].split(".SH OPTIONS")[0]
    blocks = {}
    for part in re.split(r"\n\.TP\n(?=\.BR?I? \"?[a-z])", text)[1:]:
        head = re.match(r"\.BR?I? (\"[a-z ]+\"|clients list|vault rotate\\-key|[a-z]+)", part).group(1).strip('"').replace("\\", "")
        blocks[head] = set(re.findall(r"^\.BR?I? \\-\\-([a-z\\-]+?)(?:=| |$)", part, re.M))
    return {name: {option.replace("\\", "") for option in options} for name, options in blocks.items()}


def test_manual_has_every_command_and_option(surface):
    common = {"help", "json", "no-ask-password", "timeout"}
    assert man_blocks() == {name: options - common for name, options in surface.items()}


def test_manual_has_common_options(ctl):
    text = read("docs", "man", "channelctl.1").split(".SH OPTIONS")[1].split(".SH EXIT")[0].replace("\\-", "-")
    for option in options_of(ctl):
        assert f"--{option}" in text


def test_manual_has_every_exit_status():
    text = read("docs", "man", "channelctl.1").split(".SH EXIT STATUS")[1].split(".SH ENVIRONMENT")[0]
    header = read("client", "channelctl", "exit.h")
    assert re.findall(r"^\.B (\d+)$", text, re.M) == re.findall(r"CK_EXIT_[A-Z_]+ = (\d+)", header)


def test_manual_is_well_formed():
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", os.path.join(TOP, "docs", "man", "channelctl.1")],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_completions_have_everything(surface, ctl, shell):
    text = read("client", "completions", COMPLETIONS[shell])
    for name, options in surface.items():
        for word in name.split():
            assert re.search(rf"\b{word}\b", text), name
        for option in options:
            assert re.search(rf"(--| -l ){option}\b", text), (name, option)
    known = set().union(*surface.values()) | options_of(ctl)
    assert set(re.findall(r"(?<![\w-])(?:--| -l )([a-z][a-z-]+)", text)) <= known


def complete(line, ctl):
    """What bash offers at the end of a line."""
    words = line.split(" ")
    program = f"""
source '{TOP}/client/completions/channelctl.bash'
COMP_WORDS=({" ".join(f"'{word}'" for word in words)})
COMP_CWORD={len(words) - 1}
_channelctl
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    env = {**ctl.env, "PATH": os.path.dirname(os.environ["CHANNELCTL"]) + ":" + os.environ["PATH"]}
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, env=env, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.mark.parametrize("line, offered", [
    ("channelctl re", {"reconnect", "renew", "remove"}),
    ("channelctl --json ver", {"verify"}),
    ("channelctl show ", {"tv"}),
    ("channelctl reconnect --d", {"--device"}),
    ("channelctl clients ", {"list", "add", "remove"}),
    ("channelctl clients add --pu", {"--public"}),
    ("channelctl list --state = exp", {"expiring", "expired"}),
    ("channelctl assign tv roo", {"root"}),
    ("channelctl vault ", {"rotate-key", "backup", "restore"}),
    ("channelctl vault restore x --k", {"--key"}),
])
def test_bash_completion(ctl, broker, line, offered):
    assert complete(line, ctl) == offered


def test_completions_without_a_service(ctl):
    assert complete("channelctl show ", ctl) == set()


def advice_words():
    return re.findall(r'#define CK_ADVICE_\w+ "([a-z-]+)"', read("common", "ck-advice.h"))


def test_every_advice_is_explained():
    text, listed = read("docs", "best-practices.md"), read("docs", "man", "channelkeeper.provider.5")
    assert len(advice_words()) == 6
    for word in advice_words():
        assert f"`{word}`" in text and word in listed


def test_every_shipped_platform_has_its_place():
    shipped = {name.split(".")[0] for name in os.listdir(os.path.join(TOP, "backends", "providers"))
               if name.endswith(".provider")} - {"oauth2", "oidc"}
    text = read("docs", "platforms", "README.md")
    assert {name for name in shipped if f"`{name}`" not in text} == set()


@pytest.mark.parametrize("page", sorted(os.listdir(os.path.join(TOP, "docs", "platforms"))))
def test_links_of_the_platforms_pages(page):
    text = read("docs", "platforms", page)
    assert len(text.splitlines()) <= 60, "a page is short"
    for target in re.findall(r"\]\(([^):#]+)[^)]*\)", text):
        assert os.path.exists(os.path.join(TOP, "docs", "platforms", target)), target
