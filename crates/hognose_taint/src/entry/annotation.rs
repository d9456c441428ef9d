//! What a type annotation makes sure of, where a framework checks it before it calls a handler.

use std::borrow::Cow;

use hognose_finding::ValueConstraint;
use hognose_python::ir::{Argument, FunctionId, Ir, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Project, Symbol, Target};

use super::{Definition, REMOTE_INPUT};
use crate::values::Evaluator;

/// What a field holds of an object that a framework fills.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldInput {
    /// Source kind.
    pub kind: Cow<'static, str>,
    /// What the framework makes sure of.
    pub cleans: ValueConstraint,
    /// The class that the field (or each element of it) is an instance of, if its own fields hold what came in.
    pub object: Option<Definition>,
    /// Whether it has no default.
    pub is_required: bool,
}

/// What is known of an annotation.
#[derive(Debug, Clone, Default)]
pub(super) struct Typing {
    /// What its values are made sure of.
    pub constraint: ValueConstraint,
    /// The class that values are instances of, unless it is one of texts, numbers or containers.
    pub class: Option<Definition>,
    /// The further arguments of `Annotated`.
    pub metadata: Vec<(ModuleId, Operand)>,
    /// Whether it is a list, a set or the like of what the rest says.
    pub is_collection: bool,
}

/// How deep annotations are followed.
const MAX_DEPTH: u32 = 8;
/// Names of classes (of Pydantic, `ipaddress`, `datetime`) whose values are parsed, with what they are then.
const PARSED: &[(&[&str], ValueConstraint)] = &[
    (
        &[
            "PositiveInt",
            "NegativeInt",
            "NonNegativeInt",
            "NonPositiveInt",
            "StrictInt",
            "conint",
            "ByteSize",
        ],
        ValueConstraint::Int,
    ),
    (
        &[
            "PositiveFloat",
            "NegativeFloat",
            "NonNegativeFloat",
            "NonPositiveFloat",
            "StrictFloat",
            "FiniteFloat",
            "confloat",
            "condecimal",
            "Decimal",
        ],
        ValueConstraint::Float,
    ),
    (&["StrictBool"], ValueConstraint::Bool),
    (
        &["UUID", "UUID1", "UUID3", "UUID4", "UUID5"],
        ValueConstraint::Uuid,
    ),
    (
        &[
            "datetime",
            "date",
            "time",
            "timedelta",
            "PastDate",
            "FutureDate",
            "AwareDatetime",
            "NaiveDatetime",
            "PastDatetime",
            "FutureDatetime",
            "condate",
        ],
        ValueConstraint::Date,
    ),
    (
        &[
            "IPv4Address",
            "IPv6Address",
            "IPv4Network",
            "IPv6Network",
            "IPvAnyAddress",
            "IPvAnyNetwork",
        ],
        ValueConstraint::Address,
    ),
];
/// Bases that make a class an enumeration.
const ENUMERATIONS: &[&str] = &[
    "Enum",
    "StrEnum",
    "IntEnum",
    "Flag",
    "IntFlag",
    "TextChoices",
    "IntegerChoices",
];

/// What an annotation makes sure of when a framework checks it.
pub fn constraint_of(
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    annotation: Operand,
) -> ValueConstraint {
    typing(evaluator, module, annotation).constraint
}

/// What is known of an annotation.
pub(super) fn typing(evaluator: &Evaluator<'_>, module: ModuleId, annotation: Operand) -> Typing {
    read(evaluator, module, annotation, 0)
}

/// The last part of the name that an operand is written as.
pub(super) fn last_name<'p>(project: &'p Project, ir: &Ir, operand: Operand) -> Option<&'p str> {
    last_symbol(ir, operand).map(|name| project.text(name))
}

