"""The verdicts as a folder that the workshop trains on: whole, true to the records, and the same every time."""

from __future__ import annotations

import errno
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import h3
import pytest
from PIL import Image
from sqlalchemy import update
from typer.testing import CliRunner

from server.cli import app
from server.learning.dataset import export
from server.progress import watched
from server.records.pictures import StoredPicture
from tests.server.judgement import MODEL, dismiss, fix, report, sighting
from tests.server.setupfile import LAT, LON
from tests.server.town import HOUR_NS, Town, picture

T = TypeVar("T")


def run(town: Town, out: Path, *more: str) -> Any:
    return CliRunner().invoke(app, ["verdicts", "--home", str(town.home), "--out", str(out), *more])


def told(town: Town, out: Path, *more: str) -> dict[str, Any]:
    done = run(town, out, "--json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.output)  # type: ignore[no-any-return]


def coco_of(out: Path) -> Any:
    return json.loads((out / "annotations.json").read_text("utf-8"))


def digest(seed: int) -> str:
    return hashlib.sha256(picture(seed)).hexdigest()


def test_a_confirmed_sighting_is_a_picture_with_one_annotation_in_cocos_format(town: Town, tmp_path: Path) -> None:
    fix(town, case_id := report(town, 1), 9)
    assert told(town, tmp_path / "out") == {
        "written": [{"verdict": "confirmed", "label": "litter", "pictures": 1}],
        "left_out": {},
        "no_verdict": {},
    }
    coco = coco_of(tmp_path / "out")
    assert set(coco) == {"info", "licenses", "images", "annotations", "categories"}
    [image], [box], [category] = coco["images"], coco["annotations"], coco["categories"]
    assert image == {
        "id": 1,
        "file_name": f"{digest(1)}.jpg",
        "width": 96,
        "height": 96,
        "license": coco["licenses"][0]["id"],
        "steward": {
            "case_id": case_id,
            "verdict": "confirmed",
            "label": "litter",
            "place": h3.latlng_to_cell(LAT, LON, 10),
            "day": "2026-11-23",
            "model_digest": MODEL,
            "redaction": "fill-1",
        },
    }
    assert (box["image_id"], box["bbox"], box["area"], box["iscrowd"]) == (1, [24.0, 24.0, 48.0, 24.0], 1152.0, 0)
    assert (category["id"], category["name"]) == (box["category_id"], "litter")
    content = (tmp_path / "out" / "images" / image["file_name"]).read_bytes()
    assert content == picture(1)
    assert Image.open(io.BytesIO(content)).size == (96, 96)


def test_a_dismissed_one_is_a_picture_without_annotation_that_says_what_it_was_taken_for(
    town: Town, tmp_path: Path
) -> None:
    dismiss(town, report(town, 1, category="illegal_ad", label="illegal_ad", box=None))
    assert told(town, tmp_path / "out")["written"] == [{"verdict": "dismissed", "label": "illegal_ad", "pictures": 1}]
    coco = coco_of(tmp_path / "out")
    assert coco["annotations"] == []
    assert [one["steward"]["label"] for one in coco["images"]] == ["illegal_ad"]
    assert [one["name"] for one in coco["categories"]] == ["illegal_ad"]


def test_a_dismissed_parked_car_is_no_picture_without_a_car(town: Town, tmp_path: Path) -> None:
    dismiss(town, report(town, 1, category="improper_parking", label="car", zone_id="no-stop"))
    assert told(town, tmp_path / "out") == {"written": [], "left_out": {"thing_not_denied": 1}, "no_verdict": {}}


@pytest.mark.parametrize(
    ("reason", "what"),
    [
        ("not_stored", {"stored": False}),
        ("no_box", {"box": None}),
        ("no_label", {"label": None}),
        ("no_label", {"label": "unicorn"}),
    ],
)
def test_what_is_judged_and_cannot_teach_is_counted_by_its_reason(
    town: Town, tmp_path: Path, reason: str, what: dict[str, Any]
) -> None:
    fix(town, report(town, 1, **what), 9)
    assert told(town, tmp_path / "out")["left_out"] == {reason: 1}
    assert coco_of(tmp_path / "out")["images"] == []


def test_an_observation_without_a_close_view_or_with_one_that_is_no_jpeg_is_left_out(
    town: Town, tmp_path: Path
) -> None:
    bare = sighting(town, 1) | {"evidence": []}
    png = sighting(town, 2, east_m=12.0)
    png["evidence"][0]["media_type"] = "image/png"
    for seed, link in enumerate(town.send(bare, png)["links"], 91):
        fix(town, link["case_id"], seed)
    assert told(town, tmp_path / "out")["left_out"] == {"no_picture": 1, "not_a_jpeg": 1}


def test_what_a_picture_is_stored_as_counts_and_not_what_a_later_sighting_calls_it(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1), 9)
    again = sighting(town, 1, east_m=40.0)
    again["evidence"][0]["media_type"] = "image/png"
    [link] = town.send(again)["links"]
    fix(town, link["case_id"], 92)
    assert told(town, tmp_path / "out")["left_out"] == {"same_picture": 1}


