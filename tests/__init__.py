"""Mirrors the rooms; plus contract, chaos, browser, bench and architecture."""
