"""Whether the server lives."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Literal

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import text

from server.api.access import ContextOf
from server.api.shapes import Out

router = APIRouter(tags=["health"])


class Health(Out):
    status: Literal["ok"] = "ok"
    version: str = Field(examples=["0.1.0"])


def program_version() -> str:
    """The installed version; a checkout that was never installed is 'checkout'."""
    try:
        return version("citysteward")
    except PackageNotFoundError:
        return "checkout"


@router.get("/healthz")
def healthz(context: ContextOf) -> Health:
    """Answers when the database does."""
    with context.store.read() as session:
        session.execute(text("SELECT 1"))
    return Health(version=program_version())
