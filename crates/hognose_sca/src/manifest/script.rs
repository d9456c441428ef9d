//! The block of metadata in a script of one file (PEP 723).

use super::listed;
use super::reader::Reader;
use super::text::Span;
use super::tree;

/// Whether a text has such a block at all, to be asked of each Python file.
pub fn has_block(text: &str) -> bool {
    text.contains("# /// script")
}

/// Reads the block of a script.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let blocks = blocks(reader.text);
    let [block] = blocks.as_slice() else {
        if let Some(second) = blocks.get(1) {
            reader.unreadable(&second.span, "a second block of script metadata");
        }
        return;
    };
    if !block.closed {
        return reader.unreadable(&block.span, "the block of script metadata is not closed");
    }
    // The text of the block where it stands, so that places are those of the file.
    let blank = blank_around(reader.text, &block.span);
    let (root, faults) = tree::toml(&blank);
    for fault in &faults {
        reader.fault(fault);
    }
    listed::push_all(reader, root.get("dependencies"), "");
    if let Some(uv) = root.path(&["tool", "uv"]) {
        reader.restraining(|reader| {
            listed::push_all(reader, uv.get("constraint-dependencies"), "");
            listed::push_all(reader, uv.get("override-dependencies"), "");
        });
    }
}

struct Block {
    /// From the first line's content to the closing line.
    span: Span,
    closed: bool,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Span> = None;
    // The last line `# ///` of a run of comments closes the block.
    let mut end = None;
    let mut at = 0;
    for line in text.split_inclusive('\n').chain(["\n"]) {
        let start = at;
        at += line.len();
        let line = line.trim_end_matches(['\n', '\r']);
        match &open {
            None if line.trim_end() == "# /// script" => {
                open = Some(at.min(text.len())..at.min(text.len()));
                end = None;
            }
            None => {}
            Some(_) if line.trim_end() == "# ///" => end = Some(start),
            Some(_) if line == "#" || line.starts_with("# ") => {}
            Some(begin) => {
                blocks.push(Block {
                    span: begin.start..end.unwrap_or(start.min(text.len())).max(begin.start),
                    closed: end.is_some(),
                });
                open = None;
            }
        }
    }
    blocks
}

/// The part of a text with its comment signs, and all around it, turned into spaces.
fn blank_around(text: &str, part: &Span) -> String {
    let mut blank = String::with_capacity(text.len());
    blank.extend(std::iter::repeat_n(' ', part.start));
    for line in text[part.clone()].split_inclusive('\n') {
        let content = line.trim_start_matches('#');
        blank.push_str(" ".repeat(line.len() - content.len()).as_str());
        blank.push_str(content);
    }
    blank
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn block() {
        check(
            "script",
            &[(
                "s.py",
                r#"#!/usr/bin/env python
# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3", # é
#   "rich",
# ]
#
# [tool.uv]
# constraint-dependencies = ["idna<4"]
# ///
import x
"#,
            )],
            ":5 `requests<3` requests <3
:6 `rich` rich any
:10 `idna<4` idna <4 constraint",
        );
    }

    #[test]
    fn broken_blocks() {
        check(
            "script",
            &[(
                "s.py",
                r#"# /// script
# dependencies = ["a"]
x = 1
# /// script
# dependencies = ["b"]
# ///
"#,
            )],
            "! 5: configuration: a second block of script metadata",
        );
    }

    #[test]
    fn not_closed() {
        check(
            "script",
            &[(
                "s.py",
                r#"# /// script
# dependencies = ["a"]
"#,
            )],
            "! 2: configuration: the block of script metadata is not closed",
        );
    }
}
