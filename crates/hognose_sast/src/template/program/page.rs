//! Where in a page something is put out: text, attributes, scripts.

/// A reader of HTML that is fed piece by piece, between what the template puts out.
#[derive(Debug, Clone, Default)]
pub(super) struct Page {
    state: State,
    /// The element whose tag is being read, or was read last.
    element: String,
    /// The attribute whose value is being read.
    attribute: String,
    /// Something of the attribute's value was read.
    has_value: bool,
    /// Inside of a comment or of an element whose text is no HTML: what ends it.
    until: &'static str,
    /// The last bytes of it.
    recent: String,
    /// The quote of the text of the script that is being read.
    script_quote: Option<char>,
    is_escaped: bool,
}

/// What escaping leaves open at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exposure {
    /// Nothing.
    None,
    /// An address that is a program.
    Address,
    /// A value that ends where it should not.
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    Text,
    /// `<`, and then the name of the element.
    ElementName,
    /// Inside of a tag, between attributes.
    Tag,
    AttributeName,
    /// Behind the `=`.
    BeforeValue,
    Quoted(char),
    Unquoted,
    Script,
    /// A style sheet or a comment.
    Other,
}

/// Attributes that hold an address which is followed, so that `javascript:` is a program.
const ADDRESSES: [&str; 4] = ["href", "action", "formaction", "xlink:href"];
/// Elements whose `src` is a page or a program.
const FRAMES: [&str; 4] = ["iframe", "frame", "embed", "script"];

impl Page {
    /// What is put out here.
    pub(super) fn exposure(&self) -> Exposure {
        match self.state {
            State::Tag | State::AttributeName | State::BeforeValue | State::Unquoted => {
                Exposure::Text
            }
            State::Script if self.script_quote.is_none() => Exposure::Text,
            State::Text | State::Other | State::ElementName | State::Script => Exposure::None,
            State::Quoted(_) => {
                let name = self.attribute.as_str();
                let is_address = ADDRESSES.contains(&name)
                    || name == "src" && FRAMES.contains(&self.element.as_str());
                if is_address && !self.has_value {
                    Exposure::Address
                } else if name.starts_with("on") && name.len() > 4 {
                    // The program of an event is decoded before it runs.
                    Exposure::Text
                } else {
                    Exposure::None
                }
            }
        }
    }

    /// Something is put out here, so that what follows is no longer at the beginning.
    pub(super) fn put(&mut self) {
        match self.state {
            State::Quoted(_) | State::Unquoted => self.has_value = true,
            State::BeforeValue => self.state = State::Unquoted,
            _ => {}
        }
    }

    /// Text of the template itself.
    pub(super) fn feed(&mut self, text: &str) {
        for char in text.chars() {
            self.step(char);
        }
    }

    fn step(&mut self, char: char) {
        match self.state {
            State::Text => {
                if char == '<' {
                    self.state = State::ElementName;
                    self.element.clear();
                }
            }
            State::ElementName => self.element_name(char),
            State::Tag => match char {
                '>' => self.end_tag(),
                c if c.is_whitespace() || c == '/' => {}
                c => {
                    self.attribute.clear();
                    self.attribute.push(c.to_ascii_lowercase());
                    self.state = State::AttributeName;
                }
            },
            State::AttributeName => match char {
                '=' => {
                    self.has_value = false;
                    self.state = State::BeforeValue;
                }
                '>' => self.end_tag(),
                c if c.is_whitespace() => self.state = State::Tag,
                c if self.attribute.len() < 40 => self.attribute.push(c.to_ascii_lowercase()),
                _ => {}
            },
            State::BeforeValue => match char {
                '"' | '\'' => self.state = State::Quoted(char),
                '>' => self.end_tag(),
                c if c.is_whitespace() => {}
                _ => {
                    self.has_value = true;
                    self.state = State::Unquoted;
                }
            },
            State::Quoted(quote) if char == quote => self.state = State::Tag,
            State::Quoted(_) => self.has_value |= !char.is_whitespace(),
            State::Unquoted => match char {
                '>' => self.end_tag(),
                c if c.is_whitespace() => self.state = State::Tag,
                _ => self.has_value = true,
            },
            State::Script | State::Other => self.special(char),
        }
    }

    fn element_name(&mut self, char: char) {
        match char {
            '>' => self.end_tag(),
            c if c.is_whitespace() => {
                self.state = if self.element.is_empty() {
                    State::Text
                } else {
                    State::Tag
                };
            }
            c if self.element.len() < 40 => self.element.push(c.to_ascii_lowercase()),
            _ => {}
        }
        if self.element == "!--" {
            self.begin(State::Other, "-->");
        }
    }

    fn end_tag(&mut self) {
        match self.element.as_str() {
            "script" => self.begin(State::Script, "</script"),
            "style" => self.begin(State::Other, "</style"),
            "textarea" => self.begin(State::Other, "</textarea"),
            "title" => self.begin(State::Other, "</title"),
            _ => self.state = State::Text,
        }
    }

    fn begin(&mut self, state: State, until: &'static str) {
        self.state = state;
        self.until = until;
        self.recent.clear();
        self.script_quote = None;
        self.is_escaped = false;
    }

    fn special(&mut self, char: char) {
        self.recent.push(char.to_ascii_lowercase());
        if self.recent.len() > 2 * self.until.len() {
            let mut cut = self.recent.len() - self.until.len();
            while !self.recent.is_char_boundary(cut) {
                cut += 1;
            }
            self.recent.drain(..cut);
        }
        if self.recent.ends_with(self.until) {
            if self.until == "-->" {
                self.state = State::Text;
            } else {
                self.element = self.until[1..].to_owned();
                self.state = State::Tag;
            }
            return;
        }
        if self.state == State::Script {
            match (self.script_quote, char) {
                (Some(_), _) if self.is_escaped => self.is_escaped = false,
                (Some(_), '\\') => self.is_escaped = true,
                (Some(quote), char) if quote == char => self.script_quote = None,
                // A quote of text in a comment ends with its line.
                (Some('"' | '\''), '\n') => self.script_quote = None,
                (None, '"' | '\'' | '`') => self.script_quote = Some(char),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Exposure, Page};

    #[test]
    fn escaping_is_not_enough_everywhere() {
        for (before, expected) in [
            ("<p>", false),
            ("<p title=\"", false),
            ("<p title=", true),
            ("<p ", true),
            ("<a href=\"", true),
            ("<a href='/users/", false),
            ("<img src=\"", false),
            ("<iframe src=\"", true),
            ("<button onclick=\"draw(", true),
            ("<script>draw(", true),
            ("<script>draw('", false),
            ("<script>draw('x'); </script><p>", false),
            ("<script type=\"module\">var x = \"it's\", y = ", true),
            ("<!-- <script> -->", false),
            ("<style>a { color: ", false),
            ("a < b and ", false),
        ] {
            let mut page = Page::default();
            page.feed(before);
            assert_eq!(page.exposure() != Exposure::None, expected, "{before}");
        }
    }
}
