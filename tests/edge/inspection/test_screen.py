"""What a terminal shows of a pass."""

from __future__ import annotations

import pytest

from edge.inspection.screen import plain, tell_summary
from models.shipped import read_taxonomy


def test_names_stand_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    summary = {
        "source": "[front].mp4",
        "out": "found[/old]",
        "frames": {"seen": 0, "analysed": 0, "skipped": {}, "quarantined": {}},
        "observations": {"total": 0, "located": 0, "unlocated": 0, "by_category": {"litter": 2}},
        "tracks_rejected": {},
        "seconds": 1.0,
        "fps": 25.0,
        "pictures": {"kept": 0},
        "numbers": {},
        "shifts": [],
        "notes": ["no [telemetry]"],
    }
    tell_summary(plain(), summary, read_taxonomy())
    shown = capsys.readouterr().out
    assert "[front].mp4 → found[/old]" in shown
    assert "note: no [telemetry]" in shown
