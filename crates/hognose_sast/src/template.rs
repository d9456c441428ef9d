//! What templates say about escaping.
//!
//! [`read_template`] goes through a Jinja2, Django or Mako template once and notes where escaping is switched off.
//! It does not know which values are tainted, and what stands inside `{{ … }}` is read by a tokenizer and a small
//! evaluator that follows filters (`expression`), not by a full parser: a template that does not parse in one place
//! is still read in all others. Time is linear in the length of the text.
//!
//! Start reading at `braces` (Jinja2 and Django) or `mako`.

mod braces;
mod comment;
mod expression;
mod find;
mod language;
mod mako;
pub(crate) mod program;
#[cfg(test)]
mod tests;
mod token;

use hognose_rules::TemplateConstruct;

pub(crate) use language::language_of;

/// What a template is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    /// Jinja2, and those that look like it.
    Jinja,
    /// Django's own template language.
    Django,
    /// Mako.
    Mako,
}

/// A place where escaping is switched off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateFact {
    /// What it is.
    pub construct: TemplateConstruct,
    /// The whole tag or expression, `{{ x|safe }}`, in bytes.
    pub span: (u32, u32),
    /// What switches escaping off: `|safe`, `Markup`, or the whole tag `{% autoescape false %}`.
    pub what: String,
    /// The expression that is put out as it is: `x`. Empty for [`TemplateConstruct::AutoescapeOff`].
    pub value: String,
}

/// A comment that may be a suppression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TemplateComment {
    /// The whole comment, in bytes.
    pub span: (u32, u32),
    /// First and last line (1-based, inclusive) that it speaks for, see [`hognose_finding::Directive::lines`]: its
    /// own, with the whole of a tag that ends there; the next line that is not blank, if it stands alone.
    pub lines: (u32, u32),
    /// What it says, between `{#` and `#}`, `<!--` and `-->`, or after `##`, whatever delimiters it has in the file.
    pub text: String,
}

/// What was read from a template, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    /// Where escaping is switched off.
    pub facts: Vec<TemplateFact>,
    /// Comments that may be suppressions.
    pub comments: Vec<TemplateComment>,
    /// What could not be read, and where: at most one per template, since what follows it is often its consequence.
    pub problems: Vec<((u32, u32), String)>,
}

/// Reads a template. Never fails: what is malformed becomes a problem, and the rest is read.
pub(crate) fn read_template(text: &str, language: Language) -> Template {
    let mut notes = Notes::new(text);
    match language {
        Language::Jinja | Language::Django => braces::read(text, language, &mut notes),
        Language::Mako => mako::read(text, &mut notes),
    }
    notes.finish()
}

/// What the readers collect.
struct Notes<'a> {
    text: &'a str,
    facts: Vec<TemplateFact>,
    comments: Vec<comment::Found>,
    /// Tags that span lines, for comments behind them.
    long_tags: Vec<(usize, usize)>,
    problem: Option<((u32, u32), String)>,
}

impl<'a> Notes<'a> {
    fn new(text: &'a str) -> Self {
        Notes {
            text,
            facts: Vec::new(),
            comments: Vec::new(),
            long_tags: Vec::new(),
            problem: None,
        }
    }

    fn unescaped(&mut self, start: usize, end: usize, output: expression::Unescaped) {
        self.facts.push(TemplateFact {
            construct: TemplateConstruct::UnescapedOutput,
            span: (start as u32, end as u32),
            what: output.what,
            value: output.value,
        });
    }

    fn autoescape_off(&mut self, start: usize, end: usize) {
        self.facts.push(TemplateFact {
            construct: TemplateConstruct::AutoescapeOff,
            span: (start as u32, end as u32),
            what: self.text[start..end].to_owned(),
            value: String::new(),
        });
    }

    fn tag(&mut self, start: usize, end: usize) {
        if self.text[start..end].contains(['\n', '\r']) {
            self.long_tags.push((start, end));
        }
    }

    fn problem(&mut self, start: usize, end: usize, message: &str) {
        if self.problem.is_none() {
            self.problem = Some(((start as u32, end as u32), message.to_owned()));
        }
    }

    fn finish(self) -> Template {
        Template {
            comments: comment::with_lines(self.text, self.comments, &self.long_tags),
            facts: self.facts,
            problems: self.problem.into_iter().collect(),
        }
    }
}
