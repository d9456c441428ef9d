use super::super::{Index, PackageAdvisories, read_epss, read_kev};
use super::{BuildError, Builder, Built};

fn built(records: &[&str]) -> Built {
    let mut builder = Builder::default();
    for record in records {
        builder.add_file("x.json", record.as_bytes());
    }
    builder.finish("2026-06-01").unwrap()
}

fn package(built: &Built, name: &str) -> PackageAdvisories {
    let index = Index::open(built.bytes.as_slice()).unwrap();
    index.package(name).unwrap().unwrap_or_default()
}

fn names(built: &Built, package_name: &str) -> Vec<Vec<String>> {
    let package = package(built, package_name);
    package
        .vulnerabilities
        .into_iter()
        .map(|one| one.names)
        .collect()
}

fn record(id: &str, aliases: &str, package: &str) -> String {
    format!(
        r#"{{"id": "{id}", "modified": "2026-01-01T00:00:00Z", "aliases": [{aliases}], "affected": [{{"package":
           {{"ecosystem": "PyPI", "name": "{package}"}}, "versions": ["1.0"]}}]}}"#
    )
}

#[test]
fn records_with_a_common_name_are_one_vulnerability() {
    let records = [
        record("PYSEC-1", r#""CVE-1""#, "Web_Shop"),
        record("GHSA-1", r#""CVE-1", "CVE-2""#, "web.shop"),
        record("OSV-9", r#""CVE-2""#, "web-shop"),
        record("PYSEC-2", r#""CVE-3""#, "web-shop"),
    ];
    let built = built(&records.each_ref().map(String::as_str));
    assert_eq!(
        names(&built, "web-shop"),
        [
            vec!["CVE-1", "CVE-2", "GHSA-1", "PYSEC-1", "OSV-9"],
            vec!["CVE-3", "PYSEC-2"]
        ]
    );
    assert_eq!(built.about.records, 4);
    assert_eq!(built.about.vulnerabilities, 2);
}

#[test]
fn the_same_fault_in_another_package_has_a_name_of_its_own() {
    let records = [
        record("PYSEC-1", r#""CVE-1""#, "flow"),
        record("PYSEC-2", r#""CVE-1""#, "flow-gpu"),
    ];
    let built = built(&records.each_ref().map(String::as_str));
    assert_eq!(names(&built, "flow"), [["CVE-1", "PYSEC-1"]]);
    assert_eq!(names(&built, "flow-gpu"), [["CVE-1", "PYSEC-2"]]);
}

#[test]
fn withdrawn_and_foreign_records_do_not_count() {
    let withdrawn = record("PYSEC-2", "", "a")
        .replace("\"id\"", "\"withdrawn\": \"2026-01-01T00:00:00Z\", \"id\"");
    let foreign = record("GO-1", "", "a").replace("PyPI", "Go");
    let kept = record("PYSEC-1", "", "a");
    let built = built(&[&withdrawn, &foreign, &kept]);
    assert_eq!(names(&built, "a"), [["PYSEC-1"]]);
    assert_eq!((built.about.records, built.about.withdrawn), (1, 1));
}

#[test]
fn of_a_record_that_comes_twice_the_newer_counts() {
    let old = record("PYSEC-1", "", "a");
    let new = old
        .replace("2026-01-01", "2026-02-01")
        .replace("\"1.0\"", "\"2.0\"");
    for order in [[&old, &new], [&new, &old]] {
        let built = built(&order.map(String::as_str));
        assert_eq!(package(&built, "a").versions.ordered, ["2.0"]);
    }
}

#[test]
fn a_day_to_come_makes_nothing_new() {
    let records = [
        record("PYSEC-1", "", "a").replace("2026-01-01", "2027-07-01"),
        record("PYSEC-2", "", "a"),
    ];
    assert_eq!(
        built(&records.each_ref().map(String::as_str)).about.newest,
        "2026-01-01"
    );
}

#[test]
fn exploits_and_malice_are_joined_by_any_name() {
    let mut builder = Builder::default();
    builder.add_file(
        "x.json",
        record("PYSEC-1", r#""CVE-1", "MAL-1""#, "a").as_bytes(),
    );
    builder.kev(
        read_kev(br#"{"vulnerabilities": [{"cveID": "CVE-1", "dateAdded": "2025-01-01"}]}"#)
            .unwrap(),
    );
    builder.epss(read_epss(b"cve,epss,percentile\nCVE-1,0.5,0.9\n").unwrap());
    let built = builder.finish("2026-06-01").unwrap();
    let one = &package(&built, "a").vulnerabilities[0];
    assert_eq!(one.kev.as_ref().unwrap().added, "2025-01-01");
    assert_eq!(one.epss.unwrap().probability, 50_000);
    assert!(one.malicious);
}

#[test]
fn bad_data_makes_no_index() {
    let mut nothing = Builder::default();
    nothing.add_file("README.md", b"#");
    assert_eq!(
        nothing.finish("2026-06-01").unwrap_err(),
        BuildError::Empty(Vec::new())
    );

    let mut page = Builder::default();
    page.add_file("a.json", b"<html>");
    let error = page.finish("2026-06-01").unwrap_err().to_string();
    assert!(
        error.starts_with("there are no advisories about Python packages in it (a.json: "),
        "{error}"
    );

    let mut mostly = Builder::default();
    mostly.add_file("x.json", record("PYSEC-1", "", "a").as_bytes());
    for _ in 0..11 {
        mostly.add_file("y.json", b"{");
    }
    assert!(matches!(
        mostly.finish("2026-06-01"),
        Err(BuildError::TooMuchUnreadable {
            unreadable: 11,
            all: 12,
            ..
        })
    ));
    assert!(Builder::default().add_zip(b"PK no").is_err());
}
