# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rules about single files: sizes, licences, includes, words that must not occur."""

import os
import re

MAX_FILE = 600
MAX_FUNCTION = 80
MAX_NESTING = 5  # levels of two spaces, the function's own included; `case` costs one

CODE = (".c", ".h", ".py", ".sh", ".mjs", ".js", ".xml", ".conf", ".policy", ".rules", ".provider")
SCRIPT_DIRS = ("tools/", ".ci/", "tests/integration/", "tests/platforms/", "tests/soak/", "tests/bench/")
DATA = (".json", ".ini", ".md")
HERE = "tests/lint/"

# (what it is, pattern, only below these folders)
FORBIDDEN = [
    ("unfinished work", re.compile(r"\b(TODO|FIXME|XXX)\b"), None),
    ("curl printing what it sends", re.compile(r"CURLOPT_VERBOSE|CURLOPT_DEBUGFUNCTION"), None),
    ("goto", re.compile(r"^\s+goto \w+;"), None),
    ("a thread for every call", re.compile(r"g-authorize-method"), None),
    ("a copy of a secret that nobody wipes", re.compile(
        r"g_strn?dup(_printf)? \([^;]*\b(access_token|refresh_token|client_secret|code_verifier)\b"),
     ("broker/", "dbus/", "client/", "common/")),
    ("a call that blocks the main loop", re.compile(
        r"polkit_authority_check_authorization_sync|g_dbus_connection_call_sync|g_dbus_proxy_call_sync"
        r"|g_main_context_iteration|secret_password_\w+_sync"), ("broker/", "dbus/", "policy/")),
    ("a package registry's address", re.compile(
        r"\b(registry|deb|security|snapshot|proxy|static|index|files)\.(npmjs|yarnpkg|debian|golang|crates|pythonhosted)\."),
     None),
    ("where npm took a package from", re.compile(r'^\s*"resolved":'), None),
]

# GObject's own idiom: written once, when the class is made.
STATIC_IDIOM = re.compile(r"static (GParamSpec \*|guint |GQuark |const |inline |GOnce |gsize )|G_DEFINE|static_assert")
MUTABLE_STATIC = re.compile(r"^\s*static [A-Za-z_][\w *]*[\w\]](\[[^]]*\])*( =.*|;)$")


def check(files):
    findings = []
    scripts = [path for path in files.paths if path.startswith(SCRIPT_DIRS) and not path.endswith(DATA)]
    for path in files.of_kind(*CODE) + scripts:
        lines = files.lines(path)
        findings += licence(path, lines)
        findings += forbidden(path, lines)
        if len(lines) > MAX_FILE:
            findings.append(f"{path}:1: {len(lines)} lines, more than {MAX_FILE}: two subjects")
    for path in files.of_kind("package-lock.json"):
        findings += forbidden(path, files.lines(path))
    for path in files.of_kind(".c"):
        lines = files.lines(path)
        findings += functions(path, lines)
        findings += statics(path, lines)
        findings += first_includes(files, path, lines)
    for path in files.of_kind(".h"):
        if "#pragma once" not in files.lines(path):
            findings.append(f"{path}:1: no #pragma once")
    return findings


def licence(path, lines):
    if path.endswith(DATA) or "/packages/" in path or not lines:
        return []
    if any("SPDX-License-Identifier: LGPL-2.1-or-later" in line for line in lines[:6]):
        return []
    return [f"{path}:1: no SPDX line"]


def forbidden(path, lines):
    if path.startswith(HERE):
        return []
    return [f"{path}:{number}: {what}"
            for number, line in enumerate(lines, 1)
            for what, pattern, folders in FORBIDDEN
            if (folders is None or path.startswith(folders)) and pattern.search(line)]


def functions(path, lines):
    findings, start = [], None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start - 1 > MAX_FUNCTION:
                findings.append(f"{path}:{start}: a function of {number - start - 1} lines, more than {MAX_FUNCTION}")
            start = None
        elif start and re.match(r" {%d,}(if|for|while|switch) \(" % (4 * MAX_NESTING), line):
            findings.append(f"{path}:{number}: nested too deep")
    return findings


def statics(path, lines):
    if path.startswith("tests/"):
        return []
    return [f"{path}:{number}: a static that can change"
            for number, line in enumerate(lines, 1)
            if MUTABLE_STATIC.match(line) and not STATIC_IDIOM.search(line) and "const " not in line]


def first_includes(files, path, lines):
    """config.h, then the header of the same name where there is one."""
    if "/example" in path:  # built outside the project
        return []
    includes = [line.split()[1].strip('"<>') for line in lines if line.startswith("#include ")]
    if not includes or includes[0] != "config.h":
        return [f"{path}:1: the first include is not config.h"]
    own = os.path.basename(path)[:-2] + ".h"
    if os.path.dirname(path) + "/" + own in files.paths:
        if len(includes) < 2 or os.path.basename(includes[1]) not in (own, own[:-2] + "-private.h"):
            return [f"{path}:1: the second include is not its own header"]
    return []
