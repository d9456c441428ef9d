"""Hostile projects: each case writes one and says what an honest scanner must make of it.

Every project also holds `sibling.py` with one finding that must be reported whatever stands beside it. A hostile
Python file ends in the same finding: it must be reported too, or a problem must name the file.
"""

import json
import os
import random
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

DEEP = 100_000
SIBLING = "import yaml\n\n\ndef read(stream):\n    return yaml.load(stream)\n"
SIBLING_LINE = 5
TAIL = "\nimport yaml\nyaml.load(open('x'))\n"


@dataclass
class Expectation:
    """What must be in the report."""

    looked_at: list[tuple[str, int]] = field(default_factory=list)
    """(path, line): a finding there, or a problem that names the path."""
    found: list[tuple[str, int]] = field(default_factory=list)
    """(path, line): a finding there, no way out."""
    problems: list[str] = field(default_factory=list)
    """Paths that a problem must name, themselves or a folder above."""
    sibling: bool = True
    exit_codes: tuple[int, ...] = (1,)
    """1 for the finding in the sibling, whatever else could not be looked at."""
    says: str | None = None
    """What stdout, stderr or a problem must contain, in lower case."""


@dataclass
class Case:
    """A hostile project."""

    name: str
    make: Callable[[Path], Expectation]
    seconds: float = 10
    memory_mb: float = 500
    arguments: list[str] = field(default_factory=lambda: [".", "--isolated"])
    while_scanning: Callable[[Path, Event], None] | None = None
    as_nobody: bool = False


def text_case(name: str, text: Callable[[], str], suffix: str = ".py", tail: bool = True, **more) -> Case:
    """One file with `text`, and the known finding after it. A function, since all texts together are large."""

    def make(folder: Path) -> Expectation:
        content = text()
        file = f"hostile{suffix}"
        if tail:
            content += TAIL
        (folder / file).write_text(content, encoding="utf-8")
        return Expectation(looked_at=[(file, content.count("\n"))] if tail else [])

    return Case(name, make, **more)


def bytes_case(name: str, data: bytes | Callable[[], bytes], line: int | None, problem: bool) -> Case:
    """One file of bytes; `line` of a finding that must be there, or a `problem`."""

    def make(folder: Path) -> Expectation:
        (folder / "hostile.py").write_bytes(data() if callable(data) else data)
        return Expectation(found=[("hostile.py", line)] if line else [], problems=["hostile.py"] if problem else [])

    return Case(name, make)


