"""XML from strangers: no document types, no entities, nothing outside the file; numbers with the field's name."""

from __future__ import annotations

import io
import math
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import parse

from training.dataset.reading import read_bytes
from training.errors import TrainingError


def parse_xml(path: Path, most_bytes: int) -> Element:
    """The root of an XML file; raises TrainingError naming file, and line where the parser knows it."""
    try:
        root: Element | None = parse(io.BytesIO(read_bytes(path, most_bytes)), forbid_dtd=True).getroot()
    except ParseError as why:
        raise TrainingError(f"{path}, line {why.position[0]}: not XML ({why}).") from None
    except DefusedXmlException:
        raise TrainingError(
            f"{path}: declares a document type or entities. Label files need neither, and such files can fill the "
            "memory; remove the declaration if you trust the file."
        ) from None
    except (LookupError, ValueError) as why:
        raise TrainingError(f"{path}: unknown text encoding ({why}).") from None
    if root is None:
        raise TrainingError(f"{path}: an empty file.")
    return root


def number(text: str | None, where: str) -> float:
    """A finite number; `where` names the field for the error."""
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TrainingError(f"{where}: {(text or '')[:40]!r} is not a number.")
    return value


def side_px(text: str | None, where: str) -> int:
    """A picture's width or height in pixels."""
    value = number(text, where)
    if not 1 <= value <= 100_000:
        raise TrainingError(f"{where}: {value:g} is not a picture's side in pixels.")
    return int(value)
