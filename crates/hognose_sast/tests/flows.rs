//! What the flow rules must report, and what they must stay silent about: the programs in `flows/*.md`.
//!
//! A page is a topic (`#`), a section of it a behaviour (`##`), and each fenced block, or each run of blocks with
//! `file=`, is a project of its own. A line on which a finding starts ends with `# finding: RULE`, several rules with
//! commas between; in a template `{# finding: RULE #}`. No other finding of the flow rules may be seen by the regular
//! persona. Below `### Silent` nothing is marked. Blocks in `toml`, `ini` or `text` are files that stand beside the
//! code, such as `pyproject.toml`.
//!
//! Front matter is optional: `library: true` (code is judged as a package that others call), `local: true` (who runs
//! the program is not trusted), `also: RULE, RULE` (rules judged on this page besides [`FLOW_RULES`]).
//!
//! `flows/known-gaps.txt` names behaviours that are known to be wrong. `SNAPSHOTS=overwrite cargo test -p hognose_sast
//! --test flows` writes it anew. `FLOWS=guards cargo test -p hognose_sast --test flows -- --nocapture` judges only the
//! pages with that word in their name.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hognose_finding::{Confidence, ProblemKind, SourceError, Sources};
use hognose_rules::Catalogue;
use hognose_sast::{InputFile, InputKind, ScanResult, scan};
use rayon::prelude::*;

/// The rules that are judged on every page.
const FLOW_RULES: [&str; 18] = [
    "argument-injection",
    "archive-slip",
    "code-injection",
    "command-injection",
    "cross-site-scripting",
    "format-string-injection",
    "http-header-injection",
    "ldap-injection",
    "nosql-injection",
    "open-redirect",
    "path-traversal",
    "server-side-request-forgery",
    "sql-injection",
    "template-injection",
    "unsafe-deserialization",
    "unsafe-yaml-load",
    "xml-external-entities",
    "xpath-injection",
];

/// The rules that a page may add with `also:`.
const FURTHER_RULES: [&str; 9] = [
    "insecure-cookie",
    "jinja2-autoescape-off",
    "log-injection",
    "regex-denial-of-service",
    "sensitive-data-exposure",
    "timing-unsafe-comparison",
    "tls-verification-disabled",
    "trust-boundary-violation",
    "weak-hash",
];

/// How a page is to be judged.
#[derive(Debug, Default, Clone)]
struct Mode {
    /// Parameters of exported functions, contents of files, members of archives and answers of servers are untrusted.
    library: bool,
    /// The command line, the environment and standard input are untrusted.
    local: bool,
    /// Rules besides [`FLOW_RULES`].
    also: Vec<String>,
}

impl Mode {
    fn judges(&self, rule: &str) -> bool {
        FLOW_RULES.contains(&rule) || self.also.iter().any(|also| also == rule)
    }
}

struct Page {
    name: String,
    mode: Mode,
    behaviours: Vec<Behaviour>,
}

struct Behaviour {
    heading: String,
    projects: Vec<Vec<File>>,
}

#[derive(PartialEq, Clone, Copy)]
enum Language {
    Python,
    Template,
    Beside,
}

struct File {
    path: String,
    language: Language,
    text: String,
    /// Line of the file (1-based) and rule.
    expected: BTreeSet<(u32, String)>,
    /// The line of the page (1-based) that is line 1 of the text.
    page_line: u32,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/flows")
}

