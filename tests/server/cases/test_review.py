"""The proof: an after-photo near the case, after dispatch, new, redacted; and a review by somebody else."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import update

from pipeline.redact import DidNotRun
from server.pictures.privacy import FixedRegions, NoModel, open_privacy_step
from server.records.tables import Person
from tests.models.tiny import write_tiny
from tests.server.setupfile import LAT, LON
from tests.server.town import HOUR_NS, MIN_NS, Town, open_town, picture

pytestmark = pytest.mark.both_databases


def dispatched(town: Town, **where: Any) -> str:
    """A case's work order, accepted by crew-a."""
    [link] = town.send(town.seen("litter", **where))["links"]
    order = town.order_of(link["case_id"])
    town.post(f"/api/work-orders/{order['id']}/accept", "crew-a")
    return str(order["id"])


def error_of(town: Town, order: str, content: bytes, expect: int, **form: Any) -> str:
    return str(town.after_photo(order, content, expect=expect, **form)["error"]["code"])


def stored_pictures(town: Town) -> int:
    return sum(1 for path in (town.home / "pictures").rglob("*") if path.is_file())


def test_what_is_stored_is_redacted_and_carries_no_metadata(town: Town) -> None:
    town = open_town(town.home, town.clock, FixedRegions((20, 20, 60, 60)))
    order = dispatched(town)
    original = picture(1, taken="2026:11:23 10:05:00")
    town.clock.ns += HOUR_NS
    [after] = town.after_photo(order, original)["after"]
    answer = town.client.get(f"/api/evidence/{after['sha256']}", headers=town.as_("reviewer"))
    kept = Image.open(io.BytesIO(answer.content))
    assert len(kept.getexif()) == 0
    filled = np.asarray(kept)[24:56, 24:56].astype(int)
    assert filled.std(axis=(0, 1)).max() < 6.0
    assert np.asarray(Image.open(io.BytesIO(original)))[24:56, 24:56].std() > 20.0
    assert stored_pictures(town) == 1


def test_a_face_found_by_a_real_model_is_gone_from_what_is_stored(town: Town, tmp_path: Path) -> None:
    folder = write_tiny(write_tiny(tmp_path, "privacy", ("face", "plate")), "street", ("litter", "car", "person"))
    town = open_town(town.home, town.clock, open_privacy_step(folder))
    image = np.asarray(Image.open(io.BytesIO(picture(1, size=640))).convert("L").convert("RGB")).copy()
    image[320:352, 320:352] = (255, 0, 0)  # what the tiny model takes for a face
    photo = io.BytesIO()
    Image.fromarray(image).save(photo, "PNG")
    [after] = town.after_photo(dispatched(town), photo.getvalue())["after"]
    answer = town.client.get(f"/api/evidence/{after['sha256']}", headers=town.as_("reviewer"))
    kept = np.asarray(Image.open(io.BytesIO(answer.content))).astype(int)
    assert kept.shape == image.shape
    assert kept[316:356, 316:356].std(axis=(0, 1)).max() < 8.0
    assert np.abs(kept[:280, :280] - image[:280, :280]).mean() < 4.0


