"""Somebody on the telephone reads out a number, and the dispatcher stands before its case."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.district import PATROL, District
from tests.browser.person import PHONE, faint_texts, look, signed_in, wider_than_the_screen
from tests.browser.test_review import signed_in_as

pytestmark = pytest.mark.browser
LAPTOP = {"width": 1366, "height": 768}


def seek(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("dialog").get_by_role("textbox")).to_be_focused()
    page.keyboard.insert_text(words)
    page.keyboard.press("Enter")


def one_number_for_two(district: District) -> None:
    """Cases 1 to 3, of which case 1 has the work orders 1 and 3, and case 3 the work order 4."""
    cases = district.patrol(PATROL[:2])
    with signed_in_as(district, "qiang") as qiang:
        for step, body in (("suspend", {"reason": "scaffolding"}), ("resume", None)):
            qiang.post(f"/api/cases/{cases['litter-1']}/{step}", json=body).raise_for_status()
    district.patrol(PATROL[2:3])


@pytest.mark.parametrize(("language", "unread"), [("zh-CN", "没有认出编号"), ("en", "No number is to be seen")])
def test_a_number_leads_straight_to_its_case_whatever_became_of_it(
    chromium: Browser, district: District, tmp_path: Path, language: str, unread: str
) -> None:
    one_number_for_two(district)
    with signed_in(chromium, district, "min", language=language, viewport=LAPTOP) as page:
        number = page.locator(".case-head h1 small")
        seek(page, "\uff03 \uff12")
        expect(number).to_have_text("#2")
        expect(page.get_by_role("dialog")).to_have_count(0)
        seek(page, "No. 4")
        expect(number).to_have_text("#3")
        address = page.url
        seek(page, "#1")
        expect(number).to_have_text("#1")
        seek(page, address.upper().replace("CASES", "cases"))
        expect(number).to_have_text("#3")

        seek(page, "3")
        expect(page.get_by_role("dialog").get_by_role("link")).to_have_count(2)
        look(page, tmp_path, f"several-{language}")
        assert faint_texts(page) == []
        page.keyboard.press("Tab")
        page.get_by_role("dialog").get_by_role("link").last.click()
        expect(number).to_have_text("#1")

        seek(page, "litter")
        expect(page.get_by_role("status").filter(has_text=unread)).to_be_visible()
        look(page, tmp_path, f"unread-{language}")


def test_a_number_that_nothing_has_is_said_plainly_and_the_next_one_tried(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "jie", language="en", viewport=PHONE, touch=True) as page:
        page.get_by_role("button", name="Find a case or a work order by its number").click()
        box = page.get_by_role("dialog").get_by_role("textbox")
        box.fill("17")
        box.press("Enter")
        expect(page.get_by_text("No case and no work order has this number")).to_be_visible()
        look(page, tmp_path, "none")
        assert wider_than_the_screen(page) == []
        page.route("**/api/find?*", lambda route: route.abort())
        box.fill("1")
        expect(page.get_by_text("No case and no work order has this number")).to_have_count(0)
        box.press("Enter")
        expect(page.get_by_text("The server cannot be reached")).to_be_visible()
        page.unroute("**/api/find?*")
        box.press("Enter")
        expect(page.locator(".case-head h1 small")).to_have_text("#1")


def test_who_sees_only_their_own_cases_is_offered_no_search(chromium: Browser, district: District) -> None:
    for name in ("gang", "yue", "bo"):
        with signed_in(chromium, district, name) as page:
            expect(page.get_by_role("button", name="退出登录")).to_be_visible()
            page.keyboard.press("/")
            expect(page.get_by_role("dialog")).to_have_count(0)
            expect(page.get_by_role("button", name="按编号查找案件或工单")).to_have_count(0)
