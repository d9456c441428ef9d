"""Run one child process, measure it, and keep it within limits.

CPU seconds, peak memory and exit status come from `wait4`, so they are those of this child (and of the children it
waited for), whatever else the machine does.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).resolve().parent / "launch.py"


@dataclass(frozen=True)
class Outcome:
    """What a child did."""

    exit_code: int | None
    """None if a signal ended it; 127 if it could not be started."""
    signal: int | None
    timed_out: bool
    wall: float
    """Seconds, as are `user` and `system`."""
    user: float
    system: float
    peak_mb: float
    """Largest resident set, MB of 10^6 bytes. What is below the 12 MB of the launcher cannot be seen."""
    stdout: bytes
    stderr: bytes

    @property
    def cpu(self) -> float:
        """Seconds in user and kernel mode, all threads."""
        return self.user + self.system

    @property
    def ended(self) -> str:
        """In a word: `exit 1`, `signal 6`, `time limit`."""
        if self.timed_out:
            return "time limit"
        return f"exit {self.exit_code}" if self.signal is None else f"signal {self.signal}"


def run(
    argv: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    cores: int | None = None,
    timeout: float = 600,
    memory_mb: int | None = None,
    user: int | None = None,
) -> Outcome:
    """Runs `argv` to its end.

    `env` adds to the environment, `cores` pins the child to that many of the processors this process may use,
    `memory_mb` bounds its address space, `user` drops to another user id. After `timeout` seconds it is killed,
    with its process group.
    """
    processors = sorted(os.sched_getaffinity(0))
    if cores is not None and cores > len(processors):
        raise ValueError(f"{cores} cores wanted, {len(processors)} available")
    argv = [str(a) for a in argv]
    order = {
        # Looked up here: another user may not read all of the folders, nor this Python's library.
        "program": shutil.which(argv[0]) or argv[0],
        "argv": argv,
        # The last ones: the first serves most interrupts.
        "processors": processors[-cores:] if cores else None,
        "timeout": timeout,
        "memory": memory_mb * 1_000_000 if memory_mb else None,
        "user": user,
    }
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
        tempfile.TemporaryFile() as report,
        tempfile.TemporaryFile() as orders,
    ):
        # Not as an argument: Linux takes 128 KiB in one, and a list of files is longer.
        orders.write(json.dumps(order).encode())
        orders.flush()
        orders.seek(0)
        subprocess.run(
            [sys.executable, "-I", "-S", LAUNCHER, str(report.fileno()), str(orders.fileno())],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            pass_fds=[report.fileno(), orders.fileno()],
            check=True,
        )
        for file in (out, err, report):
            file.seek(0)
        return Outcome(stdout=out.read(), stderr=err.read(), **json.load(report))
