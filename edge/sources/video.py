"""A video file, decoded frame by frame with the container's own timestamps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import Final, Self

import av
import av.container
import av.error
import av.video
import numpy as np
from numpy.typing import NDArray

from edge.errors import SourceError
from edge.sources.convert import Converter
from edge.sources.intact import Intact
from pipeline.reasons import Reason
from pipeline.shots import Lost, Shot

SECOND_NS: Final = 1_000_000_000
MISSING_NS: Final = SECOND_NS // 2
MISSING_SHARE: Final = 0.02
TURNS: Final = {90: 1, 180: 2, 270: 3}


@dataclass(frozen=True, slots=True)
class Video:
    """What a video file says of itself. width_px, height_px: upright, after the container's rotation.

    start_utc_ns: when it was recorded, or None where the file does not say. n_frames: 0 where the file does not say.
    threads: to decode with, None for one a core.
    """

    path: Path
    width_px: int
    height_px: int
    fps: float
    duration_ns: int
    n_frames: int
    start_utc_ns: int | None
    moving: bool = True
    threads: int | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a file's header and its first frame; raises SourceError naming the file and what is wrong with it."""
        with _opened(path) as container:
            stream = _picture_stream(container, path)
            first = _first_frame(container, stream, path)
            turned = first.rotation % 360 in (90, 270)
            width, height = first.width, first.height
            length_ns = _declared_ns(container, stream)
            fps = float(stream.average_rate or stream.guessed_rate or 25)
            return cls(
                path=path,
                width_px=height if turned else width,
                height_px=width if turned else height,
                fps=fps,
                duration_ns=length_ns,
                n_frames=stream.frames or round(length_ns / SECOND_NS * fps),
                start_utc_ns=_recorded_at(container, stream),
            )

    def shots(self, from_ns: int = 0) -> Iterator[Shot | Lost]:
        """Every frame in order of time, from the key frame before `from_ns` on; damaged ones come as Lost.

        Raises SourceError, after the last good frame, where the file ends before the time it declares.
        """
        for given, shot in enumerate(self._read(from_ns)):
            if isinstance(shot, Lost) and self.threads != 1:
                # Which frames beside a damaged one come out whole, and at the end which come at all, depends on the
                # timing of a decoder's threads: from here on there is one.
                yield from _but_whole(replace(self, threads=1)._read(from_ns), given)
                return
            yield shot

    def _read(self, from_ns: int) -> Iterator[Shot | Lost]:
        with _opened(self.path) as container:
            stream = _picture_stream(container, self.path)
            stream.thread_type = "FRAME"  # those that share a frame do not notice that a part of it is missing
            if self.threads is not None:
                stream.codec_context.thread_count = self.threads
            start = int(stream.start_time or 0)
            reached_ns = 0
            try:
                if from_ns > 0 and stream.time_base:
                    container.seek(start + int(from_ns / SECOND_NS / stream.time_base), stream=stream)
                for shot in self._timed(container, stream, start, from_ns):
                    reached_ns = max(reached_ns, shot.media_ns)
                    yield shot
            except av.error.FFmpegError as error:
                raise SourceError(
                    f"{self.path}, at {_clock(reached_ns)}: the file cannot be read further ({error.strerror}). "
                    "Copy it again from the recorder."
                ) from error
            self._check_end(stream, reached_ns)

    def _timed(
        self, container: av.container.InputContainer, stream: av.video.stream.VideoStream, start: int, from_ns: int
    ) -> Iterator[Shot | Lost]:
        frame_ns = int(SECOND_NS / self.fps)
        last_ns, index, converter, intact = max(0, from_ns) - frame_ns, 0, Converter(), Intact()
        for frame in _decoded(container, stream, intact):
            last_ns += frame_ns
            if frame is not None:
                last_ns = _media_ns(frame, start, stream, last_ns)
                if index == 0 and from_ns > 0:
                    index = round(last_ns / SECOND_NS * self.fps)
            if frame is None or not intact.shows(frame):
                yield Lost(index, last_ns, Reason.DECODE_ERROR)
            else:
                yield Shot(self.name, index, last_ns, _Reader(frame, converter))
            index += 1

    def _check_end(self, stream: av.video.stream.VideoStream, reached_ns: int) -> None:
        declared = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        declared_ns = self.duration_ns if declared is None else int(declared * SECOND_NS)
        missing_ns = declared_ns - reached_ns - int(SECOND_NS / self.fps)
        if missing_ns > max(MISSING_NS, MISSING_SHARE * declared_ns):
            raise SourceError(
                f"{self.path}, at {_clock(reached_ns)}: the video is cut off; it declares {_clock(declared_ns)}. "
                "Copy it again from the recorder, or mend it with: "
                f"ffmpeg -i {self.path.name} -c copy mended{self.path.suffix}"
            )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Converts a decoded frame to upright BGR when it is asked to."""

    frame: av.VideoFrame
    converter: Converter

    def __call__(self) -> NDArray[np.uint8]:
        image = self.converter.bgr(self.frame)
        turns = TURNS.get(self.frame.rotation % 360)
        return image if turns is None else np.ascontiguousarray(np.rot90(image, turns))


def _but_whole(shots: Iterator[Shot | Lost], given: int) -> Iterator[Shot | Lost]:
    """Without the first `given` whole frames."""
    for shot in shots:
        if given and isinstance(shot, Shot):
            given -= 1
        else:
            yield shot


def _decoded(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, intact: Intact
) -> Iterator[av.VideoFrame | None]:
    """Every frame of a stream, None for one that cannot be decoded, of which `intact` is told.

    Of a damaged stream as many come in all as it has packets. Raises FFmpegError, after all that came before it, where
    the file cannot be read further.
    """
    sent = came = 0
    damaged, broken, packets = False, None, container.demux(stream)
    while broken is None:
        packet = None
        try:
            packet = next(packets)
        except StopIteration:
            break
        except av.error.FFmpegError as error:
            broken = error
        sent += bool(packet and packet.size)
        try:
            frames: list[av.VideoFrame | None] = list(stream.decode(packet))
        except av.error.FFmpegError:
            damaged, frames = True, [None] if packet and packet.size else []
            intact.lost(packet.pts if packet else None)
        # One that is lost beside a damaged one is often lost without an error.
        damaged = damaged or any(frame is not None and frame.is_corrupt for frame in frames)
        came += len(frames)
        yield from frames
    if damaged or broken:
        yield from repeat(None, max(0, sent - came))
    if broken:
        raise broken


def _opened(path: Path) -> av.container.InputContainer:
    try:
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            raise SourceError(f"{path}: the file is empty. Copy it again from the recorder.")
        return av.open(str(path), mode="r", metadata_errors="replace")  # recorders write titles in any encoding
    except FileNotFoundError:
        raise SourceError(f"{path}: there is no such file") from None
    except av.error.FFmpegError as error:
        raise SourceError(
            f"{path}, byte 0 of {size_bytes}: not a video that can be read ({error.strerror}). If it is one, its "
            "index is missing because the recording was cut off; copy it again from the recorder."
        ) from error
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from error


def _picture_stream(container: av.container.InputContainer, path: Path) -> av.video.stream.VideoStream:
    if not container.streams.video:
        kinds = ", ".join(sorted({stream.type for stream in container.streams})) or "nothing"
        raise SourceError(f"{path}: there is no video in it, only {kinds}")
    stream = container.streams.video[0]
    if stream.codec_context is None:
        raise SourceError(f"{path}: no decoder for its video. Convert it with: ffmpeg -i {path.name} out.mp4")
    return stream


def _first_frame(
    container: av.container.InputContainer, stream: av.video.stream.VideoStream, path: Path
) -> av.VideoFrame:
    """The first frame that decodes; a file without one is no footage."""
    with suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            with suppress(av.error.FFmpegError):
                for frame in packet.decode():
                    return frame
    raise SourceError(f"{path}: not one frame of it can be decoded. Copy it again from the recorder.")


def _declared_ns(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> int:
    if stream.duration and stream.time_base:
        return int(stream.duration * stream.time_base * SECOND_NS)
    return int((container.duration or 0) * (SECOND_NS // av.time_base))


def _media_ns(frame: av.VideoFrame, start: int, stream: av.video.stream.VideoStream, otherwise_ns: int) -> int:
    """A frame's time since the start of its stream; `otherwise_ns` where the container gives none."""
    base = frame.time_base or stream.time_base
    if frame.pts is None or base is None:
        return max(0, otherwise_ns)
    return max(0, (frame.pts - start) * base.numerator * SECOND_NS // base.denominator)


def _recorded_at(container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> int | None:
    """The creation time that the container carries, in UTC ns; the epoch of an unset clock counts as none."""
    for tags in (container.metadata, stream.metadata):
        said = tags.get("creation_time")
        if said is None:
            continue
        with suppress(ValueError):
            at = datetime.fromisoformat(said)
            if at.tzinfo is None:
                at = at.replace(tzinfo=UTC)
            if at.year >= 2000:
                return int(at.timestamp()) * SECOND_NS + at.microsecond * 1000
    return None


def _clock(at_ns: int) -> str:
    """Minutes, seconds and tenths, as players show a position."""
    minutes, seconds = divmod(max(0, at_ns) / SECOND_NS, 60)
    return f"{int(minutes)}:{seconds:04.1f}"
