"""A real S3 server on loopback, with a bucket and a key; it refuses every other key."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import boto3
import httpx
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

from image_tagger.media.objects import Objects, Storage

REGION = "us-east-1"
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


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
        client = self.client("s3")
        for key, content in objects.items():
            client.put_object(Bucket=self.name, Key=key, Body=content)

    def fill(self, keys: Iterable[str]) -> None:
        """Store small objects past the wire, which takes a hundredth of the time."""
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            backend.put_object(self.name, key, b"x")

    def client(self, service: str) -> Any:
        """The usual client of a service."""
        keys = {"aws_access_key_id": self.access_key_id, "aws_secret_access_key": self.secret_access_key}
        return boto3.client(service, endpoint_url=self.endpoint, region_name=REGION, **keys)


@contextmanager
def storage() -> Iterator[Bucket]:
    """A bucket in storage that knows one user."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        bucket = Bucket(f"http://{host}:{port}", "photos")
        bucket.client("s3").create_bucket(Bucket=bucket.name)
        users = bucket.client("iam")
        users.create_user(UserName="tagger")
        users.put_user_policy(UserName="tagger", PolicyName="all", PolicyDocument=json.dumps(EVERYTHING))
        key = users.create_access_key(UserName="tagger")["AccessKey"]
        httpx.post(f"{bucket.endpoint}/moto-api/reset-auth", content=b"0", trust_env=False).raise_for_status()
        yield replace(bucket, access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])
        httpx.post(f"{bucket.endpoint}/moto-api/reset-auth", content=b"inf", trust_env=False).raise_for_status()
    finally:
        server.stop()
