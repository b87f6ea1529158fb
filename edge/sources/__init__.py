"""Footage: video files, folders of photos and live cameras, read one frame at a time."""
