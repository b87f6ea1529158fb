"""Footage: video files and folders of photos, read one frame at a time."""
