"""A real S3 server on loopback, with a bucket and a key; it refuses every other key."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
import httpx
from obstore.store import S3Store

from image_tagger.media.objects import Objects, Storage

REGION = "us-east-1"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and how to reach it."""

    endpoint: str
    name: str
    access_key_id: str = "anyone"
    secret_access_key: str = "anything"  # noqa: S105 - until the server asks for more

    @property
    def objects(self) -> Objects:
        """The product's client of it."""
        return Objects(Storage(self.endpoint, REGION, self.access_key_id, self.secret_access_key))

    def put(self, objects: Mapping[str, bytes]) -> None:
        """Store objects by their keys."""
        store = S3Store(
            self.name,
            endpoint=self.endpoint,
            region=REGION,
            access_key_id=self.access_key_id,
            secret_access_key=self.secret_access_key,
            client_options={"allow_http": True},
        )
        for key, content in objects.items():
            store.put(key, content)

    def client(self, service: str) -> Any:
        """The usual client of a service."""
        keys = {"aws_access_key_id": self.access_key_id, "aws_secret_access_key": self.secret_access_key}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **keys)


@contextmanager
def storage() -> Iterator[Bucket]:
    """A bucket in storage that knows one user; in a process of its own, since the server keeps its state in globals."""
    arguments = [sys.executable, "-W", "ignore", "-c", SERVER]
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield _with_a_user(Bucket(f"http://127.0.0.1:{int(server.stdout.readline())}", "photos"))
        finally:
            server.stdin.close()


def _with_a_user(bucket: Bucket) -> Bucket:
    bucket.client("s3").create_bucket(Bucket=bucket.name)
    users = bucket.client("iam")
    users.create_user(UserName="tagger")
    users.put_user_policy(UserName="tagger", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
    key = users.create_access_key(UserName="tagger")["AccessKey"]
    httpx.post(f"{bucket.endpoint}/moto-api/reset-auth", content=b"0", trust_env=False).raise_for_status()
    return replace(bucket, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
