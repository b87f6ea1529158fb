"""Telephone numbers in recognised text: lines of text in, numbers out, each with how far it can be trusted.

lines ─ runs of digits ─ which runs, joined over spaces and dashes, are a number? ─ split over two lines? ─ the rest
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.boxes import Box
from pipeline.numbering import PhoneKind, kept_form, kind_of

PHONES: Final = "phones"
"""The attribute of an observation that holds its numbers, as `to_attribute` writes them."""
LETTERS: Final = "OolI|SB"
LOOKALIKES: Final = str.maketrans(LETTERS, "0011158")
"""Letters that recognisers take digits for, inside runs of digits."""
REPAIRED: Final = 0.9
"""Trust left for each letter that was taken for a digit."""
SPLIT: Final = 0.85
"""Trust left for a number put together from two lines."""
NO_NUMBER: Final = 0.5
"""Trust left for digits that are no valid number."""
MOST_REPAIRED: Final = 1 / 3
MOST_PIECES: Final = 7
MOST_DIGITS: Final = 17
ALIKE: Final = 1.6
LEAST: Final = 0.01
MOST_LINES: Final = 400
MOST_CHARACTERS: Final = 200
MOST_PHONES: Final = 8

_RUN: Final = re.compile(rf"[0-9{LETTERS}]+")
_BETWEEN: Final = re.compile(r"[\s\-‐‑–—−.·•/_()]{1,4}")
_PAIR: Final = re.compile(r"(\+?[0-9]{7,15})=([01]\.[0-9]{2})")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of recognised text. confidence: the mean of its characters', in 0..1; xyxy: px of the picture it is in."""

    text: str
    confidence: float
    xyxy: Box


@dataclass(frozen=True, slots=True)
class Phone:
    """A number in its kept form (pipeline/numbering.py) and the chance that every digit is right, above 0 to 1."""

    number: str
    confidence: float

    @property
    def kind(self) -> PhoneKind:
        return kind_of(self.number) or PhoneKind.DIGITS


@dataclass(frozen=True, slots=True)
class _Piece:
    """Digits, and letters like them, without a gap. plus: a + stands before them."""

    read: str
    plus: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class _Chain:
    """Pieces with only separators between them. opens, ends: nothing else stands before, after them in their line."""

    pieces: tuple[_Piece, ...]
    opens: bool
    ends: bool

    def part(self, first: int, end: int) -> _Chain:
        last = end == len(self.pieces)
        return _Chain(self.pieces[first:end], self.opens and first == 0, self.ends and last)


@dataclass(frozen=True, slots=True)
class _Span:
    """Pieces `first` to before `end` of a chain, which are a valid number. confidence: before any join of lines."""

    first: int
    end: int
    number: str
    confidence: float


def phones_in(lines: Sequence[TextLine]) -> tuple[Phone, ...]:
    """The numbers that the lines show, the most trusted first, each once; at most eight.

    A valid number may be spaced, dashed, bracketed, full-width, carry look-alike letters or go on in the line below or
    beside. What is left over is kept as `digits` where it is one piece of seven to fifteen, or has the shape of a
    number: two to five pieces of two digits or more, ten to twelve together. No letter is taken for a digit there.
    """
    lines = lines[:MOST_LINES]
    found: list[Phone] = []
    left: list[list[_Chain]] = []
    for line in lines:
        rest = []
        for chain in _chains(line):
            phones, over = _take_numbers(chain)
            found += phones
            rest += over
        left.append(rest)
    found += _over_two_lines(lines, left)
    found += [phone for rest in left for chain in rest for phone in _digits(chain)]
    best: dict[str, Phone] = {}
    for phone in sorted(found, key=lambda phone: (-phone.confidence, phone.number)):
        best.setdefault(phone.number, phone)
    return tuple(best.values())[:MOST_PHONES]


def to_attribute(phones: Iterable[Phone]) -> str:
    """Numbers as one attribute of an observation: `NUMBER=CONFIDENCE` with two decimals, parted by spaces."""
    return " ".join(f"{phone.number}={phone.confidence:.2f}" for phone in phones)


def from_attribute(text: str) -> tuple[Phone, ...]:
    """The numbers of an attribute, at most eight; raises ValueError where it is not what `to_attribute` writes."""
    phones = []
    for part in text.split(" "):
        pair = _PAIR.fullmatch(part)
        if pair is None or kind_of(pair[1]) is None or not 0.0 < float(pair[2]) <= 1.0:
            raise ValueError("phones are NUMBER=CONFIDENCE, parted by single spaces")
        phones.append(Phone(pair[1], float(pair[2])))
    if len(phones) > MOST_PHONES or len({phone.number for phone in phones}) < len(phones):
        raise ValueError(f"phones are at most {MOST_PHONES}, each once")
    return tuple(phones)


def _chains(line: TextLine) -> list[_Chain]:
    """The chains of a line, in order."""
    text = unicodedata.normalize("NFKC", line.text[:MOST_CHARACTERS]).replace("(0)", " ")
    runs = [(run.start() + cut, piece) for run in _RUN.finditer(text) for cut, piece in _piece(text, run, line)]
    chains: list[list[tuple[int, _Piece]]] = []
    end = 0
    for start, piece in runs:
        if chains and not piece.plus and _BETWEEN.fullmatch(text[end:start]):
            chains[-1].append((start, piece))
        else:
            chains.append([(start, piece)])
        end = start + len(piece.read)
    told = []
    for chain in chains:
        before, after = text[: chain[0][0]], text[chain[-1][0] + len(chain[-1][1].read) :]
        told.append(_Chain(tuple(piece for _, piece in chain), not before.strip(" (+"), not after.strip(" -")))
    return told


