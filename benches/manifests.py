#!/usr/bin/env python3
"""Whether every manifest is read as the tools that own the formats mean it.

    manifests.py --tools DIR --install          make virtual environments in DIR with the tools
    DIR/main/bin/python benches/manifests.py --tools DIR

Makes real files with the real tools in a temporary folder, works out what is in each without Hognose (`packaging`,
`tomllib`, `json`, `xml.etree`, pip's own parser, poetry-core, setuptools' `requires.txt`), and compares names and
versions with what `cargo run --example dependencies` prints. Needs the package index. Ends with exit code 1 if anything
is missing or too much.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import tomllib
import zipapp
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import corpus
import tools

ENVIRONMENTS = {
    "main": ["packaging", "pip", "pip-tools", "uv", "pipenv", "cyclonedx-bom", "spdx-tools", "setuptools"],
    "poetry": ["poetry", "poetry-plugin-export"],
    "pdm": ["pdm", "hishel[httpx2]<2", "anysqlite"],
}

DEPENDENCIES = ["flask>=2.3,<4", "requests[socks]~=2.31", "ruamel.yaml", "python-dateutil!=2.9.1", "SQLAlchemy==2.0.*"]
EXTRA = ["jinja2>=3.1"]
DEVELOPMENT = ["pytest>=8", "mypy"]

# Source distributions with a setup.py, as their authors wrote it; what setuptools made of it lies beside it.
SDISTS = [
    "paramiko==3.4.0", "docker-pycreds==0.4.0", "scikit-learn==1.3.2", "Scrapy==2.11.0", "oauthlib==3.2.2", "sentry-sdk==1.40.0",
    "boto3==1.34.0", "celery==5.3.6", "kombu==5.3.4", "gunicorn==20.1.0", "kubernetes==28.1.0", "praw==7.6.0",
    "elasticsearch==8.10.0", "pysaml2==7.3.1", "jsonpickle==2.2.0", "lockfile==0.12.2", "moto==4.2.0",
    "beautifulsoup4==4.9.3", "flask-restful==0.3.10", "graphene==3.3", "apache-beam==2.52.0",
]  # fmt: skip

Found = set[tuple[str, str]]


class Case:
    """A file, how Hognose is to read it, and what is in it."""

    def __init__(self, name: str, files: list[Path], expected: Found, made_by: str, known: Callable | None = None):
        self.name, self.files, self.expected, self.made_by = name, files, expected, made_by
        self.known = known or (lambda dependency: True)


class Bench:
    def __init__(self, tools_folder: Path, folder: Path):
        self.tools, self.folder = tools_folder, folder
        self.cases: list[Case] = []
        self.skipped: list[str] = []

    def program(self, environment: str, name: str) -> str:
        return str(self.tools / environment / "bin" / name)

    def run(self, *command: str | Path, cwd: Path) -> str:
        environment = os.environ | {
            "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_IGNORE_VIRTUALENVS": "1", "POETRY_VIRTUALENVS_CREATE": "false",
            "CUSTOM_COMPILE_COMMAND": "x", "PDM_CHECK_UPDATE": "0",
        }  # fmt: skip
        done = subprocess.run(
            [str(word) for word in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=900
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} {command[1]}: {done.stderr[-400:] or done.stdout[-400:]}")
        return done.stdout

    def make(self, makers: list[Callable[["Bench", Path], None]]) -> None:
        for maker in makers:
            folder = self.folder / maker.__name__
            folder.mkdir()
            try:
                maker(self, folder)
            except Exception as error:  # noqa: BLE001 - a tool that does not work here is named in the result
                self.skipped.append(f"{maker.__name__}: {error}")

    def add(self, *arguments, **options) -> None:
        self.cases.append(Case(*arguments, **options))


def name_of(name: str) -> str:
    from packaging.utils import canonicalize_name

    return canonicalize_name(name)


def version_of(version: str) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version


def ranges(specifiers: str) -> str:
    from packaging.specifiers import SpecifierSet

    return str(SpecifierSet(specifiers))


def requirement(text: str) -> tuple[str, str]:
    from packaging.requirements import Requirement

    parsed = Requirement(text)
    return name_of(parsed.name), "url" if parsed.url else str(parsed.specifier)


def project(folder: Path, table: str = "") -> Path:
    quoted = lambda items: ", ".join(json.dumps(item) for item in items)  # noqa: E731
    path = folder / "pyproject.toml"
    path.write_text(
        f"""[project]
