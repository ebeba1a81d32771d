"""Whom have other programs, as PyPI has them? Prints users with their passwords and hashes, each hash of a default cost, as JSON."""

import json
import unicodedata

import argon2
import bcrypt
from django.conf import settings
from passlib.hash import pbkdf2_sha256, scrypt

settings.configure(
    PASSWORD_HASHERS=[
        f"django.contrib.auth.hashers.{hasher}"
        for hasher in ("PBKDF2PasswordHasher", "ScryptPasswordHasher", "BCryptSHA256PasswordHasher")
    ]
)

from django.contrib.auth.hashers import make_password

PASSWORDS = [
    "a few words of mine",
    "short",
    "  spaces at both ends  ",
    "Zoë und Jürgen größer als sonst",
    unicodedata.normalize("NFD", "Zoë, decomposed"),
    "пароль из букв",
    "🔑 of a kind",
    'a "quoted" $HOME % + & = \\ one',
    "x" * 72 + " and what bcrypt never saw",
    "1234",
]

users = []


def add(program, number, password, hashed):
    users.append({"name": f"{program}-{number}", "password": password, "hash": hashed})


for number, password in enumerate(PASSWORDS):
    hasher = ("pbkdf2_sha256", "scrypt", "bcrypt_sha256")[number % 3]
    add("django", number, password, make_password(password, hasher=hasher))
    # Its newest version refuses what it used to cut off.
    cut, prefix = password.encode()[:72], (b"2b", b"2a")[number % 2]
    add("bcrypt", number, password, bcrypt.hashpw(cut, bcrypt.gensalt(prefix=prefix)).decode())
    if number % 3 == 0:
        add("passlib-pbkdf2", number, password, pbkdf2_sha256.hash(password))
        add("passlib-scrypt", number, password, scrypt.hash(password))
        add("argon2-cffi", number, password, argon2.PasswordHasher().hash(password))

print(json.dumps(users))
