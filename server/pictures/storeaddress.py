"""Which S3 store, and the keys that open it: an address from the setup, keys from the environment or a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from server.errors import SetupError
from server.pictures.presign import Keys

SCHEMES: Final = {"s3": "https", "s3+http": "http"}
BUCKET: Final = re.compile(r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
FORM: Final = "s3://HOST[:PORT]/BUCKET, with ?region=NAME and ?public=https://HOST where they differ from the default"


@dataclass(frozen=True, slots=True)
class StoreAddress:
    """endpoint: host and port as this server reaches the store; public: scheme and host as vehicles reach it."""

    endpoint: str
    secure: bool
    bucket: str
    region: str
    public: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address that a setup or a command line gives; raises SetupError."""
        try:
            parts = urlsplit(text)
            scheme, host, port = SCHEMES.get(parts.scheme), parts.hostname, parts.port
            fields = parse_qs(parts.query, strict_parsing=bool(parts.query))
        except ValueError as error:
            raise SetupError(f"the object store's address is not of the form {FORM}: {error}") from error
        if "@" in parts.netloc:
            raise SetupError("the object store's address holds keys; give them in the environment (docs/server.md)")
        bucket = parts.path.strip("/")
        unknown = fields.keys() - {"region", "public"}
        if scheme is None or not host or not BUCKET.fullmatch(bucket) or parts.fragment or unknown:
            raise SetupError(f"{text}: is no address of an object store; write it as {FORM}")
        endpoint = host if port is None else f"{host}:{port}"
        public = fields.get("public", [f"{scheme}://{endpoint}"])[0].rstrip("/")
        if urlsplit(public).scheme not in ("http", "https") or urlsplit(public).path or "@" in public:
            raise SetupError(f"{public}: vehicles need an address such as https://pictures.example.org, without a path")
        return cls(endpoint, scheme == "https", bucket, fields.get("region", ["us-east-1"])[0], public)


def read_keys() -> Keys:
    """From AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the file AWS_SHARED_CREDENTIALS_FILE; raises SetupError."""
    from minio.credentials.providers import AWSConfigProvider, ChainedProvider, EnvAWSProvider  # 0.4 s to load

    try:
        found = ChainedProvider([EnvAWSProvider(), AWSConfigProvider()]).retrieve()
    except (ValueError, OSError) as error:
        raise SetupError(
            "the object store needs keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file that holds "
            "them in AWS_SHARED_CREDENTIALS_FILE (docs/server.md)"
        ) from error
    return Keys(found.access_key, found.secret_key)
