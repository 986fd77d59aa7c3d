"""The one folder that short-lived files of visitors go to, and the port that names it."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

from playground.settings import SettingError, Settings

PRIVATE = 0o700


def prepare(settings: Settings) -> int:
    """Find the port to serve on and make Gradio keep its files in the folder of that port.

    Raises:
        SettingError: the port or the host cannot be served on.
    """
    port = free_port(settings)
    folder = own_folder(port)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["GRADIO_TEMP_DIR"] = str(folder)
    return port


def free_port(settings: Settings) -> int:
    """The port to serve on: the one that is set, or any free one for 0.

    Raises:
        SettingError: another program has the port, or the host is no address of this machine.
    """
    host = settings.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the server itself does: a port that a stopped server just left is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.port))
            probe.listen(1)
        except socket.gaierror:
            raise SettingError("setting_error.host", host=settings.host) from None
        except OSError as error:
            raise _bind_error(error, settings) from None
        return int(probe.getsockname()[1])


def _bind_error(error: OSError, settings: Settings) -> SettingError:
    if isinstance(error, PermissionError):
        return SettingError("setting_error.port_closed", port=settings.port)
    in_use = {98, 48, 10048, 10013}
    if error.errno in in_use:
        return SettingError("setting_error.port_taken", port=settings.port)
    return SettingError("setting_error.host", host=settings.host)


def own_folder(port: int) -> Path:
    """An empty folder that only this user may read; what a killed run left in it is gone.

    Args:
        port: names the folder: the port is ours, so no other run uses the folder now.
    """
    folder = Path(tempfile.gettempdir()) / f"multimodal-playground-{port}"
    if _is_ours(folder):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=PRIVATE)
    except OSError:
        # Somebody else made something of that name, perhaps to read along: go elsewhere.
        folder = Path(tempfile.mkdtemp(prefix="multimodal-playground-"))
    return folder


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()
