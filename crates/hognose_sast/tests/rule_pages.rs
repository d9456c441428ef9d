//! Every example of every rule page: found where it is marked, silent elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use hognose_finding::{Confidence, Persona, ProblemKind, SourceError, Sources};
use hognose_rules::{Catalogue, Example, ExampleLanguage, ExampleSection, ExpectedLevel, RulePage};
use hognose_sast::{InputFile, InputKind, scan};

struct Held(BTreeMap<String, String>);

impl Sources for Held {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        self.0
            .get(path)
            .map(|text| text.clone().into_bytes())
            .ok_or_else(|| SourceError {
                kind: ProblemKind::Vanished,
                message: "not held".to_owned(),
            })
    }
}

fn scan_files(
    files: &[(String, InputKind, String)],
    catalogue: &Catalogue,
) -> hognose_sast::ScanResult {
    let input: Vec<InputFile> = files
        .iter()
        .map(|(path, kind, _)| InputFile {
            path: path.as_str().into(),
            base: Arc::from(""),
            kind: *kind,
        })
        .collect();
    let held = Held(
        files
            .iter()
            .map(|(path, _, text)| (path.clone(), text.clone()))
            .collect(),
    );
    scan(
        &input,
        &held,
        catalogue,
        &[],
        hognose_sast::ScanOptions::default(),
    )
}

/// What differs between the marks of an example and the findings of its rule.
fn differences(page: &RulePage, example: &Example, catalogue: &Catalogue) -> Vec<String> {
    let files: Vec<(String, InputKind, String)> = example
        .files
        .iter()
        .map(|file| {
            let kind = match file.language {
                ExampleLanguage::Python => InputKind::Python,
                _ => InputKind::Template,
            };
            (file.path.clone(), kind, file.text.clone())
        })
        .collect();
    let result = scan_files(&files, catalogue);
    let mut differences: Vec<String> = result
        .problems
        .iter()
        .map(|problem| format!("problem: {}: {}", problem.kind, problem.message))
        .collect();
    for file in &example.files {
        let mut wanted: BTreeMap<u32, bool> = BTreeMap::new();
        for expected in &file.expected {
            wanted.insert(expected.line, expected.level == ExpectedLevel::Finding);
        }
        let mut got: BTreeMap<u32, bool> = BTreeMap::new();
        for finding in &result.findings {
            let Some(location) = finding.location.code() else {
                continue;
            };
            if finding.rule.id == page.rule.id && *location.path == *file.path {
                let sure = finding.confidence >= Confidence::Likely
                    || page.rule.persona == Persona::Auditor;
                let shown = got.entry(location.range.start.line).or_insert(false);
                *shown |= sure;
            }
        }
        let level = |sure: &bool| if *sure { "finding" } else { "possible" };
        for (line, sure) in &wanted {
            let at = format!(
                "{}:{} ({})",
                page.path,
                file.page_line + line - 1,
                file.text
                    .lines()
                    .nth(*line as usize - 1)
                    .unwrap_or("")
                    .trim()
            );
            match got.get(line) {
                None => differences.push(format!("{at}: expected {}, got nothing", level(sure))),
                Some(found) if found != sure => {
                    differences.push(format!(
                        "{at}: expected {}, got {}",
                        level(sure),
                        level(found)
                    ));
                }
                Some(_) => {}
            }
        }
        for (line, sure) in &got {
            if !wanted.contains_key(line) {
                let at = format!(
                    "{}:{} ({})",
                    page.path,
                    file.page_line + line - 1,
                    file.text
                        .lines()
                        .nth(*line as usize - 1)
                        .unwrap_or("")
                        .trim()
                );
                differences.push(format!("{at}: unexpected {}", level(sure)));
            }
        }
    }
    differences
}

/// Fixes make the finding go away and leave a file that parses.
fn fix_faults(page: &RulePage, example: &Example, catalogue: &Catalogue) -> Vec<String> {
    let mut faults = Vec::new();
    let files: Vec<(String, InputKind, String)> = example
        .files
        .iter()
        .filter(|file| file.language == ExampleLanguage::Python)
        .map(|file| (file.path.clone(), InputKind::Python, file.text.clone()))
        .collect();
    let before = scan_files(&files, catalogue);
    for finding in before
        .findings
        .iter()
        .filter(|finding| finding.rule.id == page.rule.id)
    {
        for fix in &finding.fixes {
            let Some(location) = finding.location.code() else {
                continue;
            };
            let mut fixed = files.clone();
            let Some((_, _, text)) = fixed.iter_mut().find(|(path, ..)| **path == *location.path)
            else {
                continue;
            };
            for edit in fix.edits.iter().rev() {
                text.replace_range(edit.start as usize..edit.end as usize, &edit.text);
            }
            let at = format!(
                "{}: fix `{}` of line {}",
                page.path, fix.title, location.range.start.line
            );
            if !hognose_python::syntax::parses(text) {
                faults.push(format!("{at}: the file no longer parses"));
            }
            let after = scan_files(&fixed, catalogue);
            let same = after.findings.iter().filter(|other| {
                other.rule.id == finding.rule.id
                    && other.message == finding.message
                    && other.location.code().map(|code| code.range.start.line)
                        == Some(location.range.start.line)
            });
            if same.count() > 0 {
                faults.push(format!("{at}: the finding is still there"));
            }
        }
    }
    faults
}

fn catalogue() -> Catalogue {
    match Catalogue::builtin() {
        Ok(catalogue) => catalogue,
        Err(errors) => panic!(
            "{}",
            errors
                .iter()
                .map(|error| error.render(false))
                .collect::<Vec<_>>()
                .join("\n")
        ),
    }
}

#[test]
fn examples_are_found_where_marked() {
    let catalogue = catalogue();
    let mut all = Vec::new();
    for page in catalogue.rules() {
        // Manifests are for the engine that reads them.
        let of_code = |example: &Example| {
            let manifest =
                |file: &hognose_rules::ExampleFile| file.language == ExampleLanguage::Requirements;
            !example.files.iter().any(manifest)
        };
        for example in page.examples().into_iter().filter(of_code) {
            all.extend(differences(page, &example, &catalogue));
        }
    }
    assert!(
        all.is_empty(),
        "{} differences:\n{}",
        all.len(),
        all.join("\n")
    );
}

#[test]
fn fixes_repair() {
    let catalogue = catalogue();
    let mut all = Vec::new();
    for page in catalogue.rules() {
        for example in page
            .examples()
            .iter()
            .filter(|example| example.section == ExampleSection::Vulnerable)
        {
            all.extend(fix_faults(page, example, &catalogue));
        }
    }
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all.join("\n"));
}
