#!/usr/bin/env python3
"""Scan thousands of damaged real files: no panic, no hang, no runaway memory.

    mutate.py --corpus DIR [--number 10000] [--seed 1] [--keep DIR]

Each mutant is a real file of the corpus (Python, stub, template; some as a notebook) after one to four seeded
mutations; it depends on the seed and its number only. Mutants are scanned in folders of 500 as the auditor, under a
limit on time and address space. A folder fails if hognose ends with anything but 0, 1 or 2, is killed at a limit,
speaks of a panic on stderr, or reports a check that failed from within. A failing folder is halved until the file
(or the smallest set of files) is found, which is saved in --keep (default: DIR/.mutants-failed). The exit code is 1
then.
"""

import argparse
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import child
import corpus
import sarif
import tools

PER_FOLDER = 500
MAX_SOURCE = 200_000
# How often each kind of file is taken as the source of a mutant.
KINDS = [((".py",), 84), ((".pyi",), 4), ((".html", ".htm", ".jinja", ".jinja2", ".j2", ".mako"), 10)]
NOTEBOOKS = 2
TOKEN = re.compile(rb"[A-Za-z_]\w*|\d[\w.]*|\"\"\"|'''|[ \t]+|\r?\n|[^\w\s]|.", re.DOTALL)
OPENERS = [
    b"(",
    b"[",
    b"{",
    b"f'{",
    b"lambda:",
    b"not ",
    b"-",
    b"await ",
    b"*",
    b"x if y else ",
    b"{{",
    b"{%",
    b"'''",
    b'"""',
]
CLOSERS = [b")", b"]", b"}", b"'", b'"', b"}}", b"%}", b"\\"]
KEYWORDS = [
    b"def ",
    b"class ",
    b"return ",
    b"yield ",
    b"async ",
    b"await ",
    b"match ",
    b"case _:",
    b"try:",
    b"except*:",
    b"finally:",
    b"with ",
    b"import ",
    b"from . import *",
    b"global x",
    b"nonlocal x",
    b"lambda: ",
    b"type X[T: int] = ",
    b":=",
    b"->",
    b"@",
    b"...",
    b"**",
    b"print ",
    b"exec ",
    b"`x`",
    b"<>",
    b"0777",
    b"ur'x'",
    b"t'{x!r:>{y}}'",
    b"f'{x:{y:{z}}}'",
]
# Unicode that trips byte arithmetic: combining, wide, astral, line separators, BOM, bidi, NUL, lone continuation.
ODD = ["\u0301", "ｆｕｎｃ", "\U0001f40d", "\u2028", "\x85", "\ufeff", "\u202e", "\x00", "\x0c", "\x1a", "ª", "ℌ", "\r"]
INVALID = [b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x80", b"\xe2\x82", b"\xff\xfe", b"\xfe\xff"]
COOKIES = [
    b"# -*- coding: latin-1 -*-\n",
    b"# coding: utf-16\n",
    b"# coding: no-such\n",
    b"# coding: utf-7\n",
    b"\xef\xbb\xbf",
]


def _spot(rng: random.Random, data: bytes) -> int:
    return rng.randint(0, len(data))


def _tokens(rng: random.Random, data: bytes, change) -> bytes:
    """Applies `change` to the list of tokens of a window, so that large files cost no more."""
    start = _spot(rng, data)
    window = TOKEN.findall(data[start : start + 4000])
    if not window:
        return data
    return data[:start] + b"".join(change(window)) + data[start + 4000 :]


def delete_tokens(rng, data, other):
    def change(tokens):
        at = rng.randrange(len(tokens))
        return tokens[:at] + tokens[at + rng.randint(1, 5) :]

    return _tokens(rng, data, change)


def duplicate_tokens(rng, data, other):
    def change(tokens):
        at = rng.randrange(len(tokens))
        part = tokens[at : at + rng.randint(1, 8)]
        return tokens[:at] + part * rng.choice([2, 3, 50]) + tokens[at:]

    return _tokens(rng, data, change)


def swap_tokens(rng, data, other):
    def change(tokens):
        for _ in range(rng.randint(1, 5)):
            a, b = rng.randrange(len(tokens)), rng.randrange(len(tokens))
            tokens[a], tokens[b] = tokens[b], tokens[a]
        return tokens

    return _tokens(rng, data, change)


def insert_words(rng, data, other):
    def change(tokens):
        for _ in range(rng.randint(1, 4)):
            tokens.insert(rng.randint(0, len(tokens)), rng.choice(KEYWORDS + OPENERS + CLOSERS))
        return tokens

    return _tokens(rng, data, change)


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def delete_lines(rng, data, other):
    lines = _lines(data)
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + lines[at + rng.randint(1, 10) :])


