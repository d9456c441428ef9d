//! Templates: which one a call renders, whether its engine escapes, and what becomes of the values that it is given.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind, ParamKind};
use hognose_python::{ModuleId, Symbol, Target};

use super::call::{Arguments, Given};
use super::engine::Engine;
use super::heap::{Shape, State};
use super::machine::Machine;
use super::value::{Closure, Kinds, Label, Part, Taint, Value, What};
use crate::models::Roles;
use crate::text::Literal;
use crate::values::{self, Evaluator};
use crate::view::{CallView, Callee, Given as Passed};

/// The function of a template's program for an engine that escapes.
pub const ESCAPED_TEMPLATE: &str = "_escaped";
/// The function of a template's program for an engine that does not.
pub const PLAIN_TEMPLATE: &str = "_plain";

/// How far the origin of an environment is followed.
const MAX_STEPS: u32 = 8;
/// How many origins are looked at.
const MAX_ORIGINS: usize = 16;

/// Which of the templates at `paths` are meant by `name` in the file `from`: those nearest to it.
pub fn templates_named(name: &str, from: &str, paths: &[Arc<str>]) -> Vec<usize> {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    if name.is_empty() {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = paths
        .iter()
        .enumerate()
        .filter_map(|(at, path)| {
            let folder = path.strip_suffix(name)?;
            (folder.is_empty() || folder.ends_with('/')).then_some((at, folder))
        })
        .collect();
    let is_root = |folder: &str| {
        let last = folder.trim_end_matches('/').rsplit('/').next();
        matches!(last, Some("templates" | "jinja2" | "template" | "views"))
    };
    if found.iter().any(|(_, folder)| is_root(folder)) {
        found.retain(|(_, folder)| is_root(folder));
    }
    let shared = |path: &str| {
        let parts = path.split('/').zip(from.split('/'));
        parts.take_while(|(a, b)| a == b).count()
    };
    let most = found.iter().map(|&(at, _)| shared(&paths[at])).max();
    found
        .into_iter()
        .map(|(at, _)| at)
        .filter(|&at| Some(shared(&paths[at])) == most)
        .collect()
}

/// See [`super::Options::inline_template`].
type Inline = fn(&str, bool, bool) -> Vec<String>;

/// The templates of a project.
#[derive(Debug, Default)]
pub(crate) struct Templates {
    paths: Vec<Arc<str>>,
    modules: Vec<ModuleId>,
    inline: Option<Inline>,
    source: Kinds,
    /// Sink kinds of parameters that take the name of a template, the values for it, and whether it is to escape.
    name: Kinds,
    context: Kinds,
    escapes: Kinds,
}

impl Templates {
    pub fn new(
        program: &crate::values::Program<'_>,
        bits: impl Fn(&[&str]) -> Kinds,
        inline: Option<Inline>,
    ) -> Self {
        let (modules, paths) = program
            .project
            .modules()
            .filter(|(_, module)| module.is_derived)
            .map(|(id, module)| (id, module.path.clone()))
            .unzip();
        Templates {
            paths,
            modules,
            inline,
            source: bits(&["template"]),
            name: bits(&["template-name"]),
            context: bits(&["template-context"]),
            escapes: bits(&["template-escapes"]),
        }
    }

    /// Kinds that say how a template is rendered, and are no sinks themselves.
    pub fn kinds(&self) -> Kinds {
        self.name | self.context | self.escapes
    }
}

/// What a call renders.
#[derive(Default)]
struct Rendered {
    names: Vec<String>,
    /// Templates that are texts of the program, and whether they are Mako's.
    sources: Vec<(String, bool)>,
    /// The engine escapes; none if that is not known.
    escapes: Option<bool>,
}

impl Machine<'_, '_> {
    /// Runs the templates that a call of a library function renders on the values that it gives them. Whether the
    /// values are done with: their way goes on in the template, or the engine escapes them; then, what still is in the
    /// result as it was.
    pub(super) fn render(
        &mut self,
        state: &mut State,
        index: u32,
        function: (ModuleId, FunctionId),
        kept: &[(Option<usize>, &Given)],
        arguments: &Arguments,
    ) -> Option<Taint> {
        let engine = self.engine;
        let templates = &engine.templates;
        let Some(model) = engine.program.models.function(function.0, function.1) else {
            return None;
        };
        let bits_of = |roles: &Roles| engine.bits(&roles.sinks);
        let all = model
            .params
            .iter()
            .fold(0, |all, (_, roles)| all | bits_of(roles));
        if all & templates.context == 0 {
            return None;
        }
        let has = |number: &Option<usize>, kind: Kinds| {
            number.is_some_and(|number| {
                let mut params = model.params.iter();
                params.any(|(at, roles)| *at as usize == number && bits_of(roles) & kind != 0)
            })
        };
        let mut rendered = if all & templates.name == 0 {
            self.of_receiver(state, index)
        } else {
            let given = kept.iter().find(|(number, _)| has(number, templates.name));
            let names = given.map_or_else(Vec::new, |(_, given)| self.texts(state, given));
            Rendered {
                escapes: engine.escapes_by_name(function.0, &names),
                names,
                sources: Vec::new(),
            }
        };
        if let Some((_, given)) = kept
            .iter()
            .find(|(number, _)| has(number, templates.source))
        {
            let texts = self.texts(state, given);
            rendered = Rendered {
                sources: texts.into_iter().map(|text| (text, false)).collect(),
                ..Rendered::default()
            };
        }
        if let Some((_, given)) = kept
            .iter()
            .find(|(number, _)| has(number, templates.escapes))
        {
            rendered.escapes = Some(given.value.what == What::Bool(true));
        }
        let params = engine.project.module(function.0).ir.params_of(function.1);
        let mut context = Arguments::default();
        for (number, given) in kept
            .iter()
            .filter(|(number, _)| has(number, templates.context))
        {
            let is_rest = number.is_some_and(|at| params[at].kind == ParamKind::DoubleStar);
            let named = arguments
                .named
                .iter()
                .find(|(_, other)| std::ptr::eq(other, *given));
            match named {
                Some((name, given)) if is_rest => context.named.push((*name, given.clone())),
                _ if is_rest => {
                    // The rest of a dictionary: that this is the variable is a guess, unless all of it came in.
                    let mut rest = (*given).clone();
                    let came_in = rest
                        .value
                        .taint
                        .marks()
                        .iter()
                        .all(|mark| matches!(mark.label, Label::Source { .. }));
                    if !came_in || !rest.value.whole {
                        rest.value.taint = rest.value.taint.doubted();
                    }
                    context.double_star = Some(rest);
                }
                _ => self.add_context(state, &given.value, &mut context),
            }
        }
        let escapes = rendered.escapes.unwrap_or(true);
        if let Some(inline) = templates.inline.filter(|_| !rendered.sources.is_empty()) {
            return Some(put_out(
                state,
                &rendered.sources,
                escapes,
                &context,
                engine,
                inline,
            ));
        }
        let path = engine.project.module(self.module()).path.clone();
        let mut is_found = false;
        for name in &rendered.names {
            for at in templates_named(name, &path, &templates.paths) {
                is_found = true;
                let module = templates.modules[at];
                let Some(function) = engine.template_function(module, escapes) else {
                    continue;
                };
                if engine.summary(module, function).is_none() {
                    continue;
                }
                let closure = Closure {
                    module,
                    function,
                    cells: Vec::new(),
                    raw: true,
                };
                self.call_project(state, index, &closure, None, &context);
            }
        }
        (is_found || escapes).then_some(Taint::CLEAN)
    }

    /// `base.name` as templates have it: an attribute of an object, or an entry of a dictionary.
    pub(super) fn member(&mut self, state: &mut State, base: &Value, name: Symbol) -> Value {
        let (mut has_attributes, mut has_entries) = (false, false);
        for what in base.what.alternatives() {
            let shape = match what {
                What::Instance(module, class) | What::Class(module, class) => {
                    Some(Shape::Instance(*module, *class))
                }
                What::Object(id) => state.object(*id).map(|object| object.shape),
                _ => None,
            };
            has_attributes |= shape.is_none_or(|shape| matches!(shape, Shape::Instance(..)));
            has_entries |= shape.is_none_or(|shape| !matches!(shape, Shape::Instance(..)));
        }
        let attribute = has_attributes.then(|| self.attribute(state, base, name, None));
        let entry =
            has_entries.then(|| self.subscript(state, base, &Value::new(What::Symbol(name))));
        match (attribute, entry) {
            (Some(attribute), Some(entry)) => attribute.join(&entry),
            (one, other) => one.or(other).unwrap_or(Value::TOP),
        }
    }

    /// The entries of a dictionary as variables of a template.
    fn add_context(&mut self, state: &State, value: &Value, context: &mut Arguments) {
        let object = match &value.what {
            What::Object(id) => state.object(*id).cloned(),
            _ => None,
        };
        let Some(object) = object else {
            if !value.taint.is_clean() {
                let element = self.part_of_whole(value, Part::Element);
                context.double_star = Some(Given::of(element));
            }
            return;
        };
        for (part, value) in object.entries {
            if let Part::Key(name) = part {
                context.named.push((name, Given::of(value)));
            }
        }
        if let Some(mut rest) = object.rest {
            rest.taint = rest.taint.doubted();
            context.double_star = Some(Given::of(rest));
        }
    }

    /// The texts that an argument may be.
    fn texts(&mut self, state: &State, given: &Given) -> Vec<String> {
        let mut values = vec![given.value.clone()];
        if let Some(items) = self.exact_items(state, &given.value) {
            values = items;
        }
        let mut found: Vec<String> = Vec::new();
        for value in &values {
            self.note_choice(value);
            for what in value.what.alternatives() {
                let text = match what {
                    What::Symbol(text) => self.engine.project.text(*text).to_owned(),
                    What::Str(text) => text.to_string(),
                    _ => continue,
                };
                found.push(text);
            }
        }
        if found.is_empty()
            && let Some(operand) = given.operand
        {
            found = literal_texts(&self.evaluator, self.module(), operand);
        }
        found
    }

    /// What the template object on which the call is made renders.
    fn of_receiver(&mut self, state: &mut State, index: u32) -> Rendered {
        let mut rendered = Rendered::default();
        let ir = self.ir();
        if ir.op(index) != Op::Call || self.frame().at != index {
            return rendered;
        }
        let Some(callee) = ir
            .instruction(ir.get(index).operand_a())
            .filter(|callee| callee.op == Op::Attr)
        else {
            return rendered;
        };
        let engine = self.engine;
        let evaluator = self.evaluator.clone();
        let own = self.module();
        let info = ir.function(self.frame().function);
        let frame = info.start..info.end;
        for (module, call) in engine.origins(&evaluator, own, callee.operand_a()) {
            let Some(view) = CallView::new(&evaluator, module, call) else {
                continue;
            };
            let names = view
                .ports()
                .iter()
                .filter(|port| engine.bits(port.sinks) & engine.templates.name != 0);
            for port in names {
                let Passed::Argument { value, .. } = port.given else {
                    continue;
                };
                let given = Given {
                    value: if module == own && frame.contains(&call) {
                        self.read(state, value)
                    } else {
                        Value::TOP
                    },
                    operand: Some(value),
                    position: None,
                };
                if module == own {
                    rendered.names.extend(self.texts(state, &given));
                } else {
                    rendered
                        .names
                        .extend(literal_texts(&evaluator, module, value));
                }
            }
            let sources = view
                .ports()
                .iter()
                .filter(|port| engine.bits(port.sinks) & engine.templates.source != 0);
            for port in sources {
                if let Passed::Argument { value, .. } = port.given
                    && let Some(text) = evaluator.constant_text(module, value)
                {
                    let is_mako = view.callees.iter().any(|callee| match callee {
                        Callee::Function { function, .. } => {
                            engine.project.module(function.0).name.starts_with("mako")
                        }
                        _ => false,
                    });
                    rendered.sources.push((text, is_mako));
                }
            }
            let escapes = engine.template_escapes(&view, rendered.names.first());
            rendered.escapes = match (rendered.escapes, escapes) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (known, escapes) => known.or(escapes),
            };
        }
        rendered
    }
}

