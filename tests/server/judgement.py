"""What people decide, in the town: sightings with pictures, and cases brought to an end."""

from __future__ import annotations

from typing import Any

from tests.server.town import MIN_NS, Town, picture

BOX = [0.25, 0.25, 0.75, 0.5]
MODEL = "a" * 64


def sighting(town: Town, seed: int, label: str | None = "litter", box: Any = BOX, **where: Any) -> dict[str, Any]:
    """An observation with one close view (`picture(seed)`) that is not uploaded yet."""
    told = {} if label is None else {"label": label}
    seen = town.seen(pictures=(picture(seed),), **{"category": "litter", **where}, **told)
    seen["model_digest"] = MODEL
    if box is not None:
        seen["evidence"][0]["box"] = box
    return seen


def report(town: Town, seed: int, stored: bool = True, **what: Any) -> str:
    """A sighting sent and its picture uploaded; the id of its case."""
    [link] = town.send(sighting(town, seed, **what))["links"]
    if stored:
        town.upload(picture(seed))
    return str(link["case_id"])


def fix(town: Town, case_id: str, seed: int) -> None:
    """Accepted, photographed and approved."""
    order = town.order_of(case_id)["id"]
    town.post(f"/api/work-orders/{order}/accept", "crew-a")
    town.clock.ns += MIN_NS
    town.after_photo(order, picture(seed))
    town.clock.ns += MIN_NS
    town.post(f"/api/work-orders/{order}/approve", "reviewer")


def dismiss(town: Town, case_id: str, finding: str | None = "not_a_problem") -> None:
    said = {} if finding is None else {"finding": finding}
    town.post(f"/api/cases/{case_id}/dismiss", "operator", reason="a shop's own sign", **said)
