"""What somebody began to report, or could not send, is kept on the phone: for that person, and not for ever."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.district import District
from tests.browser.person import PHONE, faint_texts, look, signed_in, unnamed_controls, visiting, wider_than_the_screen
from tests.browser.test_offline import CONTROLLED
from tests.browser.test_reports import standing_at, take_photo
from tests.browser.test_review import signed_in_as
from tests.browser.test_unsent import COUNT, at_the_bin, send, waits
from tests.waiting import until

pytestmark = pytest.mark.browser
REPORTS = "**/api/reports"
HERE = standing_at(30.0, 60.0)
AT_HAND = """async () => {
  const kept = await (await caches.match("./at-hand", { cacheName: "at-hand" }))?.text();
  return ["me", "taxonomy", "reportable", "report_grids"].every((key) => kept?.includes(`"${key}"`));
}"""
HELD = """() => {
  const kept = new Promise((letGo) => { window.letGo = letGo; });
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (...asked) {
    const turn = begin.apply(this, asked);
    if (asked[1] === "readwrite")
      Object.defineProperty(turn, "oncomplete", {
        set: (told) => turn.addEventListener("complete", () => kept.then(() => told.call(turn))),
      });
    return turn;
  };
}"""
"""Whatever is written to the phone's store is told to be there only after `letGo()`."""
DAY_S = 24 * 3600.0
SAID = {
    "zh-CN": (
        *("拍照", "暴露垃圾", "已获取位置", "已保存在这部手机上", "您拍的照片", "手机号", "提交"),
        *("等待发送", "已收到"),
    ),
    "en": (
        *("Take a photo", "Exposed litter", "Place found", "Kept on this phone", "Your photo", "Phone number", "Send"),
        *("Waiting to be sent", "Received"),
    ),
}


def begin(page: Page, district: District, language: str = "zh-CN", seed: int = 51) -> None:
    """A citizen has taken a photo and said what it shows."""
    take, litter, placed, kept, *_ = SAID[language]
    page.goto(f"{district.url}/#/report")
    take_photo(page, take, seed)
    page.get_by_text(litter).click()
    expect(page.get_by_text(placed)).to_be_visible()
    expect(page.get_by_text(kept)).to_be_visible()


def later(page: Page, seconds: float) -> None:
    """The page is opened again so much later, by the phone's clock."""
    page.clock.set_fixed_time(time.time() + seconds)
    page.reload()


def cases(district: District) -> list[Any]:
    with signed_in_as(district, "min") as min_:
        found: list[Any] = min_.get("/api/cases").raise_for_status().json()["items"]
    return found


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_half_a_report_is_there_after_a_reload_and_is_sent_from_there(
    chromium: Browser, district: District, tmp_path: Path, language: str
) -> None:
    _, litter, placed, kept, photo, phone, go, _, became = SAID[language]
    with visiting(chromium, district, language=language, viewport=PHONE, place=HERE) as page:
        begin(page, district, language)
        page.get_by_label(phone).fill("138 0000 0000")
        until(lambda: page.evaluate(COUNT) == 1)
        page.wait_for_load_state("networkidle")
        page.context.clear_permissions()
        page.reload()
        expect(page.get_by_role("img", name=photo)).to_be_visible()
        expect(page.get_by_role("radio", name=litter)).to_be_checked()
        expect(page.get_by_text(placed)).to_be_visible()
        expect(page.get_by_label(phone)).to_have_value("138 0000 0000")
        look(page, tmp_path, f"begun-{language}")
        assert faint_texts(page) == []
        assert unnamed_controls(page) == []
        assert wider_than_the_screen(page) == []
        page.get_by_role("button", name=go, exact=True).click()
        expect(page.get_by_role("heading", name=became)).to_be_visible()
        assert page.evaluate(COUNT) == 0
        page.goto(f"{district.url}/#/report")
        expect(page.get_by_text(kept)).to_have_count(0)


def test_half_a_report_is_its_visitors_alone_and_is_gone_when_it_is_thrown_away(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with signed_in(chromium, district, "bo", viewport=PHONE, place=HERE) as page:
        begin(page, district)
        page.goto(f"{district.url}/#/inspect")
        expect(page.get_by_role("button", name="拍照")).to_be_visible()
        expect(page.get_by_text("已保存在这部手机上")).to_have_count(0)
        page.goto(f"{district.url}/#/report")
        page.get_by_role("button", name="放弃这次上报").click()
        look(page, tmp_path, "throw-away")
        page.get_by_role("dialog").get_by_role("button", name="取消").click()
        assert page.evaluate(COUNT) == 1
        page.get_by_role("button", name="放弃这次上报").click()
        page.get_by_role("dialog").get_by_role("button", name="放弃这次上报").click()
        expect(page.get_by_role("button", name="拍照")).to_be_visible()
        assert page.evaluate(COUNT) == 0
        page.reload()
        expect(page.get_by_role("button", name="拍照")).to_be_visible()
        expect(page.get_by_role("img", name="您拍的照片")).to_have_count(0)


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_report_sent_without_a_network_waits_says_so_and_goes_by_itself(
    chromium: Browser, district: District, tmp_path: Path, language: str
) -> None:
    *_, go, waiting, became = SAID[language]
    with visiting(chromium, district, language=language, viewport=PHONE, place=HERE) as page:
        begin(page, district, language)
        page.context.set_offline(True)
        page.get_by_role("button", name=go, exact=True).click()
        expect(page.get_by_role("heading", name=waiting)).to_be_visible()
        address = page.url
        assert re.search(r"#/report/[\w-]{43}$", address)
        look(page, tmp_path, f"waits-{language}")
        assert wider_than_the_screen(page) == []
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name=became)).to_be_visible()
        assert (page.url, page.evaluate(COUNT), len(cases(district))) == (address, 0, 1)


