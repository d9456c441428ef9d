//! Templates: which one a call renders, whether its engine escapes, and what becomes of the values that it is given.

use std::sync::Arc;

use hognose_python::ir::{FunctionId, Op, Operand, ParamKind};
use hognose_python::{ModuleId, Symbol};

use super::call::{Arguments, Given};
use super::engine::Engine;
use super::heap::{Shape, State};
use super::machine::Machine;
use super::solve::Inline;
use super::value::{Closure, Doubt, Kinds, Label, Part, Taint, Value, What};
use crate::literals::Literal;
use crate::models::Roles;
use crate::values::Evaluator;
use crate::view::{CallView, Callee, Given as Passed};

/// The function of a template's program for an engine that escapes.
pub const ESCAPED_TEMPLATE: &str = "_escaped";
/// The function of a template's program for an engine that does not.
pub const PLAIN_TEMPLATE: &str = "_plain";

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
        let model = engine.program.models.function(function.0, function.1)?;
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
                escapes: Some(engine.escapes_by_name(function.0, &names)),
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
                        rest.value.taint = rest.value.taint.doubted(Doubt::Unknown);
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
            rest.taint = rest.taint.doubted(Doubt::Unknown);
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
}
