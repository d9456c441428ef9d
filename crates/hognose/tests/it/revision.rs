//! `--new-since`.

use snapbox::str;

use crate::project::Project;
use crate::says;

const OLD: &str = "import os\n\nos.popen('ls')\n";

fn repository() -> Project {
    let project = Project::with_own_rule(&[("src/a.py", OLD), ("src/b.py", "x = 1\n")]);
    project.git(&["init", "-q"]);
    project.git(&["add", "."]);
    project.git(&["commit", "-q", "-m", "Begin"]);
    project
}

#[test]
fn only_what_is_new_counts() {
    let project = repository();
    assert_eq!(project.run("scan").code, Some(1));
    assert_eq!(project.run("scan --new-since HEAD").code, Some(0));
    project.write("src/a.py", format!("# Title\n{OLD}os.popen('pwd')\n"));
    says!(
        project.run("scan --new-since HEAD --output concise"),
        str![[r#"
exit code 1
--- stdout
src/a.py:5:1: high own-danger `os.popen` is called
1 new finding (1 high), 1 known · 2 files, 6 lines in [TIME]

"#]]
    );
    // From a folder below, paths are seen differently and mean the same.
    let below = |arguments: &[&str]| {
        project
            .command()
            .current_dir(project.path("src"))
            .args(arguments)
            .output()
            .unwrap()
    };
    let said = below(&["scan", "--new-since", "HEAD", "--output", "concise"]);
    let said = String::from_utf8(said.stdout).unwrap();
    assert_eq!(
        said.lines()
            .filter(|line| line.contains("own-danger"))
            .count(),
        1,
        "{said}"
    );
}

#[test]
fn a_moved_file_is_nothing_new() {
    let project = repository();
    std::fs::rename(project.path("src/a.py"), project.path("src/c.py")).unwrap();
    assert_eq!(project.run("scan --new-since HEAD").code, Some(0));
}

#[test]
fn what_git_cannot_give_is_an_error() {
    let project = repository();
    says!(
        project.run("scan --new-since nothing"),
        str![[r#"
exit code 2
--- stderr
error: --new-since: git knows no revision `nothing`

"#]]
    );
    says!(
        project.run("scan --new-since --output=x"),
        str![[r#"
exit code 2
--- stderr
error: a value is required for '--new-since <REV>' but none was supplied

For more information, try '--help'.

"#]]
    );
    let outside = Project::with_own_rule(&[("a.py", OLD)]);
    says!(
        outside.run("scan --new-since HEAD"),
        str![[r#"
exit code 2
--- stderr
error: --new-since: git failed: not a git repository (or any of the parent directories): .git

"#]]
    );
    let mut without_git = project.command();
    let said = without_git
        .env("PATH", "")
        .args(["scan", "--new-since", "HEAD"])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(said.stderr).unwrap(),
        "error: --new-since: the program `git` was not found\n"
    );
}

#[test]
#[cfg(unix)]
fn the_repository_starts_no_program() {
    let project = repository();
    let trap = project.path("../trap");
    let script = format!("#!/bin/sh\ntouch {}\n", project.path("../sprung").display());
    std::fs::write(&trap, script).unwrap();
    std::fs::set_permissions(&trap, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let trap = trap.canonicalize().unwrap();
    let trap = trap.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "core.askPass",
        "diff.external",
        "credential.helper",
    ] {
        project.git(&["config", key, trap]);
    }
    // A partial clone whose missing objects a program would fetch.
    project.git(&["config", "extensions.partialClone", "origin"]);
    project.git(&["config", "core.repositoryFormatVersion", "1"]);
    project.git(&["config", "remote.origin.url", &format!("ext::{trap}")]);
    project.git(&["config", "remote.origin.promisor", "true"]);
    project.git(&["config", "remote.origin.uploadpack", trap]);
    project.git(&["config", "protocol.ext.allow", "always"]);
    let blob = String::from_utf8(
        project
            .command_of("git")
            .args(["rev-parse", "HEAD:src/a.py"])
            .output()
            .unwrap()
            .stdout,
    )
    .unwrap();
    let blob = blob.trim();
    std::fs::remove_file(project.path(&format!(".git/objects/{}/{}", &blob[..2], &blob[2..])))
        .unwrap();
    let said = project.run("scan --new-since HEAD -q");
    assert!(!project.path("../sprung").exists(), "{}", said.all());
    // The old file cannot be read, so that its finding is new.
    assert_eq!(said.code, Some(1), "{}", said.all());
}
