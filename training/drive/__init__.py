"""The demo drive: a street block laid out from a seed, rendered, and written with telemetry and truth."""