def syntax_cases() -> list[Case]:
    """Shapes of expressions and statements that make recursion deep or loops quadratic."""
    n = DEEP
    cases = []
    for name, opener, closer in [
        ("(", "(", ")"),
        ("[", "[", "]"),
        ("{", "{", "}"),
        ("{1:", "{1:", "}"),
        ("f(", "f(", ")"),
        ("a[", "a[", "]"),
        ("(x:=", "(x:=", ")"),
        ("[*", "[*", "]"),
        ("List[", "List[", "]"),
        ("(lambda:", "(lambda:", ")"),
        ("(yield ", "(yield ", ")"),
        ("([{ mixed", "([{1:", "}])"),
    ]:
        cases.append(text_case(f"100,000 × `{name}`, closed", lambda o=opener, c=closer: f"x = {o * n}1{c * n}\n"))
        cases.append(text_case(f"100,000 × `{name}`, open", lambda o=opener: f"x = {o * n}1\n"))
    cases += [text_case(f"100,000 × `{c}` only closing", lambda c=c: f"x = {c * n}\n") for c in ")]}"]
    for name, text in {
        "`lambda:` prefix": lambda: "lambda: " * n + "1",
        "`not` prefix": lambda: "not " * n + "1",
        "`-` prefix": lambda: "-" * n + "1",
        "`~` prefix": lambda: "~" * n + "1",
        "`await` prefix": lambda: "await " * n + "y",
        "`+` chain": lambda: "a" + " + a" * n,
        "string `+` chain": lambda: "'a'" + " + 'a'" * n,
        "`**` chain": lambda: "a" + " ** a" * n,
        "`<` chain": lambda: "a" + " < a" * n,
        "`and` chain": lambda: "a" + " and a" * n,
        "`and or` chain": lambda: "a" + " and a or a" * n,
        "`if else` chain": lambda: "a if b else " * n + "c",
        "attribute chain": lambda: "a" + ".b" * n,
        "call chain": lambda: "f" + "()" * n,
        "subscript chain": lambda: "a" + "[0]" * n,
        "method chain": lambda: "a" + ".b()" * n,
        "implicit string concatenation": lambda: "(" + "'a'\n" * n + ")",
        "tuple of 100,000": lambda: "(" + "1," * n + ")",
        "keyword arguments": lambda: "f(" + ",".join(f"k{i}=1" for i in range(n)) + ")",
        "`%` format": lambda: "'" + "%s " * n + "' % (" + "a," * n + ")",
        "`.format` with 100,000 fields": lambda: "'" + "{} " * n + "'.format(*a)",
        "f-string with 100,000 fields": lambda: "f'" + "{a}" * n + "'",
        "comprehension clauses": lambda: "[a " + "for a in b if c " * n + "]",
        "number of 1,000,000 digits": lambda: "9" * 1_000_000,
        "identifier of 1 MB": lambda: "a" * 1_000_000,
        "string of 10 MB": lambda: "'" + "a" * 10_000_000 + "'",
        "nested comprehensions": lambda: "[a for a in " * 5000 + "b" + "]" * 5000,
    }.items():
        cases.append(text_case(name, lambda text=text: f"x = {text()}\n"))

    def nested_f(quote: str, depth: int) -> str:
        return f"f{quote}{{" * depth + "a" + f"}}{quote}" * depth

    cases += [
        text_case("f-strings nested 50,000 deep", lambda: f"x = {nested_f(chr(34), 50_000)}\n"),
        text_case("f-strings open 100,000 deep", lambda: "x = " + "f'{" * n + "\n"),
        text_case("format specs nested 50,000 deep", lambda: "x = f'" + "{a:" * 50_000 + "}" * 50_000 + "'\n"),
        text_case("t-strings nested 50,000 deep", lambda: "x = " + "t'{" * 50_000 + "a" + "}'" * 50_000 + "\n"),
        text_case("assignment chain", lambda: "a = " * n + "1\n"),
        text_case("decorators", lambda: "@d\n" * n + "def f(): pass\n"),
        text_case("parameters", lambda: "def f(" + ",".join(f"p{i}=1" for i in range(n)) + "): pass\n"),
        text_case("elif chain of 10,000", lambda: "if a: pass\n" + "elif a == 1: b()\n" * 10_000),
        text_case(
            "else-if nested 3,000 deep",
            lambda: (
                "".join(" " * i + "if a:\n" + " " * i + " b()\n" + " " * i + "else:\n" for i in range(3000))
                + " " * 3000
                + "c()\n"
            ),
        ),
        text_case("except clauses, 10,000", lambda: "try: pass\n" + "except E: pass\n" * 10_000),
        text_case(
            "match with 10,000 cases", lambda: "match a:\n" + "".join(f"    case {i}: b({i})\n" for i in range(10_000))
        ),
        text_case("pattern nested 100,000 deep", lambda: "match a:\n    case " + "[" * n + "b" + "]" * n + ": pass\n"),
        text_case("pattern alternatives, 100,000", lambda: "match a:\n    case " + "|".join(["1"] * n) + ": pass\n"),
        text_case(
            "dict of 30,000 lines",
            lambda: "x = {\n" + "".join(f"    'key{i}': ['value', {i}, None],\n" for i in range(30_000)) + "}\n",
        ),
        text_case(
            "function of 1 MB",
            lambda: "def f(request):\n" + "".join(f"    v{i} = g(v{i - 1}, 'text')\n" for i in range(1, 40_000)),
        ),
        text_case(
            "branches, 10,000 in a row",
            lambda: "def f(c):\n    x = 'a'\n" + "    if c():\n        x = x + 'b'\n" * 10_000 + "    return x\n",
        ),
        text_case(
            "loops nested 300 deep",
            lambda: (
                "def f():\n"
                + "".join(
                    " " * (i + 1) + f"while a{i}:\n" + " " * (i + 2) + f"a{i} = a{(i * 7) % 300}\n" for i in range(300)
                )
            ),
        ),
        text_case(
            "text built from 50,000 parts",
            lambda: "def f(q):\n    s = 'SELECT '\n" + "    s += q\n" * 50_000 + "    db.execute(s)\n",
        ),
        text_case(
            "aliases of aliases, 50,000",
            lambda: (
                "import os\na0 = os.system\n"
                + "".join(f"a{i} = a{i - 1}\n" for i in range(1, 50_000))
                + "a49999('ls')\n"
            ),
        ),
        text_case(
            "functions calling the next, 20,000",
            lambda: "".join(f"def f{i}(x): return f{i + 1}(x)\n" for i in range(20_000)),
        ),
        text_case(
            "classes deriving from the last, 10,000",
            lambda: (
                "class C0: pass\n"
                + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, 10_000))
                + "C9999().m()\n"
            ),
        ),
        text_case(
            "classes deriving from themselves",
            lambda: "class A(B): pass\nclass B(A): pass\nclass C(C): pass\nA().m()\nC.n()\n",
        ),
        text_case(
            "closures nested 2,000 deep",
            lambda: "".join(" " * i + f"def f{i}():\n" for i in range(2000)) + " " * 2000 + "return f0\n",
        ),
        text_case(
            "classes nested 2,000 deep",
            lambda: "".join(" " * i + f"class C{i}:\n" for i in range(2000)) + " " * 2000 + "pass\n",
        ),
        text_case(
            "with nested 5,000 deep",
            lambda: "".join(" " * i + "with a:\n" for i in range(5000)) + " " * 5000 + "pass\n",
            seconds=20,
        ),
        text_case(
            "try nested 2,000 deep",
            lambda: (
                "".join(" " * i + "try:\n" for i in range(2000))
                + " " * 2000
                + "a()\n"
                + "".join(" " * i + "finally: b()\n" for i in reversed(range(2000)))
            ),
        ),
        text_case("indentation of 1 MB", lambda: "if a:\n" + " " * 1_000_000 + "b()\n"),
        text_case("continuation lines, 1,000,000", lambda: "x = 1 + \\\n" + "\\\n" * 1_000_000 + "2\n"),
        text_case("statements on one line, 500,000", lambda: "a;" * 500_000 + "\n"),
        text_case("blank lines, 3,000,000", lambda: "\n" * 3_000_000),
        text_case("nested `type` parameters", lambda: "type A[T: " * 3000 + "int" + "] = T" * 3000 + "\n"),
        text_case(
            "suppression comments, 100,000",
            lambda: 'x = 1  # nosec B101, B102 # noqa: S101,S102 # hognose: ignore[a, b] reason="c"\n' * n,
        ),
        text_case(
            "malformed suppression comments, 50,000",
            lambda: "x = 1  # hognose: ignore[[[" + "a," * 20 + "\n" + "# nosec:::\n# noqa: ,,,S\n" * 50_000,
        ),
        text_case("findings, 50,000", lambda: "import yaml\n" + "yaml.load(a)\n" * 50_000, seconds=20),
        text_case(
            "one line of findings, 20,000", lambda: "import yaml\n" + "yaml.load(a);" * 20_000 + "\n", seconds=20
        ),
        text_case("unclosed triple quote, 10 MB", lambda: "x = '''" + "abc\n" * 2_500_000),
        text_case("imports, 100,000", lambda: "".join(f"import m{i} as n{i}\n" for i in range(n))),
        text_case(
            "import of a name with 50,000 dots",
            lambda: "import a" + ".a" * 50_000 + "\nfrom " + "." * 50_000 + " import b\n",
        ),
        text_case("a line of 100 MB: name", lambda: "x = " + "a" * 100_000_000, seconds=20),
        text_case("a line of 100 MB: calls", lambda: "x = [" + "yaml.load(y), " * 7_000_000 + "]", seconds=20),
        text_case("a line of 100 MB: brackets", lambda: "(" * 100_000_000, seconds=20),
    ]
    return cases


