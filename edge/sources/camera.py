"""A live camera: a thread that connects, decodes, and connects again for as long as the worker runs.

Each connection is a `Line` of its own, and so a pass of its own: nothing is followed across a gap in what was seen. No
frame is repeated or made up. A picture of another size than the one that lens and mount are told for is quarantined.
"""

from __future__ import annotations

import queue
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

import av
import av.container
import av.error

from edge.backoff import Backoff
from edge.least_delay import LeastDelay
from edge.say import Say
from edge.sources.intact import Intact
from edge.sources.line import Line
from edge.sources.seat import CameraState, Seat, Size
from pipeline.reasons import Reason

SECOND_NS: Final = 1_000_000_000
OPEN_S: Final = 10.0
LONGEST_PAUSE_S: Final = 30.0
TRUSTED_S: Final = 2.0
"""A camera's own clock that differs by more from when its frame came is not believed, whatever is configured."""
WAITING_LINES: Final = 2
GIVE_UP_S: Final = 0.2
DECODER_OPTIONS: Final = {"err_detect": "explode"}
"""What is damaged is an error. Where a part of a picture never came FFmpeg fills it, and marks it as corrupt."""


class Camera(threading.Thread):
    """See the module. `lines` gives the connections in order; `state` may be read by any thread.

    utc_moment: when, on the monotonic clock, a UTC time (ns) is; None where that is not known.
    """

    def __init__(
        self,
        seat: Seat,
        stop: threading.Event,
        say: Say,
        utc_moment: Callable[[int], int | None] = lambda _: None,
        rng: random.Random | None = None,
    ) -> None:
        super().__init__(name=f"camera {seat.name}", daemon=True)
        self.seat, self.lines = seat, queue.Queue[Line](WAITING_LINES)
        self.state = CameraState(seat.name, seat.address.shown)
        self._ending, self._say, self._utc_moment = stop, say, utc_moment
        self._backoff = Backoff(rng or random.Random(), cap_s=LONGEST_PAUSE_S)  # noqa: S311  (jitter, no secret)
        self._first_size: Size | None = None
        self._left = False

    def run(self) -> None:
        while not self.is_over():
            why = _Connection(self).watch()
            if self.is_over():
                return
            self.trouble(why)
            self._ending.wait(self._backoff.next_s(time.monotonic()))

    def leave(self) -> None:
        """Nobody looks through this camera any more: let go of it."""
        self._left = True

    def trouble(self, why: str) -> None:
        """Say what is wrong, once for as long as it stays the same."""
        is_new = why != self.state.said
        self.state = replace(self.state, connected=False, said=why)
        if is_new:
            self._say(f"{self.seat.name}: {why}; it is tried again until it works")

    def opened(self, line: Line) -> bool:
        """Hand a new line over; False where the worker ends first."""
        self._backoff.passed(time.monotonic())
        size = (line.width_px, line.height_px)
        self.state = replace(self.state, connected=True, size=size, connections=self.state.connections + 1, said="")
        self._say(f"{self.seat.name}: {self.seat.address.shown} gives {size[0]}×{size[1]} at {line.fps:.0f} fps")
        while not self.is_over():
            with suppress(queue.Full):
                self.lines.put(line, timeout=GIVE_UP_S)
                return True
        return False

    def other_size(self, size: Size) -> None:
        """Say that frames are quarantined, and what to do."""
        held = self.expected or size
        self._say(
            f"{self.seat.name}: its pictures are {size[0]}×{size[1]} now, but its optics are told for "
            f"{held[0]}×{held[1]}; they are quarantined. Set the camera back, or add [{size[0]}, {size[1]}] to its "
            "sizes in the configuration."
        )

    def counted(self) -> None:
        self.state = replace(self.state, frames=self.state.frames + 1)

    def fits(self, size: Size) -> bool:
        """Whether the optics hold for pictures of this size."""
        if self.seat.sizes:
            return size in self.seat.sizes
        self._first_size = self._first_size or size
        return size == self._first_size

    @property
    def expected(self) -> Size | None:
        return self.seat.sizes[0] if self.seat.sizes else self._first_size

    def is_over(self) -> bool:
        """Whether nobody looks any more, or the worker ends."""
        return self._left or self._ending.is_set()

    def utc_moment(self, utc_ns: int) -> int | None:
        return self._utc_moment(utc_ns) if self.seat.trust_clock else None


