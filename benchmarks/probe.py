"""Run in a fresh process: import one module, and print what that took, or what it brought in.

    python -I -S -B probe.py time|contents MODULE PATH...

`time` prints {"cpuMs", "wallMs"}; `contents` prints {"libraries": top-level names from outside the standard library, "clients": AWS
services in the order of their clients}. Nothing is imported before that Lambda's own runtime would not have imported too.
"""

import importlib
import json
import sys
import time


def timed(module: str) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    importlib.import_module(module)
    return {"cpuMs": (time.process_time() - cpu) * 1000, "wallMs": (time.perf_counter() - wall) * 1000}


def contents(module: str) -> dict[str, list[str]]:
    from botocore.session import Session  # noqa: PLC0415  it is part of what `timed` measures

    clients: list[str] = []
    create_client = Session.create_client

    def recorded(self: Session, service_name: str, *args: object, **kwargs: object) -> object:
        clients.append(service_name)
        return create_client(self, service_name, *args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    Session.create_client = recorded  # type: ignore[method-assign, assignment]  # only to watch
    importlib.import_module(module)
    found = {name.partition(".")[0] for name in sys.modules} - sys.stdlib_module_names
    return {
        "libraries": sorted(found - {"__main__", "fanin", module} - {name for name in found if name.startswith("_")}),
        "clients": clients,
    }


if __name__ == "__main__":
    what, module_name, *path = sys.argv[1:]
    sys.path[:0] = path
    print(json.dumps({"time": timed, "contents": contents}[what](module_name)))
