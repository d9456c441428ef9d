#!/usr/bin/env python3
"""Do the stubs in models/ say what the real packages have? Names, and signatures as far as a stub gives them.

    stubs.py --venv DIR --install       make a virtual environment in DIR and install the packages into it
    stubs.py --venv DIR                 compare, and write benches/results/stubs.md
    stubs.py --venv DIR --only NAMES    compare some libraries, for development: prints, writes nothing

Packages are asked for by name through pip. What is not installed is not compared. The comparison imports the packages in
the environment's own interpreter, one process a library, and calls nothing of them.

A stub agrees if each of its names exists and each parameter stands where the package has it: the same name, order and
kind, and the same default where both are plain constants. A stub may leave out a tail (`*args: Any, **kwargs: Any`) and
write out what a package takes through its own `**kwargs`. Names below a comment that says why they are not there (`# Until
Python 3.7`, `# Since …`, `# Made on demand`) are left out, and so are constants that stand for a choice and classes that
begin with `_`.
"""

import argparse
import ast
import datetime
import json
import os
import platform
import subprocess
import sys
import venv
from collections import Counter
from pathlib import Path

import tools

MODELS = tools.ROOT / "models"
PACKAGES = """
aiohttp aiosqlite anthropic asyncpg asyncssh bcrypt bleach boto3 chameleon click cloudpickle cryptography databases
defusedxml dill django djangorestframework docker docutils fabric fastapi flask flask-pymongo flask-sqlalchemy flask-wtf
genshi gitpython h5py httpx invoke itsdangerous jinja2 joblib jsonpickle keyring ldap3 lxml mako markdown markupsafe
mistune mongoengine motor msgpack mysql-connector-python nh3 numpy openai openpyxl pandas paramiko passlib peewee pexpect
plumbum psycopg psycopg2-binary py7zr pycryptodome pycryptodomex pydantic pyjwt pymongo pymysql pyopenssl python-jose
python-multipart pyyaml rarfile redis requests ruamel.yaml sh six sqlalchemy starlette tornado typer untangle urllib3
uvicorn werkzeug xmltodict
""".split()

# Words of comments that say why a name is not there.
OTHERWISE = ("Until ", "until ", "Since ", "Python 2", "1.x", "Not on ", "Not in ", "Not a class", "Handed on", "Made on demand")

