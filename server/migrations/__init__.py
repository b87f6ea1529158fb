"""The tables' history: one Alembic step a module in versions/, run by `steward server init` and `run`."""
