"""Reports of people: citizens without signing in, inspectors with it; and what became of a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, File, Form, Path, Response, UploadFile
from fastapi.responses import RedirectResponse
from pydantic import Field

from server.access.tries import Source, count_try
from server.api.access import ContextOf, Inspector, Origin
from server.api.places import FeatureCollection, grids_of
from server.api.shapes import AT, LATER, Out, at, errors, maybe_at, whole_place
from server.cases.lifecycle import CloseReason
from server.citizens.following import Becoming, Followed
from server.citizens.notices import Language
from server.citizens.telling import PHOTO_LIMIT, Claimed, Told, followed, say_not_fixed, tell
from server.citizens.whereabouts import WORST_M, Datum, by_phone, by_pin, on_wgs84
from server.context import Context
from server.errors import Invalid, TooMany

router = APIRouter(tags=["reports"])

EXAMPLE = "pZ7nC2b0m8o3V1y5uKx9QdLr4eHsTtWfGjAiRkYvE6M"

SHAPE: Final = r"^[A-Za-z0-9_-]{43}$"
TokenPath = Annotated[str, Path(pattern=SHAPE, description="of POST /api/reports", examples=[EXAMPLE])]


class ReportOut(Out):
    """What became of a report. `closed` is not `fixed`: `close_reason` says how its case ended."""

    becoming: Becoming = Field(examples=["in_hand"])
    category: str = Field(examples=["litter"])
    reported_at: datetime = Field(examples=[AT])
    case_number: int | None = Field(examples=[117])
    joined: bool = Field(description="the case was there before: others have told of it too", examples=[True])
    others: int = Field(description="other sightings of the same problem", examples=[3])
    closed_at: datetime | None = Field(examples=[LATER])
    close_reason: CloseReason | None = Field(examples=[None])
    not_taken: str | None = Field(description="why no case came of it", examples=[None])
    may_say_not_fixed: bool = Field(examples=[False])


class ReportedOut(ReportOut):
    token: str = Field(description="to ask what became of it; shown this once", examples=[EXAMPLE])


class ReportCategory(Out):
    key: str = Field(examples=["litter"])
    zh: str = Field(examples=["暴露垃圾"])
    en: str = Field(examples=["exposed litter"])


class ReportCategories(Out):
    time_zone: str = Field(description="the city's: pages write times in it", examples=["Asia/Shanghai"])
    items: list[ReportCategory]


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a report as they were sent."""

    file: UploadFile
    category: str
    place: tuple[float, float] | None
    accuracy_m: float | None
    datum: Datum
    phone: str | None
    language: Language
    token: str | None


def sent(
    file: Annotated[UploadFile, File(description=f"JPEG, PNG or WebP, at most {PHOTO_LIMIT // 1_000_000} MB")],
    category: Annotated[str, Form(min_length=1, max_length=64, description="key of GET /api/reports/categories")],
    lat: Annotated[float | None, Form(ge=-90, le=90, description="of the pin or the phone; else EXIF tells")] = None,
    lon: Annotated[float | None, Form(ge=-180, le=180)] = None,
    accuracy_m: Annotated[float | None, Form(ge=0, le=1e5, description="as the phone tells it; a pin has none")] = None,
    datum: Annotated[Datum, Form(description="what lat and lon refer to")] = Datum.WGS84,
    phone: Annotated[
        str | None, Form(pattern=r"^\+?[0-9]{5,15}$", description="for one message when it is really fixed")
    ] = None,
    language: Annotated[Language, Form(description="of that message")] = "zh-CN",
    token: Annotated[
        str | None,
        Form(
            pattern=SHAPE,
            description="256 random bits in base64url, made where the report is: sent again under it, it counts once",
        ),
    ] = None,
) -> Sent:
    """A dependency: what both kinds of report consist of."""
    return Sent(file, category, whole_place(lat, lon), accuracy_m, datum, phone, language, token)


SentOf = Annotated[Sent, Depends(sent)]


@router.get("/report", include_in_schema=False)
def report_page() -> RedirectResponse:
    """A short address for the page; the console's own lies behind the hash, where no log sees a token."""
    return RedirectResponse("/#/report")


@router.get("/api/reports/categories")
def list_report_categories(context: ContextOf) -> ReportCategories:
    """What can be reported, and by which clock."""
    city = context.city
    items = [ReportCategory(key=one.key, zh=one.zh, en=one.en) for one in city.taxonomy.categories.values()]
    return ReportCategories(time_zone=city.zone.key, items=items)


@router.get("/api/reports/grids")
def list_report_grids(response: Response, context: ContextOf) -> FeatureCollection:
    """The city's grids, to point out a place on; properties: name_zh, name_en."""
    response.headers["Cache-Control"] = "public, max-age=600"
    with context.store.read() as session:
        return grids_of(session, context.now_ns())


@router.post("/api/reports", status_code=201, responses=errors(409, 413, 422, 429, 503))
def report(form: SentOf, origin: Origin, context: ContextOf) -> ReportedOut:
    """A citizen's report: no login, no name. Faces and plates are filled before anything is stored; where that cannot
    be done, nothing is."""
    _count_try(origin, context)
    return _reported(tell(context, _claimed(form)))


@router.post("/api/inspections", status_code=201, responses=errors(401, 403, 409, 413, 422, 503))
def report_as_inspector(form: SentOf, person: Inspector, context: ContextOf) -> ReportedOut:
    """An inspector's report: goes to a crew at once."""
    return _reported(tell(context, _claimed(form), person))


@router.get("/api/reports/{token}", responses=errors(404, 422))
def get_report(token: TokenPath, context: ContextOf) -> ReportOut:
    """What became of it."""
    return ReportOut(**_told(followed(context, token)))


@router.post("/api/reports/{token}/not-fixed", responses=errors(404, 409, 422))
def report_not_fixed(token: TokenPath, context: ContextOf) -> ReportOut:
    """It was said to be done and is not. Before the review that is evidence, afterwards it is a new case."""
    return ReportOut(**_told(say_not_fixed(context, token)))


def _count_try(origin: str, context: Context) -> None:
    """Eight tries in five minutes from an address, whether they were taken or not: each costs a search for faces."""
    wait = count_try(context.store, (Source(f"report:{origin}"),), context.now_ns())
    if wait is not None:
        raise TooMany("too_many_reports", f"too many reports from here; wait {wait.seconds} s", None, wait.seconds)


def _claimed(form: Sent) -> Claimed:
    """Raises Invalid where the phone does not know where it is."""
    place = None if form.place is None else on_wgs84(*form.place, form.datum)
    if place is not None and form.accuracy_m is not None and form.accuracy_m > WORST_M:
        words = f"the phone knows its place to {form.accuracy_m:.0f} m only; set a pin"
        raise Invalid("place_unsure", words, "body.accuracy_m")
    whereabouts = None
    if place is not None:
        whereabouts = by_pin(*place) if form.accuracy_m is None else by_phone(*place, form.accuracy_m)
    content = form.file.file.read(PHOTO_LIMIT + 1)
    return Claimed(form.category, whereabouts, content, form.phone, form.language, form.token)


def _reported(told: Told) -> ReportedOut:
    return ReportedOut(token=told.token, **_told(told.followed))


def _told(one: Followed) -> dict[str, Any]:
    return {
        "becoming": one.becoming,
        "category": one.category,
        "reported_at": at(one.made_ns),
        "case_number": one.case_number,
        "joined": one.joined,
        "others": one.others,
        "closed_at": maybe_at(one.closed_ns),
        "close_reason": one.closed_as,
        "not_taken": one.why,
        "may_say_not_fixed": one.not_fixed,
    }
