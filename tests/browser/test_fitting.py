"""Every screen fits the screen that it is read on, and can be read there."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.district import PATROL, District
from tests.browser.person import PHONE, faint_texts, look, signed_in, visiting, wider_than_the_screen
from tests.browser.test_review import fed_back

pytestmark = pytest.mark.browser

LONG_NAME = "Jane-Christina Featherstonehaugh-Cholmondeley"
BIN = PATROL[1]
TABLET = {"width": 768, "height": 1024}
LAPTOP = {"width": 1366, "height": 768}


def called(page: Page, name: str) -> None:
    """From the next reload on the person who is signed in has this name."""

    def renamed(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=json.dumps({**answer.json(), "display": name}))

    page.route("**/api/me", renamed)


@pytest.mark.parametrize("viewport", [PHONE, TABLET], ids=["phone", "tablet"])
def test_a_supervisor_of_a_long_name_reaches_everything(
    chromium: Browser, district: District, viewport: dict[str, int], tmp_path: Path
) -> None:
    case = district.patrol(PATROL[:3])["litter-1"]
    with signed_in(chromium, district, "qiang", language="en", viewport=viewport) as page:
        called(page, LONG_NAME)
        for screen in ("orders", "assessment", "precision", "review", f"cases/{case}", "queue"):
            page.goto(f"{district.url}/?{screen}#/{screen}")
            expect(page.get_by_text(LONG_NAME)).to_be_attached()
            page.wait_for_load_state("networkidle")
            look(page, tmp_path, screen.partition("/")[0])
            assert wider_than_the_screen(page) == [], screen
            expect(page.get_by_role("button", name="Sign out")).to_be_in_viewport(ratio=1)
        page.get_by_role("link", name="Precision").click()
        expect(page.get_by_role("heading", name="Precision of the detectors")).to_be_visible()


def test_a_crews_job_with_many_pictures_is_no_wider_than_its_phone(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    for seed in range(2, 6):
        district.patrol((replace(BIN, seed=seed, minutes_ago=9 - seed),))
    with signed_in(chromium, district, "na", viewport=PHONE, touch=True) as page:
        called(page, LONG_NAME)
        page.reload()
        page.get_by_role("link").filter(has_text="垃圾箱满溢").click()
        expect(page.locator(".reel button")).to_have_count(8)
        look(page, tmp_path, "many-pictures")
        assert wider_than_the_screen(page) == []
        expect(page.get_by_role("button", name="退出登录")).to_be_in_viewport(ratio=1)


def test_the_decisions_on_a_chosen_case_are_in_sight_on_a_small_screen(chromium: Browser, district: District) -> None:
    district.patrol()
    with signed_in(chromium, district, "min", language="en", viewport=LAPTOP) as page:
        page.get_by_role("option").nth(1).click()
        for name in ("Open the case", "Dismiss"):
            expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("viewport", [PHONE, TABLET], ids=["phone", "tablet"])
def test_by_touch_the_decisions_on_a_chosen_case_are_in_sight_and_no_keys_are_told_of(
    chromium: Browser, district: District, viewport: dict[str, int], tmp_path: Path
) -> None:
    district.patrol()
    with signed_in(chromium, district, "qiang", language="en", viewport=viewport, touch=True) as page:
        page.get_by_role("option").nth(1).click()
        for name in ("Open the case", "Dismiss"):
            expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)
        expect(page.get_by_role("option").first).to_be_in_viewport()
        expect(page.locator("kbd").first).to_be_hidden()
        look(page, tmp_path, "chosen")
        page.get_by_role("link", name="Work orders").click()
        for name in ("Due", "State"):
            expect(page.get_by_role("columnheader", name=name)).to_be_in_viewport(ratio=1)
        look(page, tmp_path, "orders")


def test_on_a_tablet_before_and_after_stand_beside_each_other(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    fed_back(district)
    with signed_in(chromium, district, "jie", viewport=TABLET, touch=True) as page:
        before, after = (page.get_by_role("region", name=name) for name in ("处置前", "处置后"))
        expect(after).to_be_in_viewport(ratio=1)
        expect(before).to_be_in_viewport(ratio=1)
        look(page, tmp_path, "review")
        assert wider_than_the_screen(page) == []


def test_what_says_that_there_is_nothing_can_be_read(chromium: Browser, district: District) -> None:
    with signed_in(chromium, district, "qiang") as page:
        for screen in ("queue", "orders", "review", "assessment", "precision", "nowhere", f"cases/{uuid.uuid4()}"):
            page.goto(f"{district.url}/?{screen}#/{screen}")
            page.wait_for_load_state("networkidle")
            expect(page.locator("main")).not_to_be_empty()
            assert faint_texts(page) == [], screen
    with signed_in(chromium, district, "bo", viewport=PHONE) as page:
        expect(page.get_by_role("button", name="拍照")).to_be_visible()
        assert faint_texts(page) == []
    with visiting(chromium, district, viewport=PHONE) as page:
        for screen in ("report", "report/half"):
            page.goto(f"{district.url}/?{screen}#/{screen}")
            page.wait_for_load_state("networkidle")
            assert faint_texts(page) == [], screen


def test_no_text_is_too_pale_to_read(chromium: Browser, district: District) -> None:
    case = district.patrol()["litter-1"]
    with visiting(chromium, district) as page:
        page.goto(district.url)
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
        assert faint_texts(page) == []
    with signed_in(chromium, district, "qiang") as page:
        for screen in ("queue", f"queue?case={case}", f"cases/{case}", "orders", "assessment", "precision"):
            page.goto(f"{district.url}/?{screen}#/{screen}")
            page.wait_for_load_state("networkidle")
            assert faint_texts(page) == [], screen