name = "app"
version = "1"
requires-python = ">=3.11"
dependencies = [{quoted(DEPENDENCIES)}]
[project.optional-dependencies]
web = [{quoted(EXTRA)}]
[dependency-groups]
dev = [{quoted(DEVELOPMENT)}]
{table}"""
    )
    return path


# --- makers: each writes files with one tool and works out what they say -------------------------------------------


def pip_tools(bench: Bench, folder: Path) -> None:
    (folder / "requirements.in").write_text("\n".join(DEPENDENCIES) + "\n")
    bench.run(bench.program("main", "pip-compile"), "--generate-hashes", "-q", "--strip-extras", cwd=folder)
    for options, name in ((["--annotation-style=line"], "requirements-line.txt"),):
        bench.run(bench.program("main", "pip-compile"), "-q", *options, "-o", name, cwd=folder)
    for path in sorted(folder.glob("*.txt")):
        bench.add(f"pip-compile: {path.name}", [path], pip_parser(path), "pip-tools")
    bench.add("pip: requirements.in", [folder / "requirements.in"], pip_parser(folder / "requirements.in"), "by hand")


def pip_parser(path: Path) -> Found:
    """What pip itself reads, nested files included."""
    from pip._internal.network.session import PipSession
    from pip._internal.req.constructors import install_req_from_parsed_requirement
    from pip._internal.req.req_file import parse_requirements

    found = set()
    for parsed in parse_requirements(str(path), session=PipSession()):
        made = install_req_from_parsed_requirement(parsed)
        if made.req is not None:
            version = "url" if made.link else str(made.req.specifier)
            found.add((name_of(made.req.name), version))
    return found


def pip_grammar(bench: Bench, folder: Path) -> None:
    """A file with everything in it that pip's documentation names."""
    (folder / "sub").mkdir()
    (folder / "sub" / "base.txt").write_text("six==1.16.0 ; python_version >= '3'\n-c ../caps.txt\n-r deeper.txt\n")
    (folder / "sub" / "deeper.txt").write_text("idna\\\n>=3,\\\n<4 # tail\n")
    (folder / "caps.txt").write_text("urllib3<3\n")
    text = (
        "# comment\n\n--index-url https://index.invalid/simple\n-r sub/base.txt\n"
        "requests[socks,security] >= 2.8.1, == 2.8.* ; python_version > '2.7'\n"
        "\tFoo.Bar_baz==1.0\t# tab\nlegacy===1.0.local-7\n"
        "hashed==1.0 --hash=sha256:" + "a" * 64 + " \\\n    --hash=sha256:" + "b" * 64 + "\n"
        "urlreq @ https://files.invalid/urlreq-1.0.tar.gz ; os_name == 'posix'\n"
        "git+https://git.invalid/team/thing.git@v1.2#egg=thing&subdirectory=x\n"
        "-e git+https://git.invalid/team/edit.git@main#egg=edit\n"
        "https://files.invalid/whl_name-3.1-py3-none-any.whl\n"
        "opts==2 --global-option=build_ext\nplain\nwide~=1.4.5a4\nzero>=0,!=1.5\n"
    )
    for name, encoding in (("plain", "utf-8"), ("bom", "utf-8-sig"), ("utf16", "utf-16"), ("utf32", "utf-32")):
        path = folder / f"requirements-{name}.txt"
        path.write_bytes(text.encode(encoding))
        # pip means to read UTF-32 too, but takes its mark for that of UTF-16.
        oracle = folder / "requirements-plain.txt" if encoding == "utf-32" else path
        bench.add(f"pip grammar, {encoding}", [path], pip_parser(oracle), "by hand, read by pip's own parser")
    path = folder / "requirements-crlf.txt"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    bench.add("pip grammar, CRLF", [path], pip_parser(path), "by hand, read by pip's own parser")


def pyproject(bench: Bench, folder: Path) -> None:
    table = '[build-system]\nrequires = ["hatchling>=1.18"]\nbuild-backend = "hatchling.build"\n'
    path = project(folder, table)
    expected = {requirement(text) for text in [*DEPENDENCIES, *EXTRA, *DEVELOPMENT, "hatchling>=1.18"]}
    bench.add("pyproject.toml, PEP 621 and 735", [path], expected, "by hand, read by packaging")


