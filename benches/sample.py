#!/usr/bin/env python3
"""How many of our findings are right? Draw a random sample for a reader to judge, then count.

    sample.py draw --corpus DIR --sheet SHEET.md [--number 100] [--seed 1]
    sample.py score --sheet SHEET.md

`draw` scans the corpus as the regular persona and writes a sheet with the code around each finding. The reader
fills in `verdict:` (`right`, `wrong`, or `unsure`) and `why:`. "Right" means: the place is as the message says,
and a careful maintainer would want to change it or to say why not. The sheet quotes other people's code, so it
stays out of the tree; `score` writes benches/results/sample.md with places and verdicts only.
"""

import argparse
import math
import random
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import child
import corpus
import sarif
import tools

CONTEXT = 10
VERDICTS = ("right", "wrong", "unsure")
HEADING = re.compile(r"^## (\d+)\. `([^`]+)` (.+):(\d+)$")


@dataclass(frozen=True)
class Judged:
    """One entry of a sheet."""

    number: int
    rule: str
    path: str
    line: int
    verdict: str
    why: str


def regular_findings(program: str, package: corpus.Package, folder: Path, reports: Path) -> list[sarif.Finding]:
    out = reports / f"{package.folder}.regular.sarif"
    argv = [program, "scan", ".", "--isolated", "--persona", "regular", "--output", f"sarif={out}"]
    done = child.run(argv, cwd=folder, timeout=600)
    if done.exit_code not in (0, 1, 2) or not out.is_file():
        sys.exit(f"error: hognose in {folder}: {done.ended}\n{done.stderr.decode(errors='replace')[-2000:]}")
    return [f for f in sarif.load(out, folder).findings if not f.suppressed]


def excerpt(path: Path, start: int, end: int) -> str:
    lines = path.read_bytes().decode("utf-8", "replace").split("\n")
    shown = []
    for number in range(max(1, start - CONTEXT), min(len(lines), end + CONTEXT) + 1):
        mark = ">" if start <= number <= end else " "
        shown.append(f"{mark}{number:6} {lines[number - 1].rstrip()[:200]}")
    fence = "~" * 8
    return f"{fence}\n" + "\n".join(shown) + f"\n{fence}\n"


def draw(args: argparse.Namespace) -> int:
    root = corpus.location(args)
    program = tools.hognose(args)
    reports = root / ".hognose"
    reports.mkdir(exist_ok=True)
    population = []
    for package, folder in corpus.unpacked(root, args.used_by, args.only):
        for finding in regular_findings(program, package, folder, reports):
            population.append((package.folder, folder, finding))
    # Sorted first, so that the draw depends on what was found and not on the order of the output.
    population.sort(
        key=lambda row: (row[0], row[2].path, row[2].start_line, row[2].start_column, row[2].rule, row[2].message)
    )
    drawn = random.Random(args.seed).sample(population, min(args.number, len(population)))
    rules = Counter(f.rule for _, _, f in population)
    text = [
        "# Findings to judge\n",
        tools.header([tools.version(program)]),
        f"- Drawn: {len(drawn)} of {len(population)} findings, seed {args.seed}",
        "- Population: " + ", ".join(f"{rule} {n}" for rule, n in rules.most_common()) + "\n",
    ]
    for number, (name, folder, finding) in enumerate(drawn, 1):
        facts = (
            ", ".join(v for v in (finding.property("severity"), finding.property("confidence")) if v) or finding.level
        )
        text += [
            f"## {number}. `{finding.rule}` {name}/{finding.path}:{finding.start_line}\n",
            f"{finding.message} ({facts})\n",
            excerpt(folder / finding.path, finding.start_line, finding.end_line),
            "verdict: \nwhy: \n",
        ]
    if args.sheet.exists() and not args.force:
        sys.exit(f"error: {args.sheet} is there already; --force writes over it")
    args.sheet.write_text("\n".join(text))
    print(f"{len(drawn)} of {len(population)} findings written to {args.sheet}")
    return 0