def other_format_cases() -> list[Case]:
    """Templates and notebooks."""
    n = DEEP
    cases = [
        text_case(f"template: {name}", lambda text=text: text, suffix=suffix, tail=False)
        for name, text, suffix in [
            ("`{% if %}` 100,000 deep", "{% if a %}" * n + "{{ b }}" + "{% endif %}" * n, ".html"),
            ("`{% if %}` never closed", "{% if a %}" * n, ".html"),
            ("`{{ ((((`", "{{ " + "(" * n + "a" + ")" * n + " }}", ".html"),
            ("`{{` only", "{{" * n, ".jinja2"),
            ("`{%` only", "{%" * n, ".html"),
            ("`{#` only", "{#" * n, ".html"),
            ("100,000 filters", "{{ a" + "|safe" * n + " }}", ".html"),
            ("a line of 9 MB", "<p>" * 3_000_000, ".html"),
            ("`${` nested", "${" * n + "}" * n, ".mako"),
            ("mako blocks", "<%\n" * n, ".mako"),
            ("extends itself", "{% extends 'hostile.html' %}{% include 'hostile.html' %}", ".html"),
        ]
    ]

    def notebook(name: str, text: str | Callable[[], str], problem: bool = True) -> Case:
        def make(folder: Path) -> Expectation:
            (folder / "hostile.ipynb").write_text(text() if callable(text) else text)
            return Expectation(problems=["hostile.ipynb"] if problem else [])

        return Case(f"notebook: {name}", make)

    def cell(source: object) -> dict:
        return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": source}

    frame = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    cases += [
        notebook("JSON 100,000 deep", "[" * n + "]" * n),
        notebook("JSON open", '{"cells": ' + "[" * n),
        notebook("empty file", ""),
        notebook("not JSON", "import yaml\n"),
        notebook("a number", "1"),
        notebook("cells is text", json.dumps({"cells": "a", **frame})),
        notebook("source is a number", json.dumps({"cells": [cell(1)], **frame})),
        notebook("100,000 cells", lambda: json.dumps({"cells": [cell("a = 1")] * n, **frame}), problem=False),
        notebook(
            "magics",
            json.dumps(
                {"cells": [cell("%%bash\nrm -rf (\n"), cell("!ls {x}\n%time f(\n?x\n"), cell("x = !ls\n")], **frame}
            ),
            problem=False,
        ),
    ]
    return cases


