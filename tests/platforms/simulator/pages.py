# SPDX-License-Identifier: LGPL-2.1-or-later
"""The pages a person sees: log in, agree, type a device code."""

import html
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

STYLE = "body{font:16px sans-serif;max-width:30em;margin:4em auto}input,button,select{font:inherit;margin:.3em 0}"


def page(title, body, status=200):
    text = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            f"<style>{STYLE}</style></head><body><h1>{html.escape(title)}</h1>{body}</body></html>")
    return web.Response(text=text, status=status, content_type="text/html")


def _form(prompt, key, fields, button):
    return (f'<form method="post" action=""><input type="hidden" name="prompt" value="{prompt}">'
            f'<input type="hidden" name="xsrf" value="{key}">{fields}<button type="submit">{button}</button></form>')


def login_page(title, key):
    return page(f"Log in to {title}", _form(
        "login", key, '<label>Account <input name="login"></label><br>'
                      '<label>Password <input name="password" type="password"></label><br>', "Log in"))


def consent_page(title, key, person, scopes, pages):
    """Each scope can be unticked and, where there are several, a page chosen. `chosen` tells a
    browser's form from that of a script which only agrees."""
    ticks = "".join(f'<label><input type="checkbox" name="scope" value="{html.escape(scope)}" checked> '
                    f"{html.escape(scope)}</label><br>" for scope in scopes)
    choices = "".join(f'<option value="{html.escape(number)}">{html.escape(name)}</option>'
                      for number, name in pages.items())
    picker = f'<label>As <select name="page">{choices}</select></label><br>' if choices else ""
    wanted = ", ".join(scopes) or "nothing in particular"
    return page(title, f"<p>The app asks {html.escape(person)} for: {html.escape(wanted)}.</p>"
                + _form("consent", key, f'<input type="hidden" name="chosen" value="1">{ticks}{picker}', "Agree")
                + f'<p><a href="/_consent/{key}/abort">No</a></p>')


def code_page(title, user_code):
    return page(f"{title}: connect a device", '<form method="post" action="">'
                f'<label>Code <input name="user_code" value="{html.escape(user_code)}"></label><br>'
                '<button type="submit">Go on</button></form>')


def with_query(uri, **values):
    """`uri` with members added to its query; empty ones are left out."""
    parts = urlsplit(uri)
    query = "&".join(filter(None, [parts.query, urlencode({k: v for k, v in values.items() if v})]))
    return urlunsplit(parts._replace(query=query))


def go_to(uri):
    return web.Response(status=302, headers={"Location": uri})
