#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Random requests signed by ours and by oauthlib: the two agree on every one (TAP).

oauthlib-agrees.py PROGRAM [SEED]
"""

import random
import subprocess
import sys
from urllib.parse import quote

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, Client

ROUNDS = 500
LETTERS = "abcXYZ019-._~!*'();:@&=+$,/?%#[] \"<>\\^`{|}éß€😀"


def word(rng, least=0):
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(least, 12)))


def escape(text):
    return quote(text, safe="-._~")


def escape_some(rng, text):
    """As people write a query: lower case digits, a plus for a blank, more encoded than needed."""
    out = []
    for char in text:
        if char == " " and rng.random() < 0.5:
            out.append("+")
        elif rng.random() < 0.1:
            out.append("".join(f"%{byte:02x}" for byte in char.encode()))
        else:
            out.append(escape(char))
    return "".join(out)


def make_uri(rng):
    scheme = rng.choice(["https", "http", "HTTPS"])
    host = rng.choice(["api.x.com", "API.Example.org", "127.0.0.1", "[::1]"])
    port = rng.choice(["", "", ":443", ":80", ":8443"])
    path = "".join("/" + escape_some(rng, word(rng).replace("+", "")).replace("+", "%20")
                   for _ in range(rng.randint(1, 3)))
    query = [f"{escape_some(rng, word(rng, 1))}={escape_some(rng, word(rng))}"
             for _ in range(rng.randint(0, 4))]
    return f"{scheme}://{host}{port}{path}" + ("?" + "&".join(query) if query else "")


def make_request(rng):
    method = rng.choice(["GET", "POST", "PUT", "DELETE", "patch"])
    return {
        "method": method,
        "uri": make_uri(rng),
        "client": [word(rng, 1), word(rng), *rng.choice([("", ""), (word(rng, 1), word(rng))])],
        "nonce": f"{rng.getrandbits(64):x}",
        "timestamp": str(rng.randint(1, 4_000_000_000)),
        # Names may repeat: RFC 5849 sorts them by value then.
        "parameters": [(rng.choice(["a", "a-", "A", word(rng, 1)]), word(rng))
                       for _ in range(0 if method == "GET" else rng.randint(0, 5))],
    }


def line(request):
    fields = [request["method"], request["uri"], *request["client"], request["nonce"],
              request["timestamp"]]
    for pair in request["parameters"]:
        fields += pair
    return " ".join(escape(field) for field in fields)


def theirs(request):
    client_id, secret, token, token_secret = request["client"]
    client = Client(client_id, client_secret=secret, resource_owner_key=token or None,
                    resource_owner_secret=token_secret, signature_method=SIGNATURE_HMAC_SHA1,
                    nonce=request["nonce"], timestamp=request["timestamp"])
    body = "&".join(f"{escape(name)}={escape(value)}" for name, value in request["parameters"])
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    _, signed, _ = client.sign(request["uri"], request["method"].upper(), body or None, headers)
    return signed["Authorization"]


def parts(header):
    assert header.startswith("OAuth "), header
    return dict(part.split("=", 1) for part in header[len("OAuth "):].split(", "))


def main():
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().getrandbits(32)
    rng = random.Random(seed)
    requests = [make_request(rng) for _ in range(ROUNDS)]
    answer = subprocess.run([sys.argv[1]], input="\n".join(map(line, requests)) + "\n", text=True,
                            stdout=subprocess.PIPE, check=True).stdout.splitlines()
    print(f"# seed {seed}")
    print("1..1")
    assert len(answer) == ROUNDS, f"{len(answer)} answers for {ROUNDS} requests"
    for request, ours in zip(requests, answer):
        if parts(ours) != parts(theirs(request)):
            print(f"not ok 1 - {request}")
            print(f"# ours   {ours}\n# theirs {theirs(request)}")
            return 1
    print("ok 1 - ours and oauthlib's signatures are the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
