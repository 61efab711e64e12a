"""A function's code and layers are unpacked once, whichever of its processes comes first; on AWS that is done before any start.

MiniStack unpacks them anew for each process: some 1,800 files, two to four seconds of a busy machine at every cold start.
"""

import hashlib
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

_lock = threading.Lock()


def install() -> None:
    lambda_runtime.zipfile = _Module()


class _Module:
    """The module `zipfile`, but for the archives."""

    def __getattr__(self, name: str) -> Any:
        return _UnpackedOnce if name == "ZipFile" else getattr(zipfile, name)


class _UnpackedOnce(zipfile.ZipFile):
    """An archive whose content is linked to where it was unpacked first. Nobody writes there: on AWS it is read-only."""

    def extractall(self, path: Any = None, members: Any = None, pwd: Any = None) -> None:
        if members is not None or pwd is not None or self.filename is None:
            super().extractall(path, members, pwd)
            return
        unpacked = Path(tempfile.gettempdir()) / f"unpacked-{hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()}"
        with _lock:
            if not unpacked.exists():
                half = unpacked.with_suffix(".half")
                super().extractall(half)
                half.rename(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)
