"""The real adapters that ask sources, around a client of the test's own."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.adapters.aws_sources import AwsSources
from fanin.domain.completion import Source


class OneClient:
    """Gives the same client for every source; None where the hub may not look."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, service: str, source: Source) -> Any:
        assert self._client is None or self._client.meta.service_model.service_name == service
        return self._client


def asking(client: Any) -> AwsSources:
    """The sources, asked through one client, with the kinds as they are wired."""
    return AwsSources(OneClient(client), bootstrap.asked_kind)