def uv(bench: Bench, folder: Path) -> None:
    project(folder)
    program = bench.program("main", "uv")
    bench.run(program, "lock", cwd=folder)
    packages = tomllib.loads((folder / "uv.lock").read_text())["package"]
    expected = {
        (name_of(package["name"]), "==" + version_of(package["version"]))
        for package in packages
        if not {"virtual", "editable"} & package["source"].keys()
    }
    bench.add("uv lock: uv.lock", [folder / "uv.lock"], expected, "uv")
    bench.run(program, "export", "--all-groups", "--all-extras", "-q", "-o", "requirements.txt", cwd=folder)
    path = folder / "requirements.txt"
    bench.add("uv export: requirements.txt", [path], pip_parser(path), "uv")
    bench.run(program, "export", "--format", "pylock.toml", "--all-groups", "-q", "-o", "pylock.toml", cwd=folder)
    packages = tomllib.loads((folder / "pylock.toml").read_text())["packages"]
    expected = {(name_of(p["name"]), "==" + version_of(p["version"])) for p in packages if "version" in p}
    bench.add("uv export: pylock.toml", [folder / "pylock.toml"], expected, "uv")
    script = folder / "script.py"
    script.write_text("print(1)\n")
    bench.run(program, "add", "--script", "script.py", "rich>=13", "httpx", cwd=folder)
    block = script.read_text().split("# ///")[1].removeprefix(" script\n")
    metadata = tomllib.loads("".join(line[2:] + "\n" for line in block.splitlines()))
    expected = {requirement(text) for text in metadata["dependencies"]}
    bench.add("uv add --script: PEP 723", [script], expected, "uv")


def poetry(bench: Bench, folder: Path) -> None:
    from pip._internal.models.index import PyPI

    program = bench.program("poetry", "poetry")
    (folder / "pyproject.toml").write_text(
        """[tool.poetry]
name = "app"
version = "1"
package-mode = false
[tool.poetry.dependencies]
python = "^3.11"
flask = "^2.3"
requests = {version = "~2.31", extras = ["socks"]}
"ruamel.yaml" = "*"
python-dateutil = ">=2.8 <3"
sqlalchemy = "2.0.*"
jinja2 = {version = "^3.1", optional = true}
click = [{version = "8.1.*", python = "<3.12"}, {version = ">=8.1,!=8.1.4", python = ">=3.12"}]
six = "^1.16.0 || ~1.15"
[tool.poetry.group.dev.dependencies]
pytest = "^8"
[tool.poetry.extras]
web = ["jinja2"]
[build-system]
requires = ["poetry-core"]
build-backend = "poetry.core.masonry.api"
"""
        # Its files alone: mirrors need not have the interface of their own that Poetry asks otherwise.
        + f'[[tool.poetry.source]]\nname = "files"\nurl = "{PyPI.simple_url}"\n'
    )
    bench.run(program, "lock", cwd=folder)
    packages = tomllib.loads((folder / "poetry.lock").read_text())["package"]
    expected = {(name_of(p["name"]), "==" + version_of(p["version"])) for p in packages}
    bench.add("poetry lock: poetry.lock", [folder / "poetry.lock"], expected, "poetry")
    bench.run(program, "export", "-f", "requirements.txt", "-o", "requirements.txt", "--with", "dev", cwd=folder)
    path = folder / "requirements.txt"
    bench.add("poetry export: requirements.txt", [path], pip_parser(path), "poetry")
    # poetry-core's own idea of its constraints, as sets of versions that they let through.
    reader = (
        "import json, sys\nfrom poetry.core.factory import Factory\nfrom pathlib import Path\n"
        "package = Factory().create_poetry(Path('.')).package\n"
        "print(json.dumps([[d.name, str(d.constraint)] for d in package.all_requires]))\n"
    )
    listed = json.loads(bench.run(bench.program("poetry", "python"), "-c", reader, cwd=folder))
    expected = {(name_of(name), allowed(text.split(" || "))) for name, text in listed}
    expected.add(("poetry-core", allowed([""])))
    bench.add("pyproject.toml, poetry", [folder / "pyproject.toml"], expected, "by hand, read by poetry-core")


PROBES = [f"{major}.{minor}.{patch}" for major in range(10) for minor in range(35) for patch in range(6)]


def allowed(alternatives: list[str]) -> str:
    """Which of many versions some specifiers let through: two spellings of one range are the same."""
    from packaging.specifiers import SpecifierSet

    sets = [SpecifierSet("" if text == "*" else text if text[:1] in "<>=!~" else f"=={text}") for text in alternatives]
    return "allows " + str(hash(tuple(any(probe in one for one in sets) for probe in PROBES)))


