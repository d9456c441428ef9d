//! A rule page.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use hognose_finding::Rule;

use crate::body;
use crate::example::{self, Example};
use crate::front_matter::split;
use crate::reader::Reader;
use crate::{Detect, Kinds, RuleError};

/// Where a page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Part of the binary.
    Builtin,
    /// A user's own repository.
    User,
}

/// A rule, what it looks for, and its page.
#[derive(Clone)]
pub struct RulePage {
    /// The rule as the report knows it.
    pub rule: Arc<Rule>,
    /// What it looks for; the first entry that matches a place wins there.
    pub detect: Vec<Detect>,
    /// The file, as given to the reader: `rules/sql-injection.md`.
    pub path: String,
    /// Where the page comes from.
    pub origin: Origin,
    text: Cow<'static, str>,
    /// Where in `text` the Markdown begins.
    body: usize,
    pub(crate) id_span: Range<usize>,
    pub(crate) alias_spans: Vec<Range<usize>>,
}

impl RulePage {
    /// Reads a page and checks all of it. `path` serves the messages and gives the id, and is not opened.
    ///
    /// # Errors
    /// Everything that is wrong with the page, in the order in which it stands there.
    pub fn parse(
        path: &str,
        text: impl Into<Cow<'static, str>>,
        origin: Origin,
        kinds: &Kinds,
    ) -> Result<RulePage, Vec<RuleError>> {
        let text = text.into();
        let (page, mut errors) = RulePage::read(path, text.clone(), origin, Some(kinds));
        errors.extend(body::check(path, &text));
        errors.sort_by_key(|error| error.range);
        match page {
            Some(page) if errors.is_empty() => Ok(page),
            _ => Err(errors),
        }
    }

    /// Reads the front matter only. `kinds` is left out for pages that are known to be right.
    pub(crate) fn read(
        path: &str,
        text: Cow<'static, str>,
        origin: Origin,
        kinds: Option<&Kinds>,
    ) -> (Option<RulePage>, Vec<RuleError>) {
        let mut reader = Reader::new(path, &text, kinds);
        let Some((yaml, body)) = split(&text) else {
            let top = 0..text.find(['\r', '\n']).unwrap_or(text.len());
            let message = match text[top.clone()].trim_start_matches('\u{feff}').trim_end() {
                "---" => "the front matter does not end",
                _ => "no front matter",
            };
            let help = "a page begins with a line `---`, YAML, and a line `---`";
            reader.error_with_help(&top, message, Some(help));
            return (None, reader.errors);
        };
        let head = reader.front_matter(yaml, origin);
        let errors = reader.errors;
        let page = head.map(|mut head| {
            head.rule.summary = body::summary(&text[body..]);
            text[body..].trim().clone_into(&mut head.rule.help);
            RulePage {
                rule: Arc::new(head.rule),
                detect: head.detect,
                path: path.to_owned(),
                origin,
                text,
                body,
                id_span: head.id_span,
                alias_spans: head.alias_spans,
            }
        });
        (page, errors)
    }

    /// The id of the rule.
    pub fn id(&self) -> &str {
        &self.rule.id
    }

    /// The whole page, front matter included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The page's examples, in order, with the expectations taken out of their text. Reads the Markdown each time.
    pub fn examples(&self) -> Vec<Example> {
        example::examples(&self.text, self.body)
    }

    /// Everything that is wrong with the page, in the order in which it stands there.
    pub fn check(&self, kinds: &Kinds) -> Vec<RuleError> {
        RulePage::parse(&self.path, self.text.clone(), self.origin, kinds)
            .err()
            .unwrap_or_default()
    }

    /// A fault in an entry of [`RulePage::detect`] that only an engine can see, such as a check that it does not
    /// have. The caret stands under the value of the entry's mechanism.
    pub fn error_at(
        &self,
        detect: &Detect,
        message: impl Into<String>,
        help: Option<String>,
    ) -> RuleError {
        let mut error = self.error(
            detect.span.start as usize..detect.span.end as usize,
            message,
        );
        error.help = help;
        error
    }

    /// A fault at some bytes of the page.
    pub(crate) fn error(&self, span: Range<usize>, message: impl Into<String>) -> RuleError {
        RuleError::new(self.path.as_str(), Arc::from(&*self.text), span, message)
    }
}

/// Without the page's text, which would bury everything else.
impl fmt::Debug for RulePage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RulePage")
            .field("id", &self.rule.id)
            .field("path", &self.path)
            .field("origin", &self.origin)
            .field("detect", &self.detect)
            .finish_non_exhaustive()
    }
}
