//! `hognose audit` and `hognose db` over small advisories of the tests' own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::project::{Project, Said};
use crate::says;

const SHOP: &str = r#"{
    "id": "PYSEC-2026-1", "modified": "2026-01-02T00:00:00Z", "published": "2026-01-01T00:00:00Z",
    "aliases": ["CVE-2026-1"], "summary": "Web shop gives anybody the goods",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "affected": [{"package": {"ecosystem": "PyPI", "name": "Web.Shop"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.4"}]}]}],
    "references": [{"type": "ADVISORY", "url": "https://example.org/1"}]}"#;

const MALICE: &str = r#"{
    "id": "MAL-2026-9", "modified": "2026-01-03T00:00:00Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "webshop"}, "versions": ["9.9"]}]}"#;

/// A project with two advisories imported.
fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::new(files);
    project.write("../records/1.json", SHOP);
    project.write("../records/2.json", MALICE);
    let said = project.run("db import ../records");
    assert_eq!(said.code, Some(0), "{}", said.all());
    project
}

fn json(said: &Said) -> serde_json::Value {
    serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{}", said.all()))
}

#[test]
fn what_is_wrong_is_shown_where_it_is_asked_for() {
    let project = project(&[(
        "requirements.txt",
        "flask==3.0\nweb-shop==1.3  # soon\n-r more/base.txt\n",
    )]);
    project.write("more/base.txt", "webshop == 9.9\n");
    let said = project.run("audit");
    assert_eq!(said.code, Some(1), "{}", said.all());
    for expected in [
        "critical[vulnerable-dependency]: `web-shop` 1.3 has CVE-2026-1: Web shop gives anybody the goods",
        "requirements.txt:2:1",
        "web-shop==1.3",
        "also known as: PYSEC-2026-1",
        "score: 9.8 (CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H)",
        "upgrade to: 1.4",
        "data: Python Packaging Advisory Database, CC BY 4.0",
        "critical[malicious-package]: `webshop` 9.9 was published to do harm (MAL-2026-9)",
        "more/base.txt:1:1",
        "2 findings (2 critical) · 1 file, 3 dependencies",
    ] {
        assert!(said.stdout.contains(expected), "{expected}\n{}", said.all());
    }
}

#[test]
fn harmless_versions_are_silent() {
    let project = project(&[(
        "requirements.txt",
        "web-shop==1.4\nwebshop==9.8\nweb-shop-extras==1.0\n",
    )]);
    let said = project.run("audit -q");
    says!(said, "exit code 0\n");
}

#[test]
fn every_format_says_it() {
    let project = project(&[("requirements.txt", "web-shop==1.3\n")]);
    for format in [
        "full", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit", "csv", "html",
        "markdown",
    ] {
        let said = project.run(&format!("audit --output {format}"));
        assert_eq!(said.code, Some(1), "{format}");
        for expected in ["CVE-2026-1", "1.4"] {
            let told = said.stdout.contains(expected) || format == "concise";
            assert!(told, "{format} lacks {expected}\n{}", said.stdout);
        }
    }
    let found = &json(&project.run("audit --output json"))["findings"][0];
    assert_eq!(found["package"]["purl"], "pkg:pypi/web-shop@1.3");
    assert_eq!(found["advisories"][0]["id"], "CVE-2026-1");
    assert_eq!(found["advisories"][0]["upgrade_to"], "1.4");
    assert_eq!(found["location"]["start"]["line"], 1);
}

#[test]
fn what_cannot_be_judged_is_said() {
    let project = project(&[(
        "requirements.txt",
        "web-shop>=1.0\nwebshop @ git+https://example.org/webshop\n-r missing.txt\n",
    )]);
    let said = project.run("audit --output json");
    let answer = json(&said);
    let kinds: Vec<&str> = answer["problems"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|problem| problem["kind"].as_str())
        .collect();
    assert_eq!(said.code, Some(2), "{}", said.all());
    assert!(kinds.contains(&"unpinned"), "{kinds:?}");
    assert!(kinds.contains(&"unjudged"), "{kinds:?}");
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert_eq!(answer["findings"].as_array().unwrap().len(), 0);
    let auditor = json(&project.run("audit --output json --persona auditor"));
    assert_eq!(auditor["findings"][0]["confidence"], "possible");
}

#[test]
fn without_advisories_nothing_is_clean() {
    let project = Project::new(&[("requirements.txt", "web-shop==1.3\n")]);
    let said = project.run("audit --output concise");
    says!(
        said,
        "exit code 2\n--- stdout\nerror advisories there are no advisories to look into; `hognose db update` fetches \
         them\nno findings in what could be checked, 1 problem · 1 file, 0 dependencies in [TIME]\n"
    );
    project.write("bad", "<html>");
    let said = project.run("audit --advisories bad --output concise");
    assert!(
        said.stdout.contains("is no index of advisories"),
        "{}",
        said.all()
    );
    assert_eq!(said.code, Some(2));
}

#[test]
fn old_advisories_are_a_problem() {
    let project = project(&[("requirements.txt", "flask==3.0\n")]);
    assert_eq!(project.run("audit -q").code, Some(0));
    let mut index = std::fs::read(project.path("../home/.cache/hognose/advisories.index")).unwrap();
    let at = index.windows(2).position(|two| two == b"20").unwrap();
    index[at..at + 10].copy_from_slice(b"2001-01-01");
    let head = u32::from_le_bytes(index[12..16].try_into().unwrap()) as usize;
    let checksum = crc(&index[20..20 + head]);
    index[16..20].copy_from_slice(&checksum.to_le_bytes());
    project.write("old", index);
    let said = project.run("audit --advisories old --output concise");
    assert_eq!(said.code, Some(2), "{}", said.all());
    assert!(
        said.stdout.contains("were fetched on 2001-01-01"),
        "{}",
        said.all()
    );
    assert_eq!(
        project
            .run("audit --advisories old --max-age 99999 -q")
            .code,
        Some(0)
    );
    assert_eq!(
        project
            .run("audit -q --advisories old --config advisories-max-age=99999")
            .code,
        Some(0)
    );
}

/// CRC-32 as in zip files.
fn crc(bytes: &[u8]) -> u32 {
    let mut sum = u32::MAX;
    for byte in bytes {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = (sum >> 1) ^ (0xedb8_8320 & (0_u32.wrapping_sub(sum & 1)));
        }
    }
    !sum
}

