//! `--fix`, `--unsafe-fixes`, `--diff`.

use snapbox::str;

use crate::project::{OWN_RULE, PAGE, Project};
use crate::says;

const CODE: &str =
    "import os\n\n\ndef run():\n    os.popen('ls')  # keep\n    return os.popen(  'pwd'  )\n";

#[test]
fn fixes_are_shown_and_applied() {
    let project = Project::with_own_rule(&[("a.py", CODE), ("b.py", "x = 1\n")]);
    says!(
        project.run("scan --diff"),
        str![[r#"
exit code 1
--- stdout
--- a/a.py
+++ b/a.py
@@ -2,5 +2,5 @@
 
 
 def run():
-    os.popen('ls')  # keep
-    return os.popen(  'pwd'  )
+    os.system('ls')  # keep
+    return os.system(  'pwd'  )
--- stderr
would fix 2 findings
2 findings (2 high) · 2 files, 7 lines in [TIME]

"#]]
    );
    assert_eq!(project.read("a.py"), CODE);
    says!(
        project.run("scan --fix --output concise"),
        str![[r#"
exit code 1
--- stdout
a.py:5:5: low own-danger `os.system` is called
a.py:6:12: low own-danger `os.system` is called
2 findings (2 low) · 2 files, 7 lines in [TIME]
--- stderr
fixed 2 findings

"#]]
    );
    assert_eq!(project.read("a.py"), CODE.replace("popen", "system"));
    assert_eq!(project.run("scan --fix -q --fail-on high").code, Some(0));
}

#[test]
fn unsafe_fixes_need_to_be_asked_for() {
    let project = Project::with_own_rule(&[("a.py", CODE)]);
    project.write(
        "guide/own-danger.md",
        PAGE.replace("safety: safe", "safety: unsafe"),
    );
    assert_eq!(project.run("scan --fix").code, Some(1));
    assert_eq!(project.read("a.py"), CODE);
    assert_eq!(
        project.run("scan --unsafe-fixes --fail-on high").code,
        Some(0)
    );
    assert_eq!(project.read("a.py"), CODE.replace("popen", "system"));
}

#[test]
fn suppressed_and_known_findings_are_left_alone() {
    let accepted = "import os\nos.popen('ls')  # hognose: ignore[own-danger] reason=\"constant\"\n";
    let project = Project::with_own_rule(&[("a.py", accepted), ("b.py", CODE)]);
    assert_eq!(
        project.run("scan --write-baseline known.json -q").code,
        Some(1)
    );
    assert_eq!(
        project.run("scan --fix --baseline known.json").code,
        Some(0)
    );
    assert_eq!(
        (project.read("a.py").as_str(), project.read("b.py").as_str()),
        (accepted, CODE)
    );
}

#[test]
fn bytes_around_a_fix_stay_as_they_are() {
    let project = Project::with_own_rule(&[]);
    let files: [(&str, &[u8], &[u8]); 3] = [
        (
            "mark.py",
            b"\xef\xbb\xbfimport os\r\nos.popen('ls')\r\n",
            b"\xef\xbb\xbfimport os\r\nos.system('ls')\r\n",
        ),
        (
            "latin.py",
            b"# coding: latin-1\nimport os\ns = '\xe9'; os.popen('ls')\n",
            b"# coding: latin-1\nimport os\ns = '\xe9'; os.system('ls')\n",
        ),
        (
            "broken.py",
            b"import os\ns = '\xe9'; os.popen('ls')\n",
            b"import os\ns = '\xe9'; os.popen('ls')\n",
        ),
    ];
    for (path, before, _) in files {
        project.write(path, before);
    }
    let said = project.run("scan --fix --output concise");
    for (path, _, after) in files {
        assert_eq!(std::fs::read(project.path(path)).unwrap(), after, "{path}");
    }
    assert!(
        said.stdout
            .contains("fixes are not applied, since the file's encoding is broken"),
        "{}",
        said.stdout
    );
}

#[test]
#[cfg(unix)]
fn what_lies_outside_is_not_changed() {
    let project = Project::with_own_rule(&[("../outside/a.py", CODE), ("src/b.py", CODE)]);
    std::os::unix::fs::symlink("../../outside/a.py", project.path("src/a.py")).unwrap();
    let said = project.run("scan src --fix --output concise");
    assert_eq!(project.read("../outside/a.py"), CODE);
    assert_eq!(project.read("src/b.py"), CODE.replace("popen", "system"));
    says!(
        said,
        str![[r#"
exit code 1
--- stdout
src/a.py:5:5: high own-danger `os.popen` is called
src/a.py:6:12: high own-danger `os.popen` is called
src/b.py:5:5: low own-danger `os.system` is called
src/b.py:6:12: low own-danger `os.system` is called
src/a.py: note fix lies outside the scanned folders, so it was not fixed
4 findings (2 high, 2 low), 1 problem · 2 files, 12 lines in [TIME]
--- stderr
fixed 2 findings

"#]]
    );
}

#[test]
fn a_file_that_does_not_parse_is_left_alone() {
    let code = format!("{CODE}def (:\n");
    let project = Project::with_own_rule(&[("a.py", &code)]);
    let said = project.run("scan --fix --output concise");
    assert_eq!(project.read("a.py"), code);
    assert!(
        said.stdout
            .contains("fixes are not applied, since the file does not parse"),
        "{}",
        said.stdout
    );
}

#[test]
fn standard_input_is_shown_a_diff() {
    let project = Project::with_own_rule(&[]);
    says!(
        project.run_with_stdin("scan - --diff -q", b"import os\nos.popen('ls')\n"),
        str![[r#"
exit code 1
--- stdout
--- a/<stdin>
+++ b/<stdin>
@@ -1,2 +1,2 @@
 import os
-os.popen('ls')
+os.system('ls')

"#]]
    );
}

#[test]
fn what_only_unsafe_fixes_would_repair_is_counted() {
    let project = Project::new(&[
        ("hognose.toml", OWN_RULE),
        (
            "guide/own-danger.md",
            &PAGE.replace("safety: safe", "safety: unsafe"),
        ),
        ("a.py", "import os\nos.popen('ls')\nos.popen('id')\n"),
    ]);
    says!(
        project.run("scan --diff"),
        str![[r#"
exit code 1
--- stderr
nothing to fix; with `--unsafe-fixes`, 2 more
2 findings (2 high) · 1 file, 3 lines in [TIME]

"#]]
    );
}
