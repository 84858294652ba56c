"""Who runs a trial: host, process and its start, so that a reused process number misleads nobody."""

from __future__ import annotations

import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def this_process() -> str:
    """Return the identity of the calling process."""
    return f"{socket.gethostname()}:{_machine()}:{os.getpid()}:{_started(os.getpid())}"


def host_and_process(owner: str | None) -> tuple[str, str]:
    """Return what a person calls an owner: the host's name and the process number there."""
    if owner is None:
        return "?", "?"
    host, _, process, _ = owner.rsplit(":", 3)
    return host, process


def is_of_this_host(owner: str | None) -> bool:
    """Return whether an owner's process is one that this process could see."""
    if owner is None:
        return False
    host, machine, _, _ = owner.rsplit(":", 3)
    return (host, machine) == (socket.gethostname(), _machine())


def is_dead(owner: str | None, *, one_machine: bool = False) -> bool:
    """Return whether the owner is known to be dead: a process of this host that is not there any more.

    An owner elsewhere is never called dead here; names of hosts repeat, so the boot and the namespace of
    processes must be this one's, too. A running trial without an owner was taken by a worker that died
    before it signed: workers take and sign under the lock that the caller holds.

    Args:
        owner: The owner; None where nobody has signed.
        one_machine: Whether all workers share this machine, so that another boot is a former one.
    """
    if owner is None:
        return True
    host, machine, process, started = owner.rsplit(":", 3)
    if is_of_this_host(owner):
        return str(_started(int(process))) != started
    return one_machine and host == socket.gethostname() and machine.partition(".")[0] != _boot()


def _started(process: int) -> str | None:
    """Return the process's start in clock ticks since boot, or None where it does not live."""
    if not _PROC.is_dir():
        return _lives(process)
    try:
        # The command's name may hold spaces and brackets; the fields after it are plain.
        fields = (_PROC / str(process) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _lives(process: int) -> str | None:
    """Tell by signal 0 where there is no /proc; a reused process number is not noticed then."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "alive"


def _boot() -> str:
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return "unknown"


def _machine() -> str:
    """Return the boot and the namespace of processes, which containers have of their own."""
    try:
        namespace = str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")
    except OSError:
        namespace = "unknown"
    return f"{_boot()}.{namespace}"