def encoding_cases() -> list[Case]:
    known = b"import yaml\nyaml.load(open('x'))\n"
    text = known.decode()
    return [
        bytes_case("invalid UTF-8", b"x = '\xff\xfe\x80'\n" + known, None, True),
        bytes_case("lone surrogates in UTF-8", b"x = '\xed\xa0\x80'\n" + known, None, True),
        bytes_case("UTF-16 with BOM, little-endian", b"\xff\xfe" + text.encode("utf-16-le"), None, True),
        bytes_case("UTF-16 with BOM, big-endian", b"\xfe\xff" + text.encode("utf-16-be"), None, True),
        bytes_case("UTF-32", text.encode("utf-32"), None, True),
        bytes_case("UTF-16 without BOM", text.encode("utf-16-le"), None, True),
        bytes_case("NUL bytes", b"x = 1\0\n" + known + b"\0" * 1000, None, True),
        bytes_case("only NUL bytes, 10 MB", lambda: b"\0" * 10_000_000, None, True),
        bytes_case("UTF-8 with BOM", b"\xef\xbb\xbf" + known, 2, False),
        bytes_case("latin-1 with its cookie", b"# coding: latin-1\nx = '\xe9'\n" + known, 4, False),
        bytes_case("cp1252 with its cookie", b"# -*- coding: cp1252 -*-\nx = '\x80'\n" + known, 4, False),
        bytes_case("unknown cookie", b"# coding: no-such-codec\n" + known, None, True),
        bytes_case("BOM and another cookie", b"\xef\xbb\xbf# coding: latin-1\n" + known, None, True),
        bytes_case("carriage returns only", known.replace(b"\n", b"\r"), 2, False),
        bytes_case("CRLF", known.replace(b"\n", b"\r\n"), 2, False),
        bytes_case("form feeds and a form-feed line", b"\x0c\n\x0c" + known, 3, False),
        bytes_case("no line end at the end", known.rstrip(), 2, False),
        bytes_case("other separators in a string", "x = 'a\u2028b\x85c\x0bd'\n".encode() + known, 3, False),
        bytes_case("Python 2", b"print 'a'\nexec 'b'\nx = `c`\nif a <> 0777: raise E, 'f'\n", None, True),
        bytes_case("Python 2, `except E, e`", b"try:\n    f()\nexcept E, e:\n    raise F, 'g'\n", None, True),
        bytes_case("a PNG named .py", b"\x89PNG\r\n\x1a\n" + bytes(random.Random(3).randbytes(50_000)), None, True),
        bytes_case("an empty file", b"", None, False),
    ]


