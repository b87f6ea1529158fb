"""The address of an object store is understood or refused in words, and keys stand in no message."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.errors import SetupError
from server.pictures.storeaddress import StoreAddress, read_keys


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://minio:9000/evidence", ("minio:9000", True, "evidence", "us-east-1", "https://minio:9000")),
        ("s3+http://127.0.0.1:8333/a-b", ("127.0.0.1:8333", False, "a-b", "us-east-1", "http://127.0.0.1:8333")),
        (
            "s3://minio/evidence?region=cn-north-1&public=https://p.example.org",
            ("minio", True, "evidence", "cn-north-1", "https://p.example.org"),
        ),
    ],
)
def test_an_address_says_where_the_store_is(text: str, expected: tuple[str, bool, str, str, str]) -> None:
    assert StoreAddress.parse(text) == StoreAddress(*expected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "minio:9000/evidence",
        "https://minio/evidence",
        "s3://minio",
        "s3:///evidence",
        "s3://minio/evidence/below",
        "s3://minio/Evidence",
        "s3://minio/../evidence",
        "s3://minio:port/evidence",
        "s3://minio/evidence?colour=red",
        "s3://minio/evidence?public=minio",
        "s3://minio/evidence?public=https://p.example.org/below",
    ],
)
def test_what_is_no_address_is_refused_with_the_form_of_one(text: str) -> None:
    with pytest.raises(SetupError, match=r"s3://HOST|https://pictures"):
        StoreAddress.parse(text)


def test_keys_in_an_address_are_refused_and_not_repeated() -> None:
    with pytest.raises(SetupError) as refused:
        StoreAddress.parse("s3://me:my-secret@minio/evidence")
    assert "my-secret" not in str(refused.value)


def test_keys_come_from_the_environment_or_a_file_and_are_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    with pytest.raises(SetupError, match="AWS_SHARED_CREDENTIALS_FILE"):
        read_keys()
    (tmp_path / "keys").write_text("[default]\naws_access_key_id = a\naws_secret_access_key = of-a-file\n", "utf-8")
    assert read_keys().secret == "of-a-file"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "b")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    assert read_keys().secret == "of-the-environment"
    assert "of-the-environment" not in repr(read_keys())
