"""The store of models: a folder with `cards/NAME.toml` and `weights/`, and nothing is used that does not match.

A file is read once; its digest is taken from the very bytes that are then run. A model may have a twin in 8-bit
integers: a file of its own, with its own digest in the card.
"""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path

from models.card import ModelCard, read_card
from models.detector import Detector
from models.errors import ModelError
from models.feeding import disagreement, input_sizes
from models.providers import Precision, Provider, has_bfloat16_tiles
from models.session import Session, Usual, open_session

SHIPPED = Path(__file__).parent


def open_detector(
    name: str,
    folder: Path | None = None,
    *,
    threads: int | None = None,
    at_a_time: int = 1,
    provider: Provider | None = None,
    precision: Precision = Precision.EXACT,
    frames: bool = False,
) -> Detector:
    """The detector `name`, verified against its card; from the shipped models unless `folder` is given.

    threads, at_a_time: as `open_session` takes them. precision: FAST takes what `quickest` says for the provider that
    the model stands on; a folder may leave the twin's file out, and float32 runs then. frames: nearly every picture
    will be a frame of 16:9, alone; the model is made ready for those, and for others when one comes. Raises ModelError
    naming the file and the reason: no such card, weights or twin, another digest, labels, feeding, input or output than
    the card says, or a graph that onnxruntime cannot open.
    """
    home = SHIPPED if folder is None else folder
    card_path = home / "cards" / f"{name}.toml"
    card = read_card(card_path)
    _check_thresholds(card, card_path)
    opened = partial(_open, card_path, threads, at_a_time, frames)
    if precision is not Precision.INT8:
        session = opened(card, provider, precision)
        has_twin = card.int8 is not None and (home / "weights" / card.int8.weights).is_file()
        runs = Precision.EXACT if precision is Precision.EXACT else quickest(session.provider, has_twin)
        if runs is not Precision.INT8:
            if runs is not precision:
                session = opened(card, session.provider, runs)
            return Detector(card, session, card.digest)
        provider = session.provider
    if card.int8 is None:
        raise ModelError(f"{card_path}: it names no int8 twin; make one (steward train twin), or ask for float32")
    twin = card.model_copy(update={"weights": card.int8.weights, "digest": card.int8.digest})
    return Detector(card, opened(twin, provider, Precision.INT8), twin.digest)


def quickest(provider: Provider, has_twin: bool, bfloat16: bool | None = None) -> Precision:
    """What runs where speed is asked for: INT8, or FAST, which is the float32 weights as the provider likes them, or
    EXACT where OpenVINO would take longer in bfloat16 and there is no twin.

    As measured (docs/decisions/0004): the twin is for OpenVINO on processors without bfloat16 matrix instructions. With
    them bfloat16 is as fast and closer to float32, and onnxruntime's own CPU provider is slower on the twin. bfloat16:
    has the processor such instructions; None to look.
    """
    if provider is not Provider.OPENVINO or (has_bfloat16_tiles() if bfloat16 is None else bfloat16):
        return Precision.FAST
    return Precision.INT8 if has_twin else Precision.EXACT


def _open(
    card_path: Path,
    threads: int | None,
    at_a_time: int,
    frames: bool,
    card: ModelCard,
    provider: Provider | None,
    precision: Precision,
) -> Session:
    """A session on the weights that the card names, which are what it says."""
    if Path(card.weights).name != card.weights:
        weights = card_path.parent.parent / "weights"
        raise ModelError(f"{card_path}, field weights: a file name inside {weights} is wanted, no path")
    path = card_path.parent.parent / "weights" / card.weights
    content = read_verified(path, card.digest, card_path)
    width_px, height_px = input_sizes(card.preprocessing)[1]
    again = partial(read_verified, path, card.digest, card_path)
    usual = Usual((1, 3, height_px, width_px), again) if frames else None
    session = open_session(
        content,
        str(path),
        threads=threads,
        at_a_time=at_a_time,
        provider=provider,
        precision=precision,
        usual=usual,
        detects=True,
    )
    _check_graph(session, card, path)
    return session


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
    wrong = disagreement(session.metadata(), card.labels, size)
    if wrong:
        raise ModelError(
            f"{path}: {wrong}. A model that is fed otherwise than it was trained finds less and says nothing; put back "
            "the pair that was released together, or write the card's feeding into it (steward train stamp)."
        )
    head = session.output_shape
    if len(head) != 3 or head[1] not in (None, 4 + len(card.labels)):
        raise ModelError(f"{path}: its output is {head}, not a detection head [1, {4 + len(card.labels)}, anchors]")


def _fits(declared: tuple[int | None, ...], wanted: tuple[int, ...]) -> bool:
    return len(declared) == len(wanted) and all(
        side in (None, want) for side, want in zip(declared, wanted, strict=True)
    )
