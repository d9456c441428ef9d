//! The examples of a page, which are the tests of its rule.

use std::ops::Range;

use crate::body::{Block, Outline, SECTIONS, outline};
use crate::reader::Reader;

/// Languages that look as if an example had been meant.
const ALMOST_LANGUAGES: [(&str, ExampleLanguage); 8] = [
    ("Python", ExampleLanguage::Python),
    ("py", ExampleLanguage::Python),
    ("python3", ExampleLanguage::Python),
    ("jinja", ExampleLanguage::Jinja),
    ("jinja2", ExampleLanguage::Jinja),
    ("html+jinja2", ExampleLanguage::Jinja),
    ("django", ExampleLanguage::Django),
    ("htmldjango", ExampleLanguage::Django),
];

/// A project of one or more files, and what must be found in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// In the order of the page; no two have the same path.
    pub files: Vec<ExampleFile>,
    /// Which part of the page it stands in.
    pub section: ExampleSection,
}

/// The part of a page that an example stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExampleSection {
    /// "Examples": every marked line is found, and no other.
    Vulnerable,
    /// "How to fix it": nothing is found, but for lines marked as possible.
    Fixed,
}

/// A file of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleFile {
    /// Relative, with `/` as separator: `app/views.py`; `example.py` if the page names none.
    pub path: String,
    /// What it is written in.
    pub language: ExampleLanguage,
    /// What the analyser is given: without markers, with the same lines.
    pub text: String,
    /// The findings, by line.
    pub expected: Vec<Expected>,
    /// The line of the page (1-based) that is line 1 of the text.
    pub page_line: u32,
}

/// What an example is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExampleLanguage {
    /// `python`
    Python,
    /// `html+jinja`
    Jinja,
    /// `html+django`
    Django,
    /// `mako`
    Mako,
    /// `requirements`: a file of requirements as pip reads it.
    Requirements,
}

impl ExampleLanguage {
    /// All languages.
    pub(crate) const ALL: [ExampleLanguage; 5] = [
        ExampleLanguage::Python,
        ExampleLanguage::Jinja,
        ExampleLanguage::Django,
        ExampleLanguage::Mako,
        ExampleLanguage::Requirements,
    ];

    /// The word after the fence.
    pub const fn as_str(self) -> &'static str {
        match self {
            ExampleLanguage::Python => "python",
            ExampleLanguage::Jinja => "html+jinja",
            ExampleLanguage::Django => "html+django",
            ExampleLanguage::Mako => "mako",
            ExampleLanguage::Requirements => "requirements",
        }
    }

    /// The path of a file that the page does not name.
    const fn default_path(self) -> &'static str {
        match self {
            ExampleLanguage::Python => "example.py",
            ExampleLanguage::Jinja | ExampleLanguage::Django => "example.html",
            ExampleLanguage::Mako => "example.mako",
            ExampleLanguage::Requirements => "requirements.txt",
        }
    }

    /// How a line is marked in this language.
    const fn markers(self) -> [(&'static str, ExpectedLevel); 2] {
        match self {
            ExampleLanguage::Python | ExampleLanguage::Requirements => [
                ("# finding", ExpectedLevel::Finding),
                ("# possible", ExpectedLevel::Possible),
            ],
            _ => [
                ("{# finding #}", ExpectedLevel::Finding),
                ("{# possible #}", ExpectedLevel::Possible),
            ],
        }
    }
}

/// A finding that an example must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Expected {
    /// The line of the file (1-based) on which the finding starts.
    pub line: u32,
    /// Who sees it.
    pub level: ExpectedLevel,
}

/// Who sees an expected finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedLevel {
    /// The rule's own persona and all above: confidence likely or confirmed.
    Finding,
    /// The auditor only: confidence possible.
    Possible,
}

/// The examples of a page that is known to be right, whose Markdown begins at `body`.
pub(crate) fn examples(page: &str, body: usize) -> Vec<Example> {
    let mut reader = Reader::new("", page, None);
    let outline = outline(page, body);
    reader.examples(&outline)
}

