"""A crew's phone opens the page, and knows what is to be done, where there is no network."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.district import LAT, LON, PATROL, District
from tests.browser.person import PHONE, faint_texts, signed_in, wider_than_the_screen
from tests.browser.test_unsent import COUNT, WORDS, take, waits
from tests.waiting import until

pytestmark = pytest.mark.browser
KEPT = """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(
  async (name) => [name.split("-")[0], (await (await caches.open(name)).keys()).map(({ url }) => url)])))"""
CONTROLLED = "() => navigator.serviceWorker.controller?.state === 'activated'"
AT_HAND = "() => caches.has('at-hand')"
AS_OF = {"zh-CN": "连不上服务器，以下内容截至", "en": "The server cannot be reached. This is of"}


def is_kept(page: Page) -> None:
    """The phone has the page and the list of work; the next reload may be anywhere."""
    until(lambda: page.evaluate(CONTROLLED) and page.evaluate(AT_HAND))


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_crew_without_a_network_reloads_finds_its_orders_and_its_photo_is_sent_later(
    chromium: Browser, district: District, tmp_path: Path, language: str
) -> None:
    district.patrol(PATROL[:1] + PATROL[4:5])
    accept, photograph, send, litter, *_ = WORDS[language]
    with signed_in(
        chromium, district, "gang", language=language, viewport=PHONE, touch=True, place=(LAT, LON), offline_too=True
    ) as page:
        order = page.get_by_role("link").filter(has_text=litter)
        order.click()
        page.get_by_role("button", name=accept).click()
        expect(page.get_by_role("button", name=photograph)).to_be_visible()
        is_kept(page)
        kept = page.evaluate(KEPT)
        assert [len(kept), len(kept["at"])] == [2, 1]
        assert not [url for url in kept["console"] if "/api/" in url]

        district.stops()
        page.goto(f"{district.url}/#/work")
        page.reload()
        expect(order).to_be_visible()
        expect(page.get_by_text(AS_OF[language])).to_be_visible()
        assert faint_texts(page) == []
        assert wider_than_the_screen(page) == []
        page.screenshot(path=tmp_path / f"list-{language}.png")
        order.click()
        expect(page.get_by_text(AS_OF[language])).to_be_visible()
        take(page, photograph)
        expect(page.get_by_role("button", name=send, exact=True)).to_be_visible()
        page.screenshot(path=tmp_path / f"order-{language}.png", full_page=True)
        page.get_by_role("button", name=send, exact=True).click()
        waits(page, language)

        district.starts()
        page.reload()
        expect(page.get_by_text(AS_OF[language])).to_have_count(0)
        until(lambda: page.evaluate(COUNT) == 0)
        expect(page.locator(".unsent")).to_have_count(0)


def test_who_signs_out_leaves_no_order_on_the_phone(chromium: Browser, district: District, tmp_path: Path) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "gang", viewport=PHONE, touch=True, offline_too=True) as page:
        is_kept(page)
        page.get_by_role("button", name="退出登录").click()
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
        assert list(page.evaluate(KEPT)) == ["console"]
        district.stops()
        page.reload()
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()


def test_what_is_at_hand_goes_with_a_session_that_has_ended(chromium: Browser, district: District) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "gang", viewport=PHONE, touch=True, offline_too=True) as page:
        is_kept(page)
        page.context.clear_cookies()
        page.reload()
        expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
        until(lambda: not page.evaluate(AT_HAND))


def test_a_desk_keeps_nothing(chromium: Browser, district: District) -> None:
    district.patrol(PATROL[:1])
    with signed_in(chromium, district, "min", offline_too=True) as page:
        expect(page.get_by_role("option")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        assert page.evaluate(KEPT) == {}


class _Files(SimpleHTTPRequestHandler):
    """A server of built files that can fail, and that can keep whoever asks waiting."""

    failing = False
    answers = threading.Event()

    def do_GET(self) -> None:
        type(self).answers.wait()
        if type(self).failing:
            self.send_error(502)
        else:
            super().do_GET()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def built(root: Path, tmp_path: Path, foundation: object) -> Iterator[tuple[Path, ThreadingHTTPServer]]:
    """A copy of the built console, and a server of it; `foundation` has seen to it that the console is built."""
    folder = tmp_path / "dist"
    shutil.copytree(root / "server" / "console" / "dist", folder)
    _Files.failing = False
    _Files.answers.set()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield folder, server
        _Files.answers.set()
        server.shutdown()
        serving.join()


def test_a_new_version_is_seen_at_once_takes_over_whole_and_opens_without_an_answer(
    chromium: Browser, built: tuple[Path, ThreadingHTTPServer]
) -> None:
    folder, server = built
    context = chromium.new_context(service_workers="allow")
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{server.server_port}/")
    page.evaluate("() => void navigator.serviceWorker.register('./worker.js')")
    until(lambda: page.evaluate(CONTROLLED))
    [first] = page.evaluate("() => caches.keys()")

    html, worker = (folder / "index.html").read_text("utf-8"), (folder / "worker.js").read_text("utf-8")
    assert f'VERSION = "{first.removeprefix("console-")}"' in worker
    (folder / "index.html").write_text(html.replace("<html", "<html data-version=2"), "utf-8")
    (folder / "worker.js").write_text(re.sub(r'VERSION = "\w+"', 'VERSION = "2"', worker), "utf-8")
    page.reload()
    second = page.locator("html[data-version='2']")
    expect(second).to_be_attached()
    until(lambda: page.evaluate("() => caches.keys()") == ["console-2"])

    _Files.failing = True
    page.reload()
    expect(second).to_be_attached()
    _Files.failing = False
    _Files.answers.clear()
    page.reload()
    expect(second).to_be_attached()
    context.close()
