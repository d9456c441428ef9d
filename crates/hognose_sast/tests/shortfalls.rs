//! A flow that passes a test or a cleaning says why that does not help.

#![allow(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::sync::Arc;

use hognose_finding::{Evidence, SourceError, Sources};
use hognose_rules::Catalogue;
use hognose_sast::{InputFile, InputKind, ScanOptions, scan};

struct One(String);

impl Sources for One {
    fn read(&self, _path: &str) -> Result<Vec<u8>, SourceError> {
        Ok(self.0.clone().into_bytes())
    }
}

/// The notes of the only flow of a program of Flask, whose handler has this body.
fn notes(body: &str) -> Vec<String> {
    let text = format!(
        "import html, os, re, requests, shlex\nfrom urllib.parse import urlparse\nfrom flask import Flask, abort, \
         redirect, request, send_file\napp = Flask(__name__)\nBASE = '/srv/static'\n\n@app.get('/')\ndef view():\n    x = \
         request.args['x']\n{body}\n    return {{}}\n"
    );
    let input = [InputFile {
        path: Arc::from("app.py"),
        base: Arc::from(""),
        kind: InputKind::Python,
    }];
    let catalogue = Catalogue::builtin().expect("the embedded pages are right");
    let result = scan(&input, &One(text), &catalogue, &[], ScanOptions::default());
    let mut flows: Vec<Vec<String>> = result
        .findings
        .iter()
        .flat_map(|finding| &finding.evidence)
        .filter_map(|evidence| match evidence {
            Evidence::Flow(flow) => Some(flow.steps.iter().map(|step| step.note.clone()).collect()),
            Evidence::Related(_) | Evidence::Advisory(_) => None,
        })
        .collect();
    assert_eq!(flows.len(), 1, "{flows:?}");
    flows.remove(0)
}

/// The one note that says what is missing.
fn reason(body: &str) -> String {
    let notes = notes(body);
    assert!(notes.len() >= 3, "{notes:?}");
    notes[notes.len() - 2].clone()
}

#[test]
fn a_prefix_of_a_path() {
    assert_eq!(
        notes("    if not x.startswith('/static/'):\n        abort(404)\n    send_file(x)"),
        [
            "`request.args['x']` comes with a request",
            "`x.startswith('/static/')` does not stop `/static/../`",
            "reaches `send_file`",
        ]
    );
    assert_eq!(
        reason(
            "    path = os.path.realpath(os.path.join(BASE, x))\n    if not path.startswith('/srv/static'):\n        \
             abort(404)\n    send_file(path)"
        ),
        "`path.startswith('/srv/static')` does not stop `/srv/static-other/`"
    );
}

#[test]
fn other_tests_of_a_path() {
    assert_eq!(
        reason("    if '..' in x:\n        abort(404)\n    send_file(os.path.join(BASE, x))"),
        "`'..' in x` sees neither an absolute path nor what is decoded later"
    );
    assert_eq!(
        reason(
            "    if x.endswith('.png') and len(x) < 40:\n        send_file(os.path.join(BASE, x))"
        ),
        "`x.endswith('.png')` does not stop `../x.png`"
    );
    assert_eq!(
        reason(
            "    path = os.path.join(BASE, x)\n    if os.path.isfile(path):\n        send_file(path)"
        ),
        "`os.path.isfile(path)` says nothing of where the path leads"
    );
}

#[test]
fn tests_of_an_address() {
    assert_eq!(
        reason("    if not x.startswith('/'):\n        abort(400)\n    redirect(x)"),
        "`x.startswith('/')` does not stop `//evil.example`"
    );
    assert_eq!(
        reason(
            "    if urlparse(x).netloc.endswith('example.org'):\n        requests.get(x, timeout=3)"
        ),
        "`urlparse(x).netloc.endswith('example.org')` does not stop `evil-example.org`"
    );
    assert_eq!(
        reason(
            "    if urlparse(x).scheme not in ('http', 'https'):\n        abort(400)\n    requests.get(x, timeout=3)"
        ),
        "`urlparse(x).scheme not in ('http', 'https')` says nothing of the host"
    );
}

#[test]
fn a_pattern_and_a_cleaning_for_something_else() {
    assert_eq!(
        reason("    if re.match(r'[a-z]+', x):\n        os.system('show ' + x)"),
        "`re.match(r'[a-z]+', x)` lets through what does harm here"
    );
    assert_eq!(
        notes("    os.system('show ' + html.escape(x))")[1],
        "passes through `html.escape(x)`, which makes it harmless as `html` alone"
    );
}

#[test]
fn a_test_of_something_else_is_not_shown() {
    assert_eq!(
        notes(
            "    if request.args.get('y', '').startswith('/static/'):\n        return {}\n    os.system('show ' + x)"
        ),
        [
            "`request.args['x']` comes with a request",
            "becomes part of `'show ' + x`",
            "reaches `os.system`",
        ]
    );
}
