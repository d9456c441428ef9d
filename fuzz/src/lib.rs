//! What each fuzz target does with its bytes, and what has to hold afterwards.
//!
//! The targets are plain functions here, so that ordinary tests can replay what a fuzzer has found. All of them run
//! on a thread with the stack that Hognose gives its own threads. A broken promise is a panic.

mod check;
mod files;
mod page;
mod report;

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use hognose_finding::Range;
use hognose_python::ir::Op;
use hognose_python::syntax::{assigned_value, call_at, parses};
use hognose_python::{
    Interner, LineIndex, Module, Notebook, Scratch, decode, read_module, source_text,
};
use hognose_report::Baseline;
use hognose_report::suppression::{Comment, directives_of, parse_directives};
use hognose_rules::Catalogue;

use crate::check::{check_problems, check_range, check_span};
use crate::files::{Files, parse_files};

/// How many calls of a module are read again.
const CALLS_READ_AGAIN: usize = 200;

/// A stack overflow kills the fuzzer before it can write its input down: with the variable `HOGNOSE_FUZZ_LAST`, the
/// input is in that file before it is run.
fn write_down(data: &[u8]) {
    static LAST: OnceLock<Option<std::path::PathBuf>> = OnceLock::new();
    if let Some(path) = LAST.get_or_init(|| std::env::var_os("HOGNOSE_FUZZ_LAST").map(Into::into)) {
        std::fs::write(path, data).expect("the last input can be written down");
    }
}

fn on_own_stack(run: impl FnOnce() + Send) {
    static POOL: OnceLock<rayon::ThreadPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(1)
            .stack_size(hognose_python::STACK_SIZE)
            .build()
            .expect("one thread can be started")
    });
    pool.install(run);
}

fn catalogue() -> &'static Catalogue {
    static CATALOGUE: OnceLock<Catalogue> = OnceLock::new();
    CATALOGUE.get_or_init(|| Catalogue::builtin().expect("the built-in pages are right"))
}

/// Bytes of a Python file: decoded, parsed, lowered.
pub fn module(data: &[u8]) {
    write_down(data);
    on_own_stack(|| {
        let decoded = decode(data);
        if decoded.encoding.is_utf8() && decoded.problem.is_none() {
            assert_eq!(
                decoded.encoding.encode(&decoded.text).as_deref(),
                Some(data),
                "stored as it was"
            );
        }
        read("app/main.py", data);
    });
}

/// Bytes of a notebook.
pub fn notebook(data: &[u8]) {
    on_own_stack(|| {
        let Some(module) = read("app/main.ipynb", data) else {
            return;
        };
        let cells = module.cells.as_deref().expect("a notebook has cells");
        assert!(
            cells.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1),
            "cells follow one another: {cells:?}"
        );
        for line in 1..=module.lines {
            let (number, inner) = Notebook::cell_of(cells, line).expect("every line is in a cell");
            assert!(number >= 1 && inner >= 1);
        }
    });
}

fn read(path: &str, data: &[u8]) -> Option<Module> {
    let path: Arc<str> = path.into();
    let interner = Interner::default();
    let mut scratch = Scratch::default();
    let (module, problems) = read_module(
        &path,
        data,
        "app.main".to_owned(),
        false,
        &interner,
        &mut scratch,
    );
    let text = source_text(&path, data).unwrap_or(Cow::Borrowed(""));
    let index = LineIndex::new(&text);
    check_problems(&problems, |_| Some(Cow::Borrowed(&*text)));
    let module = module?;
    // What is kept from file to file must not show.
    let (again, _) = read_module(
        &path,
        data,
        "app.main".to_owned(),
        false,
        &interner,
        &mut scratch,
    );
    let again = again.expect("read once, read twice");
    assert!(
        module.ir.ops() == again.ir.ops() && module.ir.operands == again.ir.operands,
        "reading again differs"
    );
    assert_eq!(module.comments, again.comments);
    let symbols = interner.freeze();
    let ir = &module.ir;
    let mut calls = 0;
    for number in 0..ir.len() as u32 {
        let span = ir.span(number);
        check_span(&text, span);
        ir.for_each_operand(number, |operand| {
            if let Some(register) = operand.as_register() {
                assert!(
                    (register as usize) < ir.len(),
                    "register {register} of {}",
                    ir.len()
                );
            }
            if let Some(symbol) = operand.as_str() {
                let _ = symbols.text(symbol);
            }
        });
        let _ = (ir.function_at(number), ir.block_at(number));
        if ir.op(number) == Op::Call && calls < CALLS_READ_AGAIN {
            calls += 1;
            if let Some(call) = call_at(&text, span) {
                check_span(&text, call.callee);
                check_span(&text, call.inside);
                for argument in &call.arguments {
                    check_span(&text, argument.span);
                    check_span(&text, argument.value);
                }
            }
            if let Some(value) = assigned_value(&text, span) {
                check_span(&text, value);
            }
        }
    }
    for function in &ir.functions {
        check_span(&text, function.span);
        assert!(
            function.start <= function.end && function.end as usize <= ir.len(),
            "instructions of a function"
        );
        let _ = symbols.text(function.name);
    }
    for param in &ir.params {
        check_span(&text, param.span);
    }
    for import in &ir.imports {
        check_span(&text, import.span);
    }
    for span in &ir.operand_spans {
        check_span(&text, *span);
    }
    for comment in &module.comments {
        check_range(&text, &index, comment.range);
        assert!(
            1 <= comment.lines.0 && comment.lines.0 <= comment.lines.1,
            "lines {:?}",
            comment.lines
        );
        check_directives(&comment.text);
    }
    let _ = parses(&text);
    Some(module)
}

