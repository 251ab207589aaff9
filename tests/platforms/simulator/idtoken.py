# SPDX-License-Identifier: LGPL-2.1-or-later
"""ID tokens (OpenID Connect). Who gets one from the token endpoint over TLS does not look at the
signature, and here it is noise."""

import base64
import json
import secrets


def _part(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make(platform, issuer, family, **claims):
    now = int(platform.clock.now())
    claims = {"iss": issuer, "aud": family.app.client_id, "azp": family.app.client_id, "sub": family.account.user_id,
              "iat": now, "exp": now + 3600, **claims}
    if family.extra.get("nonce"):
        claims["nonce"] = family.extra["nonce"]
    value = ".".join((_part({"alg": "RS256", "kid": "simulated", "typ": "JWT"}), _part(claims),
                      _part(secrets.token_bytes(64))))
    platform.issued.add(value)
    return value