def pdm(bench: Bench, folder: Path) -> None:
    project(folder)
    bench.run(bench.program("pdm", "pdm"), "lock", "-G", ":all", "-q", cwd=folder)
    packages = tomllib.loads((folder / "pdm.lock").read_text())["package"]
    expected = {(name_of(p["name"]), "==" + version_of(p["version"])) for p in packages}
    bench.add("pdm lock: pdm.lock", [folder / "pdm.lock"], expected, "pdm")


def pipenv(bench: Bench, folder: Path) -> None:
    text = '[packages]\nflask = ">=2.3,<4"\nrequests = {version = "~=2.31", extras = ["socks"]}\n"ruamel.yaml" = "*"\n'
    (folder / "Pipfile").write_text(text + '[dev-packages]\npytest = "==8.0.0"\n')
    bench.run(bench.program("main", "pipenv"), "lock", cwd=folder)
    lock = json.loads((folder / "Pipfile.lock").read_text())
    expected = {
        (name_of(name), ranges(entry["version"])) for group in ("default", "develop") for name, entry in lock[group].items()
    }
    bench.add("pipenv lock: Pipfile.lock", [folder / "Pipfile.lock"], expected, "pipenv")
    tables = tomllib.loads((folder / "Pipfile").read_text())
    entries = [entry for group in ("packages", "dev-packages") for entry in tables[group].items()]
    version = lambda value: value if isinstance(value, str) else value["version"]  # noqa: E731
    expected = {(name_of(name), ranges(version(value).replace("*", ""))) for name, value in entries}
    bench.add("Pipfile", [folder / "Pipfile"], expected, "by hand, read by tomllib")


def environment(bench: Bench, folder: Path) -> None:
    """An installed environment, its wheels, an application in one file, and bills of materials of it."""
    python = folder / "venv" / "bin" / "python"
    bench.run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    bench.run(python, "-m", "pip", "install", "-q", *DEPENDENCIES, cwd=folder)
    listed = json.loads(bench.run(python, "-m", "pip", "list", "--format=json", cwd=folder))
    installed = {(name_of(package["name"]), "==" + version_of(package["version"])) for package in listed}
    metadata = sorted((folder / "venv").rglob("*.dist-info/METADATA"))
    # What pip carries inside itself is installed as code, but not listed.
    metadata = [path for path in metadata if "_vendor" not in path.parts]
    bench.add("installed environment", metadata, installed, "pip install, read by pip list")

    bench.run(python, "-m", "pip", "download", "-q", "--only-binary=:all:", "-d", "wheels", *DEPENDENCIES, cwd=folder)
    from packaging.utils import parse_wheel_filename

    wheels = sorted((folder / "wheels").glob("*.whl"))
    names = [parse_wheel_filename(path.name) for path in wheels]
    expected = {(name, f"=={version}") for name, version, *_ in names}
    bench.add("wheels", wheels, expected, "pip download, read by packaging")

    bench.run(python, "-m", "pip", "install", "-q", "--target", "app", *DEPENDENCIES, cwd=folder)
    (folder / "app" / "__main__.py").write_text("print(1)\n")
    zipapp.create_archive(folder / "app", folder / "app.pyz", interpreter="/usr/bin/env python3", compressed=True)
    expected = {entry for entry in installed if entry[0] not in ("pip", "setuptools")}
    bench.add("zipapp", [folder / "app.pyz"], expected, "zipapp, read by pip list")

    cyclonedx = bench.program("main", "cyclonedx-py")
    for kind in ("JSON", "XML"):
        path = folder / f"bom.{kind.lower()}"
        bench.run(cyclonedx, "environment", "--of", kind, "-o", path, python, cwd=folder)
        expected = from_json(path) if kind == "JSON" else from_xml(path)
        bench.add(f"CycloneDX {kind}", [path], expected, "cyclonedx-py")
    spdx(bench, folder, listed)


def purl(text: str) -> tuple[str, str]:
    name, version = text.removeprefix("pkg:pypi/").split("?")[0].split("@")
    return name_of(name), "==" + version_of(version)


def from_json(path: Path) -> Found:
    components = json.loads(path.read_text())["components"]
    return {purl(component["purl"]) for component in components}


def from_xml(path: Path) -> Found:
    space = "{http://cyclonedx.org/schema/bom/1.6}"
    root = ElementTree.parse(path).getroot()
    space = root.tag.removesuffix("bom") or space
    return {purl(element.text) for element in root.find(f"{space}components").iter(f"{space}purl")}


