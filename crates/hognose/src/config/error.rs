//! What is wrong with a configuration, and where.

use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A text with configuration in it.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    /// As shown to the user: a path, or `--config`.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// A fault in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Where it stands.
    pub origin: Arc<Origin>,
    /// The bytes at fault.
    pub span: Range<usize>,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// How to put it right, if that is known.
    pub help: Option<String>,
}

impl ConfigError {
    /// A fault at `span` of `origin`.
    pub fn new(origin: &Arc<Origin>, span: Range<usize>, message: impl Into<String>) -> Self {
        ConfigError {
            origin: Arc::clone(origin),
            span,
            message: message.into(),
            help: None,
        }
    }

    /// With a word on how to put it right.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The fault that the TOML library reports, with the nearest known word where one was misspelled.
    pub fn of_toml(origin: &Arc<Origin>, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().trim().replace('\n', ": ");
        // serde says "unknown field `x`, expected one of `a`, `b`" or "unknown variant `x`, expected `a` or `b`".
        let mut words = message.split('`').skip(1).step_by(2);
        match (message.strip_prefix("unknown "), words.next()) {
            (Some(rest), Some(found)) => {
                let known: Vec<&str> = words.collect();
                let what = if rest.starts_with("field") {
                    "key"
                } else {
                    "value"
                };
                let help = match nearest(found, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if known.is_empty() => String::new(),
                    None => format!("known: {}", known.join(", ")),
                };
                ConfigError::new(origin, span, format!("unknown {what} `{found}`"))
                    .with_help((!help.is_empty()).then_some(help))
            }
            _ => ConfigError::new(origin, span, message),
        }
    }

    /// The fault with the lines around it and a caret below it, without a final newline.
    pub fn render(&self, colour: bool) -> String {
        let Origin { name, text } = &*self.origin;
        let start = self.span.start.min(text.len());
        // Only the first line of a long span is marked.
        let line_end = text[start..]
            .find(['\n', '\r'])
            .map_or(text.len(), |length| start + length);
        let end = self.span.end.clamp(start, line_end);
        let snippet = Snippet::source(text.as_str())
            .path(name.as_str())
            .annotation(AnnotationKind::Primary.span(start..end));
        let mut group = Level::ERROR
            .primary_title(self.message.as_str())
            .element(snippet);
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        renderer.render(&[group])
    }
}

/// The word of `known` nearest to `word`, if one is near enough to be what was meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    let limit = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            let distance = strsim::osa_distance(&lower, &candidate.to_lowercase());
            let begins = lower.len() >= 3 && candidate.starts_with(&lower);
            (
                if begins {
                    distance.min(limit)
                } else {
                    distance
                },
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}
