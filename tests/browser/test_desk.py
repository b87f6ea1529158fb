"""The operator's desk in a real browser against a real server process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.district import PATROL, District
from tests.browser.person import look, map_is_drawn, sign_in, signed_in

pytestmark = pytest.mark.browser
COUNT_TICKS = """
  window.ticks = 0;
  const every = window.setInterval;
  window.setInterval = (done, ms, ...rest) => {
    if (ms >= 20_000) window.ticks += 1;
    return every(done, ms, ...rest);
  };
"""


def test_the_operator_sees_the_queue_by_worth_the_map_and_the_chosen_case(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    district.patrol(keep_back=2)
    with signed_in(chromium, district, "min") as page:
        rows = page.get_by_role("option")
        expect(rows).to_have_count(len(PATROL))
        expect(rows.first).to_contain_text("机动车乱停放")
        expect(rows.filter(has_text="没有照片")).to_have_count(1)
        page.get_by_role("button", name=re.compile("守恒")).click()
        laws = page.locator(".law-list li")
        expect(laws.first).to_be_visible()
        for law in laws.all_inner_texts():
            assert re.search(r"[\u3400-\u9fff]", law), f"no catalogue knows the law: {law}"
        map_is_drawn(page)
        look(page, tmp_path, "queue")

        page.keyboard.press("Escape")
        page.keyboard.press("j")
        expect(rows.first).to_have_attribute("aria-selected", "true")
        glance = page.get_by_role("complementary")
        expect(glance).to_contain_text("李娜")
        expect(glance.locator(".stage img").first).to_have_js_property("complete", True)
        page.keyboard.press("j")
        expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("k")
        expect(rows.first).to_have_attribute("aria-selected", "true")
        look(page, tmp_path, "glance")


def test_one_clock_ticks_for_all_the_ages_and_deadlines_of_the_queue(chromium: Browser, district: District) -> None:
    district.patrol()
    with signed_in(chromium, district, "min", language="en") as page:
        page.clock.install()
        page.add_init_script(COUNT_TICKS)
        page.reload()
        rows = page.get_by_role("option")
        expect(rows).to_have_count(len(PATROL))
        assert page.evaluate("ticks") == 1
        expect(rows.first.locator(".queue-age")).to_contain_text("just now")
        page.route("**/api/**", lambda route: route.abort())  # whose answers would put the clock right
        page.clock.fast_forward(120_000)
        for row in rows.all():
            expect(row.locator(".queue-age")).to_contain_text("2m ago")


def test_figures_that_are_not_of_now_say_of_when_they_are(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    district.patrol(PATROL[:1])

    def counted_long_ago(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "counted_at": "2026-11-20T01:42:07Z"})

    with signed_in(chromium, district, "min", language="en") as page:
        expect(page.get_by_text("laws hold")).to_be_visible()
        assert page.get_by_text("Counted").count() == 0
        page.route("**/api/figures", counted_long_ago)
        page.reload()
        expect(page.get_by_text("Counted Nov 20, 09:42")).to_be_visible()
        look(page, tmp_path, "counted")


def test_what_a_patrol_reports_appears_without_a_reload(chromium: Browser, district: District) -> None:
    with signed_in(chromium, district, "min", language="en") as page:
        expect(page.get_by_text("No case fits the filter")).to_be_visible()
        expect(page.get_by_text("Live")).to_be_visible()
        district.patrol(PATROL[:2])
        expect(page.get_by_role("option")).to_have_count(2)
        expect(page.get_by_role("option").filter(has_text="Overflowing bin")).to_be_visible()


def test_a_dismissal_is_one_key_a_reason_and_enter(chromium: Browser, district: District, tmp_path: Path) -> None:
    district.patrol(PATROL[:3])
    with signed_in(chromium, district, "min") as page:
        expect(page.get_by_role("option")).to_have_count(3)
        page.keyboard.press("j")
        expect(page.get_by_role("button", name="不予立案")).to_be_visible()
        page.keyboard.press("x")
        expect(page.get_by_role("radio", name="不是问题")).to_be_focused()
        page.keyboard.press("2")
        expect(page.get_by_role("radio", name="图片看不清")).to_be_checked()
        look(page, tmp_path, "dismiss")
        page.keyboard.press("Enter")
        expect(page.get_by_role("option")).to_have_count(2)


def test_the_desk_is_worked_from_the_keyboard_alone(chromium: Browser, district: District) -> None:
    district.patrol(PATROL[:3])
    with signed_in(chromium, district, "min") as page:
        rows = page.get_by_role("option")
        expect(rows).to_have_count(3)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
        page.get_by_role("listbox").focus()
        page.keyboard.press("ArrowDown")
        expect(rows.first).to_have_attribute("aria-selected", "true")
        page.keyboard.press("ArrowDown")
        expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
        page.keyboard.press("Escape")
        expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Escape")
        expect(page.get_by_role("complementary")).to_have_count(0)


def test_at_the_end_of_what_is_loaded_the_key_for_the_next_case_loads_more(
    chromium: Browser, district: District
) -> None:
    district.patrol(PATROL[:4])
    with signed_in(chromium, district, "min") as page:
        rows = page.get_by_role("option")
        expect(rows).to_have_count(4)
        page.route(
            "**/api/cases?*", lambda route: route.continue_(url=route.request.url.replace("limit=60", "limit=2"))
        )
        page.reload()
        expect(rows).to_have_count(2)
        for number in range(2):
            page.keyboard.press("j")
            expect(rows.nth(number)).to_have_attribute("aria-selected", "true")
        page.keyboard.press("j")
        expect(rows).to_have_count(4)
        page.keyboard.press("j")
        expect(rows.nth(2)).to_have_attribute("aria-selected", "true")


def test_the_browsers_tab_says_what_it_shows_in_the_chosen_language(chromium: Browser, district: District) -> None:
    case = district.patrol(PATROL[:1])["litter-1"]
    with signed_in(chromium, district, "min") as page:
        expect(page).to_have_title("案件 · 城市管家")
        page.goto(f"{district.url}/#/cases/{case}")
        expect(page).to_have_title("暴露垃圾 #1 · 城市管家")
        page.get_by_role("button", name="切换到英文").click()
        expect(page).to_have_title("Exposed litter #1 · City Steward")
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_title("Sign in · City Steward")


def test_a_session_that_ends_leads_back_to_the_sign_in(chromium: Browser, district: District) -> None:
    with signed_in(chromium, district, "min") as page:
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_label("用户名", exact=True)).to_be_visible()


def test_who_could_not_be_signed_out_is_told_so_and_not_led_to_the_sign_in(
    chromium: Browser, district: District
) -> None:
    with signed_in(chromium, district, "min", language="en") as page:
        page.route("**/api/session", lambda route: route.abort())
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text("The server cannot be reached")).to_be_visible()
        assert page.url.endswith("#/queue")
        page.unroute("**/api/session")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_said_in_the_persons_language(chromium: Browser, district: District) -> None:
    page = chromium.new_page(locale="zh-CN")
    page.goto(district.url)
    page.get_by_label("用户名", exact=True).fill("min")
    page.get_by_label("密码", exact=True).fill("wrong-password")
    page.keyboard.press("Enter")
    expect(page.get_by_text("用户名或密码不对")).to_be_visible()
    page.get_by_role("button", name="切换到英文").click()
    expect(page.get_by_text("Name or password is wrong")).to_be_visible()
    page.close()


def test_why_a_case_is_dismissed_outlives_the_session_for_that_case_and_person_alone(
    chromium: Browser, district: District
) -> None:
    district.patrol(PATROL[:2])
    with signed_in(chromium, district, "min", language="en") as page:
        words = page.get_by_role("textbox", name="Say why")
        dismiss = page.get_by_role("dialog").get_by_role("button", name="Dismiss")
        page.get_by_role("option").first.click()
        expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
        number = page.locator(".glance h2 small")
        first = number.inner_text()
        page.keyboard.press("x")
        page.get_by_role("radio", name="Another reason").check()
        words.fill("a sculpture")
        page.context.clear_cookies()
        dismiss.click()
        sign_in(page, "qiang", "en")
        expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
        page.keyboard.press("x")
        expect(page.get_by_role("radio", name="Not a problem")).to_be_checked()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.context.clear_cookies()
        page.reload()
        sign_in(page, "min", "en")
        expect(page.get_by_role("button", name="Dismiss")).to_be_visible()
        page.keyboard.press("x")
        expect(words).to_have_value("a sculpture")
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("j")
        expect(number).to_have_text("#2" if first == "#1" else "#1")
        page.keyboard.press("x")
        expect(page.get_by_role("radio", name="Not a problem")).to_be_checked()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        page.keyboard.press("k")
        expect(number).to_have_text(first)
        page.keyboard.press("x")
        expect(words).to_have_value("a sculpture")
        dismiss.click()
        expect(page.get_by_role("option")).to_have_count(1)
        assert page.evaluate("sessionStorage.length") == 0
