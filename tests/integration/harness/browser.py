# SPDX-License-Identifier: LGPL-2.1-or-later
"""A person with a browser, at the pages that the OAuth servers show."""

import html
import re
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

from .http import request


def _field(page, name):
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else None


def _words(page):
    text = re.sub(r"<(style|script|title)\b.*?</\1>|<[^>]*>", " ", page, flags=re.S)
    return " ".join(html.unescape(text).split())


class Browser:
    """Keeps cookies, follows redirects on one site, logs in as `account`, agrees to everything."""

    def __init__(self, account, agrees=True):
        self.account = account
        self.agrees = agrees
        self.cookies = {}
        self.visited = []
        self.pages = []  # what was on each page that was answered, in words

    def _go(self, method, uri, form=None):
        parts = urlsplit(uri)
        site = parts.netloc
        self.visited.append(uri)
        jar = self.cookies.setdefault(site, {})
        mine = [name_value for name_value, path in jar.values() if parts.path.startswith(path)]
        answer = request(method, uri, form, {"cookie": "; ".join(mine)} if mine else None)
        for header in answer.headers.get_all("set-cookie") or []:
            for name, morsel in SimpleCookie(header).items():
                path = morsel["path"] or "/"
                if morsel.value and "1970" not in morsel["expires"]:
                    jar[name, path] = (f"{name}={morsel.coded_value}", path)
                else:
                    jar.pop((name, path), None)
        return answer

    def _answer_page(self, uri, page):
        """Fills in the form that `page` shows; the answer to sending it."""
        prompt = _field(page, "prompt")
        self.pages.append(_words(page))
        action = re.search(r'<form[^>]*action="([^"]*)"', page)
        assert action, f"a page without a form at {uri}: {page[:400]}"
        target = urljoin(uri, action.group(1).replace("&amp;", "&"))
        form = {"prompt": prompt} if prompt else {}
        if prompt == "login":
            form.update(login=self.account, password="any")
        if _field(page, "xsrf"):
            form["xsrf"] = _field(page, "xsrf")
        if _field(page, "user_code"):
            form.update(user_code=_field(page, "user_code"), confirm="yes")
        if prompt == "consent" and not self.agrees:
            abort = re.search(r'href="([^"]*/abort)"', page)
            return self._go("GET", urljoin(uri, abort.group(1)))
        return self._go("POST", target, form)

    def _walk(self, answer, uri, site):
        """Follows pages and redirects until one leaves `site` or the pages end."""
        for _ in range(30):
            if answer.location:
                uri = urljoin(uri, answer.location)
                if urlsplit(uri).netloc != site:
                    return uri, None
                answer = self._go("GET", uri)
                continue
            page = answer.body.decode(errors="replace")
            if answer.status >= 400 or "<form" not in page or 'name="prompt"' not in page and 'name="user_code"' not in page:
                return uri, page
            answer = self._answer_page(uri, page)
        raise AssertionError(f"the browser went in circles: {self.visited}")

    def authorize(self, uri):
        """Opens an authorization URI; the redirect URI that the platform sends the browser to."""
        redirect, page = self._walk(self._go("GET", uri), uri, urlsplit(uri).netloc)
        assert page is None, f"the platform showed a page instead of redirecting: {page[:600]}"
        return redirect

    def enter_code(self, uri, user_code):
        """Opens a device flow's verification page, types the code and agrees; the last page."""
        site = urlsplit(uri).netloc
        page = self._go("GET", uri).body.decode(errors="replace")
        form = {"user_code": user_code}
        if _field(page, "xsrf"):
            form["xsrf"] = _field(page, "xsrf")
        answer = self._go("POST", urljoin(uri, urlsplit(uri).path), form)
        return self._walk(answer, uri, site)[1]

    def read(self, uri):
        """Opens a page, logs in and agrees; the words of the last page."""
        return _words(self._walk(self._go("GET", uri), uri, urlsplit(uri).netloc)[1])
