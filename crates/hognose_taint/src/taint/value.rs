//! Abstract values: what a register may hold, and what untrusted data is in it.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, Operand};
use hognose_python::{ExternalId, ModuleId, Symbol};

use crate::models::Kind;

/// A set of sink kinds, by their number.
pub(crate) type Kinds = u128;

/// The last bit that stands for a kind; the bits above say half of what makes data harmless, see `harm.rs`.
const LAST_KIND: u16 = 111;

/// The set with one kind. Kinds beyond the 111th share a bit, which costs precision and nothing else.
pub(crate) fn kind_bit(kind: Kind) -> Kinds {
    1 << kind.number().min(LAST_KIND)
}

/// One step into a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Attribute with this name.
    Attr(Symbol),
    /// Element with this string as key.
    Key(Symbol),
    /// Element with this number as key.
    Index(i32),
    /// Some element.
    Element,
}

impl Part {
    /// Whether both may be the same place.
    fn meets(self, other: Part) -> bool {
        match (self, other) {
            (Part::Attr(a), Part::Attr(b)) => a == b,
            (Part::Attr(_), _) | (_, Part::Attr(_)) => false,
            (Part::Element, _) | (_, Part::Element) => true,
            (a, b) => a == b,
        }
    }
}

/// How deep paths go; what lies deeper counts for the place at this depth.
const MAX_PATH: usize = 4;

/// A place inside a value: `.args["name"]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Path {
    len: u8,
    parts: [Part; MAX_PATH],
}

impl Path {
    /// The value itself.
    pub const EMPTY: Path = Path {
        len: 0,
        parts: [Part::Element; MAX_PATH],
    };

    pub fn parts(&self) -> &[Part] {
        &self.parts[..usize::from(self.len)]
    }

    /// The path with one more part; the same if it is full.
    #[must_use]
    pub fn then(mut self, part: Part) -> Path {
        if usize::from(self.len) < MAX_PATH {
            self.parts[usize::from(self.len)] = part;
            self.len += 1;
        }
        self
    }

    /// Whether what is stored at `self` may be (part of) what is read at `other`.
    pub fn meets(&self, other: &Path) -> bool {
        self.parts()
            .iter()
            .zip(other.parts())
            .all(|(&a, &b)| a.meets(b))
    }
}

/// Something that outlives a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Root {
    /// A class itself; its instances see what it has.
    Class(ModuleId, FunctionId),
    /// Instances of a class.
    Instance(ModuleId, FunctionId),
    /// A variable of a module.
    Global(ModuleId, Symbol),
    /// A variable of a function that inner functions use.
    Cell(ModuleId, FunctionId, Symbol),
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Label {
    /// From outside, at an instruction.
    Source {
        kind: Kind,
        module: ModuleId,
        index: u32,
    },
    /// From the caller: a place in the argument for a parameter.
    Input { param: u16, path: Path },
    /// From something that outlives the call.
    Store { root: Root, path: Path },
}

impl Label {
    /// Whether it is what a caller passes, or one of several such things: `*args`.
    pub fn is_argument(self) -> bool {
        match self {
            Label::Input { path, .. } => path.parts().iter().all(|part| *part == Part::Element),
            _ => false,
        }
    }
}

/// What a step of a witness tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Note {
    /// It starts here.
    Source,
    /// It is a parameter of the function.
    Param,
    /// An instruction passes it on.
    Pass,
    /// It is handed to a function of the project.
    Argument,
    /// It is what a function of the project returns.
    Returned,
    /// It is kept in an object or a variable.
    Stored,
}

/// One step of a witness, with those before it.
#[derive(Debug)]
pub(crate) struct Step {
    pub before: Option<Arc<Step>>,
    pub module: ModuleId,
    pub index: u32,
    pub note: Note,
    /// Steps inside the callee, last first, for [`Note::Returned`].
    pub inside: Option<Arc<Step>>,
    pub depth: u16,
}

/// How long a witness grows; further steps are left out.
const MAX_STEPS: u16 = 40;

