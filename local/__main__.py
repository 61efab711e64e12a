"""`python -m local up|down|status|env [ACCOUNT]|release-event [KEY]`: keep a local AWS with every stack deployed, and talk to it."""

import argparse
import json
import sys
from datetime import UTC, datetime

from local import demo, kept, process
from local.landscape import HUB, PREDECESSOR, SUCCESSOR, deploy_landscape
from local.release_event import release_event
from local.stacks import StackError

_ACCOUNTS = {HUB: "hub", PREDECESSOR: "predecessor", SUCCESSOR: "successor"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local", description="The local AWS of this repository.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start it and deploy every stack")
    commands.add_parser("demo", help="run the demo in a local AWS of its own, and stop it")
    commands.add_parser("down", help="stop it")
    commands.add_parser("status", help="whether it runs, and the stacks in it")
    commands.add_parser("env", help="what to export to talk to an account").add_argument("account", nargs="?", default=HUB)
    release = commands.add_parser("release-event", help="print an event for the starter: a release of daily-close, signed by the local hub")
    release.add_argument("key", nargs="?", default=f"{datetime.now(UTC):%Y-%m-%d}", help="the business date; today when not given")
    arguments = parser.parse_args()
    try:
        match arguments.command:
            case "env":
                return _env(arguments.account)
            case "release-event":
                return _release_event(arguments.key)
            case command:
                return {"up": _up, "demo": demo.run, "down": _down, "status": _status}[command]()
    except (process.EmulatorError, StackError) as error:
        print(error, file=sys.stderr)
        return 1


def _up() -> int:
    aws = kept.start()
    try:
        deploy_landscape(aws)
    except BaseException:
        kept.stop()
        raise
    print(f"\nThe local AWS is up at {aws.endpoint}. Talk to an account with any AWS tool, for example the hub's:\n")
    _env(HUB)
    print("\nFor another account, give `python -m local env` its number:")
    for account, name in _ACCOUNTS.items():
        print(f"  {account}  {name}")
    print("Stop it with: make local-down")
    return 0


def _down() -> int:
    print("stopped" if kept.stop() else "it does not run")
    return 0


def _status() -> int:
    aws = kept.attached()
    if aws is None:
        print("it does not run; start it with: make local")
        return 1
    print(f"up at {aws.endpoint}, log and IAM decisions in {aws.state}")
    for account, name in _ACCOUNTS.items():
        for stack in aws.session(account).client("cloudformation").describe_stacks()["Stacks"]:
            print(f"  {account}  {name:12} {stack['StackName']:20} {stack['StackStatus']}")
    return 0


def _release_event(key: str) -> int:
    aws = kept.attached()
    if aws is None:
        return _not_running()
    print(json.dumps(release_event(aws, key), indent=2))
    return 0


def _env(account: str) -> int:
    aws = kept.attached()
    if aws is None:
        return _not_running()
    for name, value in aws.environment(account).items():
        print(f"export {name}={value}")
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    return 0


def _not_running() -> int:
    print("it does not run; start it with: make local", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
