"""Which runs of digits are telephone numbers: the Chinese numbering plan as far as ads use it, and E.164 beyond.

| kind | digits | kept as |
|---|---|---|
| mobile | 1, then 3 to 9, then nine more; also after 86, +86, 0086 or a trunk 0 | eleven digits |
| service | 400 or 800, then seven more | ten digits |
| landline | 010 or 02x and eight digits, 03xx to 09xx and seven or eight; then 2 to 9 comes first | with its 0 |
| international | + or 00, then eight to fifteen digits that do not begin with 0 | + and the digits |
| digits | seven to fifteen digits that are none of these | the digits |

`digits` is no number by this plan: half read, made up, or an account name. It is what was read, with less trust.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    SERVICE = "service"
    LANDLINE = "landline"
    INTERNATIONAL = "international"
    DIGITS = "digits"


_PLAN: Final = (
    (PhoneKind.MOBILE, re.compile(r"1[3-9]\d{9}", re.ASCII)),
    (PhoneKind.SERVICE, re.compile(r"[48]00\d{7}", re.ASCII)),
    # No place has the area code 0400 or 0800: abroad, without its 0, it could not be told from a service number.
    (PhoneKind.LANDLINE, re.compile(r"(010|02[0-57-9])[2-9]\d{7}|0(?![48]00)[3-9]\d\d[2-9]\d{6,7}", re.ASCII)),
    (PhoneKind.INTERNATIONAL, re.compile(r"\+(?!86)[1-9]\d{7,14}", re.ASCII)),
    (PhoneKind.DIGITS, re.compile(r"\d{7,15}", re.ASCII)),
)


def kind_of(number: str) -> PhoneKind | None:
    """What a number in its kept form is; None for anything that is not in a kept form."""
    return next((kind for kind, form in _PLAN if form.fullmatch(number)), None)


def kept_form(digits: str, plus: bool = False) -> str | None:
    """The kept form of digits as written, `plus` where a + stood before them; None where they are no valid number."""
    if plus or digits.startswith("00"):
        abroad = digits if plus else digits[2:]
        home = abroad.removeprefix("86")
        return _valid(f"+{abroad}") if home == abroad else _valid(home) or _valid(f"0{home}")
    bare = _valid(digits)
    if bare is not None:
        return bare
    # Only mobile numbers are written with the country code but no +, or with a trunk 0.
    shorter = (digits.removeprefix(lead) for lead in ("86", "0"))
    return next((one for one in shorter if kind_of(one) is PhoneKind.MOBILE), None)


def _valid(number: str) -> str | None:
    return number if kind_of(number) not in (None, PhoneKind.DIGITS) else None
