"""The house rules that a machine can check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from pipeline.clock_offset import Unclear
from pipeline.plates import Plating
from pipeline.reading import Reading
from pipeline.reasons import Reason

ROOMS = ("pipeline", "models", "edge", "server", "training", "demo")
FORBIDDEN_WORDS = frozenset({"data", "info", "manager", "helper", "utils", "process", "handle", "obj", "tmp"})


def tracked(root: Path, *patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=root, capture_output=True, text=True, check=True
    ).stdout
    return [root / name for name in listed.split("\0") if name]


def test_every_reason_has_a_line_in_the_docs(root: Path) -> None:
    documented = set(re.findall(r"^\| `(\w+)` \|", (root / "docs/reasons.md").read_text("utf-8"), re.M))
    unread = {outcome.value for outcome in Reading if outcome is not Reading.READ}
    unsealed = {outcome.value for outcome in Plating if outcome is not Plating.SEALED}
    assert documented == {reason.value for reason in Reason} | unread | unsealed | {why.value for why in Unclear}


def test_an_init_file_is_a_docstring_and_nothing_else(root: Path) -> None:
    for path in tracked(root, "*__init__.py"):
        body = ast.parse(path.read_text("utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_datasets_hold_no_code(root: Path) -> None:
    assert not tracked(root, "datasets/*.py", "datasets/**/*.py")


def test_no_module_carries_a_word_that_says_nothing(root: Path) -> None:
    for room in ROOMS:
        assert not [path for path in tracked(root, f"{room}/*.py") if path.stem in FORBIDDEN_WORDS]


def test_tracked_files_name_no_machine_path_and_no_package_index(root: Path) -> None:
    pattern = (
        r'(/[w]ork/[a-z]|/[r]oot/|https?://[^ "]*/(simple|packages)/|"resolved": *"https?://|--(extra-)?index-url )'
    )
    hits = subprocess.run(
        ["git", "grep", "-nIE", pattern], cwd=root, capture_output=True, text=True, check=False
    ).stdout
    assert hits == ""


def test_what_a_property_is_tried_on_and_for_how_long_is_said_in_one_place(root: Path) -> None:
    asked = ["git", "grep", "-lE", r"\b(deadline|derandomize)=", "--", "tests/*.py"]
    hits = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False).stdout
    assert hits == "tests/examples.py\n"


def test_how_the_server_logs_is_said_in_one_place(root: Path) -> None:
    asked = ["git", "grep", "-lE", r"^ *(import|from) structlog", "--", *(f"{room}/*.py" for room in ROOMS)]
    hits = subprocess.run(asked, cwd=root, capture_output=True, text=True, check=False).stdout
    assert hits == "server/log.py\n"


def test_no_tracked_file_is_larger_than_twelve_megabytes(root: Path) -> None:
    assert not [path for path in tracked(root) if path.is_file() and path.stat().st_size > 12_000_000]


def test_every_dependency_of_the_vehicle_is_pinned(root: Path) -> None:
    pinned = {line.partition("==")[0] for line in (root / "constraints.txt").read_text("utf-8").splitlines()}
    wanted = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    names = {re.split(r"[<>=;\[ ]", one)[0].lower() for one in wanted}
    assert names <= pinned


def test_the_vehicle_imports_what_its_install_names_and_nothing_else(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    on_vehicles = [project["optional-dependencies"][extra] for extra in ("openvino", "ocr", "mavlink", "ray")]
    named = {re.split(r"[<>=;\[ ]", one)[0].lower() for one in sum(on_vehicles, project["dependencies"])}
    called = {"cv2": "opencv-python-headless", "google": "protobuf", "pydantic_core": "pydantic"}
    paths = [root / "steward.py", *tracked(root, "pipeline/*.py", "models/*.py", "edge/*.py")]
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    modules += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    others = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - set(ROOMS)
    assert {called.get(name, name.replace("_", "-")) for name in others} <= named


def test_the_vehicle_needs_no_torch_and_no_web_framework(root: Path) -> None:
    wanted = " ".join(tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"])
    assert not re.search(r"torch|ultralytics|fastapi|sqlalchemy", wanted, re.I)
