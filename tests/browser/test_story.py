"""The sentence from the field, in a browser: found, dispatched, cleared with a photo, approved, done."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.district import LAT, LON, PATROL, District
from tests.browser.drawing import shows_the_face, street, with_a_face
from tests.browser.person import PHONE, look, map_is_drawn, signed_in

pytestmark = pytest.mark.browser
LITTER = PATROL[0]


def photograph(page: Page, content: bytes) -> None:
    with page.expect_file_chooser() as camera:
        page.get_by_role("button", name="拍照反馈").click()
    camera.value.set_files({"name": "after.jpg", "mimeType": "image/jpeg", "buffer": content})


def test_a_case_goes_from_the_desk_to_the_crew_to_the_reviewer_and_is_closed(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    case_id = district.patrol()[f"{LITTER.category}-{LITTER.seed}"]

    with signed_in(chromium, district, "min") as page:
        row = page.get_by_role("option").filter(has_text="暴露垃圾").first
        row.click()
        expect(row).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(case_id))
        expect(page.get_by_role("heading", name="暴露垃圾")).to_be_visible()
        expect(page.get_by_text(re.compile("95% 误差椭圆"))).to_be_visible()
        map_is_drawn(page)
        expect(page.locator(".sighting img").nth(1)).to_be_visible()
        look(page, tmp_path, "case")

    with signed_in(chromium, district, "gang", viewport=PHONE, touch=True, place=(LAT, LON)) as page:
        look(page, tmp_path, "crew-list")
        page.get_by_role("link").filter(has_text="暴露垃圾").first.click()
        page.get_by_role("button", name="接单").click()
        expect(page.get_by_role("button", name="拍照反馈")).to_be_visible()
        map_is_drawn(page)
        look(page, tmp_path, "crew-order")
        photograph(page, with_a_face(street("litter", LITTER.seed, cleared=True)))
        expect(page.get_by_text("与处置前对照")).to_be_visible()
        page.get_by_role("heading", name="与处置前对照").scroll_into_view_if_needed()
        look(page, tmp_path, "crew-check")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_text("已反馈，等待核查")).to_be_visible()
        look(page, tmp_path, "crew-waiting")

    with signed_in(chromium, district, "jie") as page:
        expect(page.get_by_role("region", name="处置前").locator("img").first).to_be_visible()
        shown = page.get_by_role("region", name="处置后").locator(".stage img").first
        expect(shown).to_be_visible()
        served = page.request.get(district.url + str(shown.get_attribute("src"))).body()
        assert not shows_the_face(served), "the privacy step must have filled the face"
        expect(page.get_by_role("button", name="核查通过")).to_be_enabled()
        look(page, tmp_path, "review")
        page.keyboard.press("a")
        expect(page.get_by_text("没有等待核查的工单")).to_be_visible()

    with signed_in(chromium, district, "min") as page:
        page.goto(f"{district.url}/#/cases/{case_id}")
        expect(page.locator(".case-head").get_by_text("已解决")).to_be_visible()
        expect(page.get_by_text("核查通过")).to_be_visible()
        expect(page.get_by_text("处置结果")).to_be_visible()
        map_is_drawn(page)
        look(page, tmp_path, "closed")


def test_a_job_that_is_sent_back_returns_to_the_crew_with_the_reason(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    district.patrol((LITTER,))
    with signed_in(chromium, district, "gang", viewport=PHONE, touch=True) as page:
        page.get_by_role("link").filter(has_text="暴露垃圾").click()
        page.get_by_role("button", name="接单").click()
        photograph(page, street("litter", 41))
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_text("已反馈，等待核查")).to_be_visible()

        with signed_in(chromium, district, "jie", language="en") as reviewer:
            expect(reviewer.get_by_role("button", name="Approve")).to_be_enabled()
            reviewer.keyboard.press("s")
            expect(reviewer.get_by_role("dialog")).to_be_visible()
            reviewer.get_by_role("radio", name="Another reason").check()
            reviewer.get_by_role("textbox", name="Say why").fill("烟头还在")
            look(reviewer, tmp_path, "send-back")
            reviewer.get_by_role("dialog").get_by_role("button", name="Send back").click()
            expect(reviewer.get_by_text("Nothing waits for review")).to_be_visible()

        expect(page.get_by_text("被退回：烟头还在")).to_be_visible()
        expect(page.get_by_role("button", name="拍照反馈")).to_be_visible()
        look(page, tmp_path, "sent-back")
