"""A running local AWS and the ways to talk to it.

`with LocalAws() as aws:` owns one emulator process: it is started on entry and gone on exit, whatever happened in between.
`LocalAws.attached()` talks to the one that `make local` keeps up and never stops it.
"""

import json
import os
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from local import process

DEFAULT_REGION = "us-east-1"
# Fail fast and loudly on loopback: a retry would hide what the emulator refused.
_CLIENT_CONFIG = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=60)


class LocalSession(boto3.Session):
    """A boto3 session whose clients go to the local AWS, whatever the environment and the configuration files say."""

    def __init__(self, endpoint: str, account: str, region: str) -> None:
        core = botocore.session.Session()
        core.set_config_variable("config_file", os.devnull)
        core.set_config_variable("credentials_file", os.devnull)
        core.set_default_client_config(_CLIENT_CONFIG)
        super().__init__(aws_access_key_id=account, aws_secret_access_key=process.SECRET_KEY, region_name=region, botocore_session=core)
        self._endpoint = endpoint

    def client(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("endpoint_url", self._endpoint)
        return super().client(*args, **kwargs)

    def resource(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("endpoint_url", self._endpoint)
        return super().resource(*args, **kwargs)


class LocalAws:
    """Every account of the local AWS, each reached as its administrator.

    `state` is where the emulator keeps its log, its record of IAM decisions and its scratch files, build/local unless another
    local AWS runs there; it is emptied at the start.
    """

    def __init__(self, state: Path | None = None, port: int | None = None) -> None:
        self.state = state or process.free_state()
        self._port = port
        self._emulator: process.Emulator | None = None
        self._sessions: dict[tuple[str, str], LocalSession] = {}
        self._clients: dict[tuple[str, str, str], Any] = {}

    @classmethod
    def attached(cls, port: int, state: Path) -> Self:
        """The local AWS that another process keeps up on `port`."""
        aws = cls(state, port)
        aws._emulator = process.Emulator(port=port, child=None)
        return aws

    def start(self) -> Self:
        self._emulator = process.start(self.state, self._port or process.chosen_port(), detached=False)
        return self

    def stop(self) -> None:
        if self._emulator is not None:
            process.stop(self._emulator)
        self._emulator = None
        self._sessions.clear()
        self._clients.clear()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        if self._emulator is None:
            raise RuntimeError("the local AWS is not running: use it as a context manager, or call start()")
        return f"http://127.0.0.1:{self._emulator.port}"

    @property
    def process_id(self) -> int:
        """The emulator's process, whose children run the functions; only for one that this process started."""
        if self._emulator is None or self._emulator.child is None:
            raise RuntimeError("this process has not started the local AWS")
        return self._emulator.child.pid

    @property
    def iam_calls(self) -> Path:
        """One JSON object a line for every decision: at_ms, account, role (name or null), action, resource, allowed."""
        return self.state / process.IAM_CALLS

    def session(self, account: str, region: str = DEFAULT_REGION) -> boto3.Session:
        """A session as the account's administrator; its clients are typed as boto3's are."""
        key = (account, region)
        if key not in self._sessions:
            self._sessions[key] = LocalSession(self.endpoint, account, region)
        return self._sessions[key]

    def client(self, account: str, service: str, region: str = DEFAULT_REGION) -> Any:
        """A cached client; for a typed one say `session(account).client("sqs")`."""
        key = (account, service, region)
        if key not in self._clients:
            self._clients[key] = LocalSession(self.endpoint, account, region).client(service)
        return self._clients[key]

    def assumed(self, account: str, role_name: str, region: str = DEFAULT_REGION) -> boto3.Session:
        """A session that may do only what the role may; the role's trust policy must let the account's root assume it."""
        answer = self.client(account, "sts", region).assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/{role_name}", RoleSessionName="local"
        )
        session = LocalSession(self.endpoint, account, region)
        given = answer["Credentials"]
        session._session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        return session

    def put_service_event(
        self,
        account: str,
        source: str,
        detail_type: str,
        detail: Mapping[str, object],
        resources: Sequence[str] = (),
        region: str = DEFAULT_REGION,
    ) -> None:
        """Put an event on the account's default bus as an AWS service would: the way for `aws.` sources, which clients cannot put."""
        entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": list(resources)}
        self.put_service_events([{**entry, "Account": account, "Region": region}])

    def put_service_events(self, entries: Sequence[Mapping[str, object]]) -> None:
        """Likewise, many at once: entries as PutEvents takes them, each with the `Account` and the `Region` that it is of."""
        body = json.dumps(list(entries)).encode()
        urllib.request.urlopen(f"{self.endpoint}/_fanin/service-events", data=body, timeout=30).close()  # noqa: S310  # loopback

    def end_work(self, id_: str, exit_code: int = 0) -> None:
        """End a task (by ARN), job run, job or build (by id) that was told to wait for it; urllib's HTTPError when none waits."""
        body = json.dumps({"id": id_, "exitCode": exit_code}).encode()
        urllib.request.urlopen(f"{self.endpoint}/_fanin/work-ends", data=body, timeout=30).close()  # noqa: S310  # loopback

    def throttle(self, shares: Mapping[str, float]) -> dict[str, int]:
        """Refuse a share (0 to 1) of the calls of each action (`dynamodb:UpdateItem`), none of any other; how many of each were so far."""
        body = json.dumps(dict(shares)).encode()
        with urllib.request.urlopen(f"{self.endpoint}/_fanin/throttle", data=body, timeout=30) as answer:  # noqa: S310  # loopback
            refused: dict[str, int] = json.loads(answer.read())
        return refused

    def environment(self, account: str, region: str = DEFAULT_REGION) -> Mapping[str, str]:
        """What to export so that any AWS tool speaks to this account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": process.SECRET_KEY,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }
