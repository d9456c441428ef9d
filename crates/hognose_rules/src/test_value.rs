//! Tests on the values of arguments and settings.

use std::sync::OnceLock;

use regex::Regex;

/// A constant that a page names, or that an engine found. Byte strings compare as [`Constant::Str`].
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// `None`, written `null`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string, or a byte string decoded.
    Str(String),
}

/// What a value must be like.
#[derive(Debug, Clone, PartialEq)]
pub enum ValueTest {
    /// One of these constants, of the same type: `0` is not `false`.
    OneOf(Vec<Constant>),
    /// Anything.
    Any,
    /// A string or bytes literal that is not empty.
    Literal,
    /// Not a constant.
    Dynamic,
    /// A string put together from constant and other parts: `+`, `%`, `.format`, f-string, `join`.
    Built,
    /// An integer less than this.
    Below(i64),
    /// A string constant in which the pattern is found.
    Matches(Pattern),
    /// An integer that has any of these bits.
    HasBits(i64),
}

impl ValueTest {
    /// Words of the front matter with their meaning.
    pub(crate) const WORDS: [(&str, ValueTest); 4] = [
        ("any", ValueTest::Any),
        ("literal", ValueTest::Literal),
        ("dynamic", ValueTest::Dynamic),
        ("built", ValueTest::Built),
    ];

    /// Whether a value that is certainly this constant passes.
    pub fn accepts(&self, constant: &Constant) -> bool {
        match (self, constant) {
            (ValueTest::OneOf(constants), found) => constants.contains(found),
            (ValueTest::Any, _) => true,
            (ValueTest::Literal, Constant::Str(text)) => !text.is_empty(),
            (ValueTest::Below(limit), Constant::Int(found)) => found < limit,
            (ValueTest::Matches(pattern), Constant::Str(text)) => pattern.is_match(text),
            (ValueTest::HasBits(bits), Constant::Int(found)) => found & bits != 0,
            _ => false,
        }
    }
}

/// A regular expression that is compiled when first used. Reading the catalogue is part of every start, and most
/// patterns are never asked.
#[derive(Debug, Clone)]
pub struct Pattern {
    source: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// A pattern in the syntax of the `regex` crate. Compiling is left for later.
    pub(crate) fn new(source: String) -> Self {
        Pattern {
            source,
            regex: OnceLock::new(),
        }
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it is found anywhere in `text`. A pattern that does not compile matches nothing; such pages are
    /// refused before they are used.
    pub fn is_match(&self, text: &str) -> bool {
        self.regex
            .get_or_init(|| compile(&self.source).ok())
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

/// Compiles with a bound on memory, since a pattern may come from a stranger's repository.
pub(crate) fn compile(source: &str) -> Result<Regex, regex::Error> {
    regex::RegexBuilder::new(source).size_limit(1 << 20).build()
}

#[cfg(test)]
mod tests {
    use super::{Constant, Pattern, ValueTest};

    #[test]
    fn accepts_constants() {
        let text = |text: &str| Constant::Str(text.to_owned());
        let one_of = ValueTest::OneOf(vec![Constant::Bool(false), text("md5")]);
        assert!(one_of.accepts(&Constant::Bool(false)));
        assert!(!one_of.accepts(&Constant::Int(0)));
        assert!(one_of.accepts(&text("md5")));
        assert!(!one_of.accepts(&text("MD5")));
        assert!(ValueTest::Any.accepts(&Constant::None));
        assert!(ValueTest::Literal.accepts(&text("x")));
        assert!(!ValueTest::Literal.accepts(&text("")));
        assert!(!ValueTest::Literal.accepts(&Constant::Int(1)));
        assert!(!ValueTest::Dynamic.accepts(&text("x")));
        assert!(!ValueTest::Built.accepts(&text("x")));
        assert!(ValueTest::Below(2048).accepts(&Constant::Int(2047)));
        assert!(!ValueTest::Below(2048).accepts(&Constant::Int(2048)));
        assert!(ValueTest::HasBits(0o022).accepts(&Constant::Int(0o777)));
        assert!(!ValueTest::HasBits(0o022).accepts(&Constant::Int(0o755 & !0o022)));
        let pattern = ValueTest::Matches(Pattern::new("(?i)^md5$".to_owned()));
        assert!(pattern.accepts(&text("MD5")));
        assert!(!pattern.accepts(&text("md5x")));
        assert!(!ValueTest::Matches(Pattern::new("(".to_owned())).accepts(&text("(")));
    }
}
