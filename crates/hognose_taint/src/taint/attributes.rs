//! Attributes of objects, classes and modules, read and written.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, Operand};
use hognose_python::{ModuleId, Symbol, Target};

use super::harm::ALL;
use super::heap::{Object, Shape, State};
use super::machine::{MAX_DEPTH, Machine};
use super::summary::Write;
use super::value::{Label, Mark, Note, Part, Path, Root, Taint, TextPart, Value, What, step};
use crate::models::{Binding, binding_of};
use crate::values;

impl Machine<'_, '_> {
    /// `base.name`
    pub(super) fn attribute(
        &mut self,
        state: &mut State,
        base: &Value,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        if self.depth >= MAX_DEPTH {
            self.gave_up = true;
            return Value::TOP;
        }
        self.depth += 1;
        let value = self.attribute_of_any(state, base, name, operand);
        self.depth -= 1;
        value
    }

    fn attribute_of_any(
        &mut self,
        state: &mut State,
        base: &Value,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        let mut joined: Option<Value> = None;
        for what in base.what.alternatives() {
            let one = self.attribute_of(state, base, what, name, operand);
            one.join_into(&mut joined);
        }
        joined.unwrap_or(Value::TOP)
    }

    fn attribute_of(
        &mut self,
        state: &mut State,
        base: &Value,
        what: &What,
        name: Symbol,
        operand: Option<Operand>,
    ) -> Value {
        match what {
            What::Object(id) => {
                let Some(object) = state.object(*id) else {
                    return Value::TOP;
                };
                let shape = object.shape;
                let (origins, taint) = (object.origins.clone(), object.taint.clone());
                if let Some(value) = object.read(Part::Attr(name)) {
                    return value;
                }
                match shape {
                    Shape::Instance(module, class) => {
                        let receiver = Value {
                            taint: Taint::CLEAN,
                            what: what.clone(),
                            whole: false,
                        };
                        let mut value =
                            self.class_attribute(state, (module, class), name, &receiver);
                        let is_data = !matches!(value.what, What::Function(_) | What::Method(_));
                        if is_data {
                            for origin in origins {
                                value.taint.add(&self.store_mark(origin, Part::Attr(name)));
                                value.whole = true;
                            }
                            if !taint.is_clean() {
                                value.taint.add(&taint);
                                value.whole = false;
                            }
                        }
                        value
                    }
                    _ => Value::TOP,
                }
            }
            What::Instance(module, class) => {
                let receiver = Value {
                    taint: base.taint.clone(),
                    what: what.clone(),
                    whole: base.whole,
                };
                let mut value = self.class_attribute(state, (*module, *class), name, &receiver);
                if !matches!(value.what, What::Function(_) | What::Method(_)) {
                    let mut part = self.part_of_whole(base, Part::Attr(name));
                    let whole = part.whole || part.taint.is_clean();
                    part.taint = self.cleaned_by_property((*module, *class), name, part.taint);
                    value.whole = (value.whole || value.taint.is_clean()) && whole;
                    value.taint.add(&part.taint);
                }
                value
            }
            What::Class(module, class) => {
                self.class_attribute(state, (*module, *class), name, &Value::new(what.clone()))
            }
            What::Module(module) => {
                let targets = self.engine.project.member(Target::Module(*module), name);
                let mut joined: Option<Value> = None;
                for target in targets {
                    let one = self.of_target(state, target, Some((*module, name)));
                    one.join_into(&mut joined);
                }
                self.set_by_functions(joined.unwrap_or(Value::TOP), *module, name)
            }
            What::External(external) => {
                let mut types = Vec::new();
                self.evaluator
                    .attribute(values::Value::External(*external), name, &mut types);
                Value::new(self.what_of(&types))
            }
            What::Typed(module, annotation) => {
                let mut types = Vec::new();
                self.evaluator.attribute(
                    values::Value::Typed(*module, *annotation),
                    name,
                    &mut types,
                );
                let mut value = self.part_of_whole(base, Part::Attr(name));
                value.what = self.what_of(&types);
                value
            }
            What::Function(_) | What::Method(_) | What::Partial(_) => Value::TOP,
            What::Super(module, class) => self.super_attribute(state, (*module, *class), name),
            What::Top | What::Text(_) => {
                // What the evaluator knows of an expression, where values do not.
                let mut value = self.part_of_whole(base, Part::Attr(name));
                if let Some(operand) = operand
                    && self.engine.program.models.interesting().contains(&name)
                {
                    let types = self.evaluator.values(self.module(), operand);
                    let known = self.what_of(&types);
                    if let What::Instance(..) | What::Module(_) | What::Class(..) = known {
                        let base = Value {
                            taint: base.taint.clone(),
                            what: known.clone(),
                            whole: base.whole,
                        };
                        value = self.attribute_of(state, &base, &known, name, None);
                    }
                }
                value
            }
            // Strings and numbers have methods and nothing else.
            _ => Value::tainted(base.taint.clone()),
        }
    }

