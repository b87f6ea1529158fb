"""A database of an earlier version keeps what it holds, and learns what the newer tables want to know."""

from __future__ import annotations

import json
from pathlib import Path

from alembic import command
from sqlalchemy import select, text

from models.shipped import DATASETS
from server.duty.dispatch import DutyShift
from server.records.store import Store, alembic_config, migrate
from server.records.tables import ObservationRow, Setting
from server.setup.cities import Cities

OLD = """
INSERT INTO device VALUES ('car', 'car', 'vehicle', 'token', NULL, 1, NULL, NULL);
INSERT INTO traverse VALUES ('t', 'car', 'sha', '{"observations": [{"id": "o", "model_digest": "model-1"}]}', 1, 1, NULL, NULL, 0, 0);
INSERT INTO observation VALUES ('o', 't', 0, 'litter', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.5, '{}', 'rejected', 'unlocated', NULL);
INSERT INTO declared_evidence VALUES ('o', 0, 'sha', 'close', 'image/jpeg', 9, 'fill-1')
"""  # noqa: E501


SET_UP = """
INSERT INTO setting VALUES ('city', '{"name_zh": "城", "name_en": "Town", "time_zone": "Asia/Shanghai", "nearest_grid_m": 9}');
INSERT INTO setting VALUES ('calendar', '{"days": "statutory", "shifts": [[480, 720]], "holidays": [], "workdays": []}');
INSERT INTO setting VALUES ('taxonomy', '{"toml": ""}');
INSERT INTO setting VALUES ('stays', '{"parking": {"dwell_s": 9, "seen_again_min": 1, "zone_kinds": ["no_parking"]}}');
INSERT INTO setting VALUES ('objects', '{"address": "s3://there/bucket"}');
INSERT INTO grid VALUES ('g', '格', 'Grid', '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}');
INSERT INTO zone VALUES ('z', 'no_parking', '{}', '{"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}');
INSERT INTO person VALUES ('p', 'crew', 'Crew', 'crew', 'hash', 1);
INSERT INTO duty VALUES (1, 'g', 'p', '[0, 6]', 0, 1440)
"""  # noqa: E501


def of_version(path: Path, version: str, lines: str) -> Store:
    """A database as an earlier program left it."""
    store = Store(path)
    with store.engine.execution_options(writes=True).connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        for line in lines.strip().split(";\n"):
            connection.execute(text(line.replace(":", "\\:")))
        connection.commit()
    return store


def test_observations_from_before_are_told_their_model_from_the_bodies_received(tmp_path: Path) -> None:
    store = of_version(tmp_path / "steward.db", "0001", OLD)
    migrate(store.address)
    with store.read() as session:
        seen = session.get_one(ObservationRow, "o")
        assert (seen.model_digest, seen.reason) == ("model-1", "unlocated")
        assert session.execute(text("SELECT redaction, box FROM declared_evidence")).one() == ("fill-1", None)
    store.close()


def test_what_a_city_was_set_up_with_becomes_its_first_edition(tmp_path: Path) -> None:
    taxonomy = (DATASETS / "taxonomy.toml").read_text("utf-8")
    store = of_version(tmp_path / "steward.db", "0017", SET_UP.replace('{"toml": ""}', json.dumps({"toml": taxonomy})))
    migrate(store.address)
    with store.read() as session:
        city = Cities(session).at(0)
        assert (city.name_zh, city.nearest_grid_m, city.calendar.zone.key) == ("城", 9, "Asia/Shanghai")
        assert [(zone.id, zone.kind, zone.area.area) for zone in city.zones] == [("z", "no_parking", 0.5)]
        assert [grid.id for grid in city.grids] == ["g"]
        assert city.rota == (DutyShift("g", "p", frozenset({0, 6}), 0, 1440),)
        assert city.stays["parking"].dwell_s == 9
        assert session.scalars(select(Setting.key)).all() == ["objects"]
    store.close()
