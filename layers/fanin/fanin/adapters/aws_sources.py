"""The sources, asked through their AWS APIs: a table of kinds, and what their errors mean.

A kind says how an execution is described and how its list is read (its own module); whom to ask, with which credentials, and what to make
of an error are the same for all. A source that may not be asked, or is not there, is an answer. One that does not answer now is a retry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from fanin.composed import composed
from fanin.domain.errors import RetryableError
from fanin.ports import Unlisted

if TYPE_CHECKING:
    from fanin.domain.completion import Completion, Source, SourceKind
    from fanin.domain.watch import ListedPage, Watch

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException"}
)

T = TypeVar("T")


class Clients(Protocol):
    """Clients for asking, by service and by where a source is."""

    def client(self, service: str, source: Source) -> Any | None:
        """A client of a service where a source is; None where the hub may not look."""
        ...


class AskedKind(Protocol):
    """How one kind of source is asked. Errors of the SDK are left to the caller."""

    @property
    def service(self) -> str:
        """The SDK's name of the service."""
        ...

    @property
    def absent(self) -> frozenset[str]:
        """The codes that mean: there is no such source or execution."""
        ...

    @property
    def page_unknown(self) -> frozenset[str]:
        """The codes that, with a page asked for, mean that its token is none any more."""
        ...

    def ask(self, client: Any, source: Source, execution_id: str) -> Completion | None:
        """What the source says of an execution; None when it knows none."""
        ...

    def page(self, client: Any, watch: Watch) -> ListedPage:
        """The page that the pass under way comes to."""
        ...


@composed
class AwsSources:
    """The `Executions` and `Listings` ports; `kind` gives how a kind is asked, or None for one that has no API for it."""

    clients: Clients
    kind: Callable[[SourceKind], AskedKind | None]

    def describe(self, completion: Completion) -> Completion | None:
        """See the port: status and stop time of the report stand; a redrive since then reports for itself."""
        found = self.ask(completion.source, completion.execution_id)
        if found is None:
            return None
        return found._replace(
            status=completion.status,
            reported_at_ms=completion.reported_at_ms,
            stopped_at_ms=completion.stopped_at_ms or found.stopped_at_ms,
            detail=completion.detail or found.detail,
        )

    def ask(self, source: Source, execution_id: str) -> Completion | None:
        """See the port."""
        kind = self.kind(source.kind)
        client = None if kind is None else self.clients.client(kind.service, source)
        if kind is None or client is None:
            return None
        return _answered(lambda: kind.ask(client, source, execution_id), kind, lambda _: None)

    def page(self, watch: Watch) -> ListedPage | Unlisted:
        """See the port."""
        kind = self.kind(watch.source.kind)
        client = None if kind is None else self.clients.client(kind.service, watch.source)
        if kind is None or client is None:
            return Unlisted.MAY_NOT_ASK
        paging = watch.passing is not None and watch.passing.page is not None
        unknown = kind.page_unknown if paging else frozenset[str]()
        return _answered(
            lambda: kind.page(client, watch), kind, lambda code: Unlisted.PAGE_UNKNOWN if code in unknown else Unlisted.MAY_NOT_ASK
        )


def _answered(call: Callable[[], T], kind: AskedKind, otherwise: Callable[[str], T]) -> T:
    """The answer of a call, or what a refusal means; RetryableError for whatever time may mend."""
    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _DENIED or code in kind.absent or code in kind.page_unknown:
            return otherwise(code)
        raise RetryableError("source-unavailable", f"{kind.service} did not answer ({code})") from error
    except BotoCoreError as error:
        raise RetryableError("source-unavailable", f"{kind.service} did not answer ({type(error).__name__})") from error
