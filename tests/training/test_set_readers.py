"""Every format gives the same boxes, and refuses what is malformed or hostile, naming file and field."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.photos import coco_file, write_picture, yolo_source
from training.dataset.readers.formats import read
from training.dataset.reading import MAX_BOXES, Fault, Marked, Reading, settle
from training.errors import TrainingError
from training.sources import Box, Source, SourceFormat

WANTED = Box("litter", 0.25, 0.25, 0.5, 0.75)
"""Pixels 20 to 40 and 15 to 45 of 80 x 60."""


def _source(kind: SourceFormat) -> Source:
    names = {} if kind == "yolo" else {"litter": "litter"}
    return Source("s", "s", "t", "l", "", {0: "litter"} if kind == "yolo" else {}, format=kind, names=names)


def _read(folder: Path, kind: SourceFormat) -> list[Reading]:
    return read(_source(kind), folder)


def _voc(folder: Path, text: str, name: str = "a") -> Path:
    path = folder / "s" / "Annotations" / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def _voc_text(filename: str = "a.png", xmin: str = "21", more: str = "") -> str:
    return (
        f"<annotation><filename>{filename}</filename><size><width>80</width><height>60</height></size><object>"
        f"<name>litter</name><bndbox><xmin>{xmin}</xmin><ymin>16</ymin><xmax>40</xmax><ymax>45</ymax></bndbox></object>"
        f"{more}</annotation>"
    )


def _cvat(folder: Path, shapes: str, name: str = "a.png", head: str = "") -> Path:
    path = folder / "s" / "annotations.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'{head}<annotations><image id="0" name="{name}" width="80" height="60">{shapes}</image></annotations>', "utf-8"
    )
    return path


CVAT_BOX = '<box label="litter" xtl="20" ytl="15" xbr="40" ybr="45"/>'


def _written(folder: Path, kind: SourceFormat) -> None:
    if kind == "yolo":
        yolo_source(folder / "s", ["a"], line="0 0.375 0.5 0.25 0.5\n")
    elif kind == "coco":
        coco_file(folder / "s", [{"file_name": "a.png"}], [(0, [20, 15, 20, 30])])
    elif kind == "verdicts":
        said = {"case_id": "c", "verdict": "confirmed", "place": "8a2a1072b59ffff", "day": "2026-03-01"}
        coco_file(folder / "s", [{"file_name": "a.png", "steward": said}], [(0, [20, 15, 20, 30])])
    elif kind == "voc":
        _voc(folder, _voc_text())
    else:
        _cvat(folder, CVAT_BOX)
    write_picture(folder / "s" / ("JPEGImages" if kind == "voc" else "images") / "a.png", 0)


@pytest.mark.parametrize("kind", ["yolo", "coco", "voc", "cvat", "verdicts"])
def test_every_format_gives_the_same_box(tmp_path: Path, kind: SourceFormat) -> None:
    _written(tmp_path, kind)
    (reading,) = _read(tmp_path, kind)
    assert reading.boxes == (WANTED,)
    assert reading.faults == ()
    assert reading.photo.picture.is_file()


def test_a_turned_cvat_box_becomes_the_box_around_it_and_a_polygon_its_own(tmp_path: Path) -> None:
    turned = '<box label="litter" xtl="20" ytl="20" xbr="60" ybr="40" rotation="90"/>'
    polygon = '<polygon label="litter" points="20,15;40,15;30,45"/>'
    _cvat(tmp_path, turned + polygon + '<points label="litter" points="3,3"/>')
    (reading,) = _read(tmp_path, "cvat")
    assert [round(edge, 6) for box in reading.boxes for edge in (box.x1, box.y1, box.x2, box.y2)] == [
        0.375, round(10 / 60, 6), 0.625, round(50 / 60, 6), 0.25, 0.25, 0.5, 0.75,
    ]  # fmt: skip
    assert reading.faults == (Fault.SHAPE_NOT_READ,)


def test_a_subset_folder_of_cvat_is_found(tmp_path: Path) -> None:
    path = _cvat(tmp_path, CVAT_BOX)
    path.write_text(path.read_text("utf-8").replace('id="0"', 'id="0" subset="Train"'), "utf-8")
    write_picture(tmp_path / "s/images/Train/a.png", 0)
    assert _read(tmp_path, "cvat")[0].photo.picture.is_file()


@pytest.mark.parametrize(
    ("verdict", "box", "left_out", "negative"),
    [
        ("confirmed", [20, 15, 20, 30], None, False),
        ("confirmed", None, Fault.CONFIRMED_WITHOUT_BOX, False),
        ("confirmed", [20, 15, 0, 30], Fault.CONFIRMED_WITHOUT_BOX, False),
        ("dismissed", None, None, True),
        ("dismissed", [20, 15, 20, 30], Fault.DISMISSED_WITH_BOX, False),
    ],
)
def test_what_a_verdict_makes_of_a_picture(
    tmp_path: Path, verdict: str, box: list[float] | None, left_out: Fault | None, negative: bool
) -> None:
    said = {"case_id": "c", "verdict": verdict, "place": "8a2a1072b59ffff", "day": "2026-03-01"}
    coco_file(tmp_path / "s", [{"file_name": "a.png", "steward": said}], [(0, box)] if box else [])
    (reading,) = _read(tmp_path, "verdicts")
    assert (reading.left_out, reading.hard_negative) == (left_out, negative)
    assert (reading.photo.place, reading.photo.day) == ("8a2a1072b59ffff", "2026-03-01")


@pytest.mark.parametrize(("label", "left_out"), [("litter", None), ("bin", Fault.CLASS_NOT_MAPPED)])
def test_a_dismissed_picture_says_nothing_about_other_labels(
    tmp_path: Path, label: str, left_out: Fault | None
) -> None:
    said = {"case_id": "c", "verdict": "dismissed", "label": label, "place": "8a2a1072b59ffff", "day": "2026-03-01"}
    coco_file(tmp_path / "s", [{"file_name": "a.png", "steward": said}], [])
    assert _read(tmp_path, "verdicts")[0].left_out == left_out


def test_an_export_without_place_is_refused(tmp_path: Path) -> None:
    coco_file(tmp_path / "s", [{"file_name": "a.png", "steward": {"verdict": "dismissed"}}], [])
    with pytest.raises(TrainingError, match=r"'a.png', field steward.place: it is absent"):
        _read(tmp_path, "verdicts")


@pytest.mark.parametrize("name", ["../../secret.png", "/etc/passwd", "a/../../../x.png", "..", "a\0b.png"])
@pytest.mark.parametrize("kind", ["coco", "voc", "cvat"])
def test_a_name_that_leads_out_of_the_source_is_refused(tmp_path: Path, kind: SourceFormat, name: str) -> None:
    if kind == "coco":
        coco_file(tmp_path / "s", [{"file_name": name}], [])
    elif kind == "voc":
        _voc(tmp_path, _voc_text(name))
    else:
        _cvat(tmp_path, CVAT_BOX, name)
    with pytest.raises(TrainingError, match=r"leads out of|not a file name|not XML"):
        _read(tmp_path, kind)


def test_a_linked_label_file_outside_the_source_is_not_read(tmp_path: Path) -> None:
    yolo_source(tmp_path / "s", ["a"])
    secret = tmp_path / "secret.txt"
    secret.write_text("password", "utf-8")
    label = tmp_path / "s/labels/a.txt"
    label.unlink()
    label.symlink_to(secret)
    with pytest.raises(TrainingError, match="leads out of") as error:
        _read(tmp_path, "yolo")
    assert "password" not in str(error.value)


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


@pytest.mark.parametrize("head", [BOMB, '<!DOCTYPE a SYSTEM "file:///etc/passwd">', "<!DOCTYPE a>"])
def test_xml_with_a_document_type_is_refused(tmp_path: Path, head: str) -> None:
    _cvat(tmp_path, CVAT_BOX, head=head)
    _voc(tmp_path, head + _voc_text())
    for kind in ("cvat", "voc"):
        with pytest.raises(TrainingError, match="declares a document type or entities"):
            _read(tmp_path, kind)  # type: ignore[arg-type]


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s/annotations.json").write_text("[" * 200_000, "utf-8")
    with pytest.raises(TrainingError, match=r"annotations\.json: Invalid JSON"):
        _read(tmp_path, "coco")


def _changed(folder: Path, *path: str | int, to: object) -> None:
    file = folder / "s/annotations.json"
    content = json.loads(file.read_text("utf-8"))
    place = content
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = to
    file.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize(
    ("path", "to", "says"),
    [
        (("annotations", 0, "bbox", 2), "wide", r"field annotations.0.bbox.2"),
        (("annotations", 0, "bbox", 2), float("nan"), r"field annotations.0.bbox.2"),
        (("annotations", 0, "image_id"), 9, r"field annotations.0.image_id: there is no image 9"),
        (("annotations", 0, "category_id"), 9, r"field annotations.0.category_id: there is no category 9"),
        (("images", 0, "width"), 0, r"field images.0.width"),
        (("images", 1, "file_name"), "a.png", r"field images.1.file_name: 'a.png' stands twice"),
        (("images", 1, "id"), 0, r"field images.1.id: 0 stands twice"),
    ],
)
def test_a_coco_fault_names_its_field(tmp_path: Path, path: tuple[str | int, ...], to: object, says: str) -> None:
    coco_file(tmp_path / "s", [{"file_name": "a.png"}, {"file_name": "b.png"}], [(0, [20, 15, 20, 30])])
    _changed(tmp_path, *path, to=to)
    with pytest.raises(TrainingError, match=says):
        _read(tmp_path, "coco")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (_voc_text(xmin="left"), r"object 1/bndbox/xmin: 'left' is not a number"),
        (_voc_text(xmin="inf"), r"object 1/bndbox/xmin: 'inf' is not a number"),
        (_voc_text(filename=""), r"field filename: it is absent"),
        ("<annotation>\n<size>", r"a.xml, line 2: not XML"),
    ],
)
def test_a_voc_fault_names_file_and_field(tmp_path: Path, text: str, says: str) -> None:
    _voc(tmp_path, text)
    with pytest.raises(TrainingError, match=says):
        _read(tmp_path, "voc")


def test_two_voc_files_for_one_picture_are_refused(tmp_path: Path) -> None:
    _voc(tmp_path, _voc_text(), "a")
    _voc(tmp_path, _voc_text(), "b")
    with pytest.raises(TrainingError, match="names the same picture"):
        _read(tmp_path, "voc")


@pytest.mark.parametrize(
    ("one", "fault"),
    [
        (Marked(None, 0, 0, 1, 1), Fault.CLASS_NOT_MAPPED),
        (Marked("litter", 0.4, 0.1, 0.4, 0.9), Fault.NO_AREA),
        (Marked("litter", 1.1, 0.1, 1.4, 0.9), Fault.OUTSIDE),
        (Marked("litter", 0.6, 0.1, 1.4, 0.9), Fault.CLIPPED),
    ],
)
def test_every_fault_of_a_box_is_told(one: Marked, fault: Fault) -> None:
    boxes, faults = settle([one], "f")
    assert faults == (fault,)
    assert bool(boxes) is (fault is Fault.CLIPPED)


def test_a_box_that_stands_twice_is_kept_once() -> None:
    one = Marked("litter", 0.1, 0.1, 0.2, 0.2)
    assert settle([one, one], "f") == ((Box("litter", 0.1, 0.1, 0.2, 0.2),), (Fault.REPEATED,))


def test_too_many_boxes_are_refused() -> None:
    with pytest.raises(TrainingError, match="boxes in one picture"):
        settle((Marked("litter", 0, 0, 1, 1 / (n + 1)) for n in range(MAX_BOXES + 1)), "f")


@given(st.lists(st.tuples(*[st.floats(-2, 3)] * 4), max_size=20))
def test_no_box_leaves_the_picture_and_none_is_lost_without_a_reason(corners: list[tuple[float, ...]]) -> None:
    boxes, faults = settle([Marked("litter", *edges) for edges in corners], "f")
    assert all(0 <= b.x1 < b.x2 <= 1 and 0 <= b.y1 < b.y2 <= 1 for b in boxes)
    assert len(boxes) + sum(fault is not Fault.CLIPPED for fault in faults) == len(corners)


def test_an_absent_source_names_the_option(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--data"):
        _read(tmp_path, "coco")


def test_a_source_that_is_a_link_itself_may_lie_elsewhere(tmp_path: Path) -> None:
    _written(tmp_path / "there", "yolo")
    (tmp_path / "s").symlink_to(tmp_path / "there/s")
    assert len(_read(tmp_path, "yolo")) == 1
    assert os.path.realpath(tmp_path / "s") == str(tmp_path / "there/s")
