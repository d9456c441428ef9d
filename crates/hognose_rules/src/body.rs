//! The Markdown of a page: its sections.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::RuleError;
use crate::example::{Example, ExampleLanguage, ExampleSection};
use crate::front_matter::split;
use crate::nearest::nearest;
use crate::reader::{Reader, backquoted};

/// The sections of a page, in order.
pub(crate) const SECTIONS: [&str; 6] = [
    "What it is",
    "Why it matters",
    "Examples",
    "How to fix it",
    "When to suppress",
    "References",
];

/// The first paragraph of "What it is" on one line; empty if there is none. Reads lines, since every start of the
/// program comes here.
pub(crate) fn summary(markdown: &str) -> String {
    let mut lines = markdown.lines().map(str::trim);
    let mut summary = String::new();
    if lines.by_ref().any(|line| {
        line.strip_prefix("## ")
            .is_some_and(|title| title.trim() == SECTIONS[0])
    }) {
        for line in lines.skip_while(|line| line.is_empty()) {
            if line.is_empty()
                || line.starts_with(['#', '-', '*', '>', '|'])
                || line.starts_with("```")
            {
                break;
            }
            if !summary.is_empty() {
                summary.push(' ');
            }
            summary.push_str(line);
        }
    }
    summary
}

/// Everything that is wrong with the Markdown of a page.
pub(crate) fn check(path: &str, page: &str) -> Vec<RuleError> {
    let Some((_, body)) = split(page) else {
        return Vec::new();
    };
    let mut reader = Reader::new(path, page, None);
    let outline = outline(page, body);
    let examples = reader.examples(&outline);
    // An example that is wrong would also count as missing.
    if reader.errors.is_empty() {
        reader.completeness(&outline, &examples);
    }
    reader.sections(&outline, body);
    reader.errors
}

/// Second-level headings and fenced blocks.
pub(crate) struct Outline {
    sections: Vec<Section>,
    pub(crate) blocks: Vec<Block>,
}

pub(crate) struct Section {
    title: String,
    /// The heading.
    span: Range<usize>,
    empty: bool,
}

pub(crate) struct Block {
    /// Which of the outline's sections it is in.
    pub(crate) section: Option<usize>,
    /// The words after the fence.
    pub(crate) info: String,
    /// The line of the fence.
    pub(crate) span: Range<usize>,
    pub(crate) text: String,
    /// The line of the page (1-based) that is line 1 of the text.
    pub(crate) line: u32,
}

pub(crate) fn outline(page: &str, body: usize) -> Outline {
    let mut outline = Outline {
        sections: Vec::new(),
        blocks: Vec::new(),
    };
    let mut heading: Option<Section> = None;
    let mut block: Option<Block> = None;
    for (event, range) in Parser::new(&page[body..]).into_offset_iter() {
        let range = range.start + body..range.end + body;
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H2,
                ..
            }) => {
                heading = Some(Section {
                    title: String::new(),
                    span: range,
                    empty: true,
                });
                continue;
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                outline.sections.extend(heading.take());
                continue;
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let line = page[..range.start]
                    .bytes()
                    .filter(|byte| *byte == b'\n')
                    .count() as u32
                    + 2;
                block = Some(Block {
                    section: outline.sections.len().checked_sub(1),
                    info: info.to_string(),
                    span: range,
                    text: String::new(),
                    line,
                });
            }
            Event::End(TagEnd::CodeBlock) => outline.blocks.extend(block.take()),
            Event::Text(text) | Event::Code(text) => {
                if let Some(block) = &mut block {
                    block.text.push_str(&text);
                } else if let Some(heading) = &mut heading {
                    heading.title.push_str(&text);
                    continue;
                }
            }
            _ => {}
        }
        if let Some(section) = outline.sections.last_mut() {
            section.empty = false;
        }
    }
    outline
}

