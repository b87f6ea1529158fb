"""Telemetry files to fixes: GPX, DJI subtitles, GoPro GPMF, EXIF and plain tracks."""
