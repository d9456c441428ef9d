//! A whole run: scan, assess, every format.

use std::sync::Arc;

use hognose_finding::{Evidence, Finding, Persona, Rule};
use hognose_python::syntax::parses;
use hognose_python::{LineIndex, source_text};
use hognose_report::render::{FORMATS, Options};
use hognose_report::suppression::{Comment, directives_of};
use hognose_report::{Baseline, Date, Facts, Outcome, Policy, Report, Status, assess};
use hognose_rules::Catalogue;
use hognose_sast::{ScanResult, scan};

use crate::check::{check_problems, check_range};
use crate::files::Files;

/// Scans `files` and checks findings, fixes and reports.
pub fn scan_and_report(files: &Files, catalogue: &Catalogue) {
    let ScanResult {
        findings,
        problems,
        comments,
        scanned,
        lines,
    } = scan(&files.inputs, files, catalogue, &files.models);
    check_problems(&problems, |path| match path.strip_prefix("models/") {
        Some(stub) => {
            let (_, text) = files.models.iter().find(|(own, _)| own == stub)?;
            source_text(stub, text.as_bytes())
        }
        None => files.text(path),
    });
    for finding in &findings {
        check_finding(finding, files);
    }
    let directives = comments
        .iter()
        .flat_map(|(path, comments)| {
            let text = files.text(path).expect("comments stand in a file");
            let index = LineIndex::new(&text);
            let borrowed: Vec<Comment<'_>> = comments
                .iter()
                .map(|comment| {
                    check_range(&text, &index, comment.range);
                    assert!(
                        1 <= comment.lines.0 && comment.lines.0 <= comment.lines.1,
                        "{comment:?}"
                    );
                    Comment {
                        range: comment.range,
                        lines: comment.lines,
                        text: &comment.text,
                    }
                })
                .collect();
            directives_of(path, &borrowed)
        })
        .collect();
    let rules: Vec<Arc<Rule>> = catalogue
        .rules()
        .iter()
        .map(|page| page.rule.clone())
        .collect();
    let policy = Policy {
        persona: Persona::Auditor,
        report_unused_foreign: true,
        ..Policy::default()
    };
    let facts = Facts {
        version: "0.0.0".to_owned(),
        files: scanned.len() as u64,
        lines,
        ..Facts::default()
    };
    let outcome = Outcome {
        findings,
        problems,
        directives,
        left_out: Vec::new(),
        scanned,
    };
    let today = Date::constant(2026, 6, 1);
    let report = assess(outcome.clone(), &rules, &policy, None, today, facts.clone());
    render_all(&report);

    // Accepting everything leaves nothing open.
    let written = Baseline::of(&report).render();
    let baseline = Baseline::parse(&written).expect("a baseline that was written can be read");
    let report = assess(outcome, &rules, &policy, Some(&baseline), today, facts);
    let open = report
        .findings
        .iter()
        .find(|one| one.status == Status::Open);
    assert!(
        open.is_none(),
        "open in spite of the baseline: {open:?}\n{written}"
    );
}

fn check_finding(finding: &Finding, files: &Files) {
    assert!(!finding.message.is_empty(), "{finding:?}");
    let code = finding.location.code().expect("a scan finds code");
    let text = files
        .text(&code.path)
        .expect("a finding is in a file that was read");
    let index = LineIndex::new(&text);
    let steps = finding.evidence.iter().flat_map(|evidence| match evidence {
        Evidence::Flow(flow) => {
            assert!(!flow.steps.is_empty(), "{finding:?}");
            flow.steps.as_slice()
        }
        Evidence::Related(step) => std::slice::from_ref(step),
    });
    for place in steps.map(|step| &step.location).chain([code]) {
        let text = files
            .text(&place.path)
            .expect("a step is in a file that was read");
        check_range(&text, &LineIndex::new(&text), place.range);
        let excerpt = &place.excerpt;
        assert!(
            1 <= excerpt.first_line && excerpt.first_line <= place.range.start.line,
            "{place:?}"
        );
        assert!(
            place.cell.is_none_or(|(cell, line)| cell >= 1 && line >= 1),
            "{place:?}"
        );
    }
    for fix in &finding.fixes {
        let mut fixed = text.clone().into_owned();
        let mut end_of_later = text.len() as u32;
        for edit in fix.edits.iter().rev() {
            assert!(
                edit.start <= edit.end && edit.end <= end_of_later,
                "{fix:?}"
            );
            end_of_later = edit.start;
            assert!(
                text.get(edit.start as usize..edit.end as usize).is_some(),
                "{fix:?}"
            );
            fixed.replace_range(edit.start as usize..edit.end as usize, &edit.text);
        }
        assert!(
            !parses(&text) || parses(&fixed),
            "a fix breaks the file: {fix:?}\n{text}\n=>\n{fixed}"
        );
        let _ = index.count();
    }
}

/// Every format, plain and with all trimmings. Rendering takes longer than the scan of a small file, so a fuzzer sees one
/// format at a time, chosen by what was found.
fn render_all(report: &Report) {
    let chosen = report
        .findings
        .iter()
        .map(|one| one.finding.fingerprint.0)
        .fold(report.run.lines, u64::wrapping_add);
    let plain = Options::default();
    let rich = Options {
        color: true,
        width: 40,
        ascii: true,
        links: Some("file:///p/".to_owned()),
    };
    for (number, format) in FORMATS.iter().enumerate() {
        if cfg!(fuzzing) && chosen % FORMATS.len() as u64 != number as u64 {
            continue;
        }
        let out = (format.render)(report, &plain);
        let name = format.name;
        assert!(
            out.is_empty() || out.ends_with('\n'),
            "{name} ends in the middle of a line"
        );
        // Nothing that a terminal obeys gets through from a stranger's source. JSON and XML escape what they have to.
        let for_machines = matches!(
            name,
            "json" | "jsonl" | "sarif" | "gitlab" | "junit" | "html"
        );
        let obeyed = out.chars().find(|&c| match c {
            '\n' | '\t' => false,
            '\r' => name != "csv",
            _ => c.is_control() && (c < ' ' || !for_machines),
        });
        assert!(obeyed.is_none(), "{name} has {obeyed:?} in it\n{out}");
        let json = |text: &str| {
            let parsed = serde_json::from_str::<serde_json::Value>(text);
            assert!(parsed.is_ok(), "{name}: {parsed:?}\n{text}");
        };
        match name {
            "json" | "sarif" | "gitlab" => json(&out),
            "jsonl" => out.lines().for_each(json),
            "junit" => {
                let parsed = roxmltree::Document::parse(&out);
                assert!(parsed.is_ok(), "{name}: {parsed:?}\n{out}");
            }
            // All commands are ours, and so is the last line.
            "github" => assert!(
                out.lines().rev().skip(1).all(|line| line.starts_with("::")),
                "{out}"
            ),
            "html" => assert_eq!(out.matches("<script").count(), 1, "{out}"),
            _ => {}
        }
        let _ = (format.render)(report, &rich);
    }
}
