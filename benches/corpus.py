#!/usr/bin/env python3
"""Fetch the real projects that the benchmarks read.

    corpus.py --corpus DIR              download, check and unpack what corpus.json names
    corpus.py --corpus DIR --list       what is there, with files and lines
    corpus.py --corpus DIR --record     write artifact names and sha256 sums into corpus.json

Source distributions come through pip's own finder, session and downloader, so that pip's configuration
(index, proxy, certificates, find-links) applies; nothing is built, installed or run. A sum that differs from
corpus.json is an error. Only regular files and folders are unpacked.

DIR may also be given as $HOGNOSE_CORPUS; it should lie outside the source tree. Needs pip >= 22.
"""

import argparse
import hashlib
import inspect
import json
import logging
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

MANIFEST = Path(__file__).resolve().parent / "corpus.json"
STORE = ".artifacts"


@dataclass(frozen=True)
class Package:
    """One pinned source distribution."""

    name: str
    version: str
    kind: str
    used_by: tuple[str, ...]
    artifact: str | None
    sha256: str | None

    @property
    def folder(self) -> str:
        """Name of its folder in the corpus."""
        return f"{self.name}-{self.version}"


def packages(used_by: str | None = None) -> list[Package]:
    """The packages of corpus.json, in its order; only those for one benchmark if `used_by` is given."""
    rows = json.loads(MANIFEST.read_text())["packages"]
    every = [
        Package(r["name"], r["version"], r["kind"], tuple(r["used_by"]), r.get("artifact"), r.get("sha256"))
        for r in rows
    ]
    return [p for p in every if used_by is None or used_by in p.used_by]


def add_option(parser: argparse.ArgumentParser) -> None:
    """Adds `--corpus`, which every benchmark shares."""
    parser.add_argument(
        "--corpus",
        type=Path,
        default=os.environ.get("HOGNOSE_CORPUS"),
        metavar="DIR",
        help="folder of the corpus (default: $HOGNOSE_CORPUS)",
    )


def location(args: argparse.Namespace) -> Path:
    """The corpus folder of the command line, or exit with a hint."""
    if not args.corpus:
        sys.exit("error: no corpus: give --corpus DIR or set HOGNOSE_CORPUS")
    return Path(args.corpus).resolve()


def unpacked(corpus: Path, used_by: str | None = None, only: str | None = None) -> list[tuple[Package, Path]]:
    """Packages with their folders; exits if one is missing. `only` is a comma-separated list of names."""
    wanted = {n.lower() for n in only.split(",")} if only else None
    # Who names a package means it, whatever the benchmark's own list says.
    chosen = [p for p in packages(None if wanted else used_by) if wanted is None or p.name.lower() in wanted]
    if not chosen:
        sys.exit(f"error: no package of corpus.json matches `{only}`")
    missing = [p.folder for p in chosen if not (corpus / p.folder).is_dir()]
    if missing:
        sys.exit(f"error: not in {corpus}: {', '.join(missing)}; run corpus.py first")
    return [(p, corpus / p.folder) for p in chosen]


def count_lines(root: Path) -> tuple[int, int]:
    """Files and lines of Python below `root`; a line is a line feed, as `wc -l` counts."""
    files = lines = 0
    for path in python_files(root):
        files += 1
        lines += path.read_bytes().count(b"\n")
    return files, lines


