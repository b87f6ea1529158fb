"""The edge room's exceptions; the command line prints their message and ends with exit code 2.

EdgeError
├── SourceError         footage cannot be read
├── TelemetryError      telemetry cannot be read or does not fit the footage
├── ConfigError         the configuration is wrong
├── OutboxError         the outbox's file or its disk fails
├── OutputError         results cannot be written
├── UpdateError         this vehicle is not set up to take models
└── EnrolError          the server did not take this device
"""


class EdgeError(Exception):
    """Something the user can mend; the message names the file, the place in it and what to do."""


class SourceError(EdgeError):
    """Footage that cannot be opened or ends before its time."""


class TelemetryError(EdgeError):
    """Telemetry that is empty, foreign or broken."""


class ConfigError(EdgeError):
    """A configuration file with a wrong field."""


class OutboxError(EdgeError):
    """The outbox cannot be opened or written."""


class EnrolError(EdgeError):
    """This device has no valid credentials and could not get them."""


class UpdateError(EdgeError):
    """Model updates are not configured, or the root that they are trusted by is missing."""


class OutputError(EdgeError):
    """A place for results that cannot be written, or is in use."""
