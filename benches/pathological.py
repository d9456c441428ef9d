#!/usr/bin/env python3
"""Scan hostile projects (hostile.py): bounded in time and memory, nothing hidden, the rest still scanned.

    pathological.py [--only TEXT] [--jobs N]

Each case is a project of its own. hognose must end with an exit code the case allows, within the case's seconds and
megabytes; the finding in `sibling.py` must be there; and what was not looked at must be named by a problem. Needs no
corpus. Run as root, the case of unreadable files is scanned as the user nobody. The exit code is 1 if a case fails.
"""

import argparse
import os
import posixpath
import shutil
import stat
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import child
import hostile
import sarif
import tools

RULE = "unsafe-yaml-load"
NOBODY = 65534
ADDRESS_SPACE_MB = 8000
"""A backstop above every case's bound on resident memory, so that a runaway does not take the machine along."""


def judge(case: hostile.Case, expected: hostile.Expectation, done: child.Outcome, out: Path) -> tuple[list[str], str]:
    """What is wrong, and what was reported, in a few words."""
    wrong = []
    if done.exit_code not in expected.exit_codes:
        wrong.append(f"ended with {done.ended}, allowed: {expected.exit_codes}")
    if done.peak_mb > case.memory_mb:
        wrong.append(f"{done.peak_mb:.0f} MB, bound {case.memory_mb:.0f}")
    spoken = (done.stdout + done.stderr).decode("utf-8", "replace").lower()
    if "panicked" in spoken or "overflowed its stack" in spoken:
        wrong.append("panic: " + spoken[spoken.find("panicked") - 60 :][:200].replace("\n", " "))
    if not out.is_file():
        if expected.sibling or expected.found or expected.problems:
            wrong.append("no SARIF written")
        if expected.says and expected.says not in spoken:
            wrong.append(f"does not say `{expected.says}`")
        return wrong, ""
    try:
        report = sarif.load(out)
    except (ValueError, KeyError, IndexError) as error:
        return [*wrong, f"no valid SARIF: {error!r}"], ""
    places = {(f.path, f.start_line) for f in report.findings if f.rule == RULE}
    named = {p.path for p in report.problems}
    kinds = Counter(p.kind for p in report.problems)

    def problem_names(path: str) -> bool:
        # The file itself or a folder above it.
        while path:
            if path in named:
                return True
            path = posixpath.dirname(path)
        return False

    if "check-failed" in kinds:
        wrong.append("a check failed: " + next(p.message for p in report.problems if p.kind == "check-failed")[:200])
    if expected.sibling and ("sibling.py", hostile.SIBLING_LINE) not in places:
        wrong.append("the finding in sibling.py is missing")
    for place in expected.found:
        if place not in places:
            wrong.append(f"no finding at {place[0]}:{place[1]}")
    for path, line in expected.looked_at:
        if (path, line) not in places and not problem_names(path):
            wrong.append(f"{path} was not looked at to its end, and no problem says so")
    for path in expected.problems:
        if not problem_names(path):
            wrong.append(f"no problem names {path}")
    if (
        expected.says
        and expected.says not in spoken
        and not any(expected.says in p.message.lower() for p in report.problems)
    ):
        wrong.append(f"does not say `{expected.says}`")
    seen = [f"{n} {k}" if n > 1 else k for k, n in sorted(kinds.items())]
    if expected.looked_at and all(place in places for place in expected.looked_at):
        seen.insert(0, "looked at")
    return wrong, ", ".join(seen)


def run(case: hostile.Case, program: str, jobs: int) -> tuple[list[str], str, child.Outcome]:
    scratch = Path(tempfile.mkdtemp(prefix="hognose-hostile-"))
    try:
        scratch.chmod(0o755)
        folder, reports = scratch / "project", scratch / "reports"
        folder.mkdir()
        reports.mkdir()
        expected = case.make(folder)
        if expected.sibling:
            (folder / "sibling.py").write_text(hostile.SIBLING)
        out = reports / "out.sarif"
        user = None
        if case.as_nobody and os.geteuid() == 0:
            # Root reads everything, so somebody else has to look; from a place everybody can reach.
            user = NOBODY
            reports.chmod(0o777)
            program = shutil.copy(program, scratch / "hognose")
        argv = [
            program,
            "scan",
            *case.arguments,
            "--persona",
            "auditor",
            "--jobs",
            str(jobs),
            "--output",
            f"sarif={out}",
        ]
        stop = threading.Event()
        disturber = None
        if case.while_scanning:
            disturber = threading.Thread(target=case.while_scanning, args=(folder, stop))
            disturber.start()
        try:
            done = child.run(argv, cwd=folder, timeout=case.seconds, memory_mb=ADDRESS_SPACE_MB, user=user)
        finally:
            stop.set()
            if disturber:
                disturber.join()
        wrong, seen = judge(case, expected, done, out)
        return wrong, seen, done
    finally:
        remove(scratch)


def remove(scratch: Path) -> None:
    """Removes the project, closed folders and over-long paths included."""
    for folder, names, _ in os.walk(scratch):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if not os.path.islink(path):
                    os.chmod(path, stat.S_IRWXU)
            except OSError:
                pass  # deeper than a path may be long; rmtree goes by descriptors
    sys.setrecursionlimit(20_000)
    shutil.rmtree(scratch, ignore_errors=True)
    if scratch.exists():
        print(f"warning: could not remove {scratch}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    tools.add_options(parser, peers=False)
    parser.add_argument("--only", metavar="TEXT", help="cases whose name contains this")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="where to write pathological.md (default: benches/results, for a whole run)",
    )
    args = parser.parse_args()
    program = tools.hognose(args)
    chosen = [c for c in hostile.all_cases() if args.only is None or args.only in c.name]
    rows = ["| case | ended | s | MB | reported | as it should be |", "|---|---|--:|--:|---|---|"]
    failed = 0
    for case in chosen:
        wrong, seen, done = run(case, program, args.jobs)
        failed += bool(wrong)
        verdict = "; ".join(wrong) if wrong else "yes"
        cost = f"{done.ended}, {done.wall:.2f} s, {done.peak_mb:.0f} MB"
        print(f"{'FAILED' if wrong else 'ok':6} {case.name}: {cost}; {seen}", flush=True)
        if wrong:
            print(f"       {verdict}", flush=True)
        cells = [
            case.name,
            done.ended,
            f"{done.wall:.2f}",
            f"{done.peak_mb:.0f}",
            seen,
            verdict,
        ]
        rows.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
    print(f"{len(chosen)} cases, {failed} failed")
    if args.only is None or args.results:
        text = [
            "# Hostile projects\n",
            tools.header([tools.version(program)]),
            f"{len(chosen)} cases, **{failed} failed**.\n",
            *rows,
            "",
        ]
        print("written to", tools.write_result("pathological.md", "\n".join(text), args.results))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
