"""The pictures kept with an observation: one near enough to judge it, one wide enough to find it.

Everything here takes a `Redacted`; there is no other way from pixels to bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2

from pipeline.redact import Box, Colour, Redacted
from pipeline.types import Evidence, EvidenceRole

CLOSE_LONGEST_PX = 960
WIDE_LONGEST_PX = 1280
CLOSE_LEAST_PX = 160
CONTEXT = 0.6
MARK: Colour = (0, 64, 255)
JPEG_QUALITY = 88


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded bytes and the evidence entry that names them."""

    evidence: Evidence
    content: bytes


def close_view(picture: Redacted, xyxy: Box) -> Picture:
    """The object with some of what stands around it: 0.6 of the box on each side, and never less than 160 px wide."""
    return encode(picture.crop(context_box(xyxy)).shrink(CLOSE_LONGEST_PX), EvidenceRole.CLOSE)


def wide_view(picture: Redacted, xyxy: Box) -> Picture:
    """The whole picture with the object's box drawn on it."""
    return encode(picture.outline([xyxy], [MARK]).shrink(WIDE_LONGEST_PX), EvidenceRole.WIDE)


def context_box(xyxy: Box, context: float = CONTEXT, least_px: float = CLOSE_LEAST_PX) -> Box:
    """A box grown on all sides by a share of its size, at least `least_px` wide and high; not clipped."""
    x1, y1, x2, y2 = xyxy
    half_w = max((x2 - x1) * (0.5 + context), least_px / 2)
    half_h = max((y2 - y1) * (0.5 + context), least_px / 2)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return x - half_w, y - half_h, x + half_w, y + half_h


def encode(picture: Redacted, role: EvidenceRole, quality: int = JPEG_QUALITY) -> Picture:
    """A redacted picture as JPEG without any metadata, and its evidence entry. The same pixels give the same bytes."""
    # A type checker refuses anything else; this refuses it in untyped callers too.
    if not isinstance(picture, Redacted):
        raise TypeError(f"only a Redacted can be encoded, not {type(picture).__name__}")
    done, buffer = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a {picture.width_px}x{picture.height_px} picture does not fit into a JPEG")
    content = buffer.tobytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(Evidence(sha256, role, "image/jpeg", len(content), picture.step), content)
