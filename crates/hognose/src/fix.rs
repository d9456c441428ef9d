//! Choosing fixes and applying them to a file's bytes.

use std::borrow::Cow;
use std::fmt::Write as _;

use hognose_finding::{Edit, Finding, Fix, Safety};
use hognose_python::{SourceEncoding, decode};

/// Why a file cannot be edited: a message, lower case, no full stop.
pub type Refusal = &'static str;

/// A file's text, and how to store an edited one.
pub struct Editable<'a> {
    text: Cow<'a, str>,
    encoding: SourceEncoding,
}

impl<'a> Editable<'a> {
    /// The text of a file, if editing it keeps everything else as it is.
    pub fn read(path: &str, bytes: &'a [u8]) -> Result<Self, Refusal> {
        if path.to_ascii_lowercase().ends_with(".ipynb") {
            return Err("fixes are not applied to notebooks");
        }
        let decoded = decode(bytes);
        if decoded.problem.is_some() {
            return Err("fixes are not applied, since the file's encoding is broken");
        }
        Ok(Editable {
            text: decoded.text,
            encoding: decoded.encoding,
        })
    }

    /// The bytes with `edits` (in ascending order, not overlapping) made.
    pub fn edited(&self, edits: &[Edit]) -> Result<Vec<u8>, Refusal> {
        let carriage_returns = self.text.contains("\r\n");
        let mut text = String::with_capacity(self.text.len() + 64);
        let mut done = 0;
        for edit in edits {
            let range = edit.start as usize..edit.end as usize;
            let before = self
                .text
                .get(done..range.start)
                .ok_or("a fix does not fit the text")?;
            if self.text.get(range.clone()).is_none() {
                return Err("a fix does not fit the text");
            }
            text.push_str(before);
            if carriage_returns {
                text.push_str(&edit.text.replace("\r\n", "\n").replace('\n', "\r\n"));
            } else {
                text.push_str(&edit.text);
            }
            done = range.end;
        }
        text.push_str(&self.text[done..]);
        self.encoding
            .encode(&text)
            .ok_or("a fix has characters that the file's encoding lacks")
    }
}

/// Which fixes of a file's `findings` are made together, in the order of the places, and the edits of all of them.
///
/// The first fix of a finding that is allowed is taken; one that overlaps an earlier one waits for the next round.
pub fn choose<'a>(findings: &[&'a Finding], most: Safety) -> (Vec<&'a Finding>, Vec<Edit>) {
    let mut candidates: Vec<(&Finding, &Fix)> = findings
        .iter()
        .filter_map(|finding| {
            let fix = finding
                .fixes
                .iter()
                .find(|fix| fix.safety <= most && !fix.edits.is_empty())?;
            Some((*finding, fix))
        })
        .collect();
    candidates.sort_by_key(|(_, fix)| (fix.edits[0].start, fix.edits[0].end));
    let mut chosen = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    for (finding, fix) in candidates {
        // Two findings may ask for the very same edit, such as the same import.
        if fix.edits.iter().all(|edit| edits.contains(edit)) {
            chosen.push(finding);
        } else if fix
            .edits
            .iter()
            .all(|edit| edits.iter().all(|made| apart(edit, made)))
        {
            edits.extend(fix.edits.iter().cloned());
            edits.sort_by_key(|edit| (edit.start, edit.end));
            chosen.push(finding);
        }
    }
    (chosen, edits)
}

/// Whether two edits neither overlap nor insert at the same place, where their order would matter.
fn apart(one: &Edit, other: &Edit) -> bool {
    (one.end <= other.start || other.end <= one.start) && one.start != other.start
}

/// A unified diff between two versions of a file; empty if there is no difference.
pub fn unified_diff(path: &str, before: &[u8], after: &[u8], colour: bool) -> String {
    let (before, after) = (decode(before).text, decode(after).text);
    let diff = similar::TextDiff::from_lines(before.as_ref(), after.as_ref())
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string();
    if !colour {
        return diff;
    }
    let (red, green, cyan) = (
        anstyle::AnsiColor::Red.on_default(),
        anstyle::AnsiColor::Green.on_default(),
        anstyle::AnsiColor::Cyan.on_default(),
    );
    let bold = anstyle::Style::new().bold();
    let mut painted = String::with_capacity(diff.len() * 2);
    for line in diff.lines() {
        let style = match line.as_bytes().first() {
            _ if line.starts_with("+++ ") || line.starts_with("--- ") => bold,
            Some(b'+') => green,
            Some(b'-') => red,
            Some(b'@') => cyan,
            _ => anstyle::Style::new(),
        };
        let _ = writeln!(painted, "{style}{line}{style:#}"); // writing to a String cannot fail
    }
    painted
}

#[cfg(test)]
mod tests {
    use hognose_finding::Edit;

    use super::{Editable, apart, unified_diff};

    fn edit(start: u32, end: u32, text: &str) -> Edit {
        Edit {
            start,
            end,
            text: text.to_owned(),
        }
    }

    fn check(bytes: &[u8], edits: &[Edit], expected: Result<&[u8], &str>) {
        let result = Editable::read("a.py", bytes).and_then(|file| file.edited(edits));
        assert_eq!(result.as_deref().map_err(|message| *message), expected);
    }

    #[test]
    fn edits_keep_what_is_around_them() {
        check(
            b"a = md5()  # x\n",
            &[edit(4, 7, "sha256")],
            Ok(b"a = sha256()  # x\n"),
        );
        check(b"f(a, b)", &[edit(2, 3, "c"), edit(3, 6, "")], Ok(b"f(c)"));
    }

    #[test]
    fn byte_order_mark_line_ends_and_encoding_stay() {
        check(
            b"\xef\xbb\xbfa = 1\r\nb\r\n",
            &[edit(4, 5, "2\nc")],
            Ok(b"\xef\xbb\xbfa = 2\r\nc\r\nb\r\n"),
        );
        let latin = b"# coding: latin-1\ns = '\xe9'; f()\n";
        // One character of two bytes in the decoded text stands before the place.
        check(
            latin,
            &[edit(28, 29, "g")],
            Ok(b"# coding: latin-1\ns = '\xe9'; g()\n"),
        );
        check(
            latin,
            &[edit(28, 29, "\u{20ac}")],
            Err("a fix has characters that the file's encoding lacks"),
        );
    }

    #[test]
    fn what_cannot_be_kept_is_refused() {
        check(
            b"a = '\xff'\n",
            &[edit(0, 1, "b")],
            Err("fixes are not applied, since the file's encoding is broken"),
        );
        check(b"a", &[edit(0, 5, "b")], Err("a fix does not fit the text"));
        let notebook = Editable::read("a.ipynb", b"{}").map(|_| ());
        assert_eq!(notebook, Err("fixes are not applied to notebooks"));
    }

    #[test]
    fn overlaps() {
        assert!(apart(&edit(0, 2, ""), &edit(2, 3, "")));
        assert!(!apart(&edit(0, 3, ""), &edit(2, 3, "")));
        assert!(!apart(&edit(2, 2, "a"), &edit(2, 2, "b")));
    }

    #[test]
    fn diffs() {
        assert_eq!(
            unified_diff("a.py", b"x\ny\n", b"x\nz\n", false),
            "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n x\n-y\n+z\n"
        );
        assert_eq!(unified_diff("a.py", b"x\n", b"x\n", false), "");
    }
}