def spdx(bench: Bench, folder: Path, listed: list[dict]) -> None:
    """Bills that the SPDX library writes."""
    from datetime import datetime

    from spdx_tools.spdx.model import (
        Actor, ActorType, CreationInfo, Document, ExternalPackageRef, ExternalPackageRefCategory, Package, Relationship,
        RelationshipType, SpdxNoAssertion,
    )  # fmt: skip
    from spdx_tools.spdx.writer.write_anything import write_file

    creator = [Actor(ActorType.TOOL, "bench")]
    info = CreationInfo("SPDX-2.3", "SPDXRef-DOCUMENT", "bench", "https://bench.invalid/1", creator, datetime(2026, 1, 1))
    document = Document(info)
    for at, package in enumerate(listed):
        name, version = package["name"], package["version"]
        reference = ExternalPackageRef(
            ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", f"pkg:pypi/{name_of(name)}@{version}"
        )
        document.packages.append(
            Package(f"SPDXRef-{at}", name_of(name), SpdxNoAssertion(), version=version, files_analyzed=False,
                    external_references=[reference])
        )  # fmt: skip
        described = Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, f"SPDXRef-{at}")
        document.relationships.append(described)
    expected = {(name_of(package["name"]), "==" + version_of(package["version"])) for package in listed}
    for name in ("x.spdx.json", "x.spdx"):
        write_file(document, str(folder / name), validate=False)
        bench.add(f"SPDX, {name}", [folder / name], expected, "spdx-tools")


def setuptools(bench: Bench, folder: Path) -> None:
    """setup.cfg and setup.py as setuptools runs them: it writes what it made of them into `requires.txt`."""
    config = "\n    ".join(DEPENDENCIES)
    (folder / "cfg").mkdir()
    (folder / "cfg" / "setup.cfg").write_text(
        f"[metadata]\nname = app\nversion = 1\n[options]\npy_modules =\ninstall_requires =\n    {config}\n"
        f"[options.extras_require]\nweb = {'; '.join(EXTRA)}\ndev =\n    # why\n    pytest>=8\n    mypy\n"
    )
    bench.run(bench.program("main", "python"), "-c", "import setuptools; setuptools.setup()", "-q", "egg_info", cwd=folder / "cfg")
    expected = requires_txt(next((folder / "cfg").glob("*.egg-info/requires.txt")))
    bench.add("setup.cfg", [folder / "cfg" / "setup.cfg"], expected, "by hand, run by setuptools")


def requires_txt(path: Path) -> Found:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return {requirement(line) for line in lines if line and not line.startswith("[")}


def sdists(bench: Bench, folder: Path) -> None:
    """setup.py files as published. Nothing of them is run: their `requires.txt` was made by their authors."""
    index = corpus.Index()
    (folder / "store").mkdir()
    for wanted in SDISTS:
        name, version = wanted.split("==")
        target = folder / wanted
        try:
            package = corpus.Package(name, version, "", (), None, None)
            corpus.unpack(index.fetch(package, folder / "store"), target)
        except (LookupError, OSError) as error:
            bench.skipped.append(f"sdist {wanted}: {error}")
            continue
        files = [target / name for name in ("setup.py", "setup.cfg") if (target / name).exists()]
        requires = sorted([*target.glob("*.egg-info/requires.txt"), *target.glob("*/*.egg-info/requires.txt")])
        if not (target / "setup.py").exists() or not requires:
            bench.skipped.append(f"sdist {wanted}: no setup.py or no requires.txt in it")
            continue
        # Keywords that are no part of requires.txt are passed over.
        # So are lines of a list that the code opens and does not pass on: only running it would tell.
        expected = requires_txt(requires[0])
        names = {name for name, _ in expected}
        known = lambda dependency, names=names: (  # noqa: E731
            not {"build-system", "tests"} & set(dependency["groups"])
            and (dependency["path"].endswith(("setup.py", "setup.cfg")) or dependency["name"] in names)
        )
        bench.add(f"setup.py of {wanted}", files, expected, "its author", known=known)


MAKERS = [pip_tools, pip_grammar, pyproject, uv, poetry, pdm, pipenv, environment, setuptools, sdists]


# --- comparing -----------------------------------------------------------------------------------------------------