def duplicate_lines(rng, data, other):
    lines = _lines(data)
    at = rng.randrange(len(lines))
    return b"".join(lines[:at] + lines[at : at + rng.randint(1, 20)] * rng.choice([2, 5]) + lines[at:])


def swap_lines(rng, data, other):
    lines = _lines(data)
    for _ in range(rng.randint(1, 5)):
        a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def indent_lines(rng, data, other):
    lines = _lines(data)
    at = rng.randrange(len(lines))
    for i in range(at, min(len(lines), at + rng.randint(1, 30))):
        lines[i] = rng.choice([b"", b" ", b"   ", b"\t", b" \t ", b"\x0c", b" " * rng.randint(1, 200)]) + lines[
            i
        ].lstrip(b" \t")
    return b"".join(lines)


def flip_bytes(rng, data, other):
    out = bytearray(data)
    for _ in range(min(len(out), rng.choice([1, 3, 10, 100]))):
        out[rng.randrange(len(out))] = rng.randrange(256)
    return bytes(out)


def unbalance(rng, data, other):
    at = _spot(rng, data)
    return data[:at] + rng.choice(OPENERS + CLOSERS) * rng.choice([1, 2, 7]) + data[at:]


def nest(rng, data, other):
    at = _spot(rng, data)
    depth = rng.choice([50, 300, 2000, 20000])
    opener, closer = rng.choice(
        [
            (b"(", b")"),
            (b"[", b"]"),
            (b"{", b"}"),
            (b"f(", b")"),
            (b"-", b""),
            (b"not ", b""),
            (b"a[", b"]"),
            (b"lambda: ", b""),
            (b"{% if x %}", b"{% endif %}"),
            (b"{{", b"}}"),
            (b"f'{", b"}'"),
            (b"a.", b"b"),
        ]
    )
    closed = rng.choice([0, depth, depth - 1])
    return data[:at] + opener * depth + b"x" + closer * closed + data[at:]


def truncate(rng, data, other):
    return data[: _spot(rng, data)]


def behead(rng, data, other):
    return data[_spot(rng, data) :]


def huge_token(rng, data, other):
    at = _spot(rng, data)
    size = rng.choice([1000, 70_000, 1_000_000])
    return (
        data[:at]
        + rng.choice([b"a", b"9", b"'", b"#", b" ", b"\\\n", b"_", b"0x", b"1e", b"\xc3\xa9", b"."]) * size
        + data[at:]
    )


def odd_unicode(rng, data, other):
    for _ in range(rng.randint(1, 6)):
        at = _spot(rng, data)
        data = data[:at] + rng.choice(ODD).encode() + data[at:]
    return data


def invalid_utf8(rng, data, other):
    for _ in range(rng.randint(1, 6)):
        at = _spot(rng, data)
        data = data[:at] + rng.choice(INVALID) + data[at:]
    return data


def encoding(rng, data, other):
    return rng.choice(COOKIES) + data


def line_ends(rng, data, other):
    return data.replace(b"\n", rng.choice([b"\r", b"\r\n", b"\n\r", b"\\\n", b"", b"\n\n", b";\n"]))


def splice(rng, data, other):
    return data[: _spot(rng, data)] + other[_spot(rng, other) :]


def interleave(rng, data, other):
    ours, theirs = _lines(data), _lines(other)
    return b"".join(line for pair in zip(ours, theirs, strict=False) for line in pair)


