"""The emulator's requests are served by uvicorn, with httptools and uvloop: the server and parser that come with it are Python throughout.

One thread serves every service, so what a request costs here bounds what all functions together can do: this takes a quarter off it.
"""

import contextlib
import gc
import os
import resource
import signal
import sys

import ministack.app
import uvicorn


def serve() -> None:
    """Serve until SIGTERM, at which the process ends at once: nothing here outlives it."""
    gc.set_threshold(100_000, 20, 100)  # what a table holds would be looked through again and again
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = uvicorn.Config(
        ministack.app.app,
        host=os.environ["BIND_HOST"],
        port=int(os.environ["GATEWAY_PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        timeout_keep_alive=75,
        access_log=False,
        server_header=False,
        date_header=False,
        log_config=None,
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # its own handlers wait for every connection and then import what they stop
    server.run()
