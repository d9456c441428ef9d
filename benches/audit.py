#!/usr/bin/env python3
"""Speed of `hognose audit` for 328 pins over the full data, beside pip-audit and uv.

The pins are the packages with the most advisories, each at a version that some record lists, so that nearly every line
has something to look up. The peers ask a server on this machine, which answers the two questions of OSV's interface
from the same records. Each program runs as a process of its own; the minimum of the repetitions counts.

    python3 benches/audit.py --data osv-pypi.zip [--peers VENV]
"""

import argparse
import collections
import datetime
import http.server
import json
import os
import pathlib
import platform
import random
import re
import sys
import tempfile
import threading
import zipfile

import child

PINS = 328


def records_of(path):
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            record = json.loads(archive.read(name))
            if "withdrawn" not in record:
                yield record


def pins_of(records):
    """Name and version of the packages with the most records, drawn the same way each time."""
    versions = collections.defaultdict(collections.Counter)
    for record in records:
        for affected in record["affected"]:
            name = re.sub(r"[-_.]+", "-", affected["package"]["name"]).lower()
            versions[name].update(v for v in affected.get("versions", []) if re.fullmatch(r"[0-9.]+", v))
    drawn = random.Random(328)
    ranked = sorted((name for name in versions if versions[name]), key=lambda name: (-sum(versions[name].values()), name))
    return [(name, drawn.choice(sorted(versions[name]))) for name in ranked[:PINS]]


class Osv(http.server.BaseHTTPRequestHandler):
    """Answers `/v1/query`, `/v1/querybatch` and `/v1/vulns/ID` from the records."""

    protocol_version = "HTTP/1.1"
    by_name, by_id = {}, {}

    def found(self, query):
        name = re.sub(r"[-_.]+", "-", query["package"]["name"]).lower()
        return [record for record in self.by_name.get(name, []) if any(
            query.get("version") in affected.get("versions", []) for affected in record["affected"])]

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path.endswith("querybatch"):
            results = [{"vulns": [{"id": r["id"], "modified": r["modified"]} for r in self.found(query)]}
                       for query in asked["queries"]]
            self.answer({"results": results})
        else:
            self.answer({"vulns": self.found(asked)})

    def do_GET(self):
        self.answer(self.by_id[self.path.rsplit("/", 1)[1]])

    def log_message(self, *_):
        pass


def is_pep_440(record):
    """pip-audit ends with an error where a fixed version is none of PEP 440."""
    events = [event for affected in record["affected"] for one in affected.get("ranges", []) for event in one["events"]]
    plain = re.compile(r"v?(\d+!)?\d+(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview|post|dev)[-_.]?\d*)*(\+[a-z0-9.]+)?", re.I)
    return all(plain.fullmatch(event["fixed"]) for event in events if "fixed" in event)


def serve(records):
    for record in records:
        Osv.by_id[record["id"]] = record
        for affected in record["affected"]:
            name = re.sub(r"[-_.]+", "-", affected["package"]["name"]).lower()
            Osv.by_name.setdefault(name, []).append(record)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def measure(command, folder, repeat):
    """The least wall and CPU seconds, the peak memory in MB, the last exit code and the last line."""
    runs = [child.run(command, cwd=folder) for _ in range(repeat)]
    lines = (runs[-1].stdout + runs[-1].stderr).decode(errors="replace").strip().splitlines()
    return (min(run.wall for run in runs), min(run.cpu for run in runs), max(run.peak_mb for run in runs),
            runs[-1].ended, lines[-1] if lines else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--hognose", default="target/release/hognose")
    parser.add_argument("--peers", help="a virtual environment with pip-audit and uv")
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--results", default=str(pathlib.Path(__file__).parent / "results"))
    arguments = parser.parse_args()
    hognose = str(pathlib.Path(arguments.hognose).resolve())
    records = list(records_of(arguments.data))
    pins = pins_of(records)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "requirements.txt").write_text("".join(f"{name}=={version}\n" for name, version in pins))
        index = folder / "index"
        build = [hognose, "db", "import", str(pathlib.Path(arguments.data).resolve()), "--advisories", index]
        audit = [hognose, "audit", "requirements.txt", "--isolated", "--advisories", index, "--output", "concise"]
        rows.append(("hognose db import", 2.0, None, *measure(build, folder, 3)))
        rows.append(("hognose audit", 0.05, 0.04, *measure(audit, folder, arguments.repeat)))
        if arguments.peers:
            comparable = [record for record in records if is_pep_440(record)]
            server, bin = serve(comparable), pathlib.Path(arguments.peers, "bin")
            pip_audit = [bin / "pip-audit", "-r", "requirements.txt", "--no-deps", "--disable-pip", "-s", "osv",
                         "--osv-url", f"{server}/v1/query", "--progress-spinner", "off"]
            rows.append(("pip-audit", None, None, *measure(pip_audit, folder, 3)))
    lines = [
        "# Speed of the audit", "",
        f"{datetime.date.today()}, {platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}; "
        f"{len(records)} live records, {len(pins)} pins; minimum of {arguments.repeat} runs (3 for the others).", "",
        "| what | wall s | CPU s | peak MB | ended |", "|---|---|---|---|---|",
    ]
    missed = False
    for what, wall_limit, cpu_limit, wall, cpu, peak, code, output in rows:
        lines.append(f"| {what} | {wall:.3f} | {cpu:.3f} | {peak:.0f} | {code} |")
        over = (cpu_limit and cpu > cpu_limit) or (wall_limit and wall > wall_limit)
        missed |= bool(over)
        print(what, "->", output)
    text = "\n".join(lines) + "\n"
    print(text)
    pathlib.Path(arguments.results, "audit.md").write_text(text)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