impl Outline {
    fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.title == title)
    }

    /// Which part of the page a block's examples belong to; `None` in sections that have no examples.
    pub(crate) fn part(&self, block: &Block) -> Option<ExampleSection> {
        match self.sections[block.section?].title.as_str() {
            title if title == SECTIONS[2] => Some(ExampleSection::Vulnerable),
            title if title == SECTIONS[3] => Some(ExampleSection::Fixed),
            _ => None,
        }
    }
}

impl Reader<'_> {
    /// All sections are there, in order, each once and with something in it.
    fn sections(&mut self, outline: &Outline, body: usize) {
        // For each section of the page, which of `SECTIONS` it is or was meant to be.
        let mut places = Vec::new();
        let mut last = 0;
        for section in &outline.sections {
            let Some(near) = nearest(&section.title, SECTIONS) else {
                self.unknown_word(&section.span, "section", &section.title, &SECTIONS);
                continue;
            };
            let place = SECTIONS
                .iter()
                .position(|title| *title == near)
                .unwrap_or_default();
            if section.title != near {
                self.unknown_word(&section.span, "section", &section.title, &SECTIONS);
            } else if places.iter().any(|(seen, _)| *seen == place) {
                self.error(&section.span, format!("a second section `{near}`"));
            } else if place < last {
                let message = format!("section `{near}` must come before `{}`", SECTIONS[last]);
                self.error_with_help(
                    &section.span,
                    message,
                    Some(format!("in order: {}", backquoted(&SECTIONS))),
                );
            }
            if section.empty {
                self.error(
                    &section.span,
                    format!("section `{}` is empty", section.title),
                );
            }
            last = last.max(place);
            places.push((place, &section.span));
        }
        for (place, title) in SECTIONS.iter().enumerate() {
            if places.iter().any(|(seen, _)| *seen == place) {
                continue;
            }
            // Where it should have been: before the next section, or at the end.
            let next = places
                .iter()
                .find(|(seen, _)| *seen > place)
                .map(|(_, span)| (*span).clone());
            let end = self.page.trim_end().len().max(body.min(self.page.len()));
            let last_line = self.page[..end]
                .rfind('\n')
                .map_or(0, |newline| newline + 1);
            let (at, help) = match next {
                Some(span) => (span, "it belongs before this heading"),
                None => (last_line..end, "it belongs after this line"),
            };
            self.error_with_help(&at, format!("missing section `## {title}`"), Some(help));
        }
    }

    /// What the sections of a page must have.
    fn completeness(&mut self, outline: &Outline, examples: &[Example]) {
        if let Some(section) = outline.section(SECTIONS[0])
            && !section.empty
            && summary(self.page).is_empty()
        {
            let help = Some("its first paragraph is the rule's summary");
            self.error_with_help(
                &section.span,
                "section `What it is` must begin with a paragraph",
                help,
            );
        }
        if let Some(section) = outline.section(SECTIONS[2])
            && !section.empty
            && !examples.iter().any(|example| {
                example.section == ExampleSection::Vulnerable
                    && example.files.iter().any(|file| !file.expected.is_empty())
            })
        {
            let help = Some("end a line of a `python` block with `# finding` or `# possible`");
            self.error_with_help(
                &section.span,
                "no example in which something is found",
                help,
            );
        }
        if let Some(section) = outline.section(SECTIONS[3])
            && !section.empty
            && !examples
                .iter()
                .any(|example| example.section == ExampleSection::Fixed)
        {
            let languages = ExampleLanguage::ALL.map(ExampleLanguage::as_str);
            let help = Some(format!(
                "add a fenced block with one of {}",
                backquoted(&languages)
            ));
            self.error_with_help(&section.span, "no example of fixed code", help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::summary;

    #[test]
    fn the_summary_is_the_first_paragraph() {
        assert_eq!(
            summary("# Title\n\nno\n\n## What it is\n\nFirst line\nand `second`.\n\nThird.\n"),
            "First line and `second`."
        );
        assert_eq!(
            summary("## What it is\r\nOne.\r\n## Why it matters\r\n"),
            "One."
        );
        assert_eq!(summary("## What it is\n\n```python\n```\n"), "");
        assert_eq!(summary("## Why it matters\n\nOne.\n"), "");
    }
}
