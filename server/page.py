"""The built console, as files."""

from __future__ import annotations

import os
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

ASSETS: Final = "assets" + os.sep
FOR_GOOD: Final = "public, max-age=31536000, immutable"


class ConsoleFiles(StaticFiles):
    """The page and its assets. An asset's name tells its content, so a browser keeps it for good; where the build left
    a compressed one beside it (`.gz`), who can read that gets that."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if not path.startswith(ASSETS) or path.endswith(".gz"):
            return await super().get_response(path, scope)
        smaller = f"{path}.gz"
        reads = "gzip" in Headers(scope=scope).get("accept-encoding", "")
        packed = reads and self.lookup_path(smaller)[1] is not None
        answer = await super().get_response(smaller if packed else path, scope)
        if packed:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.headers["Cache-Control"] = FOR_GOOD
        return answer
