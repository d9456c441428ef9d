//! A summary, said of the arguments of one call.

use std::sync::Arc;

use hognose_python::ModuleId;
use hognose_python::ir::{FunctionId, Operand};

use super::heap::{Fact, Object, State, Subject};
use super::machine::{Guards, Machine};
use super::summary::{Hit, Summary};
use super::value::{
    Closure, Label, Mark, Note, Part, Taint, TextPart, Value, What, kind_bit, step,
};

/// Where the places of a summary are in the caller.
pub(super) struct Mapping<'v> {
    values: &'v [Value],
    operands: &'v [Option<Operand>],
    caller: ModuleId,
    index: u32,
    pub(super) objects: Vec<(u32, u32)>,
}

impl Machine<'_, '_> {
    /// What a function of the project does, from its summary.
    pub(super) fn instantiate(
        &mut self,
        state: &mut State,
        index: u32,
        function: (ModuleId, FunctionId),
        summary: &Arc<Summary>,
        values: &[Value],
        operands: &[Option<Operand>],
    ) -> Option<Value> {
        let caller = self.module();
        let cost = (summary.hits.len() + summary.writes.len() + 2 * summary.objects.len()) as u32;
        self.fuel = self.fuel.saturating_sub(cost);
        let mut mapping = Mapping {
            values,
            operands,
            caller,
            index,
            objects: Vec::new(),
        };
        for hit in &summary.hits {
            let Label::Input { param, .. } = hit.mark.label else {
                // Reported where it happens.
                continue;
            };
            if self.hits.len() >= super::summary::MAX_HITS {
                self.gave_up = true;
                break;
            }
            let bit = kind_bit(hit.sink);
            let actual = self.actual(state, &mapping, &hit.mark, Note::Argument);
            for mark in actual.marks() {
                if self.is_clean(state, mark, bit) {
                    continue;
                }
                let before = hit.before.as_ref().map(|parts| {
                    let mut before = self.mapped_parts(state, &mapping, parts);
                    before.extend(lead(&mapping, hit.mark.label, mark.label));
                    before
                });
                if let Some(before) = &before
                    && self.engine.is_fixed(hit.sink, before)
                {
                    continue;
                }
                let is_whole = values
                    .get(usize::from(param))
                    .is_some_and(|value| value.whole);
                self.add_hit(Hit {
                    whole: hit.whole && is_whole && mark.label.is_argument(),
                    mark: mark.clone(),
                    before: before.map(Into::into),
                    ..hit.clone()
                });
            }
        }
        for write in &summary.writes {
            let is_store = matches!(write.label, Label::Store { .. });
            let mut taint = Taint::CLEAN;
            for mark in write.taint.marks() {
                // What does not come from an argument was written by the callee, whoever calls it.
                if !is_store || matches!(mark.label, Label::Input { .. }) {
                    taint.add(&self.actual(state, &mapping, mark, Note::Returned));
                }
            }
            if taint.is_clean() {
                continue;
            }
            let value = Value::tainted(taint);
            match write.label {
                Label::Input { param, path } => {
                    let Some((last, parents)) = path.parts().split_last() else {
                        continue;
                    };
                    let mut base = values
                        .get(usize::from(param))
                        .cloned()
                        .unwrap_or(Value::TOP);
                    for &part in parents {
                        base = self.part(state, &base, part);
                    }
                    self.store(state, &base, *last, &value);
                }
                label => self.write(state, label, &value),
            }
        }
        let is_new = self.engine.names.init
            == Some(
                self.engine
                    .project
                    .module(function.0)
                    .ir
                    .function(function.1)
                    .name,
            );
        for (param, object) in &summary.effects {
            let Some(What::Object(id)) = values.get(usize::from(*param)).map(|value| &value.what)
            else {
                continue;
            };
            for (part, value) in &object.entries {
                let value = self.mapped_value(state, &mut mapping, summary, value);
                if let Some(own) = state.object_mut(*id) {
                    own.write(*part, &value, !is_new);
                }
                let origins = state
                    .object(*id)
                    .map(|own| own.origins.clone())
                    .unwrap_or_default();
                for origin in origins {
                    if let Some(mark) = self.store_mark(origin, *part).marks().first() {
                        self.write(state, mark.label, &value);
                    }
                }
            }
        }
        let returns = summary.returns.as_ref()?;
        for fact in &summary.ensures {
            for fact in self.mapped_fact(state, &mapping, fact) {
                state.add_fact(fact);
            }
        }
        let map_facts = |machine: &mut Self, state: &mut State, facts: &Option<Vec<Fact>>| {
            facts.as_ref().map(|facts| {
                facts
                    .iter()
                    .flat_map(|fact| machine.mapped_fact(state, &mapping, fact))
                    .collect::<Vec<Fact>>()
            })
        };
        let guards = Guards {
            on_true: map_facts(self, state, &summary.guards.on_true),
            on_false: map_facts(self, state, &summary.guards.on_false),
        };
        self.frame_mut().call_facts.insert(index, guards);
        Some(self.mapped_value(state, &mut mapping, summary, returns))
    }

