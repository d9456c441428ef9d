#!/usr/bin/env python3
"""Is every finding of Bandit and of Ruff's S rules also one of ours, or wrong for a stated reason?

    agreement.py --corpus DIR --peers DIR [--only NAMES] [--codes B608,S608] [--draft]

Both peers run with their suppressions ignored and their folder exclusions off, restricted to the codes that the
rules of hognose name as aliases; hognose runs in the auditor persona. A peer's finding is matched if hognose has
one of a rule with that alias in the same file, suppressed or not, such that the peer's line lies within our range
or our first line within the peer's. What is left must be explained by an entry of disagreements.toml. The exit
code is 1 if something is unexplained, or if an entry explains nothing any more.

Results of the peers do not change while they are pinned, so they are kept in DIR/.peers.
"""

import argparse
import fnmatch
import json
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import child
import corpus
import sarif
import tools

DISAGREEMENTS = Path(__file__).resolve().parent / "disagreements.toml"


@dataclass(frozen=True)
class PeerFinding:
    """One finding of a peer."""

    tool: str
    code: str
    path: str
    line: int
    """Where the peer points."""
    start: int
    end: int
    """First and last line of the construct, inclusive."""
    message: str


@dataclass(frozen=True)
class PeerRun:
    """What one peer said about one package."""

    findings: list[PeerFinding]
    not_parsed: dict[str, str]
    """Files the peer could not look at, with its reason."""


def run_bandit(program: str, folder: Path, out: Path) -> None:
    # -x without a real name switches the default exclusions off.
    argv = [program, "-q", "-r", ".", "-f", "json", "-o", str(out), "--ignore-nosec", "-x", ".nothing-is-excluded"]
    done = child.run(argv, cwd=folder, timeout=7200)
    if done.exit_code not in (0, 1):
        sys.exit(f"error: bandit in {folder}: {done.ended}\n{done.stderr.decode(errors='replace')[-2000:]}")


def read_bandit(path: Path) -> PeerRun:
    log = json.loads(path.read_text())
    findings = []
    for row in log["results"]:
        lines = row["line_range"] or [row["line_number"]]
        findings.append(
            PeerFinding(
                "bandit",
                row["test_id"],
                row["filename"].removeprefix("./"),
                row["line_number"],
                min(lines),
                max(lines),
                row["issue_text"],
            )
        )
    return PeerRun(findings, {e["filename"].removeprefix("./"): e["reason"] for e in log["errors"]})


def run_ruff(program: str, folder: Path, out: Path) -> None:
    argv = [
        program,
        "check",
        "--select",
        "S",
        "--preview",
        "--isolated",
        "--no-cache",
        "--ignore-noqa",
        "--exit-zero",
        # The newest syntax, and every file.
        "--target-version",
        "py314",
        "--no-respect-gitignore",
        "--config",
        "exclude=[]",
        "--output-format",
        "json",
        "--output-file",
        str(out),
        ".",
    ]
    done = child.run(argv, cwd=folder, timeout=600)
    if done.exit_code != 0:
        sys.exit(f"error: ruff in {folder}: {done.ended}\n{done.stderr.decode(errors='replace')[-2000:]}")


def read_ruff(path: Path, folder: Path) -> PeerRun:
    findings = []
    not_parsed: dict[str, str] = {}
    for row in json.loads(path.read_text()):
        file = Path(row["filename"]).relative_to(folder).as_posix()
        code = row["code"]
        if code is None or code == "invalid-syntax":
            not_parsed.setdefault(file, row["message"])
            continue
        start = row["location"]["row"]
        end = row["end_location"]["row"]
        findings.append(PeerFinding("ruff", code, file, start, start, max(start, end), row["message"]))
    return PeerRun(findings, not_parsed)


def peer_runs(args: argparse.Namespace, store: Path, package: corpus.Package, folder: Path) -> dict[str, PeerRun]:
    """Both peers' results, from the store if they are there."""
    store.mkdir(exist_ok=True)
    runs = {}
    for name in ("bandit", "ruff"):
        kept = store / f"{package.folder}.{name}-{tools.PINNED[name]}.json"
        if not kept.is_file():
            print(f"{package.folder}: running {name}", file=sys.stderr, flush=True)
            part = kept.with_suffix(".part")
            part.unlink(missing_ok=True)
            (run_bandit if name == "bandit" else run_ruff)(tools.peer(args, name), folder, part)
            if not part.is_file():
                part.write_text("[]")  # Ruff writes no file where it found no Python
            part.rename(kept)
        runs[name] = read_bandit(kept) if name == "bandit" else read_ruff(kept, folder)
    return runs