    /// `getattr(self, "do_" + name)`: the methods whose names begin so.
    pub(super) fn methods_by_prefix(
        &mut self,
        state: &mut State,
        base: &Value,
        key: &Value,
    ) -> Option<Value> {
        let What::Text(parts) = &key.what else {
            return None;
        };
        let Some(TextPart::Literal(prefix)) = parts.first() else {
            return None;
        };
        let class = match &base.what {
            What::Object(id) => match state.object(*id)?.shape {
                Shape::Instance(module, class) => (module, class),
                _ => return None,
            },
            What::Instance(module, class) | What::Class(module, class) => (*module, *class),
            _ => return None,
        };
        let project = self.engine.project;
        let mut names: Vec<Symbol> = Vec::new();
        for &(module, class) in self.engine.ancestry(class).iter() {
            if project.module(module).is_model {
                continue;
            }
            for &(name, _) in project.module(module).ir.exports_of(class) {
                if project.text(name).starts_with(&**prefix) && !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        // Numbers of symbols depend on threads, and how many alternatives are kept is limited.
        names.sort_unstable_by_key(|&name| project.text(name));
        let mut joined: Option<Value> = None;
        for name in names {
            self.attribute(state, base, name, None)
                .join_into(&mut joined);
        }
        joined
    }

    /// An attribute that the class of an object has.
    fn class_attribute(
        &mut self,
        state: &mut State,
        class: (ModuleId, FunctionId),
        name: Symbol,
        receiver: &Value,
    ) -> Value {
        let engine = self.engine;
        let project = engine.project;
        let models = &engine.program.models;
        let is_class = matches!(receiver.what, What::Class(..));
        for &(module, ancestor) in engine.ancestry(class).iter() {
            let (module, ancestor) = models.twin(module, ancestor);
            if let Some((roles, _)) = models.attribute(module, ancestor, name) {
                let mut types = Vec::new();
                self.evaluator.attribute(
                    values::Value::Instance(module, ancestor),
                    name,
                    &mut types,
                );
                let sources = roles.sources.clone();
                if let [source, ..] = sources[..]
                    && let Some(fields) = self.checked_fields(state, class, name, source)
                {
                    return fields;
                }
                let mut value = Value::new(self.what_of(&types));
                if !sources.is_empty() {
                    value.taint = self.source_taint(&sources);
                    value.whole = true;
                }
                return value;
            }
            let Some(operand) = project.module(module).ir.export(ancestor, name) else {
                continue;
            };
            if let Some(target) = project.resolve(module, operand).into_iter().next() {
                match target {
                    Target::Function(module, function) => {
                        let binding = match models.function(module, function) {
                            Some(model) => model.binding,
                            None => binding_of(project, module, function, true),
                        };
                        return match binding {
                            Binding::Property if !is_class => {
                                self.property(state, module, function, receiver)
                            }
                            Binding::Free => {
                                Value::new(What::Function(Arc::new(self.close(module, function))))
                            }
                            Binding::ClassMethod => Value::new(What::Method(Arc::new((
                                Value::new(What::Class(class.0, class.1)),
                                module,
                                function,
                            )))),
                            _ if is_class => {
                                Value::new(What::Function(Arc::new(self.close(module, function))))
                            }
                            _ => self.method_or_overrides(receiver, (module, function)),
                        };
                    }
                    Target::Value(module, operand) => {
                        if let Some([Some((module, getter)), _]) =
                            engine.property_call(module, operand)
                            && !is_class
                        {
                            return self.property(state, module, getter, receiver);
                        }
                        // An object made here has what it was given here, and what its class has.
                        let is_own = match receiver.what {
                            What::Object(id) => state
                                .object(id)
                                .is_some_and(|object| object.origins.is_empty()),
                            _ => false,
                        };
                        let root = if is_class || is_own {
                            Root::Class(class.0, class.1)
                        } else {
                            Root::Instance(class.0, class.1)
                        };
                        let mut value = self.materialize(state, module, operand, None, 0);
                        if !project.module(module).is_model
                            && !matches!(value.what, What::Object(_))
                            && engine.is_set_by_instances(class, name)
                        {
                            // Instances may set their own.
                            if matches!(root, Root::Instance(..)) {
                                value.what = What::Top;
                            }
                            value.taint.add(&self.store_mark(
                                Label::Store {
                                    root,
                                    path: Path::EMPTY,
                                },
                                Part::Attr(name),
                            ));
                            value.whole = true;
                        } else if let What::Object(id) = value.what
                            && let Some(object) = state.object_mut(id)
                        {
                            let origin = Label::Store {
                                root,
                                path: Path::EMPTY.then(Part::Attr(name)),
                            };
                            if !object.origins.contains(&origin) {
                                object.origins.push(origin);
                            }
                        }
                        return value;
                    }
                    target => return self.of_target(state, target, None),
                }
            }
        }
        // Set by methods.
        let mut types = Vec::new();
        self.evaluator
            .attribute(values::Value::Instance(class.0, class.1), name, &mut types);
        let mut value = Value::new(self.what_of(&types));
        if let What::Symbol(_) | What::Str(_) | What::Int(_) | What::Bool(_) | What::None =
            value.what
        {
            // One of the values it may have.
            value.what = What::Top;
        }
        // `__getattr__` answers for what is not there.
        if !is_class
            && types.is_empty()
            && let Some(getattr) = engine.names.getattr
            && let Some((m, f)) = engine.method(class, getattr)
            && !project.module(m).is_model
        {
            return self
                .call_function(
                    state,
                    m,
                    f,
                    Some(receiver),
                    &[Value::new(What::Symbol(name))],
                )
                .unwrap_or(Value::TOP);
        }
        if engine.keeps(class) {
            value.taint = self.store_mark(
                Label::Store {
                    root: if is_class {
                        Root::Class(class.0, class.1)
                    } else {
                        Root::Instance(class.0, class.1)
                    },
                    path: Path::EMPTY,
                },
                Part::Attr(name),
            );
            value.whole = true;
        }
        value
    }

    /// A method of an object; those of derived classes where the class leaves it to them.
    fn method_or_overrides(&self, receiver: &Value, method: (ModuleId, FunctionId)) -> Value {
        let mut joined: Option<Value> = None;
        for &(module, function) in self.engine.overrides(method) {
            let mut own = receiver.clone();
            if let What::Instance(..) = own.what {
                let class = self
                    .engine
                    .project
                    .module(module)
                    .ir
                    .function(function)
                    .parent;
                own.what = What::Instance(module, class);
            }
            Value::new(What::Method(Arc::new((own, module, function)))).join_into(&mut joined);
        }
        joined.unwrap_or_else(|| {
            Value::new(What::Method(Arc::new((
                receiver.clone(),
                method.0,
                method.1,
            ))))
        })
    }

    /// Taint of an object, as far as a property of a stub lets it through.
    fn cleaned_by_property(
        &self,
        class: (ModuleId, FunctionId),
        name: Symbol,
        taint: Taint,
    ) -> Taint {
        let models = self.engine.program.models;
        if taint.is_clean() || !models.interesting().contains(&name) {
            return taint;
        }
        let Some((module, function)) = self.engine.method(class, name) else {
            return taint;
        };
        let own = models
            .function(module, function)
            .filter(|model| model.binding == Binding::Property)
            .and_then(|model| model.params.iter().find(|(number, _)| *number == 0));
        match own {
            Some((_, roles)) if roles.sanitizes_all => Taint::CLEAN,
            Some((_, roles)) => taint.cleaned(self.engine.bits(&roles.sanitizes)),
            None => taint,
        }
    }

    /// What a form or a serializer made of the input: a dictionary with what each field lets through.
    fn checked_fields(
        &mut self,
        state: &mut State,
        class: (ModuleId, FunctionId),
        name: Symbol,
        source: crate::models::Kind,
    ) -> Option<Value> {
        let engine = self.engine;
        if !matches!(engine.project.text(name), "cleaned_data" | "validated_data") {
            return None;
        }
        // Further fields of a model are not known.
        let is_of_model = engine.ancestry(class).iter().any(|&(module, class)| {
            let ir = &engine.project.module(module).ir;
            engine
                .project
                .text(ir.function(class).name)
                .contains("Model")
        });
        let fields = engine.entries.fields(class.0, class.1)?;
        if is_of_model {
            return None;
        }
        let mut object = Object::new(Shape::Dict);
        for (field, input) in fields {
            let clean = engine.constraint_kinds(&input.cleans);
            let value = if clean == ALL {
                Value::NUMBER
            } else {
                let taint = self.source_taint(&[source]);
                Value::tainted(taint.cleaned(clean))
            };
            object.write(Part::Key(*field), &value, false);
        }
        Some(self.allocate(state, object))
    }

    pub(super) fn property(
        &mut self,
        state: &mut State,
        module: ModuleId,
        function: FunctionId,
        receiver: &Value,
    ) -> Value {
        let models = self.engine.program.models;
        if self.engine.is_model(module, function) {
            let mut types = Vec::new();
            if let What::Instance(class_module, class) = receiver.what {
                self.evaluator.attribute(
                    values::Value::Instance(class_module, class),
                    self.engine
                        .project
                        .module(module)
                        .ir
                        .function(function)
                        .name,
                    &mut types,
                );
            }
            let mut value = Value::new(self.what_of(&types));
            if let Some(model) = models.function(module, function)
                && !model.returns.sources.is_empty()
            {
                let sources = model.returns.sources.clone();
                value.taint = self.source_taint(&sources);
                value.whole = true;
            }
            return value;
        }
        if self.is_looking_up {
            let name = self
                .engine
                .project
                .module(module)
                .ir
                .function(function)
                .name;
            return self.part_of_whole(receiver, Part::Attr(name));
        }
        self.call_function(state, module, function, Some(receiver), &[])
            .unwrap_or(Value::TOP)
    }

    /// Keeps `value` in a part of `base`.
    pub(super) fn store(&mut self, state: &mut State, base: &Value, part: Part, value: &Value) {
        let alternatives = base.what.alternatives();
        let weak = alternatives.len() > 1;
        for what in alternatives {
            match what {
                What::Object(id) => {
                    let Some(object) = state.object_mut(*id) else {
                        continue;
                    };
                    let is_shared = object
                        .origins
                        .iter()
                        .any(|origin| matches!(origin, Label::Store { .. }));
                    let shape = object.shape;
                    let origins = object.origins.clone();
                    if let (Shape::Instance(module, class), Part::Attr(name)) = (shape, part)
                        && self.setter(state, base, (module, class), name, value)
                    {
                        continue;
                    }
                    if let Some(object) = state.object_mut(*id) {
                        object.write(part, value, weak || is_shared);
                    }
                    for origin in origins {
                        let label = self.store_mark(origin, part);
                        if let Some(mark) = label.marks().first() {
                            self.write(state, mark.label, value);
                        }
                    }
                    if let (Shape::Instance(module, class), Part::Attr(_)) = (shape, part)
                        && !self.engine.project.module(module).is_model
                    {
                        self.write(
                            state,
                            Label::Store {
                                root: Root::Instance(module, class),
                                path: Path::EMPTY.then(part),
                            },
                            value,
                        );
                    }
                }
                What::Instance(module, class) | What::Class(module, class)
                    if self.engine.keeps((*module, *class)) =>
                {
                    self.write(
                        state,
                        Label::Store {
                            root: match what {
                                What::Class(..) => Root::Class(*module, *class),
                                _ => Root::Instance(*module, *class),
                            },
                            path: Path::EMPTY.then(part),
                        },
                        value,
                    );
                }
                What::Module(module) => {
                    if let Part::Attr(name) = part {
                        self.write(
                            state,
                            Label::Store {
                                root: Root::Global(*module, name),
                                path: Path::EMPTY,
                            },
                            value,
                        );
                    }
                }
                _ => {}
            }
        }
        if base.whole {
            for mark in base.taint.marks() {
                match mark.label {
                    Label::Source { .. } => {}
                    origin => {
                        let label = self.store_mark(origin, part);
                        if let Some(mark) = label.marks().first() {
                            self.write(state, mark.label, value);
                        }
                    }
                }
            }
        }
    }

    /// Calls the setter of a property, if there is one.
    pub(super) fn setter(
        &mut self,
        state: &mut State,
        base: &Value,
        class: (ModuleId, FunctionId),
        name: Symbol,
        value: &Value,
    ) -> bool {
        let Some((module, function)) = self.engine.setter(class, name) else {
            return false;
        };
        self.call_function(
            state,
            module,
            function,
            Some(base),
            std::slice::from_ref(value),
        );
        true
    }

    /// Records that data gets into something that outlives the call.
    pub(super) fn write(&mut self, state: &State, label: Label, value: &Value) {
        let taint = state.deep_taint(value);
        if taint.is_clean() {
            return;
        }
        let (module, index) = (self.module(), self.frame().at);
        let taint = taint.map(|mark| Mark {
            step: step(mark.step.as_ref(), module, index, Note::Stored, None),
            ..mark.clone()
        });
        // A place is not kept in itself.
        let marks: Vec<Mark> = taint
            .marks()
            .iter()
            .filter(|mark| mark.label != label)
            .cloned()
            .collect();
        if marks.is_empty() {
            return;
        }
        let is_full = self.writes.len() >= super::summary::MAX_WRITES;
        match self.writes.iter_mut().find(|write| write.label == label) {
            Some(write) => write.taint.add(&Taint::from_marks(marks)),
            None if is_full => self.gave_up = true,
            None => self.writes.push(Write {
                label,
                taint: Taint::from_marks(marks),
            }),
        }
    }

    /// `super().name`: looked up behind the class of the function that is being run.
    fn super_attribute(
        &mut self,
        state: &mut State,
        class: (hognose_python::ModuleId, FunctionId),
        name: Symbol,
    ) -> Value {
        let receiver = self
            .register(
                self.engine
                    .project
                    .module(self.module())
                    .ir
                    .function(self.frame().function)
                    .start,
            )
            .cloned()
            .unwrap_or(Value::TOP);
        let dynamic = match &receiver.what {
            What::Object(id) => match state.object(*id).map(|object| object.shape) {
                Some(Shape::Instance(module, class)) => (module, class),
                _ => class,
            },
            What::Instance(module, class) | What::Class(module, class) => (*module, *class),
            _ => class,
        };
        let order = self.engine.ancestry(dynamic);
        let at = order
            .iter()
            .position(|known| *known == class)
            .map_or(0, |at| at + 1);
        for &(module, ancestor) in &order[at..] {
            if let Some((m, f)) = self.engine.own_method((module, ancestor), name) {
                return Value::new(What::Method(Arc::new((receiver, m, f))));
            }
        }
        Value::TOP
    }
}
