"""A real Chromium, and a district to look at; a fresh page a person."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.district import District, Foundation, found_district
from tests.waiting import PATIENCE_S

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# WebGL without a graphics card; a sandbox of its own is refused to root; the tests' proxy signs for itself.
WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
ARGUMENTS = [*WEBGL, "--no-sandbox", "--ignore-certificate-errors"]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_S * 1000)
    executable = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def foundation(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Foundation:
    if not (root / "server" / "console" / "dist" / "index.html").is_file():
        pytest.skip("the console is not built: run `make console` first")
    return found_district(tmp_path_factory.mktemp("district"))


@pytest.fixture
def district(foundation: Foundation, tmp_path: Path) -> Iterator[District]:
    with District(tmp_path / "district", foundation) as here:
        yield here
