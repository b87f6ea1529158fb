"""New models and new settings: taken when signed, run on probation, turned back when they do badly."""
