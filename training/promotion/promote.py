"""From a challenger to a signed champion: measure, rule, and only then publish."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from models.card import READ_SINCE, GateFigure, ModelCard, Promotion
from models.channel import Channel, Release
from models.golden import golden_scores
from training.cardfile import card_text
from training.compare.report import Run
from training.compare.sight import Contender, Pair
from training.errors import TrainingError
from training.promotion.gates import Ruling
from training.repository.keys import Keyring
from training.repository.repository import BELOW, Addition, Repository, channel_addition, next_channel
from training.repository.settings import RoleName

SEGMENT: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")


@dataclass(frozen=True, slots=True)
class Promoted:
    """What was published."""

    card: ModelCard
    channel: Channel


def check_before(repository: Repository, keys: Keyring | None, champion: ModelCard, challenger: ModelCard) -> None:
    """Raises TrainingError for what would make the long measuring pointless; with keys, opens them."""
    if champion.name != challenger.name:
        raise TrainingError(f"the champion is a {champion.name!r} and the challenger a {challenger.name!r} model.")
    named = [("name", challenger.name), ("version", challenger.version), ("weights", challenger.weights)]
    if challenger.int8 is not None:
        named.append(("int8.weights", challenger.int8.weights))
    for field, word in named:
        if not word or not set(word) <= SEGMENT or not word[0].isalnum():
            raise TrainingError(f"the challenger's {field} {word!r} cannot name a file: letters, digits and ._+- only.")
    if challenger.int8 is not None and challenger.int8.weights == challenger.weights:
        raise TrainingError(f"the challenger's int8.weights {challenger.weights!r} is the name of its float32 weights.")
    state = repository.state()
    taken = f"{challenger.name}/{challenger.version}/{Path(challenger.weights).stem}.toml"
    if taken in state.targets.signed.targets:
        raise TrainingError(f"{taken}: is published already; give the challenger a new version.")
    if keys is not None:
        repository.signers(state, keys, BELOW[RoleName.TARGETS])


def promoted_card(run: Run, rulings: Sequence[Ruling], now: datetime) -> ModelCard:
    """The challenger's card with what it was promoted over, the gates' figures and its golden scores."""
    champion, challenger = run.pair.champion.card, run.pair.challenger.card
    promotion = Promotion(
        at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        champion=f"{champion.name} {champion.version}",
        champion_digest=champion.digest,
        pictures=len(run.seen),
    )
    gates = tuple(
        GateFigure(gate=one.gate, measured=one.measured, bar=one.bar, why=one.why)
        for one in rulings
        if one.measured is not None
    )
    golden = golden_scores(run.pair.challenger.detector)
    return challenger.model_copy(update={"promotion": promotion, "gates": gates, "golden": golden})


def publish(
    repository: Repository, keys: Keyring, run: Run, rulings: Sequence[Ruling], channel: str, serial: int, now: datetime
) -> Promoted:
    """Weights, card and channel, seen by clients at once.

    serial: of the channel when the rulings were made, 0 for none. Raises TrainingError where a gate is closed, or where
    the channel has another champion by now.
    """
    closed = [one.gate for one in rulings if not one.passed]
    if closed or not rulings:
        raise TrainingError(f"not promoted: {', '.join(closed)}.")
    card = promoted_card(run, rulings, now)
    files = _files(run.pair, card)
    release = Release(
        version=card.version,
        card=files[0].path,
        card_digest=hashlib.sha256(files[0].content).hexdigest(),
        weights=files[1].path,
        digest=card.digest,
    )
    with repository.changing():
        stands = repository.channel(repository.state(), card.name, channel)
        if (stands.serial if stands else 0) != serial:
            raise TrainingError(f"{channel}: has another champion than when it was measured; promote again.")
        named = next_channel(stands, card.name, channel, release)
        repository.publish([*files, channel_addition(named)], keys, now)
    return Promoted(card, named)


def _files(pair: Pair, card: ModelCard) -> list[Addition]:
    """Card, weights and twin as targets, each entry saying what a vehicle must know before it downloads."""
    text = card_text(card).encode()
    size = card.preprocessing
    custom = {
        "name": card.name,
        "version": card.version,
        "labels": list(card.labels),
        "input": {"width_px": size.width_px, "height_px": size.height_px, "rectangular": size.rectangular},
        "card_sha256": hashlib.sha256(text).hexdigest(),
        "least_software": READ_SINCE,
    }
    home = f"{card.name}/{card.version}"
    ran = [pair.challenger] if pair.twin is None else [pair.challenger, pair.twin]
    return [
        Addition(f"{home}/{Path(card.weights).stem}.toml", text, custom),
        *(Addition(f"{home}/{one.weights.name}", _unchanged(one), custom) for one in ran),
    ]


def _unchanged(measured: Contender) -> bytes:
    weights = measured.weights.read_bytes()
    if hashlib.sha256(weights).hexdigest() != measured.detector.digest:
        raise TrainingError(f"{measured.weights.name}: has changed since it was measured. Nothing was published.")
    return weights
