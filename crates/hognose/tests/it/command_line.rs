//! The command line itself: help, wrong usage, the guide, generated files.

use std::process::Stdio;

use snapbox::str;

use crate::project::{OWN_RULE, PAGE, Project};
use crate::says;

#[test]
fn help() {
    let project = Project::new(&[]);
    says!(
        project.run("--help"),
        str![[r#"
exit code 0
--- stdout
Finds security faults in Python software

Usage: hognose [OPTIONS] <COMMAND>

Commands:
  scan           Scan source code, templates and settings; nothing is executed
  audit          Look up known vulnerabilities of what the project installs; nothing is installed or
                 fetched
  db             Fetch, import and describe the advisories that `audit` looks into
  explain        Explain a rule: what it finds, why it matters, how to fix it
  rules          List all rules
  routes         List where data from outside comes in: routes with their parameters, tasks,
                 commands
  completions    Print completions for a shell
  man            Print the manual page, or write all of them into a folder
  config-schema  Print the JSON Schema of the configuration
  help           Print this message or the help of the given subcommand(s)

Options:
  -h, --help
          Print help (see a summary with '-h')

  -V, --version
          Print version

Global options:
  -v, --verbose...
          Say more: what is done, why, and how long it takes (twice: even more)

  -q, --quiet
          Say less: no summary, no progress; only the findings and what went wrong

      --color <WHEN>
          When to use colours; `auto` heeds `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR`

          Possible values:
          - auto:   On a terminal
          - always: Even into a file
          - never:  Nowhere
          
          [default: auto]

      --config <FILE|KEY=VALUE>
          A configuration file to use instead of the nearest one, or a single `KEY=VALUE` to set
          (repeatable)

      --isolated
          Use no configuration file

      --offline
          Open no connection; what needs one fails

Examples:
  hognose scan                     scan the folder you are in
  hognose scan src --persona auditor
  hognose explain sql-injection    what a rule means and how to fix it
  hognose rules                    all rules

Exit codes:
  0  clean
  1  findings at or above `--fail-on`
  2  wrong usage, or something could not be looked at properly

"#]]
    );
    says!(
        project.run("scan --help"),
        str![[r#"
exit code 0
--- stdout
Scan source code, templates and settings; nothing is executed

Usage: hognose scan [OPTIONS] [PATH]...

Arguments:
  [PATH]...
          Folders and files to scan; `-` is standard input
          
          [default: .]

Options:
  -h, --help
          Print help (see a summary with '-h')

What to look for:
      --persona <PERSONA>
          Who reads the report

          Possible values:
          - regular:  What is worth fixing now
          - pedantic: Hardening and hygiene too
          - auditor:  Every place worth a look, merely possible findings included

      --select <RULE>
          Rules to run: ids, codes of Bandit or Ruff, or beginnings of either

      --ignore <RULE>
          Rules not to run

      --library[=<BOOL>]
          What is passed to exported functions is untrusted; by itself where the folder holds a
          package
          
          [possible values: true, false]

      --severity <SEVERITY>
          Leave out findings below this severity

          Possible values:
          - low:      Hardening
          - medium:   Helps an attacker, or needs unusual circumstances
          - high:     Directly exploitable with serious consequences
          - critical: Remote takeover of the application or its data

Where to look:
      --exclude <PATTERN>
          Leave out what matches a pattern, spelled as in `.gitignore` (repeatable)

      --no-ignore
          Scan what git ignores too

      --include-vendored
          Scan copied code of other people too (`_vendor`, `third_party`)

      --list-files
          Print which files would be scanned and what is left out, and scan nothing

      --stdin-filename <PATH>
          The name of what standard input holds

      --max-file-size <SIZE>
          Leave out files larger than this, such as `32 MiB`

Output:
  -o, --output <FORMAT[=FILE]>
          Write the report in a format: to a file, or to standard output without one (repeatable)

      --statistics
          Print how often each rule was broken, instead of the findings

      --fail-on <SEVERITY>
          Fail (exit code 1) for findings at or above this severity

          Possible values:
          - low:      Any finding
          - medium:   Medium and worse
          - high:     High and worse
          - critical: Critical alone
          - never:    Findings never fail the run

      --problems <fail|allow>
          Whether files that could not be looked at make the exit code 2

Only what is new:
      --baseline <FILE>
          Findings in this file are known and do not count

      --write-baseline <FILE>
          Write all findings of this run to a file for `--baseline`

      --new-since <REV>
          Findings that a git revision has too are known and do not count

Fixes:
      --fix
          Apply fixes that keep what the program does

      --unsafe-fixes
          Apply also fixes that may change what the program does (implies `--fix`)

      --diff
          Print what the fixes would change, and write nothing

How to run:
      --watch
          Scan again whenever a file changes

  -j, --jobs <N>
          Number of threads; one a core if not given

Global options:
  -v, --verbose...
          Say more: what is done, why, and how long it takes (twice: even more)

  -q, --quiet
          Say less: no summary, no progress; only the findings and what went wrong

      --color <WHEN>
          When to use colours; `auto` heeds `NO_COLOR`, `FORCE_COLOR` and `CLICOLOR`

          Possible values:
          - auto:   On a terminal
          - always: Even into a file
          - never:  Nowhere
          
          [default: auto]

      --config <FILE|KEY=VALUE>
          A configuration file to use instead of the nearest one, or a single `KEY=VALUE` to set
          (repeatable)

      --isolated
          Use no configuration file

      --offline
          Open no connection; what needs one fails

Examples:
  hognose scan                                     the folder you are in
  hognose scan src tests/conftest.py               some paths
  hognose scan --output concise                    one line a finding
  hognose scan --output full --output sarif=h.sarif --output html=h.html
  hognose scan --select sql-injection,S6           rules: ids, Bandit's or Ruff's codes, beginnings
  hognose scan --new-since origin/main             only what is new since a revision
  hognose scan --write-baseline known.json         accept what there is now ...
  hognose scan --baseline known.json               ... and see only what is new
  hognose scan --fix --diff                        what fixing would change
  cat app.py | hognose scan - --stdin-filename app.py

Accept a finding in the source:
  os.system(NAME)  # hognose: ignore[command-injection] reason="constant" until=2027-01-31

"#]]
    );
}

#[test]
fn wrong_usage() {
    let project = Project::new(&[("a.py", "")]);
    says!(
        project.run("scna"),
        str![[r#"
exit code 2
--- stderr
error: unrecognized subcommand 'scna'

  tip: a similar subcommand exists: 'scan'

Usage: hognose [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]]
    );
    says!(
        project.run("scan --persona everybody"),
        str![[r#"
exit code 2
--- stderr
error: invalid value 'everybody' for '--persona <PERSONA>'
  [possible values: regular, pedantic, auditor]

For more information, try '--help'.

"#]]
    );
    says!(
        project.run("scan --select sql-injecton"),
        str![[r#"
exit code 2
--- stderr
error: --select: no rule is called `sql-injecton`
  help: did you mean `sql-injection` or `nosql-injection` or `log-injection`?

"#]]
    );
    says!(
        project.run("scan --ignore Q123"),
        str![[r#"
exit code 2
--- stderr
error: --ignore: no rule is called `Q123`
  help: `hognose rules` lists all rules

"#]]
    );
    says!(
        project.run("scan --output sarf=a.sarif"),
        str![[r#"
exit code 2
--- stderr
error: --output: there is no format `sarf`
  help: did you mean `sarif`?

"#]]
    );
    says!(
        project.run("scan --output json --output concise"),
        str![[r#"
exit code 2
--- stderr
error: --output: only one format can go to standard output
  help: give the other one a file: `--output concise=FILE`

"#]]
    );
    says!(
        project.run("scan --output json=no/such/folder.json"),
        str![[r#"
exit code 2
--- stderr
error: `no/such/folder.json` cannot be written: there is no folder `[ROOT]/project/no/such`

"#]]
    );
    says!(
        project.run("scan --exclude a{b"),
        str![[r#"
exit code 2
--- stderr
error: --exclude: `a{b` is not a valid pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)

"#]]
    );
    says!(
        project.run("scan --jobs 0"),
        str![[r#"
exit code 2
--- stderr
error: invalid value '0' for '--jobs <N>': 0 is not in 1..=512

For more information, try '--help'.

"#]]
    );
    says!(
        project.run("scan --max-file-size much"),
        str![[r#"
exit code 2
--- stderr
error: invalid value 'much' for '--max-file-size <SIZE>': `much` is not a size such as `32 MiB`

For more information, try '--help'.

"#]]
    );
    says!(
        project.run("scan --baseline none.json"),
        str![[r#"
exit code 2
--- stderr
error: baseline `none.json` does not exist
  help: `hognose scan --write-baseline none.json` writes one

"#]]
    );
    project.write("bad.json", "{}");
    says!(
        project.run("scan --baseline bad.json"),
        str![[r#"
exit code 2
--- stderr
error: baseline `bad.json` cannot be used: not a baseline: missing field `version` at line 1 column 2

"#]]
    );
}

#[test]
fn the_version_is_that_of_the_crate() {
    let said = Project::new(&[]).run("--version");
    assert_eq!(
        said.all(),
        format!(
            "exit code 0\n--- stdout\nhognose {}\n",
            env!("CARGO_PKG_VERSION")
        )
    );
}

#[test]
fn a_rule_is_explained() {
    let project = Project::new(&[("hognose.toml", OWN_RULE), ("guide/own-danger.md", PAGE)]);
    says!(
        project.run("explain own-danger"),
        str![[r#"
exit code 0
--- stdout
own-danger – Danger is called
high · regular persona · CWE-78 · since 0.1.0

Danger is called

What it is
A call.

Why it matters
It may.

Examples
    import os

    os.popen("ls")  # finding

How to fix it
Leave it.

    import os

When to suppress
Never.

References
- https://cwe.mitre.org/data/definitions/78.html

"#]]
    );
    assert_eq!(
        project.run("explain own-danger --format markdown").stdout,
        PAGE
    );
    let json: serde_json::Value =
        serde_json::from_str(&project.run("explain own-danger --format json").stdout).unwrap();
    assert_eq!(
        (&json["id"], &json["cwe"]),
        (&"own-danger".into(), &serde_json::json!([78]))
    );
    says!(
        project.run("explain own-dnager"),
        str![[r#"
exit code 2
--- stderr
error: no rule is called `own-dnager`
  help: did you mean `own-danger`?

"#]]
    );
    // Any code of another tool will do, in any case.
    let by_code = project.run("explain b608 --format json").stdout;
    assert_eq!(
        by_code,
        project.run("explain sql-injection --format json").stdout
    );
}

#[test]
fn all_rules_are_listed_with_the_users_own() {
    let project = Project::new(&[("hognose.toml", OWN_RULE), ("guide/own-danger.md", PAGE)]);
    let json: serde_json::Value =
        serde_json::from_str(&project.run("rules --format json").stdout).unwrap();
    let ids: Vec<&str> = json["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["id"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert!(
        ids.contains(&"own-danger") && ids.contains(&"sql-injection"),
        "{ids:?}"
    );
    for format in ["table", "markdown"] {
        let listed = project.run(&format!("rules --format {format}")).stdout;
        for id in &ids {
            assert!(listed.contains(id), "{format} lacks {id}");
        }
    }
}

#[test]
fn colours_only_where_they_are_wanted() {
    let project = Project::new(&[]);
    assert!(!project.run("scan nowhere").stderr.contains('\x1b'));
    assert!(
        project
            .run("scan nowhere --color always")
            .stderr
            .contains('\x1b')
    );
    assert!(project.run("scna --color always").stderr.contains('\x1b'));
    let forced = project
        .command()
        .args(["rules"])
        .env("FORCE_COLOR", "1")
        .output()
        .unwrap();
    assert!(forced.stdout.contains(&0x1b));
    let never = project
        .command()
        .args(["rules", "--color", "never"])
        .env("FORCE_COLOR", "1")
        .output()
        .unwrap();
    assert!(!never.stdout.contains(&0x1b));
}

#[test]
fn nobody_reads_and_nobody_complains() {
    let project = Project::new(&[]);
    for arguments in [
        ["rules", "--color=never"],
        ["scan", "--help"],
        ["config-schema", "-q"],
    ] {
        let mut command = project.command();
        let mut child = command
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take()); // before anything can be written
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn completions_manual_and_schema() {
    let project = Project::new(&[]);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = project.run(&format!("completions {shell}")).stdout;
        assert!(script.contains("new-since"), "{shell}");
    }
    assert!(project.run("man").stdout.contains(".TH hognose 1"));
    assert_eq!(project.run("man pages").all(), "exit code 0\n");
    let mut pages: Vec<String> = std::fs::read_dir(project.path("pages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    pages.sort();
    assert_eq!(
        pages,
        [
            "hognose-audit.1",
            "hognose-completions.1",
            "hognose-config-schema.1",
            "hognose-db.1",
            "hognose-explain.1",
            "hognose-man.1",
            "hognose-routes.1",
            "hognose-rules.1",
            "hognose-scan.1",
            "hognose.1",
        ]
    );
    let schema: serde_json::Value =
        serde_json::from_str(&project.run("config-schema").stdout).unwrap();
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn the_log_goes_to_standard_error() {
    let project = Project::new(&[
        ("hognose.toml", ""),
        ("a.py", "x = 1\n"),
        ("node_modules/x/y.py", ""),
    ]);
    let said = project.run("scan -v --output json");
    assert!(serde_json::from_str::<serde_json::Value>(&said.stdout).is_ok());
    assert!(
        said.stderr.contains("configuration: hognose.toml"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("left out: node_modules (installed packages)"),
        "{}",
        said.stderr
    );
}
