//! Markdown for the terminal: headings, paragraphs, lists, code, links.

use anstyle::{AnsiColor, Style};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

/// How to show it.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Colours.
    pub colour: bool,
    /// Links that can be clicked on (OSC 8).
    pub links: bool,
    /// Columns.
    pub width: usize,
}

const HEADING: Style = AnsiColor::Green.on_default().bold();
const CODE: Style = AnsiColor::Cyan.on_default();
const STRONG: Style = Style::new().bold();
const EMPHASIS: Style = Style::new().italic();

/// Renders `source`; the text ends with a newline.
pub fn render(source: &str, look: &Look) -> String {
    let mut page = Page {
        look,
        out: String::new(),
        inline: String::new(),
        lists: Vec::new(),
        quotes: 0,
        code: None,
    };
    let mut link: Option<(String, usize)> = None;
    for event in Parser::new_ext(source, Options::ENABLE_TABLES) {
        match event {
            Event::End(TagEnd::Heading(_)) => page.heading(),
            Event::End(
                TagEnd::Paragraph | TagEnd::HtmlBlock | TagEnd::TableHead | TagEnd::TableRow,
            ) => page.paragraph(),
            Event::End(TagEnd::TableCell) => page.inline.push_str("  "),
            Event::Start(Tag::List(first)) => {
                page.paragraph(); // the text of the item around it
                page.lists.push(first);
            }
            Event::End(TagEnd::List(_)) => {
                page.lists.pop();
                page.blank();
            }
            Event::End(TagEnd::Item) => page.item(),
            Event::Start(Tag::BlockQuote(_)) => page.quotes += 1,
            Event::End(TagEnd::BlockQuote(_)) => page.quotes -= 1,
            Event::Start(Tag::CodeBlock(kind)) => {
                page.paragraph();
                page.code = Some(String::new());
                if let CodeBlockKind::Fenced(info) = kind
                    && let Some(file) = info
                        .split_whitespace()
                        .find_map(|word| word.strip_prefix("file="))
                {
                    page.line(&page.painted(STRONG, &format!("    {file}")));
                }
            }
            Event::End(TagEnd::CodeBlock) => page.code_block(),
            Event::Text(text) | Event::InlineHtml(text) | Event::Html(text) => match &mut page.code
            {
                Some(code) => code.push_str(&text),
                None => page.inline.push_str(&text),
            },
            Event::Code(code) => {
                let code = if look.colour {
                    page.painted(CODE, &code)
                } else {
                    format!("`{code}`")
                };
                page.inline.push_str(&code);
            }
            Event::Start(Tag::Emphasis) => page.style(EMPHASIS, true),
            Event::End(TagEnd::Emphasis) => page.style(EMPHASIS, false),
            Event::Start(Tag::Strong) => page.style(STRONG, true),
            Event::End(TagEnd::Strong) => page.style(STRONG, false),
            Event::Start(Tag::Link { dest_url, .. }) => {
                link = Some((dest_url.into_string(), page.inline.len()));
            }
            Event::End(TagEnd::Link) => {
                if let Some((target, start)) = link.take() {
                    page.link(&target, start);
                }
            }
            Event::SoftBreak => page.inline.push(' '),
            Event::HardBreak => page.inline.push('\n'),
            Event::Rule => page.line(&"─".repeat(look.width.min(20))),
            _ => {}
        }
    }
    page.paragraph();
    page.out.trim_end().to_owned() + "\n"
}

struct Page<'a> {
    look: &'a Look,
    out: String,
    /// What has been read of the current paragraph, item or heading.
    inline: String,
    /// The number of the next item of each list that is open; none for bullets.
    lists: Vec<Option<u64>>,
    quotes: usize,
    code: Option<String>,
}

