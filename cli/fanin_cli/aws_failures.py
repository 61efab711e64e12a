"""What botocore raises, in the words of this command: what could not be done, why, and the next move. All of it is exit code 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

from fanin_cli.failures import CommandError, ExitCode

_DEPLOYED = "is the hub deployed there? choose with --hub, --region and --profile"
_SIGN_IN = "sign in again, or choose other credentials with --profile"

_MISSING = frozenset(
    {"ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "StateMachineDoesNotExist"}
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "KMSAccessDeniedException"})
_STALE = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "RequestExpired",
    }
)
_BUSY = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled", "EC2ThrottledException"})

_NETWORK = ("not-reachable", "check the network, --region and AWS_ENDPOINT_URL")
_WITHOUT_ANSWER: Mapping[type[BotoCoreError], tuple[str, str]] = {
    exceptions.NoCredentialsError: ("no-credentials", "sign in to AWS, or name a profile with --profile"),
    exceptions.PartialCredentialsError: ("no-credentials", _SIGN_IN),
    exceptions.CredentialRetrievalError: ("no-credentials", _SIGN_IN),
    exceptions.TokenRetrievalError: ("no-credentials", _SIGN_IN),
    exceptions.SSOError: ("no-credentials", _SIGN_IN),
    exceptions.ProfileNotFound: ("profile-not-found", "name another with --profile, or add it to the AWS configuration"),
    exceptions.NoRegionError: ("no-region", "name the hub's Region with --region or AWS_REGION"),
    exceptions.InvalidRegionError: ("no-region", "name the hub's Region with --region or AWS_REGION"),
    exceptions.ConnectionError: _NETWORK,
    exceptions.HTTPClientError: _NETWORK,
}


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn what botocore raises in the block into CommandError; `what` is the thing asked, "the function fanin-viewer"."""
    try:
        yield
    except ClientError as error:
        raise _refused(what, error) from error
    except BotoCoreError as error:
        raise _unanswered(what, error) from error
    except ValueError as error:
        # botocore refuses a malformed endpoint URL with a plain ValueError.
        raise _failed("aws-configuration", f"{what} cannot be asked: {error}", "check --region and AWS_ENDPOINT_URL") from error


def _refused(what: str, error: ClientError) -> CommandError:
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _MISSING:
        return _failed("not-found", f"{what} does not exist{_place(error, message)}", _DEPLOYED)
    if code in _DENIED:
        action = f"{error.operation_name} on it" if what.startswith("the ") else error.operation_name
        return _failed("access-denied", f"{what} may not be asked: {message}", f"ask for the permission to call {action}")
    if code in _STALE:
        return _failed("credentials-refused", f"AWS does not accept these credentials ({code}): {message}", _SIGN_IN)
    if code in _BUSY or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
        return _failed("busy", f"{what} could not be asked now ({code})", "try again in a moment")
    return _failed("aws-refused", f"{what} was refused ({code}): {message}", None)


def _unanswered(what: str, error: BotoCoreError) -> CommandError:
    for kind, (code, hint) in _WITHOUT_ANSWER.items():
        if isinstance(error, kind):
            return _failed(code, f"{what} cannot be asked: {error}", hint)
    return _failed("aws-refused", f"{what} cannot be asked: {error}", None)


def _place(error: ClientError, message: str) -> str:
    """Where it was looked for; AWS tells the account only in the ARN of its message."""
    arn = re.search(r"arn:[a-z-]+:[a-z]+:([a-z0-9-]+):([0-9]{12}):", message)
    return f" in account {arn[2]}, Region {arn[1]}" if arn else f" ({error.response['Error'].get('Code', '')})"


def _failed(code: str, message: str, hint: str | None) -> CommandError:
    return CommandError(code, " ".join(message.split()), hint, ExitCode.UNANSWERED)
