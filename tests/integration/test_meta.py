# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facebook Pages and Instagram, in what the matrix of failures does not show: pages to choose from,
the three clocks, what apps are handed, exchanges, how far a disconnect reaches."""

import hashlib
import hmac
import time

import pytest
from harness import setups
from harness.browser import Browser
from harness.caller import BusError
from harness.http import request
from harness.wait import wait_for

DAY = 86400
NEVER = 2**53 - 1
PAGES = "pages_show_list pages_read_engagement pages_manage_posts"


@pytest.fixture
def facebook(platforms, root):
    platform = platforms("facebook")
    for provider in ("facebook", "instagram-facebook"):
        root.add_client(provider, provider, platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    return platform


@pytest.fixture
def instagram(platforms, root):
    platform = platforms("instagram")
    platform.since = len(platform.requests())
    root.add_client("instagram", "instagram", platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    return platform


def add(root, alice, name="page", provider="facebook", scopes=PAGES):
    return root.add_channel(name, provider, client=provider, assigned_user="alice", allowed_users=["studio"],
                            scopes=scopes.split()).seen_by(alice)


def person(platform, login="alice"):
    return platform.control("accounts")[login]


def begin(channel, login="alice"):
    """Up to the first prompt behind the browser; (attempt, number, style, details)."""
    attempt = channel.reconnect(flow="browser")
    number, _style, details = attempt.prompt()
    attempt.respond(number, redirected_uri=Browser(login).authorize(details["uri"]))
    return (attempt, *attempt.prompt(after=number))


def near(value, seconds):
    return abs(value - time.time() - seconds) < 60


def test_a_redirect_that_meta_refuses_is_refused_here(platforms, root, broker):
    """With what to do; in development mode the administrator's own file takes it."""
    facebook = platforms("facebook")
    client = ["dev", "facebook", facebook.client_id, facebook.client_secret]
    for refused in ({"redirect_uris": ["http://localhost:18998/cb"]}, {"redirect_uris": ["http://127.0.0.1:18998/cb"]},
                    {"redirect_uris": [facebook.redirect], "loopback_port": "any"}):
        with pytest.raises(BusError) as error:
            root.add_client(*client, **refused)
        assert error.value.word == "InvalidArgument"
        assert "Facebook Page, which takes" in error.value.message and "egister" in error.value.message
    broker.write_config("providers.d/facebook-dev.provider",
                        "[Provider]\nName=Facebook Page (development)\nBase=facebook\nRedirectUris=https localhost\n")
    root.reload()
    client[1] = "facebook-dev"
    root.add_client(*client, redirect_uris=["http://localhost:18998/cb"])


# ---- Facebook ----------------------------------------------------------------------------------