def _piece(text: str, run: re.Match[str], line: TextLine) -> Iterator[tuple[int, _Piece]]:
    """A run as a piece and by how much it begins later: letters that belong to a word beside it are no digits."""
    first, end = run.span()
    while first < end and not text[first].isdigit() and _letter(text, first - 1):
        first += 1
    while first < end and not text[end - 1].isdigit() and _letter(text, end):
        end -= 1
    read = text[first:end]
    if any(character.isdigit() for character in read):
        plus = text[:first].rstrip(" ").endswith("+")
        yield first - run.start(), _Piece(read, plus, line.confidence)


def _letter(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and text[at].isalpha()


def _take_numbers(chain: _Chain) -> tuple[list[Phone], list[_Chain]]:
    """The valid numbers of a chain, and what is left of it."""
    phones, rest, done = [], [], 0
    for span in _spans(chain.pieces):
        phones.append(Phone(span.number, span.confidence))
        rest.append(chain.part(done, span.first))
        done = span.end
    rest.append(chain.part(done, len(chain.pieces)))
    return phones, [one for one in rest if one.pieces]


def _spans(pieces: Sequence[_Piece]) -> tuple[_Span, ...]:
    """Which pieces to join so that as many digits as can be belong to valid numbers, and these are many."""
    best: list[tuple[int, int, tuple[_Span, ...]]] = [(0, 0, ())]
    for first in reversed(range(len(pieces))):
        options = [best[-1]]
        for end in range(first + 1, min(first + MOST_PIECES, len(pieces)) + 1):
            joined = _joined(pieces[first:end])
            if joined is not None:
                covered, count, spans = best[len(pieces) - end]
                size = sum(len(piece.read) for piece in pieces[first:end])
                options.append((covered + size, count + 1, (_Span(first, end, *joined), *spans)))
        best.append(max(options, key=lambda option: option[:2]))
    return best[-1][2]


def _joined(pieces: Sequence[_Piece]) -> tuple[str, float] | None:
    """The number that these pieces are when written as one, and its trust; single digits only in international ones.

    A letter at either end may belong to what stands beside the number, so it is left out where that gives one.
    """
    plus = pieces[0].plus
    if len(pieces) > 1 and not plus and min(len(piece.read) for piece in pieces) < 2:
        return None
    whole = "".join(piece.read for piece in pieces)
    for text in (whole, whole.strip(LETTERS)):
        repaired = sum(not character.isdigit() for character in text)
        if len(text) > MOST_DIGITS or repaired > MOST_REPAIRED * len(text):
            continue
        number = kept_form(text.translate(LOOKALIKES), plus)
        if number is not None:
            return number, _trust(pieces, text, REPAIRED**repaired)
    return None


def _trust(pieces: Sequence[_Piece], text: str, share: float) -> float:
    """A line's confidence is about that of one character, and a number is right only if all of its digits are."""
    one = min(piece.confidence for piece in pieces)
    return min(max(share * one ** len(text), LEAST), 1.0)


def _over_two_lines(lines: Sequence[TextLine], left: list[list[_Chain]]) -> Iterator[Phone]:
    """Numbers that begin at the end of one line and go on at the start of another; takes their chains out of `left`."""
    for upper, above in enumerate(lines):
        for lower, below in enumerate(lines):
            if not (left[upper] and left[lower]) or upper == lower or not goes_on(above.xyxy, below.xyxy):
                continue
            tail, head = left[upper][-1], left[lower][0]
            if not (tail.ends and head.opens) or head.pieces[0].plus:
                continue
            pieces, cut = (*tail.pieces, *head.pieces), len(tail.pieces)
            across = [span for span in _spans(pieces) if span.first < cut < span.end]
            for span in across:
                yield Phone(span.number, max(span.confidence * SPLIT, LEAST))
                left[upper][-1:] = [tail.part(0, span.first)] if span.first else []
                left[lower][:1] = [head.part(span.end - cut, len(head.pieces))] if span.end < len(pieces) else []


def goes_on(one: Box, other: Box) -> bool:
    """Whether text goes on from one box in the other: close below it or close to its right, written as large."""
    tall, other_tall = one[3] - one[1], other[3] - other[1]
    small, large = sorted((tall, other_tall))
    if small <= 0 or large > ALIKE * small:
        return False
    beside = min(one[3], other[3]) - max(one[1], other[1]) >= 0.5 * small
    if beside:
        return -0.3 * large <= other[0] - one[2] <= 1.5 * large
    shared = min(one[2], other[2]) - max(one[0], other[0])
    narrow = min(one[2] - one[0], other[2] - other[0])
    return shared >= 0.3 * narrow and -0.3 * large <= other[1] - one[3] <= large


def _digits(chain: _Chain) -> Iterator[Phone]:
    """What is no valid number but may be one half read: the whole chain by its shape, else its long pieces."""
    sizes = [len(piece.read) for piece in chain.pieces]
    shaped = 2 <= len(sizes) <= 5 and min(sizes) >= 2 and 10 <= sum(sizes) <= 12
    for pieces in [chain.pieces] if shaped else [(piece,) for piece in chain.pieces]:
        number = "".join(piece.read for piece in pieces).strip(LETTERS)
        if kind_of(number) is PhoneKind.DIGITS:
            yield Phone(number, _trust(pieces, number, NO_NUMBER))
