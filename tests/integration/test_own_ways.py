# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the platforms do each in its own way, with the shipped files: what a revocation reaches, whose
refresh tokens work once, which date nothing moves, which scopes end whose grants."""

import json
import time

import pytest
from harness import setups
from harness.browser import Browser
from harness.caller import BusError
from harness.http import request
from harness.wait import wait_for

DAY = 86400
YOUTUBE = "https://www.googleapis.com/auth/youtube"
MEMBER = ["openid", "profile", "w_member_social"]
APPS = {
    "facebook": ("facebook", ["pages_show_list", "pages_read_engagement", "pages_manage_posts"]),
    "youtube": ("google", ["openid", YOUTUBE]),
    "x": ("x", ["tweet.read", "users.read", "offline.access"]),
    "linkedin": ("linkedin", MEMBER),
    "linkedin-page": ("linkedin", MEMBER),
    "twitch": ("twitch", ["channel:manage:broadcast"]),
    "twitch-app": ("twitch", []),
}


@pytest.fixture
def made(platforms, root, alice):
    """made(provider): a channel of alice's at its platform, not connected."""
    clients, known = set(), {}

    def make(provider, name="main", app=None, secret=None, at=None, **opts):
        """@at: the id of a provider file of the test's own that has this one as its base"""
        simulated, scopes = APPS[provider]
        provider = at or provider
        if simulated not in known:
            known[simulated] = platforms(simulated)  # as new: what was connected before is not there any more
        platform = known[simulated]
        client = app or provider
        if client not in clients:
            clients.add(client)
            root.add_client(client, provider, app or platform.client_id,
                            platform.client_secret if secret is None else secret, redirect_uris=[platform.redirect])
        channel = root.add_channel(name, provider, client=client,
                                   **{"assigned_user": "alice", "scopes": scopes, **opts}).seen_by(alice)
        channel.platform = platform
        return channel

    return make


def within(value, expected):
    return abs(value - expected) < 120


# ---- rate limits that are near -----------------------------------------------------------------


@pytest.mark.parametrize("provider, path, headers", [
    ("twitch", "/oauth2/validate", lambda: {"Ratelimit-Remaining": "0", "Ratelimit-Reset": str(int(time.time()) + 3600)}),
    ("facebook", "/v25.0/debug_token", lambda: {"X-App-Usage": '{"call_count":12,"total_time":95,"total_cputime":3}'}),
])
def test_what_can_wait_waits_for_a_rate_limit(made, broker, root, provider, path, headers):
    """The answers are good, and say that little is left: the next question comes later, but a person's
    at once."""
    broker.write_config("providers.d/often.provider",
                        f"[Provider]\nName=Often\nBase={provider}\n[Lifetime]\nVerifyEvery=4s\n")
    root.reload()
    channel = made(provider, at="often")
    setups.connect(channel, "alice")
    platform = channel.platform

    def asked():
        """When: a verification may be two requests."""
        times = [entry["at"] for entry in platform.requests() if entry["path"] == path]
        return [at for before, at in zip([0, *times], times) if at - before > 1]

    def gap():
        """Seconds between the next question and the one after it."""
        known = len(asked())
        wait_for(lambda: len(asked()) >= known + 2, 20, "two more questions")
        return asked()[known + 1] - asked()[known]

    assert gap() < 5.5
    platform.control("headers", **headers())
    assert gap() > 6.5 and channel.state == "connected"
    time.sleep(1.5)
    known = len(asked())
    channel.verify()
    assert len(asked()) == known + 1, "nobody who asks is put off"


# ---- Google ------------------------------------------------------------------------------------


def youtube_takes(channel):
    answer = request("GET", "https://www.googleapis.com/youtube/v3/channels?part=id&mine=true",
                     headers={"authorization": f"Bearer {channel.token()[0]}"})
    return answer.status == 200 and answer.json()["items"][0]["id"] == channel.prop("AccountId")


def test_two_channels_of_one_google_account(made):
    """Revoking one would end the other: it is forgotten, and only the last one is given back."""
    own, brand = made("youtube", "own"), made("youtube", "brand")
    setups.connect(own, "alice")
    pages = own.platform.control("accounts")["alice"]["pages"]
    assert own.prop("AccountId") in pages and own.prop("AccountId").startswith("UC")
    other = next(page for page in pages if page != own.prop("AccountId"))
    own.platform.control("pick", page=other)
    setups.connect(brand, "alice")
    assert brand.prop("AccountId") == other and brand.prop("AccountName") == pages[other]
    assert youtube_takes(own) and youtube_takes(brand)
    assert own.disconnect() == "forgotten"
    assert youtube_takes(brand)
    assert brand.disconnect() == "revoked"
    assert own.platform.requests()[-1]["path"] == "/revoke"


def test_wrong_channel_of_the_right_account(made):
    """Giving back what the person chose by mistake would end what the channel goes on with."""
    channel = made("youtube")
    setups.connect(channel, "alice")
    pages = channel.platform.control("accounts")["alice"]["pages"]
    channel.platform.control("pick", page=next(page for page in pages if page != channel.prop("AccountId")))
    since = len(channel.platform.requests())
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("alice"))
    assert attempt.outcome()[:2] == ("failed", "wrong-account")
    channel.platform.control("pick")
    channel.renew()
    assert channel.verify() == ("connected", "none") and youtube_takes(channel)
    assert "/revoke" not in [asked["path"] for asked in channel.platform.requests()[since:]]


