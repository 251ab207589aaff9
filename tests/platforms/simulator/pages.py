# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages a person sees: log in, agree, type a device code."""

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

STYLE = "body{font:16px sans-serif;max-width:30em;margin:4em auto}input,button{font:inherit;margin:.3em 0}"


def page(title, body, status=200):
    text = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f"<style>{STYLE}</style></head><body><h1>{html.escape(title)}</h1>{body}</body></html>")
    return web.Response(text=text, status=status, content_type="text/html")


def _form(prompt, fields, button):
    return (f'<form method="post" action=""><input type="hidden" name="prompt" value="{prompt}">'
            f'{fields}<button type="submit">{button}</button></form>')


def login_page():
    return page("Log in to Lumen", _form(
        "login", '<label>Account <input name="login"></label><br>'
                 '<label>Password <input name="password" type="password"></label><br>', "Log in"))


def consent_page(account, scopes):
    wanted = ", ".join(scopes) or "nothing in particular"
    return page("Lumen", f"<p>The app asks {html.escape(account.display_name)} for: {html.escape(wanted)}.</p>"
                + _form("consent", "", "Agree") + '<p><a href="/oauth/authorize/abort">No</a></p>')


def code_page(user_code):
    return page("Lumen: connect a device", '<form method="post" action="/activate">'
                f'<label>Code <input name="user_code" value="{html.escape(user_code)}"></label><br>'
                '<button type="submit">Go on</button></form>')


def with_query(uri, **values):
    """`uri` with members added to its query."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, [parts.query, urlencode({k: v for k, v in values.items() if v})]))
    return urlunsplit(parts._replace(query=query))


def go_to(uri):
    return web.Response(status=302, headers={"Location": uri})