/// Reads a page, and adds what is wrong with its form to `faults`.
fn read_page(name: &str, text: &str, faults: &mut Vec<String>) -> Page {
    let mut page = Page {
        name: name.to_owned(),
        mode: Mode::default(),
        behaviours: Vec::new(),
    };
    let mut lines = text
        .lines()
        .zip(1u32..)
        .map(|(text, line)| (line, text))
        .peekable();
    if lines.next_if(|(_, text)| *text == "---").is_some() {
        for (line, text) in lines.by_ref().take_while(|(_, text)| *text != "---") {
            match text.split_once(": ") {
                Some(("library", "true")) => page.mode.library = true,
                Some(("local", "true")) => page.mode.local = true,
                Some(("also", rules)) => {
                    page.mode.also = rules.split(", ").map(str::to_owned).collect();
                }
                _ => faults.push(format!("{name}:{line}: unknown front matter `{text}`")),
            }
        }
    }
    for rule in &page.mode.also {
        if !FURTHER_RULES.contains(&rule.as_str()) {
            faults.push(format!("{name}: `{rule}` is not in `FURTHER_RULES`"));
        }
    }
    let mut silent = false;
    // Whether the last project still takes files.
    let mut open = false;
    while let Some((line, text)) = lines.next() {
        if let Some(heading) = text.strip_prefix("## ") {
            if page.behaviours.iter().any(|other| other.heading == heading) {
                faults.push(format!("{name}:{line}: a second `{heading}`"));
            }
            page.behaviours.push(Behaviour {
                heading: heading.to_owned(),
                projects: Vec::new(),
            });
            (silent, open) = (false, false);
        } else if let Some(heading) = text.strip_prefix("### ") {
            silent = heading == "Silent";
            open = false;
            if !silent && heading != "Reported" {
                faults.push(format!("{name}:{line}: neither `Reported` nor `Silent`"));
            }
        } else if let Some(info) = text.strip_prefix("```") {
            let body: Vec<&str> = lines
                .by_ref()
                .map(|(_, text)| text)
                .take_while(|text| *text != "```")
                .collect();
            let at = format!("{name}:{line}");
            let Some(behaviour) = page.behaviours.last_mut() else {
                faults.push(format!("{at}: a block before the first `##`"));
                continue;
            };
            let Some((file, named)) = read_file(&at, line, info, &body, &page.mode, faults) else {
                continue;
            };
            if silent && !file.expected.is_empty() {
                faults.push(format!("{at}: a mark below `Silent`"));
            }
            match behaviour.projects.last_mut() {
                Some(last) if open && named && last.iter().all(|other| other.path != file.path) => {
                    last.push(file);
                }
                _ => behaviour.projects.push(vec![file]),
            }
            open = named;
        }
    }
    for behaviour in &page.behaviours {
        let mut files = behaviour.projects.iter().flatten();
        if files.all(|file| file.expected.is_empty()) {
            faults.push(format!("{name}: `{}` marks nothing", behaviour.heading));
        }
    }
    page
}

/// Reads a block, and says whether it has a name of its own.
fn read_file(
    at: &str,
    line: u32,
    info: &str,
    body: &[&str],
    mode: &Mode,
    faults: &mut Vec<String>,
) -> Option<(File, bool)> {
    let mut words = info.split_whitespace();
    let language = match words.next() {
        Some("python") => Language::Python,
        Some("html+jinja" | "html+django" | "mako") => Language::Template,
        Some("toml" | "ini" | "text") => Language::Beside,
        _ => {
            faults.push(format!("{at}: unknown language `{info}`"));
            return None;
        }
    };
    let path = match words.next() {
        None => None,
        Some(word) => match word.strip_prefix("file=") {
            Some(path) => Some(path.to_owned()),
            None => {
                faults.push(format!("{at}: unknown attribute `{word}`"));
                return None;
            }
        },
    };
    let mut file = File {
        path: path.clone().unwrap_or_else(|| "app.py".to_owned()),
        language,
        text: String::new(),
        expected: BTreeSet::new(),
        page_line: line + 1,
    };
    for (text, number) in body.iter().zip(1u32..) {
        let marked = match language {
            Language::Python => text.rsplit_once("# finding: "),
            Language::Template => text
                .rsplit_once("{# finding: ")
                .and_then(|(text, rules)| Some((text, rules.strip_suffix(" #}")?))),
            Language::Beside => None,
        };
        let (kept, rules) = match marked {
            Some((kept, rules)) => (kept.trim_end(), rules.split(", ").collect()),
            None => (*text, Vec::new()),
        };
        if kept.contains("# finding") {
            faults.push(format!("{at}: line {number} is almost marked"));
        }
        for rule in rules {
            if !mode.judges(rule) {
                faults.push(format!("{at}: `{rule}` is not judged here"));
            }
            file.expected.insert((number, rule.to_owned()));
        }
        file.text.push_str(kept);
        file.text.push('\n');
    }
    Some((file, path.is_some()))
}

struct Held<'a>(&'a [File]);

impl Sources for Held<'_> {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0
            .iter()
            .find(|file| file.path == path)
            .map(|file| file.text.clone().into_bytes())
            .ok_or_else(|| SourceError {
                kind: ProblemKind::Vanished,
                message: "not held".to_owned(),
            })
    }
}

/// Scans a project as the page's mode says.
fn scan_as(mode: &Mode, files: &[File], catalogue: &Catalogue) -> ScanResult {
    let input: Vec<InputFile> = files
        .iter()
        .filter(|file| file.language != Language::Beside)
        .map(|file| InputFile {
            path: file.path.as_str().into(),
            base: Arc::from(""),
            kind: match file.language {
                Language::Python => InputKind::Python,
                _ => InputKind::Template,
            },
        })
        .collect();
    scan(
        &input,
        &Held(files),
        catalogue,
        &[],
        hognose_sast::ScanOptions {
            library: mode.library,
            tests: true,
        },
    )
}

