# SPDX-License-Identifier: LGPL-2.1-or-later
"""X with OAuth 1.0a: connected by browser and by PIN, requests signed for apps (the simulated platform
checks every signature with oauthlib), revoked, reconnected."""

import re
from urllib.parse import urlencode

import pytest
from harness import setups
from harness.browser import Browser
from harness.caller import BusError
from harness.http import request

ME = "https://api.x.com/2/users/me"
UPDATE = "https://api.x.com/1.1/statuses/update.json"
NEVER = 2 ** 53 - 1


@pytest.fixture
def x(platforms):
    return platforms("x-oauth1")


@pytest.fixture
def channel(x, root, alice):
    root.add_client("x", "x-oauth1", x.client_id, x.client_secret, redirect_uris=[x.redirect])
    return root.add_channel("feed", "x-oauth1", client="x", assigned_user="alice",
                            allowed_users=["studio"]).seen_by(alice)


def connect_by_pin(channel, account="alice"):
    """The person opens the link of the prompt and types the PIN that the page shows."""
    attempt = channel.reconnect(flow="device")
    number, style, details = attempt.prompt()
    assert style == "secret" and set(details) == {"message"}
    page = Browser(account).read(re.search(r"https://\S+", details["message"]).group())
    attempt.respond_secret(number, re.search(r"PIN in the app: (\d{7})", page).group(1) + "\n")
    return attempt.outcome()


def sign(channel, method, uri, parameters=None):
    return channel.call("SignRequest", "(ssa{ss}a{sv})", method, uri, parameters or {}, {})


def ask(channel, uri=ME):
    """What X answers to a request that the broker signed."""
    return request("GET", uri, headers={"authorization": sign(channel, "GET", uri)})


def post(channel, text):
    form = {"status": text, "include_entities": "true"}
    headers = {"authorization": sign(channel, "POST", UPDATE, form)}
    return request("POST", UPDATE, form, headers)


def refused(function, *args):
    with pytest.raises(BusError) as caught:
        function(*args)
    return caught.value


def test_browser_flow_and_signed_requests(channel, x, studio, ledger):
    since = len(x.requests())
    setups.connect(channel, "alice")
    there = x.control("accounts")["alice"]
    assert (channel.state, channel.prop("AccountId"), channel.prop("AccountName")) == (
        "connected", there["user_id"], "alice")
    assert channel.prop("ExpiresAt") == NEVER and not channel.prop("RenewsItself")
    # The account came with the token; the verify before it was adopted is the only question more.
    assert [entry["path"] for entry in x.requests()[since:] if "oauth/authorize" not in entry["path"]] == [
        "/oauth/request_token", "/oauth/access_token", "/2/users/me"]

    app = channel.seen_by(studio)
    assert ask(app).json()["data"]["id"] == there["user_id"]
    assert ask(app, f"{ME}?{urlencode({'user.fields': 'name,created at'})}").status == 200
    assert post(app, "Hello Ladies + Gentlemen, a signed OAuth request! é & %").status == 200
    assert post(app, "Hello Ladies + Gentlemen, a signed OAuth request! é & %").json()["errors"][0]["code"] == 187
    # Signed for one request: not for another one, not twice.
    signed = sign(app, "GET", ME)
    assert [request("GET", ME, headers={"authorization": signed}).status for _ in range(2)] == [200, 401]
    signed = sign(app, "GET", ME)
    assert request("GET", f"{ME}?a=b", headers={"authorization": signed}).status == 401
    assert sign(app, "GET", ME) != sign(app, "GET", ME)
    assert all(secret not in signed for secret in x.secrets() if not secret.startswith(there["user_id"]))


def test_apps_get_signatures_of_the_secret_that_works(x, idle_broker, callers, tmp_path_factory):
    """A client's new secret is in force while the old one still stands before it: what the platform took
    for the broker's own requests signs for the apps as well."""
    folder = tmp_path_factory.mktemp("credentials")
    for name, secret in (("old", "x-client-secret-of-last-year"), ("new", x.client_secret)):
        (folder / name).write_text(secret)
    for path in (folder, *folder.parents[:2]):
        path.chmod(0o755)
    idle_broker.extra_env["CREDENTIALS_DIRECTORY"] = str(folder)
    idle_broker.write_config("clients.d/x.client", "[Client]\nProvider=x-oauth1\n"
                             f"ClientId={x.client_id}\nSecretCredential=old new\nRedirectUris={x.redirect}\n")
    idle_broker.start()
    root = callers("root")
    channel = root.add_channel("feed", "x-oauth1", client="x", assigned_user="alice").seen_by(callers("alice"))
    setups.connect(channel, "alice")
    assert ask(channel).status == 200


