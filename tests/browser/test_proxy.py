"""Behind the proxy that docs/operations.md shows all of it works: signing in, live pages, photos, reports."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from server.guards import PICTURE
from tests.browser.district import LAT, LON, PASSWORD, PATROL, District, Foundation
from tests.browser.drawing import street
from tests.browser.person import PHONE, signed_in
from tests.browser.test_story import photograph
from tests.proxy import Proxy, nginx
from tests.waiting import PATIENCE_S

LITTER = PATROL[0]


@dataclass(frozen=True, slots=True)
class Proxied:
    """A running server and what stands before it."""

    district: District
    proxy: Proxy


@pytest.fixture(scope="module")
def program() -> str:
    found = nginx()
    if found is None:
        pytest.skip("nginx is not installed (Debian: apt install nginx)")
    return found


@pytest.fixture(scope="module")
def city(program: str, foundation: Foundation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    """One for all who only ask."""
    folder = tmp_path_factory.mktemp("proxied")
    with District(folder / "district", foundation) as district, Proxy(program, folder / "nginx", district.url) as proxy:
        yield Proxied(district, proxy)


@pytest.fixture
def client(city: Proxied) -> Iterator[httpx.Client]:
    """Somebody who trusts the proxy's certificate."""
    with httpx.Client(base_url=city.proxy.url, verify=city.proxy.trusting, timeout=PATIENCE_S) as client:
        yield client


@pytest.mark.browser
def test_a_page_behind_the_proxy_is_live_and_a_photo_comes_through(
    chromium: Browser, program: str, district: District, tmp_path: Path
) -> None:
    with Proxy(program, tmp_path / "nginx", district.url) as proxy:
        district.behind(proxy.url, proxy.trusting)
        with signed_in(chromium, district, "min") as page:
            [session] = page.context.cookies()
            assert session["secure"]
            expect(page.get_by_role("option")).to_have_count(0)
            district.patrol((LITTER,))
            expect(page.get_by_role("option").filter(has_text="暴露垃圾")).to_be_visible()
        with signed_in(chromium, district, "gang", viewport=PHONE, touch=True, place=(LAT, LON)) as page:
            page.get_by_role("link").filter(has_text="暴露垃圾").first.click()
            page.get_by_role("button", name="接单").click()
            photograph(page, street("litter", LITTER.seed, cleared=True))
            page.get_by_role("button", name="提交").click()
            expect(page.get_by_text("已反馈，等待核查")).to_be_visible()
        assert "[warn]" not in proxy.complaints, proxy.complaints  # as of a body that was put on the disk


def test_a_change_comes_through_while_the_stream_stays_open(client: httpx.Client, city: Proxied) -> None:
    signed = client.post("/api/session", json={"name": "min", "password": PASSWORD}).json()
    with client.stream("GET", "/api/events", headers={"Authorization": f"Bearer {signed['token']}"}) as stream:
        lines = stream.iter_lines()
        assert "event: hello" in lines
        city.district.patrol((LITTER,))
        assert "event: traverse" in lines


def test_who_comes_without_tls_is_sent_to_the_same_page_by_tls(city: Proxied) -> None:
    answer = httpx.get(f"{city.proxy.plain_url}/reports?a=1")
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://127.0.0.1/reports?a=1")


def test_wrong_sign_ins_count_for_who_asks_whatever_they_say_of_themselves(client: httpx.Client) -> None:
    def tries(number: int) -> int:
        body = {"name": "nobody", "password": PASSWORD}
        return client.post("/api/session", json=body, headers={"X-Forwarded-For": f"198.51.100.{number}"}).status_code

    assert [tries(number) for number in range(9)] == [401] * 8 + [429]


def test_the_largest_picture_comes_through_and_a_larger_one_does_not(client: httpx.Client, city: Proxied) -> None:
    def sent(size_bytes: int) -> httpx.Response:
        content = bytes(size_bytes)
        return client.put(f"/api/evidence/{hashlib.sha256(content).hexdigest()}", content=content)

    largest = sent(PICTURE.size_bytes)
    assert (largest.status_code, largest.json()["error"]["code"]) == (401, "device_token")
    assert sent(PICTURE.size_bytes + 1).status_code == 413
    assert "[warn]" not in city.proxy.complaints, city.proxy.complaints


def test_a_report_comes_through_and_its_address_is_written_down_nowhere(client: httpx.Client, city: Proxied) -> None:
    form = {"category": "litter", "lat": str(LAT), "lon": str(LON)}
    made = client.post("/api/reports", data=form, files={"file": ("a.jpg", street("litter", 1), "image/jpeg")})
    assert made.status_code == 201, made.text
    assert client.get(f"/api/reports/{made.json()['token']}").status_code == 200
    assert client.get("/healthz").headers["Strict-Transport-Security"]
    assert " /healthz " in city.proxy.access_log
    assert "/api/reports" not in city.proxy.access_log


def test_while_the_server_is_away_the_proxy_says_so(client: httpx.Client, city: Proxied) -> None:
    city.district.stops()
    assert client.get("/api/me").status_code == 502
    city.district.starts()
    assert client.get("/healthz").status_code == 200
