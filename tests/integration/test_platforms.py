# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated platforms under their real names, asked without Channelkeeper."""

import ssl
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from harness.browser import Browser
from harness.http import request
from harness.platform import REDIRECT

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TWITCH = "https://id.twitch.tv/oauth2"


@pytest.fixture
def twitch(platforms):
    return platforms("twitch")


def redirected(account, uri, **query):
    query = {"response_type": "code", "redirect_uri": REDIRECT, "state": "s", **query}
    return parse_qs(urlsplit(Browser(account).authorize(f"{uri}?{urlencode(query)}")).query)


def token(twitch, **form):
    return request("POST", f"{TWITCH}/token", {"client_id": twitch.client_id, "client_secret": twitch.client_secret,
                                               **form})


def twitch_grant(twitch, account="alice"):
    code = redirected(account, f"{TWITCH}/authorize", client_id=twitch.client_id,
                      scope="channel:manage:broadcast user:read:chat")["code"][0]
    return token(twitch, grant_type="authorization_code", code=code, redirect_uri=REDIRECT).json()


def validate(value):
    return request("GET", f"{TWITCH}/validate", headers={"authorization": f"OAuth {value}"})


def test_real_name_and_a_certificate_that_is_checked(twitch):
    assert request("GET", f"{TWITCH}/validate").json() == {"status": 401, "message": "missing authorization token"}
    with pytest.raises(ssl.SSLCertVerificationError):
        request("GET", "https://localhost/")


def test_twitch_user_token(twitch):
    grant = twitch_grant(twitch)
    assert grant["scope"] == ["channel:manage:broadcast", "user:read:chat"] and grant["expires_in"] == 14146
    told = validate(grant["access_token"]).json()
    assert (told["login"], told["scopes"]) == ("alice", grant["scope"])
    headers = {"authorization": f"Bearer {grant['access_token']}"}
    users = "https://api.twitch.tv/helix/users"
    assert request("GET", users, headers=headers).json()["message"] == "Client-Id header required"
    headers["client-id"] = twitch.client_id
    assert request("GET", users, headers=headers).json()["data"][0]["id"] == told["user_id"]
    again = token(twitch, grant_type="refresh_token", refresh_token=grant["refresh_token"]).json()
    assert again["refresh_token"] == grant["refresh_token"] and again["access_token"] != grant["access_token"]


def test_twitch_public_client(twitch):
    """A device code, no secret, and refresh tokens that work once."""
    begun = request("POST", f"{TWITCH}/device", {"client_id": "twitch-device", "scopes": "user:read:chat"}).json()
    form = {"client_id": "twitch-device", "client_secret": "", "device_code": begun["device_code"],
            "grant_type": DEVICE_GRANT}
    assert token(twitch, **form).json() == {"status": 400, "message": "authorization_pending"}
    Browser("bob").enter_code(begun["verification_uri"], begun["user_code"])
    twitch.advance(10)
    grant = token(twitch, **form).json()
    assert validate(grant["access_token"]).json()["login"] == "bob"
    form = {"client_id": "twitch-device", "client_secret": "", "grant_type": "refresh_token"}
    second = token(twitch, **form, refresh_token=grant["refresh_token"]).json()
    assert token(twitch, **form, refresh_token=grant["refresh_token"]).json()["message"] == "Invalid refresh token"
    assert token(twitch, **form, refresh_token=second["refresh_token"]).status == 400


def test_twitch_app_token(twitch):
    answer = token(twitch, grant_type="client_credentials").json()
    assert "refresh_token" not in answer and answer["expires_in"] == 4999199
    told = validate(answer["access_token"]).json()
    assert "user_id" not in told and told["client_id"] == twitch.client_id
    assert token(twitch, grant_type="client_credentials", client_secret="wrong").status == 403


@pytest.mark.parametrize("ending", ["change_password", "remove_app"])
def test_twitch_ends_grants(twitch, ending):
    grant, other = twitch_grant(twitch, "alice"), twitch_grant(twitch, "bob")
    assert getattr(twitch, ending)("alice") == 1
    assert validate(grant["access_token"]).json() == {"status": 401, "message": "invalid access token"}
    refused = token(twitch, grant_type="refresh_token", refresh_token=grant["refresh_token"])
    assert (refused.status, refused.json()["message"]) == (400, "Invalid refresh token")
    assert validate(other["access_token"]).status == 200


def test_who_is_in_charge(twitch):
    """What the control side can do at every platform, seen from outside."""
    secret = twitch.control("rotate-secret")
    assert token(twitch, grant_type="client_credentials").status == 403
    assert token(twitch, grant_type="client_credentials", client_secret=secret).status == 200
    twitch.control("restore-secret", secret=twitch.client_secret)
    twitch.control("login-as", account="mallory")
    assert validate(twitch_grant(twitch)["access_token"]).json()["login"] == "mallory"
    twitch.control("login-as")
    twitch.control("narrow", scopes="user:read:chat")
    assert twitch_grant(twitch)["scope"] == ["user:read:chat"]
    twitch.control("narrow")
    twitch.control("deny")
    assert redirected("alice", f"{TWITCH}/authorize", client_id=twitch.client_id)["error"] == ["access_denied"]
    twitch.control("deny", denies="false")
    grant = twitch_grant(twitch)
    twitch.advance(14147)
    assert validate(grant["access_token"]).status == 401
    twitch.fault("refuse:rate-limited", "/oauth2/validate", 1)
    assert validate("none").headers["ratelimit-remaining"] == "0"
    twitch.fault("answer", "/oauth2/validate", 1, status=418, body='{"tea":true}')
    assert (validate("none").status, validate("none").status) == (418, 401)
    twitch.control("suspend-app")
    assert token(twitch, grant_type="client_credentials").json()["message"] == "invalid client"