MUTATIONS = [
    delete_tokens,
    duplicate_tokens,
    swap_tokens,
    insert_words,
    delete_lines,
    duplicate_lines,
    swap_lines,
    indent_lines,
    flip_bytes,
    unbalance,
    nest,
    truncate,
    behead,
    huge_token,
    odd_unicode,
    invalid_utf8,
    encoding,
    line_ends,
    splice,
    interleave,
]


@dataclass(frozen=True)
class Pool:
    """Sources of one kind."""

    suffix: str | None
    """The mutants' suffix, if it is not the source's."""
    weight: int
    files: list[Path]


def pools(folders: list[Path]) -> list[Pool]:
    made = []
    for suffixes, weight in KINDS:
        files = [
            p for folder in folders for p in corpus.python_files(folder, suffixes) if 0 < p.stat().st_size <= MAX_SOURCE
        ]
        if files:
            made.append(Pool(None, weight, files))
            if ".py" in suffixes:
                made.append(Pool(".ipynb", NOTEBOOKS, files))
    if not made:
        sys.exit("error: the corpus has no files to mutate")
    return made


def notebook(source: bytes) -> bytes:
    """A notebook with the source's lines in cells of twenty; source distributions hardly ever carry real ones."""
    lines = source.decode("utf-8", "replace").splitlines(keepends=True)
    cells = [
        {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines[at : at + 20]}
        for at in range(0, len(lines), 20)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def mutant(seed: int, number: int, sources: list[Pool]) -> tuple[str, bytes, list[str]]:
    """File name, content, and what was done to it."""
    rng = random.Random(f"{seed}/{number}")
    pool = rng.choices(sources, [p.weight for p in sources])[0]
    origin = rng.choice(pool.files)
    data, other = origin.read_bytes(), rng.choice(pool.files).read_bytes()
    if pool.suffix == ".ipynb":
        # Half are damaged inside the cells and stay well-formed, half as JSON.
        if rng.random() < 0.5:
            change = rng.choice(MUTATIONS)
            return f"m{number:06}.ipynb", notebook(change(rng, data, other)[:5_000_000]), [origin.name, change.__name__]
        data, other = notebook(data), notebook(other)
    done = []
    for _ in range(rng.choice([1, 1, 2, 3, 4])):
        change = rng.choice(MUTATIONS)
        # Mutations that multiply must not multiply each other into gigabytes.
        data = change(rng, data, other)[:5_000_000]
        done.append(change.__name__)
    return f"m{number:06}{pool.suffix or origin.suffix}", data, [origin.name, *done]


@dataclass(frozen=True)
class Limits:
    seconds: float
    memory_mb: int


def failure(program: str, folder: Path, limits: Limits) -> tuple[str | None, child.Outcome, Counter]:
    """What is wrong with a scan of `folder`, if anything; also the kinds of problems it reports."""
    with tempfile.TemporaryDirectory(prefix="hognose-mutate-") as scratch:
        out = Path(scratch, "out.sarif")
        argv = [program, "scan", ".", "--isolated", "--persona", "auditor", "--output", f"sarif={out}"]
        done = child.run(argv, cwd=folder, timeout=limits.seconds, memory_mb=limits.memory_mb)
        kinds: Counter = Counter()
        if done.exit_code not in (0, 1, 2):
            return done.ended, done, kinds
        if b"panicked" in done.stderr or b"overflowed its stack" in done.stderr:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())
            at = max(said.find("panicked"), said.find("overflowed its stack"))
            # Without the folders of the machine it was built on.
            return "panic on stderr: " + re.sub(r"(?<!\S)/\S*/", "", said[at : at + 300])[:160], done, kinds
        try:
            report = sarif.load(out)
        except (OSError, ValueError, KeyError, IndexError) as error:
            return f"no valid SARIF: {error!r}", done, kinds
        kinds.update(p.kind for p in report.problems)
        if "check-failed" in kinds:
            first = next(p for p in report.problems if p.kind == "check-failed")
            return f"check failed: {first.message[:200]}", done, kinds
        return None, done, kinds


