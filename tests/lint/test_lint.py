# SPDX-License-Identifier: LGPL-2.1-or-later
"""Each rule finds what it is for, and lets good code pass."""

import os
import subprocess
import sys

import pytest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "check-source.py")
SPDX = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
C = SPDX + '#include "config.h"\n'
XML = """<!-- SPDX-License-Identifier: LGPL-2.1-or-later -->
<node><interface name="org.channelkeeper.Test1">
<!-- Get: @name: which one -->
<method name="Get"><annotation name="org.channelkeeper.PolkitAction" value="none"/>
<arg name="name" type="s" direction="in"/></method>
<!-- Count: how many -->
<property name="Count" type="u" access="read">
<annotation name="org.freedesktop.DBus.Property.EmitsChangedSignal" value="true"/></property>
</interface></node>
"""


def lint(top, files):
    for name, text in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    answer = subprocess.run([sys.executable, PROGRAM, str(top)], capture_output=True, text=True, check=False)
    assert answer.returncode == (1 if answer.stdout else 0), answer
    return answer.stdout


def test_good_code_passes(tmp_path):
    assert lint(tmp_path, {
        "common/ck-a.h": SPDX + "#pragma once\n",
        "broker/ck-b.h": SPDX + "#pragma once\n",
        "broker/ck-b.c": C + '#include "ck-b.h"\n#include "common/ck-a.h"\nstatic guint signals[2];\n',
        "dbus/t.xml": XML,
    }) == ""


@pytest.mark.parametrize("name, text, words", [
    ("broker/a.c", '#include "config.h"\n', "no SPDX line"),
    ("broker/a.c", SPDX + "#include <glib.h>\n", "first include is not config.h"),
    ("broker/a.h", SPDX, "no #pragma once"),
    ("broker/a.c", C + "/* TODO */\n", "unfinished work"),
    ("broker/a.c", C + "static int counter;\n", "a static that can change"),
    ("broker/a.c", C + "  static char *last = NULL;\n", "a static that can change"),
    ("broker/a.c", C + "\n" * 601, "two subjects"),
    ("broker/a.c", C + "void\nf (void)\n{\n" + "  g ();\n" * 81 + "}\n", "a function of 81 lines"),
    ("broker/a.c", C + "{\n  goto out;\n}\n", "goto"),
    ("broker/a.c", C + "{\n  x = g_strdup (access_token);\n}\n", "nobody wipes"),
    ("broker/a.c", C + "{\n  g_dbus_connection_call_sync (c);\n}\n", "blocks the main loop"),
    ("backends/a.c", C + "{\n  curl_easy_setopt (c, CURLOPT_VERBOSE, 1L);\n}\n", "curl printing"),
    ("package-lock.json", '{\n  "resolved": "x"\n}\n', "where npm took"),
    ("dbus/t.xml", XML.replace('value="none"', 'value="org.channelkeeper.nothing"'), "no polkit action"),
    ("dbus/t.xml", XML.replace("<!-- Get:", "<!-- Other:"), "Get: not documented"),
    ("dbus/t.xml", XML.replace("@name:", "@other:"), "argument name is not documented"),
    ("dbus/t.xml", XML.replace("EmitsChangedSignal", "Something"), "no EmitsChangedSignal"),
    ("dbus/t.xml", XML.replace('access="read"', 'access="readwrite"'), "a writable property"),
])
def test_bad_code_is_found(tmp_path, name, text, words):
    assert words in lint(tmp_path, {name: text})


@pytest.mark.parametrize("folder, other", [("broker", "dbus"), ("backends", "broker"), ("policy", "dbus"),
                                           ("client", "broker"), ("common", "policy"), ("dbus", "backends")])
def test_arrows_run_one_way(tmp_path, folder, other):
    files = {f"{other}/ck-other.h": SPDX + "#pragma once\n", f"{folder}/ck-a.c": C + f'#include "{other}/ck-other.h"\n'}
    assert f"{folder}/ may not include {other}/ck-other.h" in lint(tmp_path, files)


@pytest.mark.parametrize("path, may", [("broker/config/ck-other.h", True), ("backends/stack/ck-other.h", True),
                                       ("broker/channel/ck-other.h", False), ("backends/worker/ck-other.h", False)])
def test_channelctl_sees_the_readers_of_files_alone(tmp_path, path, may):
    files = {path: SPDX + "#pragma once\n", "client/ck-a.c": C + '#include "ck-other.h"\n'}
    assert (f"client/ may not include {path}" not in lint(tmp_path, files)) == may