impl Reader<'_> {
    /// The examples of a page.
    pub(crate) fn examples(&mut self, outline: &Outline) -> Vec<Example> {
        let mut examples: Vec<Example> = Vec::new();
        // Whether the last example still takes files: it has names, and nothing came between.
        let mut open = None;
        for block in &outline.blocks {
            let Some(language) = self.language(outline, block) else {
                continue;
            };
            let Some(section) = outline.part(block) else {
                self.no_markers(block, language);
                continue;
            };
            let named = self.file_name(block, language);
            let file = self.example_file(block, language, section, named.clone());
            let joins = named.is_some()
                && open == block.section
                && examples
                    .last()
                    .is_some_and(|last| last.files.iter().all(|other| other.path != file.path));
            match examples.last_mut() {
                Some(last) if joins => last.files.push(file),
                _ => examples.push(Example {
                    files: vec![file],
                    section,
                }),
            }
            open = if named.is_some() { block.section } else { None };
        }
        examples
    }

    /// The language of a block; `None` if it is not an example.
    fn language(&mut self, outline: &Outline, block: &Block) -> Option<ExampleLanguage> {
        let word = block.info.split_whitespace().next()?;
        let found = ExampleLanguage::ALL
            .into_iter()
            .find(|language| language.as_str() == word);
        if found.is_none()
            && outline.part(block).is_some()
            && let Some((_, meant)) = ALMOST_LANGUAGES.iter().find(|(almost, _)| *almost == word)
        {
            self.error_with_help(
                &self.in_line(block.span.start, word),
                format!("`{word}` is not a language of examples"),
                Some(format!("write `{}`", meant.as_str())),
            );
        }
        found
    }

    /// The name after `file=`, if there is one that can be used.
    fn file_name(&mut self, block: &Block, language: ExampleLanguage) -> Option<String> {
        let mut name = None;
        for word in block.info.split_whitespace().skip(1) {
            let at = self.in_line(block.span.start, word);
            let Some(path) = word.strip_prefix("file=") else {
                self.error_with_help(
                    &at,
                    format!("unknown attribute `{word}`"),
                    Some("expected `file=PATH`"),
                );
                continue;
            };
            let part_is_fine =
                |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':']);
            if !path.split('/').all(part_is_fine) {
                self.error(
                    &at,
                    "the path of an example must be relative, as in `file=app/views.py`",
                );
            } else if language == ExampleLanguage::Python && path.strip_suffix(".py").is_none() {
                self.error(&at, "the path of a Python example must end in `.py`");
            } else {
                name = Some(path.to_owned());
            }
        }
        name
    }

    /// Takes the markers out of a block.
    fn example_file(
        &mut self,
        block: &Block,
        language: ExampleLanguage,
        section: ExampleSection,
        name: Option<String>,
    ) -> ExampleFile {
        let mut text = String::with_capacity(block.text.len());
        let mut expected = Vec::new();
        for (index, line) in block.text.split_inclusive('\n').enumerate() {
            let (kept, levels) = take_markers(line, language);
            text.push_str(kept);
            if kept.len() < line.len() && line.ends_with('\n') {
                text.push('\n');
            }
            let page_line = block.line + index as u32;
            for level in levels.iter().rev() {
                if section == ExampleSection::Fixed && *level == ExpectedLevel::Finding {
                    let at = self.marker_span(page_line, language.markers()[0].0);
                    self.error(&at, "fixed code in which something is found");
                }
                expected.push(Expected {
                    line: index as u32 + 1,
                    level: *level,
                });
            }
            if let Some(marker) = almost_marker(kept, language) {
                let at = self.marker_span(page_line, marker);
                let [(finding, _), (possible, _)] = language.markers();
                self.error_with_help(
                    &at,
                    format!("`{marker}` is almost a marker"),
                    Some(format!(
                        "write `{finding}` or `{possible}` at the end of the line"
                    )),
                );
            }
        }
        let path = name.unwrap_or_else(|| language.default_path().to_owned());
        ExampleFile {
            path,
            language,
            text,
            expected,
            page_line: block.line,
        }
    }

    /// Reports markers outside the sections whose examples are run.
    fn no_markers(&mut self, block: &Block, language: ExampleLanguage) {
        for (index, line) in block.text.lines().enumerate() {
            let (_, levels) = take_markers(line, language);
            if let Some(level) = levels.first() {
                let [(finding, _), (possible, _)] = language.markers();
                let marker = if *level == ExpectedLevel::Finding {
                    finding
                } else {
                    possible
                };
                let at = self.marker_span(block.line + index as u32, marker);
                let help = format!(
                    "only the blocks in `{}` and `{}` are run",
                    SECTIONS[2], SECTIONS[3]
                );
                self.error_with_help(&at, "a marker in a block that is not run", Some(help));
            }
        }
    }

    /// The last place of `marker` in a line of the page.
    fn marker_span(&self, page_line: u32, marker: &str) -> Range<usize> {
        let start: usize = self
            .page
            .split_inclusive('\n')
            .take(page_line as usize - 1)
            .map(str::len)
            .sum();
        let line = self.page[start..].lines().next().unwrap_or_default();
        let offset = start + line.rfind(marker).unwrap_or_default();
        offset..offset + marker.len()
    }

    /// The first place of `word` in the line that begins at `start`.
    fn in_line(&self, start: usize, word: &str) -> Range<usize> {
        let offset = start + self.page[start..].find(word).unwrap_or_default();
        offset..offset + word.len()
    }
}

/// The line without its markers, and the markers from last to first. A line without markers stays as it is; one with
/// markers loses the blanks before them and its end.
fn take_markers(line: &str, language: ExampleLanguage) -> (&str, Vec<ExpectedLevel>) {
    let mut kept = line;
    let mut levels = Vec::new();
    loop {
        let trimmed = kept.trim_end();
        let Some((rest, level)) = language
            .markers()
            .into_iter()
            .find_map(|(marker, level)| Some((trimmed.strip_suffix(marker)?, level)))
        else {
            return (kept, levels);
        };
        kept = rest.trim_end();
        levels.push(level);
    }
}

/// A comment at the end of a line that was probably meant as a marker.
fn almost_marker(line: &str, language: ExampleLanguage) -> Option<&str> {
    let line = line.trim_end();
    let comment = match language {
        ExampleLanguage::Python | ExampleLanguage::Requirements => &line[line.rfind('#')?..],
        // A Python comment has no meaning in a template.
        _ if !line.ends_with("#}") => &line[line.rfind("# ")?..],
        _ => &line[line.rfind("{#")?..],
    };
    let word = comment
        .trim_matches(|c: char| "{#} \t.:!".contains(c))
        .to_lowercase();
    let near = ["finding", "possible"]
        .into_iter()
        .any(|marker| strsim::osa_distance(&word, marker) <= 1);
    near.then_some(comment)
}

#[cfg(test)]
#[path = "example_tests.rs"]
mod tests;
