"""A citizen and an inspector report on a phone, in a real browser against a real server process."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.district import PATROL, District, lonlat
from tests.browser.drawing import street
from tests.browser.person import PHONE, look, map_is_drawn, signed_in, visiting

pytestmark = pytest.mark.browser

LITTER = PATROL[0]
POINTING = {
    "zh-CN": ("拍照", "重新定位", "在地图上指出", "请先放大地图", "就在这里", "提交", "已收到"),
    "en": (
        *("Take a photo", "Ask the phone again", "Point it out on the map", "Zoom in closer first", "It is here"),
        *("Send", "Received"),
    ),
}


def standing_at(east_m: float, north_m: float) -> tuple[float, float]:
    lon, lat = lonlat(east_m, north_m)
    return lat, lon


def take_photo(page: Page, button: str, seed: int) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": street("litter", seed)})


def test_a_citizen_reports_without_login_and_is_told_that_it_joined_a_case(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    case_id = district.patrol()["litter-1"]
    here = standing_at(LITTER.east_m + 2.0, LITTER.north_m)
    with visiting(chromium, district, viewport=PHONE, touch=True, place=here) as page:
        page.goto(f"{district.url}/report")
        look(page, tmp_path, "report-empty")
        take_photo(page, "拍照", 31)
        page.get_by_text("暴露垃圾").click()
        page.get_by_label("手机号").fill("138 0000 0000")
        expect(page.get_by_text("已获取位置")).to_be_visible()
        look(page, tmp_path, "report-ready")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="正在处理")).to_be_visible()
        expect(page.get_by_text("您的上报已并入")).to_be_visible()
        assert re.search(r"#/report/[\w-]{43}$", page.url)
        look(page, tmp_path, "follow")
    with signed_in(chromium, district, "min") as page:
        page.goto(f"{district.url}/#/cases/{case_id}")
        told_by = page.locator(".sources")
        expect(told_by).to_contain_text("巡逻车 × 1")
        expect(told_by).to_contain_text("市民 × 1")
        look(page, tmp_path, "case-sources")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_citizen_whose_phone_tells_no_place_points_it_out_with_the_keyboard(
    chromium: Browser, district: District, tmp_path: Path, language: str
) -> None:
    take, again, point, closer, here, send, became = POINTING[language]
    with visiting(chromium, district, language=language, viewport=PHONE) as page:
        page.goto(f"{district.url}/report")
        take_photo(page, take, 34)
        page.get_by_role("radio").first.check(force=True)
        expect(page.get_by_role("button", name=again)).to_be_visible()
        look(page, tmp_path, f"report-no-place-{language}")
        page.get_by_role("button", name=point).click()
        map_is_drawn(page)
        canvas = page.locator("canvas")
        canvas.scroll_into_view_if_needed()
        look(page, tmp_path, f"report-map-{language}")
        canvas.focus()
        for _ in range(3):
            page.keyboard.press("+")
        expect(page.get_by_role("button", name=closer)).to_have_count(0)
        page.get_by_role("button", name=here).click()
        look(page, tmp_path, f"report-pinned-{language}")
        page.get_by_role("button", name=send).click()
        expect(page.get_by_role("heading", name=became)).to_be_visible()


def test_times_are_the_citys_on_a_phone_of_another_zone_too(chromium: Browser, district: District) -> None:
    refused: list[str] = []
    place = standing_at(30.0, 60.0)
    with visiting(chromium, district, viewport=PHONE, place=place, zone="America/New_York") as page:
        page.on("response", lambda answer: refused.append(answer.url) if answer.status == 401 else None)
        page.goto(f"{district.url}/report")
        take_photo(page, "拍照", 37)
        page.get_by_text("暴露垃圾").click()
        until_then = page.locator(".report-kept time")
        expect(until_then).to_have_text(in_the_city(until_then))
        page.get_by_role("button", name="提交").click()
        reported = page.locator(".becoming time").first
        expect(reported).to_have_text(in_the_city(reported))
    assert refused == []


def in_the_city(told: Locator) -> str:
    """How a moment is written by the district's clock."""
    at = datetime.fromisoformat(told.get_attribute("datetime") or "").astimezone(ZoneInfo("Asia/Shanghai"))
    return f"{at.month}/{at.day} {at:%H:%M}"


def test_a_number_that_is_none_is_told_beside_its_field_and_sends_nothing(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with visiting(chromium, district, viewport=PHONE, place=standing_at(30.0, 60.0)) as page:
        page.goto(f"{district.url}/report")
        take_photo(page, "拍照", 35)
        page.get_by_text("暴露垃圾").click()
        field = page.get_by_label("手机号")
        field.fill("12 34")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("alert")).to_contain_text("手机号有误")
        expect(field).to_be_focused()
        look(page, tmp_path, "report-wrong-number")
        field.fill("138-0000 0000")
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="已收到")).to_be_visible()


def test_where_there_is_no_such_report_it_is_said_where_to_look_and_nothing_to_try_again(
    chromium: Browser, district: District
) -> None:
    with visiting(chromium, district, language="en", viewport=PHONE) as page:
        page.goto(f"{district.url}/#/report/{'A' * 43}")
        expect(page.get_by_role("alert")).to_contain_text("Compare the address with the one that you kept")
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)


def test_an_address_that_may_not_be_copied_is_shown(chromium: Browser, district: District, tmp_path: Path) -> None:
    with visiting(chromium, district, viewport=PHONE, place=standing_at(30.0, 60.0)) as page:
        page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as on plain HTTP
        page.goto(f"{district.url}/report")
        take_photo(page, "拍照", 36)
        page.get_by_text("暴露垃圾").click()
        page.get_by_role("button", name="提交").click()
        page.get_by_role("button", name="复制地址").click()
        address = page.get_by_label("本页地址")
        expect(address).to_have_value(page.url)
        expect(address).to_be_focused()
        look(page, tmp_path, "follow-not-copied")


def test_a_report_can_be_made_with_the_keyboard_alone_and_in_english(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with visiting(chromium, district, language="en", viewport=PHONE, place=standing_at(30.0, 60.0)) as page:
        page.goto(f"{district.url}/#/report")
        take = page.get_by_role("button", name="Take a photo")
        take.focus()
        expect(take).to_be_focused()
        with page.expect_file_chooser() as chooser:
            take.press("Enter")
        chooser.value.set_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": street("litter", 32)})
        first = page.get_by_role("radio").first
        first.focus()
        page.keyboard.press("Space")
        expect(first).to_be_checked()
        send = page.get_by_role("button", name="Send")
        expect(send).to_be_enabled()
        send.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Received")).to_be_visible()
        look(page, tmp_path, "follow-en")


def test_an_inspectors_report_goes_to_a_crew(chromium: Browser, district: District, tmp_path: Path) -> None:
    here = standing_at(-30.0, 60.0)
    with signed_in(chromium, district, "bo", viewport=PHONE, touch=True, place=here) as page:
        expect(page.get_by_role("heading", name="上报问题")).to_be_visible()
        take_photo(page, "拍照", 33)
        page.get_by_text("暴露垃圾").click()
        page.get_by_role("button", name="提交").click()
        expect(page.get_by_role("heading", name="正在处理")).to_be_visible()
        look(page, tmp_path, "inspected")