def test_google_in_testing(made):
    """Seven days from the consent on, whatever is renewed."""
    channel = made("youtube")
    channel.platform.settings(testing="true")
    setups.connect(channel, "alice")
    assert within(channel.prop("ReconnectBy"), time.time() + 7 * DAY)
    assert channel.prop("RenewableUntil") == channel.prop("ReconnectBy")
    before = channel.prop("ReconnectBy")
    channel.renew()
    assert channel.prop("ReconnectBy") == before
    channel.platform.settings(testing="false")
    setups.connect(channel, "alice")
    assert channel.prop("ReconnectBy") == 0 and within(channel.prop("RenewableUntil"), time.time() + 183 * DAY)


@pytest.mark.parametrize("code, state", [("unauthorized_client", "connected"), ("invalid_client", "suspended")])
def test_whose_fault_a_refused_client_is(made, code, state):
    """`unauthorized_client` is about that channel's grant alone, whatever else the answer says; `invalid_client`
    about all of the client's, and their tokens go on being handed out."""
    one, other = made("youtube", "one"), made("youtube", "other")
    for channel, account in ((one, "alice"), (other, "bob")):
        setups.connect(channel, account)
    one.platform.fault("answer", "/token", status=401,
                       body=json.dumps({"error": code, "error_description": "The client is not the one."}))
    for _ in range(2):
        with pytest.raises(BusError):
            one.renew()
    assert (one.state, one.cause) == ("suspended", "client-misconfigured")
    assert other.state == state
    assert youtube_takes(one) and youtube_takes(other)


def test_a_new_token_alone_does_not_heal(made, bob):
    """The channel is suspended; its token runs out and is renewed, which says nothing about the channel."""
    channel = made("youtube")
    channel.platform.settings(access_ttl=2)
    setups.connect(channel, "alice")
    channel.platform.control("suspend-channel", account="alice")
    assert channel.verify() == ("blocked", "account-checkpoint")
    events = bob.record(path=channel.path, interface="org.channelkeeper.Channel1")
    wait_for(lambda: channel.prop("ExpiresAt") <= time.time(), 5, "the token's end")
    with pytest.raises(BusError) as refused:
        channel.token()
    assert refused.value.word == "Blocked"
    assert wait_for(lambda: channel.verify() == ("blocked", "account-checkpoint") and channel.prop("Generation") > 1, 40,
                    "a probe with a new token")
    assert "Resumed" not in [event.name for event in events]
    channel.platform.control("suspend-channel", account="alice", suspended="false")
    wait_for(lambda: channel.verify()[0] == "connected", 40, "that it heals")
    wait_for(lambda: "Resumed" in [event.name for event in events], 5, "the signal")


# ---- LinkedIn ----------------------------------------------------------------------------------


def test_linkedin_year(made):
    """A partner's year; without a refresh token the 60 days are the person's date."""
    member = made("linkedin", "member")
    setups.connect(member, "alice")
    assert within(member.prop("ExpiresAt"), time.time() + 60 * DAY)
    assert member.prop("ReconnectBy") == member.prop("ExpiresAt") and not member.prop("RenewsItself")
    partner = made("linkedin", "partner", app="linkedin-partner", secret="linkedin-partner-secret-40fd9e2a")
    setups.connect(partner, "bob")
    year = time.time() + 365 * DAY
    assert within(partner.prop("ReconnectBy"), year) and within(partner.prop("RenewableUntil"), year)
    partner.platform.advance(100 * DAY)
    partner.renew()
    # By the platform's clock, which is 100 days ahead: it counts down.
    assert within(partner.prop("RenewableUntil"), year - 100 * DAY)
    assert within(partner.prop("ReconnectBy"), year - 100 * DAY)


def test_linkedin_scope_trap(made, root):
    """Other scopes than a sibling's are refused; who wants them anyway learns what became of the sibling."""
    first, second = made("linkedin", "first"), made("linkedin", "second", scopes=[*MEMBER, "w_organization_social"])
    setups.connect(first, "alice")
    with pytest.raises(BusError) as refused:
        second.reconnect()
    assert "first" in str(refused.value) and "scopes" in str(refused.value)
    setups.connect(second, "alice", allow_sibling_loss=True)
    # The owner's other channels are looked at after each connect; 65601 soon after an issue is waited out.
    wait_for(lambda: (first.state, first.cause) == ("revoked", "scope-changed") or first.verify() and False, 75,
             "that the sibling's end is seen")
    assert "permissions" in first.prop("Remedy")
    assert second.state == "connected"


