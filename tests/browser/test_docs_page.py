"""The interface's own page in a real browser: every operation, with examples, and nothing from another host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from server.setup.file import read_setup
from server.setup.founding import found
from tests.contract.test_server_process import Process
from tests.server.setupfile import write_setup
from tests.server.town import application
from tests.waiting import PATIENCE_S

pytestmark = pytest.mark.browser


def test_every_operation_is_shown_with_examples_and_no_other_host_is_asked(
    chromium: Browser, tmp_path: Path, root: Path
) -> None:
    found(tmp_path / "home", read_setup(write_setup(tmp_path)), 0, 0)
    server = Process(tmp_path / "home", root)
    try:
        page = chromium.new_page()
        asked, said = set[str](), list[str]()
        page.on("request", lambda request: asked.add(request.url.split("/")[2]))
        page.on("console", lambda message: said.append(message.text))
        page.set_default_timeout(PATIENCE_S * 1000)
        page.goto(f"{server.url}/api/docs")
        page.wait_for_selector("article")
        operations = [
            one["operationId"] for verbs in application().openapi()["paths"].values() for one in verbs.values()
        ]
        shown = page.locator("article").evaluate_all("all => all.map(one => one.id)")
        assert sorted(shown) == sorted(operations)
        example = json.loads(page.locator("#dispatch_case pre").first.inner_text())
        assert (example["category"], example["state"]) == ("litter", "dispatched")
        assert asked == {f"127.0.0.1:{server.port}"}
        assert said == []
    finally:
        assert server.end() == 0
