//! What has to hold of places and problems.

use std::borrow::Cow;

use hognose_finding::{Position, Problem, ProblemKind, Range};
use hognose_python::LineIndex;
use hognose_python::ir::Span;

/// A span lies within its text and cuts no character.
pub fn check_span(text: &str, span: Span) {
    assert!(span.start <= span.end, "{span:?} ends before it starts");
    assert!(
        text.get(span.start as usize..span.end as usize).is_some(),
        "{span:?} in a text of {}",
        text.len()
    );
}

/// A range lies within its text, and its lines and columns are those of its offsets.
pub fn check_range(text: &str, index: &LineIndex<'_>, range: Range) {
    check_span(
        text,
        Span {
            start: range.start.offset,
            end: range.end.offset,
        },
    );
    assert!(
        (range.start.line, range.start.column) <= (range.end.line, range.end.column),
        "{range:?}"
    );
    for position in [range.start, range.end] {
        let Position {
            line,
            column,
            offset,
        } = position;
        assert!(line >= 1 && column >= 1, "{position:?}");
        assert_eq!(index.position(offset), position);
    }
}

/// Problems are put into words, lie within their file, and no check failed from within.
pub fn check_problems<'t>(problems: &[Problem], text_of: impl Fn(&str) -> Option<Cow<'t, str>>) {
    for problem in problems {
        assert_ne!(problem.kind, ProblemKind::CheckFailed, "{problem:?}");
        assert!(!problem.message.is_empty(), "{problem:?}");
        let (Some(path), Some(range)) = (&problem.path, problem.range) else {
            continue;
        };
        let text = text_of(path)
            .unwrap_or_else(|| panic!("a problem in a file that is not there: {problem:?}"));
        check_range(&text, &LineIndex::new(&text), range);
    }
}