/// `before`, then one more step.
pub(crate) fn step(
    before: Option<&Arc<Step>>,
    module: ModuleId,
    index: u32,
    note: Note,
    inside: Option<&Arc<Step>>,
) -> Option<Arc<Step>> {
    let depth = before.map_or(0, |before| before.depth) + 1;
    if depth > MAX_STEPS
        || before.is_some_and(|last| {
            last.index == index && last.module == module && last.note == note && inside.is_none()
        })
    {
        return before.cloned();
    }
    Some(Arc::new(Step {
        before: before.cloned(),
        module,
        index,
        note,
        inside: inside.cloned(),
        depth,
    }))
}

/// How much of what happened to data is guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Doubt {
    /// All of it is known.
    #[default]
    None,
    /// It went through functions of a library that nobody described.
    Library,
    /// It went through something of which nothing is known.
    Unknown,
}

/// Untrusted data in a value.
#[derive(Debug, Clone)]
pub(crate) struct Mark {
    pub label: Label,
    /// Sink kinds it can no longer harm.
    pub clean: Kinds,
    /// Whether it went through something unknown.
    pub doubt: Doubt,
    /// An encoding was undone since: what a test said of the data before holds no longer.
    pub undone: bool,
    pub step: Option<Arc<Step>>,
}

impl Mark {
    /// What it is clean of in the end, where a caller passed data that was clean of `before`.
    pub fn cleaned_after(&self, before: Kinds) -> Kinds {
        if self.undone {
            self.clean
        } else {
            self.clean | before
        }
    }

    fn merge(&mut self, other: &Mark) {
        let better =
            (other.clean.count_ones(), other.doubt) < (self.clean.count_ones(), self.doubt);
        if better {
            self.step.clone_from(&other.step);
            self.doubt = other.doubt;
        }
        self.clean &= other.clean;
        self.undone |= other.undone;
    }
}

impl PartialEq for Mark {
    fn eq(&self, other: &Mark) -> bool {
        self.label == other.label
            && self.clean == other.clean
            && self.doubt == other.doubt
            && self.undone == other.undone
    }
}

/// How many origins of a value are told apart.
const MAX_MARKS: usize = 8;

/// All untrusted data in a value; none in most.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Taint(Option<Arc<[Mark]>>);

impl Taint {
    pub const CLEAN: Taint = Taint(None);

    pub fn of(mark: Mark) -> Taint {
        Taint(Some(Arc::from([mark])))
    }

    /// Marks in the order in which they came together, each label once. Never sorted: labels hold symbols, whose
    /// numbers depend on the threads that read the files, and what is beyond the limit must not.
    pub fn from_marks(marks: Vec<Mark>) -> Taint {
        let mut kept: Vec<Mark> = Vec::with_capacity(marks.len().min(MAX_MARKS));
        for mark in marks {
            match kept.iter().position(|known| known.label == mark.label) {
                Some(at) => kept[at].merge(&mark),
                None if kept.len() < MAX_MARKS => kept.push(mark),
                None => {}
            }
        }
        if kept.is_empty() {
            return Taint(None);
        }
        Taint(Some(Arc::from(kept)))
    }

    pub fn is_clean(&self) -> bool {
        self.0.is_none()
    }

    pub fn marks(&self) -> &[Mark] {
        self.0.as_deref().unwrap_or_default()
    }

    #[must_use]
    pub fn join(&self, other: &Taint) -> Taint {
        match (&self.0, &other.0) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(a), Some(b)) if Arc::ptr_eq(a, b) => self.clone(),
            (Some(a), Some(b)) => Taint::from_marks(a.iter().chain(b.iter()).cloned().collect()),
        }
    }

    pub fn add(&mut self, other: &Taint) {
        if !other.is_clean() {
            *self = self.join(other);
        }
    }

    /// Each mark changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(&Mark) -> Mark) -> Taint {
        match &self.0 {
            None => Taint(None),
            Some(marks) => Taint(Some(marks.iter().map(change).collect())),
        }
    }

    /// No longer dangerous for some sink kinds.
    #[must_use]
    pub fn cleaned(&self, kinds: Kinds) -> Taint {
        if kinds == 0 {
            return self.clone();
        }
        if kinds == Kinds::MAX {
            return Taint::CLEAN;
        }
        self.map(|mark| Mark {
            clean: mark.clean | kinds,
            ..mark.clone()
        })
    }

    /// An encoding was undone: what was cleaned before is dangerous again.
    #[must_use]
    pub fn undone(&self) -> Taint {
        self.map(|mark| Mark {
            clean: 0,
            undone: true,
            ..mark.clone()
        })
    }

    #[must_use]
    pub fn doubted(&self, doubt: Doubt) -> Taint {
        self.map(|mark| Mark {
            doubt: mark.doubt.max(doubt),
            ..mark.clone()
        })
    }
}

