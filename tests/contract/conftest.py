"""A contract test is run over the in-memory twin, over the real adapter on moto, and (with the end-to-end tests) on the local AWS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import boto3
import pytest
from moto import mock_aws

from local import LocalAws
from tests.contract.stores import Stores, dynamodb_stores, memory_stores

ACCOUNT, REGION = "123456789012", "us-east-1"  # moto's own account

MEMORY, MOTO, LOCAL = "memory", "moto", "local"
ON_LOCAL_AWS = pytest.param(LOCAL, marks=pytest.mark.e2e)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/contract" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@contextmanager
def session_of(name: str, request: pytest.FixtureRequest) -> Iterator[boto3.Session]:
    """An administrator's session of one account of moto's or of the local AWS."""
    if name == LOCAL:
        local_aws: LocalAws = request.getfixturevalue("local_aws")
        yield local_aws.session(ACCOUNT, REGION)
        return
    with mock_aws():
        yield moto_session()


@cache
def moto_session() -> boto3.Session:
    """One for all tests: a session reads the models of the services once."""
    return boto3.Session(aws_access_key_id="moto", aws_secret_access_key="moto", region_name=REGION)


@pytest.fixture(params=[MOTO, ON_LOCAL_AWS])
def aws(request: pytest.FixtureRequest) -> Iterator[boto3.Session]:
    """For the tests of what only a real adapter can do."""
    with session_of(request.param, request) as session:
        yield session


@pytest.fixture(params=[MEMORY, MOTO, ON_LOCAL_AWS])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == MEMORY:
        yield memory_stores()
        return
    with session_of(request.param, request) as session:
        yield dynamodb_stores(session.client("dynamodb"))
