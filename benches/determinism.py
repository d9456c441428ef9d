#!/usr/bin/env python3
"""The same bytes at any number of threads, in any order of files, and in every run.

    determinism.py --corpus DIR [--only NAMES] [--orders 3]

Each package is scanned as the auditor at 1, 2 and 8 threads, twice at 8; SARIF, JSON and the other machine formats
must not differ in a byte, but for the seconds that the last line of `concise` says the run took. Then its Python
files are given one by one, in sorted and in shuffled orders, again at 1 and 8 threads; the outputs must not differ
among each other. The exit code is 1 if anything differs.
"""

import argparse
import random
import re
import sys
import tempfile
from pathlib import Path

import child
import corpus
import tools

FORMATS = ("sarif", "json", "jsonl", "csv", "concise")
SECONDS = re.compile(rb" in \d+\.\d\d s\n\Z")
"""How long the run took: the one thing in `concise` that cannot be the same twice."""
MAX_ARGUMENT_BYTES = 1_500_000
"""Of file names on one command line; the kernel takes about 2 MB, environment included."""


def scan(program: str, folder: Path, jobs: int, paths: list[str], out: Path) -> dict[str, bytes]:
    """The output in each format, and the exit code as if it were one."""
    out.mkdir()
    argv = [program, "scan", "--isolated", "--persona", "auditor", "--jobs", str(jobs)]
    for name in FORMATS:
        argv += ["--output", f"{name}={out / name}"]
    done = child.run([*argv, "--", *paths], cwd=folder, timeout=1200)
    if done.exit_code not in (0, 1, 2):
        sys.exit(f"error: hognose in {folder}: {done.ended}\n{done.stderr[-2000:].decode(errors='replace')}")
    missing = [name for name in FORMATS if not (out / name).is_file()]
    if missing:
        sys.exit(f"error: hognose wrote no {', '.join(missing)}:\n{done.stderr[-2000:].decode(errors='replace')}")
    outputs = {name: (out / name).read_bytes() for name in FORMATS}
    outputs["concise"] = SECONDS.sub(b" in - s\n", outputs["concise"])
    return {"exit code": str(done.exit_code).encode()} | outputs


def first_difference(a: bytes, b: bytes) -> str:
    """Both sides of the first place where two outputs differ."""
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    begin = max(0, at - 60)
    return f"byte {at}: {a[begin : at + 60]!r} against {b[begin : at + 60]!r}"


class Comparison:
    """Outputs that should all be equal to the first."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.first: dict[str, bytes] | None = None
        self.runs = 0
        self.differences: list[str] = []

    def add(self, label: str, outputs: dict[str, bytes]) -> None:
        self.runs += 1
        if self.first is None:
            self.first = outputs
            return
        for name, data in outputs.items():
            if data != self.first[name]:
                self.differences.append(f"{label}, {name}: {first_difference(self.first[name], data)}")

    def row(self) -> str:
        size = sum(len(d) for d in (self.first or {}).values())
        return f"| {self.what} | {self.runs} | {size:,} | {len(self.differences) or 'none'} |"


def compare_package(program: str, folder: Path, work: Path, orders: int) -> list[Comparison]:
    threads = Comparison(f"{folder.name}: 1, 2 and 8 threads, repeated")
    for number, jobs in enumerate([1, 2, 8, 8]):
        threads.add(f"{jobs} threads", scan(program, folder, jobs, ["."], work / f"threads-{number}"))
    paths = [p.relative_to(folder).as_posix() for p in corpus.python_files(folder)]
    rng = random.Random(7)
    # A sample of the files where they do not fit on one command line.
    while sum(len(p.encode()) + 9 for p in paths) > MAX_ARGUMENT_BYTES:
        paths = sorted(rng.sample(paths, len(paths) * 2 // 3))
    shuffled = Comparison(f"{folder.name}: {len(paths)} files in {orders + 1} orders, 1 and 8 threads")
    for number in range(orders + 1):
        jobs = 1 if number % 2 == 0 else 8
        shuffled.add(f"order {number}, {jobs} threads", scan(program, folder, jobs, paths, work / f"order-{number}"))
        rng.shuffle(paths)
    return [threads, shuffled]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_option(parser)
    tools.add_options(parser, peers=False)
    parser.add_argument("--only", metavar="NAMES", help="comma-separated packages (default: the whole corpus)")
    parser.add_argument("--orders", type=int, default=3, metavar="N", help="shuffled orders (default: 3)")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="where to write determinism.md (default: benches/results, for a whole run)",
    )
    args = parser.parse_args()
    program = tools.hognose(args)
    every: list[Comparison] = []
    for _, folder in corpus.unpacked(corpus.location(args), only=args.only):
        with tempfile.TemporaryDirectory(prefix="hognose-determinism-") as work:
            for comparison in compare_package(program, folder, Path(work), args.orders):
                every.append(comparison)
                print(comparison.row(), flush=True)
                for difference in comparison.differences:
                    print("  differs:", difference)
    different = sum(len(c.differences) for c in every)
    text = [
        "# Determinism\n",
        tools.header([tools.version(program)]),
        f"Formats compared: {', '.join(FORMATS)}, and the exit code; "
        "the seconds in the last line of concise are left out. "
        f"**{different} differences.**\n",
        "| what | runs | bytes of output each | differences |",
        "|---|--:|--:|--:|",
        *(c.row() for c in every),
        "",
    ]
    if args.only is None or args.results:
        print("written to", tools.write_result("determinism.md", "\n".join(text), args.results))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