def file_system_cases() -> list[Case]:
    """What is not a readable regular file, or does not stay one."""

    def loop(folder: Path) -> Expectation:
        (folder / "self.py").symlink_to("self.py")
        (folder / "here").symlink_to(".")
        (folder / "sub").mkdir()
        (folder / "sub" / "up").symlink_to("..")
        (folder / "one").symlink_to("two")
        (folder / "two").symlink_to("one")
        (folder / "gone.py").symlink_to("nowhere.py")
        return Expectation(problems=["self.py", "gone.py"])

    def special(folder: Path) -> Expectation:
        os.mkfifo(folder / "pipe.py")
        os.mkfifo(folder / "pipe.html")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(folder / "socket.py"))
        (folder / "zero.py").symlink_to("/dev/zero")
        (folder / "tty.py").symlink_to("/dev/tty")
        (folder / "folder.py").mkdir()
        (folder / "folder.py" / "inside.py").write_text(SIBLING)
        return Expectation(found=[("folder.py/inside.py", SIBLING_LINE)], problems=["pipe.py", "socket.py", "zero.py"])

    def special_configuration(folder: Path) -> Expectation:
        os.mkfifo(folder / ".gitignore")
        (folder / "sub").mkdir()
        os.mkfifo(folder / "sub" / "pyproject.toml")
        os.mkfifo(folder / "sub" / "setup.cfg")
        (folder / "sub" / "inside.py").write_text(SIBLING)
        return Expectation(found=[("sub/inside.py", SIBLING_LINE)])

    def unreadable(folder: Path) -> Expectation:
        (folder / "closed.py").write_text(SIBLING)
        (folder / "closed.py").chmod(0)
        (folder / "shut").mkdir()
        (folder / "shut" / "inside.py").write_text(SIBLING)
        (folder / "shut").chmod(0)
        return Expectation(problems=["closed.py", "shut"])

    def odd_names(folder: Path) -> Expectation:
        for name in [
            "with blank.py",
            "new\nline.py",
            "quo'te\".py",
            "ünï.py",
            "-dash.py",
            "%41#?.py",
            "a" * 251 + ".py",
            "\u202erev.py",
        ]:
            (folder / name).write_text(SIBLING)
        with open(os.path.join(os.fsencode(folder), b"not-utf8-\xff.py"), "w") as file:
            file.write(SIBLING)
        return Expectation(
            found=[
                (name, SIBLING_LINE) for name in ("with blank.py", "ünï.py", "-dash.py", "%41#?.py", "a" * 251 + ".py")
            ]
        )

    def deep_folders(folder: Path) -> Expectation:
        here = os.open(folder, os.O_RDONLY)
        try:
            for _ in range(1500):  # beyond PATH_MAX
                os.mkdir("deep", dir_fd=here)
                below = os.open("deep", os.O_RDONLY, dir_fd=here)
                os.close(here)
                here = below
        finally:
            os.close(here)
        near = folder / "/".join(["deep"] * 200)
        (near / "inside.py").write_text(SIBLING)
        return Expectation(found=[("/".join(["deep"] * 200) + "/inside.py", SIBLING_LINE)])

    def many(folder: Path) -> Expectation:
        for i in range(20_000):
            (folder / f"m{i}.py").touch()
        return Expectation()

    def ignore_lists(folder: Path) -> Expectation:
        (folder / ".gitignore").write_bytes(
            b"[\n**/**/**\\\n!!!\n\xff\xfe\n{a,b\n" + b"".join(b"/no%d/**/x*y*z\n" % i for i in range(20_000))
        )
        return Expectation()

    def star_cycle(folder: Path) -> Expectation:
        for i in range(1000):
            imports = f"from m{(i + 1) % 1000} import *\nfrom m{(i + 7) % 1000} import *\n"
            (folder / f"m{i}.py").write_text(imports + f"name{i} = 1\nname{(i * 3) % 1000}()\n")
        return Expectation()

    def export_chain(length: int) -> Callable[[Path], Expectation]:
        def make(folder: Path) -> Expectation:
            (folder / "m0.py").write_text("from yaml import load\n")
            for i in range(1, length):
                (folder / f"m{i}.py").write_text(f"from m{i - 1} import load\n")
            (folder / "hostile.py").write_text(f"from m{length - 1} import load\nload(open('x'))\n")
            return Expectation(looked_at=[("hostile.py", 2)])

        return make

    def star_pairs(folder: Path) -> Expectation:
        for i in range(30):
            (folder / f"m{i}.py").write_text(f"from m{(i + 1) % 30} import *\nfrom m{(i + 2) % 30} import *\n")
        (folder / "hostile.py").write_text("from m0 import *\nunknown()\n" + SIBLING)
        return Expectation(looked_at=[("hostile.py", 2 + SIBLING_LINE)])

    def package_cycle(folder: Path) -> Expectation:
        (folder / "a").mkdir()
        (folder / "b").mkdir()
        (folder / "a" / "__init__.py").write_text("from b import x\nfrom a import x\nfrom . import x, a\n")
        (folder / "b" / "__init__.py").write_text("from a import x\nimport b.b.b.b\nx.y()\n")
        return Expectation()

    def crowd(folder: Path) -> Expectation:
        body = "x = [1, 2, 3]\n" * 500
        for i in range(3000):
            (folder / f"d{i % 50}").mkdir(exist_ok=True)
            (folder / f"d{i % 50}" / f"m{i}.py").write_text(body)
        return Expectation()

    def delete(folder: Path, stop: Event) -> None:
        for path in sorted(folder.glob("d*/*.py"), reverse=True):
            if stop.is_set():
                return
            path.unlink()
            if path.name.endswith("7.py"):
                time.sleep(0.0002)

    def swap_for_pipes(folder: Path, stop: Event) -> None:
        for path in sorted(folder.glob("d*/*.py"), reverse=True):
            if stop.is_set():
                return
            path.unlink()
            os.mkfifo(path)

    def swap_for_folders(folder: Path, stop: Event) -> None:
        for path in sorted(folder.glob("d*/*.py")):
            if stop.is_set():
                return
            path.unlink()
            path.mkdir()

    def append(folder: Path, stop: Event) -> None:
        # Stops at 400 MB, for the sake of the disk.
        for _ in range(400):
            if stop.is_set():
                return
            with (folder / "growing.py").open("a") as file:
                file.write("x = 1\n" * 170_000)

    def growing(folder: Path) -> Expectation:
        (folder / "growing.py").write_text("x = 1\n" * 1000)
        return Expectation()

    def rewrite(folder: Path, stop: Event) -> None:
        texts = ["x = 'é'\n" * 4000, "import yaml\nyaml.load(x)\n" * 10, "", "(" * 1000]
        number = 0
        while not stop.is_set():
            (folder / "growing.py").write_text(texts[number % len(texts)])
            number += 1

    def later(disturb: Callable[[Path, Event], None], delay: float) -> Callable[[Path, Event], None]:
        def wait_and_disturb(folder: Path, stop: Event) -> None:
            stop.wait(delay)
            disturb(folder, stop)

        return wait_and_disturb

    # Which stage of the scan is hit is luck, so each is tried at several moments.
    races = [
        Case(
            f"files {what} during the scan, from {1000 * delay:.0f} ms on", crowd, while_scanning=later(disturb, delay)
        )
        for what, disturb in [
            ("vanish", delete),
            ("become FIFOs", swap_for_pipes),
            ("become folders", swap_for_folders),
        ]
        for delay in (0, 0.025, 0.05, 0.075)
    ]
    return [
        Case("symbolic links to themselves, upwards, to nothing", loop),
        Case("FIFO, socket, devices, a folder named .py", special),
        Case("FIFOs as .gitignore, pyproject.toml, setup.cfg", special_configuration),
        Case("unreadable file and folder", unreadable, as_nobody=True),
        Case("odd file names", odd_names),
        Case("1,500 folders deep", deep_folders),
        Case("20,000 empty files", many),
        Case("a .gitignore of 20,000 odd patterns", ignore_lists, seconds=20),
        Case("star imports in a circle of 1,000 modules", star_cycle, seconds=20),
        Case("star imports of two each in 30 modules", star_pairs),
        Case("re-export through 30 modules", export_chain(30)),
        Case("re-export through 3,000 modules", export_chain(3000)),
        Case("packages importing each other and themselves", package_cycle),
        *races,
        Case("a file grows during the scan", growing, while_scanning=append, seconds=30, memory_mb=1000),
        Case("a file changes during the scan", growing, while_scanning=rewrite),
    ]


