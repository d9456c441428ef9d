//! Whether an expression puts out something that is not escaped.
//!
//! A small evaluator over tokens. Of each operand it knows two things: whether its characters are harmless as HTML
//! (a constant, or escaped), and whether the engine takes it for markup, which it does not escape (again). Brackets
//! are kept on a stack of its own, so that depth costs no native stack.

use std::ops::Range;

use super::Language;
use super::token::{Kind, Token};

/// An output that is not escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unescaped {
    /// `|safe`, `Markup`, `|n`
    pub what: String,
    /// The expression before it.
    pub value: String,
}

/// What an expression does.
pub(super) struct Outcome {
    /// The first value that is marked as safe although nothing says that it is.
    pub unescaped: Option<Unescaped>,
    /// Whether all of it is harmless as HTML.
    pub harmless: bool,
}

/// What a filter does to the value before it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    /// Marks it as markup.
    Safe,
    /// Escapes what is not marked yet. Both engines leave marked values alone: `{{ x|safe|e }}` puts out `x`.
    Escape,
    /// Makes it harmless, marked or not.
    Clean,
    /// Gives a plain string, which the engine escapes.
    Unmark,
    /// Takes tags out and decodes entities: plain, and no longer harmless.
    Strip,
    Other,
}

/// An output that is not escaped, as places: a text for each of many nested ones would take too much.
struct Place {
    what: What,
    value: Range<usize>,
}

/// What switches escaping off, as tokens.
#[derive(Clone, Copy)]
enum What {
    Call(usize),
    Filter(usize),
    /// The filter that `map` is given.
    Mapped(usize),
}

/// A value on the way through postfix operators.
#[derive(Clone, Copy)]
struct Value {
    /// First byte.
    start: usize,
    harmless: bool,
    marked: bool,
    /// How many outputs were noted before it; the later ones are its own.
    outputs: usize,
    /// The last name of a path (what is called), and the first.
    name: Option<usize>,
    first: Option<usize>,
}

enum Role {
    Group,
    Call,
    Subscript,
    /// Arguments of the filter with this name token, whose `|` is the token before.
    Filter(usize),
}

struct Frame {
    role: Role,
    /// What stands before the bracket.
    before: Option<Value>,
    operand: Option<Value>,
    /// Index of the first token.
    first: usize,
    outputs: usize,
    harmless: bool,
    marked: bool,
    /// Between `if` and `else`: decides, is not put out.
    condition: bool,
}

impl Frame {
    fn new(role: Role, before: Option<Value>, first: usize, outputs: usize) -> Self {
        Frame {
            role,
            before,
            operand: None,
            first,
            outputs,
            harmless: true,
            marked: false,
            condition: false,
        }
    }

    /// The operand is complete.
    fn flush(&mut self) {
        if let Some(value) = self.operand.take()
            && !self.condition
        {
            self.harmless &= value.harmless;
            self.marked |= value.marked;
        }
    }
}

/// Evaluates the expression in `tokens`.
pub(super) fn evaluate(text: &str, tokens: &[Token], language: Language) -> Outcome {
    let mut evaluator = Evaluator {
        text,
        tokens,
        language,
        outputs: Vec::new(),
        stack: vec![Frame::new(Role::Group, None, 0, 0)],
    };
    evaluator.run();
    let harmless = evaluator.stack.iter_mut().all(|frame| {
        frame.flush();
        frame.harmless
    });
    Outcome {
        unescaped: evaluator.outputs.first().map(|place| Unescaped {
            what: match place.what {
                What::Call(name) => evaluator.piece(name).to_owned(),
                What::Filter(name) => format!("|{}", evaluator.piece(name)),
                What::Mapped(name) => format!("|map({})", evaluator.piece(name)),
            },
            value: text[place.value.clone()].trim().to_owned(),
        }),
        harmless,
    }
}

struct Evaluator<'a> {
    text: &'a str,
    tokens: &'a [Token],
    language: Language,
    /// What is put out without escaping, so far.
    outputs: Vec<Place>,
    /// Never empty: the bottom is the expression itself.
    stack: Vec<Frame>,
}

