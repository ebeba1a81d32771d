"""Holds JSON values against the definitions of a schema, which it closes first: here a member that nobody wrote down is a fault.

    schemas.py SCHEMA < [["definition", value], ...]
"""

import json
import sys

import jsonschema_rs


def close(schema):
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            close(part)
    elif isinstance(schema, list):
        for part in schema:
            close(part)


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
close(schema["$defs"])

faults = 0
for name, value in json.load(sys.stdin):
    if name not in schema["$defs"]:
        print(f"{name}: no such definition")
        faults += 1
        continue
    whole = {"$schema": schema["$schema"], "$ref": f"#/$defs/{name}", "$defs": schema["$defs"]}
    for error in jsonschema_rs.validator_for(whole).iter_errors(value):
        path = "/".join(str(step) for step in error.instance_path)
        print(f"{name}: /{path}: {error.message}")
        faults += 1
sys.exit(1 if faults else 0)
