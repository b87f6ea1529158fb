"""What the desk decides reaches the people who train the detectors."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.district import PATROL, District
from tests.browser.person import PHONE, faint_texts, look, signed_in, wider_than_the_screen

pytestmark = pytest.mark.browser


def test_a_dismissal_at_the_desk_counts_against_the_detector_that_was_wrong(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    district.patrol(PATROL[:2])
    with signed_in(chromium, district, "min") as desk:
        rows = desk.get_by_role("option")
        expect(rows).to_have_count(2)
        for left in (1, 0):
            desk.keyboard.press("j")
            expect(desk.get_by_role("button", name="不予立案")).to_be_visible()
            desk.keyboard.press("x")
            expect(desk.get_by_role("radio", name="不是问题")).to_be_focused()
            if left == 0:
                desk.keyboard.press("2")
            desk.keyboard.press("Enter")
            expect(rows).to_have_count(left)
    with signed_in(chromium, district, "yue", language="en") as page:
        expect(page.get_by_role("heading", name="Precision of the detectors")).to_be_visible()
        expect(page.get_by_role("row")).to_have_count(3)
        expect(page.get_by_role("row").filter(has_text="0%")).to_have_count(1)
        expect(page.get_by_role("row").filter(has_text="dismissed for another reason 1")).to_have_count(1)
        expect(page.get_by_role("navigation").get_by_role("link")).to_have_count(1)
        look(page, tmp_path, "precision")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert page.locator(".table-frame").evaluate("(frame) => frame.scrollWidth - frame.clientWidth") <= 0
        assert wider_than_the_screen(page) == []
        assert faint_texts(page) == []
        look(page, tmp_path, "precision-phone")
