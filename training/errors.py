"""What can go wrong in the workshop through no fault of the code: one exception, whose text is for a person."""

from __future__ import annotations


class TrainingError(Exception):
    """Says what is wrong, where, and what to do; the command line prints it and exits with code 2."""
