# SPDX-License-Identifier: LGPL-2.1-or-later
"""Telegram bots: a token in the path, made and taken back by @BotFather."""

from aiohttp import web

from .platform import Platform
from .refusal import Refusal

FOR_EVER = 100 * 365 * 86400


def _no(status, description, **more):
    return status, {"ok": False, "error_code": status, "description": description, **more}


class Telegram(Platform):
    """An account is a bot."""

    name = "telegram"
    title = "Telegram"
    hosts = ("api.telegram.org",)
    REFUSALS = {
        "no-access": _no(404, "Not Found"),
        "bad-access": _no(401, "Unauthorized"),
        "kicked": _no(403, "Forbidden: bot was kicked from the channel chat"),
        "no-chat": _no(400, "Bad Request: chat not found"),
        "conflict": _no(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"),
        "rate-limited": _no(429, "Too Many Requests: retry after 7", parameters={"retry_after": 7}),
        "account-suspended": _no(401, "Unauthorized"),
        "account-locked": _no(401, "Unauthorized"),
    }

    def routes(self):
        return [("*", self.hosts[0], "/bot{token}/getMe", self.get_me),
                ("POST", self.hosts[0], "/bot{token}/sendMessage", self.send_message)]

    def shown_path(self, path):
        """A log has no token in it."""
        return "/bot…/" + path.rpartition("/")[2]

    def bot(self, http):
        value = http["match"]["token"]
        return self.check_access(value if ":" in value else "").family.account

    async def get_me(self, http):
        account = self.bot(http)
        return web.json_response({"ok": True, "result": {
            "id": int(account.user_id), "is_bot": True, "first_name": account.display_name,
            "username": account.extra.get("username", account.login)}})

    async def send_message(self, http):
        account = self.bot(http)
        form = await http.post()
        if form.get("chat_id") not in account.pages:
            raise Refusal("kicked" if form.get("chat_id") else "no-chat")
        return web.json_response({"ok": True, "result": {"message_id": 1, "text": form.get("text", "")}})

    # ---- @BotFather --------------------------------------------------------------------------

    def control_token(self, account):
        """A new token for the bot; the one before it ends (/token, /revoke)."""
        bot = self.accounts.get(account)
        self.grants.end("revoked", bot)
        family = self.grants.begin(bot, self.apps.get(f"{self.name}-studio"), [])
        return self.grants.issue_access(family, FOR_EVER, f"{bot.user_id}:").value
