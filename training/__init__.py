"""Data sets, teachers, training, export and evaluation; the only room that imports torch or ultralytics."""
