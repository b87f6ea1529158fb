"""The proxy that docs/operations.md shows, word for word, as a real nginx on free ports of the loopback address."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import time
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.ports import free_port
from tests.waiting import until

PAGE = Path(__file__).resolve().parents[1] / "docs/operations.md"
HOST = "127.0.0.1"
AROUND = """
daemon off;
pid nginx.pid;
events {}
http {
    access_log access.log;
    client_body_temp_path bodies;
    %s
}
"""


def nginx() -> str | None:
    """Where nginx is, or None where it is not installed."""
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


class Proxy:
    """Stands before a server as long as the block lasts; `url` is its address by TLS, `plain_url` the other one."""

    def __init__(self, program: str, folder: Path, server_url: str) -> None:
        self._program, self._folder = program, folder
        plain, tls = free_port(), free_port()
        self.url, self.plain_url = f"https://{HOST}:{tls}", f"http://{HOST}:{plain}"
        folder.mkdir()
        certificate, key = folder / "steward.pem", folder / "steward.key"
        _self_signed(certificate, key)
        self.trusting = ssl.create_default_context(cafile=str(certificate))
        [shown] = re.findall(r"```nginx\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        for told, here in {
            "listen 80;": f"listen {HOST}:{plain};",
            "listen 443 ssl;": f"listen {HOST}:{tls} ssl;",
            "/etc/ssl/steward.pem": str(certificate),
            "/etc/ssl/private/steward.key": str(key),
            "http://127.0.0.1:8600": server_url,
        }.items():
            assert told in shown, f"{PAGE.name} shows no {told!r}"
            shown = shown.replace(told, here)
        (folder / "nginx.conf").write_text(AROUND % shown, "utf-8")

    @property
    def access_log(self) -> str:
        """Every request that was written down."""
        return (self._folder / "access.log").read_text("utf-8")

    @property
    def complaints(self) -> str:
        """What nginx warned of."""
        return (self._folder / "error.log").read_text("utf-8")

    def __enter__(self) -> Self:
        words = ("-p", str(self._folder), "-c", "nginx.conf", "-e", "error.log")
        self._running = subprocess.Popen([self._program, *words])
        until(lambda: (self._folder / "nginx.pid").is_file() or self._running.poll() is not None)
        assert self._running.poll() is None, self.complaints
        return self

    def __exit__(self, *_: object) -> None:
        self._running.terminate()
        self._running.wait()


def _self_signed(certificate: Path, key: Path) -> None:
    secret = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.fromtimestamp(time.time(), UTC)
    made = (
        x509.CertificateBuilder(name, name, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(HOST))]), critical=False)
        .sign(secret, SHA256())
    )
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
