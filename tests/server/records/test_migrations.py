"""A database of an earlier version keeps what it holds, and learns what the newer tables want to know."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import text

from server.records.store import Store, alembic_config, migrate
from server.records.tables import ObservationRow

OLD = """
INSERT INTO device VALUES ('car', 'car', 'vehicle', 'token', NULL, 1, NULL, NULL);
INSERT INTO traverse VALUES ('t', 'car', 'sha', '{"observations": [{"id": "o", "model_digest": "model-1"}]}', 1, 1, NULL, NULL, 0, 0);
INSERT INTO observation VALUES ('o', 't', 0, 'litter', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0.5, '{}', 'rejected', 'unlocated', NULL);
INSERT INTO declared_evidence VALUES ('o', 0, 'sha', 'close', 'image/jpeg', 9, 'fill-1')
"""  # noqa: E501


def first_version(path: Path) -> Store:
    store = Store(path)
    with store.engine.execution_options(writes=True).connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for line in OLD.strip().split(";\n"):
            connection.execute(text(line.replace(":", "\\:")))
        connection.commit()
    return store


def test_observations_from_before_are_told_their_model_from_the_bodies_received(tmp_path: Path) -> None:
    store = first_version(tmp_path / "steward.db")
    migrate(store.address)
    with store.read() as session:
        seen = session.get_one(ObservationRow, "o")
        assert (seen.model_digest, seen.reason) == ("model-1", "unlocated")
        assert session.execute(text("SELECT redaction, box FROM declared_evidence")).one() == ("fill-1", None)
    store.close()
