"""The systemd unit of a vehicle's service: nothing writable but the state folder, no dump, a watchdog."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from edge.config import EdgeConfig
from edge.errors import ConfigError

HOMES: Final = (("home",), ("root",))
STATE: Final = Path("/var/lib/steward")
UNIT: Final = """\
# Made by `steward edge unit`. Install as /etc/systemd/system/steward-edge.service, then:
#   systemctl daemon-reload && systemctl enable --now steward-edge
[Unit]
Description=City Steward worker
After=network.target time-sync.target

[Service]
Type=notify
NotifyAccess=main
ExecStart="{python}" -m steward edge supervise --config "{config}"
Restart=always
RestartSec=30
RestartPreventExitStatus=2
TimeoutStartSec=900
TimeoutStopSec=60
WatchdogSec=60
KillMode=mixed

DynamicUser=yes
User={user}
StateDirectory=steward
StateDirectoryMode=0700
WorkingDirectory=%S/steward
{writable}UMask=0077
SupplementaryGroups=video dialout

# No frame in a crash dump or in a temporary file that outlives the service.
LimitCORE=0
PrivateTmp=yes

ProtectSystem=strict
ProtectHome={home}
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
OOMPolicy=continue

[Install]
WantedBy=multi-user.target
"""


def unit_text(python: Path, config: Path, told: EdgeConfig | None, user: str) -> str:
    """The unit that runs this installation. told: the configuration, where it can be read here: what it lets the worker
    write outside the service's own state folder is made writable. Raises ConfigError for names that a unit cannot hold.
    """
    for name in (str(python), str(config), user):
        if any(letter in name for letter in '"\\\n%$') or not name:
            raise ConfigError(f"{name!r}: a unit file cannot hold this name; use another")
    folders = [] if told is None else [told.device.state_dir, *([told.updates.folder] if told.updates else [])]
    outside = sorted({one.resolve() for one in folders if not one.resolve().is_relative_to(STATE)})
    writable = "".join(f'ReadWritePaths="{one}"\n' for one in outside)
    at_home = any(one.parts[1:2] in HOMES for one in (python, python.resolve(), config.absolute(), *outside))
    return UNIT.format(
        python=python, config=config.absolute(), user=user, writable=writable, home="read-only" if at_home else "yes"
    )