/// A part of a text that is put together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TextPart {
    Literal(Arc<str>),
    Hole {
        taint: Taint,
        /// Its text cannot begin with anything but a digit or a sign, nor hold anything else.
        number: bool,
    },
}

/// A function and what it closes over.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Closure {
    pub module: ModuleId,
    pub function: FunctionId,
    /// Variables of the functions around it.
    pub cells: Vec<((FunctionId, Symbol), Value)>,
    /// Without its decorators.
    pub raw: bool,
}

/// What a value is, as far as it matters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// Anything.
    Top,
    None,
    Bool(bool),
    Int(i64),
    /// A string (or bytes) constant of the program.
    Symbol(Symbol),
    /// A string constant that was computed.
    Str(Arc<str>),
    /// A number, a date, a UUID: nothing that can carry an attack.
    Number,
    /// A text put together from constants and other parts.
    Text(Arc<[TextPart]>),
    /// An object of the heap.
    Object(u32),
    /// An instance of a class about which no more is known.
    Instance(ModuleId, FunctionId),
    /// A value of an annotation with parameters.
    Typed(ModuleId, Operand),
    Function(Arc<Closure>),
    /// A function with its receiver.
    Method(Arc<(Value, ModuleId, FunctionId)>),
    Class(ModuleId, FunctionId),
    Module(ModuleId),
    /// `super()` in a method of this class.
    Super(ModuleId, FunctionId),
    External(ExternalId),
    /// A callable with some arguments given already.
    Partial(Arc<PartialCall>),
    /// One of these.
    Choice(Arc<[What]>),
}

/// `functools.partial`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartialCall {
    pub callee: Value,
    pub positional: Vec<Value>,
    pub named: Vec<(Symbol, Value)>,
}

/// How many alternatives are told apart.
const MAX_CHOICES: usize = 6;

impl What {
    pub fn alternatives(&self) -> &[What] {
        match self {
            What::Choice(all) => all,
            one => std::slice::from_ref(one),
        }
    }

    pub fn join(&self, other: &What) -> What {
        if self == other {
            return self.clone();
        }
        if matches!(self, What::Top) || matches!(other, What::Top) {
            // What can be called stays known: a callback that may also be something else is still that callback.
            let callable: Vec<What> = self
                .alternatives()
                .iter()
                .chain(other.alternatives())
                .filter(|what| {
                    matches!(
                        what,
                        What::Function(_) | What::Method(_) | What::Class(..) | What::Object(_)
                    )
                })
                .cloned()
                .collect();
            if callable.is_empty() {
                return What::Top;
            }
            let mut all = callable;
            all.push(What::Top);
            all.truncate(MAX_CHOICES);
            return What::Choice(all.into());
        }
        let mut all: Vec<What> = self.alternatives().to_vec();
        for what in other.alternatives() {
            if !all.contains(what) {
                all.push(what.clone());
            }
        }
        if all.len() > MAX_CHOICES {
            return What::Top;
        }
        What::Choice(all.into())
    }

    /// Joins this to what other alternatives gave.
    pub fn join_into(self, joined: &mut Option<What>) {
        *joined = Some(match joined.take() {
            None => self,
            Some(known) => known.join(&self),
        });
    }

    pub fn is_number(&self) -> bool {
        self.alternatives().iter().all(|what| {
            matches!(
                what,
                What::Number | What::Int(_) | What::Bool(_) | What::None
            )
        })
    }
}

/// What a register holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Value {
    pub taint: Taint,
    pub what: What,
    /// Each mark's label denotes this very value, not something made of it.
    pub whole: bool,
}