/// The same as a symbol. An import counts by the name that it has at home.
pub(super) fn last_symbol(ir: &Ir, operand: Operand) -> Option<Symbol> {
    match operand.kind() {
        OperandKind::Global(name) => Some(name),
        OperandKind::Register(index) => {
            let instruction = ir.get(index);
            match instruction.op {
                Op::Attr => Some(instruction.symbol_b()),
                Op::Bind => last_symbol(ir, instruction.operand_a()),
                Op::Import => ir.imports[instruction.a as usize].name,
                Op::Free => Some(instruction.symbol_a()),
                Op::MakeFunction | Op::MakeClass => {
                    Some(ir.function(FunctionId(instruction.a)).name)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The parts of a tuple, or the one operand.
pub(super) fn parts_of(ir: &Ir, operand: Operand) -> Vec<Operand> {
    match ir.instruction(operand) {
        Some(tuple) if tuple.op == Op::Tuple => ir.list(tuple.a).collect(),
        _ => vec![operand],
    }
}

fn read(evaluator: &Evaluator<'_>, module: ModuleId, annotation: Operand, depth: u32) -> Typing {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    if depth > MAX_DEPTH || annotation.is_absent() {
        return Typing::default();
    }
    let inner = |operand| read(evaluator, module, operand, depth + 1);
    if let Some(instruction) = ir.instruction(annotation) {
        match instruction.op {
            Op::BitOr => {
                return either([
                    inner(instruction.operand_a()),
                    inner(instruction.operand_b()),
                ]);
            }
            Op::Subscript => {
                let arguments = parts_of(ir, instruction.operand_b());
                return match last_name(project, ir, instruction.operand_a()) {
                    Some("Annotated") => {
                        let Some((&first, metadata)) = arguments.split_first() else {
                            return Typing::default();
                        };
                        let mut typing = inner(first);
                        for &part in metadata {
                            if let Some(pattern) = pattern_of(evaluator, module, part)
                                && typing.constraint == ValueConstraint::Any
                            {
                                typing.constraint = pattern;
                            }
                            typing.metadata.push((module, part));
                        }
                        typing
                    }
                    Some("Optional") => arguments.first().copied().map(inner).unwrap_or_default(),
                    Some("Union") => either(arguments.into_iter().map(inner)),
                    Some("Literal") => choice(evaluator, module, &arguments),
                    Some(
                        "list" | "List" | "set" | "Set" | "frozenset" | "FrozenSet" | "tuple"
                        | "Tuple" | "Sequence" | "Iterable" | "Collection" | "conlist" | "deque",
                    ) => {
                        let elements = arguments
                            .into_iter()
                            .filter(|&element| element != Operand::ELLIPSIS);
                        Typing {
                            is_collection: true,
                            ..either(elements.map(inner))
                        }
                    }
                    _ => Typing::default(),
                };
            }
            Op::Call => {
                let known = last_name(project, ir, instruction.operand_a());
                return Typing {
                    constraint: known.and_then(parsed).unwrap_or_else(|| {
                        pattern_of(evaluator, module, annotation).unwrap_or_default()
                    }),
                    ..Typing::default()
                };
            }
            _ => {}
        }
    }
    if annotation == Operand::NONE {
        // Adds nothing to what else it may be.
        return Typing {
            constraint: ValueConstraint::Choice(Vec::new()),
            ..Typing::default()
        };
    }
    let targets = match annotation.kind() {
        OperandKind::Str(text) => match project.symbols().find(project.text(text)) {
            Some(name) => project.resolve_name(module, name),
            None => Vec::new(),
        },
        _ => project.resolve(module, annotation),
    };
    for target in targets {
        match target {
            Target::Class(class_module, class) => {
                return of_class(evaluator, (class_module, class));
            }
            Target::Value(other, value) if (other, value) != (module, annotation) => {
                return read(evaluator, other, value, depth + 1);
            }
            _ => {}
        }
    }
    Typing {
        constraint: last_name(project, ir, annotation)
            .and_then(parsed)
            .unwrap_or_default(),
        ..Typing::default()
    }
}

fn parsed(name: &str) -> Option<ValueConstraint> {
    PARSED
        .iter()
        .find(|(names, _)| names.contains(&name))
        .map(|(_, constraint)| constraint.clone())
}

fn of_class(evaluator: &Evaluator<'_>, class: Definition) -> Typing {
    let project = evaluator.project();
    let (module, id) = class;
    let ir = &project.module(module).ir;
    let name = project.text(ir.function(id).name);
    if project.module(module).is_model {
        let builtin = project.module(module).name == "builtins";
        let constraint = match name {
            "int" if builtin => ValueConstraint::Int,
            "float" | "complex" if builtin => ValueConstraint::Float,
            "bool" if builtin => ValueConstraint::Bool,
            _ if evaluator.program.models.is_harmless(module, id) => {
                parsed(name).unwrap_or(ValueConstraint::Float)
            }
            _ => ValueConstraint::Any,
        };
        let is_plain = builtin || constraint != ValueConstraint::Any;
        return Typing {
            constraint,
            class: (!is_plain).then_some(class),
            ..Typing::default()
        };
    }
    if let Some(members) = enumeration(evaluator, class) {
        return Typing {
            constraint: ValueConstraint::Choice(members),
            ..Typing::default()
        };
    }
    Typing {
        class: Some(class),
        ..Typing::default()
    }
}

/// The values of the members, if a class is an enumeration.
fn enumeration(evaluator: &Evaluator<'_>, class: Definition) -> Option<Vec<String>> {
    let project = evaluator.project();
    let is_enumeration = project
        .ancestry(class.0, class.1)
        .iter()
        .any(|&(module, class)| {
            let ir = &project.module(module).ir;
            ir.bases_of(class).iter().any(|&base| {
                last_name(project, ir, base).is_some_and(|base| ENUMERATIONS.contains(&base))
            })
        });
    if !is_enumeration {
        return None;
    }
    let ir = &project.module(class.0).ir;
    let mut members: Vec<String> = ir
        .exports_of(class.1)
        .iter()
        .filter_map(|&(_, value)| evaluator.constant_text(class.0, value))
        .collect();
    members.sort();
    Some(members)
}

fn choice(evaluator: &Evaluator<'_>, module: ModuleId, arguments: &[Operand]) -> Typing {
    let mut choices = Vec::new();
    for &argument in arguments {
        let (literals, complete) = evaluator.literals(module, argument);
        if !complete {
            return Typing::default();
        }
        choices.extend(literals.into_iter().filter_map(|literal| match literal {
            crate::literals::Literal::Str(text) => Some(text),
            crate::literals::Literal::Int(number) => Some(number.to_string()),
            _ => None,
        }));
    }
    Typing {
        constraint: ValueConstraint::Choice(choices),
        ..Typing::default()
    }
}

/// One of several: as strict as the least strict.
fn either(alternatives: impl IntoIterator<Item = Typing>) -> Typing {
    let mut joined: Option<Typing> = None;
    for typing in alternatives {
        joined = Some(match joined {
            None => typing,
            Some(mut joined) => {
                joined.constraint = weaker(&joined.constraint, &typing.constraint);
                joined.class = joined.class.or(typing.class);
                joined.metadata.extend(typing.metadata);
                joined.is_collection |= typing.is_collection;
                joined
            }
        });
    }
    joined.unwrap_or_default()
}

/// What holds of a value of which one or the other holds.
pub(super) fn weaker(one: &ValueConstraint, other: &ValueConstraint) -> ValueConstraint {
    use ValueConstraint::{Address, Any, Bool, Choice, Date, Float, Int, NoSlash, Slug, Uuid};
    let is_number = |constraint: &ValueConstraint| matches!(constraint, Int | Float | Bool);
    match (one, other) {
        (one, other) if one == other => one.clone(),
        (Choice(none), other) | (other, Choice(none)) if none.is_empty() => other.clone(),
        (Choice(one), Choice(other)) => {
            let mut all = one.clone();
            all.extend(other.iter().filter(|choice| !one.contains(choice)).cloned());
            Choice(all)
        }
        (one, other) if is_number(one) && is_number(other) => Float,
        // All of these are digits, letters and a few harmless marks.
        (Int | Bool | Float | Uuid | Date | Slug | Choice(_), Slug)
        | (Slug, Int | Bool | Float | Uuid | Date | Choice(_))
        | (NoSlash, Int | Bool | Float | Uuid | Slug)
        | (Int | Bool | Float | Uuid | Slug, NoSlash) => NoSlash,
        (
            Int | Bool | Float | Uuid | Date | Address,
            Int | Bool | Float | Uuid | Date | Address,
        ) => one.clone(),
        _ => Any,
    }
}

/// The pattern that a call such as `Query(pattern="^a$")` or `StringConstraints(pattern=…)` demands.
pub(super) fn pattern_of(
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    operand: Operand,
) -> Option<ValueConstraint> {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    let call = ir.instruction(operand).filter(|call| call.op == Op::Call)?;
    let pattern = ir
        .arguments(call.b)
        .find_map(|(argument, value)| match argument {
            Argument::Named(name) if matches!(project.text(name), "pattern" | "regex") => {
                Some(value)
            }
            _ => None,
        })?;
    let text = evaluator.constant_text(module, pattern)?;
    // What is not anchored on both sides leaves the rest of the text free.
    let is_whole = text.starts_with(['^']) && text.ends_with('$')
        || text.starts_with(r"\A") && text.ends_with(r"\Z");
    is_whole.then(|| {
        let inner = text.trim_start_matches(r"\A").trim_end_matches(r"\Z");
        super::path::of_regex(inner)
    })
}

/// The fields of a class that a framework fills, each with what its annotation makes sure of; classes met in them are
/// added to `more`.
pub(super) fn fields_of(
    evaluator: &Evaluator<'_>,
    class: Definition,
    more: &mut Vec<Definition>,
) -> Vec<(Symbol, FieldInput)> {
    let project = evaluator.project();
    let mut fields: Vec<(Symbol, FieldInput)> = Vec::new();
    for (module, ancestor) in project.ancestry(class.0, class.1) {
        if project.module(module).is_model {
            continue;
        }
        let ir = &project.module(module).ir;
        for annotation in &ir.annotations {
            if annotation.function != ancestor
                || annotation.on_self
                || fields.iter().any(|&(name, _)| name == annotation.name)
            {
                continue;
            }
            let typing = typing(evaluator, module, annotation.annotation);
            let default = ir
                .export(ancestor, annotation.name)
                .and_then(|default| pattern_of(evaluator, module, default));
            let cleans = match (typing.constraint, default) {
                (ValueConstraint::Any, Some(pattern)) => pattern,
                (constraint, _) => constraint,
            };
            let object = typing
                .class
                .filter(|&(module, _)| !project.module(module).is_model);
            more.extend(object);
            fields.push((
                annotation.name,
                FieldInput {
                    kind: Cow::Borrowed(REMOTE_INPUT),
                    cleans,
                    object,
                    is_required: ir.export(ancestor, annotation.name).is_none(),
                },
            ));
        }
    }
    fields
}
