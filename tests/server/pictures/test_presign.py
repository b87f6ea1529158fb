"""Addresses are signed as AWS writes down that they are."""

from __future__ import annotations

from datetime import UTC, datetime

from server.pictures.presign import Keys, Place, presign


def test_the_published_example_comes_out_to_the_letter() -> None:
    """The query-string example of "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)"."""
    keys = Keys("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    place = Place("https://examplebucket.s3.amazonaws.com", "/test.txt", "us-east-1")
    address = presign("GET", place, {}, keys, datetime(2013, 5, 24, tzinfo=UTC), 86400)
    assert address == (
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
