"""Checks a chain of seals in a folder, for whoever has the device's public key: no server, no account, no trust.

The folder holds `chain.jsonl`, a line a record: `{"seal": TEXT, "traverse": {…}}` (the traverse null where it is gone),
and may hold `evidence/`, pictures named by their SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from edge.errors import ConfigError
from pipeline.seal import Finding, Link, Seal, check, parse_key

CHAIN: Final = "chain.jsonl"
EVIDENCE: Final = "evidence"
LONGEST_LINE: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class Verified:
    """records: in the chain; last: the highest number; pictures: looked at; alien: those that are not what a sealed
    traverse declares."""

    records: int
    last: int
    findings: tuple[Finding, ...]
    pictures: int
    alien: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.findings and not self.alien


def verify_folder(folder: Path, key: str) -> Verified:
    """Raises ConfigError for a folder or key that is none. key: base64, or a file that holds it."""
    try:
        public = parse_key(Path(key).read_text("ascii") if Path(key).is_file() else key)
    except (ValueError, OSError) as error:
        raise ConfigError(f"--key: {error}") from error
    links = list(_links(folder / CHAIN))
    findings = check(links, public)
    bad = {finding.number for finding in findings}
    declared = {
        picture["sha256"]
        for link in links
        if link.body is not None and link.seal.number not in bad
        for seen in json.loads(link.body)["observations"]
        for picture in seen.get("evidence", ())
    }
    pictures = sorted(path for path in (folder / EVIDENCE).glob("*") if path.is_file())
    alien = tuple(path.name for path in pictures if not _is_declared(path, declared))
    return Verified(
        len(links), max((link.seal.number for link in links), default=0), tuple(findings), len(pictures), alien
    )


def _links(path: Path) -> Iterator[Link]:
    try:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(LONGEST_LINE):
                number += 1
                yield _link(line, f"{path}, line {number}")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}. `steward server chain` writes one.") from error


def _link(line: bytes, where: str) -> Link:
    try:
        told = json.loads(line)
        body = told["traverse"]
        if body is not None and not isinstance(body, dict):
            raise ValueError("its traverse is no JSON object")
        return Link(Seal.parse(told["seal"]), None if body is None else json.dumps(body).encode())
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ConfigError(f"{where}: not a link of a chain: {error}") from error


def _is_declared(path: Path, declared: set[str]) -> bool:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return digest == path.stem and digest in declared
