"""A crew's photo that cannot be sent now waits on the phone and is neither lost nor sent twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.district import LAT, LON, PATROL, District
from tests.browser.drawing import street
from tests.browser.person import PHONE, faint_texts, look, sign_in, signed_in, wider_than_the_screen
from tests.browser.test_review import signed_in_as
from tests.waiting import until

pytestmark = pytest.mark.browser
LITTER = PATROL[0]
PHOTOS = "**/after-photo"
LAPTOP = {"width": 1366, "height": 768}
CLEARED = street("litter", LITTER.seed, cleared=True)
COUNT = """() => new Promise((told) => {
  const asked = indexedDB.open("steward");
  asked.onsuccess = () => {
    const counted = asked.result.transaction("unsent").objectStore("unsent").count();
    counted.onsuccess = () => { asked.result.close(); told(counted.result); };
  };
})"""
PLACED = """() => new Promise((told) => {
  const asked = indexedDB.open("steward");
  asked.onsuccess = () => {
    const all = asked.result.transaction("unsent").objectStore("unsent").getAll();
    all.onsuccess = () => { asked.result.close(); told(all.result.every((one) => one.place !== null)); };
  };
})"""
WORDS = {
    "zh-CN": ("接单", "拍照反馈", "提交", "暴露垃圾", "等待发送", "删除照片"),
    "en": ("Accept", "Photograph the result", "Send", "Exposed litter", "Waiting to be sent", "Delete the photo"),
}

AFTER = {"zh-CN": "处置后", "en": "After"}


@contextmanager
def accepted(
    chromium: Browser, district: District, language: str = "zh-CN", viewport: dict[str, int] | None = None
) -> Iterator[Page]:
    """Gang before a case that he has accepted."""
    district.patrol((LITTER,))
    accept, _, _, litter, *_ = WORDS[language]
    with signed_in(
        chromium,
        district,
        "gang",
        language=language,
        viewport=viewport or PHONE,
        touch=viewport is None,
        place=(LAT, LON),
        may_fail="/after-photo",
    ) as page:
        page.get_by_role("link").filter(has_text=litter).click()
        page.get_by_role("button", name=accept).click()
        yield page


@contextmanager
def at_the_bin(
    chromium: Browser, district: District, language: str = "zh-CN", viewport: dict[str, int] | None = None
) -> Iterator[Page]:
    """Gang before a case that he has accepted, with the photo of the result taken and not yet sent."""
    with accepted(chromium, district, language, viewport) as page:
        take(page, WORDS[language][1])
        expect(page.get_by_role("button", name=WORDS[language][2], exact=True)).to_be_visible()
        expect(page.get_by_role("img", name=AFTER[language])).to_be_in_viewport(ratio=0.95)
        yield page


def take(page: Page, button: str) -> None:
    with page.expect_file_chooser() as camera:
        page.get_by_role("button", name=button).click()
    camera.value.set_files({"name": "after.jpg", "mimeType": "image/jpeg", "buffer": CLEARED})


def send(page: Page, language: str = "zh-CN") -> None:
    page.get_by_role("button", name=WORDS[language][2], exact=True).click()


def waits(page: Page, language: str = "zh-CN") -> None:
    expect(page.get_by_role("heading", name=WORDS[language][4])).to_be_visible()
    assert page.evaluate(COUNT) == 1


def is_sent(page: Page, district: District) -> None:
    """The server has the photo once, and the phone has it no more."""
    expect(page.get_by_text("已反馈，等待核查")).to_be_visible()
    assert page.evaluate(COUNT) == 0
    assert len(the_order(district)["after"]) == 1


def the_order(district: District) -> Any:
    with signed_in_as(district, "gang") as gang:
        [order] = gang.get("/api/work-orders", params={"mine": True}).raise_for_status().json()["items"]
    return order


def answered(page: Page, status: int, code: str) -> list[str]:
    """From now on photos are answered so; the list grows with each that comes."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        body = {"error": {"code": code, "message": code, "where": None}}
        route.fulfill(status=status, content_type="application/json", body=json.dumps(body))

    page.route(PHOTOS, answer)
    return asked


