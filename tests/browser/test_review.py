"""A reviewer works through what waits, in a real browser, also when the network or the session ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.district import PASSWORD, PATROL, District
from tests.browser.drawing import street
from tests.browser.person import sign_in, signed_in

pytestmark = pytest.mark.browser

LISTS = "**/api/work-orders?*"


@contextmanager
def signed_in_as(district: District, name: str) -> Iterator[httpx.Client]:
    """Somebody who works beside the browser."""
    with httpx.Client(base_url=district.url, headers={"Origin": district.url}) as client:
        client.post("/api/session", json={"name": name, "password": PASSWORD}).raise_for_status()
        yield client


def fed_back(district: District) -> None:
    """Three jobs wait for review: of cases 1, 2 and 3."""
    for number, one in enumerate((PATROL[0], PATROL[4], PATROL[6])):
        district.patrol((one,))
        with signed_in_as(district, "gang") as gang:
            asked = {"mine": True, "state": "dispatched"}
            (order,) = gang.get("/api/work-orders", params=asked).raise_for_status().json()["items"]
            gang.post(f"/api/work-orders/{order['id']}/accept").raise_for_status()
            photo = {"file": ("after.jpg", street(one.category, 70 + 9 * number, cleared=True), "image/jpeg")}
            gang.post(f"/api/work-orders/{order['id']}/after-photo", files=photo).raise_for_status()


@contextmanager
def reviewing(chromium: Browser, district: District) -> Iterator[tuple[Page, Locator]]:
    """Jie in front of three jobs that wait, and their list."""
    fed_back(district)
    with signed_in(chromium, district, "jie", language="en") as page:
        waiting = page.locator(".review-list li")
        expect(waiting).to_have_count(3)
        yield page, waiting


def numbers(page: Page) -> list[str]:
    return page.locator(".review-list .number").all_inner_texts()


def test_the_next_one_comes_at_once_in_the_place_of_the_one_that_was_approved(
    chromium: Browser, district: District
) -> None:
    with reviewing(chromium, district) as (page, _):
        first, second, third = numbers(page)
        judged = page.locator(".review-sheet h2 small")
        page.keyboard.press("j")
        expect(judged).to_have_text(second)
        tried = 0

        def fails(route: Route) -> None:
            nonlocal tried
            tried += 1
            route.abort()

        page.route(LISTS, fails)
        page.keyboard.press("a")
        expect(judged).to_have_text(third)
        assert numbers(page) == [first, third]
        while tried < 3:
            page.wait_for_event("requestfailed")
        expect(judged).to_have_text(third)
        page.unroute(LISTS)
        page.keyboard.press("a")
        expect(judged).to_have_text(first)
        page.keyboard.press("a")
        expect(page.get_by_text("Nothing waits for review")).to_be_visible()


def test_a_key_that_is_held_down_decides_once(chromium: Browser, district: District) -> None:
    with reviewing(chromium, district) as (page, waiting):
        approved: list[str] = []
        page.on("request", lambda request: approved.append(request.url) if "/approve" in request.url else None)
        page.keyboard.down("a")
        expect(waiting).to_have_count(2)
        page.keyboard.down("a")
        page.keyboard.up("a")
        expect(page.locator("button[aria-current=true] .number")).to_have_text(numbers(page)[0])
        page.keyboard.press("j")
        expect(page.locator("button[aria-current=true] .number")).to_have_text(numbers(page)[1])
        assert len(approved) == 1


def test_a_session_that_ends_in_the_middle_of_a_review_leads_through_the_sign_in_back_to_it(
    chromium: Browser, district: District
) -> None:
    fed_back(district)
    with signed_in(chromium, district, "jie", language="en") as page:
        expect(page.locator(".review-list li")).to_have_count(3)
        page.keyboard.press("j")
        second = numbers(page)[1]
        judged = page.locator(".review-sheet h2 small")
        expect(judged).to_have_text(second)
        page.context.clear_cookies()
        page.keyboard.press("a")
        page.get_by_label("Name", exact=True).fill("jie")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(judged).to_have_text(second)
        expect(page.locator(".review-list li")).to_have_count(3)


def test_what_somebody_else_has_approved_meanwhile_makes_way_for_the_next_one(
    chromium: Browser, district: District
) -> None:
    with reviewing(chromium, district) as (page, waiting):
        page.route("**/api/events", lambda route: route.abort())
        page.reload()
        expect(waiting).to_have_count(3)
        first, second, _ = numbers(page)
        with signed_in_as(district, "jie") as other:
            orders = other.get("/api/work-orders", params={"state": "fed_back"}).json()["items"]
            (gone,) = (one for one in orders if f"#{one['case_number']}" == first)
            other.post(f"/api/work-orders/{gone['id']}/approve").raise_for_status()
        page.keyboard.press("a")
        expect(page.get_by_text("The work order is closed")).to_be_visible()
        expect(page.locator(".review-sheet h2 small")).to_have_text(second)


def test_the_pictures_of_the_next_one_are_there_before_it_comes(chromium: Browser, district: District) -> None:
    fed_back(district)
    with signed_in_as(district, "jie") as jie:
        orders = jie.get("/api/work-orders", params={"state": "fed_back"}).json()["items"]
    with signed_in(chromium, district, "jie") as page:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.reload()
        page.wait_for_load_state("networkidle")
        assert any(url.endswith(orders[1]["after"][0]["sha256"]) for url in fetched)
        assert not any(url.endswith(orders[2]["after"][0]["sha256"]) for url in fetched)


def test_a_reason_half_written_is_there_again_after_a_session_that_ended(chromium: Browser, district: District) -> None:
    fed_back(district)
    with signed_in(chromium, district, "jie", language="en") as page:
        words = page.get_by_role("textbox", name="Say why")
        send_back = page.get_by_role("dialog").get_by_role("button", name="Send back")
        listed = page.locator(".review-list li")
        expect(listed).to_have_count(3)
        page.keyboard.press("s")
        page.get_by_role("radio", name="Another reason").check()
        words.fill("ends of cigarettes")
        page.context.clear_cookies()
        send_back.click()
        sign_in(page, "jie", "en")
        expect(listed).to_have_count(3)
        page.keyboard.press("s")
        expect(words).to_have_value("ends of cigarettes")
        send_back.click()
        expect(listed).to_have_count(2)
        assert page.evaluate("sessionStorage.length") == 0
