#!/usr/bin/env python3
"""CPU time, memory, use of cores and growth of `hognose scan`, beside Ruff's S rules and Bandit.

    speed.py --corpus DIR --peers DIR [--repetitions 10] [--bandit]

All contenders run in turn within each repetition, so that a busy moment of the machine meets them alike; the
minimum is the estimate (noise only adds), median and spread say how noisy it was. CPU seconds are user + system
of the child from `wait4`. Files are in the page cache: one unmeasured round goes first. Nobody uses a cache.
The exit code is 1 if a bound below is missed.
"""

import argparse
import os
import random
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import child
import corpus
import tools

MAX_RATIO_TO_RUFF = 1.0
MAX_PEAK_MB = 150
MIN_SPEED_UP = 1.7
GROWTH_SIZES = (10_000, 100_000, 1_000_000)
# CPU seconds a line at the largest size over those at the size before, start-up subtracted.
MAX_GROWTH = 1.25


@dataclass
class Contender:
    """One command and what its runs cost."""

    name: str
    argv: list[str]
    output: Path
    """What it writes; a file that is not there afterwards means that nothing was measured."""
    cores: int | None
    env: dict[str, str] = field(default_factory=dict)
    runs: list[child.Outcome] = field(default_factory=list)

    def run(self, folder: Path, timeout: float) -> child.Outcome:
        outcome = child.run(self.argv, cwd=folder, env=self.env, cores=self.cores, timeout=timeout)
        # 0 and 1 are "clean" and "findings" for all three. hognose says 2 where it could not look at everything, and
        # also where it did not understand the command; only then there is no output.
        if outcome.exit_code not in (0, 1, 2) or not self.output.is_file():
            said = outcome.stderr[-2000:].decode(errors="replace")
            sys.exit(f"error: `{' '.join(self.argv)}`: {outcome.ended}\n{said}")
        return outcome

    @property
    def cpu(self) -> float:
        return min(r.cpu for r in self.runs)

    @property
    def median(self) -> float:
        return statistics.median(r.cpu for r in self.runs)

    @property
    def spread(self) -> float:
        """Largest over smallest CPU time, less one."""
        return max(r.cpu for r in self.runs) / self.cpu - 1

    @property
    def wall(self) -> float:
        return min(r.wall for r in self.runs)

    @property
    def peak_mb(self) -> float:
        return max(r.peak_mb for r in self.runs)


