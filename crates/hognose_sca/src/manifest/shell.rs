//! Scripts of a POSIX shell, read for the commands that install something.

use rustc_hash::FxHashMap;

use super::pip_command::{self, Word};
use super::reader::Reader;
use super::text::Span;

/// Scripts in arguments of scripts (`sh -c "…"`).
const MAX_DEPTH: usize = 4;

/// Variables whose value is known.
pub(crate) type Variables = FxHashMap<String, String>;

/// Reads the script at `part` of `text`, which has the same offsets as the reader's text.
pub(crate) fn read(reader: &mut Reader<'_>, text: &str, part: Span, variables: &mut Variables) {
    read_at_depth(reader, text, part, variables, 0);
}

fn read_at_depth(
    reader: &mut Reader<'_>,
    text: &str,
    part: Span,
    variables: &mut Variables,
    depth: usize,
) {
    let mut scanner = Scanner {
        text,
        at: part.start,
        end: part.end,
        words: Vec::new(),
        word: None,
        heredocs: Vec::new(),
        redirects: false,
    };
    while let Some(words) = scanner.command(variables) {
        assign(&words, variables);
        // `sh -c "…"`: a script of its own, where it stands as it is.
        let inner = words.iter().position(|word| {
            matches!(
                word.text.as_str(),
                "-c" | "-lc" | "-ec" | "-exc" | "-xc" | "-euxc"
            )
        });
        if let Some(script) = inner
            .and_then(|at| words.get(at + 1))
            .filter(|_| is_shell(&words))
        {
            let content = script.span.start + 1..script.span.end.saturating_sub(1);
            if depth < MAX_DEPTH
                && text.get(content.clone()).is_some()
                && content.start < content.end
            {
                read_at_depth(reader, text, content, variables, depth + 1);
            }
            continue;
        }
        pip_command::command(reader, &words);
    }
}

fn is_shell(words: &[Word]) -> bool {
    words.iter().take(4).any(|word| {
        let name = word.text.rsplit('/').next().unwrap_or_default();
        matches!(name, "sh" | "bash" | "dash" | "zsh" | "ash")
    })
}

