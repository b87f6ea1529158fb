"""What can go wrong in the workshop through no fault of the code: the text is for a person.

TrainingError           anything wrong with what was given; says where, and what to do
└─ TwinRefused          the model is good, but its int8 twin finds too little beside it
"""

from __future__ import annotations


class TrainingError(Exception):
    """Says what is wrong, where, and what to do; the command line prints it and exits with code 2."""


class TwinRefused(TrainingError):
    """The twin's figures are in the text; the model goes without one."""
