"""Who is schemathesis, to the server that it examines? `VISITOR` says it: `nobody`, a `user`, or an `administrator`.

What it does may well end whoever does it: it deletes the user, ends the session, changes the client, replaces the keys. Nothing of that is
spared. A visitor is a user and a client that `grantd` makes for the purpose, and when one is no longer let in, another comes.
"""

import atexit
import base64
import itertools
import json
import os
import subprocess

import requests
import schemathesis

ROLE = os.environ["VISITOR"]
SCOPES = ["openid", "profile", "email", "account", "sessions"] + ["admin"] * (ROLE == "administrator")
SECRET = "what a visitor knows by heart"


def grantd(*arguments):
    subprocess.run([os.environ["GRANTD"], *arguments], input=SECRET, check=True, capture_output=True, text=True)


class Visitor:
    def __init__(self, server, name):
        self.server, self.name = server, name
        role = ["--role", "admin"] if ROLE == "administrator" else []
        grantd("user", "create", name, "--email", f"{name}@example.org", *role, "--password-file", "-")
        may = [option for scope in SCOPES for option in ("--scope", scope)]
        may += [option for grant in ("password", "client_credentials") for option in ("--grant", grant)]
        grantd("client", "create", name, "--secret-file", "-", *may)
        form = {"grant_type": "password", "username": name, "password": SECRET, "scope": " ".join(SCOPES)}
        answer = self.post("/oauth2/token", form)
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        sign_in, page = {"username": name, "password": SECRET}, {"X-Grantd": "1", "Sec-Fetch-Site": "same-origin"}
        answer = requests.post(server + "/bff/login", json=sign_in, headers=page, timeout=20)
        self.cookie = answer.cookies.get_dict()
        claims = json.loads(base64.urlsafe_b64decode(self.token.split(".")[1] + "=="))
        self.user, self.session = claims["sub"], claims["sid"]

    def post(self, path, form):
        return requests.post(self.server + path, auth=(self.name, SECRET), data=form, timeout=20)

    def is_let_in(self):
        """Whether user, sessions, client, secret, key and role are all as they were."""
        if requests.get(self.server + "/bff/user", cookies=self.cookie, timeout=20).status_code != 200:
            return False
        seen = self.post("/oauth2/introspect", {"token": self.token}).json()
        return seen.get("active", False) and ("admin" in seen["roles"]) == (ROLE == "administrator")


names = (f"visitor-{number}" for number in itertools.count())
visitor = None
# Whether something has changed since the visitor was last seen to be let in.
doubted = False
succeeded, tried = set(), set()


def who_is_there(server):
    global visitor, doubted
    if visitor is None or (doubted and not visitor.is_let_in()):
        visitor = Visitor(server, next(names))
    doubted = False
    return visitor


if ROLE != "nobody":

    @schemathesis.auth(refresh_interval=None)
    class Credentials:
        def get(self, case, context):
            there = who_is_there(context.operation.base_url.rstrip("/"))
            if context.operation.path in ("/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"):
                return "Basic " + base64.b64encode(f"{there.name}:{SECRET}".encode()).decode()
            if context.operation.path.startswith("/bff/"):
                return there.cookie
            return f"Bearer {there.token}" if context.operation.definition.raw.get("security") else None

        def set(self, case, credentials, context):
            if isinstance(credentials, dict):
                case.cookies.update(credentials)
            elif credentials:
                case.headers["Authorization"] = credentials

    # What nobody guesses, by operation: a part of the request, and what stands in it every other time.
    SECRETS = {
        "getToken": ("body", lambda: {"grant_type": "password", "username": visitor.name, "password": SECRET}),
        "introspectToken": ("body", lambda: {"token": visitor.token}),
        "revokeToken": ("body", lambda: {"token": visitor.token}),
        "logIn": ("body", lambda: {"username": visitor.name, "password": SECRET}),
        "changeMyPassword": ("body", lambda: {"current_password": SECRET}),
        "endMySession": ("path_parameters", lambda: {"id": visitor.session}),
        "endSession": ("path_parameters", lambda: {"id": visitor.session}),
    }
    for about_a_user in ("getUser", "changeUser", "deleteUser", "setPassword"):
        SECRETS[about_a_user] = ("path_parameters", lambda: {"id": visitor.user})
    turns = itertools.cycle([True, False])

    @schemathesis.hook
    def before_call(context, case, kwargs):
        # What a browser says by itself, and no schema can ask for.
        if case.operation.path.startswith("/bff/"):
            case.headers["Sec-Fetch-Site"] = "same-origin"
        part, known = SECRETS.get(case.operation.definition.raw["operationId"], (None, None))
        if part and isinstance(getattr(case, part), dict) and next(turns):
            getattr(case, part).update(known())


@schemathesis.hook
def after_call(context, case, response):
    global doubted
    tried.add(case.operation.label)
    if response.status_code < 300:
        succeeded.add(case.operation.label)
        doubted |= case.method != "GET"


@atexit.register
def tell():
    never = ", ".join(sorted(tried - succeeded))
    print(f"as {ROLE}, {len(tried)} operations tried;", f"never seen to succeed: {never}" if never else "each has succeeded")
