"""The edge room's exceptions; the command line prints their message and ends with exit code 2, the worker with 4 where
trying again later may help with nobody at hand.

EdgeError
├── SourceError         footage cannot be read
├── TelemetryError      telemetry cannot be read or does not fit the footage
├── ConfigError         the configuration is wrong
├── OutboxError         the outbox's file cannot be used
│   └── OutboxHindered  its disk is full or failing, or another program holds it: later it may go
├── OutputError         results cannot be written
│   └── DiskFull        since the disk is full: later it may go
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


class OutboxHindered(OutboxError):
    """The outbox cannot be opened or written now."""


class EnrolError(EdgeError):
    """This device has no valid credentials and could not get them."""


class UpdateError(EdgeError):
    """Model updates are not configured, or the root that they are trusted by is missing."""


class OutputError(EdgeError):
    """A place for results that cannot be written, or is in use."""


class DiskFull(OutputError):
    """There is no room for it now."""
