"""Writes corpus/<target>/ from the project's own rule pages, stubs and examples: ``python fuzz/make_seeds.py``."""

import json
import re
from pathlib import Path

FUZZ = Path(__file__).resolve().parent
ROOT = FUZZ.parent
LONGEST = 4096
FENCE = re.compile(r"^```(\S+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Which name of the target `template` a language has: an index into its list.
NAMES = {"html+jinja": 2, "html+django": 1, "mako": 4}

written = {}


def seed(target, data):
    data = data.encode() if isinstance(data, str) else data
    if len(data) <= LONGEST:
        number = written[target] = written.get(target, 0) + 1
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"seed-{number:04}").write_bytes(data)


def notebook(*cells):
    listed = [{"cell_type": "code", "source": text.splitlines(keepends=True)} for text in cells]
    return json.dumps({"cells": listed, "metadata": {"language_info": {"name": "python"}}, "nbformat": 4})


for page in sorted((ROOT / "rules").glob("*.md")):
    text = page.read_text(encoding="utf-8")
    seed("rule_page", text)
    # An own page: another id, no codes of other tools, and short enough to be changed much.
    own = re.sub(r"^id: .*$", f"id: own-{page.stem}", text, flags=re.MULTILINE)
    own = re.sub(r"^aliases: .*\n", "", own, flags=re.MULTILINE)
    (head, body) = own.split("\n---\n", 1)
    seed("rule_page", own)
    for entry in re.split(r"(?m)^  (?=- )", head.split("\ndetect:\n", 1)[-1])[1:]:
        start = head.split("\ndetect:\n", 1)[0]
        seed("rule_page", f"{start}\ndetect:\n  {entry.rstrip()}\n---\n{body}")
    several = []
    for language, info, code in FENCE.findall(text):
        code = re.sub(r"[ \t]+(# (finding|possible)|\{# (finding|possible) #\})$", "", code, flags=re.MULTILINE)
        if language == "python":
            seed("module", code)
            seed("scan", code)
            seed("notebook", notebook(code, "%time " + code))
        elif language in NAMES:
            seed("template", bytes([NAMES[language]]) + code.encode())
        name = re.search(r"file=(\S+)", info)
        if name:
            several.append(f"#=== {name.group(1)}\n{code}")
    for pair in zip(several[::2], several[1::2]):
        seed("scan", "".join(pair))

for stub in sorted((ROOT / "models").rglob("*.pyi")):
    text = stub.read_text(encoding="utf-8")
    seed("module", text)
    if stub.name in ("yaml.pyi", "hashlib.pyi", "pickle.pyi"):
        seed("scan", f"#=== models/{stub.name}\n{text}#=== a.py\nimport {stub.stem}\n{stub.stem}.loads(input())\n")

for file in sorted((ROOT / "examples").rglob("*")):
    if file.suffix == ".py":
        text = file.read_text(encoding="utf-8")
        seed("module", text)
        seed("scan", text)
        seed("notebook", notebook(text))
    elif file.suffix in (".html", ".mako", ".j2"):
        text = file.read_text(encoding="utf-8")
        seed("template", bytes([1 if file.suffix == ".html" else 4]) + text.encode())
        seed("scan", f"#=== templates/{file.name}\n{text}")

seed("module", "# coding: latin-1\nx = '\xe9'\n".encode("latin-1"))
seed("module", "\ufeffx = '\xe9'\n".encode())
seed("module", "x = '\xe9'\n".encode("utf-16"))
seed("module", "# coding: euc-jp\nx = 1  # nosec\n")
seed("module", "match x:\n    case {'a': [b, *c], **d} if b: pass\n    case A(x=1) | None: pass\n")
seed("module", "type A[T: int, *Ts, **P] = list[T]\nasync def f[T](a, /, b: T = 1, *c, d, **e) -> T:\n    async with a as (b, c): yield b\n")
seed("module", "try:\n    x = [y async for y in z if (w := y)]\nexcept* (A, B) as e:\n    del x[1:2, ...]; raise e from None\nelse: global g; g += 1\nfinally: print(f'{x!r:>{w}} {t\"{y}\"}', *a, **k)\n")
seed("notebook", '{"worksheets": [{"cells": [{"cell_type": "code", "input": "!ls $x\\n%matplotlib\\nx?"}]}]}')
seed("notebook", '{"cells": [{"cell_type": "code", "source": "%%bash\\nls"}, {"cell_type": "markdown", "source": []}]}')
seed("scan", "import os  # nosec\nos.system(input())  # hognose: ignore[command-injection] reason=\"own\"\n")
seed("scan", "#=== a/__init__.py\nfrom .b import *\n#=== a/b.py\nfrom os import system as s\n#=== c.py\nimport a\na.s(input())\n")
seed("scan", "#=== n.ipynb\n" + notebook("import os\nos.system(input())", "eval(input())"))

for text in (
    '# hognose: ignore[sql-injection, S105] reason="a \\"constant\\"" until=2027-01-31',
    "# hognose: ignore-file[assert-used]",
    "# nosec B602, B607 the command is fixed  # noqa: S602, E501",
    "# nosec: B101",
    "# ruff: noqa: S101",
    "# flake8: noqa",
    "{# hognose: ignore[template-unescaped] #}",
    "<!-- hognose: ignore[template-unescaped] until=2026-01-01 -->",
    "## hognose: ignore[x] reason='y'",
):
    seed("suppression", text)

entry = {"path": "app/main.py", "rule": "sql-injection", "fingerprint": "0123456789abcdef"}
for findings in ([], [entry], [entry | {"count": 3}, entry | {"path": "\u00e9\n\\"}]):
    seed("baseline", json.dumps({"version": 1, "findings": findings}))
seed("baseline", '{"version": 2}')

for target, number in sorted(written.items()):
    print(f"{target}: {number}")
