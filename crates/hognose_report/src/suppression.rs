//! Suppression comments: from a comment's text to a [`Directive`].
//!
//! ```text
//! # hognose: ignore[sql-injection, S105] reason="a constant" until=2027-01-31
//! # hognose: ignore-file[assert-used]
//! # nosec        # nosec B602, B607 the command is fixed
//! # noqa         # noqa: S602       # ruff: noqa: S101     # flake8: noqa
//! ```
//!
//! Ours must name rules and must be well formed, since a comment that silently accepts more (or less) than its author
//! thinks is worse than none. Those of other tools are read as those tools read them.

use std::sync::Arc;

use hognose_finding::{Directive, DirectiveKind, DirectiveScope, Range};
use jiff::civil::Date;

/// A comment as the scanners of source files and templates give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// Where it stands.
    pub range: Range,
    /// First and last line (1-based, inclusive) of the logical line it belongs to; see [`Directive::lines`].
    pub lines: (u32, u32),
    /// All of it, with its opener: `# nosec`, `{# hognose: ignore[template-unescaped] #}`.
    pub text: &'a str,
}

/// What one comment says. A comment may hold several: `# noqa: S602  # nosec B602`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedDirective {
    /// Which spelling it is.
    pub kind: DirectiveKind,
    /// How far it reaches.
    pub scope: DirectiveScope,
    /// The codes or rule ids it names; empty means all.
    pub codes: Vec<String>,
    /// Why, if it says so.
    pub reason: Option<String>,
    /// Last day on which it holds, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// What is wrong with the spelling, if anything.
    pub malformed: Option<String>,
}

/// The directives in the comments of one file, in order.
pub fn directives_of(path: &Arc<str>, comments: &[Comment<'_>]) -> Vec<Directive> {
    let mut out = Vec::new();
    for comment in comments {
        for parsed in parse_directives(comment.text) {
            let own = comment.range.start.line;
            let (first, last) = comment.lines;
            // The other tools do not let a comment on its own line speak for the statement after it.
            let lines = if parsed.kind != DirectiveKind::Hognose && !(first..=last).contains(&own) {
                (own, own)
            } else {
                (first, last)
            };
            out.push(Directive {
                path: Arc::clone(path),
                range: comment.range,
                lines,
                scope: parsed.scope,
                kind: parsed.kind,
                codes: parsed.codes,
                reason: parsed.reason,
                until: parsed.until,
                malformed: parsed.malformed,
            });
        }
    }
    out
}

/// Reads the directives in the text of one comment.
pub fn parse_directives(comment: &str) -> Vec<ParsedDirective> {
    let mut out = Vec::new();
    let mut rest = comment;
    while let Some(opener) = rest.find(['#', '<']) {
        let body = &rest[opener..];
        let body = body.strip_prefix("<!--").unwrap_or(&body[1..]);
        // `## …` in Mako, `#: …` of documentation tools.
        let body = body.trim_start_matches(['#', ' ', '\t']);
        rest = if let Some(after) = body.strip_prefix("hognose:") {
            let (parsed, rest) = ours(after);
            out.push(parsed);
            rest
        } else {
            let (own, rest) = segment(body);
            out.extend(nosec(own).or_else(|| noqa(own)));
            rest
        };
    }
    out
}

/// The text up to the next comment opener or the end of the comment, and what comes after.
fn segment(body: &str) -> (&str, &str) {
    let end = [body.find('#'), body.find("-->")]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(body.len());
    body.split_at(end)
}

/// What comes after `hognose:`, and the text after the directive.
fn ours(after: &str) -> (ParsedDirective, &str) {
    let mut parsed = ParsedDirective {
        kind: DirectiveKind::Hognose,
        scope: DirectiveScope::Lines,
        codes: Vec::new(),
        reason: None,
        until: None,
        malformed: None,
    };
    match read_ours(after, &mut parsed) {
        Ok(rest) => (parsed, rest),
        Err(what) => {
            parsed.malformed = Some(what);
            (parsed, "")
        }
    }
}

fn read_ours<'a>(after: &'a str, parsed: &mut ParsedDirective) -> Result<&'a str, String> {
    let (word, rest) = word(after.trim_start());
    parsed.scope = match word {
        "ignore" => DirectiveScope::Lines,
        "ignore-file" => DirectiveScope::File,
        _ => {
            return Err(format!(
                "expected `ignore[rule-id]` or `ignore-file[rule-id]`, found `{word}`"
            ));
        }
    };
    let Some(list) = rest.trim_start().strip_prefix('[') else {
        return Err(format!("name the rules it accepts: `{word}[rule-id]`"));
    };
    let Some((list, mut rest)) = list.split_once(']') else {
        return Err("`[` is never closed".to_owned());
    };
    parsed.codes = list
        .split(',')
        .map(str::trim)
        .filter(|code| !code.is_empty())
        .map(str::to_owned)
        .collect();
    if parsed.codes.is_empty() {
        return Err(format!("no rule is named in `{word}[]`"));
    }
    loop {
        rest = rest.trim_start();
        if rest.is_empty() || ["#", "-->", "*/"].iter().any(|end| rest.starts_with(end)) {
            return Ok(rest);
        }
        rest = if let Some(value) = rest.strip_prefix("reason=") {
            let (reason, rest) = quoted(value)?;
            parsed.reason = (!reason.trim().is_empty()).then(|| reason.trim().to_owned());
            rest
        } else if let Some(value) = rest.strip_prefix("until=") {
            let end = value.find([' ', '\t', '#']).unwrap_or(value.len());
            let (day, rest) = value.split_at(end);
            let day = day.trim_matches(['"', '\'']);
            if date(day).is_none() {
                return Err(format!("`{day}` is not a day such as `2027-01-31`"));
            }
            parsed.until = Some(day.to_owned());
            rest
        } else {
            let found = rest.split_whitespace().next().unwrap_or_default();
            return Err(format!(
                "unexpected `{found}`, only `reason=\"…\"` and `until=YYYY-MM-DD` may follow"
            ));
        };
    }
}