def found_by(example: Path, case: Case) -> tuple[Found, list[str]]:
    command = [str(example)]
    for path in case.files:
        command += ["--format", "script", str(path)] if path.name == "script.py" else [str(path)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout
    found, problems = set(), []
    for line in output.splitlines():
        manifest = json.loads(line)
        problems += [f"line {problem['line']}: {problem['message']}" for problem in manifest["problems"]]
        for dependency in manifest["dependencies"]:
            if not case.known(dependency):
                continue
            found.add((dependency["name"], as_written(dependency, case)))
    return found, problems


def as_written(dependency: dict, case: Case) -> str:
    kind, version = dependency["requirement"], dependency["version"]
    if "poetry-core" in case.made_by:
        return allowed([f"=={version}"] if kind == "exact" else version.split(" || "))
    if dependency["source"] in ("url", "vcs"):
        return "url"
    if kind == "exact":
        return ("===" if version_of(version) == version and "local" in version and "+" not in version else "==") + version_of(version)
    return ranges(version) if kind in ("range", "any") else kind


def report(bench: Bench, example: Path, arguments: argparse.Namespace) -> bool:
    rows, details = [], []
    totals = [0, 0, 0]
    unread = 0
    for case in bench.cases:
        found, problems = found_by(example, case)
        missing, extra = case.expected - found, found - case.expected
        setup = case.name.startswith("setup.py of")
        rows.append(
            f"| {case.name} | {case.made_by} | {len(case.files)} | {len(case.expected)} | {len(missing)} | {len(extra)} "
            f"| {len(problems)} |"
        )
        # What a setup.py computes cannot be known; the problem says so. Only silence is a miss.
        silent = missing if not (setup and problems) else set()
        unread += len(missing) - len(silent)
        totals = [total + more for total, more in zip(totals, (len(case.expected), len(silent), len(extra)), strict=True)]
        if missing or extra or problems:
            details.append(f"- **{case.name}**: missing {sorted(missing)}, too much {sorted(extra)}; problems {problems[:4]}")
    expected, missing, extra = totals
    recall = 100 * (expected - missing - unread) / max(expected, 1)
    text = "\n".join(
        [
            "# Manifests as the tools mean them",
            "",
            *heading(bench),
            "",
            f"{len(bench.cases)} cases, {expected} expected entries: recall {recall:.1f} %, **{missing} missed without a word**, "
            f"{unread} in `setup.py` files named as depending on running the code, **{extra} false**.",
            "",
            "| case | made by | files | expected | missing | too much | problems |",
            "|---|---|--:|--:|--:|--:|--:|",
            *rows,
            "",
            "## Differences and problems",
            "",
            *(details or ["None."]),
            "",
            "## Not made here",
            "",
            "- `conda-lock.yml`, `pixi.lock`, `environment.yml`: their tools need conda channels, which this machine does not "
            "reach; pixi is in no index. They have unit tests only.",
            *(f"- {line}" for line in bench.skipped),
        ]
    )
    arguments.results.mkdir(exist_ok=True)
    (arguments.results / "manifests.md").write_text(text + "\n")
    print(text)
    return not (missing or extra)


def heading(bench: Bench) -> list[str]:
    import datetime
    from importlib.metadata import version

    names = ["packaging", "pip", "pip-tools", "uv", "pipenv", "cyclonedx-bom", "spdx-tools", "setuptools"]
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    others = [bench.run(bench.program(name, name), "--version", cwd=bench.folder).strip() for name in ("poetry", "pdm")]
    return [
        f"- Date: {datetime.date.today()}",
        f"- Versions: {versions}, {', '.join(others)}, Python {platform.python_version()}",
        "- Command: `DIR/main/bin/python benches/manifests.py --tools DIR`",
    ]


def install(folder: Path) -> None:
    for name, packages in ENVIRONMENTS.items():
        if not (folder / name).exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder / name)], check=True)
        subprocess.run([str(folder / name / "bin" / "pip"), "install", "-q", *packages], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    target = Path(os.environ.get("CARGO_TARGET_DIR", tools.ROOT / "target"))
    parser.add_argument("--tools", type=Path, required=True, metavar="DIR", help="virtual environments with the tools")
    parser.add_argument("--install", action="store_true", help="make them, and stop")
    parser.add_argument("--example", type=Path, default=target / "debug" / "examples" / "dependencies", metavar="PATH")
    parser.add_argument("--results", type=Path, default=tools.RESULTS, metavar="DIR")
    parser.add_argument("--only", metavar="NAME", help="one maker, for development")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="make the files there and leave them")
    arguments = parser.parse_args()
    if arguments.install:
        install(arguments.tools)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        bench = Bench(arguments.tools.resolve(), folder.resolve())
        bench.make([maker for maker in MAKERS if arguments.only in (None, maker.__name__)])
        return 0 if report(bench, arguments.example, arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