def test_bytes_that_were_lost_from_the_folder_are_counted_and_not_invented(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1), 9)
    (town.home / "pictures" / digest(1)[:2] / digest(1)).write_bytes(b"rot")
    assert told(town, tmp_path / "out") == {"written": [], "left_out": {"not_stored": 1}, "no_verdict": {}}


def test_one_picture_of_two_verdicts_teaches_nothing_and_of_the_same_one_once(town: Town, tmp_path: Path) -> None:
    shown = ((1, -40.0), (1, -15.0), (2, 15.0), (2, 40.0))
    links = town.send(*(sighting(town, seed, east_m=east_m) for seed, east_m in shown))["links"]
    town.upload(picture(1))
    town.upload(picture(2))
    same, other, agree, too = (link["case_id"] for link in links)
    fix(town, same, 91)
    dismiss(town, other)
    dismiss(town, agree)
    dismiss(town, too)
    found = told(town, tmp_path / "out")
    assert found["left_out"] == {"disagreeing": 2, "same_picture": 1}
    assert found["written"] == [{"verdict": "dismissed", "label": "litter", "pictures": 1}]


def test_every_observation_is_written_left_out_or_unjudged(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    dismiss(town, report(town, 2, east_m=-15.0))
    report(town, 3, east_m=15.0)
    report(town, 4, stored=False, category="no_such_thing")
    found = told(town, tmp_path / "out")
    assert found["no_verdict"] == {"still_open": 1, "no_case": 1}
    received = town.get("/api/figures")["observations_received"]
    written = sum(one["pictures"] for one in found["written"])
    assert received == written + sum(found["left_out"].values()) + sum(found["no_verdict"].values())


def test_the_same_records_give_the_same_bytes(town: Town, tmp_path: Path) -> None:
    for seed, east_m in enumerate((-40.0, 0.0, 40.0)):
        fix(town, report(town, seed, east_m=east_m), 90 + seed)
    for name in ("one", "other"):
        told(town, tmp_path / name)
        town.clock.ns += HOUR_NS
    one, other = (tmp_path / name / "annotations.json" for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    assert len(coco_of(tmp_path / "one")["annotations"]) == 3


def test_since_a_day_begins_at_the_citys_midnight(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    town.clock.ns += 14 * HOUR_NS  # past midnight in Shanghai, still the 23rd in UTC
    fix(town, report(town, 2, east_m=40.0), 92)
    assert told(town, tmp_path / "late", "--since", "2026-11-24")["written"][0]["pictures"] == 1
    [image] = coco_of(tmp_path / "late")["images"]
    assert (image["file_name"], image["steward"]["day"]) == (f"{digest(2)}.jpg", "2026-11-24")
    assert told(town, tmp_path / "both", "--since", "2026-11-23")["written"][0]["pictures"] == 2


def test_a_place_is_the_cases_cell_and_no_address(town: Town, tmp_path: Path) -> None:
    case_id = report(town, 1)
    town.clock.ns += HOUR_NS
    town.send(sighting(town, 2, east_m=3.0))
    town.upload(picture(2))
    fix(town, case_id, 91)
    told(town, tmp_path / "out")
    places = [one["steward"]["place"] for one in coco_of(tmp_path / "out")["images"]]
    assert len(places) == 2
    assert len(set(places)) == 1
    assert h3.get_resolution(places[0]) == 10


def test_a_picture_without_a_privacy_step_stops_the_export(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1), 9)
    with town.context.store.write() as session:
        session.execute(update(StoredPicture).where(StoredPicture.sha256 == digest(1)).values(redaction=""))
    done = run(town, tmp_path / "out")
    assert isinstance(done.exception, AssertionError)
    assert not list(tmp_path.glob("*out*"))


def test_a_folder_that_holds_something_is_not_touched(town: Town, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("kept", "utf-8")
    done = run(town, tmp_path / "out")
    assert done.exit_code == 2
    assert "not empty" in done.output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


def test_the_command_says_counts_by_verdict_and_label_and_why_others_are_left_out(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    fix(town, report(town, 2, east_m=-15.0, box=None), 92)
    report(town, 3, east_m=15.0)
    lines = [line.split() for line in run(town, tmp_path / "out").output.splitlines()]
    assert ["confirmed", "litter", "1"] in lines
    assert ["no_box", "1"] in lines
    assert ["still_open", "1"] in lines


def test_before_a_day_ends_at_the_citys_midnight(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1, east_m=-40.0), 91)
    town.clock.ns += 14 * HOUR_NS  # past midnight in Shanghai, still the 23rd in UTC
    fix(town, report(town, 2, east_m=40.0), 92)
    assert told(town, tmp_path / "early", "--before", "2026-11-24")["written"][0]["pictures"] == 1
    [image] = coco_of(tmp_path / "early")["images"]
    assert (image["file_name"], image["steward"]["day"]) == (f"{digest(1)}.jpg", "2026-11-23")
    assert told(town, tmp_path / "none", "--since", "2026-11-24", "--before", "2026-11-24")["written"] == []


def test_the_records_are_let_go_before_the_pictures_are_copied(town: Town, tmp_path: Path) -> None:
    """A city's pictures take hours to copy, and a snapshot that is held keeps SQLite's log from beginning anew."""
    fix(town, report(town, 1), 9)
    store, held = town.context.store, dict[str, int]()

    def watch(things: Iterable[T], count: Callable[[], int], doing: str) -> Iterable[T]:
        for thing in things:
            held[doing] = store.engine.pool.checkedout()  # type: ignore[attr-defined]
            assert count() == 1
            yield thing

    export(store, town.context.city, town.context.objects, tmp_path / "out", watch)
    assert held["reading verdicts"] == held["copying pictures"] + 1


def test_what_nobody_watches_is_not_counted(capsys: pytest.CaptureFixture[str]) -> None:
    def count() -> int:
        raise AssertionError("counted for nobody")

    assert list(watched([1, 2], count, "reading verdicts")) == [1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_disk_that_is_full_leaves_nothing(town: Town, tmp_path: Path) -> None:
    fix(town, report(town, 1), 9)

    def watch(things: Iterable[T], count: Callable[[], int], doing: str) -> Iterable[T]:
        yield from things
        if doing == "copying pictures":
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        export(town.context.store, town.context.city, town.context.objects, tmp_path / "out", watch)
    assert not list(tmp_path.glob("*out*"))


def test_the_file_reads_as_if_it_had_been_written_at_once(town: Town, tmp_path: Path) -> None:
    for seed, east_m in enumerate((-40.0, 0.0)):
        fix(town, report(town, seed, east_m=east_m), 90 + seed)
    dismiss(town, report(town, 5, east_m=40.0, category="illegal_ad", label="illegal_ad"))
    told(town, tmp_path / "out")
    text = (tmp_path / "out" / "annotations.json").read_text("utf-8")
    assert text == json.dumps(json.loads(text), ensure_ascii=False, indent=1) + "\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["annotations.json", "images"]