def engine_cases() -> list[Case]:
    """Programs that are much work to follow from where data comes in to where it is used."""
    source = "import os\nfrom flask import request\n\n\n"
    use = "\n\ndef use():\n    os.system({0})\n"

    def parts(name: str) -> str:
        return "f'" + f"{{{name}}}" * 10 + "'"

    def texts_of_texts() -> str:
        return source + "".join(f"t{i} = {parts(f't{i + 1}')}\n" for i in range(12)) + "t12 = 'x'\n" + use.format("t0")

    def long_module() -> str:
        steps = "".join(
            f"def step{i}(value):\n    value = value + '{i}'\n    other = [value, {i}]\n    if other:\n"
            f"        return step{i + 1}(other[0])\n    return value\n"
            for i in range(5000)
        )
        return source + steps + "def step5000(value):\n    os.system(value)\n" + "step0(request.args['x'])\n"

    def circle() -> str:
        calls = "".join(
            f"def f{i}(value, n):\n    if n:\n        f{(i + 1) % 5000}(value, n - 1)\n"
            f"        f{(i * 7 + 3) % 5000}(value, n)\n    os.system(value)\n"
            for i in range(5000)
        )
        return source + calls + "f0(request.args['x'], 1)\n"

    def table() -> str:
        rows = "".join(f"    'key{i}': 'value{i}',\n" for i in range(100_000))
        return source + "TABLE = {\n" + rows + "}\n" + use.format("TABLE[request.args['x']]")

    def heirs() -> str:
        classes = "".join(
            f"class C{i}(C{i - 1}):\n    def run(self, value):\n        super().run(value)\n" for i in range(1, 3000)
        )
        base = "class C0:\n    def run(self, value):\n        os.system(value)\n"
        return source + base + classes + "C2999().run(request.args['x'])\n"

    def closures() -> str:
        inner = "".join(
            f"    def g{i}():\n        return value + g{i - 1}()\n" if i else "    def g0():\n        return value\n"
            for i in range(4000)
        )
        return source + "def f(value):\n" + inner + "    os.system(g3999())\nf(request.args['x'])\n"

    def long_function() -> str:
        lines = "".join(
            f"    if value == {i}:\n        value = value + str(other{i % 50})\n    other{i % 50} = [value, {i}]\n"
            for i in range(12_000)
        )
        return source + "def f(value):\n" + lines + "    os.system(value)\nf(request.args['x'])\n"

    def nested_branches() -> str:
        lines = "".join(
            f"    if a{i}:\n        text = text + b{i}\n    else:\n        text = c{i} + text\n" for i in range(400)
        )
        return source + "def f(text):\n" + lines + "    os.system(text)\nf(request.args['x'])\n"

    def partials() -> str:
        wrapped = "".join(f"    g = functools.partial(g, value, k{i}=g)\n" for i in range(1000))
        return source + "import functools\ndef f(value):\n    g = os.system\n" + wrapped + "    g()\nf(request.args['x'])\n"

    return [
        text_case("a module variable made of itself", lambda: source + "count += 1\n" + use.format("count")),
        text_case("a text made of itself many times", lambda: source + f"t = {parts('t')}\n" + use.format("t")),
        text_case("texts of texts, ten each, twelve deep", texts_of_texts),
        text_case("a module of 30,000 lines, each function calls the next", long_module),
        text_case("5,000 functions that call each other", circle),
        text_case("a table of 100,000 texts", table),
        text_case("3,000 classes, each derived from the one before", heirs),
        text_case("4,000 closures in one function", closures),
        text_case("a function of 1 MB", long_function),
        text_case("a text in 400 branches", nested_branches),
        text_case("a function wrapped 1,000 times", partials),
    ]


