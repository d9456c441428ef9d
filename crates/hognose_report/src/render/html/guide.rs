//! The page of a rule: its Markdown as markup.

use std::fmt::Write as _;

use hognose_finding::Rule;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::code;
use super::finding::rule_facts;
use super::markup::{escaped, rule_anchor};
use crate::summary::counted;

/// The rule's page; it stands in the document once, however many findings point to it.
pub(super) fn page(out: &mut String, rule: &Rule, findings: usize) {
    let severity = rule.severity;
    let _ = writeln!(
        out,
        "<details class=\"rule {severity}\" id=\"{}\" open>\n\
         <summary><span class=\"pill\">{severity}</span> <span class=\"what\">{}</span> \
         <span class=\"meta\"><span class=\"id\">{}</span> <span>{}</span></span></summary>\n<div class=\"body\">",
        rule_anchor(&rule.id),
        escaped(&rule.name),
        escaped(&rule.id),
        counted(findings as u64, "finding"),
    );
    out.push_str(&markdown(&rule.help));
    out.push_str("<dl class=\"facts\">");
    rule_facts(out, rule);
    let _ = writeln!(
        out,
        "<div><dt>Since</dt><dd>{}</dd></div><div><dt>Suppress</dt>\
         <dd><code># hognose: ignore[{}]</code></dd></div></dl>\n</div></details>",
        escaped(&rule.since),
        escaped(&rule.id)
    );
}

/// Markdown as markup: HTML in it is shown as text, only links to the web stay links, pictures become their words.
fn markdown(text: &str) -> String {
    let mut events = Vec::new();
    let mut block: Option<(String, String)> = None;
    let mut links = Vec::new();
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        let own = |markup: String| Event::Html(CowStr::from(markup));
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let info = match kind {
                    CodeBlockKind::Fenced(info) => info.to_string(),
                    CodeBlockKind::Indented => String::new(),
                };
                block = Some((info, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                let (info, text) = block.take().unwrap_or_default();
                events.push(own(example(&info, &text)));
            }
            Event::Text(text) => match &mut block {
                Some((_, block)) => block.push_str(&text),
                None => events.push(own(escaped(&text))),
            },
            Event::InlineHtml(text) => events.push(own(escaped(&text.replace('\n', " ")))),
            Event::Html(text) => {
                for line in text.lines() {
                    events.push(own(escaped(line)));
                    events.push(Event::SoftBreak);
                }
            }
            Event::Code(text) => events.push(own(format!("<code>{}</code>", escaped(&text)))),
            // The page's own headings are the levels above.
            Event::Start(Tag::Heading { .. }) => events.push(own("<h4>".to_owned())),
            Event::End(TagEnd::Heading(_)) => events.push(own("</h4>\n".to_owned())),
            Event::Start(Tag::HtmlBlock) => events.push(Event::Start(Tag::Paragraph)),
            Event::End(TagEnd::HtmlBlock) => events.push(Event::End(TagEnd::Paragraph)),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let web = ["https://", "http://"]
                    .iter()
                    .any(|scheme| dest_url.starts_with(scheme));
                links.push(web);
                if web {
                    let url = escaped(&dest_url);
                    events.push(own(format!(
                        "<a href=\"{url}\" rel=\"noopener noreferrer\" target=\"_blank\">"
                    )));
                }
            }
            Event::End(TagEnd::Link) => {
                if links.pop() == Some(true) {
                    events.push(own("</a>".to_owned()));
                }
            }
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => {}
            event => events.push(event),
        }
    }
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    out
}

/// A block of code. In an example of a rule, a comment at the end says on which lines it is found.
fn example(info: &str, text: &str) -> String {
    let mut words = info.split_whitespace();
    let language = words.next().unwrap_or_default();
    let mut out = String::new();
    if let Some(file) = words.find_map(|word| word.strip_prefix("file=")) {
        let _ = writeln!(out, "<p class=\"at\">{}</p>", escaped(file));
    }
    code::open(&mut out, language == "python");
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        let comment = line.trim_end().trim_end_matches("#}").trim_end();
        let class = if comment.ends_with("# finding") {
            "l bad"
        } else if comment.ends_with("# possible") {
            "l maybe"
        } else {
            "l"
        };
        let _ = write!(out, "<span class=\"{class}\">{}</span>", escaped(line));
    }
    code::close(&mut out);
    out
}
