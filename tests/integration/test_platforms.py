# SPDX-License-Identifier: LGPL-2.1-or-later
"""The simulated platforms under their real names, asked without Channelkeeper."""

import base64
import hashlib
import ssl
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from harness.browser import Browser
from harness.http import request

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
TWITCH = "https://id.twitch.tv/oauth2"


@pytest.fixture
def twitch(platforms):
    return platforms("twitch")


def redirected(platform, account, uri, **query):
    query = {"response_type": "code", "redirect_uri": platform.redirect, "state": "s", "client_id": platform.client_id,
             **query}
    return parse_qs(urlsplit(Browser(account).authorize(f"{uri}?{urlencode(query)}")).query)


def token(twitch, **form):
    return request("POST", f"{TWITCH}/token", {"client_id": twitch.client_id, "client_secret": twitch.client_secret,
                                               **form})


def twitch_grant(twitch, account="alice"):
    code = redirected(twitch, account, f"{TWITCH}/authorize",
                      scope="channel:manage:broadcast user:read:chat")["code"][0]
    return token(twitch, grant_type="authorization_code", code=code, redirect_uri=twitch.redirect).json()


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
    assert redirected(twitch, "alice", f"{TWITCH}/authorize")["error"] == ["access_denied"]
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


# ---- Google ------------------------------------------------------------------------------------

GOOGLE = "https://oauth2.googleapis.com"
YOUTUBE = "https://www.googleapis.com/auth/youtube"
CHANNELS = "https://www.googleapis.com/youtube/v3/channels?part=id,snippet&mine=true"


@pytest.fixture
def google(platforms):
    return platforms("google")


def google_token(google, **form):
    return request("POST", f"{GOOGLE}/token", {"client_id": google.client_id, "client_secret": google.client_secret,
                                               **form})


def google_grant(google, account="alice", prompt="consent"):
    code = redirected(google, account, "https://accounts.google.com/o/oauth2/v2/auth",
                      scope=f"openid {YOUTUBE}", access_type="offline", prompt=prompt)["code"][0]
    return google_token(google, grant_type="authorization_code", code=code, redirect_uri=google.redirect).json()


def google_refresh(google, grant):
    return google_token(google, grant_type="refresh_token", refresh_token=grant["refresh_token"])


def bearer(grant, uri):
    return request("GET", uri, headers={"authorization": f"Bearer {grant['access_token']}"})


def test_google_refresh_tokens(google):
    """The first consent alone brings one unless the app insists, a renewal never, and 100 live at once."""
    first = google_grant(google, prompt="")
    assert "refresh_token" not in google_grant(google, prompt="")
    renewed = google_refresh(google, first).json()
    assert "refresh_token" not in renewed and renewed["expires_in"] == 3599
    for _ in range(99):
        google_grant(google)
    assert google_refresh(google, first).status == 200
    google_grant(google)
    assert google_refresh(google, first).json()["error_description"] == "Token has been expired or revoked."


def test_google_revokes_the_whole_project(google):
    grant, other, bob = google_grant(google), google_grant(google), google_grant(google, "bob")
    assert request("POST", f"{GOOGLE}/revoke", {"token": other["access_token"]}).status == 200
    assert google_refresh(google, grant).json()["error"] == "invalid_grant"
    assert google_refresh(google, bob).status == 200
    assert request("POST", f"{GOOGLE}/revoke", {"token": grant["refresh_token"]}).json()["error"] == "invalid_token"


def test_google_testing_and_disuse(google):
    google.settings(testing="true")
    grant = google_grant(google)
    assert grant["refresh_token_expires_in"] == 7 * 86400 - 1
    google.settings(testing="false")
    published = google_grant(google)
    assert "refresh_token_expires_in" not in published
    google.advance(7 * 86400)
    assert google_refresh(google, grant).status == 400
    for days, status in ((170, 200), (180, 200), (184, 400)):
        google.advance(days * 86400)
        assert google_refresh(google, published).status == status


def test_google_channels(google):
    grant = google_grant(google)
    own, brand = google.control("accounts")["alice"]["pages"]
    assert [item["id"] for item in bearer(grant, CHANNELS).json()["items"]] == [own]
    google.change_password("alice")
    google.control("remove-page", account="alice", page=own)
    assert "items" not in bearer(grant, CHANNELS).json()
    assert [item["id"] for item in bearer(google_grant(google), CHANNELS).json()["items"]] == [brand]


