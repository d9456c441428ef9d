"""Start a process, wait for it, write down what it cost. Run by child.py as a script, in a Python of its own.

Linux counts what a process weighed before `exec` into its peak memory, so a process that is to be weighed must be
started by a light one. This script imports little for that reason.

    launch.py REPORT-DESCRIPTOR ORDER-DESCRIPTOR

The order is JSON: program, argv, processors, timeout, memory (bytes), user.
"""

import json
import os
import resource
import signal
import sys
import time


def start(order: dict) -> int:
    """Forks and executes; returns the process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        if order["processors"]:
            os.sched_setaffinity(0, order["processors"])
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if order["memory"]:
            resource.setrlimit(resource.RLIMIT_AS, (order["memory"],) * 2)
        if order["user"] is not None:
            os.setgroups([])
            os.setgid(order["user"])
            os.setuid(order["user"])
        os.execv(order["program"], order["argv"])
    except OSError as error:
        os.write(2, f"{order['program']}: {error}\n".encode())
    finally:
        os._exit(127)


def main() -> None:
    descriptor = int(sys.argv[1])
    os.set_inheritable(descriptor, False)
    with open(int(sys.argv[2]), "rb") as file:
        order = json.load(file)
    begin = time.perf_counter()
    pid = start(order)
    expired = False

    def kill(*_: object) -> None:
        nonlocal expired
        expired = True
        try:
            os.killpg(pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(pid, signal.SIGKILL)  # it has not come to `setsid` yet

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, order["timeout"])
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:
        kill()
        raise
    wall = time.perf_counter() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
    code = os.waitstatus_to_exitcode(status)
    report = {
        "exit_code": code if code >= 0 else None,
        "signal": -code if code < 0 else None,
        "timed_out": expired,
        "wall": wall,
        "user": usage.ru_utime,
        "system": usage.ru_stime,
        "peak_mb": usage.ru_maxrss * 1024 / 1e6,
    }
    os.write(descriptor, json.dumps(report).encode())


if __name__ == "__main__":
    main()
