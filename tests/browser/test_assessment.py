"""A supervisor sees whether it is getting better and who is in trouble, and goes from there to the work orders."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from server.records.address import address_of
from server.records.store import Store
from server.records.tables import Person, WorkOrder
from tests.browser.district import PATROL, District
from tests.browser.person import PHONE, faint_texts, look, signed_in, wider_than_the_screen

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
HOUR_NS = 3_600 * 10**9
WEEK_NS = 7 * 24 * HOUR_NS


def history(district: District) -> None:
    """Eleven weeks of closed orders beside those of today's patrol: 8 were fixed in each, of the first three weeks 3
    late and of the others 1. One of Li Na's open orders is overdue."""
    district.patrol(PATROL[:3])
    store = Store(address_of(district.home))
    with store.write() as session:
        orders = session.scalars(select(WorkOrder).order_by(WorkOrder.number)).all()
        na = session.scalars(select(Person.id).where(Person.name == "na")).one()
        late = next(order for order in orders if order.crew_id == na)
        late.due_ns = late.dispatched_ns - HOUR_NS
        number = max(order.number for order in orders)
        for ago in range(1, 12):
            for place in range(8):
                number += 1
                like = orders[place % len(orders)]
                closed_ns = time.time_ns() - ago * WEEK_NS
                fixed_ns = closed_ns - HOUR_NS
                slow = place < (3 if ago > 8 else 1)
                session.add(
                    WorkOrder(
                        id=str(uuid.uuid4()),
                        number=number,
                        case_id=like.case_id,
                        grid_id=like.grid_id,
                        crew_id=like.crew_id,
                        dispatched_ns=fixed_ns - (2 + ago) * HOUR_NS // 2,
                        due_ns=fixed_ns - HOUR_NS if slow else fixed_ns,
                        due_estimated=False,
                        accepted_ns=None,
                        fed_back_ns=fixed_ns,
                        closed_ns=closed_ns,
                        outcome="fixed",
                        send_backs=int(place == 1),
                    )
                )
    store.close()


def small_targets(page: Page) -> list[str]:
    """Links and buttons of the screen that a finger would miss."""
    found: list[str] = page.locator("main :is(a, button, summary)").evaluate_all(
        "(all) => all.map((one) => [one.textContent, one.getBoundingClientRect()])"
        ".filter(([, box]) => box.width > 0 && (box.width < 44 || box.height < 44)).map(([words]) => words)"
    )
    return found


def test_figures_lead_to_the_work_orders_that_they_are_about(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    history(district)
    with signed_in(chromium, district, "qiang", language="en") as page:
        page.get_by_role("link", name="Assessment").click()
        expect(page.get_by_role("heading", name="How work orders end")).to_be_visible()
        on_time = page.locator(".top-line > div").first
        expect(on_time).to_contain_text("– of 0 fixed")
        expect(on_time).to_contain_text("Last week 87% · of 8 fixed")
        page.get_by_text("The weeks as a table").click()
        weeks = page.get_by_role("region", name="Fixed by week").locator("tbody tr")
        expect(weeks).to_have_count(12)
        expect(weeks.nth(1)).to_contain_text("87%")
        expect(weeks.last).to_contain_text("62%")
        crews = page.get_by_role("region", name="By crew, worst first").locator("tbody tr")
        expect(crews.first).to_contain_text("李娜")
        look(page, tmp_path, "assessment")
        crews.first.get_by_role("link", name="李娜: Overdue now 1").click()
        expect(page.locator("tbody tr")).to_have_count(1)
        expect(page.locator("tbody tr")).to_contain_text("李娜")
        page.locator(".ant-segmented-item").filter(has_text="Closed").click()
        expect(page.locator("tbody tr").filter(has_not_text="李娜")).to_have_count(0)
        expect(page.locator("tbody tr").filter(has_text="In time").first).to_be_visible()
        look(page, tmp_path, "closed-orders")
        page.get_by_role("button", name="Only of 李娜").click()
        expect(page.locator("tbody tr").filter(has_text="王刚").first).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("viewport", [PHONE, TABLET], ids=["phone", "tablet"])
def test_an_assessment_is_read_by_touch(
    chromium: Browser, district: District, viewport: dict[str, int], language: str, tmp_path: Path
) -> None:
    history(district)
    with signed_in(chromium, district, "root", language=language, viewport=viewport, touch=True) as page:
        page.goto(f"{district.url}/#/assessment")
        expect(page.locator(".top-line")).to_be_visible()
        look(page, tmp_path, "assessment")
        for fold in page.locator("summary").all():
            fold.click()
        assert small_targets(page) == []
        assert wider_than_the_screen(page) == []
        assert faint_texts(page) == []
        for frame in page.locator(".table-frame").all():
            assert frame.evaluate("(frame) => frame.scrollWidth - frame.clientWidth") <= 0
        page.locator("#main").evaluate("(main) => main.scrollTo(0, 900)")
        look(page, tmp_path, "unfolded")