def aliases(program: str) -> dict[tuple[str, str], set[str]]:
    """(tool, code) to the ids of the rules that carry it."""
    done = subprocess.run([program, "rules", "--format", "json"], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        sys.exit(f"error: `hognose rules --format json`: {done.stderr}")
    listed = json.loads(done.stdout)
    rules = listed["rules"] if isinstance(listed, dict) else listed
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for rule in rules:
        for tool in ("bandit", "ruff"):
            for code in rule[tool]:
                found[tool, code].add(rule["id"])
    if not found:
        sys.exit("error: no rule of hognose carries an alias")
    return dict(found)


def scan(program: str, folder: Path, out: Path) -> sarif.Report:
    argv = [program, "scan", ".", "--isolated", "--persona", "auditor", "--output", f"sarif={out}"]
    done = child.run(argv, cwd=folder, timeout=600)
    if done.exit_code not in (0, 1, 2) or not out.is_file():
        sys.exit(f"error: hognose in {folder}: {done.ended}\n{done.stderr.decode(errors='replace')[-2000:]}")
    return sarif.load(out, folder)


@dataclass
class Disagreement:
    """An entry of disagreements.toml."""

    package: str
    codes: list[str]
    path: str
    line: re.Pattern
    reason: str
    used: int = 0

    def covers(self, package: str, finding: PeerFinding, source: str) -> bool:
        return (
            finding.code in self.codes
            and fnmatch.fnmatchcase(package.lower(), self.package.lower())
            and fnmatch.fnmatchcase(finding.path, self.path)
            and self.line.search(source) is not None
        )


def disagreements(path: Path) -> list[Disagreement]:
    entries = []
    for number, row in enumerate(tomllib.loads(path.read_text()).get("disagreement", []), 1):
        unknown = row.keys() - {"package", "code", "path", "line", "reason"}
        if unknown or not row.get("reason") or "code" not in row or not ("path" in row or "line" in row):
            sys.exit(
                f"error: {path.name}: entry {number}: needs `code`, `reason`, and `path` or `line`; "
                f"may have `package`; unknown: {sorted(unknown)}"
            )
        codes = [row["code"]] if isinstance(row["code"], str) else row["code"]
        try:
            line = re.compile(row.get("line", ""))
        except re.error as error:
            sys.exit(f"error: {path.name}: entry {number}: `line` is no regular expression: {error}")
        entries.append(Disagreement(row.get("package", "*"), codes, row.get("path", "*"), line, row["reason"]))
    return entries


class SourceLines:
    """Lines of the package's files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, list[str]] = {}

    def get(self, path: str, line: int) -> str:
        if path not in self.files:
            # By line feed, as all three tools count; other separators that Python knows do not end a line.
            text = (self.folder / path).read_bytes().decode("utf-8", "replace")
            self.files[path] = re.split(r"\r\n|\r|\n", text)
        lines = self.files[path]
        return lines[line - 1].strip() if 0 < line <= len(lines) else ""


@dataclass
class Tally:
    """Counts for one package, tool and code."""

    total: int = 0
    same_line: int = 0
    in_range: int = 0
    explained: int = 0
    unexplained: int = 0


@dataclass
class Verdicts:
    """Everything about one package."""

    package: corpus.Package
    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    unexplained: list[tuple[PeerFinding, str]] = field(default_factory=list)
    reasons: Counter = field(default_factory=Counter)
    not_parsed: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[sarif.Problem] = field(default_factory=list)
    ours: int = 0
    suppressed: int = 0


def compare(
    package: corpus.Package,
    folder: Path,
    peers: dict[str, PeerRun],
    ours: sarif.Report,
    named: dict[tuple[str, str], set[str]],
    entries: list[Disagreement],
) -> Verdicts:
    by_place: dict[tuple[str, str], list[sarif.Finding]] = defaultdict(list)
    for finding in ours.findings:
        by_place[finding.path, finding.rule].append(finding)
    verdicts = Verdicts(
        package, problems=ours.problems, ours=len(ours.findings), suppressed=sum(f.suppressed for f in ours.findings)
    )
    sources = SourceLines(folder)
    for tool, run in peers.items():
        verdicts.not_parsed[tool] = run.not_parsed
        for finding in run.findings:
            rules = named.get((tool, finding.code))
            if not rules:
                continue
            tally = verdicts.tallies[tool, finding.code]
            tally.total += 1
            candidates = [f for rule in rules for f in by_place.get((finding.path, rule), ())]
            if any(f.start_line == finding.line for f in candidates):
                tally.same_line += 1
            elif any(
                f.start_line <= finding.line <= f.end_line or finding.start <= f.start_line <= finding.end
                for f in candidates
            ):
                tally.in_range += 1
            else:
                source = sources.get(finding.path, finding.line)
                entry = next((e for e in entries if e.covers(package.name, finding, source)), None)
                if entry:
                    entry.used += 1
                    tally.explained += 1
                    verdicts.reasons[finding.code, entry.reason] += 1
                else:
                    tally.unexplained += 1
                    verdicts.unexplained.append((finding, source))
    return verdicts


def added(tallies: Iterable[Tally]) -> Tally:
    """The sum of each count."""
    rows = [list(vars(t).values()) for t in tallies]
    return Tally(*map(sum, zip(*rows, strict=True))) if rows else Tally()


def show_unexplained(every: list[Verdicts], limit: int) -> None:
    """To the terminal: by code, with the source line."""
    groups = defaultdict(list)
    for verdicts in every:
        for finding, source in verdicts.unexplained:
            groups[finding.tool, finding.code].append((verdicts.package.folder, finding, source))
    for (tool, code), rows in sorted(groups.items()):
        print(f"\n{tool} {code}: {len(rows)} unexplained; {rows[0][1].message}")
        for folder, finding, source in rows[:limit]:
            print(f"  {folder}/{finding.path}:{finding.line}: {source[:160]}")
        if len(rows) > limit:
            print(f"  … and {len(rows) - limit} more (--limit)")


def escaped(text: str) -> str:
    """A regular expression for `text` itself; unlike `re.escape`, it leaves blanks and quotes alone."""
    return re.sub(r"([\\.^$*+?{}\[\]|()])", r"\\\1", text)


def toml_string(text: str) -> str:
    """A literal string where possible, since backslashes stay single there."""
    return json.dumps(text, ensure_ascii=False) if "'" in text or "\t" in text else f"'{text}'"


def draft(every: list[Verdicts]) -> str:
    """Entries for disagreements.toml, to be given a reason by somebody who has read the code."""
    seen: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for verdicts in every:
        for finding, source in verdicts.unexplained:
            seen[verdicts.package.name, finding.path, source].add(finding.code)
    text = []
    for (package, path, source), codes in sorted(seen.items()):
        # JSON strings are TOML basic strings.
        literal = re.sub(r"([*?[])", r"[\1]", path)
        text.append(
            "\n".join(
                [
                    "[[disagreement]]",
                    f"package = {json.dumps(package)}",
                    f"code = {json.dumps(sorted(codes))}",
                    f"path = {json.dumps(literal)}",
                    f"line = {toml_string('^' + escaped(source) + '$')}",
                    'reason = ""\n',
                ]
            )
        )
    return "\n".join(text)


def markdown(every: list[Verdicts], named: dict[tuple[str, str], set[str]], versions: list[str]) -> str:
    found = {key for v in every for key in v.tallies}
    silent = sorted(code for _, code in named.keys() - found)
    sums = added(t for v in every for t in v.tallies.values())
    asserts = added(t for v in every for (_, code), t in v.tallies.items() if code in ("B101", "S101"))
    text = [
        "# Agreement with Bandit and Ruff S\n",
        tools.header(versions),
        f"Of {sums.total} findings of the peers, {sums.same_line} are matched on the same line, {sums.in_range} within "
        f"the same construct, {sums.explained} are explained in `disagreements.toml`, "
        f"**{sums.unexplained} are unexplained**.\n",
        f"{asserts.total} of them are `assert` statements (B101, S101); without these, {sums.total - asserts.total} "
        f"findings, {sums.same_line - asserts.same_line} on the same line, {sums.in_range - asserts.in_range} within "
        f"the same construct.\n",
        f"Codes compared: {', '.join(sorted(code for _, code in found))}. "
        f"Compared, but found nowhere by the peers: {', '.join(silent) or 'none'}.\n",
        "## By package\n",
        "| package | peers' findings | same line | same construct | explained | unexplained "
        "| ours, auditor | of these suppressed |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for v in every:
        counts = " | ".join(map(str, vars(added(v.tallies.values())).values()))
        text.append(f"| {v.package.folder} | {counts} | {v.ours} | {v.suppressed} |")
    text += [
        "\n## By code\n",
        "| tool | code | peers' findings | same line | same construct | explained | unexplained |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for tool, code in sorted({key for v in every for key in v.tallies}):
        total = added(v.tallies[tool, code] for v in every if (tool, code) in v.tallies)
        text.append(f"| {tool} | {code} | " + " | ".join(map(str, vars(total).values())) + " |")
    text += [
        "\n## By package and code\n",
        "| package | tool | code | peers' findings | matched | explained | unexplained |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for v in every:
        for (tool, code), t in sorted(v.tallies.items()):
            text.append(
                f"| {v.package.folder} | {tool} | {code} | {t.total} | {t.same_line + t.in_range} | "
                f"{t.explained} | {t.unexplained} |"
            )
    reasons = Counter()
    for v in every:
        reasons.update(v.reasons)
    if reasons:
        text += ["\n## Reasons\n", "| code | findings | why it is not one of ours |", "|---|--:|---|"]
        text += [f"| {code} | {n} | {reason} |" for (code, reason), n in sorted(reasons.items())]
    text += [
        "\n## Not looked at\n",
        "Files each tool could not parse or did not look at properly.\n",
        "| package | Bandit | Ruff | hognose problems |",
        "|---|--:|--:|---|",
    ]
    for v in every:
        kinds = Counter(p.kind for p in v.problems)
        text.append(
            f"| {v.package.folder} | {len(v.not_parsed['bandit'])} | {len(v.not_parsed['ruff'])} | "
            f"{', '.join(f'{n} {k}' for k, n in sorted(kinds.items())) or 'none'} |"
        )
    for tool in ("bandit", "ruff"):
        lost = [(v.package.folder, *row) for v in every for row in sorted(v.not_parsed[tool].items())]
        if lost:
            text.append(f"\n{tool} left out:\n")
            text += [f"- `{folder}/{path}`: {why}" for folder, path, why in lost]
    return "\n".join(text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_option(parser)
    tools.add_options(parser)
    parser.add_argument("--only", metavar="NAMES", help="comma-separated packages")
    parser.add_argument("--codes", metavar="CODES", help="comma-separated codes; others are left out")
    parser.add_argument("--limit", type=int, default=40, metavar="N", help="unexplained findings shown per code")
    parser.add_argument("--draft", action="store_true", help="print entries for disagreements.toml, without reasons")
    parser.add_argument("--peers-only", action="store_true", help="only run the peers and keep their results")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="DIR",
        help="where to write agreement.md (default: benches/results, for a whole run)",
    )
    args = parser.parse_args()
    root = corpus.location(args)
    chosen = corpus.unpacked(root, "agreement", args.only)
    if args.peers_only:
        for package, folder in chosen:
            for name, run in peer_runs(args, root / ".peers", package, folder).items():
                print(f"{package.folder}: {name}: {len(run.findings)} findings, {len(run.not_parsed)} files not parsed")
        return 0
    hognose = tools.hognose(args)
    named = aliases(hognose)
    if args.codes:
        named = {key: rules for key, rules in named.items() if key[1] in args.codes.split(",")}
    entries = disagreements(DISAGREEMENTS)
    reports = root / ".hognose"
    reports.mkdir(exist_ok=True)
    every = []
    for package, folder in chosen:
        peers = peer_runs(args, root / ".peers", package, folder)
        ours = scan(hognose, folder, reports / f"{package.folder}.auditor.sarif")
        every.append(compare(package, folder, peers, ours, named, entries))

    if args.draft:
        print(draft(every))
    else:
        show_unexplained(every, args.limit)
    unexplained = sum(len(v.unexplained) for v in every)
    whole = not args.only and not args.codes
    stale = [e for e in entries if not e.used] if whole else []
    for entry in stale:
        print(
            f"error: explains nothing any more: {entry.package} {entry.codes} {entry.path} `{entry.line.pattern}`",
            file=sys.stderr,
        )
    versions = [tools.version(hognose), *(f"{n} {v}" for n, v in sorted(tools.PINNED.items()))]
    if whole or args.results:
        path = tools.write_result("agreement.md", markdown(every, named, versions), args.results)
        print(f"written to {path}", file=sys.stderr)
    total = sum(t.total for v in every for t in v.tallies.values())
    print(f"{total} findings of peers, {unexplained} unexplained, {len(stale)} stale entries", file=sys.stderr)
    return 1 if unexplained or stale else 0


if __name__ == "__main__":
    sys.exit(main())
