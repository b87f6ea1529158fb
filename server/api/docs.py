"""The interface's own page, rendered from openapi.json by a script of ours; nothing comes from another host."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse

router = APIRouter(include_in_schema=False)
PAGE = Path(__file__).parent / "page"


@router.get("/api/docs")
def docs_page() -> FileResponse:
    return FileResponse(PAGE / "docs.html", media_type="text/html")


@router.get("/api/docs.js")
def docs_script() -> FileResponse:
    return FileResponse(PAGE / "docs.js", media_type="text/javascript")


@router.get("/api/docs.css")
def docs_style() -> FileResponse:
    return FileResponse(PAGE / "docs.css", media_type="text/css")
