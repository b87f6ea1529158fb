"""A home is founded from a setup, whole or not at all, and every mistake is named with file, field and remedy."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from models.shipped import DATASETS
from server.cli import app
from server.errors import SetupError
from server.records.address import DATABASE, keep_address
from server.setup.file import read_setup
from tests.server.setupfile import PASSWORD, write_setup
from tests.server.town import Town

CLI = CliRunner()


def refused(path: Path) -> str:
    with pytest.raises(SetupError) as caught:
        read_setup(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('shifts = ["08:00-12:00", "14:00-18:00"]', 'shifts = ["08:00-25:00"]', "calendar.shifts"),
        ('shifts = ["08:00-12:00", "14:00-18:00"]', 'shifts = ["08:00-12:00", "11:00-18:00"]', "overlap"),
        ('shifts = ["08:00-12:00", "14:00-18:00"]', 'shifts = ["8-12"]', "calendar.shifts"),
        ('shifts = ["08:00-12:00", "14:00-18:00"]', "shifts = []", "calendar.shifts"),
        ('role = "reviewer"', 'role = "mayor"', "person.3.role"),
        (f'password = "{PASSWORD}"', 'password = "short"', "person.0.password"),
        ('name = "crew-b"', 'name = "crew-a"', "crew-a stands twice"),
        ('person = "crew-b"', 'person = "nobody"', "rota.1.person: nobody is no person with role crew"),
        ('person = "crew-b"', 'person = "reviewer"', "reviewer is no person with role crew"),
        ('grid = "grid-b"', 'grid = "grid-z"', "there is no grid grid-z in grids.geojson"),
        ('category = "improper_parking"', 'category = "parking"', "the taxonomy has no category parking"),
        ('name_en = "Test town"', 'name_en = "Test town"\ntime_zone = "Mars/Base"', "'Mars/Base' is no time zone"),
        ('name_en = "Test town"', 'name_en = "Test town"\ncolour = "red"', "city.colour"),
        ('grids = "grids.geojson"', 'grids = "missing.geojson"', "missing.geojson: cannot be read"),
        ("[city]", "[city", "not a TOML file"),
        (
            "[bins]",
            '[association]\nmethod = "nearest"\n[bins]',
            "association.method: Input should be 'joint' or 'simple'",
        ),
        (
            '[[rota]]\ngrid = "grid-a"',
            '[[stay]]\ncategory = "improper_parking"\n[[rota]]\ngrid = "grid-a"',
            "stay.1.category: improper_parking has a rule above",
        ),
    ],
)
def test_a_mistake_in_the_setup_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = write_setup(tmp_path, **{old: new})
    message = refused(path)
    assert words in message
    assert str(tmp_path) in message


RING = [[121.47, 31.23], [121.48, 31.23], [121.48, 31.24], [121.47, 31.23]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "not a GeoJSON FeatureCollection"),
        ("[]", "not a GeoJSON FeatureCollection"),
        ('{"features": 5}', "not a GeoJSON FeatureCollection"),
        ('{"features": [1]}', "feature 0: not a GeoJSON feature"),
        ('{"features": []}', "holds no grid"),
        (
            json.dumps({"features": [{"properties": {}, "geometry": {"type": "Polygon", "coordinates": [RING]}}]}),
            "needs an id",
        ),
        (
            json.dumps(
                {
                    "features": [
                        {
                            "id": "a",
                            "properties": {"name_zh": "网" * 129},
                            "geometry": {"type": "Polygon", "coordinates": [RING]},
                        }
                    ]
                }
            ),
            "feature a: name_zh has at most 128 letters",
        ),
        (
            json.dumps({"features": [{"id": "a", "geometry": {"type": "Point", "coordinates": [1, 2]}}]}),
            "not a valid polygon",
        ),
        (
            json.dumps(
                {
                    "features": [
                        {
                            "id": "a",
                            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
                        }
                    ]
                }
            ),
            "Self-intersection",
        ),
        (
            json.dumps(
                {
                    "features": [
                        {
                            "id": "a",
                            "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [500, 0], [0, 50], [0, 0]]]},
                        }
                    ]
                }
            ),
            "longitude, latitude",
        ),
    ],
)
def test_a_mistake_in_the_grids_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = write_setup(tmp_path)
    (tmp_path / "grids.geojson").write_text(content, "utf-8")
    assert words in refused(path)


def square(**properties: object) -> str:
    feature = {"properties": {"id": "a", **properties}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[" * 99_999, "not a GeoJSON FeatureCollection (maximum recursion depth"),
        (square().replace(json.dumps([RING]), "[" * 900 + "]" * 900), "feature 0: not a GeoJSON feature"),
        (square().replace("121.48", "9" * 400), "feature 0: not a GeoJSON feature"),
        (square(width=float("nan")), "feature 0: not a GeoJSON feature"),
        (square(id="\ud800"), "feature 0: holds half a letter, '\\ud800'"),
        (square(said="a\0b"), "feature 0: holds the letter \\u0000"),
        (square().replace(json.dumps(RING), json.dumps(RING[:1] * 100_000)), "feature a: more than 20000 corners"),
    ],
)
def test_what_no_shape_or_database_takes_is_named(tmp_path: Path, content: str, words: str) -> None:
    path = write_setup(tmp_path)
    (tmp_path / "grids.geojson").write_text(content, "utf-8")
    assert words in refused(path)


@pytest.mark.parametrize("name", ["grids.geojson", "bins.geojson", "taxonomy.toml"])
@pytest.mark.parametrize(
    ("content", "words"),
    [("暴露垃圾".encode("gbk"), "byte 0: not a text in UTF-8"), (b" " * ((1 << 26) + 1), "is larger than 64 MiB")],
)
def test_a_file_of_other_letters_or_without_end_is_named(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = write_setup(tmp_path, **{"[city]": '[city]\ntaxonomy = "taxonomy.toml"'})
    (tmp_path / "taxonomy.toml").write_bytes((DATASETS / "taxonomy.toml").read_bytes())
    (tmp_path / name).write_bytes(content)
    said = refused(path)
    assert name in said
    assert words in said


@pytest.mark.parametrize("content", ["a = " + "[" * 99_999, "a." * 9999 + "b = 1"])
def test_a_taxonomy_that_is_nested_without_end_is_named(tmp_path: Path, content: str) -> None:
    path = write_setup(tmp_path, **{"[city]": '[city]\ntaxonomy = "taxonomy.toml"'})
    (tmp_path / "taxonomy.toml").write_text(content, "utf-8")
    assert "taxonomy.toml: not a taxonomy" in refused(path)


def test_a_bin_by_a_name_that_no_database_keeps_is_named(tmp_path: Path) -> None:
    path = write_setup(tmp_path)
    bins = tmp_path / "bins.geojson"
    bins.write_text(bins.read_text("utf-8").replace('"B1"', r'"\ud800"'), "utf-8")
    assert "holds half a letter" in refused(path)


def test_a_stay_without_end_is_named(tmp_path: Path) -> None:
    stay = '[[stay]]\ncategory = "litter"\ndwell_s = inf\n[calendar]'
    assert "stay.0.dwell_s: Input should be a finite number" in refused(write_setup(tmp_path, **{"[calendar]": stay}))


def test_a_bad_setup_ends_with_exit_code_2_and_leaves_no_home(tmp_path: Path) -> None:
    setup = write_setup(tmp_path, **{'role = "reviewer"': 'role = "mayor"'})
    done = CLI.invoke(app, ["init", "--home", str(tmp_path / "home"), "--setup", str(setup)])
    assert done.exit_code == 2
    assert done.stderr.startswith("steward: ")
    assert not (tmp_path / "home").exists()


def test_a_home_is_founded_once_and_a_second_founding_changes_nothing(tmp_path: Path) -> None:
    setup, home = write_setup(tmp_path), str(tmp_path / "home")
    first = CLI.invoke(app, ["init", "--home", home, "--setup", str(setup), "--codes", "2", "--json"])
    assert first.exit_code == 0, first.output
    made = json.loads(first.stdout)
    assert [person["role"] for person in made["people"]][:2] == ["operator", "crew"]
    assert len(set(made["codes"])) == 2
    before = (tmp_path / "home" / DATABASE).read_bytes()
    second = CLI.invoke(app, ["init", "--home", home, "--setup", str(setup)])
    assert second.exit_code == 2
    assert "there is a server here already" in second.stderr
    assert (tmp_path / "home" / DATABASE).read_bytes() == before


def test_a_person_without_a_password_gets_a_random_one_that_is_shown_once(tmp_path: Path) -> None:
    setup = write_setup(tmp_path, **{f'password = "{PASSWORD}"\n': ""})
    done = CLI.invoke(app, ["init", "--home", str(tmp_path / "home"), "--setup", str(setup), "--json"])
    passwords = [person["password"] for person in json.loads(done.stdout)["people"]]
    assert len(set(passwords)) == len(passwords)
    assert min(map(len, passwords)) >= 12


def test_orders_and_device_codes_come_from_the_command_line(town: Town) -> None:
    town.send(town.seen("litter"), town.seen("illegal_ad", north_m=20.0))
    home = str(town.home)
    listed = json.loads(CLI.invoke(app, ["orders", "--home", home, "--json"]).stdout)["items"]
    assert [(line["category"], line["assignee_name"]) for line in listed] == [
        ("litter", "Crew-A"),
        ("illegal_ad", "Crew-A"),
    ]
    assert "Crew-A" in CLI.invoke(app, ["orders", "--home", home]).stdout
    town.clock.ns = time.time_ns()
    code = json.loads(CLI.invoke(app, ["device-code", "--home", home, "--json"]).stdout)["code"]
    body = {"code": code, "name": "car-9", "kind": "vehicle"}
    assert town.client.post("/api/devices/enrol", json=body).status_code == 201


def test_a_database_that_goes_away_is_one_line(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> str:
        raise OperationalError("select 1", {}, RuntimeError("server closed the connection"))

    monkeypatch.setattr("server.cli.new_code", gone)
    done = CLI.invoke(app, ["device-code", "--home", str(town.home)])
    assert (done.exit_code, "server closed the connection" in done.stderr) == (4, True)


@pytest.mark.parametrize("command", ["check", "chain", "replay", "orders", "move-pictures --to home", "run"])
def test_a_database_that_does_not_answer_is_one_line_whatever_was_asked(tmp_path: Path, command: str) -> None:
    pytest.importorskip("psycopg")
    keep_address(tmp_path, make_url("postgresql://nobody@127.0.0.1:1/nothing"))
    done = CLI.invoke(app, [*command.split(), "--home", str(tmp_path)])
    assert (done.exit_code, done.stderr.count("\n")) == (4, 1), done.stderr
    assert "the database cannot be used" in done.stderr


@pytest.mark.parametrize("command", [["orders"], ["device-code"], ["run", "--port", "1"]])
def test_a_home_that_is_none_is_named_with_what_to_do(tmp_path: Path, command: list[str]) -> None:
    done = CLI.invoke(app, [*command, "--home", str(tmp_path / "nowhere")])
    assert done.exit_code == 2
    assert "steward server init --home" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_the_description_is_written_to_a_file_or_the_folder_is_named(tmp_path: Path) -> None:
    out = tmp_path / "openapi.json"
    assert CLI.invoke(app, ["openapi", "--out", str(out)]).exit_code == 0
    assert json.loads(out.read_text("utf-8"))["info"]["title"] == "City Steward"
    done = CLI.invoke(app, ["openapi", "--out", str(tmp_path / "no" / "openapi.json")])
    assert (done.exit_code, "cannot be written" in done.stderr) == (2, True)
