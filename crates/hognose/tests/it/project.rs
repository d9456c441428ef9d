//! A small project on disk, and what the program says about it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A rule of the user's own, so that the tests depend on no page of the guide.
pub const PAGE: &str = "\
---
id: own-danger
name: Danger is called
cwe: [78]
severity: high
persona: regular
since: 0.1.0
detect:
  - call: [os.popen]
    confidence: confirmed
    message: \"`{callee}` is called\"
    fix: {title: \"Call `os.system`\", safety: safe, callee: system}
  - call: [os.system]
    confidence: likely
    severity: low
    message: \"`{callee}` is called\"
---

# Danger is called

## What it is

A call.

## Why it matters

It may.

## Examples

```python
import os

os.popen(\"ls\")  # finding
```

## How to fix it

Leave it.

```python
import os
```

## When to suppress

Never.

## References

- <https://cwe.mitre.org/data/definitions/78.html>
";

/// A configuration that runs [`PAGE`] alone.
pub const OWN_RULE: &str = "select = ['own-danger']\nrules = ['guide']\n";

/// A project in a folder of its own.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a run of the program gives.
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Said {
    /// All of it as one text.
    pub fn all(&self) -> String {
        let code = self
            .code
            .map_or_else(|| "signal".to_owned(), |code| code.to_string());
        let mut text = format!("exit code {code}\n");
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text.extend(["--- ", name, "\n", stream]);
            }
        }
        text
    }
}

impl Project {
    /// A project with some files: path and text.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Project {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(project.folder.path().join("home")).unwrap();
        fs::create_dir(project.path("")).unwrap();
        for (path, text) in files {
            project.write(path, text);
        }
        project
    }

    /// A project with [`PAGE`] and a configuration that runs it alone.
    pub fn with_own_rule(files: &[(&str, &str)]) -> Self {
        let project = Project::new(files);
        project.write("guide/own-danger.md", PAGE);
        project.write("hognose.toml", OWN_RULE);
        project
    }

    /// Where a file of the project is.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("project").join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// The program in the project's folder, with an environment that says nothing.
    pub fn command(&self) -> Command {
        self.program(Path::new(env!("CARGO_BIN_EXE_hognose")))
    }

    /// `git` in the project's folder.
    pub fn git(&self, arguments: &[&str]) {
        let mut git = self.command_of("git");
        git.args([
            "-c",
            "user.name=Ann",
            "-c",
            "user.email=ann@example.org",
            "-c",
            "init.defaultBranch=main",
        ]);
        let output = git.args(arguments).output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Another program in the project's folder.
    pub fn command_of(&self, program: &str) -> Command {
        self.program(Path::new(program))
    }

    fn program(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path(""))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CEILING_DIRECTORIES", self.folder.path())
            .stdin(Stdio::null());
        command
    }

    /// Runs the program with `arguments`, separated by spaces.
    pub fn run(&self, arguments: &str) -> Said {
        self.run_with_stdin(arguments, b"")
    }

    pub fn run_with_stdin(&self, arguments: &str, stdin: &[u8]) -> Said {
        let mut command = self.command();
        command.args(arguments.split_whitespace());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Who does not read its input may be gone by now.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        let output = child.wait_with_output().unwrap();
        Said {
            code: output.status.code(),
            stdout: self.steady(&output.stdout),
            stderr: self.steady(&output.stderr),
        }
    }

    /// The output without what differs between machines and runs: the folder, and how long it took.
    fn steady(&self, output: &[u8]) -> String {
        let root = self.folder.path().canonicalize().unwrap();
        let text = String::from_utf8(output.to_vec())
            .unwrap()
            .replace(root.to_str().unwrap(), "[ROOT]");
        let mut steady = String::new();
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end();
            match bare
                .strip_suffix(" s")
                .and_then(|rest| rest.rsplit_once(" in "))
            {
                Some((before, seconds)) if seconds.parse::<f64>().is_ok() => {
                    steady.extend([before, " in [TIME]\n"]);
                }
                _ => steady += line,
            }
        }
        steady
    }
}

/// Compares all that the program said with what is expected.
#[macro_export]
macro_rules! says {
    ($said:expr, $expected:expr $(,)?) => {
        snapbox::assert_data_eq!($said.all(), snapbox::IntoData::raw($expected))
    };
}
