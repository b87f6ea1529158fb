"""Footage into a folder: observations, pictures, an annotated video, and what the screen shows meanwhile."""
