# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP with the standard library: no redirect is followed unseen, no proxy is asked, and https is
believed from the simulated platforms alone."""

import http.client
import json
import ssl
from urllib.parse import urlencode, urlsplit

CA_FILE = "/run/ck/platforms/ca.pem"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def location(self):
        return self.headers.get("location")

    def json(self):
        return json.loads(self.body)


def _connect(parts, timeout):
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=CA_FILE)
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)


def request(method, uri, form=None, headers=None, timeout=10, document=None):
    """`form` or `document` is the body: a form's fields, or what goes as JSON."""
    parts = urlsplit(uri)
    connection = _connect(parts, timeout)
    try:
        headers = dict(headers or {})
        body = None
        if form is not None:
            body = urlencode(form)
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif document is not None:
            body = json.dumps(document)
            headers["content-type"] = "application/json"
        target = parts.path or "/"
        connection.request(method, target + (f"?{parts.query}" if parts.query else ""), body, headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()
