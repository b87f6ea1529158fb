"""A server, or whoever answers in its place, gone mad: an item waits, arrives once, or is parked where it is seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.outbox.parcels import ParkReason
from tests.chaos.life import Orders
from tests.chaos.vehicle import Vehicle, check_arrived, check_laws
from tests.edge.loopback import City, serving
from tests.edge.weather import PAGE, Says, Sky, at_first, said

TRAVERSES = 3
MAD = {
    "200 with a portal's page": Says(200, PAGE),
    "200 with nothing": Says(200),
    "200 with other JSON": Says(200, b'{"ok": true}'),
    "200 about another": Says(200, b'{"traverse_id": "00000000-0000-0000-0000-00000000ffff", "received": 0,'
                                   b' "missing_evidence": []}'),
    "302": Says(302, PAGE),
    "401": Says(401, said("token")),
    "401 of a portal": Says(401, PAGE),
    "403": Says(403, said("revoked")),
    "403 of a portal": Says(403, PAGE),
    "404 of a proxy": Says(404, PAGE),
    "409 of a proxy": Says(409, PAGE),
    "413 of a proxy": Says(413, PAGE),
    "429": Says(429, said("slow_down"), "7"),
    "429 without a time": Says(429),
    "429 with nonsense": Says(429, b"", "next week"),
    "500": Says(500, said("internal")),
    "500 with a page": Says(500, PAGE),
    "502": Says(502, PAGE),
    "503": Says(503, b"", "30"),
    "503 without a time": Says(503, PAGE),
    "no HTTP at all": Says(0, b"\x16\x03\x01\x02\x00garbage\r\n\r\n"),
    "nothing": Says(0),
    "the link cut": Sky.CUT,
    "the answer lost": Sky.ANSWER_LOST,
}  # fmt: skip


@pytest.mark.parametrize("mad", MAD.values(), ids=MAD.keys())
def test_what_is_no_word_of_the_server_about_an_item_only_delays_it(home: Path, mad: Says | Sky) -> None:
    city = City(weather=at_first(25, mad))
    with serving(city) as url:
        vehicle = Vehicle(home / "vehicle", url)
        assert not vehicle.live(Orders(TRAVERSES, steps=20))
        check_laws(vehicle, city)
        outbox = vehicle.open()
        assert outbox.parked() == []
        outbox.close()
        assert not vehicle.live(Orders(TRAVERSES))
        check_arrived(vehicle, city, TRAVERSES)


REFUSALS = [
    (400, ParkReason.INVALID),
    (409, ParkReason.CONFLICT),
    (413, ParkReason.TOO_LARGE),
    (422, ParkReason.INVALID),
]


@pytest.mark.parametrize(("status", "reason"), REFUSALS)
def test_what_the_server_refuses_is_parked_counted_and_can_be_released(
    home: Path, status: int, reason: ParkReason
) -> None:
    city = City(weather=at_first(2, Says(status, said("no"))))
    with serving(city) as url:
        vehicle = Vehicle(home / "vehicle", url)
        assert not vehicle.live(Orders(TRAVERSES))
        check_laws(vehicle, city)
        outbox = vehicle.open()
        assert [why for _, why, _ in outbox.parked() if why is not ParkReason.TRAVERSE_PARKED] == [reason] * 2
        assert outbox.counts().parked == 6
        outbox.release()
        outbox.close()
        assert not vehicle.live(Orders(TRAVERSES))
        check_arrived(vehicle, city, TRAVERSES)


def test_connections_that_stay_half_open_cost_their_time_and_nothing_else(home: Path) -> None:
    city = City(weather=at_first(4, Sky.SILENT))
    with serving(city) as url:
        vehicle = Vehicle(home / "vehicle", url)
        assert not vehicle.live(Orders(TRAVERSES, timeout_s=0.3))
        check_arrived(vehicle, city, TRAVERSES)