def test_page_and_its_clocks(facebook, root, alice, studio):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    page, = person(facebook)["pages"]
    assert (channel.prop("AccountId"), channel.prop("AccountName")) == (page, "The alice channel, the page")
    assert set(channel.prop("Scopes")) == set(PAGES.split())
    assert channel.prop("ExpiresAt") == NEVER
    assert near(channel.prop("RenewableUntil"), 60 * DAY)
    assert near(channel.prop("ReconnectBy"), 90 * DAY)
    assert channel.prop("RenewsItself") is True

    token, expires, details = channel.seen_by(studio).token()
    assert expires == NEVER and details["page-id"] == page
    proof = hmac.new(facebook.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
    assert details["appsecret-proof"] == proof
    assert not [name for name in details if "secret" in name and name != "appsecret-proof"], "the person's token is not for apps"


def test_renewal_makes_the_page_token_anew(facebook, root, alice):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    until, by = channel.prop("RenewableUntil"), channel.prop("ReconnectBy")
    exchanged = len(facebook.token_requests("fb_exchange_token"))
    channel.renew()
    assert channel.prop("Generation") == 2
    assert len(facebook.token_requests("fb_exchange_token")) == exchanged + 1
    assert channel.prop("RenewableUntil") >= until
    assert channel.prop("ReconnectBy") == by, "only a person moves that date"
    assert channel.verify() == ("connected", "none")


def test_choosing_among_pages(facebook, root, alice):
    facebook.control("give-page", account="alice", page="111", name="Second page")
    facebook.control("give-page", account="alice", page="222", name="Only to look at")
    facebook.control("tasks", account="alice", page="222", tasks="ANALYZE")
    channel = add(root, alice)
    attempt, number, style, details = begin(channel)
    assert style == "choose"
    assert [name for _id, name in details["choices"]] == [
        f"The alice channel, the page ({channel_page(facebook)})", "Second page (111)"]
    attempt.respond(number, choice="111")
    assert attempt.outcome()[0] == "succeeded"
    assert channel.prop("AccountId") == "111"

    setups.connect(channel, "alice")  # pinned: nobody is asked
    assert channel.prop("AccountName") == "Second page"


def channel_page(facebook):
    return next(iter(person(facebook)["pages"]))


def test_a_page_far_down_the_list(facebook, root, alice):
    for number in range(60):
        facebook.control("give-page", account="alice", page=f"77{number:03}", name=f"Page {number}")
    channel = add(root, alice)
    attempt, number, _style, details = begin(channel)
    assert len(details["choices"]) == 61
    attempt.respond(number, choice="77059")
    assert attempt.outcome()[0] == "succeeded"
    assert len([entry for entry in facebook.requests() if entry["path"].endswith("/me/accounts")]) > 2


def test_no_page_to_choose(facebook, root, alice):
    facebook.control("remove-page", account="alice")
    attempt = add(root, alice).reconnect(flow="browser")
    setups.walk(attempt, Browser("alice"))
    outcome, cause, message = attempt.outcome()
    assert (outcome, cause) == ("failed", "permission-lost") and "alice" in message


def test_wrong_account_is_named_and_given_back(facebook, root, alice):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    channel.disconnect()
    attempt = channel.reconnect(flow="browser")
    setups.walk(attempt, Browser("mallory"))
    outcome, cause, message = attempt.outcome()
    assert (outcome, cause) == ("failed", "wrong-account") and "mallory" in message
    assert channel.state == "locked"
    assert "another tab" in channel.prop("Remedy").lower() and "admin role" in channel.prop("Remedy")
    wait_for(lambda: person(facebook, "mallory")["grants"] == 0, 5, "the stranger's grant being given back")


def test_role_that_comes_back_heals(facebook, root, alice):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    page = channel.prop("AccountId")
    facebook.control("remove-page", account="alice")
    assert channel.verify() == ("blocked", "permission-lost")
    with pytest.raises(BusError) as refused:
        channel.token()
    assert refused.value.word == "Blocked"
    facebook.control("give-page", account="alice", page=page, name="Back again")
    assert channel.verify() == ("connected", "none")
    assert channel.prop("AccountName") == "Back again"


def test_task_that_is_taken_away(facebook, root, alice):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    page = channel.prop("AccountId")
    facebook.control("tasks", account="alice", page=page, tasks="ANALYZE,MODERATE")
    assert channel.verify() == ("blocked", "permission-lost")
    assert "CREATE_CONTENT" in channel.prop("Detail")
    facebook.control("tasks", account="alice", page=page)
    assert channel.verify() == ("connected", "none")


def test_disconnecting_one_page_leaves_the_others(facebook, root, alice):
    """Facebook ends the app for the whole person: it is told at the last of that person's channels,
    of both kinds."""
    page = add(root, alice)
    setups.connect(page, "alice")
    linked = add(root, alice, "photos", "instagram-facebook", "instagram_basic instagram_content_publish pages_show_list")
    setups.connect(linked, "alice")
    assert linked.prop("AccountName") == "alice"
    assert page.disconnect() == "forgotten"
    assert linked.verify() == ("connected", "none")
    assert linked.disconnect() == "revoked"
    assert person(facebook)["grants"] == 0


def test_a_repeated_post_is_advice(facebook, root, alice):
    channel = add(root, alice)
    setups.connect(channel, "alice")
    refused = b'{"error":{"message":"Duplicate status message","type":"OAuthException","code":506,"fbtrace_id":"A"}}'
    assert channel.report(400, refused) == "not-a-token-problem"
    assert "duplicate-content" in channel.prop("Advice") and channel.state == "connected"


def test_token_that_ran_out_cannot_be_exchanged(facebook):
    """What the simulated platform refuses, as Facebook does."""
    form = {"client_id": facebook.client_id, "client_secret": facebook.client_secret}
    redirect = Browser("alice").authorize(f"https://www.facebook.com/v25.0/dialog/oauth?client_id={facebook.client_id}"
                                          f"&redirect_uri={facebook.redirect}&scope=pages_show_list&state=s")
    code = redirect.partition("code=")[2].partition("&")[0]
    uri = "https://graph.facebook.com/v25.0/oauth/access_token"
    short = request("POST", uri, {**form, "grant_type": "authorization_code", "code": code, "redirect_uri": facebook.redirect}).json()
    facebook.advance(3601)
    answer = request("POST", uri, {**form, "grant_type": "fb_exchange_token", "fb_exchange_token": short["access_token"]})
    assert (answer.status, answer.json()["error"]["error_subcode"]) == (400, 463)


DEVICE = """[Provider]
Name=Facebook Page
Base=facebook
[OAuth2]
DeviceAuthorizationEndpoint=https://graph.facebook.com/v25.0/device/login
DeviceClientToken=facebook-client-token-77d0
"""


@pytest.fixture
def sofa(facebook, broker, root, alice):
    """A channel that is connected from another device."""
    broker.write_config("providers.d/sofa.provider", DEVICE)
    root.reload()
    root.add_client("sofa", "sofa", facebook.client_id, facebook.client_secret)
    facebook.settings(interval=1)
    return add(root, alice, "page", "sofa")


def test_device_login(facebook, sofa):
    """Facebook's own: other names, and numbers for RFC 8628's words."""
    attempt = sofa.reconnect(flow="device")
    _number, style, details = attempt.prompt()
    assert (style, details["verification-uri"]) == ("show-code", "https://www.facebook.com/device")

    def pending():
        return [entry for entry in facebook.requests() if entry.get("refused") == "pending"]

    wait_for(pending, 10, "a poll before the code is entered")
    Browser("alice").enter_code(details["verification-uri"], details["user-code"])
    assert attempt.outcome()[0] == "succeeded"
    assert sofa.prop("ExpiresAt") == NEVER and near(sofa.prop("RenewableUntil"), 60 * DAY)


def test_device_login_refused(facebook, sofa):
    attempt = sofa.reconnect(flow="device")
    attempt.prompt()
    facebook.control("deny")
    outcome, cause, message = attempt.outcome()
    assert (outcome, cause) == ("failed", "none") and "in time" in message


# ---- Instagram ---------------------------------------------------------------------------------

IG = "instagram_business_basic instagram_business_content_publish"


@pytest.mark.parametrize("flat", ["false", "true"])
def test_instagram_and_its_clocks(instagram, root, alice, flat):
    """Both forms of the code's answer; the short token is exchanged at once."""
    instagram.settings(flat=flat)
    channel = add(root, alice, "photos", "instagram", IG)
    setups.connect(channel, "alice")
    assert channel.prop("AccountId") == person(instagram)["user_id"]
    assert set(channel.prop("Scopes")) == set(IG.split())
    assert near(channel.prop("ExpiresAt"), 60 * DAY)
    assert channel.prop("RenewableUntil") == channel.prop("ExpiresAt")
    assert channel.prop("ReconnectBy") == 0
    assert 26 * DAY < channel.prop("NextRenewal") - time.time() < 34 * DAY
    assert [entry["status"] for entry in instagram.token_requests("ig_exchange_token", instagram.since)] == [200]


def test_instagram_too_young_to_be_renewed(instagram, root, alice):
    channel = add(root, alice, "photos", "instagram", IG)
    setups.connect(channel, "alice")
    channel.renew()
    assert instagram.token_requests("ig_refresh_token", instagram.since) == [], "the platform is not asked in vain"
    assert channel.state == "connected" and channel.prop("Generation") == 1


def test_instagram_renewed(instagram, broker, root, alice):
    """A provider like the shipped one, but that it may be renewed at once: the platform's day goes by
    faster than ours."""
    broker.write_config("providers.d/quick.provider",
                        "[Provider]\nName=Quick\nBase=instagram\n[Lifetime]\nMinAgeBeforeRenew=0s\n")
    root.reload()
    root.add_client("quick", "quick", instagram.client_id, instagram.client_secret, redirect_uris=[instagram.redirect])
    channel = add(root, alice, "photos", "quick", IG)
    setups.connect(channel, "alice")
    first = channel.token()[0]
    instagram.advance(DAY + 60)
    channel.renew()
    second, expires, details = channel.token()
    assert second != first and details["generation"] == 2 and near(expires, 60 * DAY)
    assert [entry["status"] for entry in instagram.token_requests("ig_refresh_token", instagram.since)] == [200]
    old = request("GET", "https://graph.instagram.com/v21.0/me", headers={"authorization": f"Bearer {first}"})
    assert old.status == 200, "an exchange uses nothing up"


def test_instagram_says_no(instagram, root, alice):
    instagram.control("deny")
    attempt = add(root, alice, "photos", "instagram", IG).reconnect(flow="browser")
    setups.walk(attempt, Browser("alice"))
    outcome, cause, _message = attempt.outcome()
    assert (outcome, cause) == ("failed", "none")
