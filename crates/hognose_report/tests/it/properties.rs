//! What holds for any findings.

use hognose_finding::{Finding, Fingerprint, Problem, ProblemKind, Severity};
use hognose_report::render::{FORMATS, Options};
use hognose_report::suppression::parse_directives;
use hognose_report::{Baseline, Outcome, Policy, Status, assess};
use proptest::prelude::*;

use crate::build::{catalogue, facts, on_line, today};

fn findings() -> impl Strategy<Value = Vec<Finding>> {
    let one =
        (0..4_usize, 0..3_u32, 1..6_u32, 0..4_u64).prop_map(|(rule, file, line, fingerprint)| {
            let mut finding = on_line(&catalogue()[rule], &format!("f{file}.py"), line);
            finding.fingerprint = Fingerprint(fingerprint);
            finding
        });
    proptest::collection::vec(one, 0..12)
}

fn problems() -> impl Strategy<Value = Vec<Problem>> {
    let kinds = [
        ProblemKind::Encoding,
        ProblemKind::Empty,
        ProblemKind::Configuration,
    ];
    let one = (0..3_usize, 0..3_u32)
        .prop_map(move |(kind, file)| Problem::in_file(kinds[kind], format!("f{file}.py"), "x"));
    proptest::collection::vec(one, 0..5)
}

fn auditor() -> Policy {
    Policy {
        persona: hognose_finding::Persona::Auditor,
        fail_on: Some(Severity::Low),
        ..Policy::default()
    }
}

fn outcome(findings: Vec<Finding>, problems: Vec<Problem>) -> Outcome {
    let scanned = (0..3).map(|file| format!("f{file}.py").into()).collect();
    Outcome {
        findings,
        problems,
        scanned,
        ..Outcome::default()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_what_comes_in_does_not_matter(
        (findings, shuffled) in findings().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        (problems, other) in problems().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let one = assess(outcome(findings, problems), &catalogue(), &auditor(), None, today(), facts());
        let two = assess(outcome(shuffled, other), &catalogue(), &auditor(), None, today(), facts());
        prop_assert_eq!(&one, &two);
        for format in FORMATS {
            prop_assert_eq!(
                (format.render)(&one, &Options::default()),
                (format.render)(&two, &Options::default()),
                "{}", format.name
            );
        }
    }

    #[test]
    fn a_run_compared_with_itself_is_clean(findings in findings()) {
        let first = assess(outcome(findings.clone(), vec![]), &catalogue(), &auditor(), None, today(), facts());
        let baseline = Baseline::of(&first);
        prop_assert_eq!(Baseline::parse(&baseline.render()), Ok(baseline.clone()));
        let second = assess(outcome(findings, vec![]), &catalogue(), &auditor(), Some(&baseline), today(), facts());
        prop_assert!(second.findings.iter().all(|one| one.status == Status::Known));
        prop_assert_eq!(second.exit_code(), 0);
        prop_assert_eq!(Baseline::of(&second), baseline);
    }

    #[test]
    fn moved_lines_and_renamed_files_are_known(findings in findings(), by in 1..1000_u32, rename in any::<bool>()) {
        let first = assess(outcome(findings, vec![]), &catalogue(), &auditor(), None, today(), facts());
        let baseline = Baseline::of(&first);
        let moved = first.findings.iter().map(|one| {
            let mut finding = one.finding.clone();
            let code = finding.location.code_mut().unwrap();
            code.range.start.line += by;
            code.range.end.line += by;
            if rename {
                code.path = format!("renamed/{}", code.path).into();
            }
            finding
        });
        let mut outcome = outcome(moved.collect(), vec![]);
        if rename {
            outcome.scanned = (0..3).map(|file| format!("renamed/f{file}.py").into()).collect();
        }
        let second = assess(outcome, &catalogue(), &auditor(), Some(&baseline), today(), facts());
        prop_assert_eq!(second.findings.len(), first.findings.len());
        prop_assert!(second.findings.iter().all(|one| one.status == Status::Known));
    }

    #[test]
    fn any_text_is_read_as_a_comment(text in "\\PC*|(# ?(hognose:|nosec|noqa|ruff: noqa)[ :\\[\\],=\"'#a-zB0-9é-]*)*") {
        for directive in parse_directives(&text) {
            prop_assert!(directive.codes.iter().all(|code| !code.is_empty()));
        }
    }
}