impl Value {
    pub const TOP: Value = Value {
        taint: Taint::CLEAN,
        what: What::Top,
        whole: false,
    };
    pub const NUMBER: Value = Value {
        taint: Taint::CLEAN,
        what: What::Number,
        whole: false,
    };

    pub fn new(what: What) -> Value {
        Value {
            taint: Taint::CLEAN,
            what,
            whole: false,
        }
    }

    /// An unknown value with this taint.
    pub fn tainted(taint: Taint) -> Value {
        Value {
            taint,
            what: What::Top,
            whole: false,
        }
    }

    #[must_use]
    pub fn join(&self, other: &Value) -> Value {
        Value {
            taint: self.taint.join(&other.taint),
            what: self.what.join(&other.what),
            whole: (self.whole || self.taint.is_clean()) && (other.whole || other.taint.is_clean()),
        }
    }

    /// Joins this to what other alternatives gave.
    pub fn join_into(self, joined: &mut Option<Value>) {
        *joined = Some(match joined.take() {
            None => self,
            Some(known) => known.join(&self),
        });
    }

    /// The parts of its text.
    pub fn text_parts(&self, text: impl Fn(Symbol) -> Arc<str>) -> Vec<TextPart> {
        match &self.what {
            What::Symbol(symbol) => vec![TextPart::Literal(text(*symbol))],
            What::Str(text) => vec![TextPart::Literal(text.clone())],
            What::Int(number) => vec![TextPart::Literal(number.to_string().into())],
            What::Text(parts) => parts.to_vec(),
            what => vec![TextPart::Hole {
                taint: self.taint.clone(),
                number: what.is_number() && self.taint.is_clean(),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(param: u16, clean: Kinds) -> Mark {
        Mark {
            label: Label::Input {
                param,
                path: Path::EMPTY,
            },
            clean,
            doubt: Doubt::None,
            undone: false,
            step: None,
        }
    }

    fn taint(marks: &[(u16, Kinds)]) -> Taint {
        Taint::from_marks(
            marks
                .iter()
                .map(|&(param, clean)| mark(param, clean))
                .collect(),
        )
    }

    /// As a set: order is only which come first where there are too many.
    fn sorted(taint: &Taint) -> Vec<(Label, Kinds)> {
        let mut all: Vec<(Label, Kinds)> = taint
            .marks()
            .iter()
            .map(|mark| (mark.label, mark.clean))
            .collect();
        all.sort_unstable();
        all
    }

    #[test]
    fn what_is_kept_of_too_many_marks_does_not_depend_on_the_numbers_in_their_labels() {
        let rising: Vec<(u16, Kinds)> = (0..12).map(|param| (param, 0)).collect();
        let falling: Vec<(u16, Kinds)> = (0..12).rev().map(|param| (param, 0)).collect();
        let kept = |marks: &[(u16, Kinds)]| -> Vec<Label> {
            taint(marks).marks().iter().map(|mark| mark.label).collect()
        };
        for marks in [rising, falling] {
            let first: Vec<Label> = marks
                .iter()
                .take(MAX_MARKS)
                .map(|&(param, clean)| mark(param, clean).label)
                .collect();
            assert_eq!(kept(&marks), first);
        }
    }

    #[test]
    fn taint_is_a_join_semilattice_below_the_limit() {
        let samples = [
            taint(&[]),
            taint(&[(0, 0)]),
            taint(&[(0, 0b01)]),
            taint(&[(0, 0b10), (1, 0)]),
            taint(&[(2, 0b11), (1, 0b01)]),
        ];
        for a in &samples {
            assert_eq!(sorted(&a.join(a)), sorted(a));
            for b in &samples {
                assert_eq!(sorted(&a.join(b)), sorted(&b.join(a)));
                // Nothing is lost, and nothing is cleaner than it was.
                for mark in a.marks() {
                    assert!(a.join(b).marks().iter().any(|joined| {
                        joined.label == mark.label && joined.clean & !mark.clean == 0
                    }));
                }
                for c in &samples {
                    assert_eq!(sorted(&a.join(b).join(c)), sorted(&a.join(&b.join(c))));
                }
            }
        }
    }
}
