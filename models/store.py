"""The store of models: a folder with `cards/NAME.toml` and `weights/`, and nothing is used that does not match.

The file is read once; its digest is taken from the very bytes that are then run.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from models.card import ModelCard, read_card
from models.detector import Detector
from models.errors import ModelError
from models.session import Precision, Provider, Session, open_session

SHIPPED = Path(__file__).parent


def open_detector(
    name: str,
    folder: Path | None = None,
    *,
    threads: int | None = None,
    provider: Provider | None = None,
    precision: Precision = Precision.EXACT,
) -> Detector:
    """The detector `name`, verified against its card; from the shipped models unless `folder` is given.

    Raises ModelError naming the file and the reason: no such card or weights, another digest, labels, input or output
    than the card says, or a graph that onnxruntime cannot open.
    """
    home = SHIPPED if folder is None else folder
    card_path = home / "cards" / f"{name}.toml"
    card = read_card(card_path)
    _check_thresholds(card, card_path)
    if Path(card.weights).name != card.weights:
        raise ModelError(f"{card_path}, field weights: a file name inside {home / 'weights'} is wanted, no path")
    path = home / "weights" / card.weights
    weights = read_verified(path, card.digest, card_path)
    session = open_session(weights, str(path), threads=threads, provider=provider, precision=precision)
    _check_graph(session, card, path)
    return Detector(card, session)


def read_verified(path: Path, digest: str, card_path: Path) -> bytes:
    """A weights file's bytes, if their SHA-256 is the card's; raises ModelError otherwise."""
    try:
        weights = path.read_bytes()
    except FileNotFoundError:
        raise ModelError(f"{path}: there is no such weights file, but {card_path} names it") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    found = hashlib.sha256(weights).hexdigest()
    if found != digest:
        raise ModelError(
            f"{path}: its SHA-256 is {found[:12]}… but {card_path} says {digest[:12]}…. The file is damaged or belongs "
            "to another card; put back the pair that was released together."
        )
    return weights


def _check_thresholds(card: ModelCard, card_path: Path) -> None:
    wrong = set(card.labels) ^ set(card.thresholds)
    if wrong:
        raise ModelError(f"{card_path}, field thresholds: must name each label once, but differs in {sorted(wrong)}")


def _check_graph(session: Session, card: ModelCard, path: Path) -> None:
    labels = session.labels()
    if labels != card.labels:
        raise ModelError(f"{path}: its metadata names {labels}, but the card's labels are {card.labels}")
    size = card.preprocessing
    wanted = (1, 3, size.height_px, size.width_px)
    if not _fits(session.input_shape, wanted):
        raise ModelError(f"{path}: its input is {session.input_shape}, but the card feeds {wanted}")
    if size.rectangular and any(side is not None for side in session.input_shape[2:]):
        raise ModelError(
            f"{path}: its input is {session.input_shape}, but the card says rectangular, which needs free sides"
        )
    head = session.output_shape
    if len(head) != 3 or head[1] not in (None, 4 + len(card.labels)):
        raise ModelError(f"{path}: its output is {head}, not a detection head [1, {4 + len(card.labels)}, anchors]")


def _fits(declared: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(declared) == len(wanted) and all(
        side in (None, want) for side, want in zip(declared, wanted, strict=True)
    )
