"""Telephone numbers out of recognised text: every usual way of writing one, and nothing out of thin air.

No number here is anybody's: they are drawn at random, made of one digit, or begin as no number does.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numbering import PhoneKind, kept_form, kind_of
from pipeline.phones import (
    MOST_PHONES,
    NO_NUMBER,
    REPAIRED,
    SPLIT,
    Phone,
    TextLine,
    from_attribute,
    phones_in,
    to_attribute,
)

FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
LOOKALIKE = {"0": "O", "1": "l", "5": "S", "8": "B"}


def line(text: str, confidence: float = 1.0, row: int = 0, column: int = 0) -> TextLine:
    """A line 20 px high in a page of rows 24 px and columns 120 px apart."""
    x, y = 120.0 * column, 24.0 * row
    return TextLine(text, confidence, (x, y, x + 110.0, y + 20.0))


def read(*texts: str) -> list[tuple[str, PhoneKind]]:
    return [(phone.number, phone.kind) for phone in phones_in([line(text, row=row) for row, text in enumerate(texts)])]


def digits(count: int, first: str = "0123456789") -> st.SearchStrategy[str]:
    more = st.text("0123456789", min_size=count - 1, max_size=count - 1)
    return st.builds(str.__add__, st.sampled_from(first), more)


MOBILES = st.builds("1{}".format, digits(10, "3456789"))
SERVICES = st.builds("{}00{}".format, st.sampled_from("48"), digits(7))
LANDLINES = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["010", "021", "029"]), digits(8, "23456789")),
    st.builds(
        "0{}{}".format,
        digits(3, "3456789").filter(lambda code: code not in ("400", "800")),
        st.one_of(digits(7, "23456789"), digits(8, "23456789")),
    ),
)
ABROAD = st.builds("+{}{}".format, st.sampled_from(["1", "44", "49", "33", "7", "852"]), digits(9))
GAPS = st.sampled_from(["", " ", "-", "  ", " - ", ".", "·", "－"])


@st.composite
def written(draw: st.DrawFn) -> tuple[str, str]:
    """A valid number in its kept form, and as an ad may write it."""
    number = draw(st.one_of(MOBILES, SERVICES, LANDLINES, ABROAD))
    kind, gap = kind_of(number), draw(GAPS)
    if kind is PhoneKind.MOBILE:
        groups = draw(st.sampled_from([(3, 4, 4), (3, 3, 5), (4, 4, 3), (11,)]))
        before = draw(st.sampled_from(["", "+86 ", "86-", "0086 ", "(+86)", "0"]))
    elif kind is PhoneKind.SERVICE:
        groups, before = draw(st.sampled_from([(3, 3, 4), (3, 4, 3), (4, 3, 3), (10,)])), ""
    elif kind is PhoneKind.LANDLINE:
        area = 3 if number[1] in "12" else 4
        groups, before = (area, 4, len(number) - area - 4), ""
        if draw(st.booleans()):
            return number, f"({number[:area]}){gap}{number[area:]}"
        if draw(st.booleans()):
            return number, f"+86 {number[1:area]}{gap}{number[area:]}"
    else:
        groups, before = (4, 3, len(number) - 7), ""
    parts, at = [], 0
    for size in groups:
        parts.append(number[at : at + size])
        at += size
    text = before + gap.join(parts)
    return number, text.translate(FULL_WIDTH) if draw(st.booleans()) else text


WORDS = st.text("疏通管道开锁电话微信联系：:，,。;王李ACDefgTUV", max_size=12)


@given(written(), WORDS, WORDS)
def test_a_valid_number_comes_back_from_every_way_of_writing_it(case: tuple[str, str], before: str, after: str) -> None:
    number, text = case
    [phone] = phones_in([line(before + text + after)])
    assert (phone.number, phone.confidence) == (number, 1.0)


@given(st.one_of(MOBILES, SERVICES), st.data())
def test_a_few_look_alike_letters_are_digits_inside_a_run_and_cost_trust(number: str, data: st.DataObject) -> None:
    places = [at for at, digit in enumerate(number) if digit in LOOKALIKE]
    chosen = data.draw(st.lists(st.sampled_from(places), max_size=3, unique=True)) if places else []
    text = "".join(LOOKALIKE[digit] if at in chosen else digit for at, digit in enumerate(number))
    [phone] = phones_in([line(f"电话{text}")])
    assert phone.number == number
    assert phone.confidence == pytest.approx(REPAIRED ** len(chosen))


@given(MOBILES, st.integers(2, 9), st.booleans())
def test_a_number_split_over_two_lines_is_one_with_less_trust(number: str, cut: int, beside: bool) -> None:
    second = line(number[cut:], row=0 if beside else 1, column=1 if beside else 0)
    assert phones_in([line("电话 " + number[:cut]), second]) == (Phone(number, SPLIT),)


@given(MOBILES, st.floats(0.7, 1.0))
def test_a_number_is_as_sure_as_all_of_its_digits_together(number: str, confidence: float) -> None:
    [phone] = phones_in([line(number, confidence)])
    assert phone.confidence == pytest.approx(max(confidence**11, 0.01))


def test_lines_far_apart_or_of_other_size_are_not_joined() -> None:
    number = "1" + 10 * "3"
    far = [line(number[:5]), line(number[5:], row=4)]
    large = [line(number[:5]), TextLine(number[5:], 1.0, (0, 24, 110, 90))]
    for lines in (far, large):
        assert phones_in(lines) == ()


@given(st.lists(st.text(st.characters(exclude_categories=["Nd", "No", "Nl"]), max_size=40), max_size=8))
def test_text_without_digits_shows_no_number(texts: list[str]) -> None:
    assert read(*texts) == []


@given(st.lists(st.from_regex(r"[A-Za-z一-龥]{1,6}[0-9]{1,6}[元月室厅㎡小]", fullmatch=True), max_size=6))
def test_prices_areas_and_hours_are_no_numbers(texts: list[str]) -> None:
    assert read(*texts) == []


@given(st.lists(st.builds(line, st.text(max_size=300), st.floats(0, 1), st.integers(0, 5)), max_size=20))
def test_whatever_the_lines_are_the_answer_is_bounded_and_well_formed(lines: list[TextLine]) -> None:
    phones = phones_in(lines)
    assert len(phones) <= MOST_PHONES
    assert len({phone.number for phone in phones}) == len(phones)
    for phone in phones:
        assert kind_of(phone.number) is phone.kind
        assert 0.0 < phone.confidence <= 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12034567890", [("12034567890", PhoneKind.DIGITS)]),
        ("10 0000 1234 5", []),
        ("120 3456 7890", [("12034567890", PhoneKind.DIGITS)]),
        ("1381111", [("1381111", PhoneKind.DIGITS)]),
        ("138111", []),
        ("2024.01.15", []),
        ("110101199003071234", []),
        ("06 12 34 56 78", [("0612345678", PhoneKind.DIGITS)]),
        ("12O34567890", []),
        ("BOSS LOLLS 1234", []),
        ("1" + 10 * "3" + "B座", [("1" + 10 * "3", PhoneKind.MOBILE)]),
        ("Tel1" + 10 * "3", [("1" + 10 * "3", PhoneKind.MOBILE)]),
        ("1" + 10 * "3" + "/1" + 10 * "4", [("1" + 10 * "3", PhoneKind.MOBILE), ("1" + 10 * "4", PhoneKind.MOBILE)]),
        ("+49 (0)30 2222222", [("+49302222222", PhoneKind.INTERNATIONAL)]),
    ],
)
def test_what_is_read_in(text: str, expected: list[tuple[str, PhoneKind]]) -> None:
    assert read(text) == expected


@given(st.builds("1{}{}".format, st.sampled_from("012"), digits(9)))
def test_a_drawn_ads_number_is_kept_as_digits_with_half_the_trust(number: str) -> None:
    assert phones_in([line(number)]) == (Phone(number, NO_NUMBER),)
    assert kept_form(number) is None


@given(st.lists(st.builds(Phone, st.one_of(MOBILES, ABROAD), st.integers(1, 100).map(lambda n: n / 100)),
                min_size=1, max_size=MOST_PHONES, unique_by=lambda phone: phone.number))  # fmt: skip
def test_the_attribute_gives_back_what_was_written(phones: list[Phone]) -> None:
    assert from_attribute(to_attribute(phones)) == tuple(phones)


@pytest.mark.parametrize("text", ["", "x", "123=0.90", "12034567890", "12034567890=0.00", "12034567890=1.01",
                                  "12034567890=0.50  12034567891=0.50", "12034567890=0.50 12034567890=0.40",
                                  " ".join(f"1203456789{n}=0.50" for n in range(9))])  # fmt: skip
def test_an_attribute_that_is_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="phones are"):
        from_attribute(text)
