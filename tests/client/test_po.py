# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every text has its German: channelctl's own, and the remedies of the shipped provider files."""

import ast
import os
import re
import subprocess

import pytest

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))


def run(*command):
    return subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": ""})


def languages():
    with open(os.path.join(TOP, "po", "LINGUAS"), encoding="utf-8") as stream:
        return [line.strip() for line in stream if line.strip() and not line.startswith("#")]


def texts(catalog):
    """msgid: msgstr of everything in it that is not obsolete."""
    found = {}
    for block in catalog.split("\n\n"):
        fields = {}
        for field in ("msgid", "msgstr"):
            match = re.search(rf'^{field} ((?:".*"\n?)+)', block, re.M)
            if match:
                fields[field] = "".join(ast.literal_eval(line) for line in match.group(1).splitlines())
        if fields.get("msgid"):
            found[fields["msgid"]] = "" if re.search(r"^#.*fuzzy", block, re.M) else fields["msgstr"]
    return found


@pytest.fixture(scope="module")
def template():
    done = run("po/update", "--pot")
    assert (done.returncode, done.stderr) == (0, "")
    return texts(done.stdout)


def test_there_is_german():
    assert "de" in languages()


@pytest.mark.parametrize("language", languages())
def test_catalog_is_complete(template, language):
    with open(os.path.join(TOP, "po", f"{language}.po"), encoding="utf-8") as stream:
        catalog = texts(stream.read())
    missing = sorted(text for text in template if not catalog.get(text))
    assert not missing, f"run po/update, then translate in po/{language}.po: {missing[:5]}"
    assert run("msgfmt", "--check", "--output=/dev/null", f"po/{language}.po").returncode == 0


@pytest.mark.parametrize("language", languages())
def test_numbered_steps_stay_numbered(template, language):
    with open(os.path.join(TOP, "po", f"{language}.po"), encoding="utf-8") as stream:
        catalog = texts(stream.read())
    for text in template:
        assert re.findall(r"(?<!\S)\d+\.(?=\s)", text) == re.findall(r"(?<!\S)\d+\.(?=\s)", catalog[text]), text


def test_every_file_with_texts_is_listed():
    with open(os.path.join(TOP, "po", "POTFILES"), encoding="utf-8") as stream:
        listed = set(stream.read().split())
    folder = os.path.join("client", "channelctl")
    with_texts = set()
    for name in os.listdir(os.path.join(TOP, folder)):
        if name.endswith(".c"):
            with open(os.path.join(TOP, folder, name), encoding="utf-8") as stream:
                if re.search(r"\bN?_ ?\(\"", stream.read()):
                    with_texts.add(os.path.join(folder, name))
    assert with_texts == listed


def test_remedies_are_in_the_template(template):
    """The keys of the groups [Remedy CAUSE], and no other key."""
    with open(os.path.join(TOP, "backends", "providers", "twitch.provider"), encoding="utf-8") as stream:
        remedies = re.findall(r"^Text=(.+)$", stream.read(), re.M)
    assert remedies and set(remedies) <= set(template)
    assert "Twitch" not in template and "twitch" not in template
