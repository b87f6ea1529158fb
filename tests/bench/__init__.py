"""Measurements, not tests: run by the make targets named bench-*, each a ratio to a named baseline in one run."""
