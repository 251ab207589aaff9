# SPDX-License-Identifier: LGPL-2.1-or-later
"""Facebook Pages, Instagram both ways, Threads: tokens that are exchanged, pages with tokens of
their own, and one table of numbers for why a token is dead."""

from harness.http import request

from .subject import (ACCOUNT, Row, Subject, at_a_reconnect, bearer, change_password, only_an_app, remove, trouble,
                      wrong_answer, wrong_secret)

DEBUG = "/v25.0/debug_token"
DAY = 86400


def publishes(path):
    """call() for what an app does with a page's token, and the proof that it was handed with it."""
    def call(channel):
        token, _expires, details = channel.token()
        return request("POST", f"https://graph.facebook.com/v25.0/{details['account-id']}/{path}"
                               f"?appsecret_proof={details['appsecret-proof']}",
                       {"message": "live"}, {"authorization": f"Bearer {token}"})
    return call


def account(name):
    """What happens to a person's account, the same on all of them."""
    return (
        change_password(by="verify", state="revoked", cause="password-changed", remedy=f"{name} password"),
        remove(by="verify", state="revoked", cause="revoked-by-user", remedy=name),
        remove("the app is removed, and an app meets it first", by="report", state="revoked", cause="revoked-by-user"),
        Row("the person logs out everywhere", (f"log-out account={ACCOUNT}",), "verify", "revoked", "unknown-revoked"),
        Row("the account is checkpointed", (f"lock account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"lock account={ACCOUNT} locked=false",), remedy="log in"),
        Row("the account is suspended", (f"suspend-account account={ACCOUNT}",), "verify", "blocked", "account-checkpoint",
            undo=(f"suspend-account account={ACCOUNT} suspended=false",)),
        Row("the app is suspended", ("suspend-app",), "verify", "suspended", "app-suspended",
            undo=("suspend-app suspended=false",), remedy="developers.facebook.com"),
        Row("the app is deleted", ("delete-app",), "verify", "suspended", "app-suspended", undo=("delete-app deleted=false",)),
    )


BLOCKED = only_an_app("the account may not publish for a while", f"block account={ACCOUNT}",
                      undo=(f"block account={ACCOUNT} blocked=false",))


def page(what, *do, undo=None, remedy="", state="blocked", cause="permission-lost", **more):
    return Row(what, do, "verify", state, cause, undo=undo, remedy=remedy, **more)


FACEBOOK = Subject(
    "facebook", "facebook", "facebook", publishes("feed"),
    scopes=("pages_show_list", "pages_read_engagement", "pages_manage_posts"),
    rows=account("Facebook") + (
        page("the role on the page is lost", f"remove-page account={ACCOUNT}", remedy="Page access"),
        page("the page is unticked", f"untick account={ACCOUNT}", undo=(f"tick account={ACCOUNT}",), remedy="ticked"),
        page("90 days without using the app", f"advance seconds={91 * DAY}", remedy="90 days"),
        page("the person's token has run out, the page's not", f"advance seconds={61 * DAY}", state="connected",
             cause="none", signal="none"),
        wrong_secret(undo=("restore-secret secret=facebook-client-secret-8e2f11d7",), remedy="App secret"),
        Row("the app must show its secret", ("require-proof",), "verify", "connected", "none", signal="none", undo=()),
        Row("the grant is another app's", (f"hand-over account={ACCOUNT} app=facebook-other-studio",), "verify verify",
            "suspended", "client-misconfigured", undo=(f"hand-over account={ACCOUNT}",)),
        only_an_app("a permission is taken away, and an app meets it first",
                    f"withdraw account={ACCOUNT} scopes=pages_manage_posts", undo=None, advice="scopes-missing"),
        BLOCKED,
        wrong_answer("a dead token, and it is transient", DEBUG, "refuse:transient"),
        wrong_answer("an unknown error", DEBUG, "refuse:unknown-error"),
    ) + trouble(DEBUG) + at_a_reconnect())

INSTAGRAM_FACEBOOK = Subject(
    "instagram-facebook", "instagram-facebook", "facebook", publishes("media"),
    scopes=("instagram_basic", "instagram_content_publish", "pages_show_list"),
    rows=(
        change_password(by="verify", state="revoked", cause="password-changed"),
        page("the role on the page is lost", f"remove-page account={ACCOUNT}", remedy="Page access"),
        page("the account is unlinked from the page", f"unlink-instagram account={ACCOUNT}", remedy="Linked accounts"),
        page("the page is unticked", f"untick account={ACCOUNT}", undo=(f"tick account={ACCOUNT}",)),
    ) + at_a_reconnect())

ME = "/v21.0/me"
OLD = {"meta": {"error_type": "OAuthAccessTokenException", "code": 400, "error_message": "The access_token is invalid."}}

INSTAGRAM = Subject(
    "instagram", "instagram", "instagram", bearer("https://graph.instagram.com/v21.0/me/media", "POST"),
    scopes=("instagram_business_basic", "instagram_business_content_publish"), renews=False,
    rows=account("Instagram") + (
        Row("60 days without a renewal", (f"advance seconds={61 * DAY}",), "verify", "expired", "expired", remedy="60 days"),
        BLOCKED,
        Row("the account is no professional one any more", (f"make-personal account={ACCOUNT}",), "verify", "blocked",
            "permission-lost", undo=(f"make-personal account={ACCOUNT} personal=false",), remedy="professional"),
        only_an_app("the permission to publish is taken away",
                    f"withdraw account={ACCOUNT} scopes=instagram_business_content_publish", undo=None),
        wrong_answer("a dead token, and it is transient", ME, "refuse:transient"),
        wrong_answer("one bad answer about a token too young to be renewed", ME, "answer", 400, OLD),
    ) + trouble(ME) + at_a_reconnect())

THREADS = Subject(
    "threads", "threads", "threads", bearer("https://graph.threads.net/v1.0/me"),
    scopes=("threads_basic", "threads_content_publish"), renews=False,
    rows=account("") + (
        Row("60 days without a renewal", (f"advance seconds={61 * DAY}",), "verify", "expired", "expired", remedy="60 days"),
    ) + at_a_reconnect())

SUBJECTS = (FACEBOOK, INSTAGRAM, INSTAGRAM_FACEBOOK, THREADS)
