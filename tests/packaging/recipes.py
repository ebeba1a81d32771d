"""Do the recipes of docs/operating.md move users over? Runs them as they stand on databases of Django and of Flask's own hashes.

Called with the guide, a settings file of grantd, an empty directory, and `django` or `flask`; its last line says who has to be able to sign in."""

import json
import re
import sys
from pathlib import Path

guide, settings_file, directory, program = sys.argv[1:]
PASSWORD = "one of a kind, I hope"

written = re.findall(r"```python\n(.*?)```", Path(guide).read_text(), re.S)
recipe = next(text for text in written if ("django" in text) == (program == "django"))
recipe = recipe.replace("/etc/grantd/grantd.toml", settings_file).replace("postgresql://old", f"sqlite:///{directory}/old")
assert settings_file in recipe


def from_django():
    import django
    from django.conf import settings
    from django.core.management import call_command

    settings.configure(
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{directory}/old"}},
        PASSWORD_HASHERS=[
            f"django.contrib.auth.hashers.{hasher}PasswordHasher"
            for hasher in ("PBKDF2", "Argon2", "BCryptSHA256", "BCrypt", "Scrypt")
        ],
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.hashers import make_password
    from django.contrib.auth.models import User

    moved = ["pbkdf2_sha256", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"]
    for hasher in moved:
        hashed = make_password(PASSWORD, hasher=hasher)
        User.objects.create(username=hasher, email=f"{hasher}@example.org", password=hashed)
    User.objects.create(username="nobody", email="nobody@example.org", password=make_password(None))
    return moved


def from_flask():
    from sqlalchemy import create_engine, text
    from werkzeug.security import generate_password_hash

    moved = ["scrypt", "scrypt:16384:4:2", "pbkdf2", "pbkdf2:sha256:150000"]
    names = [re.sub(r"\W", "-", method) for method in moved]
    with create_engine(f"sqlite:///{directory}/old").begin() as rows:
        rows.execute(text("CREATE TABLE users (username TEXT, email TEXT, password_hash TEXT)"))
        for name, method in zip(names, moved):
            user = {"name": name, "email": f"{name}@example.org", "hash": generate_password_hash(PASSWORD, method=method)}
            rows.execute(text("INSERT INTO users VALUES (:name, :email, :hash)"), user)
    return names


moved = from_django() if program == "django" else from_flask()
exec(recipe)
print(json.dumps({"users": moved, "password": PASSWORD}))