def test_a_large_photo_lies_on_no_disk_before_its_faces_are_filled(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = dispatched(town)
    noise = np.random.default_rng(1).integers(0, 255, (900, 900, 3), dtype=np.uint8)
    photo = io.BytesIO()
    Image.fromarray(noise).save(photo, "PNG")
    assert len(photo.getvalue()) > 2_000_000
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there is none"))
    town.after_photo(order, photo.getvalue())


def test_where_the_privacy_step_cannot_run_nothing_is_stored(town: Town) -> None:
    town = open_town(town.home, town.clock, NoModel("no weights"))
    order = dispatched(town)
    answer = town.after_photo(order, picture(1), expect=503)
    assert answer["error"]["code"] == "privacy_step_failed"
    assert stored_pictures(town) == 0
    assert town.get(f"/api/work-orders/{order}")["state"] == "handling"


def test_a_folder_without_models_makes_a_step_that_refuses(tmp_path: Any) -> None:
    found = open_privacy_step(tmp_path).find(np.zeros((8, 8, 3), np.uint8))
    assert isinstance(found, DidNotRun)
    assert str(tmp_path) in found.why


@pytest.mark.parametrize(
    ("taken", "code"),
    [
        ("2026:11:23 09:00:00", "taken_before"),  # dispatched at 10:00 local
        ("2026:11:23 13:00:00", "bad_time"),  # now it is 11:00
        ("1985:01:01 00:00:00", "bad_time"),
    ],
)
def test_a_photo_of_another_time_is_no_proof(town: Town, taken: str, code: str) -> None:
    order = dispatched(town)
    town.clock.ns += HOUR_NS
    assert error_of(town, order, picture(1, taken=taken), 422) == code
    assert stored_pictures(town) == 0


def test_a_photo_of_the_right_time_and_place_says_so(town: Town) -> None:
    order = dispatched(town)
    town.clock.ns += HOUR_NS
    content = picture(1, taken="2026:11:23 10:40:00")
    [after] = town.after_photo(order, content, lat=LAT + 10 / 111_195, lon=LON)["after"]
    assert after["taken_at"] == "2026-11-23T02:40:00Z"
    assert after["distance_m"] == pytest.approx(10.0, abs=3.0)


def test_a_photo_from_somewhere_else_is_no_proof(town: Town) -> None:
    order = dispatched(town)
    assert error_of(town, order, picture(1), 422, lat=LAT + 0.01, lon=LON) == "too_far"


def test_a_photo_without_time_and_place_is_taken_and_the_reviewer_sees_that(town: Town) -> None:
    [after] = town.after_photo(dispatched(town), picture(1))["after"]
    assert (after["taken_at"], after["distance_m"]) == (None, None)


def test_the_same_upload_again_is_answered_again_and_stored_once(town: Town) -> None:
    order = dispatched(town)
    town.after_photo(order, picture(1))
    again = town.after_photo(order, picture(1), expect=200)
    assert len(again["after"]) == 1
    assert stored_pictures(town) == 1


def test_what_a_phone_sends_again_under_its_id_counts_once_also_once_it_was_sent_back(town: Town) -> None:
    order, ident = dispatched(town), town.new_id()
    town.after_photo(order, picture(1), photo_id=ident)
    town.post(f"/api/work-orders/{order}/send-back", "reviewer", reason="half of it still lies there")
    again = town.after_photo(order, picture(1), photo_id=ident, expect=200)
    assert (again["state"], len(again["after"]), stored_pictures(town)) == ("handling", 1, 1)
    assert again["send_back_reason"] == "half of it still lies there"


def test_another_picture_or_order_under_the_id_of_a_photo_is_refused(town: Town) -> None:
    order, other, ident = dispatched(town), dispatched(town, east_m=30.0), town.new_id()
    town.after_photo(order, picture(1), photo_id=ident)
    assert error_of(town, order, picture(2), 409, photo_id=ident) == "other_body"
    assert error_of(town, other, picture(1), 409, photo_id=ident) == "other_body"
    assert stored_pictures(town) == 1


def test_a_picture_used_before_is_no_proof_also_scaled_or_encoded_anew(town: Town) -> None:
    first = dispatched(town)
    town.after_photo(first, picture(1))
    second = dispatched(town, east_m=30.0)
    smaller = io.BytesIO()
    Image.open(io.BytesIO(picture(1))).resize((80, 80)).save(smaller, "PNG")
    assert error_of(town, second, picture(1), 409) == "picture_used"
    assert error_of(town, second, smaller.getvalue(), 409) == "picture_used"
    town.after_photo(second, picture(2))


def test_a_picture_in_which_nothing_is_to_be_seen_is_proof_once(town: Town) -> None:
    flat = io.BytesIO()
    Image.new("RGB", (160, 160), (90, 90, 90)).save(flat, "PNG")
    town.after_photo(dispatched(town), flat.getvalue())
    assert error_of(town, dispatched(town, east_m=30.0), flat.getvalue(), 409) == "picture_used"


def test_the_before_photo_is_no_after_photo(town: Town) -> None:
    before = picture(7)
    [link] = town.send(town.seen("litter", pictures=(before,)))["links"]
    town.upload(before)
    order = town.order_of(link["case_id"])["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    assert error_of(town, order, before, 409) == "picture_used"


def test_after_a_send_back_a_new_picture_is_needed(town: Town) -> None:
    order = dispatched(town)
    town.after_photo(order, picture(1))
    town.post(f"/api/work-orders/{order}/send-back", "reviewer", reason="half of it still lies there")
    assert error_of(town, order, picture(1), 409) == "picture_used"
    town.clock.ns += MIN_NS
    answer = town.after_photo(order, picture(2))
    assert [one["uploaded_at"] for one in answer["after"]] == sorted(
        (one["uploaded_at"] for one in answer["after"]), reverse=True
    )
    assert answer["send_back_reason"] == "half of it still lies there"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_picture"),
        (b"not a picture", "not_a_picture"),
        (b"GIF89a" + bytes(200), "not_a_picture"),
        (picture(1)[:-400], "broken_picture"),
        (picture(1)[:300], "broken_picture"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(town: Town, content: bytes, code: str) -> None:
    assert error_of(town, dispatched(town), content, 422) == code


def test_a_picture_bomb_is_refused_before_it_is_unpacked(town: Town) -> None:
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert error_of(town, dispatched(town), bomb.getvalue(), 422) == "too_many_pixels"


def test_before_acceptance_and_by_anybody_else_there_is_no_after_photo(town: Town) -> None:
    [link] = town.send(town.seen("litter"))["links"]
    order = town.order_of(link["case_id"])["id"]
    assert error_of(town, order, picture(1), 409) == "wrong_state"
    town.after_photo(order, picture(1), name="crew-b", expect=404)
    town.after_photo(order, picture(1), name="reviewer", expect=403)
    assert stored_pictures(town) == 0


def test_only_a_reviewer_approves_and_never_the_handler(town: Town) -> None:
    order = dispatched(town)
    town.after_photo(order, picture(1))
    for name, status in [("crew-a", 403), ("operator", 403), ("supervisor", 403), ("admin", 403), ("crew-b", 404)]:
        town.post(f"/api/work-orders/{order}/approve", name, expect=status)
    assert town.post(f"/api/work-orders/{order}/approve", "reviewer")["outcome"] == "fixed"
    town.post(f"/api/work-orders/{order}/approve", "reviewer", expect=409)


def test_a_handler_who_became_a_reviewer_does_not_approve_own_work(town: Town) -> None:
    order = dispatched(town)
    town.after_photo(order, picture(1))
    with town.context.store.write() as session:
        session.execute(update(Person).where(Person.name == "crew-a").values(role="reviewer"))
    answer = town.post(f"/api/work-orders/{order}/approve", "crew-a", expect=403)
    assert answer["error"]["code"] == "is_the_handler"


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "   "}, {"reason": "x" * 501}])
def test_sending_back_needs_a_reason(town: Town, body: dict[str, str]) -> None:
    order = dispatched(town)
    town.after_photo(order, picture(1))
    answer = town.client.post(f"/api/work-orders/{order}/send-back", json=body, headers=town.as_("reviewer"))
    assert answer.status_code == 422
    assert town.get(f"/api/work-orders/{order}")["state"] == "fed_back"


