"""Two models on the same pictures: figures, refusals, and a page on which nothing unredacted can stand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.errors import ModelError
from models.privacy import PrivacyStep
from pipeline.redact import DidNotRun
from tests.training.tiny_shop import LABELS, steward, write_model, write_photos
from training.compare.comparison import compare
from training.compare.disagree import draw, most_disputed
from training.compare.folder import classes_of, folder_exam
from training.compare.report import Run
from training.compare.sight import look, open_pair
from training.errors import TrainingError
from training.evaluate import Exam


def quiet(_: str) -> None:
    """Nobody listens."""


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> Exam:
    folder = write_photos(tmp_path_factory.mktemp("photos") / "cells", 20)
    return folder_exam(folder, dict(enumerate(LABELS)))


def run_of(tmp_path: Path, exam: Exam, blind: str = "") -> Run:
    pair = open_pair(write_model(tmp_path / "a", "1"), write_model(tmp_path / "b", "2", blind))
    seen = look(pair, [item.picture for item in exam.items], quiet)
    return Run(pair, (exam,), seen, compare(pair, [exam], seen, quiet, draws=50))


def test_a_model_compared_with_itself_differs_in_nothing_and_disputes_nothing(tmp_path: Path, exam: Exam) -> None:
    run = run_of(tmp_path, exam)
    assert [row.label for row in run.comparison.rows] == list(LABELS)
    for row in run.comparison.rows:
        assert (row.n_boxes, row.difference.value, row.champion) == (40, 0.0, row.challenger)
        assert row.champion.average_precision > 0.99
    assert most_disputed(run.pair, run.exams, run.seen) == []


def test_a_blind_label_loses_all_and_the_others_nothing(tmp_path: Path, exam: Exam) -> None:
    run = run_of(tmp_path, exam, blind="green")
    lost = {row.label: row.difference for row in run.comparison.rows}
    assert lost["green"].value < -0.98
    assert lost["green"].high < -0.98
    assert lost["red"].value == lost["blue"].value == 0.0
    assert {row.label: row.challenger.recall for row in run.comparison.rows}["green"] == 0.0


def test_the_models_are_timed_in_turn_on_cpu_time(tmp_path: Path, exam: Exam) -> None:
    latency = run_of(tmp_path, exam).comparison.latency
    assert (latency.n_pictures, latency.clock) == (20, "CPU time")
    assert latency.ratio.low <= latency.ratio.value <= latency.ratio.high


def test_the_most_disputed_picture_comes_first(tmp_path: Path, exam: Exam) -> None:
    run = run_of(tmp_path, exam, blind="green")
    cases = most_disputed(run.pair, run.exams, run.seen, most=5)
    assert len(cases) == 5
    assert cases == sorted(cases, key=lambda case: -case.disagreement)
    assert cases[0].disagreement == pytest.approx(2.0, abs=0.01)


class Blinded(PrivacyStep):
    """A privacy step whose model fails."""

    def __init__(self) -> None:
        self.name = "none"

    def find(self, image: object, seen: object = None) -> DidNotRun:
        return DidNotRun(str(ModelError("the model is broken")))


def test_a_picture_that_the_privacy_step_could_not_search_is_not_drawn(tmp_path: Path, exam: Exam) -> None:
    run = run_of(tmp_path, exam, blind="green")
    case = most_disputed(run.pair, run.exams, run.seen)[0]
    drawn = draw(run.pair, case, run.seen[case.item.picture], Blinded())
    assert (drawn.champion, drawn.challenger, drawn.hidden) == (b"", b"", "the model is broken")


def test_the_command_writes_a_page_that_needs_nothing_beside_it(tmp_path: Path) -> None:
    write_photos(tmp_path / "cells", 20)
    one, two = write_model(tmp_path / "a", "1"), write_model(tmp_path / "b", "2", blind="red")
    done = steward("compare", str(one), str(two), "--photos", "cells", "--out", "compared", home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "| cells | people | red | 40 | 0.5 |" in done.stdout
    page = (tmp_path / "compared" / "index.html").read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 24
    assert "http" not in page
    assert "现用模型与候选模型对比" in page
    figures = json.loads((tmp_path / "compared" / "comparison.json").read_text("utf-8"))
    assert [row["label"] for row in figures["rows"]] == list(LABELS)


def test_a_folder_whose_classes_nobody_explains_is_refused(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "cells", 1)
    (folder / "classes.txt").unlink()
    sources = tmp_path / "sources.toml"
    sources.write_text('[[source]]\nname = "x"\nfolder = "other"\ntitle = ""\nlicence = ""\n', "utf-8")
    with pytest.raises(TrainingError, match="--classes 0=litter"):
        classes_of(folder, "", sources, tmp_path)
    assert classes_of(folder, "0=red, 2=blue", sources, tmp_path) == {0: "red", 2: "blue"}
    with pytest.raises(TrainingError, match="NUMBER=LABEL"):
        classes_of(folder, "red", sources, tmp_path)


def test_a_known_source_explains_its_own_classes(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "cells", 1)
    (folder / "classes.txt").unlink()
    sources = tmp_path / "sources.toml"
    table = '[[source]]\nname = "x"\nfolder = "cells"\ntitle = ""\nlicence = ""\nclasses = { 0 = "red" }\n'
    sources.write_text(table, "utf-8")
    assert classes_of(folder, "", sources, tmp_path) == {0: "red"}


def test_a_limit_spreads_the_pictures_over_the_folder(exam: Exam) -> None:
    folder = exam.items[0].picture.parent.parent
    names = [item.name for item in folder_exam(folder, {0: "red"}, limit=4).items]
    assert names == ["cells_000", "cells_005", "cells_010", "cells_015"]


def test_a_classes_file_numbers_by_line_so_an_empty_line_shifts_nothing(tmp_path: Path) -> None:
    folder = write_photos(tmp_path / "cells", 1)
    (folder / "classes.txt").write_text("red\n\nblue\n", "utf-8")
    assert classes_of(folder, "", tmp_path / "none.toml", tmp_path) == {0: "red", 2: "blue"}
    (folder / "classes.txt").write_bytes("暴露垃圾\n".encode("gb18030"))
    with pytest.raises(TrainingError, match=r"classes\.txt, byte 0: not a text file in UTF-8"):
        classes_of(folder, "", tmp_path / "none.toml", tmp_path)


def test_a_card_outside_cards_is_refused_and_not_taken_for_its_namesake(tmp_path: Path) -> None:
    shipped = write_model(tmp_path / "store", "1")
    draft = tmp_path / "store" / "drafts" / shipped.name
    draft.parent.mkdir()
    draft.write_bytes(shipped.read_bytes())
    with pytest.raises(TrainingError, match=r"a card is a \.toml file in a folder `cards/`"):
        open_pair(shipped, draft)
