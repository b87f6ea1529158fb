"""An operator merges and splits cases by their pictures, and takes both back, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.district import District, Sighting
from tests.browser.person import look, signed_in

pytestmark = pytest.mark.browser

HEAPS = (Sighting("litter", -60, 12, 0.93, 1, 9), Sighting("litter", -48, 12, 0.85, 2, 9))
BIN = Sighting("overflowing_bin", 48, 11, 0.88, 3, 30)
BIN_AGAIN = Sighting("overflowing_bin", 48.4, 11.2, 0.8, 4, 3)


def test_two_cases_are_merged_from_the_keyboard_and_only_the_desk_takes_them_apart_again(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    cases = district.patrol(HEAPS)
    with signed_in(chromium, district, "min") as page:
        page.goto(f"{district.url}/#/cases/{cases['litter-1']}")
        expect(page.get_by_role("button", name="与另一案件合并")).to_be_visible()
        page.keyboard.press("m")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("radio", name="#2")).to_be_checked()
        expect(dialog.get_by_role("radio", name="#2")).to_be_focused()
        expect(dialog.locator(".mending-pair img")).to_have_count(2)
        dialog.locator(".city-map[data-ready=true]").wait_for()
        look(page, tmp_path, "merge")
        dialog.get_by_role("button", name="合并", exact=True).focus()
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(page.locator(".sightings article")).to_have_count(2)
        mends = page.get_by_role("region", name="合并与拆分")
        expect(mends).to_contain_text("案件 2 并入案件 1")
        look(page, tmp_path, "merged")
        with signed_in(chromium, district, "jie") as other:
            other.goto(page.url)
            seen = other.get_by_role("region", name="合并与拆分")
            expect(seen).to_contain_text("案件 2 并入案件 1")
            expect(seen.get_by_role("button")).to_have_count(0)
            expect(other.get_by_role("button", name="与另一案件合并")).to_have_count(0)
        mends.get_by_role("button", name="撤销").focus()
        page.keyboard.press("Enter")
        expect(mends).to_contain_text("周敏 已撤销")
        expect(page.locator(".sightings article")).to_have_count(1)


def test_a_dialog_that_is_left_gives_the_focus_back_to_what_opened_it(chromium: Browser, district: District) -> None:
    case = district.patrol(HEAPS)["litter-1"]
    with signed_in(chromium, district, "min", language="en") as page:
        page.goto(f"{district.url}/#/cases/{case}")
        dialog = page.get_by_role("dialog")
        for name in ("Merge with", "Dismiss"):
            opener = page.get_by_role("button", name=name)
            opener.focus()
            page.keyboard.press("Enter")
            expect(dialog.get_by_role("radio").first).to_be_visible()
            page.keyboard.press("Escape")
            expect(dialog).to_have_count(0)
            expect(opener).to_be_focused()


def test_a_case_is_split_by_its_pictures(chromium: Browser, district: District, tmp_path: Path) -> None:
    case = district.patrol((BIN,))["overflowing_bin-3"]
    assert district.patrol((BIN_AGAIN,))["overflowing_bin-4"] == case
    with signed_in(chromium, district, "min", language="en") as page:
        page.goto(f"{district.url}/#/cases/{case}")
        expect(page.locator(".sightings article")).to_have_count(2)
        page.keyboard.press("t")
        dialog = page.get_by_role("dialog")
        off = dialog.get_by_role("button", name="Split off")
        expect(off).to_be_disabled()
        expect(dialog.get_by_role("checkbox", name="Vehicle car-07").first).to_be_focused()
        page.keyboard.press("Space")
        look(page, tmp_path, "split")
        expect(off).to_be_enabled()
        off.focus()
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(page.locator(".sightings article")).to_have_count(1)
        mends = page.get_by_role("region", name="Merged and split")
        expect(mends).to_contain_text("Case 2 split off case 1")
        look(page, tmp_path, "split-off")
        mends.get_by_role("button", name="Undo").click()
        expect(page.locator(".sightings article")).to_have_count(2)