/// One to three files, Python, notebooks, templates and stubs, through the whole analysis and every format.
///
/// The files are parted by lines `#=== path`. See [`files::parse_files`].
pub fn scan(data: &[u8]) {
    write_down(data);
    let files = parse_files(data);
    on_own_stack(|| report::scan_and_report(&files, catalogue()));
}

/// A template; the first byte chooses its name.
pub fn template(data: &[u8]) {
    const NAMES: [&str; 7] = [
        "a.html",
        "templates/a.html",
        "a.jinja2",
        "a.html.j2",
        "a.mako",
        "templates/a.xml",
        "a.txt",
    ];
    write_down(data);
    let Some((&first, text)) = data.split_first() else {
        return;
    };
    let files = Files::one_template(NAMES[first as usize % NAMES.len()], text);
    on_own_stack(|| report::scan_and_report(&files, catalogue()));
}

/// A user's rule page; one that is right is used for a scan of its own examples.
pub fn rule_page(data: &[u8]) {
    write_down(data);
    let text = String::from_utf8_lossy(data);
    on_own_stack(|| page::read_and_use(&text, catalogue()));
}

/// The text of a comment.
pub fn suppression(data: &[u8]) {
    check_directives(&String::from_utf8_lossy(data));
}

fn check_directives(text: &str) {
    let parsed = parse_directives(text);
    for directive in &parsed {
        assert!(
            directive.codes.iter().all(|code| !code.is_empty()),
            "{directive:?}"
        );
        assert!(
            directive
                .reason
                .as_ref()
                .is_none_or(|reason| !reason.trim().is_empty()),
            "{directive:?}"
        );
        assert!(
            directive.until.as_ref().is_none_or(|day| day.len() == 10),
            "{directive:?}"
        );
    }
    let comment = Comment {
        range: Range::default(),
        lines: (1, 1),
        text,
    };
    assert_eq!(
        directives_of(&"a.py".into(), &[comment]).len(),
        parsed.len()
    );
}

/// A baseline file.
pub fn baseline(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    match Baseline::parse(&text) {
        Ok(baseline) => {
            let again = Baseline::parse(&baseline.render()).expect("what was written can be read");
            assert_eq!(baseline, again);
            assert_eq!(again.render(), baseline.render());
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// Everything a fuzzer has ever found stays repaired.
    #[test]
    fn regressions() {
        let targets: [(&str, fn(&[u8])); 7] = [
            ("module", super::module),
            ("notebook", super::notebook),
            ("scan", super::scan),
            ("template", super::template),
            ("rule_page", super::rule_page),
            ("suppression", super::suppression),
            ("baseline", super::baseline),
        ];
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions");
        let mut replayed = 0;
        let mut failed = Vec::new();
        for (name, target) in targets {
            let Ok(folder) = std::fs::read_dir(root.join(name)) else {
                continue;
            };
            for entry in folder {
                let path = entry.expect("the folder can be listed").path();
                let data = std::fs::read(&path).expect("the file can be read");
                // A stack overflow ends the test: the last name printed is the culprit.
                println!("{}", path.display());
                replayed += 1;
                if std::panic::catch_unwind(|| target(&data)).is_err() {
                    failed.push(path);
                }
            }
        }
        assert!(replayed > 0, "there is nothing to replay");
        assert!(failed.is_empty(), "{failed:#?}");
    }
}