def bisect(program: str, files: list[Path], limits: Limits) -> list[Path]:
    """The smallest set of files that still fails that halving finds; `files` fail together."""

    def fails(part: list[Path]) -> bool:
        with tempfile.TemporaryDirectory(prefix="hognose-bisect-") as scratch:
            for file in part:
                shutil.copyfile(file, Path(scratch, file.name))
            return failure(program, Path(scratch), limits)[0] is not None

    while len(files) > 1:
        middle = len(files) // 2
        for part in (files[:middle], files[middle:]):
            if fails(part):
                files = part
                break
        else:
            break  # only the two halves together fail
    return files


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    corpus.add_option(parser)
    tools.add_options(parser, peers=False)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="limit for a folder of 500 (default: 60)")
    parser.add_argument("--memory", type=int, default=2000, metavar="MB", help="limit on address space (default: 2000)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to save mutants that fail")
    parser.add_argument(
        "--results", type=Path, metavar="DIR", help="where to write mutate.md (default: benches/results)"
    )
    args = parser.parse_args()
    program = tools.hognose(args)
    root = corpus.location(args)
    limits = Limits(args.seconds, args.memory)
    keep = args.keep or root / ".mutants-failed"
    sources = pools([folder for _, folder in corpus.unpacked(root)])
    applied: Counter = Counter()
    problems: Counter = Counter()
    kinds: Counter = Counter()
    failures: list[str] = []
    outcomes: list[child.Outcome] = []
    size = 0
    begin = time.perf_counter()
    for start in range(args.first, args.first + args.number, PER_FOLDER):
        numbers = range(start, min(start + PER_FOLDER, args.first + args.number))
        with tempfile.TemporaryDirectory(prefix="hognose-mutants-") as scratch:
            folder = Path(scratch)
            history = {}
            for number in numbers:
                name, data, done = mutant(args.seed, number, sources)
                (folder / name).write_bytes(data)
                history[name] = done
                applied.update(done[1:])
                kinds[Path(name).suffix] += 1
                size += len(data)
            wrong, outcome, seen = failure(program, folder, limits)
            outcomes.append(outcome)
            problems.update(seen)
            print(
                f"mutants {numbers[0]}-{numbers[-1]}: {outcome.ended}, {outcome.wall:.2f} s, {outcome.peak_mb:.0f} MB"
                + (f": FAILED: {wrong}" if wrong else ""),
                flush=True,
            )
            if wrong:
                guilty = bisect(program, sorted(folder.iterdir()), limits)
                keep.mkdir(parents=True, exist_ok=True)
                for file in guilty:
                    shutil.copyfile(file, keep / file.name)
                    (keep / (file.name + ".json")).write_text(
                        json.dumps({"seed": args.seed, "failure": wrong, "made": history[file.name]})
                    )
                names = ", ".join(f"{f.name} ({' '.join(history[f.name])})" for f in guilty[:3])
                failures.append(f"{wrong}: {len(guilty)} file(s): {names}")
                print(f"  saved in {keep}: {names}", flush=True)
    seconds = [o.wall for o in outcomes]
    text = [
        "# Mutated files\n",
        tools.header([tools.version(program)]),
        f"{args.number} mutants of seed {args.seed} ({', '.join(f'{n} {k}' for k, n in kinds.most_common())}; "
        f"{size / 1e6:.0f} MB), limits {limits.seconds:.0f} s and {limits.memory_mb} MB for {PER_FOLDER} files: "
        f"**{len(failures)} folders failed**.\n",
        f"Seconds for a folder: median {statistics.median(seconds):.2f}, largest {max(seconds):.2f}. "
        f"Peak memory: {max(o.peak_mb for o in outcomes):.0f} MB.\n",
        "Problems reported: " + (", ".join(f"{k} {n}" for k, n in problems.most_common()) or "none") + "\n",
        "Mutations applied: " + ", ".join(f"{k} {n}" for k, n in applied.most_common()) + "\n",
        *(f"- {f}" for f in failures),
        "",
    ]
    path = tools.write_result("mutate.md", "\n".join(text), args.results)
    print(
        f"{args.number} mutants, {len(failures)} folders failed, {time.perf_counter() - begin:.0f} s; written to {path}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
