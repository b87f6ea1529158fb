"""The roles in which people, devices and the server itself act."""

from __future__ import annotations

from enum import StrEnum


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