impl Page<'_> {
    fn painted(&self, style: Style, text: &str) -> String {
        if self.look.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }

    fn style(&mut self, style: Style, begins: bool) {
        if self.look.colour {
            let code = if begins {
                style.render().to_string()
            } else {
                style.render_reset().to_string()
            };
            self.inline.push_str(&code);
        }
    }

    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// An empty line, unless there is one.
    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn heading(&mut self) {
        self.blank();
        let heading = std::mem::take(&mut self.inline);
        let heading = self.painted(HEADING, &heading);
        self.line(&heading);
    }

    fn paragraph(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        if !self.lists.is_empty() {
            self.inline = text; // the item says where it goes
            return self.item();
        }
        let indent = "> ".repeat(self.quotes);
        let wrapped = wrap(text.trim(), self.look.width, &indent, &indent);
        self.line(&wrapped);
        self.blank();
    }

    fn item(&mut self) {
        let text = std::mem::take(&mut self.inline);
        if text.trim().is_empty() {
            return;
        }
        let depth = self.lists.len().saturating_sub(1);
        let marker = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "- ".to_owned(),
        };
        let first = format!("{}{marker}", "  ".repeat(depth));
        let rest = " ".repeat(first.len());
        let wrapped = wrap(text.trim(), self.look.width, &first, &rest);
        self.line(&wrapped);
    }

    fn code_block(&mut self) {
        let code = self.code.take().unwrap_or_default();
        for line in code.lines() {
            let line = if line.is_empty() {
                String::new()
            } else {
                format!("    {}", self.painted(CODE, line))
            };
            self.line(&line);
        }
        self.blank();
    }

    /// A link whose text begins at `start` of the paragraph. Where links cannot be clicked on, the target is spelled
    /// out unless the text is the target.
    fn link(&mut self, target: &str, start: usize) {
        let text = self.inline.split_off(start);
        let linked = if self.look.links {
            format!("\x1b]8;;{target}\x1b\\{text}\x1b]8;;\x1b\\")
        } else if text == target {
            text
        } else {
            format!("{text} ({target})")
        };
        self.inline.push_str(&linked);
    }
}

/// Breaks `text` between words so that lines fit into `width` columns; `first` and `rest` begin the lines.
/// What moves no cursor (colours, links) takes no room.
pub fn wrap(text: &str, width: usize, first: &str, rest: &str) -> String {
    let mut out = first.to_owned();
    for (index, paragraph) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
            out.push_str(rest);
        }
        let start = if index == 0 {
            first.width()
        } else {
            rest.width()
        };
        let mut column = start;
        let mut is_empty = true;
        for word in words(paragraph) {
            let wide = shown_width(word);
            if !is_empty && column + 1 + wide > width {
                out.push('\n');
                out.push_str(rest);
                column = rest.width();
                is_empty = true;
            }
            if !is_empty {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += wide;
            is_empty = false;
        }
    }
    out
}

/// Words of a paragraph; inline code in backquotes is one word.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start = 0;
    let mut in_code = false;
    for (at, character) in text.char_indices() {
        match character {
            '`' => in_code = !in_code,
            ' ' if !in_code => {
                words.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&text[start..]);
    words.retain(|word| !word.is_empty());
    words
}

fn shown_width(text: &str) -> usize {
    let mut wide = 0;
    let mut rest = text;
    while let Some(escape) = rest.find('\x1b') {
        wide += rest[..escape].width();
        rest = &rest[escape..];
        // CSI ends with a letter, OSC with ESC \.
        let end = if rest.starts_with("\x1b]") {
            rest[1..].find("\x1b\\").map(|end| end + 3)
        } else {
            rest.find(|character: char| character.is_ascii_alphabetic())
                .map(|end| end + 1)
        };
        rest = &rest[end.unwrap_or(rest.len())..];
    }
    wide + rest.width()
}

#[cfg(test)]
mod tests {
    use super::{Look, render, shown_width, wrap};

    fn check(source: &str, expected: &str) {
        assert_eq!(
            render(
                source,
                &Look {
                    colour: false,
                    links: false,
                    width: 30
                }
            ),
            expected
        );
    }

    #[test]
    fn a_page() {
        check(
            "## What it is\n\nText that is a bit longer\nthan one line. Has `code`.\n\n```python file=a.py\nx = 1\n\ny = 2\n```\n\n\
             - one\n- two that is also longer than one line\n  - inner\n\n1. first\n2. second\n",
            "What it is\nText that is a bit longer than\none line. Has `code`.\n\n    a.py\n    x = 1\n\n    y = 2\n\n\
             - one\n- two that is also longer than\n  one line\n  - inner\n\n1. first\n2. second\n",
        );
    }

    #[test]
    fn links_are_spelled_out() {
        check("See [it](https://e.org/a).", "See it (https://e.org/a).\n");
        check("<https://e.org>", "https://e.org\n");
    }

    #[test]
    fn what_is_not_seen_takes_no_room() {
        assert_eq!(shown_width("\x1b[1mab\x1b[0m"), 2);
        assert_eq!(
            shown_width("\x1b]8;;https://e.org\x1b\\ab\x1b]8;;\x1b\\c"),
            3
        );
        assert_eq!(shown_width("日本"), 4);
        assert_eq!(wrap("aa bb", 4, "", " "), "aa\n bb");
    }
}