    /// A part of a value, whatever it is.
    pub(super) fn part(&mut self, state: &mut State, value: &Value, part: Part) -> Value {
        match part {
            Part::Attr(name) => self.attribute(state, value, name, None),
            Part::Key(symbol) => self.subscript(state, value, &Value::new(What::Symbol(symbol))),
            Part::Index(number) => {
                self.subscript(state, value, &Value::new(What::Int(i64::from(number))))
            }
            Part::Element => self.element(state, value),
        }
    }

    fn argument_at(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        param: u16,
        parts: &[Part],
    ) -> Value {
        let mut value = mapping
            .values
            .get(usize::from(param))
            .cloned()
            .unwrap_or(Value::TOP);
        let before = std::mem::replace(&mut self.is_looking_up, true);
        for &part in parts {
            value = self.part(state, &value, part);
        }
        self.is_looking_up = before;
        value
    }

    /// The taint of the caller that a mark of the callee stands for.
    fn actual(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        mark: &Mark,
        note: Note,
    ) -> Taint {
        match mark.label {
            Label::Input { param, path } => {
                let value = self.argument_at(state, mapping, param, path.parts());
                let value = super::machine::apply_facts(&state.facts, value, None);
                let taint = state.deep_taint(&value);
                taint.map(|own| Mark {
                    label: own.label,
                    clean: mark.cleaned_after(own.clean),
                    doubt: own.doubt.max(mark.doubt),
                    undone: own.undone || mark.undone,
                    step: step(
                        own.step.as_ref(),
                        mapping.caller,
                        mapping.index,
                        note,
                        mark.step.as_ref(),
                    ),
                })
            }
            _ => Taint::of(Mark {
                step: step(
                    None,
                    mapping.caller,
                    mapping.index,
                    note,
                    mark.step.as_ref(),
                ),
                ..mark.clone()
            }),
        }
    }

    fn mapped_taint(&mut self, state: &mut State, mapping: &Mapping<'_>, taint: &Taint) -> Taint {
        let mut mapped = Taint::CLEAN;
        for mark in taint.marks() {
            mapped.add(&self.actual(state, mapping, mark, Note::Returned));
        }
        mapped
    }

    fn mapped_parts(
        &mut self,
        state: &mut State,
        mapping: &Mapping<'_>,
        parts: &[TextPart],
    ) -> Vec<TextPart> {
        let mut mapped = Vec::new();
        for part in parts {
            match part {
                TextPart::Literal(_) => mapped.push(part.clone()),
                TextPart::Hole { taint, number } => {
                    // A parameter that is put in as it is: the argument's own text.
                    if let [
                        Mark {
                            label: Label::Input { param, path },
                            ..
                        },
                    ] = taint.marks()
                    {
                        let value = self.argument_at(state, mapping, *param, path.parts());
                        mapped.extend(self.parts(&value));
                    } else {
                        mapped.push(TextPart::Hole {
                            taint: self.mapped_taint(state, mapping, taint),
                            number: *number,
                        });
                    }
                }
            }
        }
        mapped
    }

    fn mapped_fact(&mut self, state: &mut State, mapping: &Mapping<'_>, fact: &Fact) -> Vec<Fact> {
        let Subject::Label(label) = fact.subject else {
            return Vec::new();
        };
        let Label::Input { param, path } = label else {
            return vec![fact.clone()];
        };
        let mut facts = Vec::new();
        if path.parts().is_empty()
            && let Some(register) = mapping
                .operands
                .get(usize::from(param))
                .copied()
                .flatten()
                .and_then(Operand::as_register)
        {
            facts.push(Fact {
                subject: Subject::Register(register),
                kinds: fact.kinds,
                exactly: None,
            });
        }
        let value = self.argument_at(state, mapping, param, path.parts());
        if value.whole {
            facts.extend(value.taint.marks().iter().map(|mark| Fact {
                subject: Subject::Label(mark.label),
                kinds: fact.kinds,
                exactly: None,
            }));
        }
        facts
    }

