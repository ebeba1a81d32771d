"""Does Prometheus's own parser, as PyPI has it, read the metrics of a server started by `grantd dev`? `python prometheus_parser.py ISSUER`"""

import math
import sys
import urllib.error
import urllib.parse
import urllib.request
from importlib.metadata import version

from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST
from prometheus_client.openmetrics.parser import text_string_to_metric_families

issuer = sys.argv[1]


def step(text):
    print(f"- {text}")


def same(found, wanted):
    if found != wanted:
        raise SystemExit(f"{found!r} instead of {wanted!r}")


def token(**form):
    """The status of a request for tokens."""
    body = urllib.parse.urlencode({"client_id": "web", **form}).encode()
    try:
        return urllib.request.urlopen(f"{issuer}/oauth2/token", body, timeout=10).status
    except urllib.error.HTTPError as refusal:
        return refusal.code


def families():
    """The metrics by name, as the parser has them: it refuses what is no OpenMetrics."""
    with urllib.request.urlopen(f"{issuer}/metrics", timeout=10) as answer:
        same(answer.headers["content-type"], CONTENT_TYPE_LATEST)
        return {family.name: family for family in text_string_to_metric_families(answer.read().decode())}


def number(family, **labels):
    """The one number that has these labels."""
    found = [sample.value for sample in family.samples if sample.labels == labels]
    same(len(found), 1)
    return found[0]


step("a new server")
families()

step("a sign-in, a wrong password, a refresh that is refused")
same(token(grant_type="password", username="ada", password="ada-dev-password"), 200)
same(token(grant_type="password", username="ada", password="not hers"), 400)
same(token(grant_type="refresh_token", refresh_token="none of ours"), 400)
seen = families()

step("each metric is of its type and says what it is")
types = {
    "grantd_build": "info",
    "grantd_database_connections": "gauge",
    "grantd_http_request_duration_seconds": "histogram",
    "grantd_password_hashes": "counter",
    "grantd_password_queue_depth": "gauge",
    "grantd_refresh_guards_lost": "counter",
    "grantd_refreshes": "counter",
    "grantd_refreshes_refused": "counter",
    "grantd_sign_ins": "counter",
    "grantd_signing_key_age_seconds": "gauge",
    "grantd_throttled": "counter",
    "process_start_time_seconds": "gauge",
}
same({name: family.type for name, family in seen.items()}, types)
for family in seen.values():
    same(family.documentation.endswith("."), True)

step("the numbers are those of what happened")
same(number(seen["grantd_sign_ins"], outcome="ok"), 1)
same(number(seen["grantd_sign_ins"], outcome="wrong"), 1)
same(number(seen["grantd_refreshes_refused"], reason="unknown_token"), 1)
same({sample.labels["alg"] for sample in seen["grantd_signing_key_age_seconds"].samples}, {"ES256", "RS256"})

step("the buckets add up")
durations = [sample for sample in seen["grantd_http_request_duration_seconds"].samples if sample.labels["status"] == "400"]
buckets = [(float(sample.labels["le"]), sample.value) for sample in durations if "le" in sample.labels]
same(buckets, sorted(buckets))
same(buckets[-1], (math.inf, 2))
same([count for _, count in buckets], sorted(count for _, count in buckets))
same([sample.value for sample in durations if sample.name.endswith("_count")], [2])

print(f"prometheus_client {version('prometheus_client')}: all done")
