"""What people read where something is in the way, and what comes out of a printer."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from tests.browser.district import PATROL, District
from tests.browser.person import PHONE, faint_texts, look, signed_in, visiting, wider_than_the_screen

pytestmark = pytest.mark.browser
FULL = {"error": {"code": "no_storage", "message": "the server cannot reach what it stores in", "where": None}}
PROXYS_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
CUT_OFF = """() => [...document.querySelectorAll('.shell, main')]
  .filter((one) => one.scrollHeight > one.clientHeight + 1).length"""


@pytest.mark.parametrize(
    ("language", "full", "away"),
    [
        ("zh-CN", "服务器暂时无法存取数据", "服务器没有运行或正在重启"),
        ("en", "The server cannot reach what it stores in, and nothing was kept", "The server is not running"),
    ],
)
def test_a_server_that_fails_is_told_in_the_readers_language_and_nothing_is_counted_that_is_not_known(
    chromium: Browser, district: District, tmp_path: Path, language: str, full: str, away: str
) -> None:
    with signed_in(chromium, district, "qiang", language=language, may_fail="") as page:
        page.route("**/api/cases?*", lambda route: route.fulfill(status=503, json=FULL))
        page.route(
            "**/api/work-orders?*",
            lambda route: route.fulfill(status=502, content_type="text/html", body=PROXYS_PAGE),
        )
        page.goto(f"{district.url}/?again#/queue")
        expect(page.get_by_role("alert")).to_contain_text(full)
        expect(page.locator("h1 .count")).to_be_hidden()
        page.goto(f"{district.url}/#/orders")
        expect(page.get_by_role("alert")).to_contain_text(away)
        expect(page.locator("h1 .count")).to_be_hidden()
        assert "Bad Gateway" not in page.content()
        look(page, tmp_path, f"away-{language}")


def test_half_an_address_of_a_report_is_told_to_be_compared(chromium: Browser, district: District) -> None:
    with visiting(chromium, district) as page:
        page.goto(f"{district.url}/#/report/pZ7nC2b0m8o3V1y5uKx9")
        expect(page.get_by_role("alert")).to_contain_text("没有这个上报。请与您保存的地址")
        expect(page.get_by_role("button", name="重试")).to_have_count(0)


def test_a_screen_whose_code_does_not_come_says_why_and_is_loaded_anew(chromium: Browser, district: District) -> None:
    with signed_in(chromium, district, "qiang") as page:
        page.route("**/assets/PrecisionScreen-*.js", lambda route: route.abort())
        page.get_by_role("link", name="识别准确率").click()
        expect(page.get_by_role("alert")).to_contain_text("这一页没有取到")
        page.unroute("**/assets/PrecisionScreen-*.js")
        page.get_by_role("button", name="重试").click()
        expect(page.get_by_role("heading", name="识别准确率")).to_be_visible()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_phone_says_in_words_that_it_hears_of_no_changes(
    chromium: Browser, district: District, tmp_path: Path, language: str
) -> None:
    with signed_in(chromium, district, "gang", language=language, viewport=PHONE, touch=True) as page:

        def renamed(route: Route) -> None:
            answer = route.fetch()
            name = "Jane-Christina Featherstonehaugh-Cholmondeley"
            route.fulfill(response=answer, body=json.dumps({**answer.json(), "display": name}))

        page.route("**/api/me", renamed)
        page.route("**/api/events", lambda route: route.abort())
        page.reload()
        told = page.get_by_text("正在重连" if language == "zh-CN" else "Reconnecting", exact=True)
        expect(told).not_to_have_css("font-size", "0px")
        look(page, tmp_path, f"reconnecting-{language}")
        assert wider_than_the_screen(page) == []
        assert faint_texts(page) == []
        expect(page.get_by_role("button", name="退出登录" if language == "zh-CN" else "Sign out")).to_be_in_viewport(
            ratio=1
        )


def test_what_changes_before_the_first_answer_has_come_is_seen_too(chromium: Browser, district: District) -> None:
    late: list[Callable[[], None]] = []
    asked: list[Request] = []

    def answer_late(route: Route) -> None:
        answer = route.fetch()
        late.append(lambda: route.fulfill(response=answer))

    def are_figures(request: Request) -> bool:
        return request.url.endswith("/api/figures")

    with signed_in(chromium, district, "min") as page:
        page.route("**/api/cases?*", answer_late, times=1)
        page.on("request", lambda request: asked.append(request) if are_figures(request) else None)
        page.goto(f"{district.url}/?again#/queue")
        while len(asked) < 2:  # by the page, and since it hears of changes
            page.wait_for_event("request", are_figures)
        district.patrol(PATROL[:1], keep_back=2)
        while len(asked) < 3:
            page.wait_for_event("request", are_figures)
        late.pop()()
        expect(page.get_by_role("option").filter(has_text="暴露垃圾")).to_be_visible()


def test_an_order_and_a_case_are_printed_whole_and_without_controls(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    case = district.patrol(PATROL[:1])["litter-1"]
    with signed_in(chromium, district, "qiang") as page:
        page.goto(f"{district.url}/#/cases/{case}")
        expect(page.get_by_role("heading", name="办理经过")).to_be_visible()
        page.wait_for_load_state("networkidle")
        page.emulate_media(media="print")
        expect(page.locator(".header")).to_be_hidden()
        expect(page.get_by_role("button", name="不予立案")).to_be_hidden()
        expect(page.get_by_role("img", name="近景")).to_be_visible()
        assert page.evaluate(CUT_OFF) == 0
        page.pdf(path=tmp_path / "case.pdf", format="A4")
    with signed_in(chromium, district, "gang") as page:
        page.get_by_role("link").filter(has_text="暴露垃圾").click()
        expect(page.get_by_role("button", name="接单")).to_be_visible()
        page.emulate_media(media="print")
        expect(page.get_by_role("button", name="接单")).to_be_hidden()
        slip = page.locator(".on-paper")
        for told in ("百花里第一网格", "王刚", page.url):
            expect(slip).to_contain_text(told)
        # On paper there is nothing to click: each picture is there, not only the one that was chosen.
        expect(page.locator(".reel img")).to_have_count(2)
        expect(page.locator(".reel img").last).to_be_visible()
        assert page.evaluate(CUT_OFF) == 0
        printed = page.pdf(path=tmp_path / "order.pdf", format="A4")
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.parametrize("how", ["not fetched", "not drawn"])
def test_a_map_that_does_not_come_is_told_and_the_work_goes_on(
    chromium: Browser, district: District, tmp_path: Path, how: str
) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "gang", viewport=PHONE) as page:
        if how == "not fetched":
            page.route("**/assets/CityMap-*.js", lambda route: route.abort())
        else:
            page.evaluate("() => { HTMLCanvasElement.prototype.getContext = () => null; }")
        page.get_by_role("link").filter(has_text="暴露垃圾").click()
        expect(page.get_by_text("地图打不开")).to_be_visible()
        look(page, tmp_path, "no-map")
        page.get_by_role("button", name="接单").click()
        expect(page.get_by_role("button", name="拍照反馈")).to_be_visible()


@pytest.mark.parametrize("off_s", [-86_400, 86_400])
def test_deadlines_go_by_the_servers_clock_where_the_phones_is_a_day_off(
    chromium: Browser, district: District, off_s: int
) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "gang", viewport=PHONE) as page:
        page.clock.set_fixed_time(time.time() + off_s)
        page.reload()
        expect(page.locator(".deadline")).to_have_text(re.compile("剩 [34]小时"))
