"""Does Authlib, as PyPI has it, get along with a server started by `grantd dev`? `python authlib_client.py ISSUER`"""

import os
import sys

# The issuer of dev is http on the loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import authlib
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

issuer = sys.argv[1]


def step(text):
    print(f"- {text}")


def same(found, wanted):
    if found != wanted:
        raise SystemExit(f"{found!r} instead of {wanted!r}")


def refused(error, call, *arguments, **named):
    """The call has to be refused in this way."""
    try:
        answer = call(*arguments, **named)
    except OAuthError as refusal:
        same(refusal.error, error)
    else:
        raise SystemExit(f"no refusal: {answer!r}")


step("discovery (RFC 8414)")
metadata = requests.get(f"{issuer}/.well-known/oauth-authorization-server", timeout=10).json()
same(metadata["issuer"], issuer)
token_endpoint = metadata["token_endpoint"]

step("discovery (OpenID Connect) says the same")
provider = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=10).json()
for name, value in provider.items():
    if name in metadata:
        same(value, metadata[name])

step("password grant as web")
web = OAuth2Session("web", token_endpoint_auth_method="none", scope="openid profile email")
first = web.fetch_token(token_endpoint, grant_type="password", username="ada", password="ada-dev-password")
same(first["token_type"], "Bearer")

step("the access token, verified offline (RFC 9068)")
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"], timeout=10).json())
token = jwt.decode(first["access_token"], keys, algorithms=["ES256", "EdDSA", "RS256"])
same(token.header["typ"], "at+jwt")
claims = jwt.JWTClaimsRegistry(
    iss={"essential": True, "value": issuer}, aud={"essential": True, "value": issuer}, exp={"essential": True}
)
claims.validate(token.claims)

step("userinfo")
user = web.get(provider["userinfo_endpoint"]).json()
same(user["sub"], token.claims["sub"])
same(user["email"], "ada@example.org")

step("a wrong password is invalid_grant")
other = OAuth2Session("web", token_endpoint_auth_method="none")
refused("invalid_grant", other.fetch_token, token_endpoint, grant_type="password", username="ada", password="not hers")

step("refresh")
second = dict(web.refresh_token(token_endpoint, refresh_token=first["refresh_token"]))
same(second["refresh_token"] != first["refresh_token"], True)
same(second["scope"], first["scope"])

for method in ("client_secret_basic", "client_secret_post"):
    step(f"client credentials as demo-service ({method})")
    service = OAuth2Session("demo-service", "demo-service-dev-secret", token_endpoint_auth_method=method)
    own = service.fetch_token(token_endpoint, grant_type="client_credentials")
    same("refresh_token" in own, False)

step("a wrong secret is invalid_client")
stranger = OAuth2Session("demo-service", "another-secret-of-some-length", token_endpoint_auth_method="client_secret_basic")
refused("invalid_client", stranger.fetch_token, token_endpoint, grant_type="client_credentials")

step("introspection as demo-api")
api = OAuth2Session("demo-api", "demo-api-dev-secret", token_endpoint_auth_method="client_secret_basic")
seen = api.introspect_token(metadata["introspection_endpoint"], token=second["access_token"]).json()
same((seen["active"], seen["username"], seen["sub"]), (True, "ada", token.claims["sub"]))

step("revocation")
answer = web.revoke_token(metadata["revocation_endpoint"], token=second["refresh_token"], token_type_hint="refresh_token")
same(answer.status_code, 200)

step("afterwards the refresh is invalid_grant")
refused("invalid_grant", web.refresh_token, token_endpoint, refresh_token=second["refresh_token"])

step("afterwards introspection says inactive, of each token")
for ended in (first["access_token"], second["access_token"], second["refresh_token"]):
    same(api.introspect_token(metadata["introspection_endpoint"], token=ended).json(), {"active": False})

print(f"Authlib {authlib.__version__}: all done")
