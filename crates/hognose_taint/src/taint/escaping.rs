//! Whether the engine that renders a template escapes: by framework, by suffix, by how its environment was made.

use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Symbol, Target};

use super::engine::Engine;
use crate::literals::Literal;
use crate::values::{self, Evaluator};
use crate::view::{CallView, Given as Passed};

/// How far the origin of an environment is followed.
const MAX_STEPS: u32 = 8;
/// How many origins are looked at.
const MAX_ORIGINS: usize = 16;

impl Engine<'_> {
    /// Whether a framework escapes in templates of these names.
    pub(super) fn escapes_by_name(&self, module: ModuleId, names: &[String]) -> bool {
        let package = self.project.module(module).name.split('.').next();
        let suffixes: &[&str] = match package {
            Some("flask" | "quart") => &["html", "htm", "xml", "xhtml", "svg"],
            Some("starlette" | "fastapi") => &["html", "htm", "xml"],
            _ => return true,
        };
        names.iter().all(|name| has_suffix(name, suffixes))
    }

    /// Calls that made what an operand holds.
    pub(super) fn origins(
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
    pub(super) fn template_escapes(
        &self,
        view: &CallView<'_, '_>,
        name: Option<&String>,
    ) -> Option<bool> {
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
            return Some(self.value_escapes(evaluator, module, value, name));
        }
        // What the class makes of it.
        for &(module, class) in self.ancestry(class).iter() {
            if self.project.module(module).is_model {
                continue;
            }
            if let Some((module, value)) = self.mentioned(module, class) {
                return Some(self.value_escapes(evaluator, module, value, name));
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
                Some(self.value_escapes(view.evaluator, view.module, value, name))
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
    ) -> bool {
        let (literals, is_complete) = evaluator.literals(module, value);
        // Mako's list of filters.
        let texts = literals.iter().filter_map(|literal| match literal {
            Literal::Str(text) => Some(text.as_str()),
            _ => None,
        });
        let filters: Vec<&str> = texts.collect();
        if !filters.is_empty() {
            return filters.iter().any(|name| matches!(*name, "h" | "x"));
        }
        let is_off = |literal: &Literal| {
            matches!(
                literal,
                Literal::Bool(false) | Literal::None | Literal::Int(0)
            )
        };
        if is_complete && !literals.is_empty() && literals.iter().all(is_off) {
            return false;
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
            return has_suffix(name, &["html", "htm", "xml", "j2", "jinja", "jinja2"]);
        }
        true
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