def test_pin(channel, x):
    assert connect_by_pin(channel)[:2] == ("succeeded", "none")
    assert channel.state == "connected" and channel.prop("AccountName") == "alice"
    assert ask(channel).status == 200
    wrong = channel.reconnect(flow="device")
    wrong.respond_secret(wrong.prompt()[0], "0000000")
    assert wrong.outcome()[0] == "failed"
    assert channel.state == "connected" and ask(channel).status == 200


def test_the_person_says_no(channel, x):
    attempt = channel.reconnect(flow="browser")
    number, _style, details = attempt.prompt()
    attempt.respond(number, redirected_uri=Browser("alice", agrees=False).authorize(details["uri"]))
    assert attempt.outcome()[:2] == ("failed", "none")
    assert channel.state == "unconnected"


def test_bare_token_is_not_handed_out(channel, studio):
    setups.connect(channel, "alice")
    for method in ("GetAccessToken", "OpenAccessToken"):
        error = refused(channel.seen_by(studio).call, method)
        assert error.word == "NotSupported" and "SignRequest" in error.message


@pytest.mark.parametrize("method, uri, parameters", [
    ("GET /", ME, {}),
    ("", ME, {}),
    ("GET", ME.replace("https", "http"), {}),
    ("GET", ME + "#x", {}),
    ("GET", ME + "?oauth_token=x", {}),
    ("GET", ME + "/" + "a" * 8192, {}),
    ("POST", UPDATE, {"oauth_callback": "oob"}),
    ("POST", UPDATE, {"status": "a" * 65536}),
])
def test_bad_requests_are_not_signed(channel, method, uri, parameters):
    error = refused(sign, channel, method, uri, parameters)
    assert error.word == "InvalidArgument" and re.match("(method|uri|parameters): ", error.message)


def test_who_may_and_when(channel, studio, callers):
    """Never for a channel in a bad state, never for a stranger."""
    assert refused(sign, channel, "GET", ME).word == "NotConnected"
    setups.connect(channel, "alice")
    assert refused(sign, channel.seen_by(callers("bob")), "GET", ME).word == "NotAuthorized"
    channel.disconnect()
    assert refused(sign, channel, "GET", ME).word == "NotConnected"


def test_revoked_and_reconnected(channel, x, studio):
    setups.connect(channel, "alice")
    app = channel.seen_by(studio)
    x.remove_app("alice")
    answer = ask(app)
    assert answer.status == 401
    assert app.report(answer.status, answer.body) == "reconnect-needed"
    assert (channel.state, channel.cause) == ("revoked", "unknown-revoked")
    assert "Authorize app" in channel.prop("Remedy")
    assert refused(sign, app, "GET", ME).word == "Revoked"
    setups.connect(channel, "alice")
    assert channel.state == "connected" and ask(app).status == 200


@pytest.mark.parametrize("control, query, state, cause", [
    ("lock", {"account": "alice"}, "blocked", "account-checkpoint"),
    ("suspend-account", {"account": "alice"}, "blocked", "account-checkpoint"),
    ("suspend-app", {}, "suspended", "app-suspended"),
    ("settings", {"skew": 3600}, "suspended", "client-misconfigured"),
    ("rotate-secret", {}, "suspended", "client-misconfigured"),
])
def test_troubles(channel, x, control, query, state, cause):
    setups.connect(channel, "alice")
    x.control(control, **query)
    channel.verify()
    channel.verify()  # what is wrong with an app is seen twice before it is believed
    assert (channel.state, channel.cause) == (state, cause)
    assert channel.prop("Remedy")


def test_wrong_account(channel, x):
    setups.connect(channel, "alice")
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("mallory"))
    assert attempt.outcome()[:2] == ("failed", "wrong-account")
    assert channel.state == "connected" and ask(channel).status == 200


def test_given_back(channel, x):
    setups.connect(channel, "alice")
    assert channel.disconnect() == "revoked"
    assert x.requests()[-1]["path"] == "/1.1/oauth/invalidate_token" and x.requests()[-1]["status"] == 200
