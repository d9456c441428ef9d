//! What fails or is given up in one file is a problem with that file, and the others are looked at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hognose_finding::{ProblemKind, SourceError, Sources};
use hognose_rules::Catalogue;
use hognose_sast::{InputFile, InputKind, ScanResult, scan};

const UNSAFE: &str = "import yaml\nyaml.load(open('a'))\n";

/// Files, one of which panics when it is read for the time that is given.
struct Panicking {
    files: BTreeMap<String, String>,
    path: &'static str,
    time: usize,
    reads: AtomicUsize,
}

impl Sources for Panicking {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        if path == self.path {
            let time = self.reads.fetch_add(1, Ordering::Relaxed) + 1;
            assert!(time != self.time, "made to panic");
        }
        Ok(self.files[path].clone().into_bytes())
    }
}

fn scan_with_panic(files: &[(&str, &str)], path: &'static str, time: usize) -> ScanResult {
    let catalogue = Catalogue::builtin().expect("the embedded pages are right");
    let input: Vec<InputFile> = files
        .iter()
        .map(|(path, _)| InputFile {
            path: (*path).into(),
            base: Arc::from(""),
            kind: if path.rsplit_once('.').is_some_and(|(_, end)| end == "py") {
                InputKind::Python
            } else {
                InputKind::Template
            },
        })
        .collect();
    let sources = Panicking {
        files: files
            .iter()
            .map(|&(path, text)| (path.to_owned(), text.to_owned()))
            .collect(),
        path,
        time,
        reads: AtomicUsize::new(0),
    };
    scan(
        &input,
        &sources,
        &catalogue,
        &[],
        hognose_sast::ScanOptions::default(),
    )
}

fn problems(result: &ScanResult) -> Vec<(ProblemKind, &str)> {
    result
        .problems
        .iter()
        .map(|problem| (problem.kind, problem.path.as_deref().unwrap_or_default()))
        .collect()
}

fn paths_of_findings(result: &ScanResult) -> Vec<&str> {
    let mut paths: Vec<&str> = result
        .findings
        .iter()
        .filter(|finding| &*finding.rule.id == "unsafe-yaml-load")
        .filter_map(|finding| finding.location.code().map(|code| &*code.path))
        .collect();
    paths.dedup();
    paths
}

#[test]
fn a_panic_while_findings_are_worded_is_a_problem_with_the_file() {
    // The second reading is that for the words.
    let files = [("a.py", UNSAFE), ("b.py", UNSAFE), ("c.py", UNSAFE)];
    let result = scan_with_panic(&files, "b.py", 2);
    assert_eq!(problems(&result), [(ProblemKind::CheckFailed, "b.py")]);
    assert_eq!(paths_of_findings(&result), ["a.py", "c.py"]);
}

#[test]
fn a_panic_while_a_template_is_read_is_a_problem_with_the_file() {
    let files = [("a.html", "{{ a|safe }}"), ("b.py", UNSAFE)];
    let result = scan_with_panic(&files, "a.html", 1);
    assert_eq!(problems(&result), [(ProblemKind::CheckFailed, "a.html")]);
    assert_eq!(paths_of_findings(&result), ["b.py"]);
}

#[test]
fn a_name_that_leads_too_far_is_a_problem_with_the_file() {
    let mut files: Vec<(String, String)> = (0..400)
        .map(|number| {
            let text = format!("from m{} import load\n", number + 1);
            (format!("m{number}.py"), text)
        })
        .collect();
    files.push(("m400.py".to_owned(), "from yaml import load\n".to_owned()));
    for (path, first) in [("near.py", "m390"), ("far.py", "m0")] {
        let text = format!("from {first} import load\nload(open('a'))\n");
        files.push((path.to_owned(), text));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let result = scan_with_panic(&files, "", 0);
    assert_eq!(paths_of_findings(&result), ["near.py"]);
    assert!(problems(&result).contains(&(ProblemKind::Budget, "far.py")));
    assert!(!problems(&result).contains(&(ProblemKind::Budget, "near.py")));
}
