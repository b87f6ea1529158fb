"""`steward server associate` on small files: the two answers, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from server.association.cli import associate

APP = typer.Typer()
APP.command()(associate)


def rows() -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Two passes along a street 5 m apart in their fixes, one heap in each, seen twice; the second is sent twice."""
    frames, detections = [], []
    for trip in range(2):
        for step in range(20):
            lat, at = 22.3 + (step * 10 + 5 * trip) / 111_320.0, 1800.0 * trip + 2.0 * step
            frame = {
                "frame_id": f"f{trip}-{step}",
                "trav": f"t{trip}",
                "t": at,
                "arrival_t": at + 20,
                "lat": lat,
                "lon": 114.0,
            }
            frame |= {"heading": 0.0, "odo_m": 10.0 * step, "hacc": 4.0, "kind": "car", "vehicle": "car"}
            frames.append(frame)
            if step in (10, 11):
                away = 120.0 - 10.0 * step
                seen = {
                    "id": f"d{trip}-{step}",
                    "cls": "litter",
                    "score": 0.9,
                    "lat": lat + away / 111_320.0,
                    "lon": 114.0,
                }
                seen |= {"veh_lat": lat, "veh_lon": 114.0, "range_m": away, "bearing_deg": 0.0, "emb": [1.0, 0.0]}
                detections += [frame | seen] * (trip + 1)
    return frames, detections


def write(folder: Path, name: str, lines: list[dict[str, object]]) -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def run(frames: Path, detections: Path, out: Path, *more: str) -> tuple[int, str]:
    said = CliRunner().invoke(
        APP,
        ["--frames", str(frames), "--detections", str(detections), "--out", str(out), *more],
        catch_exceptions=False,
    )
    return said.exit_code, said.output


@pytest.mark.parametrize("method", ["joint", "simple"])
def test_two_passes_over_one_heap_make_one_issued_case(tmp_path: Path, method: str) -> None:
    frames, detections = rows()
    files = write(tmp_path, "f", frames), write(tmp_path, "d", detections)
    code, said = run(*files, tmp_path / "out", "--method", method)
    assert code == 0, said
    (case,) = [json.loads(line) for line in (tmp_path / "out" / "cases.jsonl").read_text().splitlines()]
    links = [json.loads(line) for line in (tmp_path / "out" / "assignments.jsonl").read_text().splitlines()]
    assert case["issued"] is True
    assert {link["id"] for link in links} == {"d0-10", "d0-11", "d1-10", "d1-11"}, "one line per distinct detection"
    assert {link["case_id"] for link in links} == {case["case_id"]}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda line: line[:-5], "line 2: not a JSON object"),
        (lambda line: line.replace('"trav"', '"trip"'), "line 2, field trav: Field required"),
        (lambda line: line.replace('"lat": ', '"lat": NaN, "said": '), "field lat: Input should be a finite number"),
        (lambda line: line.replace('"lat": ', '"lat": "22.3", "said": '), "field lat: Input should be a valid number"),
        (lambda line: line.replace('"t": ', '"t": 1e300, "said": '), "field t: Input should be less than or equal to"),
        (
            lambda line: line.replace('"trav": "t0"', '"trav": ["t0"]'),
            "line 2, field trav: Input should be a valid str",
        ),
        (lambda line: line.replace('"d0-11"', r'"\ud800"'), "line 2, field id: "),
        (
            lambda line: line.replace("[1.0, 0.0]", "[1.0, 0.0, 0.0]"),
            "has 3 numbers in emb, those before it in traverse t0 2",
        ),
        (lambda line: "[" * 99_999, "line 2: not a JSON object (maximum recursion depth"),
        (lambda line: line + " " * 1_100_000, "line 2: is longer than 1048576 bytes"),
        (lambda line: line.replace('"trav": "t0"', '"trav": "zz"'), "names traverse zz"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_written(tmp_path: Path, damage: object, says: str) -> None:
    frames, detections = rows()
    bad = write(tmp_path, "d", detections)
    lines = bad.read_text().splitlines()
    lines[1] = damage(lines[1])  # type: ignore[operator]
    bad.write_text("\n".join(lines) + "\n")
    code, said = run(write(tmp_path, "f", frames), bad, tmp_path / "out")
    assert code == 2
    assert says in said
    assert not (tmp_path / "out").exists()


def test_an_answer_that_cannot_take_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    frames, detections = rows()
    out = tmp_path / "answer"
    (out / "assignments.jsonl" / "a folder").mkdir(parents=True)
    code, _ = run(write(tmp_path, "frames.jsonl", frames), write(tmp_path, "detections.jsonl", detections), out)
    assert code == 2
    assert [path.name for path in out.iterdir()] == ["assignments.jsonl"]
