"""Which network interface the traffic leaves by, as the kernel's routing table says."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

ROUTES_4: Final = Path("/proc/net/route")
ROUTES_6: Final = Path("/proc/net/ipv6_route")
UP: Final = 0x0001
REJECT: Final = 0x0200


def way_out() -> str | None:
    """The default route's interface, IPv4 before IPv6; None where there is none, or no table to read it from."""
    return default_4(_read(ROUTES_4)) or default_6(_read(ROUTES_6))


def is_metered(interface: str | None, patterns: tuple[str, ...]) -> bool:
    """Whether traffic by this interface costs; where it is unknown and some do, it is taken to."""
    if not patterns:
        return False
    return interface is None or any(fnmatchcase(interface, pattern) for pattern in patterns)


def default_4(table: str) -> str | None:
    """From /proc/net/route: Iface Destination Gateway Flags RefCnt Use Metric Mask …; hex, but for the metric."""
    rows = [line.split() for line in table.splitlines()[1:]]
    found = [
        (int(row[6]), row[0])
        for row in rows
        if len(row) >= 8 and row[1] == row[7] == "00000000" and _usable(int(row[3], 16))
    ]
    return min(found)[1] if found else None


def default_6(table: str) -> str | None:
    """From /proc/net/ipv6_route: destination, its prefix length, …, metric, references, uses, flags, Iface."""
    rows = [line.split() for line in table.splitlines()]
    found = [
        (int(row[5], 16), row[9])
        for row in rows
        if len(row) >= 10 and set(row[0]) == {"0"} and row[1] == "00" and row[9] != "lo" and _usable(int(row[8], 16))
    ]
    return min(found)[1] if found else None


def _usable(flags: int) -> bool:
    return bool(flags & UP) and not flags & REJECT


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace")
    except OSError:
        return ""
