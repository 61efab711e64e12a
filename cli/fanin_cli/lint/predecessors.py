"""The predecessor to wait for instead: its lines for a definition, with everything that the state machine says literally filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fanin_cli.lint.parameters import Parameters

_PLAIN = re.compile(r"[A-Za-z0-9_$./{][A-Za-z0-9_$./{}:-]*(?<!:)")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What Step Functions itself asks to be passed to an execution, so that the two are shown as one.
_NO_KEYS = frozenset({"AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID"})
_DATE_LIKE = re.compile(r"date|day|key|batch", re.IGNORECASE)
_SUBSTITUTION = "${"
_REGION = "REGION"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a state machine runs, to make ARNs of names; what is not known is written in capitals."""

    partition: str = "aws"
    region: str = _REGION
    account: str = "ACCOUNT"

    @classmethod
    def of(cls, arn: str | None) -> Place:
        """The place in a state machine's ARN."""
        parts = (arn or "").split(":")
        return cls(*(parts[1], parts[3], parts[4])) if len(parts) > 5 else cls()

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the definition; where the state machine does not say it literally, `unknown` is what it says instead, or empty."""

    text: str
    unknown: str | None = None

    def matches(self, given: object) -> bool:
        """Whether it may be the given value; what a template fills in, or the place of an unknown state machine, may be any."""
        return self.unknown is not None or _SUBSTITUTION in self.text or f":{_REGION}:" in self.text or self.text == given


@dataclass(frozen=True, slots=True)
class Key:
    """A key that the work carries, as a definition says it, and what fills it in at run time."""

    text: str
    filled_in_by: str

    @property
    def is_date_like(self) -> bool:
        """Whether it looks like what ties jobs together, by its name or by where it comes from."""
        return _DATE_LIKE.search(f"{self.text} {self.filled_in_by}") is not None


@dataclass(frozen=True, slots=True)
class Instead:
    """A predecessor that waits for the work: its source, one value or several by name, and the keys that the work is known to carry."""

    kind: str
    values: Mapping[str, Value]
    keys: Sequence[Key] = ()
    trusts_account: bool = False

    def is_waited_for(self, predecessor: Mapping[str, object]) -> bool:
        """Whether a predecessor of a definition waits for this work, as far as both are known."""
        given = predecessor.get(self.kind)
        if isinstance(given, dict):
            return all(value.matches(given.get(name)) for name, value in self.values.items())
        return given is not None and all(value.matches(given) for value in self.values.values())

    def lines(self, name: str, *, with_key: bool, many: bool) -> Iterator[str]:
        """The lines of the definition; `many`: the state machine starts such work several times."""
        yield "predecessors:"
        yield f"  {_scalar(name)}:"
        if tuple(self.values) == ("",):
            yield f"    {self.kind}: {_written(self.values[''])}"
        else:
            yield f"    {self.kind}:"
            for member, value in self.values.items():
                yield f"      {member}: {_written(value)}"
        if self.trusts_account:
            yield "    trust: account"
        if many:
            yield "    # there is one for each item of the Map state: say with count how many to wait for"
        if with_key:
            yield from self._key_lines()

    def _key_lines(self) -> Iterator[str]:
        dated = [key for key in self.keys if key.is_date_like]
        if dated:
            yield f"    key: {dated[0].text}"
        elif self.keys:
            yield f"    # the key, if this is the business date: {self.keys[0].text}"
        else:
            yield "    # the work is told nothing of this execution: pass the business date on, see docs/fire-and-forget.md"


def ecs_task(parameters: Parameters, place: Place) -> Instead:
    """`ecsTask`, of ecs:runTask."""
    cluster = parameters.literal("Cluster") or (None if parameters.expression("Cluster") else "default")
    definition = parameters.literal("TaskDefinition")
    family = Value("FAMILY", parameters.expression("TaskDefinition") or "")
    if definition is not None:
        # Of an ARN as of a name: what stands between the slash and the revision.
        known = not definition.startswith(_SUBSTITUTION)
        family = Value(definition.rpartition("/")[2].partition(":")[0]) if known else Value("FAMILY", definition)
    values = {"cluster": _arn(cluster, parameters.expression("Cluster"), place, "ecs", "cluster/"), "family": family}
    return Instead("ecsTask", values, tuple(_task_keys(parameters)))


def glue_job(parameters: Parameters, place: Place) -> Instead:
    """`glueJob`, of glue:startJobRun."""
    arn = _arn(parameters.literal("JobName"), parameters.expression("JobName"), place, "glue", "job/")
    return Instead("glueJob", {"": arn}, _inputs("arguments", parameters.nested("Arguments").filled_in()))


def batch_job(parameters: Parameters, place: Place) -> Instead:
    """`batchJob`, of batch:submitJob."""
    queue = _arn(parameters.literal("JobQueue"), parameters.expression("JobQueue"), place, "batch", "job-queue/")
    said = parameters.literal("JobDefinition")
    known = said is not None and not said.startswith(_SUBSTITUTION)
    name = (said or "").rpartition("/")[2].partition(":")[0]
    definition = Value(name) if known else Value("DEFINITION", said or parameters.expression("JobDefinition") or "")
    keys = (
        *_inputs("environment", _variables(parameters.nested("ContainerOverrides"), "Environment")),
        *_inputs("parameters", parameters.nested("Parameters").filled_in()),
        *_tags(parameters.nested("Tags").filled_in()),
    )
    return Instead("batchJob", {"queue": queue, "definition": definition}, keys)


def build(parameters: Parameters, place: Place) -> Instead:
    """`codeBuildProject`, of codebuild:startBuild."""
    arn = _arn(parameters.literal("ProjectName"), parameters.expression("ProjectName"), place, "codebuild", "project/")
    return Instead("codeBuildProject", {"": arn}, _inputs("environment", _variables(parameters, "EnvironmentVariablesOverride")))


def function(parameters: Parameters, place: Place) -> Instead:
    """`lambdaFunction`, of lambda:invoke with the invocation type Event."""
    said = parameters.literal("FunctionName")
    if said is not None and not said.startswith("arn:"):
        said = said.partition(":")[0] if not said.startswith(_SUBSTITUTION) else said
    elif said is not None:
        said = ":".join(said.split(":")[:7])
    arn = _arn(said, parameters.expression("FunctionName"), place, "lambda", "function:")
    return Instead("lambdaFunction", {"": arn}, _inputs("", parameters.nested("Payload").filled_in()), trusts_account=True)


def execution(parameters: Parameters, place: Place) -> Instead:
    """`stateMachine`, of states:startExecution."""
    said = parameters.literal("StateMachineArn")
    arn = _arn(":".join(said.split(":")[:7]) if said else None, parameters.expression("StateMachineArn"), place, "states", "stateMachine:")
    return Instead("stateMachine", {"": arn}, _inputs("", parameters.nested("Input").filled_in()))


def _task_keys(parameters: Parameters) -> Iterator[Key]:
    for override in parameters.nested("Overrides").listed("ContainerOverrides"):
        yield from _inputs("environment", _variables(override, "Environment"))
    for member, path in (("StartedBy", "startedBy"), ("Group", "group")):
        expression = parameters.expression(member)
        if expression is not None:
            yield Key(f"{{input: {path}}}", expression)
    tags = ((tag.literal("Key"), tag.expression("Value")) for tag in parameters.listed("Tags"))
    yield from _tags((name, expression) for name, expression in tags if name is not None and expression is not None)


def _variables(parameters: Parameters, member: str) -> Iterator[tuple[str, str]]:
    """The names of the environment variables whose values are filled in at run time, each with what fills it in."""
    for one in parameters.listed(member):
        name, expression = one.literal("Name"), one.expression("Value")
        if name is not None and expression is not None:
            yield name, expression


def _inputs(within: str, filled_in: Iterator[tuple[str, str]]) -> tuple[Key, ...]:
    paths = ((name if _IDENTIFIER.fullmatch(name) else json.dumps(name), by) for name, by in filled_in if name not in _NO_KEYS)
    return tuple(Key(f"{{input: {_scalar(f'{within}.{path}' if within else path)}}}", by) for path, by in paths)


def _tags(filled_in: Iterator[tuple[str, str]]) -> tuple[Key, ...]:
    return tuple(Key(f"{{tag: {_scalar(name)}}}", by) for name, by in filled_in)


def _arn(said: str | None, expression: str | None, place: Place, service: str, resource: str) -> Value:
    if said is None:
        return Value(place.arn(service, f"{resource}NAME"), expression or "")
    return Value(said if said.startswith(("arn:", _SUBSTITUTION)) else place.arn(service, resource + said))


def _written(value: Value) -> str:
    text = _scalar(value.text)
    if value.unknown is None:
        return text
    said = " ".join(value.unknown.split())
    return f"{text}  # {f'the state machine says {said}' if said else 'the state machine does not say it'}"


def _scalar(text: str) -> str:
    """A text as a YAML scalar that is read as this text."""
    if _PLAIN.fullmatch(text) and not text.isdigit():
        return text
    return f"'{text}'" if "'" not in text and text.isprintable() else json.dumps(text)