def python_files(root: Path, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Regular files with one of `suffixes` below `root`, sorted."""
    found = []
    for folder, names, files in os.walk(root):
        names.sort()
        found += [Path(folder, f) for f in files if f.endswith(suffixes)]
    return sorted(p for p in found if p.is_file() and not p.is_symlink())


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Index:
    """pip's finder and downloader, restricted to source distributions."""

    def __init__(self) -> None:
        logging.disable(logging.CRITICAL)
        from pip._internal.commands.download import DownloadCommand
        from pip._internal.network.download import Downloader

        command = DownloadCommand("download", "fetch source distributions")
        options, _ = command.parse_args(["--no-deps", "--no-binary", ":all:", "--ignore-requires-python", "-"])
        self._session = command._build_session(options)
        # Requires-Python concerns running a package; here it is only read.
        self._finder = command._build_package_finder(options, self._session, ignore_requires_python=True)
        takes = inspect.signature(Downloader.__init__).parameters
        extra = {"resume_retries": 3} if "resume_retries" in takes else {}
        self._download = Downloader(self._session, "off", **extra)

    def fetch(self, package: Package, store: Path) -> Path:
        for candidate in self._finder.find_all_candidates(package.name):
            name = candidate.link.filename
            if str(candidate.version) == package.version and package.artifact in (None, name):
                path, _ = self._download(candidate.link, str(store))
                return Path(path)
        raise LookupError(f"no source distribution of {package.name} {package.version} in the index")


def members(archive: Path):
    """Yields (parts of the path, opener) of each regular file."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as zipped:
            for info in zipped.infolist():
                if not info.is_dir():
                    yield info.filename, lambda info=info: zipped.open(info)
    else:
        with tarfile.open(archive) as tar:
            for member in tar:
                if member.isreg():  # links and devices stay out
                    yield member.name, lambda member=member: tar.extractfile(member)


def unpack(archive: Path, target: Path) -> int:
    """Unpacks `archive` into the new folder `target` without its top folder; returns the number of files."""
    part = Path(tempfile.mkdtemp(prefix=target.name + ".", dir=target.parent))
    part.chmod(0o755)  # other users may have to read it: one of the hostile cases scans as nobody
    count = 0
    try:
        for name, opener in members(archive):
            parts = [p for p in name.replace("\\", "/").split("/") if p not in ("", ".")][1:]
            if name.startswith("/") or ".." in parts or any("\0" in p for p in parts):
                raise ValueError(f"unsafe path in {archive.name}: {name!r}")
            if not parts:
                continue
            path = part.joinpath(*parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            with opener() as source, path.open("xb") as out:
                shutil.copyfileobj(source, out)
            count += 1
        part.rename(target)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return count


def fetch(corpus: Path, chosen: list[Package], record: bool) -> int:
    store = corpus / STORE
    store.mkdir(parents=True, exist_ok=True)
    index: Index | None = None
    failed = 0
    sums: dict[str, tuple[str, str]] = {}
    for package in chosen:
        try:
            archive = store / package.artifact if package.artifact else None
            if archive is None or not archive.is_file() or sha256(archive) != package.sha256:
                index = index or Index()
                archive = index.fetch(package, store)
            found = sha256(archive)
            sums[package.name] = (archive.name, found)
            if package.sha256 != found and not record:
                archive.unlink()
                raise ValueError(f"sha256 is {found}, corpus.json says {package.sha256}")
            target = corpus / package.folder
            if target.is_dir():
                print(f"{package.folder}: already there")
            else:
                print(f"{package.folder}: {unpack(archive, target)} files unpacked", flush=True)
        except Exception as error:  # one package that fails should not hide the others
            failed += 1
            print(f"{package.folder}: error: {error}", file=sys.stderr, flush=True)
    if record:
        whole = json.loads(MANIFEST.read_text())
        for row in whole["packages"]:
            if row["name"] in sums:
                row["artifact"], row["sha256"] = sums[row["name"]]
        MANIFEST.write_text(json.dumps(whole, indent=2) + "\n")
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_option(parser)
    parser.add_argument("--only", metavar="NAMES", help="comma-separated package names")
    parser.add_argument("--list", action="store_true", help="show files and lines of what is unpacked")
    parser.add_argument("--record", action="store_true", help="write artifact names and sums into corpus.json")
    args = parser.parse_args()
    corpus = location(args)
    if args.list:
        for package, folder in unpacked(corpus, only=args.only):
            files, lines = count_lines(folder)
            print(f"{package.folder:32} {files:>7} files {lines:>9} lines  {package.kind}")
        return 0
    wanted = {n.lower() for n in args.only.split(",")} if args.only else None
    chosen = [p for p in packages() if wanted is None or p.name.lower() in wanted]
    return 1 if fetch(corpus, chosen, args.record) else 0


if __name__ == "__main__":
    sys.exit(main())