def test_a_suspended_case_ends_its_order_and_comes_back_with_a_new_one(town: Town) -> None:
    order = dispatched(town)
    case_id = town.get(f"/api/work-orders/{order}")["case_id"]
    case = town.post(f"/api/cases/{case_id}/suspend", "supervisor", reason="the road is dug up until May")
    assert (case["state"], case["owner"]["kind"], case["work_order"]["outcome"]) == (
        "suspended",
        "supervisors",
        "suspended",
    )
    case = town.post(f"/api/cases/{case_id}/resume", "supervisor")
    assert case["state"] == "dispatched"
    assert case["work_order"]["id"] != order
    town.laws_hold()


@pytest.mark.parametrize(
    ("step", "name", "reason"),
    [
        ("persuade", "operator", "persuaded"),
        ("escalate", "supervisor", "escalated"),
        ("cancel", "supervisor", "cancelled"),
    ],
)
def test_other_outcomes_stay_apart_from_fixed(town: Town, step: str, name: str, reason: str) -> None:
    order = dispatched(town)
    case_id = town.get(f"/api/work-orders/{order}")["case_id"]
    case = town.post(f"/api/cases/{case_id}/{step}", name, reason="receipt 2026-117")
    assert (case["state"], case["close_reason"]) == ("closed", reason)
    figures = town.get("/api/figures")
    assert figures["cases_closed"] == {reason: 1}
    assert figures["work_orders_closed"] == {reason: 1}
    town.laws_hold()
