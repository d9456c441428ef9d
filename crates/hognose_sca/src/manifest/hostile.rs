//! What someone who means harm would send, to every format.

use std::io::{Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::testing::{files, show};
use super::{FORMATS, Manifest, read};

#[test]
fn texts_without_end() {
    let deep = 20_000;
    let texts = [
        "[".repeat(deep),
        "(".repeat(deep),
        "{".repeat(deep),
        "{\"a\":".repeat(deep),
        "a = [".repeat(deep),
        "setup(install_requires=[".repeat(deep / 4),
        "a={'k':".repeat(deep),
        format!("[a{}]", ".a".repeat(deep)),
        format!("a = {}1", "{a = ".repeat(deep)),
        "<bom>".repeat(deep),
        format!("<bom><components>{}", "<component>".repeat(deep)),
        "- ".repeat(deep),
        "a: &a [*a]\n".repeat(1_000),
        "\"".repeat(deep),
        "'''".repeat(deep),
        "\\".repeat(deep),
        "\\\n".repeat(deep),
        "a".repeat(1 << 20),
        "a ".repeat(deep),
        "a==1\n".repeat(deep),
        "a\\\n".repeat(deep),
        "--hash=sha256:a ".repeat(deep),
        "a; ".repeat(deep),
        format!("a; {}", "(".repeat(deep)),
        format!("a[{}", "b,".repeat(deep)),
        "a-".repeat(deep) + ".tar.gz",
        "pip install $(".repeat(deep / 8),
        "RUN pip install ${a:-\\\n".repeat(deep / 8),
        "- run: sh -c \"pip install a\"\n".repeat(deep / 16),
        "RUN <<EOF\n".repeat(deep / 8),
        "# /// script\n".repeat(deep / 8),
        "\u{2028}é".repeat(deep),
        "\0".repeat(deep),
        "&amp;".repeat(deep),
        "a: b\n c\n".repeat(deep / 4),
        "[s]\na\n".repeat(deep / 4),
        "PackageName: a\n".repeat(deep / 4),
        "a = a + [a]\na += a\n".repeat(2_000),
        "a=[a]\nb=[b,b]\nb={'b':b}\n".repeat(2_000),
        "x.append('a')\n".repeat(deep / 8),
        "[[package]]\nname = 'a'\ndependencies = ['a']\n".repeat(deep / 16),
    ];
    let nothing = files(&[]);
    for format in FORMATS {
        for text in &texts {
            let path = format.patterns.first().unwrap_or(&"x").replace('*', "x");
            let found = read(format, &path, text.as_bytes(), &nothing);
            assert!(found.problems.len() <= 201, "{}", format.name);
        }
    }
}

#[test]
fn files_that_include_each_other_without_end() {
    let given: Vec<(String, String)> = (0..3_000)
        .map(|at| {
            let text = format!("-r f{}.txt\n-r f{}.txt\np{at}\n", at + 1, at / 2);
            (format!("f{at}.txt"), text)
        })
        .collect();
    let given: Vec<(&str, &str)> = given
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let known = FORMATS
        .iter()
        .find(|known| known.name == "requirements.txt");
    let found = read(
        known.unwrap(),
        "f0.txt",
        given[0].1.as_bytes(),
        &files(&given),
    );
    assert_eq!(found.dependencies.len(), 33);
    let messages = found
        .problems
        .iter()
        .map(|problem| problem.message.as_str());
    let deep = messages.filter(|message| *message == "too many files inside each other");
    assert_eq!(deep.count(), 1);
}

/// An archive of these members, read under a name.
fn archive(path: &str, prefix: &[u8], members: &[(&str, &[u8])]) -> Manifest {
    let mut bytes = Cursor::new(prefix.to_vec());
    bytes.set_position(prefix.len() as u64);
    let mut writer = ZipWriter::new(bytes);
    for (name, content) in members {
        writer
            .start_file(*name, SimpleFileOptions::default())
            .unwrap();
        writer.write_all(content).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    read_archive(path, &bytes)
}

fn read_archive(path: &str, bytes: &[u8]) -> Manifest {
    let format = FORMATS
        .iter()
        .find(|known| known.name == "archive")
        .unwrap();
    read(format, path, bytes, &files(&[]))
}

#[track_caller]
fn says(found: &Manifest, expected: &[&str]) {
    let dependencies = found.dependencies.iter().map(show);
    let problems = found.problems.iter();
    let problems = problems.map(|problem| format!("! {}: {}", problem.kind, problem.message));
    assert_eq!(dependencies.chain(problems).collect::<Vec<_>>(), expected);
}

#[test]
fn archives() {
    let metadata: &[u8] = b"Name: A.b\nVersion: 1.0\n";
    let wheel = "d/a_b-1.0-py3-none-any.whl";
    let members = [("a_b-1.0.dist-info/METADATA", metadata), ("a.py", b"")];
    says(&archive(wheel, b"", &members), &["a-b = 1.0"]);
    let members: [(&str, &[u8]); 4] = [
        ("site-packages/a_b-1.0.dist-info/METADATA", metadata),
        ("x/c.egg-info/PKG-INFO", b"Name: c\nVersion: 3\n"),
        (".deps/d-4-py3-none-any.whl", b"never opened"),
        ("../../etc/METADATA", metadata),
    ];
    let found = archive("app.pyz", b"#!/usr/bin/env python\n", &members);
    says(&found, &["a-b = 1.0", "c = 3", "d = 4"]);
}

#[test]
fn archives_that_lie() {
    let wheel = "a_b-1.0-py3-none-any.whl";
    let member = "a_b-1.0.dist-info/METADATA";
    says(
        &archive(wheel, b"", &[(member, b"Name: a-b\nVersion: 2.0\n")]),
        &[
            "a-b = 2.0",
            "! configuration: `a_b-1.0.dist-info/METADATA`: the folder says a_b 1.0, the metadata a-b 2.0",
            "! configuration: the file name says a-b 1.0, the metadata 2.0",
        ],
    );
    says(
        &archive(wheel, b"", &[("a.py", b"")]),
        &["a-b = 1.0", "! configuration: no metadata of a-b inside"],
    );
    let bomb = vec![b'\n'; 64 << 20];
    says(
        &archive(wheel, b"", &[(member, &bomb)]),
        &[
            "a-b = 1.0",
            "! too-large: `a_b-1.0.dist-info/METADATA`: larger than what is read",
        ],
    );
    let broken = read_archive(wheel, b"PK\x03\x04 and nothing");
    assert_eq!(show(&broken.dependencies[0]), "a-b = 1.0");
    assert!(broken.problems[0].message.starts_with("no archive: "));
}

#[test]
fn archives_damaged_anywhere() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer
        .start_file("a-1.dist-info/METADATA", options)
        .unwrap();
    writer.write_all(b"Name: a\nVersion: 1\n").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    for at in 0..bytes.len() {
        for damage in [0x00, 0xff, bytes[at] ^ 0x41] {
            let mut damaged = bytes.clone();
            damaged[at] = damage;
            read_archive("a.pyz", &damaged);
        }
        let found = read_archive("a.pyz", &bytes[..at]);
        assert_eq!(found.problems.len(), 1);
    }
}
