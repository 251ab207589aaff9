# SPDX-License-Identifier: LGPL-2.1-or-later
"""The OAuth servers that the other tests believe in, asked without Channelkeeper."""

import base64
import hashlib
import secrets
from http.client import IncompleteRead
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from harness import oidc as oidc_module
from harness import platform as platform_module
from harness.browser import Browser
from harness.http import request

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def basic(client_id, secret):
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


class Pkce:
    def __init__(self):
        self.verifier = secrets.token_urlsafe(32)
        digest = hashlib.sha256(self.verifier.encode()).digest()
        self.challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def code_from(redirect):
    return parse_qs(urlsplit(redirect).query)["code"][0]


# ---- the real OAuth server ---------------------------------------------------------------------


def oidc_code(oidc, account, pkce, client="web", redirect=None, agrees=True):
    query = {"client_id": client, "response_type": "code", "redirect_uri": redirect or oidc.web_redirect,
             "scope": "openid offline_access profile publish", "prompt": "consent", "state": "xyz",
             "nonce": "n-0001", "code_challenge": pkce.challenge, "code_challenge_method": "S256"}
    return Browser(account, agrees).authorize(f"{oidc.issuer}/auth?{urlencode(query)}")


def oidc_token(oidc, **form):
    return request("POST", f"{oidc.issuer}/token", form, basic("web", oidc_module.WEB_SECRET))


def oidc_grant(oidc, account):
    pkce = Pkce()
    redirect = oidc_code(oidc, account, pkce)
    return oidc_token(oidc, grant_type="authorization_code", code=code_from(redirect),
                      redirect_uri=oidc.web_redirect, code_verifier=pkce.verifier).json()


def test_oidc_browser_flow(oidc):
    grant = oidc_grant(oidc, "alice-channel")
    assert grant["expires_in"] == 3600
    assert oidc.accepts(grant["access_token"]) == "alice-channel"
    assert oidc.accepts("not-a-token") is None
    assert {grant["access_token"], grant["refresh_token"], oidc_module.WEB_SECRET} <= set(oidc.secrets())


def test_oidc_public_client_on_any_port(oidc):
    redirect = oidc_code(oidc, "alice-channel", Pkce(), "app", "http://127.0.0.1:45671/cb")
    assert redirect.startswith("http://127.0.0.1:45671/cb?code=")


def test_oidc_person_says_no(oidc):
    redirect = oidc_code(oidc, "alice-channel", Pkce(), agrees=False)
    assert parse_qs(urlsplit(redirect).query)["error"] == ["access_denied"]


def test_oidc_device_flow(oidc):
    begun = request("POST", f"{oidc.issuer}/device/auth", {"client_id": "tv", "scope": "openid publish"}).json()
    form = {"grant_type": DEVICE_GRANT, "client_id": "tv", "device_code": begun["device_code"]}
    assert request("POST", f"{oidc.issuer}/token", form).json()["error"] == "authorization_pending"
    Browser("bob-channel").enter_code(begun["verification_uri"], begun["user_code"])
    grant = request("POST", f"{oidc.issuer}/token", form).json()
    assert oidc.accepts(grant["access_token"]) == "bob-channel"