def test_a_report_is_not_sent_while_its_photo_is_still_being_kept_and_its_place_is_not_known(
    chromium: Browser, district: District
) -> None:
    with visiting(chromium, district, language="en", viewport=PHONE, place=HERE) as page:
        page.add_init_script(f"({HELD})()")
        page.goto(f"{district.url}/#/report")
        take_photo(page, "Take a photo", 63)
        page.get_by_role("radio", name="Exposed litter").check(force=True)
        send_it = page.get_by_role("button", name="Send", exact=True)
        expect(page.get_by_role("radio", name="Exposed litter")).to_be_checked()
        expect(send_it).to_be_disabled()
        page.evaluate("letGo()")
        expect(page.get_by_text("Place found")).to_be_visible()
        send_it.click()
        expect(page.get_by_role("heading", name="Received")).to_be_visible()
        [case] = cases(district)
        assert (case["lat"], case["lon"]) == pytest.approx(HERE, abs=1e-5)


def test_a_report_whose_answer_was_lost_is_sent_again_and_counts_once(chromium: Browser, district: District) -> None:
    with visiting(chromium, district, viewport=PHONE, place=HERE) as page:
        begin(page, district)
        taken: list[int] = []

        def lose(route: Route) -> None:
            taken.append(route.fetch().status)
            route.abort()

        page.route(REPORTS, lose, times=1)
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="已收到")).to_be_visible()
        assert taken == [201]
        assert page.evaluate(COUNT) == 0
        [case] = cases(district)
        assert case["sightings"] == 1


def test_a_report_that_is_refused_is_put_right_where_it_was_filled_in(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with visiting(chromium, district, viewport=PHONE, place=standing_at(9_000.0, 0.0)) as page:
        begin(page, district)
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_text("这个地点不在本城区范围内")).to_be_visible()
        expect(page.get_by_role("img", name="您拍的照片")).to_be_visible()
        look(page, tmp_path, "refused")
        page.context.set_geolocation({"latitude": HERE[0], "longitude": HERE[1]})
        page.get_by_role("button", name="重新定位").click()
        expect(page.get_by_text("已获取位置")).to_be_visible()
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="已收到")).to_be_visible()
        assert page.evaluate(COUNT) == 0


def test_half_a_report_ends_after_a_day_and_that_is_told(chromium: Browser, district: District, tmp_path: Path) -> None:
    with visiting(chromium, district, viewport=PHONE, place=HERE) as page:
        begin(page, district)
        later(page, DAY_S - 600)
        expect(page.get_by_role("img", name="您拍的照片")).to_be_visible()
        later(page, DAY_S + 60)
        expect(page.get_by_text("已超过 24 小时，已从这部手机删除")).to_be_visible()
        look(page, tmp_path, "gone")
        expect(page.get_by_role("img", name="您拍的照片")).to_have_count(0)
        assert page.evaluate(COUNT) == 0


def test_a_crews_photo_ends_after_14_days_but_not_behind_who_could_send_it(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        page.route("**/after-photo", lambda route: route.abort())
        send(page)
        waits(page)
        expect(page.get_by_text("未发送的，保留到此时为止")).to_be_visible()
        later(page, 15 * DAY_S)
        waits(page)
        expect(page.get_by_text("保留期限已过")).to_be_visible()
        look(page, tmp_path, "over")
        page.clock.set_fixed_time(time.time())
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_text("这部手机上有 1 张照片等待发送")).to_be_visible()
        expect(page.get_by_text("未发送的，保留到此时为止")).to_be_visible()
        look(page, tmp_path, "sign-in")
        later(page, 15 * DAY_S)
        expect(page.get_by_text("有 1 张照片在期限内没有发送")).to_be_visible()
        look(page, tmp_path, "sign-in-gone")
        assert faint_texts(page) == []
        assert page.evaluate(COUNT) == 0


def test_an_inspector_reports_without_a_network_after_a_reload_and_what_waits_goes_once(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with signed_in(chromium, district, "bo", viewport=PHONE, place=HERE, offline_too=True) as page:
        expect(page.get_by_role("heading", name="上报问题")).to_be_visible()
        until(lambda: page.evaluate(CONTROLLED) and page.evaluate(AT_HAND))
        page.context.set_offline(True)
        page.reload()
        take_photo(page, "拍照", 61)
        page.get_by_text("暴露垃圾").click()
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="等待发送")).to_be_visible()
        page.get_by_role("button", name="上报下一个").click()
        take_photo(page, "拍照", 62)
        page.get_by_text("暴露垃圾").click()
        expect(page.get_by_role("heading", name="等待发送")).to_be_visible()
        look(page, tmp_path, "inspector-waits")
        assert page.evaluate(COUNT) == 2
        page.context.set_offline(False)
        until(lambda: page.evaluate(COUNT) == 1)
        expect(page.locator(".unsent")).to_have_count(0)
        expect(page.get_by_role("img", name="您拍的照片")).to_be_visible()
        [case] = cases(district)
        assert case["sightings"] == 1
