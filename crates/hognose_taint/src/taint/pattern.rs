//! The characters that a regular expression lets through, as far as that is simple to say.

/// A set of characters: of ASCII one by one, of the rest all or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Characters {
    ascii: u128,
    rest: bool,
}

impl Characters {
    const NONE: Characters = Characters {
        ascii: 0,
        rest: false,
    };

    pub fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            self.ascii >> (c as u32) & 1 == 1
        } else {
            self.rest
        }
    }

    fn add(&mut self, c: char) {
        if c.is_ascii() {
            self.ascii |= 1 << (c as u32);
        } else {
            self.rest = true;
        }
    }

    fn add_all(&mut self, other: Characters) {
        self.ascii |= other.ascii;
        self.rest |= other.rest;
    }

    fn inverted(self) -> Characters {
        Characters {
            ascii: !self.ascii,
            rest: true,
        }
    }
}

/// The characters of all texts that `method` of a pattern accepts as a whole; none if it may accept a part of a text,
/// or if the pattern is not simple.
pub(super) fn accepted(pattern: &str, method: &str) -> Option<Characters> {
    let mut body = pattern;
    let mut anchored_start = method != "search";
    if let Some(rest) = body.strip_prefix('^').or_else(|| body.strip_prefix(r"\A")) {
        body = rest;
        anchored_start = true;
    }
    let mut anchored_end = method == "fullmatch";
    if let Some(rest) = body.strip_suffix(r"\Z").or_else(|| body.strip_suffix('$')) {
        if !rest.ends_with('\\') {
            body = rest;
            anchored_end = true;
        }
    }
    // The anchors must not belong to one alternative only.
    let top_level_choice = {
        let mut depth = 0_i32;
        let mut in_class = false;
        let mut escaped = false;
        body.chars().any(|c| {
            if escaped {
                escaped = false;
                return false;
            }
            match c {
                '\\' => escaped = true,
                '[' => in_class = true,
                ']' => in_class = false,
                '(' if !in_class => depth += 1,
                ')' if !in_class => depth -= 1,
                '|' if !in_class && depth == 0 => return true,
                _ => {}
            }
            false
        })
    };
    if !anchored_start || !anchored_end || top_level_choice && method != "fullmatch" {
        return None;
    }
    characters(body)
}

fn characters(body: &str) -> Option<Characters> {
    let mut all = Characters::NONE;
    let mut chars = body.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => all.add_all(escape(chars.next()?)?),
            '[' => {
                let mut class = Characters::NONE;
                let negated = chars.next_if_eq(&'^').is_some();
                let mut first = true;
                let mut last: Option<char> = None;
                loop {
                    let c = chars.next()?;
                    match c {
                        ']' if !first => break,
                        '\\' => {
                            let c = chars.next()?;
                            class.add_all(escape(c)?);
                            last = (!c.is_ascii_alphanumeric()).then_some(c);
                        }
                        '-' if last.is_some() && chars.peek().is_some_and(|&next| next != ']') => {
                            let from = last.take()?;
                            let mut to = chars.next()?;
                            if to == '\\' {
                                to = chars.next()?;
                            }
                            for c in from..=to {
                                class.add(c);
                                if !c.is_ascii() {
                                    break;
                                }
                            }
                        }
                        c => {
                            class.add(c);
                            last = Some(c);
                        }
                    }
                    first = false;
                }
                all.add_all(if negated { class.inverted() } else { class });
            }
            '.' => all.add_all(Characters {
                ascii: !(1 << ('\n' as u32)),
                rest: true,
            }),
            '(' => {
                if chars.next_if_eq(&'?').is_some() {
                    match chars.next()? {
                        ':' => {}
                        'P' => {
                            if chars.next()? != '<' {
                                return None;
                            }
                            for c in chars.by_ref() {
                                if c == '>' {
                                    break;
                                }
                            }
                        }
                        _ => return None,
                    }
                }
            }
            '{' => {
                // A count, if it looks like one.
                let mut text = String::new();
                while let Some(&next) = chars.peek() {
                    if !(next.is_ascii_digit() || next == ',') {
                        break;
                    }
                    text.push(next);
                    chars.next();
                }
                if chars.next_if_eq(&'}').is_none() {
                    all.add('{');
                    text.chars().for_each(|c| all.add(c));
                }
            }
            '^' | '$' => return None,
            ')' | '*' | '+' | '?' | '|' => {}
            c => all.add(c),
        }
    }
    Some(all)
}

fn escape(c: char) -> Option<Characters> {
    let mut found = Characters::NONE;
    match c {
        'd' => ('0'..='9').for_each(|c| found.add(c)),
        'w' => {
            ('0'..='9').chain('a'..='z').chain('A'..='Z').for_each(|c| found.add(c));
            found.add('_');
            found.rest = true;
        }
        's' => " \t\n\r\x0b\x0c".chars().for_each(|c| found.add(c)),
        'D' | 'W' | 'S' => found = escape(c.to_ascii_lowercase())?.inverted(),
        'n' => found.add('\n'),
        't' => found.add('\t'),
        'r' => found.add('\r'),
        c if !c.is_ascii_alphanumeric() => found.add(c),
        _ => return None,
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::accepted;

    #[test]
    fn whole_matches_only() {
        assert!(accepted("[a-z]+", "match").is_none());
        assert!(accepted("^[a-z]+$", "search").is_some());
        assert!(accepted("[a-z]+", "search").is_none());
        let word = accepted(r"[\w-]+", "fullmatch").expect("simple");
        assert!(word.contains('a') && word.contains('-') && !word.contains('/') && !word.contains(' '));
        assert!(accepted("^a$|^.*$", "match").is_none());
    }
}