/// Notes `NAME=value` and `export NAME=value`.
fn assign(words: &[Word], variables: &mut Variables) {
    let exports = words
        .first()
        .is_some_and(|word| matches!(word.text.as_str(), "export" | "local" | "readonly"));
    let words = &words[usize::from(exports)..];
    let all = words.iter().all(|word| word.text.contains('='));
    if !all {
        return;
    }
    for word in words {
        if let Some((name, value)) = word.text.split_once('=') {
            if word.unknown {
                variables.remove(name);
            } else {
                variables.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

/// Goes through a script, command by command.
struct Scanner<'t> {
    text: &'t str,
    at: usize,
    end: usize,
    words: Vec<Word>,
    word: Option<Word>,
    /// Closing words of the texts that follow the next line end.
    heredocs: Vec<String>,
    /// Whether the next word is the file of a redirection.
    redirects: bool,
}

impl Scanner<'_> {
    /// The next command with words, or nothing at the end.
    fn command(&mut self, variables: &Variables) -> Option<Vec<Word>> {
        while let Some(c) = self.peek() {
            let start = self.at;
            match c {
                '\n' => {
                    self.at += 1;
                    self.skip_heredocs();
                    self.end_word();
                    if !self.words.is_empty() {
                        return Some(std::mem::take(&mut self.words));
                    }
                }
                ';' | '&' | '|' | '(' | ')' | '`' => {
                    self.at += 1;
                    // `2>&1` and `&>file` are redirections.
                    if c == '&' && (self.redirects || self.peek() == Some('>')) {
                        continue;
                    }
                    self.end_word();
                    if !self.words.is_empty() {
                        return Some(std::mem::take(&mut self.words));
                    }
                }
                '#' if self.word.is_none() => self.skip_line(),
                c if c.is_whitespace() => {
                    self.at += c.len_utf8();
                    self.end_word();
                }
                '<' | '>' => self.redirect(),
                '\\' => {
                    self.at += 1;
                    match self.peek() {
                        // Joined with the next line.
                        Some('\n') => self.at += 1,
                        Some('\r') => {
                            let rest = &self.text[self.at + 1..self.end];
                            self.at += 1 + usize::from(rest.starts_with('\n'));
                        }
                        Some(c) => {
                            self.at += c.len_utf8();
                            self.push(c, start);
                        }
                        None => {}
                    }
                }
                '\'' => {
                    self.at += 1;
                    let rest = &self.text[self.at..self.end];
                    let length = rest.find('\'').unwrap_or(rest.len());
                    self.push_str(&rest[..length], start);
                    self.at = (self.at + length + 1).min(self.end);
                    self.extend_word();
                }
                '"' => self.double_quoted(variables),
                '$' => {
                    if self.text[self.at..self.end].starts_with("$(") {
                        // The commands inside are read as what follows; the word is not known.
                        self.at += 2;
                        self.mark_unknown(start);
                        self.end_word();
                        if !self.words.is_empty() {
                            return Some(std::mem::take(&mut self.words));
                        }
                    } else {
                        self.variable(variables, start);
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    self.push(c, start);
                }
            }
        }
        self.end_word();
        (!self.words.is_empty()).then(|| std::mem::take(&mut self.words))
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..self.end].chars().next()
    }

    fn current(&mut self, start: usize) -> &mut Word {
        self.word.get_or_insert_with(|| Word {
            text: String::new(),
            span: start..start,
            unknown: false,
        })
    }

    fn push(&mut self, c: char, start: usize) {
        self.current(start).text.push(c);
        self.extend_word();
    }

    fn push_str(&mut self, text: &str, start: usize) {
        self.current(start).text.push_str(text);
        self.extend_word();
    }

    fn mark_unknown(&mut self, start: usize) {
        self.current(start).unknown = true;
        self.extend_word();
    }

    fn extend_word(&mut self) {
        let at = self.at;
        if let Some(word) = &mut self.word {
            word.span.end = at;
        }
    }

    fn end_word(&mut self) {
        if let Some(word) = self.word.take()
            && !std::mem::take(&mut self.redirects)
        {
            self.words.push(word);
        }
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..self.end];
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// `>file`, `2>&1`, `<<EOF`.
    fn redirect(&mut self) {
        // A number in front of it is that of a file.
        if self
            .word
            .as_ref()
            .is_some_and(|word| word.text.bytes().all(|b| b.is_ascii_digit()))
        {
            self.word = None;
        }
        self.end_word();
        let rest = &self.text[self.at..self.end];
        if let Some(after) = rest
            .strip_prefix("<<")
            .filter(|after| !after.starts_with('<'))
        {
            let after = after
                .strip_prefix('-')
                .unwrap_or(after)
                .trim_start_matches([' ', '\t']);
            let end = after.find(char::is_whitespace).unwrap_or(after.len());
            let word = after[..end]
                .trim_matches(['\'', '"'])
                .trim_end_matches([';', ')']);
            if !word.is_empty() {
                self.heredocs.push(word.to_owned());
            }
            self.at = self.end - after.len() + end;
            return;
        }
        let operator = rest.len() - rest.trim_start_matches(['<', '>', '&', '|']).len();
        self.at += operator.max(1);
        self.redirects = true;
    }

    /// Passes over the texts that were announced on the line before.
    fn skip_heredocs(&mut self) {
        for close in std::mem::take(&mut self.heredocs) {
            while self.at < self.end {
                let rest = &self.text[self.at..self.end];
                let line = rest.split_inclusive('\n').next().unwrap_or(rest);
                self.at += line.len();
                if line.trim() == close {
                    break;
                }
            }
        }
    }

    fn double_quoted(&mut self, variables: &Variables) {
        let start = self.at;
        self.at += 1;
        self.push_str("", start);
        while let Some(c) = self.peek() {
            self.at += c.len_utf8();
            match c {
                '"' => break,
                '\\' => match self.peek() {
                    Some('\n') => self.at += 1,
                    Some(escaped @ ('"' | '\\' | '$' | '`')) => {
                        self.at += 1;
                        self.push(escaped, start);
                    }
                    _ => self.push('\\', start),
                },
                '`' => self.mark_unknown(start),
                '$' => {
                    self.at -= 1;
                    if self.text[self.at..self.end].starts_with("$(") {
                        self.at += 2;
                        self.mark_unknown(start);
                    } else {
                        self.variable(variables, start);
                    }
                }
                c => self.push(c, start),
            }
        }
        self.extend_word();
    }

    /// `$NAME`, `${NAME}`, `${NAME:-default}`, `${{ expression }}`.
    fn variable(&mut self, variables: &Variables, start: usize) {
        let rest = &self.text[self.at + 1..self.end];
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if rest.starts_with("{{") {
            let length = rest.find("}}").map_or(rest.len(), |at| at + 2);
            self.at += 1 + length;
            return self.mark_unknown(start);
        }
        if let Some(inner) = rest.strip_prefix('{') {
            let length = inner.find('}').unwrap_or(inner.len());
            self.at = (self.at + 2 + length + 1).min(self.end);
            let inner = &inner[..length];
            let end = inner.find(|c| !is_name(c)).unwrap_or(length);
            let (name, rest) = inner.split_at(end);
            let default = rest.strip_prefix(":-").or_else(|| rest.strip_prefix('-'));
            match variables.get(name) {
                Some(value) if rest.is_empty() || default.is_some() => self.push_str(value, start),
                None if default.is_some_and(|default| !default.contains('$')) => {
                    self.push_str(default.unwrap_or_default(), start);
                }
                _ => self.mark_unknown(start),
            }
            return;
        }
        let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
        if length == 0 {
            // `$@`, `$?` and their like take one character; a lone `$` is itself.
            let special = rest.chars().next().filter(|c| "@*#?$!-".contains(*c));
            self.at += 1 + special.map_or(0, char::len_utf8);
            return match special {
                Some(_) => self.mark_unknown(start),
                None => self.push('$', start),
            };
        }
        self.at += 1 + length;
        match variables.get(&rest[..length]) {
            Some(value) => self.push_str(value, start),
            None => self.mark_unknown(start),
        }
    }
}
