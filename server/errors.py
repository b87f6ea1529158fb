"""The server room's exceptions.

ServerError
├── SetupError      a setup, a grid file or a home is wrong; the command line prints it and ends with exit code 2
├── Damaged         the database is damaged; the command line prints it and ends with exit code 2, the app answers 503
└── ApiError        a request that cannot be answered as asked; the app turns it into {"error": {code, message, where}}
    ├── Unauthenticated 401, Forbidden 403, NotFound 404, Conflict 409, Gone 410, TooLarge 413, Invalid 422, TooMany 429
    └── Unavailable 503
"""

from __future__ import annotations


class ServerError(Exception):
    """Something the caller can mend; the message says what is wrong, where, and what to do."""


class SetupError(ServerError):
    """A setup that cannot be used. Nothing was written."""


class Damaged(ServerError):
    """The database cannot be read where something is asked of it. Nothing was written. why: without any value of it."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"the database is damaged: {why}. Put its newest backup in its place, and look at the disk it lies on"
        )


class ApiError(ServerError):
    """One refused request. `where` names the field, header or id that is wrong, as a path."""

    status = 400

    def __init__(self, code: str, message: str, where: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where
        self.retry_after_s = retry_after_s


class Unauthenticated(ApiError):
    status = 401


class Forbidden(ApiError):
    status = 403


class NotFound(ApiError):
    status = 404


class Conflict(ApiError):
    status = 409


class Gone(ApiError):
    status = 410


class TooLarge(ApiError):
    status = 413


class Invalid(ApiError):
    status = 422


class TooMany(ApiError):
    status = 429


class Unavailable(ApiError):
    status = 503