# Runs in the environment: reads what to look up from standard input, writes what is there.
PROBE = r"""
import importlib, inspect, json, sys, warnings
warnings.simplefilter("ignore")

def constant(value):
    if value is None or isinstance(value, (bool, int, float, str)):
        return {"is": repr(value)}
    if isinstance(value, bytes):
        return {"is": repr(value)}
    if isinstance(value, tuple) and not value:
        return {"is": "()"}
    return {}

def signature(found, drop):
    try:
        parameters = list(inspect.signature(found).parameters.values())
    except (TypeError, ValueError):
        return None
    if drop:
        parameters = parameters[1:]
    return [
        [p.name, p.kind.name, None if p.default is p.empty else constant(p.default)] for p in parameters
    ]

answers = {}
for module, names in json.load(sys.stdin).items():
    try:
        top = importlib.import_module(module)
    except BaseException as error:
        answers[module] = {"error": f"{type(error).__name__}: {error}"[:200]}
        continue
    found = {}
    for name in names:
        owner, _, member = name.partition(".")
        try:
            try:
                thing = getattr(top, owner)
            except AttributeError:
                thing = importlib.import_module(module + "." + owner)
        except BaseException as error:
            found[name] = {"missing": type(error).__name__}
            continue
        try:
            if member:
                raw = inspect.getattr_static(thing, member)
                got = getattr(thing, member)
                method = inspect.isfunction(raw) or (
                    inspect.ismethoddescriptor(raw) and type(raw).__name__ != "classmethod_descriptor"
                )
                method = method and not isinstance(raw, (staticmethod, classmethod))
                found[name] = {"signature": signature(got, method) if callable(got) else None}
                if isinstance(raw, property) or not callable(got):
                    found[name] = {"signature": None}
            elif inspect.isclass(thing):
                found[name] = {"signature": None, "class": True, "own": sorted(set(dir(thing)))}
                try:
                    found[name]["init"] = signature(thing, False)
                except Exception:
                    pass
            else:
                found[name] = {"signature": signature(thing, False) if callable(thing) else None}
        except AttributeError as error:
            found[name] = {"missing": type(error).__name__} if member else {"signature": None}
        except BaseException:
            # A proxy that has nothing behind it outside of a request.
            found[name] = {"signature": None}
    answers[module] = {"found": found}

from importlib import metadata
try:
    tops = metadata.packages_distributions()
except Exception:
    tops = {}
versions = {}
for module in answers:
    for name in tops.get(module.split(".")[0], []):
        versions.setdefault(module.split(".")[0], f"{name} {metadata.version(name)}")
print("\n@" + json.dumps({"answers": answers, "versions": versions}))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, required=True, metavar="DIR", help="the virtual environment")
    parser.add_argument("--install", action="store_true", help="make it, and install what is missing")
    parser.add_argument("--only", default="", metavar="NAMES", help="top-level modules, separated by commas")
    parser.add_argument("--results", type=Path, default=tools.RESULTS, metavar="DIR", help="where to write")
    args = parser.parse_args()
    python = args.venv / "bin" / "python"
    if args.install:
        install(args.venv, python)
    libraries: dict[str, dict[str, Stub]] = {}
    for path in sorted(MODELS.rglob("*.pyi")):
        stub = Stub(path)
        libraries.setdefault(stub.module.split(".")[0], {})[stub.module] = stub
    only = {name for name in args.only.split(",") if name}
    rows, faults, absent = [], [], []
    for library, stubs in sorted(libraries.items()):
        if only and library not in only:
            continue
        answer = probe(python, stubs)
        if not answer["answers"]:
            print(f"no answer from {library}", file=sys.stderr)
        count = Counter()
        for module, stub in stubs.items():
            got = answer["answers"].get(module, {"error": "the process ended"})
            if "error" in got:
                count["modules missing"] += 1
                if not stub.is_old:
                    absent.append((module, got["error"]))
                continue
            faults += stub.compare(got["found"], count)
        version = answer["versions"].get(library, "standard library" if library in sys.stdlib_module_names else "")
        if count["names"]:
            rows.append((library, version, count))
    report = render(rows, faults, absent, python)
    if only:
        print(report)
    else:
        (args.results / "stubs.md").write_text(report)
        total = sum((count for _, _, count in rows), Counter())
        print(f"{len(rows)} libraries, {total['names']} names, {total['missing']} missing, {total['differing']} differ")
    return 1 if faults else 0


def install(directory: Path, python: Path) -> None:
    """Makes the environment; a package that cannot be had for this interpreter is left out."""
    if not python.exists():
        venv.create(directory, with_pip=True)
    for package in PACKAGES:
        done = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--prefer-binary", package],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            print(f"not installed: {package}", file=sys.stderr)


def probe(python: Path, stubs: dict) -> dict:
    """What the real modules have of the names in the stubs."""
    wanted = {module: sorted(stub.names) for module, stub in stubs.items()}
    try:
        done = subprocess.run(
            [python, "-c", PROBE],
            input=json.dumps(wanted),
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "django.conf.global_settings"},
        )
    except subprocess.TimeoutExpired:
        return {"answers": {}, "versions": {}}
    text = done.stdout.rpartition("\n@")[2]
    return json.loads(text) if text.startswith("{") else {"answers": {}, "versions": {}}


class Stub:
    """A stub: its public names, each with the overloads of its signature."""

    def __init__(self, path: Path) -> None:
        self.path = path.relative_to(tools.ROOT).as_posix()
        parts = path.relative_to(MODELS).with_suffix("").parts
        self.module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        text = path.read_text()
        self.lines = text.splitlines()
        self.names: dict[str, list] = {}
        self.places: dict[str, int] = {}
        self.is_old = False
        for node in ast.parse(text).body:
            self.read(node, "")

    def read(self, node: ast.stmt, owner: str) -> None:
        """Notes what a statement defines."""
        if isinstance(node, ast.ImportFrom) and not owner:
            for alias in node.names:
                if alias.asname == alias.name:
                    self.note(alias.name, None, node)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.note(owner + node.name, node, node)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            self.note(node.name, None, node)
            for inner in () if self.is_of_old(node) else node.body:
                if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self.read(inner, node.name + ".")
        elif isinstance(node, ast.AnnAssign) and not owner and isinstance(node.target, ast.Name):
            self.note(node.target.id, None, node)

    def note(self, name: str, function: ast.FunctionDef | ast.AsyncFunctionDef | None, node: ast.stmt) -> None:
        if self.is_of_old(node):
            return
        self.names.setdefault(name, [])
        self.places.setdefault(name, node.lineno)
        if function is not None:
            self.names[name].append(function)

    def is_of_old(self, node: ast.stmt) -> bool:
        """Whether the comment above the run of lines that it is in says that it is of an older version."""
        at = node.lineno - 2
        indent = len(self.lines[node.lineno - 1]) - len(self.lines[node.lineno - 1].lstrip())
        while at >= 0:
            line = self.lines[at]
            if line.strip().startswith("#"):
                return any(word in line for word in OTHERWISE)
            if not line.strip() or len(line) - len(line.lstrip()) < indent:
                return False
            at -= 1
        return False

    def compare(self, found: dict, count: Counter) -> list:
        """What is missing or differs."""
        faults = []
        for name, functions in self.names.items():
            owner, _, member = name.partition(".")
            if member in ("__getattr__", "__await__", "__aenter__", "__enter__", "__iter__", "__next__"):
                continue
            count["names"] += 1
            got = found[name]
            where = f"{self.path}:{self.places[name]}"
            if member == "__init__":
                init = found.get(owner, {}).get("init")
                got = {"signature": init}
            if "missing" in got:
                count["missing"] += 1
                faults.append((where, name, "is not there"))
                continue
            real = got.get("signature")
            if not functions or real is None:
                continue
            count["signatures"] += 1
            for function in functions:
                fault = differs(function, real, bool(member), self.is_static(function))
                if fault:
                    count["differing"] += 1
                    faults.append((where, name, fault))
                    break
        return faults

    @staticmethod
    def is_static(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in function.decorator_list)


def differs(function, real: list, is_method: bool, is_static: bool) -> str | None:
    """How a signature in a stub differs from the real one: `[name, kind, default]` of each parameter."""
    arguments = function.args
    ordered = arguments.posonlyargs + arguments.args
    defaults = [None] * (len(ordered) - len(arguments.defaults)) + list(arguments.defaults)
    if is_method and not is_static:
        ordered, defaults = ordered[1:], defaults[1:]
    positional = [p for p in real if p[1] in ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD")]
    keyword = {p[0]: p for p in real if p[1] in ("KEYWORD_ONLY", "POSITIONAL_OR_KEYWORD")}
    has_star = any(p[1] == "VAR_POSITIONAL" for p in real)
    has_stars = any(p[1] == "VAR_KEYWORD" for p in real)
    positional_only = {a.arg for a in arguments.posonlyargs}
    for number, argument in enumerate(ordered):
        if number >= len(positional):
            if has_star or has_stars:
                continue
            return f"`{argument.arg}` is one too many"
        name, kind, default = positional[number]
        if name != argument.arg and argument.arg not in positional_only and kind != "POSITIONAL_ONLY":
            return f"`{argument.arg}` should be `{name}`"
        fault = default_differs(argument.arg, defaults[number], default)
        if fault:
            return fault
    if len(ordered) < len(positional) and arguments.vararg is None and arguments.kwarg is None:
        missing = [p[0] for p in positional[len(ordered) :] if p[0] not in {a.arg for a in arguments.kwonlyargs}]
        if missing:
            return f"`{missing[0]}` is left out"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults):
        if argument.arg not in keyword:
            if has_stars:
                continue
            return f"there is no keyword `{argument.arg}`"
        fault = default_differs(argument.arg, default, keyword[argument.arg][2])
        if fault:
            return fault
    return None


def default_differs(name: str, written: ast.expr | None, real: dict | None) -> str | None:
    """How a default differs, as far as both are plain constants. That a stub demands less or more is no matter where an
    overload says so, so only values are compared."""
    if written is None or real is None or "is" not in real:
        return None
    if not isinstance(written, ast.Constant) or written.value is ...:
        return None
    # A word in a stub may stand for a choice that the package has as a number or an object.
    is_choice = isinstance(written.value, str) and not real["is"].startswith(("'", '"'))
    if repr(written.value) != real["is"] and not is_choice:
        return f"`{name}` is `{real['is']}` by default, not `{written.value!r}`"
    return None


def render(rows: list, faults: list, absent: list, python: Path) -> str:
    """The report."""
    version = subprocess.run([python, "--version"], capture_output=True, text=True).stdout.strip()
    total = sum((count for _, _, count in rows), Counter())
    lines = [
        "# Stubs against the real packages",
        "",
        f"{datetime.date.today()}, {version}, {platform.system()}. `python3 benches/stubs.py --venv DIR --install`",
        "",
        f"{len(rows)} libraries, {total['names']} names, of which {total['missing']} are missing; {total['signatures']} "
        f"signatures could be read, of which {total['differing']} differ.",
        "",
        "| library | version | names | missing | signatures | differ |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for library, release, count in rows:
        lines.append(
            f"| {library} | {release} | {count['names']} | {count['missing']} | {count['signatures']} | "
            f"{count['differing']} |"
        )
    if faults:
        lines += ["", "## What does not agree", ""]
        lines += [f"- `{where}` `{name}`: {fault}" for where, name, fault in faults]
    if absent:
        lines += ["", "## Not compared, since the module is not there", ""]
        lines.append(", ".join(f"`{module}`" for module, _ in absent) + ".")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