/// The day written `YYYY-MM-DD`, and in no other way.
pub(crate) fn date(text: &str) -> Option<Date> {
    let plain = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    plain.then(|| text.parse().ok()).flatten()
}

/// The leading letters and hyphens, and what comes after.
fn word(text: &str) -> (&str, &str) {
    let end = text
        .find(|char: char| !(char.is_alphanumeric() || char == '-' || char == '_'))
        .unwrap_or(text.len());
    text.split_at(end)
}

/// A string in quotes of either kind, a backslash escaping the character after it, and what comes after.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let Some(quote @ ('"' | '\'')) = text.chars().next() else {
        return Err("the reason must stand in quotes: `reason=\"…\"`".to_owned());
    };
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((index, char)) = chars.next() {
        match char {
            '\\' => value.extend(chars.next().map(|(_, char)| char)),
            _ if char == quote => return Ok((value, &text[index + 1..])),
            _ => value.push(char),
        }
    }
    Err("the quotes around the reason are never closed".to_owned())
}

/// Bandit's comment. Codes may stand anywhere in it; without any it accepts everything.
///
/// Bandit also takes names of tests in place of codes. Those count as words here, so that such a comment accepts
/// everything on its line: its author has looked at the line, and we do not know Bandit's names.
fn nosec(body: &str) -> Option<ParsedDirective> {
    let rest = keyword(body, "nosec")?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let is_code = |token: &str| {
        token
            .strip_prefix(['B', 'b'])
            .is_some_and(|digits| digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit()))
    };
    let codes = tokens(rest)
        .filter(|token| is_code(token))
        .map(str::to_ascii_uppercase)
        .collect();
    Some(foreign(
        DirectiveKind::Nosec,
        DirectiveScope::Lines,
        codes,
        after_codes(rest, is_code),
    ))
}

/// Ruff's and flake8's comment. After a colon there must be codes, else those tools ignore it, and so do we.
fn noqa(body: &str) -> Option<ParsedDirective> {
    let for_file = ["ruff", "flake8"].iter().find_map(|tool| {
        body.strip_prefix(tool)?
            .trim_start()
            .strip_prefix([':', '='])
    });
    let scope = if for_file.is_some() {
        DirectiveScope::File
    } else {
        DirectiveScope::Lines
    };
    let rest = keyword(for_file.unwrap_or(body).trim_start(), "noqa")?;
    let Some(list) = rest.trim_start().strip_prefix(':') else {
        return Some(foreign(
            DirectiveKind::Noqa,
            scope,
            Vec::new(),
            after_codes(rest, |_| false),
        ));
    };
    let is_code = |token: &str| {
        let digits = token.trim_start_matches(|char: char| char.is_ascii_alphabetic());
        digits.len() < token.len()
            && !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let codes: Vec<String> = tokens(list)
        .take_while(|token| is_code(token))
        .map(str::to_ascii_uppercase)
        .collect();
    (!codes.is_empty()).then(|| {
        foreign(
            DirectiveKind::Noqa,
            scope,
            codes,
            after_codes(list, is_code),
        )
    })
}

/// What comes after the word `keyword` in any case, if `body` starts with that whole word.
fn keyword<'a>(body: &'a str, keyword: &str) -> Option<&'a str> {
    let head = body.get(..keyword.len())?;
    let rest = &body[keyword.len()..];
    let ends = !rest.starts_with(|char: char| char.is_alphanumeric() || char == '_');
    (head.eq_ignore_ascii_case(keyword) && ends).then_some(rest)
}

fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', '\t', ','])
        .filter(|token| !token.is_empty())
}

/// The words after the leading codes, which are the reason as far as there is one.
fn after_codes(text: &str, is_code: impl Fn(&str) -> bool) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',']).unwrap_or(rest.len());
        if end == 0 || !is_code(&rest[..end]) {
            break;
        }
        rest = &rest[end..];
    }
    let is_edge =
        |char: char| char.is_whitespace() || matches!(char, '-' | '–' | '—' | ':' | ',' | ';');
    let reason = rest.trim_matches(is_edge);
    (!reason.is_empty()).then(|| reason.to_owned())
}

fn foreign(
    kind: DirectiveKind,
    scope: DirectiveScope,
    codes: Vec<String>,
    reason: Option<String>,
) -> ParsedDirective {
    ParsedDirective {
        kind,
        scope,
        codes,
        reason,
        until: None,
        malformed: None,
    }
}
