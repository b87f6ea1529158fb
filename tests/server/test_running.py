"""What a process does before it answers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from tests.ports import free_port
from tests.server.nursery import Nursery
from tests.server.setupfile import PASSWORD
from tests.waiting import ask, until

COUNTED = """
import gc
from server.running import spare_what_stays
before = len(gc.get_objects())
spare_what_stays()
print(before, len(gc.get_objects()))
"""


def test_what_a_process_has_loaded_is_no_longer_looked_through_for_garbage(root: Path) -> None:
    told = subprocess.run([sys.executable, "-c", COUNTED], cwd=root, check=True, capture_output=True, text=True)
    before, after = map(int, told.stdout.split())
    assert before > 50_000
    assert after < before / 50


def test_behind_a_proxy_each_address_has_tries_of_its_own_and_the_cookie_is_for_tls(
    founded: Path, tmp_path: Path
) -> None:
    home, port = tmp_path / "home", free_port()
    shutil.copytree(founded, home)

    def sign_in(address: str, password: str) -> tuple[int, bool]:
        answer = ask(
            "POST",
            f"http://127.0.0.1:{port}/api/session",
            json={"name": "operator", "password": password},
            headers={"X-Forwarded-For": address, "X-Forwarded-Proto": "https"},
        )
        return answer.status_code, "; secure" in answer.headers.get("set-cookie", "").lower()

    def answers() -> bool:
        with suppress(httpx.TransportError):
            return ask("GET", f"http://127.0.0.1:{port}/healthz").is_success
        return False

    with Nursery(home, port) as nursery:
        nursery.start()
        until(answers)
        assert {sign_in("203.0.113.1", "wrong")[0] for _ in range(8)} == {401}
        assert sign_in("203.0.113.1", PASSWORD) == (429, False)
        assert sign_in("203.0.113.2", PASSWORD) == (201, True)
