"""An address at which one request to an S3 store is allowed for a short while, and no other (AWS Signature Version 4).

The store's client library signs the host alone; here length, kind and checksum are signed too, so whoever holds the
address can put those very bytes under that very key, and nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """What requests are signed with. Never printed, also not by accident."""

    access: str
    secret: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request goes. base: scheme, host and port as the sender reaches them; path: /bucket/key, not encoded."""

    base: str
    path: str
    region: str


def presign(method: str, place: Place, headers: Mapping[str, str], keys: Keys, at: datetime, lives_s: int) -> str:
    """The address for one request with exactly these headers (names in lower case), good for `lives_s` from `at` on.

    Query authentication of AWS's "Authenticating Requests (AWS Signature Version 4)"; the body is bound by signing
    its checksum header, which the store compares with what comes.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{place.region}/s3/aws4_request"
    signed = {**headers, "host": place.base.partition("://")[2]}
    names = sorted(signed)
    query = _query(
        {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{keys.access}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(lives_s),
            "X-Amz-SignedHeaders": ";".join(names),
        }
    )
    path = quote(place.path, safe="/-_.~")
    lines = [
        method,
        path,
        query,
        *(f"{name}:{signed[name]}" for name in names),
        "",
        ";".join(names),
        "UNSIGNED-PAYLOAD",
    ]
    canonical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    key = b"AWS4" + keys.secret.encode()
    for part in (stamp[:8], place.region, "s3", "aws4_request"):
        key = _mac(key, part)
    signature = _mac(key, "\n".join((ALGORITHM, stamp, scope, canonical))).hex()
    return f"{place.base}{path}?{query}&X-Amz-Signature={signature}"


def _query(fields: Mapping[str, str]) -> str:
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(fields.items()))


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