/// What differs between the marks of a behaviour and what is found.
fn differences(page: &Page, behaviour: &Behaviour, catalogue: &Catalogue) -> Vec<String> {
    let mut differences = Vec::new();
    for files in &behaviour.projects {
        let result = scan_as(&page.mode, files, catalogue);
        for problem in &result.problems {
            differences.push(format!(
                "{}:{}: problem: {}: {}",
                page.name, files[0].page_line, problem.kind, problem.message
            ));
        }
        for file in files {
            let found: BTreeSet<(u32, String)> = result
                .findings
                .iter()
                .filter(|finding| finding.confidence >= Confidence::Likely)
                .filter(|finding| page.mode.judges(&finding.rule.id))
                .filter_map(|finding| {
                    let location = finding.location.code()?;
                    (*location.path == *file.path)
                        .then(|| (location.range.start.line, finding.rule.id.to_string()))
                })
                .collect();
            let mut say = |(line, rule): &(u32, String), what: &str| {
                let text = file.text.lines().nth(*line as usize - 1).unwrap_or("");
                differences.push(format!(
                    "{}:{}: {what} {rule}: {}",
                    page.name,
                    file.page_line + line - 1,
                    text.trim()
                ));
            };
            file.expected
                .difference(&found)
                .for_each(|one| say(one, "missing"));
            found
                .difference(&file.expected)
                .for_each(|one| say(one, "unexpected"));
        }
    }
    differences
}

#[test]
fn flows_are_judged_as_marked() {
    let catalogue = match Catalogue::builtin() {
        Ok(catalogue) => catalogue,
        Err(errors) => panic!("{} errors in the rule pages", errors.len()),
    };
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is part of the repository")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| {
            Path::new(name)
                .extension()
                .is_some_and(|suffix| suffix == "md")
        })
        .collect();
    names.sort();
    let mut faults = Vec::new();
    let pages: Vec<Page> = names
        .iter()
        .map(|name| {
            let text = std::fs::read_to_string(folder().join(name)).expect("it was listed");
            read_page(name, &text, &mut faults)
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));

    let only = std::env::var("FLOWS").ok();
    let judged: Vec<(&Page, &Behaviour)> = pages
        .iter()
        .filter(|page| only.as_ref().is_none_or(|only| page.name.contains(only)))
        .flat_map(|page| page.behaviours.iter().map(move |one| (page, one)))
        .collect();
    let wrong: BTreeMap<String, Vec<String>> = judged
        .par_iter()
        .map(|(page, behaviour)| {
            (
                format!("{}: {}", page.name, behaviour.heading),
                differences(page, behaviour, &catalogue),
            )
        })
        .filter(|(_, differences)| !differences.is_empty())
        .collect();
    let marks: usize = judged
        .iter()
        .flat_map(|(_, behaviour)| behaviour.projects.iter().flatten())
        .map(|file| file.expected.len())
        .sum();
    let count = |what: &str| {
        let all = wrong.values().flatten();
        all.filter(|one| one.contains(what)).count()
    };
    let summary = format!(
        "{} of {} behaviours right ({} of {marks} marks missing, {} findings unexpected)",
        judged.len() - wrong.len(),
        judged.len(),
        count(": missing "),
        count(": unexpected "),
    );

    let gaps_path = folder().join("known-gaps.txt");
    if std::env::var("SNAPSHOTS").is_ok_and(|value| value == "overwrite") && only.is_none() {
        let mut text =
            "# Behaviours known to be wrong. Written by SNAPSHOTS=overwrite; see ../flows.rs.\n"
                .to_owned();
        for key in wrong.keys() {
            text.push_str(key);
            text.push('\n');
        }
        std::fs::write(&gaps_path, text).expect("the folder can be written");
    }
    let gaps = std::fs::read_to_string(&gaps_path).unwrap_or_default();
    let gaps: BTreeSet<&str> = gaps
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();

    let mut report = String::new();
    let mut failed = false;
    for (key, differences) in &wrong {
        let known = gaps.contains(key.as_str());
        failed |= !known;
        let note = if known { " (known gap)" } else { "" };
        let _ = write!(report, "\n{key}{note}\n    {}", differences.join("\n    "));
    }
    for gap in &gaps {
        let is_judged = judged
            .iter()
            .any(|(page, one)| format!("{}: {}", page.name, one.heading) == *gap);
        if is_judged && !wrong.contains_key(*gap) {
            failed = true;
            let _ = write!(report, "\n{gap}\n    is right now: remove it from the list");
        } else if !is_judged && only.is_none() {
            failed = true;
            let _ = write!(
                report,
                "\n{gap}\n    is no behaviour: remove it from the list"
            );
        }
    }
    // Shown with `--nocapture`, and when the test fails.
    #[allow(clippy::print_stdout)]
    {
        println!("{report}\n\n{summary}");
    }
    assert!(!failed, "{summary}; see above");
}
