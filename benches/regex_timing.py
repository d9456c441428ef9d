#!/usr/bin/env python3
"""Every verdict on a regular expression, confirmed by timing CPython's `re`.

    regex_timing.py [--write]

Reads the table that the unit tests of `hognose_taint::regex` hold (use, verdict, attack, pattern). An attack is run
with more and more repetitions until it takes a while, and the growth is measured: the factor by which each repetition
more multiplies the time, or the power of the text's length with which the time grows. A pattern that is said to be
safe is attacked by brute force: all short words over the characters it names, repeated, with several beginnings and
endings. The exit code is 1 if a verdict is wrong. `--write` writes results/regex.md.
"""

import argparse
import itertools
import math
import platform
import re
import signal
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLE = HERE.parent / "crates/hognose_taint/src/regex/verdicts.txt"
LIMIT = 3.0
"""Seconds of processor time after which a run is stopped."""


class Stopped(Exception):
    """A run took too long."""


def stop(_signal, _frame):
    raise Stopped


def runner(use: str, pattern: str):
    compiled = re.compile(pattern)
    return {
        "match": compiled.match,
        "fullmatch": compiled.fullmatch,
        "search": compiled.search,
        "scan": compiled.findall,
    }[use]


def seconds(run, text: str) -> float:
    """Processor seconds of one run, the best of three where they are few; infinite when stopped."""
    best = math.inf
    for _ in range(3):
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
        try:
            start = time.process_time()
            run(text)
            best = min(best, time.process_time() - start)
        except Stopped:
            return math.inf
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        if best > 0.3:
            break
    return best


def text_of(attack: str, times: int) -> str:
    return eval(attack.replace("* 50", "* times"), {"times": times})  # our own table


def exponential(run, attack: str):
    """The factor of one repetition more, and the run that shows it."""
    points = []
    for times in range(3, 200):
        took = seconds(run, text_of(attack, times))
        if took > 0.0005:
            points.append((times, took))
        if took > 0.3:
            break
    points = [point for point in points if point[1] < math.inf]
    if not points:
        return math.inf, times, LIMIT
    if len(points) < 2:
        return math.inf, *points[0]
    (first, early), (last, late) = points[0], points[-1]
    return (late / early) ** (1 / (last - first)), last, late


def polynomial(run, attack: str):
    """The power of the length, and the run that shows it."""
    points, times = [], 1
    while times < 3_000_000:
        took = seconds(run, text_of(attack, times))
        if took == math.inf:
            break
        if took > 0.0008:
            points.append((len(text_of(attack, times)), took))
        if took > 0.8:
            break
        times = int(times * 1.5) + 1
    points = points[-6:]
    if len(points) < 2:
        # Too steep for two measurements.
        return (math.inf if took > 0.8 else 0.0), times, min(took, LIMIT)
    (first, early), (last, late) = points[0], points[-1]
    return math.log(late / early) / math.log(last / first), last, late


def resists(run, pattern: str):
    """The power of the worst short word repeated, and the word."""
    letters = sorted(set(re.sub(r"\\[a-zA-Z]|[\\\[\](){}?+*|^$]", "", pattern)))[:3]
    letters = list(dict.fromkeys([*letters, "a", " ", "\n", "0"]))[:5]
    worst = (0.0, "")
    words = ["".join(word) for size in (1, 2) for word in itertools.product(letters, repeat=size)]
    for word in words:
        for before, after in itertools.product(("", letters[0], "!"), ("", "!", "\n!", letters[0])):
            if seconds(run, before + word * 24 + after) > 0.02:
                return math.inf, before + word + after
            small = seconds(run, before + word * 400 + after)
            if small < 0.0002:
                continue
            large = seconds(run, before + word * 3200 + after)
            power = math.log(large / small) / math.log(8)
            worst = max(worst, (power, before + word + after))
    return worst


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--write", action="store_true", help="write results/regex.md")
    options = arguments.parse_args()
    signal.signal(signal.SIGVTALRM, stop)
    rows, wrong, counts = [], [], {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        use, verdict, attack, pattern = line.split("\t", 3)
        run = runner(use, pattern)
        counts[verdict] = counts.get(verdict, 0) + 1
        if verdict == "exponential":
            factor, size, took = exponential(run, attack)
            right, growth = factor > 1.2, f"× {factor:.2f} each; {took:.2f} s at {size} times"
        elif verdict.startswith("degree"):
            # Other work on the machine disturbs runs of a second; a wrong verdict stays wrong.
            for _ in range(4):
                power, size, took = polynomial(run, attack)
                right = power > int(verdict.split()[1]) - 0.5
                if right:
                    break
            growth = f"length ^ {power:.2f}; {took:.2f} s at {size} characters"
        elif verdict == "safe":
            power, word = resists(run, pattern)
            right, growth = power < 1.6, f"length ^ {power:.2f} at most" if power else "too fast to measure"
        else:
            right, growth = True, "no verdict"
        if not right:
            wrong.append(pattern)
            print(f"wrong: {use} {pattern!r}: {verdict} by {attack}, but {growth}", file=sys.stderr)
        code = lambda text: "`` " + text.replace("|", "\\|") + " ``"
        rows.append(f"| {code(pattern)} | {use} | {verdict} | {code(attack) if attack != '-' else ''} | {growth} |")
    summary = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    print(f"{len(rows)} patterns ({summary}); {len(wrong)} wrong")
    if options.write:
        page = [
            "# Regular expressions",
            "",
            f"Written by `benches/regex_timing.py`: the verdicts of `hognose_taint::regex` against CPython "
            f"{platform.python_version()}. {len(rows)} patterns ({summary}); {len(wrong)} wrong.",
            "",
            "| pattern | use | verdict | attack | measured growth |",
            "|---|---|---|---|---|",
            *rows,
            "",
        ]
        (HERE / "results" / "regex.md").write_text("\n".join(page))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
