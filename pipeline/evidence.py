"""The pictures kept with an observation: one near enough to judge it, one wide enough to find it.

Everything here takes a `Redacted`; there is no other way from pixels to bytes, but for a plate into its seal
(pipeline/plates.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import cv2

from pipeline.boxes import Box
from pipeline.observation import Evidence, EvidenceRole, Shares
from pipeline.redact import Colour, Redacted
from pipeline.sealed import SEALED_MEDIA, SEALED_TO

CLOSE_LONGEST_PX = 960
WIDE_LONGEST_PX = 1280
CLOSE_LEAST_PX = 160
CONTEXT = 0.6
MARK: Colour = (0, 64, 255)
JPEG_QUALITY = 88
SHARE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Picture:
    """Encoded bytes and the evidence entry that names them."""

    evidence: Evidence
    content: bytes


def close_view(picture: Redacted, xyxy: Box) -> Picture:
    """The object with some of what stands around it: 0.6 of the box on each side, and never less than 160 px wide.

    Nothing is drawn on it, since detectors learn from it; its evidence entry says where the object is.
    """
    around = picture.window(context_box(xyxy))
    return encode(picture.crop(around).shrink(CLOSE_LONGEST_PX), EvidenceRole.CLOSE, box=shares(xyxy, around))


def wide_view(picture: Redacted, xyxy: Box) -> Picture:
    """The whole picture with the object's box drawn on it."""
    whole = (0, 0, picture.width_px, picture.height_px)
    marked = picture.outline([xyxy], [MARK]).shrink(WIDE_LONGEST_PX)
    return encode(marked, EvidenceRole.WIDE, box=shares(xyxy, whole))


def context_box(xyxy: Box, context: float = CONTEXT, least_px: float = CLOSE_LEAST_PX) -> Box:
    """A box grown on all sides by a share of its size, at least `least_px` wide and high; not clipped."""
    x1, y1, x2, y2 = xyxy
    half_w = max((x2 - x1) * (0.5 + context), least_px / 2)
    half_h = max((y2 - y1) * (0.5 + context), least_px / 2)
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    return x - half_w, y - half_h, x + half_w, y + half_h


def shares(xyxy: Box, around: Box) -> Shares | None:
    """Where a box lies inside a window of the same picture, cut to the window; None where it lies outside."""
    left, top, right, bottom = around
    wide, tall = right - left, bottom - top
    x1, y1, x2, y2 = (
        round(min(max(share, 0.0), 1.0), SHARE_DIGITS)
        for share in ((xyxy[0] - left) / wide, (xyxy[1] - top) / tall, (xyxy[2] - left) / wide, (xyxy[3] - top) / tall)
    )
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def sealed_picture(content: bytes, key: str) -> Picture:
    """A plate that was sealed to the key of that name, as evidence: nobody without its private half sees a pixel."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(Evidence(sha256, EvidenceRole.SEALED, SEALED_MEDIA, len(content), f"{SEALED_TO}{key}"), content)


def encode(picture: Redacted, role: EvidenceRole, quality: int = JPEG_QUALITY, box: Shares | None = None) -> Picture:
    """A redacted picture as JPEG without any metadata, and its evidence entry. The same pixels give the same bytes."""
    # A type checker refuses anything else; this refuses it in untyped callers too.
    if not isinstance(picture, Redacted):
        raise TypeError(f"only a Redacted can be encoded, not {type(picture).__name__}")
    done, buffer = cv2.imencode(".jpg", picture.image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a {picture.width_px}x{picture.height_px} picture does not fit into a JPEG")
    content = buffer.tobytes()
    sha256 = hashlib.sha256(content).hexdigest()
    return Picture(Evidence(sha256, role, "image/jpeg", len(content), picture.step, box), content)
