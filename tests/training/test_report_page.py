"""One command writes the page and the figures, from a real (tiny) model; the page needs nothing beside itself."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from typer.testing import CliRunner, Result

from tests.training.small_shop import write_privacy_shop, write_shop
from training.cli import app
from training.evaluate import Gap
from training.operating import Rule
from training.report.mistakes import Cause, Kind
from training.report.page import SECTIONS
from training.report.slices import By
from training.report.texts import read_texts

GOLDEN = Path(__file__).with_name("golden_report.json")
VOID = frozenset({"meta", "br", "input", "img"})


def evaluate(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(app, ["evaluate", *write_shop(folder), "--out", str(folder / "out"), *more])


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    result = evaluate(folder)
    assert result.exit_code == 0, result.output
    assert "left out renders_held_out" in result.output
    return folder / "out"


@pytest.fixture(scope="module")
def figures(written: Path) -> dict:
    return json.loads((written / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def page(written: Path) -> str:
    return (written / "report.html").read_text("utf-8")


def test_the_figures_are_those_that_were_checked_once(figures: dict) -> None:
    """The header and what was left out name digests and folders, which differ from run to run; all else must not."""
    steady = {key: value for key, value in figures.items() if key not in {"header", "left_out"}}
    assert steady == json.loads(GOLDEN.read_text("utf-8"))


def test_the_header_names_model_recipe_command_date_and_data(written: Path) -> None:
    header = json.loads((written / "report.json").read_text("utf-8"))["header"]
    assert (header["model"], header["recipe"], header["date"]) == ("small", "small", "2026-01-02")
    assert all(re.fullmatch("[0-9a-f]{64}", header[name]) for name in ("digest", "recipe_digest"))
    counted = {(one["name"], one["truth"]): (one["n_pictures"], dict(one["n_boxes"])) for one in header["data_sets"]}
    assert counted[("street_waste_val", "people")] == (12, {"litter": 9, "overflowing_bin": 1, "bin": 9})


def test_what_was_not_measured_is_named_and_not_dropped(figures: dict, page: str) -> None:
    gaps = {one["name"]: one["gap"] for one in figures["left_out"]}
    assert gaps == {
        "street_waste_val (teacher)": Gap.NOT_TAUGHT,
        "renders_held_out (renderer)": Gap.NO_RENDERS,
        "drive gone": Gap.NO_CLIP,
    }
    assert all(name in page for name in gaps)


class _Balance(HTMLParser):
    """Open elements, and what the page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.asks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.asks += [str(given[name]) for name in ("src", "href") if name in given]
        assert tag not in {"script", "iframe", "object", "link"}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_fetches_nothing_and_its_contents_lead_somewhere(page: str) -> None:
    parsed = _Balance()
    parsed.feed(page)
    assert parsed.open == []
    assert all(one.startswith(("#", "data:image/jpeg;base64,")) for one in parsed.asks)
    assert {one for one in parsed.asks if one.startswith("#")} == {f"#{section}" for section in SECTIONS}
    assert set(SECTIONS) <= parsed.ids
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_speaks_both_languages_and_shows_the_mistakes(page: str) -> None:
    assert page.count('lang="en"') >= page.count('lang="zh"') > 100
    assert "暴露垃圾" in page
    assert page.count("data:image/jpeg") == 5  # two false alarms, three misses


def test_of_a_privacy_model_nothing_is_shown_that_it_might_have_missed(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", *write_privacy_shop(tmp_path), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    told = json.loads((tmp_path / "out/report.json").read_text("utf-8"))
    assert {one["gap"] for one in told["left_out"]} == {Gap.NO_RENDERS, Gap.NOT_A_STREET_MODEL, Gap.NOT_TO_BE_SHOWN}
    whole = next(row for row in told["rows"] if (row["dataset"], row["label"]) == ("street_waste_val", "face"))
    assert (whole["truth"], whole["least_iou"], whole["n_boxes"]) == ("teacher", 0.2, 9)
    assert whole["averages"]["own"]["value"] == 1.0
    assert "data:image" not in (tmp_path / "out/report.html").read_text("utf-8")


def test_a_card_of_another_recipe_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    write_shop(tmp_path)
    other = tmp_path / "other.toml"
    text = (tmp_path / "small.toml").read_text("utf-8")
    other.write_text(text.replace('"person"]', '"cat"]'), "utf-8")
    result = evaluate(tmp_path, "--recipe", str(other))
    assert result.exit_code == 2
    assert "name the model's own recipe" in result.output
    assert not (tmp_path / "out").exists()


def test_every_text_stands_in_both_languages_with_the_same_blanks() -> None:
    texts = read_texts()
    for key, entry in texts.words.items():
        assert set(entry) == set(texts.languages), key
        blanks = [sorted(name for _, name, _, _ in Formatter().parse(text) if name) for text in entry.values()]
        assert blanks[0] == blanks[1], key


def test_everything_that_the_page_may_have_to_name_has_a_text() -> None:
    wanted = {f"rule_{one}" for one in Rule} | {f"cause_{one}" for one in Cause} | {f"gap_{one}" for one in Gap}
    wanted |= {f"by_{one}" for one in By} | {f"kind_{one}" for one in Kind} | set(SECTIONS)
    assert wanted <= set(read_texts().words)
