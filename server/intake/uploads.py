"""What a device has to do next about a picture that it declared: put pieces somewhere, or nothing any more.

Asking is idempotent, and it is how an upload ends: once every piece is there, the same question makes the server look
at them, keep the picture and write its record. Until then no case shows it.
"""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.upload import CHECKSUM, checksum_header, part_sizes
from server.context import Context
from server.errors import Invalid, NotFound
from server.intake.evidence import declared_by, keep_picture
from server.log import log_of
from server.pictures.objects import Address, Piece, digest_of
from server.records.pictures import DeclaredEvidence, StoredPicture

_log = log_of(__name__)


@dataclass(frozen=True, slots=True)
class Done:
    """The picture is kept and recorded; first is False where it was before."""

    first: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A piece that is not there yet, and where to put it."""

    number: int
    address: Address


def next_step(context: Context, device_id: str, sha256: str, parts: tuple[str, ...]) -> Done | tuple[Wanted, ...]:
    """See the module. parts: the SHA-256 of each piece, or nothing where there is one. Raises NotFound or Invalid."""
    with context.store.read() as session:
        declared = declared_by(session, device_id, sha256)
        if session.get(StoredPicture, sha256) is not None:
            return Done(first=False)
    pieces = _pieces(declared, device_id, parts)
    match _arrived(context, pieces):
        case bytes() as content:
            return _look_at(context, declared, pieces, content)
        case missing:
            alone = len(pieces) == 1
            return tuple(Wanted(piece.number, _address(context, piece, alone)) for piece in missing)


def _arrived(context: Context, pieces: list[Piece]) -> bytes | list[Piece]:
    """The whole picture, or the pieces that are not there. One piece alone is read at once, which says as much."""
    device_id, key = pieces[0].device_id, pieces[0].key
    if len(pieces) > 1:
        there = context.objects.pieces(device_id, key)
        missing = [piece for piece in pieces if there.get(piece.number) != piece.size_bytes]
        if missing:
            return missing
    parts = [context.objects.get_piece(device_id, key, piece.number) for piece in pieces]
    lost = [piece for piece, part in zip(pieces, parts, strict=True) if part is None]
    return lost or b"".join(part for part in parts if part is not None)


def receive_piece(context: Context, device_id: str, sha256: str, number: int, content: bytes, checksum: str) -> None:
    """A piece that comes through the server itself; raises NotFound, or Invalid for other bytes."""
    with context.store.read() as session:
        declared = declared_by(session, device_id, sha256)
    sizes = part_sizes(declared.size_bytes)
    if number >= len(sizes):
        raise NotFound("no_such_part", f"{sha256} has {len(sizes)} parts", "path.number")
    if len(content) != sizes[number]:
        raise Invalid("other_size", f"part {number} has {sizes[number]} bytes, {len(content)} came", "body")
    digest = digest_of(content)
    if checksum_header(digest) != checksum:
        raise Invalid("other_bytes", "the part does not match its checksum; send it again", f"header.{CHECKSUM}")
    piece = Piece(device_id, sha256, number, len(content), digest, declared.media_type)
    context.objects.put_piece(piece, content)


def _pieces(declared: DeclaredEvidence, device_id: str, parts: tuple[str, ...]) -> list[Piece]:
    sizes = part_sizes(declared.size_bytes)
    digests = parts or (declared.sha256,)
    if len(digests) != len(sizes):
        raise Invalid(
            "other_parts",
            f"{declared.size_bytes} bytes go in {len(sizes)} parts; tell the SHA-256 of each",
            "body.parts",
        )
    return [
        Piece(device_id, declared.sha256, number, size, digest, declared.media_type)
        for number, (size, digest) in enumerate(zip(sizes, digests, strict=True))
    ]


def _look_at(context: Context, declared: DeclaredEvidence, pieces: list[Piece], content: bytes) -> Done:
    """Keep what came if it is what was declared. Either way nothing of it waits afterwards."""
    try:
        first = keep_picture(context, declared, content)
    except Invalid:
        _drop(context, pieces)
        raise
    try:
        _drop(context, pieces)
    except OSError as error:
        _log.warning("pieces are left to the sweep", picture=declared.sha256, error=str(error))
    return Done(first)


def _drop(context: Context, pieces: list[Piece]) -> None:
    for piece in pieces:
        context.objects.drop_piece(piece.device_id, piece.key, piece.number)


def _address(context: Context, piece: Piece, alone: bool) -> Address:
    direct = context.objects.address(piece)
    if direct is not None:
        return direct
    path = f"/api/evidence/{piece.key}" + ("" if alone else f"/parts/{piece.number}")
    return Address(path, {"content-type": piece.media_type, CHECKSUM: checksum_header(piece.sha256)})
