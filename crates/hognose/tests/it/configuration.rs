//! Where the configuration is found, and what is said about a wrong one.

use snapbox::str;

use crate::project::{OWN_RULE, PAGE, Project};
use crate::says;

#[test]
fn an_unknown_key_is_shown_with_the_nearest_name() {
    let project = Project::new(&[
        ("hognose.toml", "persona = 'auditor'\nselct = ['S6']\n"),
        ("a.py", ""),
    ]);
    says!(
        project.run("scan"),
        str![[r#"
exit code 2
--- stderr
error: unknown key `selct`
 --> hognose.toml:2:1
  |
2 | selct = ['S6']
  | ^^^^^
  |
  = help: did you mean `select`?

"#]]
    );
}

#[test]
fn an_unknown_word_is_shown_with_the_nearest_one() {
    let project = Project::new(&[
        (
            "pyproject.toml",
            "[project]\n\n[tool.hognose]\nfail-on = 'hihg'\n",
        ),
        ("a.py", ""),
    ]);
    says!(
        project.run("scan"),
        str![[r#"
exit code 2
--- stderr
error: unknown value `hihg`
 --> pyproject.toml:4:11
  |
4 | fail-on = 'hihg'
  |           ^^^^^^
  |
  = help: did you mean `high`?

"#]]
    );
}

#[test]
fn wrong_types_sizes_and_syntax_are_shown_where_they_stand() {
    let wrong = |text: &str| Project::new(&[("hognose.toml", text), ("a.py", "")]).run("scan");
    says!(
        wrong("require-reason = 'yes'\n"),
        str![[r#"
exit code 2
--- stderr
error: invalid type: string "yes", expected a boolean
 --> hognose.toml:1:18
  |
1 | require-reason = 'yes'
  |                  ^^^^^

"#]]
    );
    says!(
        wrong("max-file-size = 'much'\n"),
        str![[r#"
exit code 2
--- stderr
error: `much` is not a size such as `32 MiB`
 --> hognose.toml:1:17
  |
1 | max-file-size = 'much'
  |                 ^^^^^^

"#]]
    );
    says!(
        wrong("jobs = 0\n"),
        str![[r#"
exit code 2
--- stderr
error: `jobs` must be between 1 and 512
 --> hognose.toml:1:8
  |
1 | jobs = 0
  |        ^

"#]]
    );
    says!(
        wrong("select = [\n"),
        str![[r#"
exit code 2
--- stderr
error: unclosed array, expected `]`
 --> hognose.toml:1:11
  |
1 | select = [
  |           ^

"#]]
    );
    says!(
        wrong("select = ['sql-injecton']\n"),
        str![[r#"
exit code 2
--- stderr
error: no rule is called `sql-injecton`
 --> hognose.toml:1:11
  |
1 | select = ['sql-injecton']
  |           ^^^^^^^^^^^^^^
  |
  = help: did you mean `sql-injection` or `nosql-injection` or `log-injection`?

"#]]
    );
    says!(
        wrong("exclude = ['a{b']\n"),
        str![[r#"
exit code 2
--- stderr
error: not a valid pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)
 --> hognose.toml:1:12
  |
1 | exclude = ['a{b']
  |            ^^^^^

"#]]
    );
    says!(
        wrong("rules = ['guide']\n"),
        str![[r#"
exit code 2
--- stderr
error: there is no folder `guide`
 --> hognose.toml:1:10
  |
1 | rules = ['guide']
  |          ^^^^^^^

"#]]
    );
    says!(
        wrong("[per-file-ignores]\n'tests/[' = ['assert-used']\n"),
        str![[r#"
exit code 2
--- stderr
error: `tests/[` is not a valid pattern: unclosed character class; missing ']'
 --> hognose.toml:2:1
  |
2 | 'tests/[' = ['assert-used']
  | ^^^^^^^^^

"#]]
    );
    says!(
        wrong("[output]\nsarf = 'a.sarif'\n"),
        str![[r#"
exit code 2
--- stderr
error: there is no format `sarf`
 --> hognose.toml:2:1
  |
2 | sarf = 'a.sarif'
  | ^^^^
  |
  = help: did you mean `sarif`?

"#]]
    );
    says!(
        wrong("[output]\njson = '../a.json'\n"),
        str![[r#"
exit code 2
--- stderr
error: an output file must lie below the folder of the configuration
 --> hognose.toml:2:8
  |
2 | json = '../a.json'
  |        ^^^^^^^^^^^
  |
  = help: `--output` may write anywhere

"#]]
    );
}

#[test]
fn a_wrong_page_of_the_users_own_is_shown_where_it_is_wrong() {
    let page = PAGE.replace("severity: high", "severity: hihg");
    let project = Project::new(&[
        ("hognose.toml", OWN_RULE),
        ("guide/own-danger.md", &page),
        ("a.py", ""),
    ]);
    says!(
        project.run("scan"),
        str![[r#"
exit code 2
--- stderr
error: unknown severity `hihg`
 --> guide/own-danger.md:5:11
  |
5 | severity: hihg
  |           ^^^^
  |
  = help: did you mean `high`?

"#]]
    );
}

#[test]
fn the_nearest_configuration_holds() {
    let project = Project::new(&[
        ("hognose.toml", "exclude = ['a.py']\n"),
        ("a.py", "x = 1\n"),
        ("sub/pyproject.toml", "[tool.hognose]\nexclude = ['b.py']\n"),
        ("sub/hognose.toml", "exclude = ['c.py']\n"),
        ("sub/a.py", "x = 1\n"),
        ("sub/b.py", "x = 1\n"),
        ("sub/c.py", "x = 1\n"),
        ("foreign/pyproject.toml", "[project]\n"),
        ("foreign/a.py", "x = 1\n"),
    ]);
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
sub/b.py
sub/c.py
--- stderr
a.py: left out, excluded
foreign/a.py: left out, excluded
sub/a.py: left out, excluded
sub/hognose.toml: is not used, since it does not hold for everything that is scanned; `hognose scan sub` uses it

"#]]
    );
    says!(
        project.run("scan --list-files sub"),
        str![[r#"
exit code 0
--- stdout
sub/a.py
sub/b.py
--- stderr
sub/c.py: left out, excluded

"#]]
    );
    says!(
        project.run("scan --list-files sub/a.py sub/b.py"),
        str![[r#"
exit code 0
--- stdout
sub/a.py
sub/b.py

"#]]
    );
    says!(
        project.run("scan --list-files foreign"),
        str![[r#"
exit code 0
--- stderr
foreign/a.py: left out, excluded

"#]]
    );
    says!(
        project.run("scan --list-files --isolated"),
        str![[r#"
exit code 0
--- stdout
a.py
foreign/a.py
sub/a.py
sub/b.py
sub/c.py

"#]]
    );
    says!(
        project.run("scan --list-files --config sub/pyproject.toml"),
        str![[r#"
exit code 0
--- stdout
a.py
foreign/a.py
sub/a.py
sub/c.py
--- stderr
sub/b.py: left out, excluded

"#]]
    );
    says!(
        project.run("scan --list-files --config exclude=['c.py']"),
        str![[r#"
exit code 0
--- stdout
a.py
foreign/a.py
sub/a.py
sub/b.py
--- stderr
sub/c.py: left out, excluded
sub/hognose.toml: is not used, since it does not hold for everything that is scanned; `hognose scan sub` uses it

"#]]
    );
}

#[test]
fn a_configuration_further_down_is_named_and_not_used() {
    let project = Project::with_own_rule(&[
        ("a.py", ""),
        ("sub/hognose.toml", "select = ['sql-injection']\n"),
        ("sub/deep/b.py", "import os\nos.popen('ls')\n"),
        ("other/pyproject.toml", "[tool.hognose]\nselct = []\n"),
        ("other/c.py", ""),
        ("third/pyproject.toml", "[tool.black]\n"),
        ("third/d.py", ""),
    ]);
    says!(
        project.run("scan --output concise"),
        str![[r#"
exit code 1
--- stdout
sub/deep/b.py:2:1: high own-danger `os.popen` is called
other/pyproject.toml: note unused-configuration is not used, since it does not hold for everything that is scanned; `hognose scan other` uses it
sub/hognose.toml: note unused-configuration is not used, since it does not hold for everything that is scanned; `hognose scan sub` uses it
1 finding (1 high), 2 problems · 4 files, 2 lines in [TIME]

"#]]
    );
    says!(
        project.run("scan --output concise sub"),
        str![[r#"
exit code 0
--- stdout
no findings · 1 file, 2 lines in [TIME]

"#]]
    );
    says!(
        project.run("scan --output concise --config hognose.toml"),
        str![[r#"
exit code 1
--- stdout
sub/deep/b.py:2:1: high own-danger `os.popen` is called
1 finding (1 high) · 4 files, 2 lines in [TIME]

"#]]
    );
}

#[test]
fn wrong_arguments_of_config() {
    let project = Project::new(&[
        ("a.py", ""),
        ("other.toml", "persona = 1\n"),
        ("pyproject.toml", "[project]\n"),
    ]);
    says!(
        project.run("scan --config none.toml"),
        str![[r#"
exit code 2
--- stderr
error: configuration file `none.toml` does not exist

"#]]
    );
    says!(
        project.run("scan --config other.toml"),
        str![[r#"
exit code 2
--- stderr
error: invalid type: integer `1`, expected a string
 --> other.toml:1:11
  |
1 | persona = 1
  |           ^

"#]]
    );
    says!(
        project.run("scan --config pyproject.toml"),
        str![[r#"
exit code 2
--- stderr
error: configuration file `pyproject.toml` has no section `[tool.hognose]`

"#]]
    );
    says!(
        project.run("scan --config persna=auditor"),
        str![[r#"
exit code 2
--- stderr
error: unknown key `persna`
 --> --config:1:1
  |
1 | persna="auditor"
  | ^^^^^^
  |
  = help: did you mean `persona`?

"#]]
    );
    says!(
        project.run("scan --config persona=everybody"),
        str![[r#"
exit code 2
--- stderr
error: unknown value `everybody`
 --> --config:1:9
  |
1 | persona="everybody"
  |         ^^^^^^^^^^^
  |
  = help: known: regular, pedantic, auditor

"#]]
    );
}