@pytest.mark.parametrize(("language", "viewport"), [("zh-CN", None), ("en", LAPTOP)], ids=["phone", "laptop"])
def test_a_photo_taken_without_a_network_is_kept_and_sent_by_itself_when_there_is_one(
    chromium: Browser, district: District, tmp_path: Path, language: str, viewport: dict[str, int] | None
) -> None:
    with at_the_bin(chromium, district, language, viewport) as page:
        page.context.set_offline(True)
        send(page, language)
        waits(page, language)
        page.get_by_role("heading", name=WORDS[language][4]).scroll_into_view_if_needed()
        # Once the try is over: until then the button is off, and pale. A screenshot makes the page try again.
        expect(page.get_by_role("button", name=WORDS[language][5])).to_have_css("color", "rgb(198, 47, 54)")
        assert faint_texts(page) == []
        assert wider_than_the_screen(page) == []
        look(page, tmp_path, f"order-{language}")
        page.get_by_role("link").filter(has=page.get_by_role("button")).first.click()
        waits(page, language)
        expect(page.get_by_role("link").filter(has_text=f"{WORDS[language][3]} ·")).to_be_visible()
        look(page, tmp_path, f"list-{language}")
        assert wider_than_the_screen(page) == []
        page.context.set_offline(False)
        expect(page.locator(".unsent")).to_have_count(0)
        assert page.evaluate(COUNT) == 0
        order = the_order(district)
        assert (order["state"], len(order["after"])) == ("fed_back", 1)
        assert order["after"][0]["distance_m"] is not None


