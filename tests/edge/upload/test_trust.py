"""A file of certificates that is none is said before anything is sent, to the worker and to the mechanic."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import DeviceTable, ServerTable
from edge.doctor import examine_server
from edge.errors import ConfigError
from edge.upload.sender import Door


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_a_file_without_certificates_is_bad_input(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    server = ServerTable(url="https://127.0.0.1:9", ca_file=file)
    with pytest.raises(ConfigError, match=r"ca\.pem: no certificates"):
        Door.of(server, DeviceTable(name="car-07", state_dir=tmp_path))
    found = examine_server(server)
    assert not found.good
    assert "server.ca_file" in found.said
