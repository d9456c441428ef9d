//! Objects with contents, and the state of an execution at one point.

use std::sync::Arc;

use hognose_python::ModuleId;
use hognose_python::ir::FunctionId;

use super::value::{Kinds, Label, Mark, Part, Taint, Value, What};

/// What kind of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// An instance of a class of the project or of a stub.
    Instance(ModuleId, FunctionId),
    List,
    Tuple,
    Set,
    Dict,
    /// What a generator function or an iterating call gives.
    Iterator,
    /// Text that is written piece by piece: `StringIO`.
    Buffer,
}

/// How many elements or entries are told apart.
const MAX_ENTRIES: usize = 64;

/// An object with contents.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub shape: Shape,
    /// Elements by position, as far as positions are known from the front; what `rest` has comes after them.
    pub items: Option<Vec<Value>>,
    /// Attributes and entries by constant key.
    pub entries: Vec<(Part, Value)>,
    /// Everything else that is in it.
    pub rest: Option<Value>,
    /// What it is to others: a place in an argument, or in something that outlives the call.
    pub origins: Vec<Label>,
    /// Taint of the object as such: of what it was made from, of its keys.
    pub taint: Taint,
    /// What an entry that is not there is made of when it is read: `defaultdict`.
    pub default: Option<Shape>,
}

impl Object {
    pub fn new(shape: Shape) -> Object {
        Object {
            shape,
            items: matches!(shape, Shape::List | Shape::Tuple).then(Vec::new),
            entries: Vec::new(),
            rest: None,
            origins: Vec::new(),
            taint: Taint::CLEAN,
            default: None,
        }
    }

    pub fn sequence(shape: Shape, items: Vec<Value>) -> Object {
        let mut object = Object::new(shape);
        if items.len() > MAX_ENTRIES || !matches!(shape, Shape::List | Shape::Tuple) {
            object.items = None;
            for item in &items {
                object.add_rest(item);
            }
        } else {
            object.items = Some(items);
        }
        object
    }

    pub fn add_rest(&mut self, value: &Value) {
        self.rest = Some(match &self.rest {
            Some(rest) => rest.join(value),
            None => value.clone(),
        });
    }

    /// Positions are no longer known.
    pub fn blur(&mut self) {
        if let Some(items) = self.items.take() {
            for item in &items {
                self.add_rest(item);
            }
        }
    }

    /// What an attribute or element holds; `None` if it holds nothing that is known of.
    pub fn read(&self, part: Part) -> Option<Value> {
        if let (Some(items), Part::Index(index)) = (&self.items, part) {
            if index < 0 && self.rest.is_some() {
                return self.any_element();
            }
            let at = if index < 0 {
                items.len() as i64 + i64::from(index)
            } else {
                i64::from(index)
            };
            if let Some(item) = usize::try_from(at).ok().and_then(|at| items.get(at)) {
                return Some(item.clone());
            }
            return self.rest.clone();
        }
        if part == Part::Element {
            return self.any_element();
        }
        let own = self
            .entries
            .iter()
            .find(|(key, _)| *key == part)
            .map(|(_, value)| value);
        match (own, &self.rest, part) {
            (Some(value), _, Part::Attr(_)) => Some(value.clone()),
            // An entry under an unknown key may have replaced it.
            (Some(value), Some(rest), _) => Some(value.join(rest)),
            (Some(value), None, _) => Some(value.clone()),
            (None, _, Part::Attr(_)) => None,
            (None, rest, _) => rest.clone(),
        }
    }

    /// All elements (not attributes) together.
    pub fn any_element(&self) -> Option<Value> {
        let mut all = self.rest.clone();
        let items = self.items.iter().flatten();
        let entries = self
            .entries
            .iter()
            .filter(|(key, _)| !matches!(key, Part::Attr(_)))
            .map(|(_, value)| value);
        for value in items.chain(entries) {
            all = Some(match &all {
                Some(all) => all.join(value),
                None => value.clone(),
            });
        }
        all
    }

    /// Sets an attribute or element; `weak` if it may also keep what it had.
    pub fn write(&mut self, part: Part, value: &Value, weak: bool) {
        match part {
            Part::Element => {
                self.blur();
                self.add_rest(value);
            }
            Part::Index(index) if self.items.is_some() && (index >= 0 || self.rest.is_none()) => {
                let Some(items) = &mut self.items else { return };
                let at = if index < 0 {
                    items.len() as i64 + i64::from(index)
                } else {
                    i64::from(index)
                };
                match usize::try_from(at).ok().and_then(|at| items.get_mut(at)) {
                    Some(item) => {
                        *item = if weak {
                            item.join(value)
                        } else {
                            value.clone()
                        };
                    }
                    None => self.add_rest(value),
                }
            }
            part => match self.entries.iter().position(|(key, _)| *key == part) {
                Some(at) => {
                    let old = &mut self.entries[at].1;
                    *old = if weak { old.join(value) } else { value.clone() };
                }
                None if self.entries.len() >= MAX_ENTRIES && !matches!(part, Part::Attr(_)) => {
                    self.add_rest(value);
                }
                None => self.entries.push((part, value.clone())),
            },
        }
    }

    /// Taint of everything in it.
    pub fn content_taint(&self) -> Taint {
        let mut taint = self.taint.clone();
        for value in self
            .items
            .iter()
            .flatten()
            .chain(self.entries.iter().map(|(_, value)| value))
            .chain(&self.rest)
        {
            taint.add(&value.taint);
        }
        taint
    }

