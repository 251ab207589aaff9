# SPDX-License-Identifier: LGPL-2.1-or-later
"""A certificate authority that lives as long as the server, made with openssl(1)."""

import os
import ssl
import subprocess

CA = "ca.pem"


def _openssl(folder, *arguments):
    result = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"openssl {arguments[0]}: {result.stderr}")


def make(folder, hosts):
    """Writes `folder`/ca.pem, which is to be trusted; the TLS context of a server for `hosts`. The
    authority's key is gone afterwards."""
    os.makedirs(folder, mode=0o755, exist_ok=True)
    names = ",".join(f"DNS:{host}" for host in sorted(hosts))
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30")
    _openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out", CA, "-subj", "/CN=Channelkeeper test authority",
             "-addext", "keyUsage=critical,keyCertSign")
    _openssl(folder, "req", "-x509", *new, "-keyout", "server.key", "-out", "server.pem", "-CA", CA, "-CAkey", "ca.key",
             "-subj", "/CN=Simulated platforms", "-addext", f"subjectAltName={names}",
             "-addext", "basicConstraints=critical,CA:FALSE")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, "server.pem"), os.path.join(folder, "server.key"))
    os.unlink(os.path.join(folder, "ca.key"))
    return context
