use super::super::{Builder, Index, PackageAdvisories};
use super::{Judgement, Requested, judge};

/// What is known about `shop` by records of which only `affected` is given.
fn known(affected: &[&str]) -> PackageAdvisories {
    let mut builder = Builder::default();
    for (number, affected) in affected.iter().enumerate() {
        let json = format!(
            r#"{{"id": "OWN-{number}", "modified": "2026-01-01T00:00:00Z", "affected":
               [{{"package": {{"ecosystem": "PyPI", "name": "Shop"}}, {affected}}}]}}"#
        );
        builder.add_file("a.json", json.as_bytes());
    }
    let built = builder.finish("2026-01-02").unwrap();
    let index = Index::open(built.bytes.as_slice()).unwrap();
    index.package("shop").unwrap().unwrap()
}

fn range(events: &str) -> String {
    let events: Vec<String> = events
        .split(", ")
        .map(|event| {
            let (kind, version) = event.split_once(' ').unwrap();
            format!(r#"{{"{kind}": "{version}"}}"#)
        })
        .collect();
    format!(
        r#""ranges": [{{"type": "ECOSYSTEM", "events": [{}]}}]"#,
        events.join(", ")
    )
}

/// The judgement of the only vulnerability.
fn verdict(package: &PackageAdvisories, requested: Requested<'_>) -> Option<Judgement> {
    judge(requested, package)
        .pop()
        .map(|(_, judgement)| judgement)
}

#[test]
fn specifiers_are_judged_as_sets() {
    let package = known(&[&range("introduced 1.0, fixed 2.0")]);
    let check = |specifier: &str, expected: Option<Judgement>| {
        assert_eq!(
            verdict(&package, Requested::OneOf(&[specifier])),
            expected,
            "{specifier}"
        );
    };
    let possibly = |version: &str| Some(Judgement::Possibly(Some(version.to_owned())));
    check("", possibly("1.0"));
    check(">=1.5,<2", Some(Judgement::Surely));
    check(">=1.5,<=2", Some(Judgement::Possibly(None)));
    check("~=1.4", Some(Judgement::Surely));
    check("==1.*", Some(Judgement::Surely));
    check("<1.0", None);
    check(">=2.0", None);
    check(">1.9999", Some(Judgement::Possibly(None)));
    check("<2", possibly("1.0"));
    check(">=1.0,<2", Some(Judgement::Surely));
    check(">2,<1", None);
    check("!=1.3", possibly("1.0"));
    check("not a specifier", Some(Judgement::Unknown));
    assert_eq!(
        verdict(&package, Requested::OneOf(&["<1", "==1.2.*"])),
        Some(Judgement::Possibly(None))
    );
    assert_eq!(
        verdict(&package, Requested::Unknown),
        Some(Judgement::Unknown)
    );
}

#[test]
fn a_list_never_makes_a_range_sure() {
    let package = known(&[r#""versions": ["1.0", "1.1", "1.2"]"#]);
    let possibly = Some(Judgement::Possibly(Some("1.2".to_owned())));
    assert_eq!(verdict(&package, Requested::OneOf(&[">=1.0"])), possibly);
    assert_eq!(
        verdict(&package, Requested::OneOf(&[">=1.0,<1.3"])),
        possibly
    );
    assert_eq!(verdict(&package, Requested::OneOf(&[">1.2"])), None);
    assert_eq!(
        verdict(&package, Requested::Exact("1.1.0")),
        Some(Judgement::Affected)
    );
    assert_eq!(verdict(&package, Requested::Exact("1.1.1")), None);
}

#[test]
fn early_versions_count_where_they_would_be_taken() {
    let package = known(&[r#""versions": ["2.0rc1"]"#]);
    let possibly = Some(Judgement::Possibly(Some("2.0rc1".to_owned())));
    assert_eq!(verdict(&package, Requested::OneOf(&[">=1.0"])), None);
    assert_eq!(verdict(&package, Requested::OneOf(&[">=2.0b1"])), possibly);
    assert_eq!(
        verdict(&package, Requested::Exact("2.0rc1")),
        Some(Judgement::Affected)
    );
}

#[test]
fn what_is_no_version_is_compared_as_text_or_not_at_all() {
    let listed = known(&[r#""versions": ["2004d", "1.0"]"#]);
    assert_eq!(
        verdict(&listed, Requested::Exact("2004D")),
        Some(Judgement::Affected)
    );
    assert_eq!(verdict(&listed, Requested::Exact("2005x")), None);
    let bounded = known(&[&range("introduced 0, fixed 3.0")]);
    assert_eq!(
        verdict(&bounded, Requested::Exact("2004d")),
        Some(Judgement::Unknown)
    );
    let all = known(&[&range("introduced 0")]);
    assert_eq!(
        verdict(&all, Requested::Exact("2004d")),
        Some(Judgement::Affected)
    );
}

#[test]
fn a_record_that_does_not_say_which_is_vague() {
    for nothing in [
        r#""ranges": []"#,
        r#""ranges": [{"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "abc"}]}]"#,
        r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "next"}]}]"#,
    ] {
        let package = known(&[nothing]);
        assert_eq!(
            verdict(&package, Requested::Exact("1.0")),
            Some(Judgement::Vague),
            "{nothing}"
        );
    }
}

#[test]
fn what_stands_outside_its_own_range_is_listed_all_the_same() {
    let both = format!(
        "{}, {}",
        range("introduced 0, fixed 2.0"),
        r#""versions": ["1.0", "2.5"]"#
    );
    let package = known(&[&both]);
    assert_eq!(
        verdict(&package, Requested::Exact("2.5")),
        Some(Judgement::Affected)
    );
    assert_eq!(verdict(&package, Requested::Exact("2.4")), None);
    assert_eq!(
        verdict(&package, Requested::Exact("0.5")),
        Some(Judgement::Affected)
    );
}

#[test]
fn the_smallest_repair_is_free_of_all_of_them() {
    let package = known(&[
        &range("introduced 0, fixed 1.5"),
        &range("introduced 1.2, fixed 1.8"),
        &range("introduced 2.0, fixed 2.1rc1"),
        &range("introduced 0, fixed 2.2"),
    ]);
    assert_eq!(package.repaired_after("1.0"), Some("2.2"));
    assert_eq!(package.repaired_after("2.2"), None);
    let early = known(&[&range("introduced 0, fixed 2.1rc1")]);
    assert_eq!(early.repaired_after("1.0"), Some("2.1rc1"));
    assert_eq!(known(&[&range("introduced 0")]).repaired_after("1.0"), None);
}