class OtherLoad:
    """Share of the machine's processor time that went to others while we measured."""

    def __init__(self) -> None:
        self.before = self._busy()
        self.ours = self._ours()

    @staticmethod
    def _busy() -> tuple[int, int, int]:
        ticks = [int(t) for t in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
        idle, steal = ticks[3] + ticks[4], ticks[7]
        return sum(ticks), sum(ticks) - idle - steal, steal

    @staticmethod
    def _ours() -> float:
        return sum(os.times()[:4])

    def __str__(self) -> str:
        total, busy, steal = (a - b for a, b in zip(self._busy(), self.before, strict=True))
        hertz = os.sysconf("SC_CLK_TCK")
        ours = (self._ours() - self.ours) * hertz
        if not total:
            return "unknown"
        return f"{100 * max(0, busy - ours) / total:.1f} % by others, {100 * steal / total:.1f} % stolen by the host"


@dataclass(frozen=True)
class Bench:
    """The programs, and a folder for what they write."""

    hognose: str
    ruff: str
    scratch: Path

    def ours(self, threads: int, persona: str = "regular", output: str = "concise") -> Contender:
        out = self.scratch / f"hognose.{output}"
        options = f"--isolated --jobs {threads} --persona {persona}".split()
        argv = [self.hognose, "scan", ".", *options, "--output", f"{output}={out}"]
        return Contender(f"hognose, {plural(threads)}{note(persona, output)}", argv, out, threads)

    def theirs(self, threads: int, output: str = "concise") -> Contender:
        out = self.scratch / f"ruff.{output}"
        options = "--select S --preview --no-cache --isolated".split()
        argv = [self.ruff, "check", *options, "--output-format", output, "--output-file", str(out), "."]
        name = f"ruff S, {plural(threads)}{note('regular', output)}"
        return Contender(name, argv, out, threads, {"RAYON_NUM_THREADS": str(threads)})

    def contenders(self, cores: int) -> list[Contender]:
        """On one core, on two, and what costs most: all findings, the largest output."""
        made = [each(threads) for threads in range(1, cores + 1) for each in (self.ours, self.theirs)]
        return [*made, self.ours(1, "auditor", "sarif"), self.theirs(1, "sarif")]


def plural(threads: int) -> str:
    return f"{threads} thread{'s' if threads > 1 else ''}"


def note(persona: str, output: str) -> str:
    return (", auditor" if persona == "auditor" else "") + (", SARIF" if output == "sarif" else "")


def measure(folder: Path, chosen: list[Contender], repetitions: int, timeout: float = 1800) -> None:
    for contender in chosen:
        contender.output.unlink(missing_ok=True)
        contender.run(folder, timeout)
    for number in range(repetitions):
        # Turning the order keeps a contender from always following the same neighbour.
        shift = number % len(chosen)
        for contender in chosen[shift:] + chosen[:shift]:
            contender.runs.append(contender.run(folder, timeout))


def table(chosen: list[Contender], reference: str | None) -> str:
    base = next((c.cpu for c in chosen if c.name == reference), None)
    rows = ["| | CPU s, minimum | median | spread | wall s | peak MB | CPU ratio |", "|---|--:|--:|--:|--:|--:|--:|"]
    for c in chosen:
        ratio = f"{c.cpu / base:.2f}" if base else ""
        rows.append(
            f"| {c.name} | {c.cpu:.3f} | {c.median:.3f} | {100 * c.spread:.0f} % | {c.wall:.3f} | "
            f"{c.peak_mb:.0f} | {ratio} |"
        )
    return "\n".join(rows) + "\n"


def growth_folders(sources: list[Path], work: Path, sizes: tuple[int, ...]) -> list[tuple[int, int, Path]]:
    """Folders of about so many lines, each a part of the next: (lines, files, folder).

    Whole files in seeded random order, with their paths kept, so that the mix of code is the same at every size.
    """
    files = [(root.name, root, path) for root in sources for path in corpus.python_files(root)]
    random.Random(20).shuffle(files)
    made = []
    for size in sizes:
        folder = work / f"lines-{size}"
        lines = count = 0
        for name, root, path in files:
            if lines >= size:
                break
            target = folder / name / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, target)
            except OSError:
                shutil.copyfile(path, target)
            lines += path.read_bytes().count(b"\n")
            count += 1
        if lines < size:
            sys.exit(f"error: the corpus has {lines} lines, {size} are wanted")
        made.append((lines, count, folder))
    return made


def growth(bench: Bench, sources: list[Path], work: Path, repetitions: int) -> tuple[str, list[str]]:
    empty = work / "one-line"
    empty.mkdir()
    (empty / "one.py").write_text("x = 1\n")
    start = bench.ours(1)
    measure(empty, [start], repetitions)
    rows = [
        "| lines | files | hognose CPU s | µs a line, start-up subtracted | peak MB | ruff S CPU s |",
        "|--:|--:|--:|--:|--:|--:|",
        f"| 1 | 1 | {start.cpu:.3f} | | {start.peak_mb:.0f} | |",
    ]
    per_line = []
    for lines, files, folder in growth_folders(sources, work, GROWTH_SIZES):
        ours = bench.ours(1)
        theirs = bench.theirs(1)
        measure(folder, [ours, theirs], repetitions)
        each = max(0.0, ours.cpu - start.cpu) / lines * 1e6
        per_line.append(each)
        rows.append(f"| {lines:,} | {files:,} | {ours.cpu:.3f} | {each:.3f} | {ours.peak_mb:.0f} | {theirs.cpu:.3f} |")
    # The smallest size takes a few hundredths of a second, too short to judge by.
    ratio = per_line[-1] / per_line[-2] if per_line[-2] else float("inf")
    verdicts = [
        verdict(f"growth per line, {GROWTH_SIZES[-1]:,} over {GROWTH_SIZES[-2]:,} lines", ratio, "<=", MAX_GROWTH)
    ]
    return "\n".join(rows) + "\n", verdicts


