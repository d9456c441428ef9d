//! Findings on their way out: formats, exit codes, suppression, baseline, statistics.

use snapbox::str;

use crate::project::{OWN_RULE, Project};
use crate::says;

const TWO: &str = "import os\n\nos.popen('ls')\nos.system('ls')\n";

#[test]
fn a_finding_is_shown_with_its_place_and_fails_the_run() {
    let project = Project::with_own_rule(&[("a.py", TWO)]);
    says!(
        project.run("scan --output concise"),
        str![[r#"
exit code 1
--- stdout
a.py:3:1: high own-danger `os.popen` is called
a.py:4:1: low own-danger `os.system` is called
2 findings (1 high, 1 low) · 1 file, 4 lines in [TIME]

"#]]
    );
    says!(
        project.run("scan"),
        str![[r#"
exit code 1
--- stdout
high[own-danger]: `os.popen` is called
  ╭▸ a.py:3:1
  │
1 │ import os
2 │
3 │ os.popen('ls')
  │ ━━━━━━━━━━━━━━
4 │ os.system('ls')
  ├ fix: Call `os.system` (safe, `--fix`)
  │    - os.popen('ls')
  │    + os.system('ls')
  ╰ confirmed · CWE-78 · more: hognose explain own-danger

low[own-danger]: `os.system` is called
  ╭▸ a.py:4:1
  │
2 │
3 │ os.popen('ls')
4 │ os.system('ls')
  │ ━━━━━━━━━━━━━━━
  ╰ likely · CWE-78 · more: hognose explain own-danger

2 findings (1 high, 1 low) · 1 file, 4 lines in [TIME]

"#]]
    );
}

#[test]
fn exit_codes_follow_the_threshold() {
    let project = Project::with_own_rule(&[
        ("a.py", TWO),
        ("clean.py", "x = 1\n"),
        ("low.py", "import os\nos.system('ls')\n"),
    ]);
    let code = |arguments: &str| project.run(arguments).code;
    assert_eq!(code("scan clean.py"), Some(0));
    assert_eq!(code("scan a.py"), Some(1));
    assert_eq!(code("scan a.py --fail-on high"), Some(1));
    assert_eq!(code("scan a.py --fail-on critical"), Some(0));
    assert_eq!(code("scan a.py --fail-on never"), Some(0));
    assert_eq!(code("scan low.py"), Some(1));
    assert_eq!(code("scan low.py --fail-on medium"), Some(0));
    assert_eq!(code("scan low.py --severity medium"), Some(0));
    assert_eq!(code("scan a.py --ignore own-danger"), Some(0));
    assert_eq!(code("scan a.py --output json --fail-on high"), Some(1));
    // A finding comes before a problem, and a problem before nothing.
    project.write("large.py", "x = 1\n".repeat(30));
    assert_eq!(code("scan a.py large.py --max-file-size 100"), Some(1));
    assert_eq!(code("scan clean.py large.py --max-file-size 100"), Some(2));
    assert_eq!(
        code("scan clean.py large.py --max-file-size 100 --problems allow"),
        Some(0)
    );
}

#[test]
fn several_outputs_at_once() {
    let project = Project::with_own_rule(&[("a.py", TWO)]);
    let said = project.run("scan --output json=out.json --output concise --output jsonl=out.jsonl");
    says!(
        said,
        str![[r#"
exit code 1
--- stdout
a.py:3:1: high own-danger `os.popen` is called
a.py:4:1: low own-danger `os.system` is called
2 findings (1 high, 1 low) · 1 file, 4 lines in [TIME]

"#]]
    );
    let json: serde_json::Value = serde_json::from_str(&project.read("out.json")).unwrap();
    assert!(json.is_object());
    assert!(
        project
            .read("out.jsonl")
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
    // Only files: then the summary goes to standard error.
    says!(
        project.run("scan --output json=out.json"),
        str![[r#"
exit code 1
--- stderr
2 findings (1 high, 1 low) · 1 file, 4 lines in [TIME]

"#]]
    );
}

#[test]
fn the_configuration_names_outputs_too() {
    let project = Project::with_own_rule(&[("a.py", TWO)]);
    project.write(
        "hognose.toml",
        format!("{OWN_RULE}[output]\njson = 'out.json'\n"),
    );
    assert_eq!(project.run("scan -q").code, Some(1));
    let json: serde_json::Value = serde_json::from_str(&project.read("out.json")).unwrap();
    assert!(json.is_object());
}

#[test]
#[cfg(unix)]
fn an_output_of_a_found_configuration_stays_in_its_folder() {
    let project = Project::with_own_rule(&[("a.py", TWO), ("../outside/keep", "")]);
    project.write(
        "hognose.toml",
        format!("{OWN_RULE}[output]\njson = 'link/out.json'\n"),
    );
    std::os::unix::fs::symlink("../outside", project.path("link")).unwrap();
    let said = project.run("scan -q");
    assert_eq!(said.code, Some(2));
    assert!(
        said.stderr
            .contains("`link/out.json` leads out of the folder"),
        "{}",
        said.stderr
    );
    assert!(!project.path("../outside/out.json").exists());
}

#[test]
fn the_same_output_with_any_number_of_threads_and_in_any_order() {
    let files: Vec<(String, String)> = (0..40)
        .map(|number| (format!("m{number}/a.py"), format!("{TWO}x = {number}\n")))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let project = Project::with_own_rule(&files);
    let paths: Vec<&str> = files.iter().rev().map(|(path, _)| *path).collect();
    for format in ["concise", "json", "full"] {
        let one = project
            .run(&format!("scan --jobs 1 --output {format}"))
            .all();
        let eight = project
            .run(&format!("scan --jobs 8 --output {format}"))
            .all();
        let reversed = project
            .run(&format!("scan --output {format} {} guide", paths.join(" ")))
            .all();
        assert_eq!(one, eight);
        assert_eq!(one, reversed);
    }
}

#[test]
fn a_variable_made_of_itself_ends() {
    for variable in ["count += 1", "count = f'{count}{count}{count}{count}'"] {
        let text = format!("import os\n\n{variable}\n\n\ndef run():\n    os.popen(count)\n");
        let project = Project::with_own_rule(&[("a.py", &text)]);
        let output = project.run("scan --output concise").all();
        assert!(output.contains("a.py:7:5: high own-danger"), "{output}");
    }
}

#[test]
fn comments_suppress_and_unused_ones_are_told() {
    let project = Project::with_own_rule(&[(
        "a.py",
        "import os\n\n\
         os.popen('ls')  # hognose: ignore[own-danger] reason=\"constant\"\n\
         os.popen('ls')  # hognose: ignore[own-danger] reason=\"constant\" until=2020-01-31\n\
         x = 1  # hognose: ignore[own-danger]\n",
    )]);
    says!(
        project.run("scan --output concise"),
        str![[r#"
exit code 1
--- stdout
a.py:4:1: high own-danger `os.popen` is called
a.py:4:17: note suppression `# hognose: ignore[own-danger]` expired after 2020-01-31
a.py:5:8: note suppression unused suppression: `own-danger` is not found here
1 finding (1 high), 1 suppressed, 2 problems · 1 file, 5 lines in [TIME]

"#]]
    );
}

#[test]
fn a_baseline_leaves_what_is_new() {
    let project = Project::with_own_rule(&[("a.py", TWO)]);
    assert_eq!(
        project.run("scan --write-baseline known.json -q").code,
        Some(1)
    );
    assert_eq!(project.run("scan --baseline known.json").code, Some(0));
    // Moved lines and a renamed file are nothing new; another call is.
    std::fs::rename(project.path("a.py"), project.path("b.py")).unwrap();
    project.write("b.py", format!("# Title\n\n{TWO}os.popen('pwd')\n"));
    says!(
        project.run("scan --baseline known.json --output concise"),
        str![[r#"
exit code 1
--- stdout
b.py:7:1: high own-danger `os.popen` is called
1 new finding (1 high), 2 known · 1 file, 7 lines in [TIME]

"#]]
    );
}

#[test]
fn statistics_count_by_rule() {
    let project = Project::with_own_rule(&[("a.py", TWO), ("b.py", TWO)]);
    says!(
        project.run("scan --statistics"),
        str![[r#"
exit code 1
--- stdout
     4  high      own-danger  Danger is called
--- stderr
4 findings (2 high, 2 low) · 2 files, 8 lines in [TIME]

"#]]
    );
}

#[test]
fn rules_may_be_switched_off_for_some_files() {
    let project = Project::with_own_rule(&[("tests/a.py", TWO), ("b.py", TWO)]);
    project.write(
        "hognose.toml",
        format!("{OWN_RULE}[per-file-ignores]\n'/tests/*' = ['own-danger']\n"),
    );
    let told = |said: crate::project::Said| {
        said.stdout
            .lines()
            .filter(|line| line.contains("own-danger"))
            .count()
    };
    assert_eq!(told(project.run("scan --output concise")), 2);
    assert_eq!(told(project.run("scan tests --output concise")), 0);
    let below = project
        .command()
        .current_dir(project.path("tests"))
        .args(["scan", "--output", "concise"])
        .output();
    assert_eq!(below.unwrap().status.code(), Some(0));
}

#[test]
fn what_stands_in_the_code_cannot_steer_the_terminal() {
    let project = Project::with_own_rule(&[("a.py", "import os\nos.popen('\x1b[2J\u{202e}')\n")]);
    for format in ["full", "concise"] {
        let said = project.run(&format!("scan --output {format}"));
        assert!(
            !said.stdout.contains(['\x1b', '\u{202e}']),
            "{format}: {:?}",
            said.stdout
        );
        assert_eq!(said.code, Some(1));
    }
}
