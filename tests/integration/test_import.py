# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tokens that a person pastes: a Telegram bot's, and a refresh token of an OAuth 2.0 platform."""

import pytest
from harness import setups
from harness.caller import BusError
from harness.http import request

BOT = "https://api.telegram.org/bot"


@pytest.fixture
def telegram(platforms):
    return platforms("telegram")


@pytest.fixture
def bot(telegram, root, alice):
    root.add_client("bots", "telegram", "bots", "")
    return root.add_channel("news", "telegram", client="bots", assigned_user="alice",
                            allowed_users=["studio"]).seen_by(alice)


def paste(channel, token, **opts):
    attempt = channel.reconnect(**opts)
    number, style, details = attempt.prompt()
    assert style == "secret" and details["message"]
    attempt.respond_secret(number, token)
    return attempt.outcome()


def test_bot_lives_and_dies(bot, telegram, studio):
    """Without a flow named: a bot's token can only be pasted."""
    token = telegram.control("token", account="news_bot")
    assert paste(bot, f" {token}\n")[:2] == ("succeeded", "none")
    assert (bot.state, bot.prop("AccountName")) == ("connected", "news_bot")
    assert bot.prop("AccountId") == token.partition(":")[0]
    handed, expires_at, details = bot.seen_by(studio).token()
    assert (handed, expires_at, details["token-type"]) == (token, 2 ** 53 - 1, "Bot")
    assert request("GET", f"{BOT}{handed}/getMe").json()["ok"] is True
    assert bot.verify() == ("connected", "none")
    with pytest.raises(BusError):
        bot.renew()

    anew = telegram.control("token", account="news_bot")
    assert bot.verify() == ("revoked", "unknown-revoked")
    assert "@BotFather" in bot.prop("Remedy")
    assert paste(bot, telegram.control("token", account="another_bot"))[:2] == ("failed", "wrong-account")
    assert paste(bot, token)[0] == "failed"
    anew = telegram.control("token", account="news_bot")
    assert paste(bot, anew, flow="import")[0] == "succeeded"
    assert bot.token()[0] == anew


@pytest.mark.parametrize("pasted", ["", "two words", "123:é", "12345:nobody-knows-this-one", "no-colon"])
def test_what_is_no_token(bot, telegram, pasted):
    outcome, _cause, message = paste(bot, pasted)
    assert outcome == "failed" and message
    assert not pasted or pasted not in message
    assert bot.state == "unconnected"


def test_more_than_a_token(bot, telegram):
    with pytest.raises(BusError) as refused:
        paste(bot, "x" * 70000)
    assert refused.value.word in ("InvalidArgument", "LimitExceeded")


def test_other_flows_of_a_bot(bot):
    attempt = bot.reconnect(flow="device")
    outcome, _cause, message = attempt.outcome()
    assert outcome == "failed" and "by the flow device" in message


def test_refresh_token_from_elsewhere(root, broker, alice, platform, studio):
    """Another tool had it; it proves itself by a renewal, and is spent there."""
    setups.add_platform(root, broker)
    channel = setups.add_platform_channel(root, alice)
    before = set(platform.secrets())
    platform.control("consent", account="alice", scopes="publish chat")
    held = next(secret for secret in platform.secrets() if secret not in before and secret.startswith("lrt_"))
    assert paste(channel, held, flow="import")[:2] == ("succeeded", "none")
    assert channel.state == "connected" and channel.prop("RenewsItself")
    assert platform.accepts(channel.seen_by(studio).token()[0]) == "alice"
    before = channel.token()[0]
    channel.renew()
    assert channel.token()[0] != before
    assert paste(channel, held, flow="import")[0] == "failed", "it was used"