impl Evaluator<'_> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(token) = self.tokens.get(at) {
            let start = token.at.start;
            match token.kind {
                Kind::Name => self.name(at),
                // Adjacent strings are one, but in Django's tags arguments stand beside each other.
                Kind::Text | Kind::Number => {
                    if self.language == Language::Django || self.top().operand.is_none() {
                        self.operand(start, true, None);
                    }
                }
                Kind::Dot => at += usize::from(self.attribute(at + 1)),
                Kind::Open(bracket) => self.open(at, bracket),
                Kind::Close => self.close(at),
                Kind::Pipe if self.language != Language::Mako => at = self.filter(at),
                // `name=value`: the name is no value.
                Kind::Assign => self.top().operand = None,
                Kind::Pipe | Kind::Colon | Kind::Operator => self.top().flush(),
            }
            at += 1;
        }
    }

    fn top(&mut self) -> &mut Frame {
        let last = self.stack.len() - 1;
        &mut self.stack[last]
    }

    fn piece(&self, token: usize) -> &str {
        &self.text[self.tokens[token].at.clone()]
    }

    fn is(&self, token: usize, kind: Kind) -> bool {
        self.tokens
            .get(token)
            .is_some_and(|token| token.kind == kind)
    }

    fn operand(&mut self, start: usize, harmless: bool, name: Option<usize>) {
        let outputs = self.outputs.len();
        let top = self.top();
        top.flush();
        top.operand = Some(Value {
            start,
            harmless,
            marked: false,
            outputs,
            name,
            first: name,
        });
    }

    fn name(&mut self, at: usize) {
        match self.piece(at) {
            "if" => {
                self.top().flush();
                self.top().condition = true;
            }
            "else" => {
                self.top().flush();
                self.top().condition = false;
            }
            "and" | "or" | "not" | "in" | "is" | "for" | "as" | "with" | "lambda" | "await" => {
                self.top().flush();
            }
            "true" | "True" | "false" | "False" | "none" | "None" => {
                self.operand(self.tokens[at].at.start, true, None);
            }
            _ => self.operand(self.tokens[at].at.start, false, Some(at)),
        }
    }

    /// The name after a dot; whether there is one.
    fn attribute(&mut self, at: usize) -> bool {
        let named = self.is(at, Kind::Name) || self.is(at, Kind::Number);
        if let Some(mut value) = self.top().operand {
            value.name = named.then_some(at);
            // Django's name for what the parent's block gives.
            let object = value.first.map(|token| self.piece(token));
            value.harmless |= named && object == Some("block") && self.piece(at) == "super";
            self.top().operand = Some(value);
        }
        named
    }

    fn open(&mut self, at: usize, bracket: u8) {
        let before = match bracket {
            b'{' => None,
            _ => self.top().operand.take(),
        };
        let role = match (before, bracket) {
            (None, _) => Role::Group,
            (Some(_), b'(') => Role::Call,
            _ => Role::Subscript,
        };
        let outputs = self.outputs.len();
        self.stack.push(Frame::new(role, before, at + 1, outputs));
    }

    fn close(&mut self, at: usize) {
        if self.stack.len() == 1 {
            return; // only where the tokens were not balanced
        }
        let Some(mut frame) = self.stack.pop() else {
            return;
        };
        frame.flush();
        let value = match (frame.role, frame.before) {
            (Role::Call, Some(value)) => self.call(value, frame.first, at, frame.harmless),
            (Role::Filter(name), Some(value)) => {
                self.apply(value, name, frame.harmless, Some(frame.first))
            }
            (Role::Subscript, Some(value)) => Value {
                name: None,
                ..value
            },
            _ => {
                self.top().flush();
                Value {
                    start: self.tokens[frame.first - 1].at.start,
                    harmless: frame.harmless,
                    marked: frame.marked,
                    outputs: frame.outputs,
                    name: None,
                    first: None,
                }
            }
        };
        self.top().operand = Some(value);
    }

    /// `value(…)`, whose arguments are the tokens from `first` up to `close`.
    fn call(&mut self, mut value: Value, first: usize, close: usize, harmless: bool) -> Value {
        let callee = value.name.map(|token| self.piece(token));
        let base = value.first.map(|token| self.piece(token));
        match callee {
            Some("Markup" | "mark_safe") => {
                if let Some(name) = value.name.filter(|_| !harmless) {
                    self.outputs.push(Place {
                        what: What::Call(name),
                        value: self.tokens[first].at.start..self.tokens[close].at.start,
                    });
                }
                value.harmless = harmless;
                value.marked = true;
            }
            Some(name) if cleans(name) => {
                value.harmless = true;
                value.marked = true;
            }
            Some("_" | "gettext" | "ngettext" | "pgettext" | "npgettext" | "ugettext") => {
                value.harmless = harmless;
            }
            // What blocks and macros give was escaped when it was made.
            Some("super" | "caller") => value.harmless = true,
            Some(_) if base.is_some_and(|base| self.gives_content(base)) => value.harmless = true,
            // A method: those of markup escape their arguments.
            _ => value.harmless &= harmless || value.marked,
        }
        value.name = None;
        value.first = None;
        value
    }

    /// Whether the methods of this object are blocks of the template or of one related to it.
    fn gives_content(&self, object: &str) -> bool {
        object == "self"
            || (self.language == Language::Mako
                && matches!(object, "caller" | "next" | "parent" | "local"))
    }

    /// The filter behind the `|` at `pipe`; the last token that was used.
    fn filter(&mut self, pipe: usize) -> usize {
        let mut name = pipe + 1;
        if !self.is(name, Kind::Name) {
            self.top().flush();
            return pipe;
        }
        while self.is(name + 1, Kind::Dot) && self.is(name + 2, Kind::Name) {
            name += 2;
        }
        let Some(value) = self.top().operand.take() else {
            return name;
        };
        if self.language == Language::Django {
            let mut last = name;
            let mut harmless = true;
            if self.is(name + 1, Kind::Colon) {
                last = name + 1;
                match self.tokens.get(name + 2).map(|token| token.kind) {
                    Some(Kind::Text | Kind::Number) => last = name + 2,
                    Some(Kind::Name) => {
                        last = name + 2;
                        harmless = false;
                        while self.is(last + 1, Kind::Dot)
                            && (self.is(last + 2, Kind::Name) || self.is(last + 2, Kind::Number))
                        {
                            last += 2;
                        }
                    }
                    _ => {}
                }
            }
            let value = self.apply(value, name, harmless, None);
            self.top().operand = Some(value);
            return last;
        }
        if self.is(name + 1, Kind::Open(b'(')) {
            let frame = Frame::new(
                Role::Filter(name),
                Some(value),
                name + 2,
                self.outputs.len(),
            );
            self.stack.push(frame);
            return name + 1;
        }
        let value = self.apply(value, name, true, None);
        self.top().operand = Some(value);
        name
    }

    /// Applies a filter; `harmless`: its arguments, which begin at the token `first` in Jinja2.
    fn apply(
        &mut self,
        mut value: Value,
        name: usize,
        harmless: bool,
        first: Option<usize>,
    ) -> Value {
        let mut what = self.piece(name);
        // `map("safe")` applies the filter to each.
        let mapped = first.filter(|&first| what == "map" && self.is(first, Kind::Text));
        if let Some(first) = mapped {
            what = self.piece(first).trim_matches(['"', '\'']);
        }
        match filter(what, self.language) {
            Filter::Safe => {
                if !value.harmless {
                    self.outputs.push(Place {
                        what: mapped.map_or(What::Filter(name), What::Mapped),
                        // Only other filters have dots in their names: the `|` is the token before.
                        value: value.start..self.tokens[name - 1].at.start,
                    });
                }
                value.marked = true;
            }
            Filter::Escape => {
                value.harmless |= !value.marked;
                value.marked = true;
            }
            Filter::Clean => {
                self.outputs.truncate(value.outputs);
                value.harmless = true;
                value.marked = true;
            }
            Filter::Unmark => {
                self.outputs.truncate(value.outputs);
                value.marked = false;
            }
            Filter::Strip => {
                // Django's keeps the mark of a value that had it.
                if self.language == Language::Jinja {
                    self.outputs.truncate(value.outputs);
                    value.marked = false;
                }
                value.harmless = false;
            }
            Filter::Other => value.harmless &= harmless || value.marked,
        }
        value.name = None;
        value.first = None;
        value
    }
}