def test_a_photo_outlives_a_reload_and_a_session_that_ends(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        page.route(PHOTOS, lambda route: route.abort())
        send(page)
        waits(page)
        page.reload()
        waits(page)
        page.context.clear_cookies()
        page.unroute(PHOTOS)
        # Whatever asks first is told that the session has ended: this, if nothing did before.
        page.evaluate("() => dispatchEvent(new Event('online'))")
        expect(page.get_by_text("这部手机上有 1 张照片等待发送")).to_be_visible()
        look(page, tmp_path, "sign-in")
        assert page.evaluate(COUNT) == 1
        sign_in(page, "gang")
        is_sent(page, district)


def test_a_photo_that_was_taken_and_not_sent_off_is_there_after_a_reload_and_waits_for_its_person(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        until(lambda: page.evaluate(PLACED))
        page.reload()
        expect(page.get_by_role("img", name="处置后")).to_be_visible()
        take(page, "重拍")
        until(lambda: page.evaluate(COUNT) == 1 and page.evaluate(PLACED))
        page.reload()
        expect(page.get_by_role("button", name="提交", exact=True)).to_be_visible()
        look(page, tmp_path, "draft")
        page.get_by_role("link").filter(has=page.get_by_role("button")).first.click()
        expect(page.get_by_role("heading", name="已拍摄，尚未提交")).to_be_visible()
        look(page, tmp_path, "draft-list")
        assert the_order(district)["after"] == []
        page.get_by_role("link").filter(has_text="暴露垃圾 ·").click()
        send(page)
        is_sent(page, district)
        assert the_order(district)["after"][0]["distance_m"] is not None


def test_photos_of_who_never_signs_in_again_are_deleted_at_the_sign_in_page_after_a_question(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_text("这部手机上有 1 张照片等待发送")).to_be_visible()
        assert faint_texts(page) == []
        page.get_by_role("button", name="全部删除").click()
        look(page, tmp_path, "drop-all")
        page.get_by_role("dialog").get_by_role("button", name="取消").click()
        assert page.evaluate(COUNT) == 1
        page.get_by_role("button", name="全部删除").click()
        page.get_by_role("dialog").get_by_role("button", name="全部删除").click()
        expect(page.get_by_text("张照片等待发送")).to_have_count(0)
        assert page.evaluate(COUNT) == 0


@pytest.mark.parametrize("lost", ["the answer", "the answer, and the work was sent back meanwhile"])
def test_a_photo_whose_answer_was_lost_is_sent_again_and_counts_once(
    chromium: Browser, district: District, lost: str
) -> None:
    with at_the_bin(chromium, district) as page:
        taken: list[int] = []

        def lose(route: Route) -> None:
            taken.append(route.fetch().status)
            route.abort()

        page.route(PHOTOS, lose, times=1)
        page.route("**/api/events", lambda route: route.abort())
        send(page)
        waits(page)
        assert taken == [201]
        if lost == "the answer":
            page.get_by_role("button", name="现在发送").click()
            is_sent(page, district)
            return
        with signed_in_as(district, "jie") as jie:
            path = f"/api/work-orders/{the_order(district)['id']}/send-back"
            jie.post(path, json={"reason": "half of it still lies there"}).raise_for_status()
        page.get_by_role("button", name="现在发送").click()
        expect(page.get_by_text("被退回：half of it still lies there")).to_be_visible()
        expect(page.get_by_role("button", name="拍照反馈")).to_be_visible()
        assert page.evaluate(COUNT) == 0


def test_a_failing_server_keeps_it_waiting_and_a_refusal_is_told_and_left_to_the_person(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        failed = answered(page, 500, "internal")
        send(page)
        waits(page)
        assert len(failed) == 1
        page.unroute(PHOTOS)
        refused = answered(page, 409, "picture_used")
        page.get_by_role("button", name="现在发送").click()
        expect(page.get_by_role("heading", name="服务器没有接收")).to_be_visible()
        expect(page.get_by_text("这张照片用过了，请重新拍摄")).to_be_visible()
        look(page, tmp_path, "refused")
        page.reload()
        expect(page.get_by_text("这张照片用过了，请重新拍摄")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert (len(refused), page.evaluate(COUNT)) == (1, 1)

        page.get_by_role("button", name="删除照片").click()
        page.get_by_role("dialog").get_by_role("button", name="取消").click()
        assert page.evaluate(COUNT) == 1
        page.get_by_role("button", name="删除照片").click()
        look(page, tmp_path, "drop")
        page.get_by_role("dialog").get_by_role("button", name="删除照片").click()
        expect(page.get_by_role("button", name="拍照反馈")).to_be_visible()
        assert page.evaluate(COUNT) == 0


def test_a_phone_that_is_full_says_so_and_the_page_keeps_the_photo(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with accepted(chromium, district) as page:
        storage = page.context.new_cdp_session(page)
        storage.send("Storage.overrideQuotaForOrigin", {"origin": district.url, "quotaSize": 1000})
        take(page, WORDS["zh-CN"][1])
        expect(page.get_by_text("手机存不下这张照片")).to_be_visible()
        page.context.set_offline(True)
        send(page)
        expect(page.get_by_text("连不上服务器，请检查网络后重试")).to_be_visible()
        expect(page.get_by_text("手机存不下这张照片")).to_be_visible()
        page.get_by_text("手机存不下这张照片").scroll_into_view_if_needed()
        look(page, tmp_path, "full")
        expect(page.get_by_role("img", name="处置后")).to_be_visible()
        assert page.evaluate(COUNT) == 0
        page.context.set_offline(False)
        send(page)
        is_sent(page, district)


def test_signing_out_asks_what_becomes_of_it_and_nobody_else_sees_or_sends_it(
    chromium: Browser, district: District, tmp_path: Path
) -> None:
    with at_the_bin(chromium, district) as page:
        page.route(PHOTOS, lambda route: route.abort())
        send(page)
        waits(page)
        out = page.get_by_role("button", name="退出登录", exact=True)
        out.click()
        look(page, tmp_path, "sign-out")
        page.get_by_role("button", name="不退出").click()
        waits(page)
        out.click()
        page.get_by_role("button", name="保留并退出").click()
        expect(page.get_by_text("这部手机上有 1 张照片等待发送")).to_be_visible()

        page.unroute(PHOTOS)
        asked = answered(page, 500, "internal")
        sign_in(page, "na")
        page.wait_for_load_state("networkidle")
        expect(page.get_by_role("heading", name="等待发送")).to_have_count(0)
        assert (asked, page.evaluate(COUNT)) == ([], 1)
        out.click()
        sign_in(page, "gang")
        waits(page)
        out.click()
        page.get_by_role("button", name="删除并退出").click()
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
        expect(page.get_by_text("张照片等待发送")).to_have_count(0)
        assert page.evaluate(COUNT) == 0
