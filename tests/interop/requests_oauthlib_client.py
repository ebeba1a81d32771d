"""Does requests-oauthlib, as PyPI has it, get along with a server started by `grantd dev`? `python requests_oauthlib_client.py ISSUER`"""

import base64
import json
import os
import sys

# The issuer of dev is http on the loopback.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"

import jwt
import requests
import requests_oauthlib
from oauthlib.oauth2 import BackendApplicationClient, InvalidClientError, InvalidGrantError, LegacyApplicationClient
from requests_oauthlib import OAuth2Session

issuer = sys.argv[1]
ada = {"username": "ada", "password": "ada-dev-password"}


def step(text):
    print(f"- {text}")


def refused(error, call, *arguments, **named):
    """The library itself has to raise this."""
    try:
        answer = call(*arguments, **named)
    except error as refusal:
        assert type(refusal) is error, repr(refusal)
    else:
        raise AssertionError(f"no refusal: {answer!r}")


step("discovery, which the library leaves to its user")
provider = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
assert provider["issuer"] == issuer, provider
token_endpoint = provider["token_endpoint"]


def web(**options):
    return OAuth2Session(client=LegacyApplicationClient("web", **options))


step("password grant as web")
session = web(scope=["openid", "profile", "email"])
# It would send a public client's id as the name of a Basic authentication.
first = dict(session.fetch_token(token_endpoint, include_client_id=True, **ada))
assert first["token_type"] == "Bearer", first
assert first["scope"] == ["openid", "profile", "email"], first

step("a wrong password is invalid_grant")
wrong = {**ada, "password": "not hers"}
refused(InvalidGrantError, web().fetch_token, token_endpoint, include_client_id=True, **wrong)

step("the access token, verified offline by PyJWT (RFC 9068)")
keys = jwt.PyJWKClient(provider["jwks_uri"])


def verified(token, audience=issuer):
    required = ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]
    token = jwt.decode_complete(
        token,
        keys.get_signing_key_from_jwt(token),
        algorithms=["ES256"],
        issuer=issuer,
        audience=audience,
        options={"require": required},
    )
    assert token["header"]["typ"] == "at+jwt", token
    return token["payload"]


claims = verified(first["access_token"])
assert claims["client_id"] == "web", claims
theirs = web().fetch_token(token_endpoint, include_client_id=True, resource="http://localhost:8090", **ada)
assert verified(theirs["access_token"], "http://localhost:8090")["sub"] == claims["sub"]

step("no other token is taken for one")
header, _, signature = first["access_token"].split(".")
promoted = json.dumps({**claims, "roles": ["admin", "root"]}).encode()
tampered = f"{header}.{base64.urlsafe_b64encode(promoted).decode().rstrip('=')}.{signature}"
refused(jwt.InvalidSignatureError, verified, tampered)
refused(jwt.InvalidAudienceError, verified, theirs["access_token"])
refused(jwt.DecodeError, verified, first["refresh_token"])
refused(jwt.DecodeError, verified, "of.no.sense")

step("userinfo")
user = session.get(provider["userinfo_endpoint"]).json()
assert (user["sub"], user["email"]) == (claims["sub"], "ada@example.org"), user

step("a refresh by itself, when the access token has run out")
kept = []
session = OAuth2Session(
    "web",
    token={**first, "expires_at": 1},
    auto_refresh_url=token_endpoint,
    auto_refresh_kwargs={"client_id": "web"},
    token_updater=kept.append,
)
assert session.get(provider["userinfo_endpoint"]).json() == user
[second] = kept
assert second["refresh_token"] != first["refresh_token"]
assert second["access_token"] != first["access_token"]
assert second["scope"] == first["scope"], second

step("client credentials as demo-service")
service = OAuth2Session(client=BackendApplicationClient("demo-service"))
secret = "demo-service-dev-secret"
for how in ({"client_secret": secret}, {"client_secret": secret, "include_client_id": True}):
    own = service.fetch_token(token_endpoint, **how)
    assert verified(own["access_token"])["sub"] == "demo-service"

step("a wrong secret is invalid_client")
refused(InvalidClientError, service.fetch_token, token_endpoint, client_secret="another-secret-of-some-length")


def introspected(token):
    credentials = ("demo-api", "demo-api-dev-secret")
    return requests.post(provider["introspection_endpoint"], auth=credentials, data={"token": token}, timeout=10).json()


step("introspection as demo-api, which the library leaves to its user")
seen = introspected(second["access_token"])
assert (seen["active"], seen["username"], seen["sub"]) == (True, "ada", claims["sub"]), seen

step("revocation")
url, headers, body = LegacyApplicationClient("web").prepare_token_revocation_request(
    provider["revocation_endpoint"], second["refresh_token"], client_id="web"
)
answer = requests.post(url, headers=headers, data=body, timeout=10)
assert (answer.status_code, answer.content) == (200, b""), answer.text

step("afterwards the refresh is invalid_grant, and introspection says inactive")
refused(InvalidGrantError, session.refresh_token, token_endpoint, refresh_token=second["refresh_token"], client_id="web")
for ended in (first["access_token"], second["access_token"], second["refresh_token"]):
    assert introspected(ended) == {"active": False}

print(f"requests-oauthlib {requests_oauthlib.__version__}: all done")
