# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the manual pages show, to be run as it stands there."""

import os
import re

from guest import TESTS


def documented(section, page="channelkeeperd.8"):
    """The files and commands that a page shows under a heading."""
    with open(os.path.join(TESTS, "..", "docs", "man", page), encoding="utf-8") as stream:
        text = re.split(f'\n\\.S[Hh] "?{section}"?\n', stream.read())[1]
    text = re.split(r"\n\.S[Hh] ", text)[0]
    found = re.findall(r"^\.(?:EX|Bd -literal[^\n]*)\n(.*?)^\.E[Ed]$", text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} shows nothing under {section}"
    return [block.replace("\\-", "-").replace("\\e", "\\") for block in found]


def write_documented(guest, text):
    """A file that begins with its name in a comment, as those of the manual do."""
    guest.write(re.match("# (/.*)\n", text).group(1), text)