def read_sheet(text: str) -> list[Judged]:
    """Parses a sheet; exits on entries without a valid verdict."""
    entries: list[dict] = []
    fenced = False
    for line in text.split("\n"):
        if line.startswith("~" * 8):
            fenced = not fenced
        if fenced:
            continue
        heading = HEADING.match(line)
        if heading:
            number, rule, path, at = heading.groups()
            entries.append(
                {"number": int(number), "rule": rule, "path": path, "line": int(at), "verdict": "", "why": ""}
            )
        elif entries and line.startswith("verdict:"):
            entries[-1]["verdict"] = line.removeprefix("verdict:").strip().lower()
        elif entries and line.startswith("why:"):
            entries[-1]["why"] = line.removeprefix("why:").strip()
    open_ones = [e["number"] for e in entries if e["verdict"] not in VERDICTS]
    if open_ones or not entries:
        sys.exit(f"error: no verdict ({', '.join(VERDICTS)}) for: {', '.join(map(str, open_ones)) or 'any entry'}")
    return [Judged(**e) for e in entries]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927), which also holds for small n and shares near 1."""
    if n == 0:
        return 0.0, 1.0
    z = 1.959964
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def score(args: argparse.Namespace) -> int:
    sheet = args.sheet.read_text()
    judged = read_sheet(sheet)
    provenance = [line for line in sheet.split("\n## ", 1)[0].split("\n") if line.startswith("- ")]
    counts = Counter(j.verdict for j in judged)
    low, high = wilson(counts["right"], len(judged))
    by_rule: dict[str, Counter] = defaultdict(Counter)
    for j in judged:
        by_rule[j.rule][j.verdict] += 1
    text = [
        "# A random sample, judged\n",
        *provenance,
        "",
        f"**{counts['right']} of {len(judged)} right** ({100 * counts['right'] / len(judged):.0f} %, 95 % interval "
        f"{100 * low:.0f}-{100 * high:.0f} %), {counts['wrong']} wrong, {counts['unsure']} unsure "
        "(counted as not right).\n",
        "| rule | right | wrong | unsure |",
        "|---|--:|--:|--:|",
        *(f"| {rule} | {c['right']} | {c['wrong']} | {c['unsure']} |" for rule, c in sorted(by_rule.items())),
        "",
        "| # | rule | place | verdict | why |",
        "|--:|---|---|---|---|",
        *(
            f"| {j.number} | {j.rule} | `{j.path}:{j.line}` | {j.verdict} | {j.why.replace('|', chr(92) + '|')} |"
            for j in judged
        ),
        "",
    ]
    path = tools.write_result("sample.md", "\n".join(text), args.results)
    print(f"{counts['right']} right, {counts['wrong']} wrong, {counts['unsure']} unsure of {len(judged)}")
    print(f"written to {path}", file=sys.stderr)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("draw", help="scan, draw, write the sheet")
    corpus.add_option(first)
    tools.add_options(first, peers=False)
    first.add_argument("--sheet", type=Path, required=True)
    first.add_argument("--number", type=int, default=100)
    first.add_argument("--seed", type=int, default=1)
    first.add_argument("--used-by", help="only packages of corpus.json for this benchmark (default: all of them)")
    first.add_argument("--only", metavar="NAMES", help="comma-separated packages instead")
    first.add_argument("--force", action="store_true", help="write over an existing sheet")
    first.set_defaults(run=draw)
    second = commands.add_parser("score", help="count the verdicts of a judged sheet")
    second.add_argument("--sheet", type=Path, required=True)
    second.add_argument(
        "--results", type=Path, metavar="DIR", help="where to write sample.md (default: benches/results)"
    )
    second.set_defaults(run=score)
    args = parser.parse_args()
    return args.run(args)


if __name__ == "__main__":
    sys.exit(main())
