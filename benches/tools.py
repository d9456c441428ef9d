#!/usr/bin/env python3
"""Where hognose and its peers are, which versions they have, and on what machine they run.

    tools.py --peers DIR     make a virtual environment in DIR with the pinned peers

Benchmarks take `--hognose PATH` (default $HOGNOSE, else target/release/hognose) and `--peers DIR` (default
$HOGNOSE_PEERS), the virtual environment.
"""

import argparse
import datetime
import os
import platform
import shlex
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).resolve().parent / "results"
PINNED = {"ruff": "0.17.6", "bandit": "1.9.4"}


def add_options(parser: argparse.ArgumentParser, peers: bool = True) -> None:
    """Adds `--hognose` and, where peers are needed, `--peers`."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    parser.add_argument(
        "--hognose",
        type=Path,
        default=os.environ.get("HOGNOSE", target / "release" / "hognose"),
        metavar="PATH",
        help="the binary (default: $HOGNOSE, else target/release/hognose)",
    )
    if peers:
        parser.add_argument(
            "--peers",
            type=Path,
            default=os.environ.get("HOGNOSE_PEERS"),
            metavar="DIR",
            help="virtual environment with the peers, see tools.py (default: $HOGNOSE_PEERS)",
        )


def hognose(args: argparse.Namespace) -> str:
    """Absolute path of the binary, or exit with a hint."""
    path = Path(args.hognose).resolve()
    if not os.access(path, os.X_OK):
        sys.exit(f"error: no hognose at {path}: run `cargo build --release` or give --hognose PATH")
    return str(path)


def peer(args: argparse.Namespace, name: str) -> str:
    """Absolute path of a peer with the pinned version, or exit with a hint."""
    if not args.peers:
        sys.exit("error: no peers: give --peers DIR or set HOGNOSE_PEERS (tools.py --peers DIR makes it)")
    path = Path(args.peers).absolute() / "bin" / name
    if not os.access(path, os.X_OK):
        sys.exit(f"error: no {name} in {args.peers}: run tools.py --peers {args.peers}")
    found = version(str(path))
    if PINNED[name] not in found.split():
        sys.exit(f"error: {name} {PINNED[name]} is wanted, {path} is `{found}`")
    return str(path)


def version(program: str) -> str:
    """First line of `program --version`."""
    done = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=60)
    return (done.stdout or done.stderr).strip().split("\n")[0]


def machine() -> str:
    """Processor, cores and memory in one line."""
    model = platform.machine()
    with open("/proc/cpuinfo") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {memory:.0f} GB memory, {platform.system()} {platform.release().split('-')[0]}"


def header(versions: list[str]) -> str:
    """The lines every result file starts with: date, machine, versions, command."""
    command = " ".join([Path(sys.argv[0]).name, *map(shlex.quote, portable(sys.argv[1:]))])
    return "\n".join(
        [
            f"- Date: {datetime.date.today().isoformat()}",
            f"- Machine: {machine()}",
            f"- Versions: {', '.join(versions)}, Python {platform.python_version()}",
            f"- Command: `python3 benches/{command}`",
            "",
        ]
    )


def portable(arguments: list[str]) -> list[str]:
    """Command-line arguments without the folders of this machine."""
    shown = []
    hide = False
    for argument in arguments:
        if hide:
            argument, hide = "…", False
        elif argument in ("--corpus", "--peers", "--hognose", "--keep", "--results", "--sheet"):
            hide = True
        elif argument.startswith(("--corpus=", "--peers=", "--hognose=", "--keep=", "--results=", "--sheet=")):
            argument = argument.split("=")[0] + "=…"
        shown.append(argument)
    return shown


def write_result(name: str, text: str, directory: Path | None = None) -> Path:
    """Writes benches/results/NAME, or into another folder."""
    folder = directory or RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", type=Path, default=os.environ.get("HOGNOSE_PEERS"), metavar="DIR")
    args = parser.parse_args()
    if not args.peers:
        parser.error("give --peers DIR or set HOGNOSE_PEERS")
    if not (args.peers / "bin" / "python").exists():
        venv.create(args.peers, with_pip=True)
    wanted = [f"{name}=={number}" for name, number in PINNED.items()]
    subprocess.run([args.peers / "bin" / "python", "-m", "pip", "install", "--quiet", *wanted], check=True)
    for name in PINNED:
        print(version(str(args.peers / "bin" / name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