class _Connection:
    """One time that a camera is connected to; `watch` returns why it is over."""

    def __init__(self, camera: Camera) -> None:
        self._camera, self._seat = camera, camera.seat
        self._line: Line | None = None
        self._clock = LeastDelay(late_ns=int(2 * camera.seat.stall_s * SECOND_NS))
        self._intact = Intact()
        self._last_ns = 0
        self._lost_before = Counter[Reason]()
        self._fps = 25.0
        self._said_size: Size | None = None

    def watch(self) -> str:
        address = self._seat.address
        try:
            container = av.open(
                address.opens,
                format=address.format,
                options=dict(address.options),
                metadata_errors="replace",  # cameras write their title in any encoding
                timeout=(OPEN_S, self._seat.stall_s),
            )
        except (av.error.FFmpegError, OSError) as error:
            return f"{address.shown} cannot be opened: {_words(error)}"
        why = "the worker ends"
        try:
            with container:
                if not container.streams.video:
                    return f"{address.shown} gives no video"
                stream = container.streams.video[0]
                if not stream.codec_context:  # None where there is no decoder, which PyAV's types do not say
                    return f"{address.shown} gives a video for which there is no decoder"
                # Frame threads would hold back as many frames as there are cores, and threads that share a frame do not
                # notice that a part of it never came.
                stream.codec_context.thread_count = 1
                stream.codec_context.options = DECODER_OPTIONS
                self._fps = float(stream.average_rate or stream.guessed_rate or 25)
                why = self._read(container.demux(stream), stream)
            return why
        finally:
            if self._line is not None:
                self._line.close(why)

    def _read(self, packets: Iterator[av.Packet[av.VideoStream]], stream: av.VideoStream) -> str:
        address, stall_ns = self._seat.address, int(self._seat.stall_s * SECOND_NS)
        seen_ns = time.monotonic_ns()
        while not self._camera.is_over():
            try:
                packet = next(packets, None)
            except av.error.ExitError:
                return f"{address.shown} sent nothing for {self._seat.stall_s:.0f} s"
            except (av.error.FFmpegError, OSError) as error:
                return f"{address.shown} was cut off: {_words(error)}"
            if packet is None:
                return f"{address.shown} ended"
            heard_ns = time.monotonic_ns()
            for frame in self._decoded(packet, heard_ns):
                seen_ns = heard_ns
                if not self._place(frame, self._taken_at(frame, packet, stream, heard_ns), heard_ns):
                    return "the worker ends"
            if heard_ns - seen_ns > stall_ns:
                return f"{address.shown} sent no picture for {self._seat.stall_s:.0f} s"
        return "the worker ends"

    def _decoded(self, packet: av.Packet[av.VideoStream], heard_ns: int) -> list[av.VideoFrame]:
        """The good frames of a packet; the others are counted."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError:
            self._intact.lost(packet.pts)
            self._lose(heard_ns, Reason.DECODE_ERROR)
            return []
        good = []
        for frame in frames:
            if self._intact.shows(frame):
                good.append(frame)
            else:
                self._lose(heard_ns, Reason.DECODE_ERROR)
        return good

    def _lose(self, at_ns: int, reason: Reason) -> None:
        if self._line is None:
            self._lost_before[reason] += 1
        else:
            self._camera.counted()
            self._line.lose(at_ns, reason)

    def _place(self, frame: av.VideoFrame, at_ns: int | None, heard_ns: int) -> bool:
        """Into the line, into a new one, or lost for its time or size; False where the worker ends."""
        if at_ns is None:
            self._lose(heard_ns, Reason.BAD_TIME)
            return True
        size, fits = (frame.width, frame.height), self._camera.fits((frame.width, frame.height))
        line = self._line
        if line is None or (fits and size != (line.width_px, line.height_px)):
            line = self._begin(size if fits else self._camera.expected or size, at_ns)
            if not self._camera.opened(line):
                return False
        self._camera.counted()
        if size == (line.width_px, line.height_px):
            line.put(at_ns, frame)
            return True
        line.lose(at_ns, Reason.OTHER_SIZE)
        if size != self._said_size:
            self._said_size = size
            self._camera.other_size(size)
        return True

    def _begin(self, size: Size, at_ns: int) -> Line:
        """A new line, with what came before it."""
        if self._line is not None:
            self._line.close(f"its pictures are {size[0]}×{size[1]} now")
        self._line = line = Line(self._seat.name, *size, self._fps, at_ns)
        for reason in self._lost_before.elements():
            self._camera.counted()
            line.lose(at_ns, reason)
        self._lost_before.clear()
        return line

    def _taken_at(
        self, frame: av.VideoFrame, packet: av.Packet[av.VideoStream], stream: av.VideoStream, heard_ns: int
    ) -> int | None:
        """When a frame was taken (monotonic), later than the one before: by the camera's own clock where that is
        trusted, else by when it came, freed of what varies in its delay. None where its time makes no sense."""
        base = frame.time_base or stream.time_base
        at_ns: int | None = heard_ns
        if frame.pts is not None and base is not None:
            at_ns = self._clock.moment(int(frame.pts * base * SECOND_NS), heard_ns)
        if at_ns is None:
            return None
        utc_ns = _camera_utc_ns(packet)
        if utc_ns is not None and (own_ns := self._camera.utc_moment(utc_ns)) is not None:
            at_ns = own_ns if abs(own_ns - heard_ns) < TRUSTED_S * SECOND_NS else at_ns
        self._last_ns = max(self._last_ns + 1, at_ns)
        return self._last_ns


def _camera_utc_ns(packet: av.Packet[av.VideoStream]) -> int | None:
    """The wall clock of the camera for a packet, where its RTCP sender reports tell it (AVProducerReferenceTime)."""
    if not packet.has_sidedata("prft"):
        return None
    told = bytes(packet.get_sidedata("prft"))
    return int(struct.unpack_from("=q", told)[0]) * 1000 if len(told) >= 8 else None


def _words(error: Exception) -> str:
    """What went wrong, without the address that FFmpeg appends to it."""
    return (getattr(error, "strerror", None) or type(error).__name__).lower()
