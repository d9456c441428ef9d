//! The user's own model stubs: what is right takes part, what is wrong stops the run before anything is scanned.

use snapbox::str;

use crate::project::{OWN_RULE, PAGE, Project};
use crate::says;

const CODE: &str = "from shop import db\n\ndb.run(input())\n";

fn with_stub(stub: &str) -> Project {
    Project::new(&[
        ("hognose.toml", "models = ['stubs']\n"),
        ("stubs/shop/db.pyi", stub),
        ("a.py", CODE),
    ])
}

#[test]
fn a_syntax_error_is_shown_where_it_stands() {
    says!(
        with_stub("def run(text: Sink[\"sql\"] -> None: ...\n").run("scan"),
        str![[r#"
exit code 2
--- stderr
error: expected `)`, found `->`
 --> stubs/shop/db.pyi:1:27
  |
1 | def run(text: Sink["sql"] -> None: ...
  |                           ^^

"#]]
    );
}

#[test]
fn every_wrong_word_is_shown_with_the_nearest_right_one() {
    let stub = "\
def run(text: Sink[\"sqll\"]) -> None: ...
def go(text: Sinks[\"sql\"]) -> None: ...
def clean(text: Annotated[str, Sanitize[\"sql\"]]) -> str: ...
def clean(text: str) -> str: ...
";
    says!(
        with_stub(stub).run("scan"),
        str![[r#"
exit code 2
--- stderr
error: unknown sink kind `sqll`
 --> stubs/shop/db.pyi:1:20
  |
1 | def run(text: Sink["sqll"]) -> None: ...
  |                    ^^^^^^
  |
  = help: did you mean `sql`?

error: unknown role `Sinks`
 --> stubs/shop/db.pyi:2:14
  |
2 | def go(text: Sinks["sql"]) -> None: ...
  |              ^^^^^
  |
  = help: did you mean `Sink`?

error: unknown role `Sanitize`
 --> stubs/shop/db.pyi:3:32
  |
3 | def clean(text: Annotated[str, Sanitize["sql"]]) -> str: ...
  |                                ^^^^^^^^
  |
  = help: did you mean `Sanitizes`?

error: `clean` is defined in line 3 already
 --> stubs/shop/db.pyi:4:5
  |
4 | def clean(text: str) -> str: ...
  |     ^^^^^
  |
  = help: the variants of a function have `@overload`, each of them

"#]]
    );
}

#[test]
fn a_kind_of_ones_own_needs_a_rule_that_names_it() {
    let stub = "def run(text: Sink[\"coffee-order\"]) -> None: ...\n";
    says!(
        with_stub(stub).run("scan"),
        str![[r#"
exit code 2
--- stderr
error: unknown sink kind `coffee-order`
 --> stubs/shop/db.pyi:1:20
  |
1 | def run(text: Sink["coffee-order"]) -> None: ...
  |                    ^^^^^^^^^^^^^^
  |
  = help: a new kind needs a rule page that names it

"#]]
    );

    let page = PAGE
        .replace("call: [os.popen]", "sink: coffee-order\n    value: any")
        .replace(
            "    fix: {title: \"Call `os.system`\", safety: safe, callee: system}\n",
            "",
        )
        .replace("os.popen(\"ls\")", "os.system(\"ls\")");
    let project = Project::new(&[
        ("hognose.toml", &format!("{OWN_RULE}models = ['stubs']\n")),
        ("guide/own-danger.md", &page),
        ("stubs/shop/db.pyi", stub),
        ("a.py", CODE),
    ]);
    says!(
        project.run("scan --output concise"),
        str![[r#"
exit code 1
--- stdout
a.py:3:1: high own-danger `db.run` is called
1 finding (1 high) · 2 files, 4 lines in [TIME]

"#]]
    );
}

#[test]
fn roles_may_be_imported() {
    let stub = "\
from typing import Annotated
import typing
def run(text: Annotated[str, Sink[\"sql\"]]) -> None: ...
def go(text: typing.Annotated[str, Sink[\"sql\"]]) -> None: ...
";
    let project = with_stub(stub);
    project.write(
        "a.py",
        "from flask import request\nfrom shop import db\n\ndb.run(request.args[\"q\"])\ndb.go(request.args[\"q\"])\n",
    );
    says!(
        project.run("scan --output concise"),
        str![[r#"
exit code 1
--- stdout
a.py:4:1: critical sql-injection `request.args`, which comes with a request, becomes part of the SQL that `db.run` runs
a.py:5:1: critical sql-injection `request.args`, which comes with a request, becomes part of the SQL that `db.go` runs
2 findings (2 critical) · 2 files, 9 lines in [TIME]

"#]]
    );
}
