"""Templates built and deployed by the real SAM CLI, which knows nothing of the emulator but its endpoint.

A build is kept under build/sam/ with a digest of everything that it was made from, so an unchanged template is not built again.
"""

import hashlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.aws import DEFAULT_REGION, LocalAws
from local.process import ROOT

_BIN = ROOT / ".venv" / "bin"
_CODE = re.compile(r"^\s*(?:CodeUri|ContentUri|DefinitionUri):\s*([^\s!&#]+)", re.MULTILINE)
_TAIL_LINES = 40


class StackError(RuntimeError):
    """The SAM CLI failed; the message ends with the last lines that it printed."""


def sam_build(template: Path, build_dir: Path, parameters: Mapping[str, str] | None = None) -> Path:
    """Build what the template names, under `parameters`, and return the built template; nothing is done when nothing changed."""
    template, build_dir = template.resolve(), build_dir.resolve()
    built, kept = build_dir / "template.yaml", build_dir / "digest"
    overrides = [f"{key}={value}" for key, value in (parameters or {}).items()]
    digest = f"{_digest(template)} {' '.join(overrides)}"
    if built.exists() and kept.exists() and kept.read_text() == digest:
        return built
    # Two builds at a time must not share a working directory: the SAM CLI keeps what it downloaded in .aws-sam there.
    work = Path(f"{build_dir}.work")
    work.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    _sam(
        f"build {template.name}",
        [
            *("build", "--template", str(template), "--build-dir", str(build_dir), "--cached", "--cache-dir", str(work / "cache")),
            *(("--parameter-overrides", *overrides) if overrides else ()),
        ],
        work / "build.log",
        _clean_environment(),
    )
    subprocess.run([ROOT / "requirements" / "byte-code", build_dir], check=True)
    kept.write_text(digest)
    return built


def sam_deploy(
    aws: LocalAws,
    account: str,
    stack_name: str,
    built_template: Path,
    parameters: Mapping[str, str] | None = None,
    region: str = DEFAULT_REGION,
) -> dict[str, str]:
    """Create or update the stack in the account and return its outputs; an unchanged stack is left as it is."""
    # In a file, since a value may be a JSON text and no quoting survives it on a command line; JSON is YAML.
    overrides = (aws.state / f"deploy-{account}-{stack_name}.yaml").resolve()
    overrides.write_text(json.dumps(dict(parameters or {})), encoding="utf-8")
    _sam(
        f"deploy {stack_name} to {account}",
        [
            *("deploy", "--template-file", str(built_template.resolve()), "--stack-name", stack_name, "--region", region),
            *("--s3-bucket", _artifact_bucket(aws, account, region), "--s3-prefix", stack_name),
            *("--capabilities", "CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"),
            *("--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"),
            *(("--parameter-overrides", f"file://{overrides}") if parameters else ()),
        ],
        overrides.with_suffix(".log"),
        _clean_environment() | dict(aws.environment(account, region)),
    )
    return outputs(aws, account, stack_name, region)


def outputs(aws: LocalAws, account: str, stack_name: str, region: str = DEFAULT_REGION) -> dict[str, str]:
    stack = aws.session(account, region).client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _artifact_bucket(aws: LocalAws, account: str, region: str) -> str:
    name = f"artifacts-{account}-{region}"
    s3 = aws.client(account, "s3", region)
    if name not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=name)
    return name


def _sam(what: str, arguments: list[str], log: Path, environment: Mapping[str, str]) -> None:
    started = time.monotonic()
    # From a directory without samconfig.toml: its environments are for AWS.
    finished = subprocess.run(
        [_BIN / "sam", *arguments],
        cwd=log.parent,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    log.write_text(finished.stdout + finished.stderr)
    # In one line, as stacks are deployed at the same time.
    print(f"  {what}: {'done' if finished.returncode == 0 else 'failed'} ({time.monotonic() - started:.1f} s)", flush=True)
    if finished.returncode != 0:
        tail = "\n".join((finished.stdout + finished.stderr).splitlines()[-_TAIL_LINES:])
        raise StackError(f"sam {what} failed, all of it in {log}:\n{tail}")


def _clean_environment() -> dict[str, str]:
    """The caller's environment without its AWS settings, and with the tools of .venv first on the PATH: sam build calls pip."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "SAM_", "PYTHON"))}
    return kept | {
        "PATH": f"{_BIN}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.3",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_DEFAULT_REGION": DEFAULT_REGION,
    }


def _digest(template: Path) -> str:
    text = template.read_text(encoding="utf-8")
    sources = {(template.parent / uri).resolve() for uri in _CODE.findall(text)}
    seen = hashlib.sha256(text.encode())
    for path in sorted(file for source in sources for file in _files(source)):
        seen.update(str(path).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return seen.hexdigest()


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    else:
        yield from (path for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
