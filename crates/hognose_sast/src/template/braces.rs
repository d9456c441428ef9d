//! Jinja2 and Django: `{{ … }}`, `{% … %}`, `{# … #}`.

use super::comment::{Form, suppression};
use super::expression::evaluate;
use super::find::Forward;
use super::token::{Kind, Style, Token, Tokens, line_end, tokens};
use super::{Language, Notes};

/// Reads a template.
pub(super) fn read<'a>(text: &'a str, language: Language, notes: &mut Notes<'a>) {
    Reader {
        text,
        bytes: text.as_bytes(),
        language,
        notes,
        escaping: Vec::new(),
        suppressed_until: 0,
        html_until: 0,
        statements: false,
        unclosed: None,
        wasted: 0,
        line: 0,
        variable_end: Forward::new(text, "}}"),
        statement_end: Forward::new(text, "%}"),
        comment_end: Forward::new(text, "#}"),
        html_comment_end: Forward::new(text, "-->"),
        no_end: Vec::new(),
    }
    .run();
}

struct Reader<'a, 'n> {
    text: &'a str,
    bytes: &'a [u8],
    language: Language,
    notes: &'n mut Notes<'a>,
    /// What the `autoescape` tags around the current place say, from the outermost.
    escaping: Vec<bool>,
    /// Where the last HTML comment ends. Tags are read inside too: the engine does not know of HTML.
    html_until: usize,
    /// Where the last HTML comment ends that was noted as a suppression, with all comments in it.
    suppressed_until: usize,
    /// Whether there was a whole `{% … %}`.
    statements: bool,
    /// The first tag that does not end, and what to say of it.
    unclosed: Option<(usize, &'static str)>,
    /// Bytes that were read for tags that turned out not to end; bounds the work on garbage.
    wasted: usize,
    /// The end of the current line, or of an earlier one.
    line: usize,
    variable_end: Forward<'a>,
    statement_end: Forward<'a>,
    comment_end: Forward<'a>,
    html_comment_end: Forward<'a>,
    /// End tags of blocks without content that occur no more.
    no_end: Vec<String>,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        let mut at = 0;
        while at < self.bytes.len() {
            at = match (self.bytes[at], self.bytes.get(at + 1)) {
                (b'{', Some(b'{')) => self.variable(at),
                (b'{', Some(b'%')) => self.statement(at),
                (b'{', Some(b'#')) => self.comment(at),
                (b'<', Some(b'!')) => self.html_comment(at),
                _ => at + 1,
            };
        }
        // Without a single statement this may be any text that shows braces, or a template for a script.
        if let Some((at, message)) = self.unclosed
            && self.statements
        {
            self.notes.problem(at, at + 2, message);
        }
    }

    /// Whether an `autoescape` tag was reported that covers the current place.
    fn switched_off(&self) -> bool {
        self.escaping.last() == Some(&false)
    }

    /// Where the line of `at` ends. Only ever asked for places further on.
    fn line_end(&mut self, at: usize) -> usize {
        if self.line <= at {
            self.line = line_end(self.bytes, at);
        }
        self.line
    }

    fn comment(&mut self, at: usize) -> usize {
        let mut end = self.comment_end.from(at + 2);
        if self.language == Language::Django {
            let line = self.line_end(at);
            end = end.filter(|&end| end < line);
        }
        let Some(end) = end else {
            // Without an end on its line it is text for Django.
            if self.language == Language::Jinja {
                self.unclosed.get_or_insert((at, "`{#` is never closed"));
            }
            return at + 2;
        };
        if at >= self.suppressed_until {
            let inner = self.text[at + 2..end].trim_matches(['-', '+']);
            let found = suppression(at, end + 2, inner, Form::Template);
            self.notes.comments.extend(found);
        }
        end + 2
    }

    fn html_comment(&mut self, at: usize) -> usize {
        if at >= self.html_until
            && self.bytes[at..].starts_with(b"<!--")
            && let Some(end) = self.html_comment_end.from(at + 4)
        {
            self.html_until = end + 3;
            let inner = &self.text[at + 4..end];
            if let Some(found) = suppression(at, end + 3, inner, Form::Html) {
                self.suppressed_until = end + 3;
                self.notes.comments.push(found);
            }
        }
        at + 2
    }

    /// The tokens of the tag at `at`, and where it ends. `Err`: where to go on.
    fn tag(&mut self, at: usize, closer: [u8; 2]) -> Result<(Vec<Token>, usize), usize> {
        if self.language == Language::Django {
            return self.django_tag(at, closer);
        }
        let sign = usize::from(matches!(self.bytes.get(at + 2), Some(b'-' | b'+')));
        let style = Style::Jinja(closer);
        let whole = |read: Tokens, bytes: &[u8]| {
            let sign = usize::from(matches!(bytes.get(read.end), Some(b'-' | b'+')));
            (read.list, read.end + sign + 2)
        };
        // Once as much was read in vain as a few texts of this length, tags must end before the next one begins.
        if self.wasted <= 8 * self.bytes.len() {
            match tokens(self.text, at + 2 + sign, style) {
                Ok(read) => return Ok(whole(read, self.bytes)),
                Err(failed) => self.wasted += failed - at,
            }
        }
        let end = self.plain_end(at + 2, closer);
        if let Some(end) = end
            && end > at + 2
            && let Ok(read) = tokens(&self.text[..end], at + 2 + sign, style)
        {
            return Ok(whole(read, self.bytes));
        }
        let message = if closer == *b"%}" {
            "`{%` is never closed"
        } else {
            "`{{` is never closed"
        };
        self.unclosed.get_or_insert((at, message));
        // With a quote or a bracket too many, what looks like the end of the tag is its end.
        Err(end.unwrap_or(at + 2))
    }