def usage_cases() -> list[Case]:
    """Wrong arguments and configuration: exit code 2 and a message that names the matter."""

    def nothing(folder: Path) -> Expectation:
        return Expectation(sibling=False, exit_codes=(0,), says="no ")

    def no_python(folder: Path) -> Expectation:
        (folder / "notes.txt").write_text("hello\n")
        return Expectation(sibling=False, exit_codes=(0,), says="no ")

    def wrong_path(folder: Path) -> Expectation:
        return Expectation(sibling=False, exit_codes=(2,), says="no-such-folder")

    def configured(name: str, text: str, says: str) -> Case:
        def make(folder: Path) -> Expectation:
            (folder / name).write_text(text)
            return Expectation(sibling=False, exit_codes=(2,), says=says)

        return Case(f"configuration: {text.strip().splitlines()[-1][:40]}", make, arguments=["."])

    def plain(**expected) -> Callable[[Path], Expectation]:
        return lambda folder: Expectation(sibling=False, **expected)

    return [
        Case("an empty folder", nothing),
        Case("a folder without Python", no_python),
        Case("a path that is not there", wrong_path, arguments=["no-such-folder"]),
        Case("a path beside one that is not there", wrong_path, arguments=[".", "no-such-folder"]),
        configured("hognose.toml", 'perssona = "auditor"\n', "perssona"),
        configured("hognose.toml", 'persona = "nobody"\n', "nobody"),
        configured("hognose.toml", "persona = [unclosed\n", "hognose.toml"),
        configured("pyproject.toml", "[tool.hognose]\nselct = []\n", "selct"),
        Case("an unknown option", plain(exit_codes=(2,), says="--no-such-option"), arguments=[".", "--no-such-option"]),
        Case(
            "an unknown rule",
            plain(exit_codes=(2,), says="no-such-rule"),
            arguments=[".", "--isolated", "--select", "no-such-rule"],
        ),
        Case(
            "an unknown format",
            plain(exit_codes=(2,), says="no-such-format"),
            arguments=[".", "--isolated", "--output", "no-such-format=x"],
        ),
        Case(
            "an output that cannot be written",
            plain(exit_codes=(2,), says="no-such-folder"),
            arguments=[".", "--isolated", "--output", "json=no-such-folder/x.json"],
        ),
    ]


def all_cases() -> list[Case]:
    """Every case, in the order of the table."""
    return [
        *syntax_cases(),
        *other_format_cases(),
        *encoding_cases(),
        *file_system_cases(),
        *engine_cases(),
        *usage_cases(),
    ]