def verdict(what: str, value: float, sense: str, bound: float) -> str:
    met = value <= bound if sense == "<=" else value >= bound
    return f"| {what} | {value:.2f} | {'≤' if sense == '<=' else '≥'} {bound} | {'yes' if met else '**no**'} |"


def judge(name: str, chosen: list[Contender], cores: int) -> list[str]:
    """The bounds on one package."""
    named = {c.name: c for c in chosen}
    verdicts = []
    for label in (plural(n) for n in range(1, cores + 1)):
        ratio = named[f"hognose, {label}"].cpu / named[f"ruff S, {label}"].cpu
        verdicts.append(verdict(f"{name}: CPU time over Ruff S, {label}", ratio, "<=", MAX_RATIO_TO_RUFF))
    peak = max(c.peak_mb for c in chosen if c.name.startswith("hognose"))
    verdicts.append(verdict(f"{name}: peak memory, MB", peak, "<=", MAX_PEAK_MB))
    if cores == 2:
        gain, theirs = (named[f"{n}, 1 thread"].wall / named[f"{n}, 2 threads"].wall for n in ("hognose", "ruff S"))
        verdicts.append(verdict(f"{name}: wall time, 1 core over 2 (Ruff: {theirs:.2f})", gain, ">=", MIN_SPEED_UP))
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_option(parser)
    tools.add_options(parser)
    parser.add_argument("--only", metavar="NAMES", help="comma-separated packages (default: those for speed)")
    parser.add_argument("--repetitions", type=int, default=10, metavar="N")
    parser.add_argument("--bandit", action="store_true", help="run Bandit too, once (minutes)")
    parser.add_argument("--no-growth", action="store_true", help="leave the growth measurement out")
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="where to write speed.md (default: benches/results)"
    )
    args = parser.parse_args()
    hognose, ruff = tools.hognose(args), tools.peer(args, "ruff")
    bandit = tools.peer(args, "bandit") if args.bandit else None
    root = corpus.location(args)
    cores = min(2, len(os.sched_getaffinity(0)))
    if cores < 2:
        print("warning: one core only, the speed-up is not measured", file=sys.stderr)

    versions = [tools.version(p) for p in (hognose, ruff, bandit) if p]
    load = OtherLoad()
    sections: list[str] = []
    verdicts: list[str] = []
    with tempfile.TemporaryDirectory(prefix="hognose-speed-") as scratch:
        bench = Bench(hognose, ruff, Path(scratch))
        for package, folder in corpus.unpacked(root, "speed", args.only):
            files, lines = corpus.count_lines(folder)
            print(f"{package.folder}: {files} files, {lines} lines", file=sys.stderr, flush=True)
            chosen = bench.contenders(cores)
            measure(folder, chosen, args.repetitions)
            verdicts += judge(package.name, chosen, cores)
            if bandit:
                out = bench.scratch / "bandit.json"
                slow = Contender("bandit, 1 run", [bandit, "-q", "-r", ".", "-f", "json", "-o", str(out)], out, 1)
                # Its time is two orders of magnitude away, one run says enough.
                slow.runs.append(slow.run(folder, 7200))
                chosen.append(slow)
            sections += [f"## {package.folder}: {files:,} files, {lines:,} lines\n", table(chosen, "ruff S, 1 thread")]
        if not args.no_growth:
            print("growth", file=sys.stderr, flush=True)
            sources = [folder for _, folder in corpus.unpacked(root)]
            # Inside the corpus, so that files can be linked instead of copied.
            with tempfile.TemporaryDirectory(dir=root, prefix=".growth-") as work:
                grown, more = growth(bench, sources, Path(work), args.repetitions)
            sections += ["## Growth (one thread, files drawn from the whole corpus)\n", grown]
            verdicts += more
    bounds = ["## Bounds\n", "| what | measured | bound | met |", "|---|--:|--:|---|", *verdicts, ""]
    noise = f"Processor time during the run: {load}. {args.repetitions} repetitions, contenders in turn.\n"
    result = "\n".join(["# Speed\n", tools.header(versions), *bounds, noise, *sections])
    path = tools.write_result("speed.md", result, args.results)
    print(result)
    print(f"written to {path}", file=sys.stderr)
    return 1 if any("**no**" in v for v in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
