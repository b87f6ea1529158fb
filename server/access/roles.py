"""The roles in which people, devices and the server itself act."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """Who acts. SYSTEM is the server itself (automatic filing and dispatch). ML_ENGINEER reads verdicts and
    INSPECTOR tells of problems; neither sees cases."""

    OPERATOR = "operator"
    CREW = "crew"
    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"
    ML_ENGINEER = "ml_engineer"
    INSPECTOR = "inspector"
    DEVICE = "device"
    SYSTEM = "system"


PEOPLE: Final = tuple(role for role in Role if role not in (Role.DEVICE, Role.SYSTEM))
"""Those of persons."""
