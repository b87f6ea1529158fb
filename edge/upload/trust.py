"""Whose certificates the server's own is checked by: the system's, or those that the configuration names."""

from __future__ import annotations

import ssl

from edge.config import ServerTable
from edge.errors import ConfigError


def trusted(server: ServerTable) -> ssl.SSLContext | bool:
    """As httpx takes it for `verify`; raises ConfigError where the named file holds no certificate."""
    if server.ca_file is None:
        return True
    try:
        return ssl.create_default_context(cafile=server.ca_file)
    except OSError as error:
        raise ConfigError(
            f"{server.ca_file}: no certificates in PEM can be read from it ({error.strerror or error}). "
            "Name another file as server.ca_file, or leave it out."
        ) from error