def test_oidc_rotation_kills_the_family(oidc):
    first = oidc_grant(oidc, "alice-channel")
    since = len(oidc.requests())
    second = oidc_token(oidc, grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert oidc_token(oidc, grant_type="refresh_token", refresh_token=first["refresh_token"]).status == 400
    assert oidc_token(oidc, grant_type="refresh_token", refresh_token=second["refresh_token"]).status == 400
    assert oidc.accepts(second["access_token"]) is None
    seen = oidc.token_requests(since=since)
    assert [entry["presented"] for entry in seen] == [first["refresh_token"]] * 2 + [second["refresh_token"]]
    assert [entry["status"] for entry in seen] == [200, 400, 400]


def test_oidc_revoked_by_the_person(oidc):
    grant = oidc_grant(oidc, "carol-channel")
    other = oidc_grant(oidc, "dora-channel")
    assert oidc.revoke_account("carol-channel") >= 1
    assert oidc.accepts(grant["access_token"]) is None
    refused = oidc_token(oidc, grant_type="refresh_token", refresh_token=grant["refresh_token"])
    assert (refused.status, refused.json()["error"]) == (400, "invalid_grant")
    assert oidc.accepts(other["access_token"]) == "dora-channel"


def test_oidc_short_tokens_and_lost_answers(oidc):
    oidc.settings(accessTtl=7)
    grant = oidc_grant(oidc, "alice-channel")
    assert grant["expires_in"] == 7
    oidc.lose_answer()
    since = len(oidc.requests())
    with pytest.raises(OSError):
        oidc_token(oidc, grant_type="refresh_token", refresh_token=grant["refresh_token"])
    entry = oidc.token_requests(since=since)[0]
    assert (entry["status"], entry["lost"]) == (200, True)


@pytest.mark.parametrize("mode, status, begins", [
    ("500", 500, b"boom"), ("429", 429, b'{"error"'), ("html", 200, b"<!doctype"), ("huge", 200, b'{"access_token":"AAAA'),
    ("deep", 200, b"[[[["), ("redirect", 307, b""), ("junk", 200, b'{"access_token":'),
    ("invalid-client", 401, b'{"error":"invalid_client"'), ("echo", 400, b'{"error":"invalid_request"'),
])
def test_oidc_faults(oidc, mode, status, begins):
    oidc.fault(mode, times=1)
    answer = oidc_token(oidc, grant_type="refresh_token", refresh_token="none-of-yours")
    assert answer.status == status
    assert answer.body.startswith(begins)
    assert oidc_token(oidc, grant_type="refresh_token", refresh_token="none-of-yours").json()["error"] == "invalid_grant"


@pytest.mark.parametrize("mode", ["hang", "truncated"])
def test_oidc_faults_without_an_end(oidc, mode):
    oidc.fault(mode, times=1)
    with pytest.raises((TimeoutError, IncompleteRead)):
        request("POST", f"{oidc.issuer}/token", {"grant_type": "refresh_token"}, timeout=1)


# ---- the simulated platform --------------------------------------------------------------------


def platform_grant(platform, account="alice"):
    pkce = Pkce()
    query = {"client_id": platform_module.CLIENT_ID, "response_type": "code", "scope": "publish chat", "state": "s",
             "redirect_uri": platform.redirect, "code_challenge": pkce.challenge, "code_challenge_method": "S256"}
    redirect = Browser(account).authorize(f"{platform.origin}/oauth/authorize?{urlencode(query)}")
    assert parse_qs(urlsplit(redirect).query)["iss"] == [platform.origin]
    return platform_token(platform, grant_type="authorization_code", code=code_from(redirect),
                          redirect_uri=platform.redirect, code_verifier=pkce.verifier).json()


def platform_token(platform, **form):
    return request("POST", f"{platform.origin}/oauth/token", {
        "client_id": platform_module.CLIENT_ID, "client_secret": platform_module.CLIENT_SECRET, **form})


def platform_refresh(platform, grant):
    return platform_token(platform, grant_type="refresh_token", refresh_token=grant["refresh_token"])


def test_platform_browser_flow_and_validate(platform):
    grant = platform_grant(platform)
    assert grant["expires_in"] == 60
    assert platform.accepts(grant["access_token"]) == "alice"
    told = request("GET", f"{platform.origin}/oauth/validate",
                   headers={"authorization": f"OAuth {grant['access_token']}"}).json()
    assert (told["login"], told["scopes"]) == ("alice", ["publish", "chat"])


def test_platform_device_flow(platform):
    begun = request("POST", f"{platform.origin}/oauth/device", {
        "client_id": platform_module.CLIENT_ID, "client_secret": platform_module.CLIENT_SECRET}).json()
    Browser("bob").enter_code(begun["verification_uri"], begun["user_code"])
    grant = platform_token(platform, grant_type=DEVICE_GRANT, device_code=begun["device_code"]).json()
    assert platform.accepts(grant["access_token"]) == "bob"


def test_platform_refresh_tokens_work_once(platform):
    first = platform_grant(platform)
    since = len(platform.requests())
    second = platform_refresh(platform, first).json()
    assert platform_refresh(platform, first).json()["error_description"] == "refresh token replayed"
    assert platform_refresh(platform, second).status == 400
    log = platform.token_requests(since=since)
    assert [entry["status"] for entry in log] == [200, 400, 400]
    assert log[0]["presented"] == log[1]["presented"] != log[2]["presented"] == log[0]["issued"]


def test_platform_clock(platform):
    grant = platform_grant(platform)
    platform.settings(speed=1e6)
    assert platform.accepts(grant["access_token"]) is None


@pytest.mark.parametrize("ending, words", [("change_password", "password changed"),
                                           ("remove_app", "authorization revoked")])
def test_platform_ends_grants(platform, ending, words):
    grant, other = platform_grant(platform, "alice"), platform_grant(platform, "bob")
    assert getattr(platform, ending)("alice") >= 1
    assert platform.accepts(grant["access_token"]) is None
    assert platform_refresh(platform, grant).json()["error_description"] == words
    assert platform.accepts(other["access_token"]) == "bob"


def test_platform_loses_an_answer(platform):
    grant = platform_grant(platform)
    platform.lose_answer()
    with pytest.raises(OSError):
        platform_refresh(platform, grant)
    assert platform_refresh(platform, grant).json()["error_description"] == "refresh token replayed"


@pytest.mark.parametrize("mode, status", [("500", 500), ("429", 429), ("html", 200), ("huge", 200), ("deep", 200),
                                          ("redirect", 307)])
def test_platform_faults(platform, mode, status):
    platform.fault(mode, times=1)
    assert platform_token(platform, grant_type="refresh_token").status == status
    assert platform_token(platform, grant_type="refresh_token").status == 400