    pub fn join(&self, other: &Object) -> Object {
        let mut joined = self.clone();
        if joined.shape != other.shape {
            joined.shape = match (joined.shape, other.shape) {
                (Shape::Instance(..), shape) | (shape, _) => shape,
            };
        }
        match (&mut joined.items, &other.items) {
            (Some(a), Some(b)) if a.len() == b.len() => {
                for (a, b) in a.iter_mut().zip(b) {
                    *a = a.join(b);
                }
            }
            // Lists of different length begin alike: what follows is in no particular place.
            (Some(a), Some(b)) => {
                let common = a.len().min(b.len());
                let mut beyond: Vec<Value> = a.drain(common..).collect();
                beyond.extend_from_slice(&b[common..]);
                for (a, b) in a.iter_mut().zip(b) {
                    *a = a.join(b);
                }
                for value in &beyond {
                    joined.add_rest(value);
                }
            }
            (None, None) => {}
            (_, other_items) => {
                joined.blur();
                for item in other_items.iter().flatten() {
                    joined.add_rest(item);
                }
            }
        }
        for (part, value) in &other.entries {
            joined.write(*part, value, true);
        }
        if let Some(rest) = &other.rest {
            joined.add_rest(rest);
        }
        joined.taint.add(&other.taint);
        for origin in &other.origins {
            if !joined.origins.contains(origin) {
                joined.origins.push(*origin);
            }
        }
        joined
    }
}

/// What a guard is about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Subject {
    /// Data with this label.
    Label(Label),
    /// The result of an instruction of the function.
    Register(u32),
    /// How a condition that is tested several times came out.
    Outcome(u32),
}

/// What holds on the way that control took.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fact {
    pub subject: Subject,
    /// It is harmless for these sink kinds.
    pub kinds: Kinds,
    /// It is exactly this.
    pub exactly: Option<What>,
}

impl Fact {
    /// Whether it still holds for data whose encoding may have been undone since. One of a few constants stays harmless.
    pub fn holds_for(&self, mark: &Mark) -> bool {
        !mark.undone || self.kinds == Kinds::MAX
    }
}

/// The heap and the facts at one point.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    heap: Arc<Vec<Option<Arc<Object>>>>,
    pub facts: Arc<Vec<Fact>>,
}

impl State {
    pub fn object(&self, id: u32) -> Option<&Object> {
        self.heap.get(id as usize)?.as_deref()
    }

    pub fn object_mut(&mut self, id: u32) -> Option<&mut Object> {
        Arc::make_mut(&mut self.heap)
            .get_mut(id as usize)?
            .as_mut()
            .map(Arc::make_mut)
    }

    pub fn put(&mut self, id: u32, object: Object) {
        let heap = Arc::make_mut(&mut self.heap);
        if heap.len() <= id as usize {
            heap.resize(id as usize + 1, None);
        }
        heap[id as usize] = Some(Arc::new(object));
    }

    pub fn add_fact(&mut self, fact: Fact) {
        if !self.facts.contains(&fact) {
            Arc::make_mut(&mut self.facts).push(fact);
        }
    }

    /// What holds where two ways meet.
    pub fn join(&mut self, other: &State) {
        if !Arc::ptr_eq(&self.heap, &other.heap) {
            let heap = Arc::make_mut(&mut self.heap);
            if heap.len() < other.heap.len() {
                heap.resize(other.heap.len(), None);
            }
            for (own, theirs) in heap.iter_mut().zip(other.heap.iter()) {
                match (own.as_mut(), theirs) {
                    (_, None) => {}
                    (None, Some(object)) => *own = Some(object.clone()),
                    (Some(a), Some(b)) => {
                        if !Arc::ptr_eq(a, b) {
                            *a = Arc::new(a.join(b));
                        }
                    }
                }
            }
        }
        if !Arc::ptr_eq(&self.facts, &other.facts) {
            let facts: Vec<Fact> = self
                .facts
                .iter()
                .filter_map(|fact| {
                    other
                        .facts
                        .iter()
                        .find(|known| {
                            known.subject == fact.subject
                                && (known.kinds & fact.kinds != 0
                                    || fact.exactly.is_some() && known.exactly == fact.exactly)
                        })
                        .map(|known| Fact {
                            subject: fact.subject.clone(),
                            kinds: fact.kinds & known.kinds,
                            exactly: fact
                                .exactly
                                .clone()
                                .filter(|what| known.exactly.as_ref() == Some(what)),
                        })
                })
                .collect();
            self.facts = Arc::new(facts);
        }
    }

    /// All untrusted data in a value, through the objects it refers to.
    pub fn deep_taint(&self, value: &Value) -> Taint {
        let mut taint = value.taint.clone();
        self.add_deep(&value.what, &mut taint, &mut Vec::new());
        taint
    }

    fn add_deep(&self, what: &What, taint: &mut Taint, seen: &mut Vec<u32>) {
        for what in what.alternatives() {
            if let What::Object(id) = what
                && seen.len() < MAX_ENTRIES
                && !seen.contains(id)
                && let Some(object) = self.object(*id)
            {
                seen.push(*id);
                taint.add(&object.content_taint());
                for value in object
                    .items
                    .iter()
                    .flatten()
                    .chain(object.entries.iter().map(|(_, value)| value))
                    .chain(&object.rest)
                {
                    self.add_deep(&value.what, taint, seen);
                }
            }
        }
    }
}
