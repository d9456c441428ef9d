//! Mako: expressions are Python already.

use super::super::expression::cleans;
use super::super::token::{Kind, Style, Token, tokens};
use super::output::{Output, is_identifier};
use super::page::Page;
use super::{What, Writer};

/// Reads a template.
pub(super) fn read(text: &str, writer: &mut Writer) {
    let mut reader = Reader {
        text,
        writer,
        page: Page::default(),
        levels: Vec::new(),
        parent: None,
    };
    reader.run();
    let parent = reader.parent.take();
    writer.level = 0;
    if let Some((name, span)) = parent {
        let what = What::Include {
            name,
            with: Vec::new(),
            only: false,
        };
        writer.line(span, what);
    }
}

struct Reader<'a, 'w> {
    text: &'a str,
    writer: &'w mut Writer,
    page: Page,
    /// What ends each level that was opened.
    levels: Vec<String>,
    parent: Option<(String, (usize, usize))>,
}

impl Reader<'_, '_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut is_line_start = true;
        while at < self.text.len() {
            let rest = &self.text[at..];
            if is_line_start {
                is_line_start = false;
                let line = rest.split_inclusive('\n').next().unwrap_or(rest);
                let code = line.trim_start();
                if code.starts_with("##") {
                    at += line.len();
                    is_line_start = true;
                    continue;
                }
                if code.starts_with('%') && !code.starts_with("%%") {
                    let start = at + (line.len() - code.len());
                    self.control((start, at + line.trim_end().len()), code[1..].trim());
                    at += line.len();
                    is_line_start = true;
                    continue;
                }
            }
            let next = rest.find(['\n', '$', '<']).unwrap_or(rest.len());
            self.page.feed(&rest[..next]);
            at += next;
            let rest = &self.text[at..];
            if rest.starts_with("${") {
                at = self.expression(at);
            } else if rest.starts_with("<%") || rest.starts_with("</%") {
                at = self.tag(at);
            } else if let Some(first) = rest.chars().next() {
                self.page.feed(&rest[..first.len_utf8()]);
                is_line_start = first == '\n';
                at += first.len_utf8();
            }
        }
    }

    fn expression(&mut self, at: usize) -> usize {
        let Ok(read) = tokens(self.text, at + 2, Style::Mako) else {
            return at + 2;
        };
        let end = read.end + 1;
        let span = (at, end);
        let (code, filters) = super::super::mako::split(&read.list);
        let output = self.output(code);
        let mut is_escaped = false;
        let mut is_bare = false;
        for token in filters.iter().filter(|token| token.kind == Kind::Name) {
            let name = &self.text[token.at.clone()];
            is_escaped |= matches!(name, "h" | "x" | "u" | "entity" | "tojson") || cleans(name);
            is_bare |= name == "n";
        }
        let output = match (is_escaped, is_bare) {
            (true, _) => output.into_escaped(),
            (false, true) => output.marked(),
            _ => output,
        };
        let exposure = self.page.exposure();
        self.page.put();
        self.writer.read_all(&output);
        if output.all().is_some() {
            let what = What::Put {
                output,
                exposure,
                escaping: None,
            };
            self.writer.line(span, what);
        }
        end
    }

    /// The code as it stands, on one line, and the names in it.
    fn output(&mut self, code: &[Token]) -> Output {
        let (Some(first), Some(last)) = (code.first(), code.last()) else {
            return Output::default();
        };
        let text = &self.text[first.at.start..last.at.end];
        let is_content = ["self.", "next.", "parent.", "caller.", "local."]
            .iter()
            .any(|word| text.starts_with(word));
        if is_content || text.contains('#') {
            return Output::default();
        }
        let mut output = match text
            .strip_prefix("Markup(")
            .or(text.strip_prefix("literal("))
        {
            Some(_) => Output::plain(on_one_line(text)).marked(),
            None => Output::plain(on_one_line(text)),
        };
        output.names = self.names(code);
        if output.names.is_empty() {
            return Output::default();
        }
        output
    }

    fn names(&self, code: &[Token]) -> std::collections::BTreeSet<String> {
        code.iter()
            .enumerate()
            .filter(|(at, token)| {
                token.kind == Kind::Name
                    && (*at == 0 || code[at - 1].kind != Kind::Dot)
                    && code
                        .get(at + 1)
                        .is_none_or(|next| next.kind != Kind::Assign)
            })
            .map(|(_, token)| self.text[token.at.clone()].to_owned())
            .filter(|name| is_identifier(name))
            .filter(|name| {
                !matches!(
                    name.as_str(),
                    "str" | "len" | "repr" | "int" | "range" | "sorted"
                )
            })
            .collect()
    }

    /// `% for x in y:`, `% endfor`
    fn control(&mut self, span: (usize, usize), code: &str) {
        let word = code.split([' ', ':', '(']).next().unwrap_or_default();
        if let Some(ended) = word.strip_prefix("end") {
            if let Some(at) = self.levels.iter().rposition(|open| open == ended) {
                for _ in at..self.levels.len() {
                    self.writer.close();
                }
                self.levels.truncate(at);
            }
            return;
        }
        if !code.ends_with(':') {
            return;
        }
        if let Ok(read) = tokens(&format!("{code}}}"), 0, Style::Mako) {
            let names: Vec<String> = read
                .list
                .iter()
                .enumerate()
                .filter(|(at, token)| {
                    token.kind == Kind::Name && (*at == 0 || read.list[at - 1].kind != Kind::Dot)
                })
                .map(|(_, token)| code[token.at.clone()].to_owned())
                .filter(|name| is_identifier(name))
                .collect();
            for name in names {
                self.writer.read(&name);
            }
        }
        match word {
            "for" | "while" | "if" | "with" | "try" => {
                self.writer.open(span, code);
                self.levels.push(word.to_owned());
            }
            "elif" | "else" | "except" | "finally" if !self.levels.is_empty() => {
                self.writer.close();
                self.writer.open(span, code);
            }
            _ => {}
        }
    }

    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        if rest.starts_with("<%!") || rest.starts_with("<%\n") || rest.starts_with("<% ") {
            return rest.find("%>").map_or(self.text.len(), |end| at + end + 2);
        }
        let Some(close) = rest.find('>') else {
            return self.text.len();
        };
        let tag = &rest[..=close];
        let span = (at, at + close + 1);
        let value = |name: &str| {
            let (_, after) = tag.split_once(&format!("{name}=\""))?;
            after.split('"').next().map(str::to_owned)
        };
        if tag.starts_with("<%text") || tag.starts_with("<%doc") {
            let end = if tag.starts_with("<%text") {
                "</%text>"
            } else {
                "</%doc>"
            };
            return rest
                .find(end)
                .map_or(self.text.len(), |found| at + found + end.len());
        }
        if tag.starts_with("<%include")
            && let Some(name) = value("file")
        {
            let what = What::Include {
                name,
                with: Vec::new(),
                only: false,
            };
            self.writer.line(span, what);
        } else if tag.starts_with("<%inherit")
            && let Some(name) = value("file")
        {
            self.parent = Some((name, span));
        } else if tag.starts_with("<%block") && !tag.ends_with("/>") {
            match value("name") {
                Some(name) => self.writer.open_block(span, &name),
                None => self.writer.open(span, "if _keep():"),
            }
            self.levels.push("block".to_owned());
        } else if tag.starts_with("</%block") {
            self.control(span, "endblock");
        }
        span.1
    }
}

/// Python on one line.
fn on_one_line(text: &str) -> String {
    format!(
        "({})",
        text.split(['\n', '\r']).collect::<Vec<_>>().join(" ")
    )
}