/// What templates that are texts of the program put out as it is.
fn put_out(
    state: &State,
    sources: &[(String, bool)],
    escapes: bool,
    context: &Arguments,
    engine: &Engine<'_>,
    inline: Inline,
) -> Taint {
    let mut taint = Taint::CLEAN;
    for (text, is_mako) in sources {
        for name in inline(text, *is_mako, escapes) {
            let mut known = context.named.iter();
            let given = known.find(|(own, _)| engine.project.text(*own) == name);
            let given = given
                .map(|(_, given)| given)
                .or(context.double_star.as_ref());
            if let Some(given) = given {
                taint.add(&state.deep_taint(&given.value));
            }
        }
    }
    taint
}

fn literal_texts(evaluator: &Evaluator<'_>, module: ModuleId, operand: Operand) -> Vec<String> {
    let (literals, _) = evaluator.literals(module, operand);
    literals
        .into_iter()
        .filter_map(|literal| match literal {
            Literal::Str(text) => Some(text),
            _ => None,
        })
        .collect()
}

impl Engine<'_> {
    /// The function of a template for an engine that escapes, or does not.
    pub(super) fn template_function(&self, module: ModuleId, escapes: bool) -> Option<FunctionId> {
        let wanted = if escapes {
            ESCAPED_TEMPLATE
        } else {
            PLAIN_TEMPLATE
        };
        let functions = &self.project.module(module).ir.functions;
        let at = functions.iter().position(|function| {
            function.parent == FunctionId::MODULE && self.project.text(function.name) == wanted
        })?;
        Some(FunctionId(at as u32))
    }

    /// Templates that a call in a template includes.
    pub(super) fn included(
        &self,
        evaluator: &Evaluator<'_>,
        module: ModuleId,
        index: u32,
    ) -> Vec<(ModuleId, FunctionId)> {
        let Some(view) = CallView::new(evaluator, module, index) else {
            return Vec::new();
        };
        let path = &self.project.module(module).path;
        let mut found = Vec::new();
        for port in view.ports() {
            if self.bits(port.sinks) & self.templates.name == 0 {
                continue;
            }
            let Passed::Argument { value, .. } = port.given else {
                continue;
            };
            for name in literal_texts(evaluator, module, value) {
                for at in templates_named(&name, path, &self.templates.paths) {
                    let target = self.templates.modules[at];
                    for escapes in [true, false] {
                        let function = self.template_function(target, escapes);
                        found.extend(function.map(|function| (target, function)));
                    }
                }
            }
        }
        found
    }

    /// Whether a framework escapes in templates of these names.
    fn escapes_by_name(&self, module: ModuleId, names: &[String]) -> Option<bool> {
        let package = self.project.module(module).name.split('.').next();
        let suffixes: &[&str] = match package {
            Some("flask" | "quart") => &["html", "htm", "xml", "xhtml", "svg"],
            Some("starlette" | "fastapi") => &["html", "htm", "xml"],
            _ => return Some(true),
        };
        Some(names.iter().all(|name| has_suffix(name, suffixes)))
    }

    /// Calls that made what an operand holds.
    fn origins(
        &self,
        evaluator: &Evaluator<'_>,
        module: ModuleId,
        operand: Operand,
    ) -> Vec<(ModuleId, u32)> {
        let mut found = Vec::new();
        let mut waiting = vec![(module, operand, 0)];
        let mut seen = Vec::new();
        while let Some((module, operand, steps)) = waiting.pop() {
            if steps > MAX_STEPS
                || seen.len() > 8 * MAX_ORIGINS
                || seen.contains(&(module, operand))
            {
                continue;
            }
            seen.push((module, operand));
            let ir = &self.project.module(module).ir;
            if let OperandKind::Register(index) = operand.kind() {
                let instruction = ir.get(index);
                match instruction.op {
                    Op::Call => {
                        let before = waiting.len();
                        for value in evaluator.values(module, instruction.operand_a()).iter() {
                            if let values::Value::Function(module, function)
                            | values::Value::Method((module, function), _) = *value
                                && !self.is_model(module, function)
                            {
                                self.returned(module, function, |operand| {
                                    waiting.push((module, operand, steps + 1));
                                });
                            }
                        }
                        if waiting.len() == before && found.len() < MAX_ORIGINS {
                            found.push((module, index));
                        }
                        continue;
                    }
                    Op::Phi => {
                        ir.for_each_operand(index, |way| waiting.push((module, way, steps + 1)));
                        continue;
                    }
                    Op::Attr => {
                        for value in evaluator.values(module, instruction.operand_a()).iter() {
                            if let values::Value::Instance(module, class) = *value {
                                self.stored(module, class, instruction.symbol_b(), |operand| {
                                    waiting.push((module, operand, steps + 1));
                                });
                            }
                        }
                    }
                    _ => {}
                }
            }
            for target in self.project.resolve(module, operand) {
                if let Target::Value(module, value) = target {
                    waiting.push((module, value, steps + 1));
                }
            }
        }
        found
    }

    fn returned(&self, module: ModuleId, function: FunctionId, mut add: impl FnMut(Operand)) {
        let ir = &self.project.module(module).ir;
        let info = ir.function(function);
        for index in info.start..info.end {
            if ir.op(index) == Op::Return {
                add(ir.get(index).operand_a());
            }
        }
    }

    /// What methods of a class keep in an attribute.
    fn stored(
        &self,
        module: ModuleId,
        class: FunctionId,
        name: Symbol,
        mut add: impl FnMut(Operand),
    ) {
        let ir = &self.project.module(module).ir;
        for function in &ir.functions {
            if function.parent != class || function.kind != FunctionKind::Def {
                continue;
            }
            for index in function.start..function.end {
                if ir.op(index) == Op::StoreAttr {
                    let (own, value) = ir.stored_attr(ir.get(index).b);
                    if own == name {
                        add(value);
                    }
                }
            }
        }
    }

    /// Whether the template that a call makes or gets is escaped.
    fn template_escapes(&self, view: &CallView<'_, '_>, name: Option<&String>) -> Option<bool> {
        let evaluator = view.evaluator;
        let has_setting = view
            .ports()
            .iter()
            .any(|port| self.bits(port.sinks) & self.sinks.autoescape != 0);
        if has_setting {
            return self.setting(view, name);
        }
        let ir = &self.project.module(view.module).ir;
        let callee = ir.instruction(ir.get(view.index).operand_a())?;
        if callee.op != Op::Attr {
            return None;
        }
        let origins = self.origins(evaluator, view.module, callee.operand_a());
        let mut escapes = None;
        for (module, call) in origins {
            match self.environment_escapes(evaluator, module, call, name) {
                Some(false) => return Some(false),
                other => escapes = escapes.or(other),
            }
        }
        escapes
    }

    fn environment_escapes(
        &self,
        evaluator: &Evaluator<'_>,
        module: ModuleId,
        call: u32,
        name: Option<&String>,
    ) -> Option<bool> {
        let callee = self.project.module(module).ir.get(call).operand_a();
        let class = evaluator
            .values(module, callee)
            .iter()
            .find_map(|value| match *value {
                values::Value::Class(module, class) => Some((module, class)),
                _ => None,
            })?;
        if self.project.module(class.0).is_model {
            let view = CallView::new(evaluator, module, call)?;
            return self.setting(&view, name);
        }
        let is_environment = self.ancestry(class).iter().any(|&(module, class)| {
            let module = self.project.module(module);
            module.is_model && module.name.starts_with("jinja2") && class != FunctionId::MODULE
        });
        if !is_environment {
            return None;
        }
        if let Some(value) = named_argument(self, module, call, "autoescape") {
            return self.value_escapes(evaluator, module, value, name);
        }
        // What the class makes of it.
        for &(module, class) in self.ancestry(class).iter() {
            if self.project.module(module).is_model {
                continue;
            }
            if let Some((module, value)) = self.mentioned(module, class) {
                return self.value_escapes(evaluator, module, value, name);
            }
        }
        Some(false)
    }

    /// The value that the methods of a class give `autoescape`.
    fn mentioned(&self, module: ModuleId, class: FunctionId) -> Option<(ModuleId, Operand)> {
        let ir = &self.project.module(module).ir;
        let is_name = |operand: Operand| match operand.kind() {
            OperandKind::Str(text) => self.project.text(text) == "autoescape",
            _ => false,
        };
        for function in ir
            .functions
            .iter()
            .filter(|function| function.parent == class)
        {
            for index in function.start..function.end {
                let instruction = ir.get(index);
                match instruction.op {
                    Op::Call => {
                        if let Some(value) = named_argument(self, module, index, "autoescape") {
                            return Some((module, value));
                        }
                        let mut arguments = ir.arguments(instruction.b);
                        if arguments.next().is_some_and(|(_, first)| is_name(first))
                            && let Some((_, value)) = arguments.next()
                        {
                            return Some((module, value));
                        }
                    }
                    Op::StoreAttr => {
                        let (name, value) = ir.stored_attr(instruction.b);
                        if self.project.text(name) == "autoescape" {
                            return Some((module, value));
                        }
                    }
                    _ => {}
                }
            }
        }
        None
    }

    /// What the setting of a constructor says.
    fn setting(&self, view: &CallView<'_, '_>, name: Option<&String>) -> Option<bool> {
        let port = view
            .ports()
            .iter()
            .find(|port| self.bits(port.sinks) & self.sinks.autoescape != 0)?;
        match port.given {
            Passed::Argument { value, .. } => {
                self.value_escapes(view.evaluator, view.module, value, name)
            }
            Passed::Default(..) | Passed::Missing => Some(false),
            Passed::Unknown => None,
        }
    }

    fn value_escapes(
        &self,
        evaluator: &Evaluator<'_>,
        module: ModuleId,
        value: Operand,
        name: Option<&String>,
    ) -> Option<bool> {
        let (literals, is_complete) = evaluator.literals(module, value);
        // Mako's list of filters.
        let texts = literals.iter().filter_map(|literal| match literal {
            Literal::Str(text) => Some(text.as_str()),
            _ => None,
        });
        let filters: Vec<&str> = texts.collect();
        if !filters.is_empty() {
            return Some(filters.iter().any(|name| matches!(*name, "h" | "x")));
        }
        let is_off = |literal: &Literal| {
            matches!(
                literal,
                Literal::Bool(false) | Literal::None | Literal::Int(0)
            )
        };
        if is_complete && !literals.is_empty() && literals.iter().all(is_off) {
            return Some(false);
        }
        let ir = &self.project.module(module).ir;
        let is_by_name = ir.instruction(value).is_some_and(|call| {
            call.op == Op::Call
                && evaluator
                    .values(module, call.operand_a())
                    .iter()
                    .any(|callee| match *callee {
                        values::Value::Function(module, function) => {
                            let ir = &self.project.module(module).ir;
                            self.project.text(ir.function(function).name) == "select_autoescape"
                        }
                        _ => false,
                    })
        });
        if is_by_name && let Some(name) = name {
            return Some(has_suffix(
                name,
                &["html", "htm", "xml", "j2", "jinja", "jinja2"],
            ));
        }
        Some(true)
    }
}

fn has_suffix(name: &str, suffixes: &[&str]) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, suffix)| suffixes.contains(&suffix.to_ascii_lowercase().as_str()))
}

fn named_argument(
    engine: &Engine<'_>,
    module: ModuleId,
    call: u32,
    wanted: &str,
) -> Option<Operand> {
    let ir = &engine.project.module(module).ir;
    ir.arguments(ir.get(call).b)
        .find_map(|(kind, value)| match kind {
            hognose_python::ir::Argument::Named(name) if engine.project.text(name) == wanted => {
                Some(value)
            }
            _ => None,
        })
}
