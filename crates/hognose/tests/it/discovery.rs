//! Which files are scanned, and what is said about the others.

use snapbox::str;

use crate::project::Project;
use crate::says;

#[test]
fn an_empty_project_says_so() {
    says!(
        Project::new(&[("README.md", "# Title\n")]).run("scan"),
        str![[r#"
exit code 0
--- stdout
note empty no Python files, notebooks or templates in `.`

nothing to check, 1 problem · 0 files, 0 lines in [TIME]

"#]]
    );
}

#[test]
fn a_path_that_is_not_there_is_an_error_and_the_nearest_name_is_told() {
    let project = Project::new(&[("src/a.py", "x = 1\n")]);
    says!(
        project.run("scan scr"),
        str![[r#"
exit code 2
--- stderr
error: `scr` does not exist
  help: did you mean `src`?

"#]]
    );
    says!(
        project.run("scan src nowhere/else"),
        str![[r#"
exit code 2
--- stderr
error: `nowhere/else` does not exist

"#]]
    );
}

#[test]
fn what_is_recognised_is_left_out_and_named() {
    let project = Project::new(&[
        ("app/a.py", "x = 1\n"),
        ("app/vendor/models.py", "x = 1\n"),
        ("app/__pycache__/a.py", "x = 1\n"),
        (".venv/pyvenv.cfg", ""),
        (".venv/lib/python3.12/site-packages/x.py", "x = 1\n"),
        ("conda/conda-meta/history", ""),
        ("conda/lib/x.py", "x = 1\n"),
        ("node_modules/gyp/x.py", "x = 1\n"),
        (".tox/py312/x.py", "x = 1\n"),
        ("pip/_vendor/x.py", "x = 1\n"),
        ("vendor/lib/x.py", "x = 1\n"),
        ("setup.py", "x = 1\n"),
        ("build/lib/app/a.py", "x = 1\n"),
        ("tools/build/make.py", "x = 1\n"),
    ]);
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
app/a.py
app/vendor/models.py
setup.py
tools/build/make.py
--- stderr
.tox: left out, environments of a tool
.venv: left out, virtual environment
build: left out, build output
conda: left out, virtual environment
node_modules: left out, installed packages
pip/_vendor: left out, vendored code
vendor: left out, vendored code

"#]]
    );
    let vendored = project.run("scan --list-files --include-vendored");
    says!(
        vendored,
        str![[r#"
exit code 0
--- stdout
app/a.py
app/vendor/models.py
pip/_vendor/x.py
setup.py
tools/build/make.py
vendor/lib/x.py
--- stderr
.tox: left out, environments of a tool
.venv: left out, virtual environment
build: left out, build output
conda: left out, virtual environment
node_modules: left out, installed packages

"#]]
    );
}

#[test]
fn what_is_named_is_scanned_whatever_it_is() {
    let project = Project::new(&[
        (".gitignore", "ignored\n"),
        ("ignored/a.py", "x = 1\n"),
        (".venv/pyvenv.cfg", ""),
        (".venv/lib/site-packages/x.py", "x = 1\n"),
        ("notes", "x = 1\n"),
    ]);
    says!(
        project.run("scan --list-files ignored .venv notes"),
        str![[r#"
exit code 0
--- stdout
.venv/lib/site-packages/x.py
ignored/a.py
notes

"#]]
    );
    says!(
        project.run("scan --list-files ignored/a.py .venv/lib notes"),
        str![[r#"
exit code 0
--- stdout
ignored/a.py
notes
--- stderr
.venv/lib/site-packages: left out, installed packages

"#]]
    );
}

#[test]
fn git_decides_what_is_ignored_inside_and_outside_of_repositories() {
    let files = [
        (".gitignore", "*.gen.py\n/local.py\nsub/*\n!sub/keep.py\n"),
        ("a.py", "x = 1\n"),
        ("b.gen.py", "x = 1\n"),
        ("local.py", "x = 1\n"),
        ("deep/local.py", "x = 1\n"),
        ("deep/.gitignore", "!b.gen.py\nmine.py\n"),
        ("deep/b.gen.py", "x = 1\n"),
        ("deep/mine.py", "x = 1\n"),
        ("sub/keep.py", "x = 1\n"),
        ("sub/gone.py", "x = 1\n"),
    ];
    let project = Project::new(&files);
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
a.py
deep/b.gen.py
deep/local.py
sub/keep.py
--- stderr
b.gen.py: left out, ignored by git
deep/mine.py: left out, ignored by git
local.py: left out, ignored by git
sub/gone.py: left out, ignored by git

"#]]
    );
    says!(
        project.run("scan --list-files --no-ignore"),
        str![[r#"
exit code 0
--- stdout
a.py
b.gen.py
deep/b.gen.py
deep/local.py
deep/mine.py
local.py
sub/gone.py
sub/keep.py

"#]]
    );
    project.git(&["init", "-q"]);
    project.write(".git/info/exclude", "a.py\n");
    says!(
        project.run("scan --list-files deep a.py"),
        str![[r#"
exit code 0
--- stdout
a.py
deep/b.gen.py
deep/local.py
--- stderr
deep/mine.py: left out, ignored by git

"#]]
    );
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
deep/b.gen.py
deep/local.py
sub/keep.py
--- stderr
a.py: left out, ignored by git
b.gen.py: left out, ignored by git
deep/mine.py: left out, ignored by git
local.py: left out, ignored by git
sub/gone.py: left out, ignored by git

"#]]
    );
}

#[test]
fn exclude_and_include_are_patterns_of_gitignore() {
    let project = Project::new(&[
        (
            "hognose.toml",
            "exclude = ['/tests', '*_pb2.py']\ninclude = ['bin/*', '*.pyx']\n",
        ),
        ("a.py", "x = 1\n"),
        ("b_pb2.py", "x = 1\n"),
        ("tests/a.py", "x = 1\n"),
        ("sub/tests/a.py", "x = 1\n"),
        ("bin/run.cgi", "x = 1\n"),
        ("fast.pyx", "x = 1\n"),
    ]);
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
a.py
bin/run.cgi
fast.pyx
sub/tests/a.py
--- stderr
b_pb2.py: left out, excluded
tests: left out, excluded

"#]]
    );
    says!(
        project.run("scan --list-files --exclude sub --exclude bin/"),
        str![[r#"
exit code 0
--- stdout
a.py
fast.pyx
--- stderr
b_pb2.py: left out, excluded
bin: left out, excluded
sub: left out, excluded
tests: left out, excluded

"#]]
    );
}

#[test]
fn scripts_templates_and_notebooks_are_recognised() {
    let project = Project::new(&[
        ("manage", "#!/usr/bin/env python3\nx = 1\n"),
        ("run", "#!/bin/sh\necho\n"),
        ("LICENSE", "text\n"),
        ("a.ipynb", "{\"cells\": []}"),
        ("a.pyi", "x: int\n"),
        ("app/templates/mail.txt", "{{ name }}\n"),
        ("app/templates/page.html", "{{ name }}\n"),
        ("notes.txt", "text\n"),
    ]);
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
a.ipynb
a.pyi
app/templates/mail.txt
app/templates/page.html
manage

"#]]
    );
}

#[cfg(unix)]
#[test]
fn odd_files_are_problems_and_the_rest_is_scanned() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    let project = Project::new(&[
        ("a.py", "x = 1\n"),
        ("folder.py/b.py", "x = 1\n"),
        ("sub/c.py", "x = 1\n"),
        ("large.py", "x = 12345678901234567890\n"),
    ]);
    symlink("loop2.py", project.path("loop1.py")).unwrap();
    symlink("loop1.py", project.path("loop2.py")).unwrap();
    symlink("nothing", project.path("broken.py")).unwrap();
    symlink("nothing", project.path("picture.png")).unwrap();
    symlink("ann@host.1234", project.path(".#a.py")).unwrap();
    symlink("..", project.path("sub/up")).unwrap();
    let _socket = UnixListener::bind(project.path("socket.py")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(project.path("pipe.py"))
        .status()
        .unwrap();
    assert!(made.success());
    says!(
        project.run("scan --max-file-size 20"),
        str![[r#"
exit code 2
--- stdout
broken.py: warning broken-link is a symbolic link to nothing
large.py: error too-large 25 bytes are more than `max-file-size` allows (20 bytes)
loop1.py: warning broken-link is a symbolic link that leads to itself
loop2.py: warning broken-link is a symbolic link that leads to itself
pipe.py: warning special-file is a named pipe, not a regular file
socket.py: warning special-file is a socket, not a regular file
sub/up: warning broken-link is a symbolic link to a folder around it, so it was not followed

no findings in what could be checked, 7 problems · 3 files, 3 lines in [TIME]

"#]]
    );
    says!(
        project.run("scan --max-file-size 20 --problems allow -q"),
        str![[r#"
exit code 0
--- stdout
broken.py: warning broken-link is a symbolic link to nothing
large.py: error too-large 25 bytes are more than `max-file-size` allows (20 bytes)
loop1.py: warning broken-link is a symbolic link that leads to itself
loop2.py: warning broken-link is a symbolic link that leads to itself
pipe.py: warning special-file is a named pipe, not a regular file
socket.py: warning special-file is a socket, not a regular file
sub/up: warning broken-link is a symbolic link to a folder around it, so it was not followed


"#]]
    );
    says!(
        project.run("scan pipe.py"),
        str![[r#"
exit code 2
--- stderr
error: `pipe.py` is a named pipe, not a regular file

"#]]
    );
}

#[cfg(unix)]
#[test]
fn a_file_reached_twice_is_scanned_once() {
    use std::os::unix::fs::symlink;

    let project = Project::new(&[("src/a.py", "x = 1\n"), ("../outside/b.py", "x = 1\n")]);
    symlink("a.py", project.path("src/same.py")).unwrap();
    symlink("src", project.path("again")).unwrap();
    symlink("../outside", project.path("linked")).unwrap();
    symlink("../outside", project.path("linked_too")).unwrap();
    says!(
        project.run("scan --list-files . src src/a.py"),
        str![[r#"
exit code 0
--- stdout
linked/b.py
src/a.py

"#]]
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_shown_and_scanned() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let project = Project::new(&[("a.py", "x = 1\n")]);
    for name in [&b"caf\xe9.py"[..], b"two\nlines.py", b"\x1b[31mred.py"] {
        std::fs::write(project.path("").join(OsStr::from_bytes(name)), "x = 1\n").unwrap();
    }
    std::os::unix::fs::symlink(
        "nothing",
        project.path("").join(OsStr::from_bytes(b"\x1b[2J.py")),
    )
    .unwrap();
    says!(
        project.run("scan --list-files"),
        str![[r#"
exit code 0
--- stdout
\x1b[31mred.py
a.py
caf\xe9.py
two\x0alines.py
--- stderr
\x1b[2J.py: is a symbolic link to nothing

"#]]
    );
}

#[test]
fn standard_input() {
    let project = Project::new(&[]);
    says!(
        project.run_with_stdin("scan - --stdin-filename src/a.py", b"x = 1\n"),
        str![[r#"
exit code 0
--- stdout
no findings · 1 file, 1 line in [TIME]

"#]]
    );
    says!(
        project.run_with_stdin("scan - --max-file-size 3", b"x = 1\n"),
        str![[r#"
exit code 2
--- stdout
<stdin>: error too-large 4 bytes are more than `max-file-size` allows (3 bytes)

nothing to check, 1 problem · 0 files, 0 lines in [TIME]

"#]]
    );
    says!(
        project.run("scan - a.py"),
        str![[r#"
exit code 2
--- stderr
error: `-` cannot be combined with other paths

"#]]
    );
    says!(
        project.run("scan - --fix"),
        str![[r#"
exit code 2
--- stderr
error: fixes cannot be applied to standard input
  help: `--diff` shows what they would change

"#]]
    );
    says!(
        project.run("scan --stdin-filename a.py"),
        str![[r#"
exit code 2
--- stderr
error: --stdin-filename: standard input is not read
  help: `hognose scan -` reads it

"#]]
    );
}

#[cfg(unix)]
#[test]
fn unreadable_files_are_problems() {
    use std::os::unix::fs::PermissionsExt;

    let project = Project::new(&[
        ("a.py", "x = 1\n"),
        ("b.py", "x = 1\n"),
        ("sub/c.py", "x = 1\n"),
    ]);
    for path in ["b.py", "sub"] {
        std::fs::set_permissions(project.path(path), std::fs::Permissions::from_mode(0o000))
            .unwrap();
    }
    let readable = std::fs::read(project.path("b.py")).is_ok();
    let said = project.run("scan");
    std::fs::set_permissions(project.path("sub"), std::fs::Permissions::from_mode(0o755)).unwrap();
    if readable {
        // The superuser may read everything: then there is nothing to report.
        says!(
            said,
            str![[r#"
exit code 0
--- stdout
no findings · 3 files, 3 lines in [TIME]

"#]]
        );
    } else {
        says!(
            said,
            str![[r#"
exit code 2
--- stdout
b.py: error unreadable permission denied
sub: error unreadable permission denied

no findings in what could be checked, 2 problems · 1 file, 1 line in [TIME]

"#]]
        );
    }
}