    fn mapped_value(
        &mut self,
        state: &mut State,
        mapping: &mut Mapping<'_>,
        summary: &Summary,
        value: &Value,
    ) -> Value {
        // The argument itself comes back.
        if value.whole
            && matches!(value.what, What::Top)
            && let [
                Mark {
                    label: Label::Input { param, path },
                    clean,
                    undone,
                    step: inside,
                    ..
                },
            ] = value.taint.marks()
        {
            let mut own = self.argument_at(state, mapping, *param, path.parts());
            own.taint = own.taint.map(|mark| Mark {
                clean: if *undone { *clean } else { mark.clean | clean },
                undone: mark.undone || *undone,
                step: step(
                    mark.step.as_ref(),
                    mapping.caller,
                    mapping.index,
                    Note::Returned,
                    inside.as_ref(),
                ),
                ..mark.clone()
            });
            return own;
        }
        let taint = self.mapped_taint(state, mapping, &value.taint);
        let what = self.mapped_what(state, mapping, summary, &value.what);
        Value {
            taint,
            what,
            whole: false,
        }
    }

    fn mapped_what(
        &mut self,
        state: &mut State,
        mapping: &mut Mapping<'_>,
        summary: &Summary,
        what: &What,
    ) -> What {
        match what {
            What::Object(id) => {
                if let Some((_, new)) = mapping.objects.iter().find(|(old, _)| old == id) {
                    return What::Object(*new);
                }
                let Some((_, object)) = summary.objects.iter().find(|(known, _)| known == id)
                else {
                    return What::Top;
                };
                // The argument itself.
                if let Some(Label::Input { param, path }) = object
                    .origins
                    .iter()
                    .find(|origin| matches!(origin, Label::Input { .. }))
                {
                    return self.argument_at(state, mapping, *param, path.parts()).what;
                }
                let number = mapping.objects.len() as u32 + 3;
                let made = self.allocate_extra(state, number, Object::new(object.shape));
                let What::Object(new) = made.what else {
                    return What::Top;
                };
                mapping.objects.push((*id, new));
                let mut copy = Object::new(object.shape);
                copy.origins.clone_from(&object.origins);
                copy.taint = self.mapped_taint(state, mapping, &object.taint);
                copy.items = object.items.as_ref().map(|items| {
                    items
                        .iter()
                        .map(|item| self.mapped_value(state, mapping, summary, item))
                        .collect()
                });
                for (part, value) in &object.entries {
                    let value = self.mapped_value(state, mapping, summary, value);
                    copy.entries.push((*part, value));
                }
                copy.rest = object
                    .rest
                    .as_ref()
                    .map(|rest| self.mapped_value(state, mapping, summary, rest));
                state.put(new, copy);
                What::Object(new)
            }
            What::Text(parts) => {
                let parts = self.mapped_parts(state, mapping, parts);
                self.text(parts, Taint::CLEAN).what
            }
            What::Function(closure) => {
                let mut closure = Closure::clone(closure);
                for (_, value) in &mut closure.cells {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                What::Function(Arc::new(closure))
            }
            What::Method(method) => {
                let receiver = self.mapped_value(state, mapping, summary, &method.0);
                What::Method(Arc::new((receiver, method.1, method.2)))
            }
            What::Partial(partial) => {
                let mut partial = super::value::PartialCall::clone(partial);
                partial.callee = self.mapped_value(state, mapping, summary, &partial.callee);
                for value in &mut partial.positional {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                for (_, value) in &mut partial.named {
                    *value = self.mapped_value(state, mapping, summary, value);
                }
                What::Partial(Arc::new(partial))
            }
            What::Choice(all) => {
                let mut joined: Option<What> = None;
                for one in all.iter() {
                    let one = self.mapped_what(state, mapping, summary, one);
                    one.join_into(&mut joined);
                }
                joined.unwrap_or(What::Top)
            }
            other => other.clone(),
        }
    }
}

/// What stands before the data in the text that is passed for a parameter.
fn lead(mapping: &Mapping<'_>, param: Label, wanted: Label) -> Vec<TextPart> {
    let Label::Input { param, path } = param else {
        return Vec::new();
    };
    let value = mapping.values.get(usize::from(param));
    let Some(What::Text(parts)) = value.map(|value| &value.what) else {
        return Vec::new();
    };
    let at = parts.iter().position(|part| match part {
        TextPart::Hole { taint, .. } => taint.marks().iter().any(|mark| mark.label == wanted),
        TextPart::Literal(_) => false,
    });
    match at {
        Some(at) if path.parts().is_empty() => parts[..at].to_vec(),
        _ => Vec::new(),
    }
}
