//! What a handler reads from the request by name: `request.args["q"]`, `request.GET.get("q")`.

use hognose_finding::{ParameterLocation, RouteParameter, ValueConstraint};
use hognose_python::ir::{Argument, Ir, Op, Operand, OperandKind};
use hognose_python::{Project, Symbol};

use super::{Definition, EntryPoints, Filling};

/// Attributes (or methods without arguments) of request objects that hold named values.
const HOLDERS: &[(&str, ParameterLocation)] = &[
    ("args", ParameterLocation::Query),
    ("GET", ParameterLocation::Query),
    ("query", ParameterLocation::Query),
    ("query_params", ParameterLocation::Query),
    ("values", ParameterLocation::Query),
    ("params", ParameterLocation::Query),
    ("form", ParameterLocation::Form),
    ("forms", ParameterLocation::Form),
    ("POST", ParameterLocation::Form),
    ("post", ParameterLocation::Form),
    ("files", ParameterLocation::File),
    ("FILES", ParameterLocation::File),
    ("headers", ParameterLocation::Header),
    ("cookies", ParameterLocation::Cookie),
    ("COOKIES", ParameterLocation::Cookie),
    ("json", ParameterLocation::Body),
    ("json_body", ParameterLocation::Body),
    ("get_json", ParameterLocation::Body),
    ("data", ParameterLocation::Body),
    ("media", ParameterLocation::Body),
    ("get_media", ParameterLocation::Body),
];
/// Methods of a request (or handler) object that give the value with a name.
const READERS: &[(&str, ParameterLocation)] = &[
    ("get_argument", ParameterLocation::Query),
    ("get_arguments", ParameterLocation::Query),
    ("get_query_argument", ParameterLocation::Query),
    ("get_query_arguments", ParameterLocation::Query),
    ("get_body_argument", ParameterLocation::Form),
    ("get_body_arguments", ParameterLocation::Form),
    ("get_param", ParameterLocation::Query),
    ("get_param_as_list", ParameterLocation::Query),
    ("get_param_as_int", ParameterLocation::Query),
    ("get_cookie", ParameterLocation::Cookie),
    ("get_header", ParameterLocation::Header),
    ("getHeader", ParameterLocation::Header),
];
/// Methods of a holder that give the value with a name.
const GETTERS: &[&str] = &["get", "getlist", "getall", "getone", "pop", "getunicode"];

/// Adds what the body of `handler` reads by a constant name.
pub(super) fn add_read(
    entry_points: &EntryPoints,
    project: &Project,
    handler: Definition,
    found: &mut Vec<RouteParameter>,
) {
    let reading = Reading {
        entry_points,
        project,
        handler,
        ir: &project.module(handler.0).ir,
    };
    let function = reading.ir.function(handler.1);
    for index in function.start..function.end {
        let Some((name, location)) = reading.read_at(index) else {
            continue;
        };
        let name = project.text(name);
        if !found
            .iter()
            .any(|known| known.name == name && known.location == location)
        {
            found.push(RouteParameter {
                name: name.to_owned(),
                location,
                constraint: ValueConstraint::Any,
                is_required: false,
            });
        }
    }
}

struct Reading<'p> {
    entry_points: &'p EntryPoints,
    project: &'p Project,
    handler: Definition,
    ir: &'p Ir,
}

impl Reading<'_> {
    fn read_at(&self, index: u32) -> Option<(Symbol, ParameterLocation)> {
        let instruction = self.ir.get(index);
        match instruction.op {
            Op::Subscript => {
                let name = instruction.operand_b().as_str()?;
                let location = self.holder(instruction.operand_a(), 0)?;
                Some((name, location))
            }
            Op::Call => {
                let callee = self.ir.instruction(instruction.operand_a())?;
                if callee.op != Op::Attr {
                    return None;
                }
                let (argument, name) = self.ir.arguments(instruction.b).next()?;
                let name = name.as_str().filter(|_| argument == Argument::Positional)?;
                let method = self.project.text(callee.symbol_b());
                if GETTERS.contains(&method) {
                    return Some((name, self.holder(callee.operand_a(), 0)?));
                }
                let (_, location) = READERS.iter().find(|(reader, _)| *reader == method)?;
                self.is_request(callee.operand_a())
                    .then_some((name, *location))
            }
            _ => None,
        }
    }

    /// Which part of the request an operand holds.
    fn holder(&self, operand: Operand, depth: u32) -> Option<ParameterLocation> {
        let instruction = self.ir.instruction(operand)?;
        if depth > 4 {
            return None;
        }
        match instruction.op {
            // `await request.json()`, `request.get_json() or {}`
            Op::Await | Op::Bind | Op::Enter | Op::Or | Op::Call => {
                self.holder(instruction.operand_a(), depth + 1)
            }
            Op::Attr => {
                let name = self.project.text(instruction.symbol_b());
                let (_, location) = HOLDERS.iter().find(|(holder, _)| *holder == name)?;
                self.is_request(instruction.operand_a())
                    .then_some(*location)
            }
            _ => None,
        }
    }

    /// Whether an operand is a request: a parameter that a framework fills with one, `self` or `self.request` of a
    /// handler, or the name `request`, imported from a framework.
    fn is_request(&self, operand: Operand) -> bool {
        match operand.kind() {
            OperandKind::Global(name) => self.project.text(name) == "request",
            OperandKind::Register(index) => {
                let instruction = self.ir.get(index);
                match instruction.op {
                    Op::Param => {
                        let (module, function) = self.handler;
                        let filled = self.entry_points.parameter(module, function, instruction.a);
                        filled.is_some_and(|filled| filled.filling == Filling::Object)
                            || instruction.a == 0
                                && self.ir.is_class(self.ir.function(function).parent)
                    }
                    Op::Attr => self.project.text(instruction.symbol_b()) == "request",
                    _ => false,
                }
            }
            _ => false,
        }
    }
}
