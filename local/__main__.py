"""`python -m local up|down|status|env [ACCOUNT]`: keep a local AWS with every stack deployed, and talk to it with any AWS tool."""

import argparse
import sys

from local import demo, kept, process
from local.landscape import HUB, PREDECESSOR, SUCCESSOR, deploy_landscape
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
    arguments = parser.parse_args()
    try:
        return (
            {"up": _up, "demo": demo.run, "down": _down, "status": _status}[arguments.command]()
            if arguments.command != "env"
            else _env(arguments.account)
        )
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


def _env(account: str) -> int:
    aws = kept.attached()
    if aws is None:
        print("it does not run; start it with: make local", file=sys.stderr)
        return 1
    for name, value in aws.environment(account).items():
        print(f"export {name}={value}")
    print("unset AWS_PROFILE AWS_SESSION_TOKEN")
    return 0


if __name__ == "__main__":
    sys.exit(main())
