//! Jinja2 and Django: tags and what they put out.

use super::super::Language;
use super::super::token::{Kind, Style, Token, tokens};
use super::output::{Output, is_identifier, output_of};
use super::page::Page;
use super::{What, Writer};

/// Reads a template.
pub(super) fn read(text: &str, language: Language, writer: &mut Writer) {
    let mut reader = Reader {
        text,
        language,
        writer,
        page: Page::default(),
        escaping: Vec::new(),
        open: Vec::new(),
        macros: Vec::new(),
        parent: None,
    };
    reader.run();
    reader.finish();
}

/// A tag that was opened.
#[derive(Debug, Clone, PartialEq)]
struct Open {
    name: String,
    /// It added a level to the program.
    is_level: bool,
    /// The variable that gets what stands inside, and whether that is markup.
    block: Option<String>,
}

struct Reader<'a, 'w> {
    text: &'a str,
    language: Language,
    writer: &'w mut Writer,
    page: Page,
    escaping: Vec<bool>,
    open: Vec<Open>,
    macros: Vec<String>,
    /// The template that this one fills, and the tag that says so.
    parent: Option<(String, (usize, usize))>,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(offset) = self.text[at..].find('{') {
            let start = at + offset;
            let next = self.text.as_bytes().get(start + 1);
            let closer = match next {
                Some(b'{') => "}}",
                Some(b'%') => "%}",
                Some(b'#') => "#}",
                _ => {
                    self.page.feed(&self.text[at..=start]);
                    at = start + 1;
                    continue;
                }
            };
            self.page.feed(&self.text[at..start]);
            at = match closer {
                "#}" => self.text[start + 2..]
                    .find("#}")
                    .map_or(start + 2, |end| start + 4 + end),
                closer => self.tag(start, closer),
            };
        }
        self.page.feed(&self.text[at..]);
    }

    /// Reads the tag at `start`, and says where to go on.
    fn tag(&mut self, start: usize, closer: &str) -> usize {
        let sign = usize::from(matches!(
            self.text.as_bytes().get(start + 2),
            Some(b'-' | b'+')
        ));
        let end_bytes = [closer.as_bytes()[0], closer.as_bytes()[1]];
        let found = if self.language == Language::Django {
            let end = self.text[start + 2..]
                .find(closer)
                .map(|end| start + 2 + end);
            end.map(|end| {
                let list = tokens(&self.text[..end], start + 2, Style::Django);
                (list.map(|read| read.list).unwrap_or_default(), end + 2)
            })
        } else {
            // A tag is not searched for beyond the next one, so that the work stays linear.
            let near = self.text[start + 2..]
                .find(closer)
                .map(|end| start + 2 + end);
            near.and_then(|near| {
                let limit = self.text.len().min(near + 4096);
                let limit = (limit..=self.text.len())
                    .find(|&at| self.text.is_char_boundary(at))
                    .unwrap_or(self.text.len());
                tokens(
                    &self.text[..limit],
                    start + 2 + sign,
                    Style::Jinja(end_bytes),
                )
                .ok()
            })
            .map(|read| {
                let sign = usize::from(matches!(
                    self.text.as_bytes().get(read.end),
                    Some(b'-' | b'+')
                ));
                (read.list, read.end + sign + 2)
            })
        };
        let Some((list, end)) = found else {
            return start + 2;
        };
        if closer == "}}" {
            self.variable((start, end), &list);
            return end;
        }
        self.statement((start, end), &list)
    }

    fn escapes(&self) -> Option<bool> {
        self.escaping.last().copied()
    }

    /// Whether what stands here becomes part of a page: in a template with a parent, only blocks do.
    fn is_shown(&self) -> bool {
        self.parent.is_none()
            || self
                .open
                .iter()
                .any(|open| matches!(open.name.as_str(), "block" | "macro"))
    }

    fn variable(&mut self, span: (usize, usize), list: &[Token]) {
        let output = output_of(self.text, list, self.language);
        self.put(span, output);
    }

    fn put(&mut self, span: (usize, usize), output: Output) {
        let exposure = self.page.exposure();
        self.page.put();
        if !self.is_shown() {
            return;
        }
        self.calls(span, &output);
        self.writer.read_all(&output);
        let escaping = self.escapes();
        // A macro puts out what it is given inside of itself.
        let output = if output
            .calls
            .iter()
            .any(|(name, _)| self.macros.contains(name))
        {
            output.dropped()
        } else {
            output
        };
        if output.all().is_some() {
            self.writer.line(
                span,
                What::Put {
                    output,
                    exposure,
                    escaping,
                },
            );
        }
    }

    /// Calls of macros.
    fn calls(&mut self, span: (usize, usize), output: &Output) {
        for (name, arguments) in &output.calls {
            if self.macros.contains(name) {
                self.writer
                    .plain(span, format!("_macro_{name}({arguments})"));
            }
        }
    }

    fn piece(&self, token: &Token) -> &str {
        &self.text[token.at.clone()]
    }

    fn push(&mut self, name: &str, is_level: bool) {
        self.open.push(Open {
            name: name.to_owned(),
            is_level,
            block: None,
        });
    }

    /// Closes the innermost tag of this name, with those inside that were left open.
    fn pop(&mut self, name: &str) -> Option<Open> {
        let at = self.open.iter().rposition(|open| open.name == name)?;
        let mut closed = None;
        for open in self.open.drain(at..).rev() {
            if open.is_level {
                self.writer.close();
            }
            closed = Some(open);
        }
        closed
    }

    fn statement(&mut self, span: (usize, usize), list: &[Token]) -> usize {
        let Some((first, rest)) = list.split_first() else {
            return span.1;
        };
        let name = self.piece(first).to_owned();
        match name.as_str() {
            "raw" | "verbatim" | "comment" => return self.skip(span.1, &name),
            "autoescape" => {
                let word = rest.first().map_or("", |token| self.piece(token));
                let off = matches!(word, "off" | "false" | "False" | "none" | "None" | "0");
                self.escaping.push(!off);
            }
            "endautoescape" => {
                self.escaping.pop();
            }
            "if" | "ifequal" | "ifnotequal" | "ifchanged" => {
                self.writer.open(span, "if _keep():");
                self.push("if", true);
            }
            "elif" | "elseif" | "else" | "empty" => self.otherwise(span),
            "for" => self.loop_over(span, rest),
            "set" => self.set(span, rest),
            "with" => self.with(span, rest),
            "block" => {
                if let Some(block) = rest.first().map(|token| self.piece(token).to_owned()) {
                    self.writer.open_block(span, &block);
                    self.push("block", true);
                    if let Some(open) = self.open.last_mut() {
                        open.block = Some(block);
                    }
                }
            }
            "extends" => {
                if let Some(parent) = self.constant(rest.first()) {
                    self.parent = Some((parent, span));
                }
            }
            "include" => self.include(span, rest),
            "macro" => self.define(span, rest),
            // The text between is markup already.
            "call" | "filter" | "trans" | "blocktrans" | "blocktranslate" => {
                let output = output_of(self.text, rest, self.language);
                self.calls(span, &output);
            }
            "firstof" | "cycle" | "print" => {
                let output = output_of(self.text, rest, self.language);
                self.put(span, output);
            }
            end => {
                if let Some(name) = end.strip_prefix("end") {
                    let name = match name {
                        "ifequal" | "ifnotequal" | "ifchanged" => "if",
                        other => other,
                    };
                    self.pop(name);
                }
            }
        }
        span.1
    }

    /// Past the end of a block without tags.
    fn skip(&self, from: usize, name: &str) -> usize {
        let end = format!("end{name}");
        let mut at = from;
        while let Some(offset) = self.text[at..].find("{%") {
            let start = at + offset + 2;
            let rest = self.text[start..]
                .trim_start_matches(['-', '+'])
                .trim_start();
            if rest.starts_with(&end) {
                return rest.find("%}").map_or(self.text.len(), |close| {
                    self.text.len() - rest.len() + close + 2
                });
            }
            at = start;
        }
        self.text.len()
    }

    fn otherwise(&mut self, span: (usize, usize)) {
        let Some(at) = self
            .open
            .iter()
            .rposition(|open| matches!(open.name.as_str(), "if" | "for"))
        else {
            return;
        };
        let name = self.open[at].name.clone();
        let innermost = at + 1 == self.open.len();
        if innermost {
            self.writer.close();
            // Each way of several is as likely.
            self.writer.open(span, "if _keep():");
        } else {
            self.pop(&name);
            self.writer.open(span, "if _keep():");
            self.push(&name, true);
        }
    }

    /// `for a, b in items`
    fn loop_over(&mut self, span: (usize, usize), rest: &[Token]) {
        let at = rest.iter().position(|token| self.piece(token) == "in");
        let (targets, source) = match at {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (&rest[..0], rest),
        };
        let names: Vec<String> = targets
            .iter()
            .filter(|token| token.kind == Kind::Name)
            .map(|token| self.piece(token).to_owned())
            .filter(|name| is_identifier(name))
            .collect();
        let output = output_of(self.text, source, self.language);
        self.writer.read_all(&output);
        self.writer.outline.sets.extend(names.iter().cloned());
        let target = if names.is_empty() {
            "_element".to_owned()
        } else {
            names.join(", ")
        };
        let mut value = output.value();
        // Pairs of a dictionary have a method that is called or, in Django, only named.
        if names.len() > 1 && self.language == Language::Django {
            value = format!("_keep({value})");
        }
        self.writer.open(span, format!("for {target} in {value}:"));
        self.push("for", true);
    }

    fn set(&mut self, span: (usize, usize), rest: &[Token]) {
        let Some(at) = rest.iter().position(|token| token.kind == Kind::Assign) else {
            // `{% set x %}…{% endset %}`: its content is judged where it stands.
            return;
        };
        let name = self.piece(&rest[0]).to_owned();
        let output = output_of(self.text, &rest[at + 1..], self.language);
        self.assign(span, &name, &output);
    }

    fn assign(&mut self, span: (usize, usize), name: &str, output: &Output) {
        self.calls(span, output);
        self.writer.read_all(output);
        if is_identifier(name) {
            self.writer.outline.sets.insert(name.to_owned());
            self.writer
                .plain(span, format!("{name} = {}", output.value()));
        }
    }

    /// `with a=b c=d`, `with b as a`
    fn with(&mut self, span: (usize, usize), rest: &[Token]) {
        for (name, output) in self.assignments(rest) {
            self.assign(span, &name, &output);
        }
    }

    fn assignments(&self, rest: &[Token]) -> Vec<(String, Output)> {
        let mut found = Vec::new();
        if let Some(at) = rest.iter().position(|token| self.piece(token) == "as")
            && let Some(name) = rest.get(at + 1)
        {
            let output = output_of(self.text, &rest[..at], self.language);
            found.push((self.piece(name).to_owned(), output));
            return found;
        }
        let marks: Vec<usize> = (1..rest.len())
            .filter(|&at| rest[at].kind == Kind::Assign && rest[at - 1].kind == Kind::Name)
            .collect();
        for (number, &at) in marks.iter().enumerate() {
            let end = marks.get(number + 1).map_or(rest.len(), |next| next - 1);
            let output = output_of(self.text, &rest[at + 1..end.max(at + 1)], self.language);
            found.push((self.piece(&rest[at - 1]).to_owned(), output));
        }
        found
    }

    fn constant(&self, token: Option<&Token>) -> Option<String> {
        let token = token.filter(|token| token.kind == Kind::Text)?;
        Some(self.piece(token).trim_matches(['"', '\'']).to_owned())
    }

    fn include(&mut self, span: (usize, usize), rest: &[Token]) {
        let names: Vec<String> = match rest.first().map(|token| token.kind) {
            Some(Kind::Text) => self.constant(rest.first()).into_iter().collect(),
            Some(Kind::Open(_)) => rest
                .iter()
                .take_while(|token| token.kind != Kind::Close)
                .filter_map(|token| self.constant(Some(token)))
                .collect(),
            _ => Vec::new(),
        };
        let with = rest.iter().position(|token| self.piece(token) == "with");
        let only = rest.last().is_some_and(|token| self.piece(token) == "only");
        let mut extra = Vec::new();
        // Jinja2's `with context` has no assignments.
        if let Some(at) = with {
            for (name, output) in self.assignments(&rest[at + 1..]) {
                self.writer.read_all(&output);
                if is_identifier(&name) {
                    extra.push((name, output.value()));
                }
            }
        }
        if !self.is_shown() {
            return;
        }
        for name in names {
            let what = What::Include {
                name,
                with: extra.clone(),
                only,
            };
            self.writer.line(span, what);
        }
    }

    /// `macro name(a, b=1)`
    fn define(&mut self, span: (usize, usize), rest: &[Token]) {
        let Some(name) = rest.first().map(|token| self.piece(token).to_owned()) else {
            return;
        };
        let mut depth = 0;
        let mut params = Vec::new();
        for (at, token) in rest.iter().enumerate().skip(1) {
            match token.kind {
                Kind::Open(_) => depth += 1,
                Kind::Close => depth -= 1,
                Kind::Name
                    if depth == 1
                        && (rest[at - 1].kind != Kind::Assign)
                        && is_identifier(self.piece(token)) =>
                {
                    let name = self.piece(token).to_owned();
                    if !params.contains(&name) {
                        params.push(name);
                    }
                }
                _ => {}
            }
        }
        // All arguments of a call come as one value.
        self.writer
            .open(span, format!("def _macro_{name}(_given):"));
        for param in &params {
            self.writer.plain(span, format!("{param} = _given"));
        }
        self.macros.push(name);
        self.push("macro", true);
    }

    fn finish(mut self) {
        while let Some(open) = self.open.pop() {
            if open.is_level {
                self.writer.close();
            }
        }
        self.writer.level = 0;
        if let Some((name, span)) = self.parent.take() {
            let what = What::Include {
                name,
                with: Vec::new(),
                only: false,
            };
            self.writer.line(span, what);
        }
    }
}