    /// Past the next `closer`, unless another tag begins before it.
    fn plain_end(&self, from: usize, closer: [u8; 2]) -> Option<usize> {
        let pairs = self.bytes[from..].windows(2);
        let stop = pairs
            .enumerate()
            .find(|&(_, pair)| pair == closer || pair == b"{{" || pair == b"{%");
        stop.filter(|&(_, pair)| pair == closer)
            .map(|(offset, _)| from + offset + 2)
    }

    /// Django looks for the end of a tag in its line, without heed of strings.
    fn django_tag(&mut self, at: usize, closer: [u8; 2]) -> Result<(Vec<Token>, usize), usize> {
        let ends = if closer == *b"%}" {
            &mut self.statement_end
        } else {
            &mut self.variable_end
        };
        let end = ends.from(at + 2);
        let line = self.line_end(at);
        let Some(end) = end.filter(|&end| end < line) else {
            return Err(at + 2);
        };
        let list = tokens(&self.text[..end], at + 2, Style::Django).map(|read| read.list);
        Ok((list.unwrap_or_default(), end + 2))
    }

    fn variable(&mut self, at: usize) -> usize {
        let (list, end) = match self.tag(at, *b"}}") {
            Ok(tag) => tag,
            Err(next) => return next,
        };
        self.output(at, end, &list, None);
        end
    }

    /// Notes what the expression of the tag from `at` to `end` puts out.
    fn output(&mut self, at: usize, end: usize, list: &[Token], tag: Option<&str>) {
        self.notes.tag(at, end);
        if self.switched_off() {
            return;
        }
        if let Some(output) = evaluate(self.text, list, self.language).unescaped {
            // The characters of a string lose the mark when they are taken one by one.
            if tag == Some("for") && output.what == "|safe" {
                return;
            }
            self.notes.unescaped(at, end, output);
        }
    }

    fn statement(&mut self, at: usize) -> usize {
        let (list, end) = match self.tag(at, *b"%}") {
            Ok(tag) => tag,
            Err(next) => {
                if self.language == Language::Django {
                    let message = "`{%` is not closed on its line, so Django takes it for text";
                    self.unclosed.get_or_insert((at, message));
                }
                return next;
            }
        };
        let Some((first, rest)) = list.split_first() else {
            return end;
        };
        self.statements = true;
        match &self.text[first.at.clone()] {
            name @ ("raw" | "verbatim" | "comment") => {
                return self.without_tags(at, end, name, rest);
            }
            "autoescape" => {
                let word = rest.first().map(|token| &self.text[token.at.clone()]);
                let off = rest.len() == 1
                    && matches!(
                        word,
                        Some("off" | "false" | "False" | "none" | "None" | "0")
                    );
                if off && !self.switched_off() {
                    self.notes.autoescape_off(at, end);
                }
                self.notes.tag(at, end);
                self.escaping.push(!off);
            }
            "endautoescape" => {
                self.escaping.pop();
            }
            // Conditions, names and declarations put nothing out. Neither does `filter safe`: what the block holds
            // was escaped when it was made, as was that of `{% set x | safe %}…{% endset %}`.
            "if" | "elif" | "elseif" | "ifequal" | "ifnotequal" | "ifchanged" | "extends"
            | "import" | "from" | "block" | "macro" | "load" | "filter" | "else" => {}
            "set" => {
                if let Some(assign) = rest.iter().position(|token| token.kind == Kind::Assign) {
                    self.output(at, end, &rest[assign + 1..], None);
                }
            }
            name => self.output(at, end, rest, Some(name)),
        }
        end
    }

    /// A block whose content has no tags: raw text or a comment. `rest`: what stands in its tag behind its name.
    fn without_tags(&mut self, at: usize, end: usize, name: &str, rest: &[Token]) -> usize {
        // `{% verbatim name %}` ends with the same name; the note of a comment is not repeated.
        let mut wanted = format!("end{name}");
        if name == "verbatim" {
            for token in rest {
                wanted.push(' ');
                wanted.push_str(&self.text[token.at.clone()]);
            }
        }
        // Each name that never ends costs a search to the end of the text.
        let found = if self.no_end.contains(&wanted) || self.no_end.len() > 8 {
            None
        } else {
            end_tag(self.text, end, &wanted)
        };
        let Some((start, after)) = found else {
            let message = format!("`{{% {name} %}}` is never closed");
            self.notes.problem(at, end, &message);
            self.no_end.push(wanted);
            return end;
        };
        if name == "comment" && at >= self.suppressed_until {
            let found = suppression(at, after, &self.text[end..start], Form::Template);
            self.notes.comments.extend(found);
        }
        after
    }
}

/// Where the tag with this content begins and ends, at or after `from`.
fn end_tag(text: &str, from: usize, wanted: &str) -> Option<(usize, usize)> {
    let mut at = from;
    while let Some(offset) = text[at..].find("{%") {
        let start = at + offset;
        let inner = text[start + 2..]
            .trim_start_matches(['-', '+'])
            .trim_start();
        if let Some(rest) = inner.strip_prefix(wanted) {
            let rest = rest.trim_start().trim_start_matches(['-', '+']);
            if let Some(rest) = rest.strip_prefix("%}") {
                return Some((start, text.len() - rest.len()));
            }
        }
        at = start + 2;
    }
    None
}
