# SPDX-License-Identifier: LGPL-2.1-or-later
"""A platform that nobody has heard of is two files of an administrator, and no code."""

import pytest
from harness import setups
from harness.caller import BusError

ORIGIN = "http://127.0.0.1:18090"  # played by the simulator's own platform

PROVIDER = f"""[Provider]
Name=Harbour
Stack=harbour
[OAuth2]
AuthorizationEndpoint={ORIGIN}/oauth/authorize
TokenEndpoint={ORIGIN}/oauth/token
RevocationEndpoint={ORIGIN}/oauth/revoke
ClientAuthentication=post
[Lifetime]
Rotation=yes
[Failure password-changed]
Match=where=token json:error_description="password changed"
[Remedy password-changed]
Text=Harbour's harbour master has changed the locks. Reconnect the channel with the new password.
"""

STACK = f"""connect  requisite  authorization_code.so
connect  required   identity.so    uri={ORIGIN}/api/me id=id name=name
verify   required   http_check.so  uri={ORIGIN}/oauth/validate scheme=OAuth expires-in=expires_in scopes=scopes
renew    required   refresh_token.so
revoke   optional   revocation.so
"""


@pytest.fixture
def harbour(platform, root, alice, broker):
    broker.write_config("providers.d/harbour.provider", PROVIDER)
    broker.write_config("stacks.d/harbour", STACK)
    root.reload()
    root.add_client("harbour", "harbour", platform.client_id, platform.client_secret, redirect_uris=[platform.redirect])
    return root.add_channel("h", "harbour", client="harbour", assigned_user="alice", scopes=["publish"]).seen_by(alice)


def test_by_files_alone(harbour, platform):
    assert len((PROVIDER + STACK).splitlines()) < 25
    setups.connect(harbour, "alice")
    assert harbour.verify() == ("connected", "none") and harbour.prop("AccountName") == "The alice channel"
    first = harbour.token()[0]
    assert platform.accepts(first) == "alice"
    harbour.renew()
    second = harbour.token()[0]
    assert second != first and platform.accepts(second) == "alice"

    assert platform.change_password("alice") == 1
    with pytest.raises(BusError) as error:
        harbour.renew()
    assert error.value.word == "Revoked"
    assert (harbour.state, harbour.cause) == ("revoked", "password-changed")
    assert "harbour master" in harbour.prop("Remedy")

    setups.connect(harbour, "alice")
    last = harbour.token()[0]
    harbour.disconnect()
    assert harbour.state == "unconnected" and platform.accepts(last) is None