/// What a filter does, by name. Checked against Jinja2 3 and Django 5.
pub(super) fn filter(name: &str, language: Language) -> Filter {
    let jinja = language == Language::Jinja;
    match name {
        "safe" | "safeseq" => Filter::Safe,
        "e" | "escape" | "escapeseq" => Filter::Escape,
        "striptags" => Filter::Strip,
        // Encoded, or nothing but digits.
        "urlencode" | "length" | "wordcount" | "filesizeformat" | "json_script" | "slugify"
        | "floatformat" | "get_digit" | "divisibleby" => Filter::Clean,
        // Jinja2's `urlize` escapes always, Django's only where autoescape is on. So do its `linebreaks` and `join`,
        // and a `safe` behind them says that the author relies on neither.
        "tojson" | "xmlattr" | "int" | "float" | "round" | "abs" | "count" | "urlize" if jinja => {
            Filter::Clean
        }
        "title" | "wordwrap" | "pprint" if jinja => Filter::Unmark,
        "upper" | "make_list" | "date" | "time" | "timesince" | "timeuntil" | "yesno"
        | "pluralize"
            if !jinja =>
        {
            Filter::Unmark
        }
        _ if cleans(name) => Filter::Clean,
        _ => Filter::Other,
    }
}

/// Whether a function or filter of this name makes text harmless, going by the words that libraries and projects use:
/// `escape`, `forceescape`, `escapejs`, `sanitize_html`, `bleach.clean`, `nh3`.
pub(super) fn cleans(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has = |word| lower.contains(word);
    let escapes = has("escape") && !["unescape", "noescape", "no_escape"].into_iter().any(has);
    escapes
        || ["sanitiz", "sanitis", "bleach", "nh3"].into_iter().any(has)
        || matches!(lower.as_str(), "clean" | "clean_html")
}
