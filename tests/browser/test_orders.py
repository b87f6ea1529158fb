"""A supervisor looks after the work orders of all crews, and hands over those of people who have left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.district import GRIDS, PATROL, District, Foundation, found_district
from tests.browser.person import look, signed_in

pytestmark = pytest.mark.browser

ROTA = {**dict.fromkeys(GRIDS, ("gang", "na")), "grid-sw": ("gang",)}
IN_THE_SOUTH_WEST = PATROL[7]


@pytest.fixture(scope="module")
def shared(foundation: Foundation, tmp_path_factory: pytest.TempPathFactory) -> Foundation:
    """A district in which two share all grids but one; `foundation` has seen to it that the console is built."""
    return found_district(tmp_path_factory.mktemp("shared"), ROTA)


@pytest.fixture
def left(shared: Foundation, tmp_path: Path) -> Iterator[District]:
    """Three open orders are of somebody who has left, one of them in a grid where nobody is on duty now."""
    with District(tmp_path / "district", shared) as here:
        here.patrol((*PATROL[:4], IN_THE_SOUTH_WEST))
        here.leaves("gang")
        yield here


def test_a_supervisor_sees_what_leavers_left_behind_and_hands_it_over_from_the_keyboard(
    chromium: Browser, left: District, tmp_path: Path
) -> None:
    with signed_in(chromium, left, "qiang") as page:
        page.get_by_role("link", name="工单").click()
        rows = page.locator("tbody tr")
        expect(rows).to_have_count(5)
        gone = rows.filter(has_text="王刚 （已离岗）")
        expect(gone).to_have_count(3)
        expect(page.get_by_role("img", name="离岗人员名下还有 3 件未办结的工单")).to_be_visible()
        look(page, tmp_path, "orders")
        page.get_by_role("button", name="查看").click()
        expect(rows).to_have_count(3)
        page.keyboard.press("h")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("listitem")).to_have_text(["李娜2", "所在网格无人值守，暂留原处1"])
        confirm = dialog.get_by_role("button", name="转交 2 件")
        expect(confirm).to_be_focused()
        look(page, tmp_path, "hand-over")
        page.keyboard.press("Enter")
        expect(page.get_by_text("已转交 2 件工单，1 件未转交")).to_be_visible()
        expect(rows).to_have_count(1)
        expect(page.get_by_role("img", name="离岗人员名下还有 1 件未办结的工单")).to_be_visible()
        rows.get_by_role("link").click()
        expect(page.get_by_role("heading", name="办理经过")).to_be_visible()


def test_a_hand_over_that_is_left_or_refused_changes_nothing(chromium: Browser, left: District) -> None:
    with signed_in(chromium, left, "qiang", language="en") as page:
        page.goto(f"{left.url}/#/orders?which=left")
        opener = page.get_by_role("button", name="Hand all over")
        opener.click()
        dialog = page.get_by_role("dialog", name="Hand over work orders: 2")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(opener).to_be_focused()
        page.route("**/api/work-orders/hand-over", lambda route: route.abort())
        opener.click()
        dialog.get_by_role("button", name="Hand over 2").click()
        expect(dialog).to_contain_text("The server cannot be reached")
        expect(page.locator("tbody tr")).to_have_count(3)


def test_nobody_but_a_supervisor_is_asked_to_hand_over(chromium: Browser, left: District) -> None:
    with signed_in(chromium, left, "root", language="en") as page:
        page.goto(f"{left.url}/#/orders")
        expect(page.locator("tbody tr")).to_have_count(5)
        expect(page.get_by_text("(has left)")).to_have_count(3)
        expect(page.get_by_role("button", name="Hand all over")).to_have_count(0)
        page.locator(".ant-segmented-item").filter(has_text="Overdue").click()
        expect(page.get_by_text("No work order is late")).to_be_visible()