def test_linkedin_page(made):
    """The channel is the page; the role on it is what matters."""
    page = made("linkedin-page", scopes=["openid", "profile", "r_organization_admin", "w_organization_social"])
    setups.connect(page, "alice")
    company, = page.platform.control("accounts")["alice"]["pages"].items()
    assert (page.prop("AccountId"), page.prop("AccountName")) == company
    assert page.verify() == ("connected", "none")
    page.platform.control("remove-page", account="alice")
    wait_for(lambda: page.verify() == ("blocked", "permission-lost"), 40, "that the role is missed")
    assert "administrator" in page.prop("Remedy")
    attempt = page.reconnect()
    setups.walk(attempt, Browser("bob"))
    assert attempt.outcome()[:2] == ("failed", "wrong-account")
    page.platform.control("give-page", account="alice", page=company[0], name="Renamed, the company")
    wait_for(lambda: page.verify()[0] == "connected", 40, "that it heals")
    assert page.prop("AccountName") == "Renamed, the company"


def test_linkedin_several_pages(made):
    page = made("linkedin-page", scopes=["openid", "profile", "r_organization_admin"])
    other = ("urn:li:organization:4711", "The other company")
    page.platform.control("give-page", account="alice", page=other[0], name=other[1])
    attempt = page.reconnect()
    setups.walk(attempt, Browser("alice"))
    number, style, details = attempt.prompt(after=1)
    assert style == "choose" and other in details["choices"]
    attempt.respond(number, choice=other[0])
    assert attempt.outcome()[0] == "succeeded" and page.prop("AccountId") == other[0]
    assert page.verify() == ("connected", "none")


# ---- Twitch ------------------------------------------------------------------------------------


def test_twitch_validates_at_start(made, broker):
    channel = made("twitch")
    setups.connect(channel, "alice")
    # The broker's clock has whole seconds: what is as old as its start is not looked at again.
    wait_for(lambda: time.time() >= channel.prop("IssuedAt") + 1, 5, "the next second")
    since = len(channel.platform.requests())
    broker.restart()
    wait_for(lambda: any(entry["path"] == "/oauth2/validate" for entry in channel.platform.requests()[since:]), 20,
             "the validation at start")


def test_twitch_clients_with_and_without_a_secret(made):
    """Only a public client's refresh token works once: what a lost answer means depends on it."""
    secret = made("twitch", "with-secret")
    setups.connect(secret, "alice")
    assert secret.prop("RenewableUntil") == 2**53 - 1
    public = made("twitch", "public", app="twitch-device", secret="")
    attempt = public.reconnect(flow="device")
    number, style, details = attempt.prompt()
    Browser("bob").enter_code(details["verification-uri"], details["user-code"])
    public.platform.advance(60)
    assert (style, attempt.outcome()[0]) == ("show-code", "succeeded")
    assert within(public.prop("RenewableUntil"), time.time() + 30 * DAY)

    for channel in (secret, public):
        channel.platform.lose_answer()
        with pytest.raises(BusError):
            channel.renew()
        assert channel.state == "connected" and channel.token()[0]
    since = len(public.platform.requests())
    secret.platform.fault()
    # No doubt: at once. In doubt: the one more try comes when the token is about to end.
    wait_for(lambda: secret.renew() is None, 40, "another renewal")
    with pytest.raises(BusError) as refused:
        public.renew()
    assert refused.value.word == "ProviderUnavailable" and "tried once more in" in refused.value.message
    assert [entry["client_id"] for entry in public.platform.token_requests(since=since)] == [secret.platform.client_id]


def test_twitch_app_token(made, broker):
    """Nobody is asked for anything."""
    channel = made("twitch-app")
    channel.wait_state("connected")
    first = channel.token()[0]
    assert channel.verify() == ("connected", "none")
    channel.renew()
    assert channel.token()[0] != first and channel.prop("ReconnectBy") == 0
    broker.restart()
    assert channel.state == "connected"
    assert channel.disconnect() == "revoked"
    broker.restart()
    assert (channel.state, channel.cause) == ("unconnected", "disconnected")


def test_twitch_app_token_comes_late(made):
    """Twitch does not answer when the channel is added: it is tried again."""
    platform = made("twitch", "other").platform
    platform.fault("503", "/oauth2/token", 1)
    since = len(platform.requests())
    made("twitch-app", "app").wait_state("connected")
    asked = [entry for entry in platform.requests()[since:] if entry["path"] == "/oauth2/token"]
    assert ["fault" in entry for entry in asked] == [True, False]


# ---- X -----------------------------------------------------------------------------------------


def test_x_rolls_a_secret_over(made, broker, root):
    """X says unauthorized_client of a wrong secret; the client's next one is tried."""
    channel = made("x")
    setups.connect(channel, "alice")
    assert channel.prop("AccountName") == "alice"
    channel.renew()
    assert channel.platform.token_requests()[-1]["status"] == 200
    channel.platform.control("rotate-secret")
    for _ in range(2):
        with pytest.raises(BusError):
            channel.renew()
    assert (channel.state, channel.cause) == ("suspended", "client-misconfigured")
    assert channel.token()[0]  # a wrong secret does not stop a running stream
    channel.platform.control("restore-secret", secret=channel.platform.client_secret)
    channel.renew()
    assert channel.state == "connected"
    assert channel.disconnect() == "revoked"