def test_google_device_flow(google):
    tv = {"client_id": "google-tv"}
    assert request("POST", f"{GOOGLE}/device/code", {**tv, "scope": f"{YOUTUBE}.upload"}).json()["error"] == "invalid_scope"
    begun = request("POST", f"{GOOGLE}/device/code", {**tv, "scope": YOUTUBE}).json()
    form = {**tv, "client_secret": "google-tv-client-secret-93be66d1", "grant_type": DEVICE_GRANT,
            "device_code": begun["device_code"]}
    answers = [google_token(google, **form) for _ in range(2)]
    assert [(answer.status, answer.json()["error"]) for answer in answers] == [
        (428, "authorization_pending"), (403, "slow_down")]
    Browser("alice").enter_code(begun["verification_url"], begun["user_code"])
    google.advance(60)
    assert google_token(google, **form).json()["refresh_token"]


# ---- X -----------------------------------------------------------------------------------------


@pytest.fixture
def x(platforms):
    return platforms("x")


def x_token(x, secret=None, **form):
    credentials = base64.b64encode(f"{x.client_id}:{secret or x.client_secret}".encode()).decode()
    return request("POST", "https://api.x.com/2/oauth2/token", {"client_id": x.client_id, **form},
                   {"authorization": f"Basic {credentials}"})


def x_code(x):
    query = {"scope": "tweet.read users.read offline.access", "code_challenge_method": "S256",
             "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).rstrip(b"=").decode()}
    code = redirected(x, "alice", "https://x.com/i/oauth2/authorize", **query)["code"][0]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": x.redirect, "code_verifier": "verifier"}


def test_x_code_lives_half_a_minute(x):
    form = x_code(x)
    x.advance(31)
    assert x_token(x, **form).json()["error_description"] == "Value passed for the authorization code was invalid."
    assert x_token(x, **{**x_code(x), "code_verifier": "another"}).status == 400


def test_x_replay_ends_the_family(x):
    first = x_token(x, **x_code(x)).json()
    form = {"grant_type": "refresh_token"}
    second = x_token(x, **form, refresh_token=first["refresh_token"]).json()
    assert bearer(second, "https://api.x.com/2/users/me").json()["data"]["username"] == "alice"
    for grant in (first, second):
        answer = x_token(x, **form, refresh_token=grant["refresh_token"])
        assert (answer.status, answer.json()) == (400, {"error": "invalid_request",
                                                        "error_description": "Value passed for the token was invalid."})
    assert bearer(second, "https://api.twitter.com/2/users/me").status == 401
    assert x_token(x, "wrong", **form, refresh_token=first["refresh_token"]).json()["error"] == "unauthorized_client"


# ---- LinkedIn ----------------------------------------------------------------------------------

LINKEDIN = "https://www.linkedin.com/oauth/v2"
PARTNER = {"client_id": "linkedin-partner", "client_secret": "linkedin-partner-secret-40fd9e2a"}


@pytest.fixture
def linkedin(platforms):
    return platforms("linkedin")


def linkedin_grant(linkedin, client, scope="openid profile w_member_social"):
    code = redirected(linkedin, "alice", f"{LINKEDIN}/authorization", client_id=client["client_id"], scope=scope)["code"][0]
    return request("POST", f"{LINKEDIN}/accessToken", {**client, "grant_type": "authorization_code", "code": code,
                                                       "redirect_uri": linkedin.redirect}).json()


def introspect(client, grant):
    return request("POST", f"{LINKEDIN}/introspectToken", {**client, "token": grant["access_token"]}).json()


def test_linkedin_tells_revoked_from_expired(linkedin):
    client = {"client_id": linkedin.client_id, "client_secret": linkedin.client_secret}
    grant = linkedin_grant(linkedin, client)
    assert grant["expires_in"] == 5184000 and "refresh_token" not in grant
    assert grant["scope"] == "openid,profile,w_member_social"
    assert introspect(client, grant)["status"] == "active"
    again = linkedin_grant(linkedin, client)
    assert introspect(client, grant)["status"] == "active"
    other = linkedin_grant(linkedin, client, "openid profile")
    assert [introspect(client, one)["status"] for one in (grant, again, other)] == ["revoked", "revoked", "active"]
    assert bearer(again, "https://api.linkedin.com/v2/userinfo").json()["serviceErrorCode"] == 65601
    linkedin.advance(5184000)
    assert introspect(client, other)["status"] == "expired"
    assert bearer(other, "https://api.linkedin.com/v2/userinfo").json()["serviceErrorCode"] == 65602


def test_linkedin_refresh_token_lives_a_year_whatever_happens(linkedin):
    grant = linkedin_grant(linkedin, PARTNER)
    assert grant["refresh_token_expires_in"] // 86400 in (364, 365)
    for days, left, access in ((59, 306, 60), (301, 5, 5)):
        linkedin.advance(days * 86400)
        grant = request("POST", f"{LINKEDIN}/accessToken", {**PARTNER, "grant_type": "refresh_token",
                                                            "refresh_token": grant["refresh_token"]}).json()
        assert round(grant["refresh_token_expires_in"] / 86400) == left
        assert round(grant["expires_in"] / 86400) == access
