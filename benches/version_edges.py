#!/usr/bin/env python3
"""Versions at the edges of what advisories affect: hognose against `packaging`.

Writes small advisories of its own and a manifest that asks for versions around their edges, lets `hognose audit` judge
them, and compares with the expectation, which is computed here from the OSV schema with the library `packaging` and
shares nothing with Hognose. Needs `packaging`; nothing is fetched.

    python3 benches/version_edges.py --hognose target/release/hognose
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

from packaging.version import InvalidVersion, Version

PROBES = [
    "0.dev0", "0.0.1", "0.9", "0.9.9.post3", "1.0.dev1", "1.0a1", "1.0b2", "1.0rc1", "1.0", "1", "1.0.0.0", "1.0+local.1",
    "1.0.post1", "1.0.post1.dev2", "1.0.1", "1.1", "1.4.9", "1.5.dev0", "1.5rc2", "1.5", "1.5+cu118", "1.5.post2", "1.9",
    "1.10", "1.99999", "2.0.dev3", "2.0a1", "2.0rc1", "2.0", "2.0.0", "2.0+ubuntu.1", "2.0.post1", "2.0.1", "3.0", "10.0",
    "2024.1", "1!0.1", "1!1.0", "1!2.0rc1", "2!0",
]


def ranges(*events):
    return {"ranges": [{"type": "ECOSYSTEM", "events": [dict([event]) for event in events]}]}


CASES = {
    "all": ranges(("introduced", "0")),
    "fixed": ranges(("introduced", "0"), ("fixed", "2.0")),
    "fixed-early": ranges(("introduced", "0"), ("fixed", "2.0rc1")),
    "fixed-post": ranges(("introduced", "0"), ("fixed", "1.0.post1")),
    "fixed-dev": ranges(("introduced", "0"), ("fixed", "1.5.dev0")),
    "last": ranges(("introduced", "1.0"), ("last_affected", "1.5")),
    "last-post": ranges(("introduced", "1.0"), ("last_affected", "1.5.post2")),
    "last-early": ranges(("introduced", "0"), ("last_affected", "1.0rc1")),
    "branches": ranges(("introduced", "0"), ("fixed", "1.0"), ("introduced", "1.5"), ("fixed", "2.0")),
    "unsorted": ranges(("fixed", "2.0"), ("introduced", "1.10"), ("fixed", "1.0"), ("introduced", "0.9")),
    "epoch": ranges(("introduced", "1!0"), ("fixed", "1!2.0")),
    "over-epoch": ranges(("introduced", "2.0"), ("fixed", "1!1.0")),
    "limit": ranges(("introduced", "1.0"), ("limit", "2.0")),
    "long-zero": ranges(("introduced", "1.0.0.0.0"), ("fixed", "2")),
    "list": {"versions": ["1.0", "1.5rc2", "2.0.post1", "1!1.0", "2024.1", "1.10"]},
    "list-spelled": {"versions": ["v1.0.0", "1.5-RC.2", "2.0-1", "1.0.post1"]},
    "list-outside": {**ranges(("introduced", "0"), ("fixed", "1.0")), "versions": ["0.9", "2.0", "3.0"]},
    "git": {"ranges": [{"type": "GIT", "repo": "https://example.org/x", "events": [{"introduced": "0"}]}], "versions": ["1.0"]},
    "odd-last": ranges(("introduced", "0"), ("last_affected", "1.5-NA")),
    "two-ranges": {"ranges": ranges(("introduced", "0"), ("fixed", "1.0"))["ranges"] + ranges(("introduced", "2.0"))["ranges"]},
}


def same(candidate, named):
    """Whether a version is the named one; a local build is what it is built from."""
    return candidate == named or (candidate.local and not named.local and Version(candidate.public) == named)


def state(events, candidate):
    """The algorithm of the OSV schema: the last event at or before the version decides."""
    switches, limits = [], []
    for event in events:
        [(kind, text)] = event.items()
        if kind == "limit":
            limits.append(Version(text))
            continue
        if text == "0":
            switches.append((None, kind))
            continue
        try:
            switches.append((Version(text), kind))
        except InvalidVersion:
            # A suffix that is no version: what it stands behind is still affected.
            switches.append((Version(text.rsplit("-", 1)[0]), "last_affected"))
    switches.sort(key=lambda switch: Version("0.dev0") if switch[0] is None else switch[0])
    affected = False
    for version, kind in switches:
        if version is None:
            affected = True
        elif kind == "introduced":
            affected |= candidate >= version
        elif kind == "fixed":
            affected &= not candidate >= version
        else:
            affected &= not (candidate > version and not same(candidate, version))
    return affected and (not limits or any(candidate < limit for limit in limits))


def expected(affected, text):
    candidate = Version(text)
    if any(same(candidate, Version(listed)) for listed in affected.get("versions", [])):
        return True
    of_versions = [one for one in affected.get("ranges", []) if one["type"] != "GIT"]
    return any(state(one["events"], candidate) for one in of_versions)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hognose", default="target/release/hognose")
    parser.add_argument("--results", default=str(pathlib.Path(__file__).parent / "results"))
    arguments = parser.parse_args()
    hognose = str(pathlib.Path(arguments.hognose).resolve())
    pairs = [(name, probe) for name in CASES for probe in PROBES]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        records = folder / "records"
        records.mkdir()
        for name, affected in CASES.items():
            package = {"ecosystem": "PyPI", "name": f"edge-{name}"}
            record = {"id": f"OWN-{name}", "modified": "2026-01-01T00:00:00Z", "affected": [{"package": package, **affected}]}
            (records / f"{name}.json").write_text(json.dumps(record))
        index = folder / "index"
        subprocess.run([hognose, "db", "import", records, "--advisories", index], check=True, cwd=folder)
        lines = [f"edge-{name}=={probe}" for name, probe in pairs]
        (folder / "requirements.txt").write_text("\n".join(lines) + "\n")
        command = [hognose, "audit", "requirements.txt", "--advisories", index, "--output", "json", "--isolated"]
        answer = json.loads(subprocess.run(command, capture_output=True, text=True, cwd=folder).stdout)
    found = {finding["location"]["start"]["line"] for finding in answer["findings"]}
    wrong = [
        (name, probe, expected(CASES[name], probe))
        for line, (name, probe) in enumerate(pairs, 1)
        if (line in found) != expected(CASES[name], probe)
    ]
    affected = sum(expected(CASES[name], probe) for name, probe in pairs)
    report = [
        "# Versions at the edges of advisories",
        "",
        f"`{' '.join(sys.argv[:1])}`: {len(pairs)} pairs of a record and a version ({affected} affected, "
        f"{len(pairs) - affected} not), expectation by `packaging` and the algorithm of the OSV schema.",
        "",
        f"Wrong: {len(wrong)}. Problems: {len(answer['problems'])}.",
        "",
        *[f"- {name} {probe}: expected {'affected' if want else 'not affected'}" for name, probe, want in wrong],
    ]
    text = "\n".join(report).rstrip() + "\n"
    print(text)
    pathlib.Path(arguments.results, "version_edges.md").write_text(text)
    return 1 if wrong or answer["problems"] else 0


if __name__ == "__main__":
    sys.exit(main())