#[test]
fn nothing_to_look_at_is_said() {
    let project = project(&[("app.py", "import os\n")]);
    says!(
        project.run("audit --output concise"),
        "exit code 0\n--- stdout\nnote empty no manifests or lock files in `.`\nnothing to check, 1 problem · 0 files, \
         0 dependencies in [TIME]\n"
    );
}

#[test]
fn bad_data_leaves_the_old_index() {
    let project = project(&[("requirements.txt", "web-shop==1.3\n")]);
    project.write("page.zip", "<html>");
    project.write("empty/readme.md", "#");
    for source in [
        "page.zip",
        "empty",
        "nothing",
        "https://127.0.0.1:1/all.zip",
    ] {
        let said = project.run(&format!("db import {source}"));
        assert_eq!(said.code, Some(2), "{source}: {}", said.all());
        assert_eq!(project.run("audit -q").code, Some(1), "{source}");
    }
    let said = project.run("db update --offline");
    assert!(
        said.stderr.contains("cannot be fetched `--offline`"),
        "{}",
        said.all()
    );
}

#[test]
fn a_fetch_that_is_cut_leaves_the_old_index() {
    let project = project(&[("requirements.txt", "web-shop==1.3\n")]);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        for answer in [
            "HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nPK",
        ] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    for _ in 0..2 {
        let said = project.run(&format!("db update --url http://127.0.0.1:{port}/all.zip"));
        assert_eq!(said.code, Some(2), "{}", said.all());
        assert_eq!(project.run("audit -q").code, Some(1));
    }
    server.join().unwrap();
}

#[test]
fn the_configuration_beside_the_code_writes_no_index() {
    let project = project(&[]);
    project.write("hognose.toml", "advisories = 'own'\n");
    let said = project.run("db import ../records");
    assert_eq!(said.code, Some(2), "{}", said.all());
    assert!(!project.path("own").exists());
}

#[test]
fn the_status_tells_everything() {
    let project = project(&[]);
    let said = project.run("db status --format json");
    let status = json(&said);
    assert_eq!(said.code, Some(0));
    assert_eq!(
        (&status["records"], &status["packages"], &status["newest"]),
        (&2.into(), &2.into(), &"2026-01-03".into())
    );
    assert_eq!(status["sources"][0], "../records");
    assert_eq!(status["sha256"].as_str().unwrap().len(), 64);
    let table = project.run("db status").stdout;
    assert!(
        table.contains("records             2, and 0 withdrawn\n"),
        "{table}"
    );
    let missing = Project::new(&[]).run("db status");
    assert_eq!(missing.code, Some(2));
    assert!(
        missing.stderr.contains("does not exist"),
        "{}",
        missing.all()
    );
}
