//! A stub as it is written: its annotations and what is defined twice, with their places.
//!
//! The [`crate::ir`] keeps what a stub *means*. To tell its author what is wrong with it, the words and their ranges
//! are needed.

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Decorator, Expr, Operator, Stmt, StmtFunctionDef, TypeParams};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use crate::depth;
use crate::ir::Span;

/// What is written in a stub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Why it does not parse, lower case, no full stop: the first error, as those after it mostly follow from it.
    pub error: Option<(Span, String)>,
    /// All annotations, in source order.
    pub annotations: Vec<Annotated>,
    /// Names that are defined a second time in the same block without being overloads, with the place of the first.
    pub repeated: Vec<Repeated>,
    /// Names that are bound anywhere: by imports, definitions, assignments, type parameters.
    pub bound: BTreeSet<String>,
    /// Names may come from elsewhere too.
    pub has_star_import: bool,
}

/// A name that is defined twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The name.
    pub name: String,
    /// Where it is defined again.
    pub span: Span,
    /// Where it was defined first.
    pub first: Span,
}

/// What an annotation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnnotatedPlace {
    /// A parameter.
    Parameter,
    /// What a function returns.
    Return,
    /// A variable or an attribute.
    Variable,
}

/// An annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotated {
    /// What it belongs to.
    pub place: AnnotatedPlace,
    /// What it says.
    pub what: TypeExpression,
}

/// A type expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeExpression {
    /// All of it.
    pub span: Span,
    /// Its form.
    pub form: TypeForm,
}

/// The form of a type expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeForm {
    /// `str`, `typing.Any`.
    Name(String),
    /// `"text"`.
    Text(String),
    /// `name[argument, …]`.
    Subscript {
        /// What stands before the bracket.
        base: Box<TypeExpression>,
        /// What stands in it.
        arguments: Vec<TypeExpression>,
    },
    /// `a | b`, and the list in `Callable[[a, b], c]`.
    Several(Vec<TypeExpression>),
    /// `None`, `...`.
    Plain,
    /// Anything else: a number, a call.
    Other,
}

/// Blocks and types nested deeper than this are not looked at; a stub that means something is flat.
const MAX_DEPTH: u32 = 50;

/// Reads a stub.
pub fn outline(text: &str) -> Outline {
    let mut outline = Outline::default();
    if let Err(message) = depth::check(text) {
        outline.error = Some((Span { start: 0, end: 0 }, message));
        return outline;
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let Some(parsed) = parsed.try_into_module() else {
        return outline;
    };
    if let Some(error) = parsed.errors().first() {
        let mut message = error.error.to_string();
        if let Some(initial) = message.chars().next() {
            message.replace_range(..initial.len_utf8(), &initial.to_lowercase().to_string());
        }
        outline.error = Some((span(error.location), message));
    } else {
        outline.block(&parsed.syntax().body, 0);
    }
    // Nobody has measured how deep it is.
    depth::drop_deep(parsed, true, text.len());
    outline
}

impl Outline {
    fn block(&mut self, body: &[Stmt], depth: u32) {
        if depth > MAX_DEPTH {
            return;
        }
        // By name: where it was defined, and whether that was an overload.
        let mut defined: BTreeMap<&str, (Span, bool)> = BTreeMap::new();
        for statement in body {
            match statement {
                Stmt::FunctionDef(function) => {
                    let name = function.name.as_str();
                    let own = span(function.name.range);
                    let overload = has_decorator(&function.decorator_list, &["overload"]);
                    let accessor =
                        has_decorator(&function.decorator_list, &["setter", "deleter", "getter"]);
                    if let Some((first, overloaded)) = defined.get(name)
                        && !accessor
                        && !(overload && *overloaded)
                    {
                        self.repeat(name, own, *first);
                    }
                    defined.entry(name).or_insert((own, overload));
                    self.bound.insert(name.to_owned());
                    self.function(function, depth);
                }
                Stmt::ClassDef(class) => {
                    let name = class.name.as_str();
                    let own = span(class.name.range);
                    if let Some((first, _)) = defined.get(name) {
                        self.repeat(name, own, *first);
                    }
                    defined.entry(name).or_insert((own, false));
                    self.bound.insert(name.to_owned());
                    self.type_params(class.type_params.as_deref());
                    self.block(&class.body, depth + 1);
                }
                Stmt::AnnAssign(assign) => {
                    if let Expr::Name(target) = &*assign.target {
                        let name = target.id.as_str();
                        let own = span(target.range);
                        if let Some((first, _)) = defined.get(name) {
                            self.repeat(name, own, *first);
                        }
                        defined.entry(name).or_insert((own, false));
                        self.bound.insert(name.to_owned());
                    }
                    self.annotation(AnnotatedPlace::Variable, &assign.annotation);
                }
                Stmt::Assign(assign) => {
                    for target in &assign.targets {
                        if let Expr::Name(target) = target {
                            self.bound.insert(target.id.to_string());
                        }
                    }
                }
                Stmt::TypeAlias(alias) => {
                    if let Expr::Name(name) = &*alias.name {
                        self.bound.insert(name.id.to_string());
                    }
                    self.type_params(alias.type_params.as_deref());
                }
                Stmt::Import(import) => {
                    for alias in &import.names {
                        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        let top = name.split('.').next().unwrap_or(name);
                        self.bound.insert(top.to_owned());
                    }
                }
                Stmt::ImportFrom(import) => {
                    for alias in &import.names {
                        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                        self.has_star_import |= name == "*";
                        self.bound.insert(name.to_owned());
                    }
                }
                Stmt::If(branch) => {
                    self.block(&branch.body, depth + 1);
                    for clause in &branch.elif_else_clauses {
                        self.block(&clause.body, depth + 1);
                    }
                }
                Stmt::Try(branch) => {
                    self.block(&branch.body, depth + 1);
                    for handler in &branch.handlers {
                        if let Some(handler) = handler.as_except_handler() {
                            self.block(&handler.body, depth + 1);
                        }
                    }
                    self.block(&branch.orelse, depth + 1);
                    self.block(&branch.finalbody, depth + 1);
                }
                _ => {}
            }
        }
    }

    fn repeat(&mut self, name: &str, span: Span, first: Span) {
        self.repeated.push(Repeated {
            name: name.to_owned(),
            span,
            first,
        });
    }

    fn function(&mut self, function: &StmtFunctionDef, depth: u32) {
        self.type_params(function.type_params.as_deref());
        for parameter in &*function.parameters {
            if let Some(annotation) = parameter.annotation() {
                self.annotation(AnnotatedPlace::Parameter, annotation);
            }
        }
        if let Some(returns) = &function.returns {
            self.annotation(AnnotatedPlace::Return, returns);
        }
        self.block(&function.body, depth + 1);
    }

    fn type_params(&mut self, params: Option<&TypeParams>) {
        let names = params.into_iter().flat_map(|params| params.iter());
        self.bound
            .extend(names.map(|param| param.name().to_string()));
    }

    fn annotation(&mut self, place: AnnotatedPlace, annotation: &Expr) {
        self.annotations.push(Annotated {
            place,
            what: type_expression(annotation, 0),
        });
    }
}

fn has_decorator(decorators: &[Decorator], names: &[&str]) -> bool {
    decorators.iter().any(|decorator| {
        let name = match &decorator.expression {
            Expr::Name(name) => name.id.as_str(),
            Expr::Attribute(attribute) => attribute.attr.as_str(),
            _ => return false,
        };
        names.contains(&name)
    })
}

fn type_expression(expression: &Expr, depth: u32) -> TypeExpression {
    let several = |expressions: &[Expr]| {
        expressions
            .iter()
            .map(|expression| type_expression(expression, depth + 1))
            .collect()
    };
    let form = match expression {
        _ if depth > MAX_DEPTH => TypeForm::Other,
        Expr::Name(name) => TypeForm::Name(name.id.to_string()),
        Expr::Attribute(_) => dotted(expression).map_or(TypeForm::Other, TypeForm::Name),
        Expr::StringLiteral(text) => TypeForm::Text(text.value.to_str().to_owned()),
        Expr::NoneLiteral(_) | Expr::EllipsisLiteral(_) => TypeForm::Plain,
        Expr::Subscript(subscript) => TypeForm::Subscript {
            base: Box::new(type_expression(&subscript.value, depth + 1)),
            arguments: match &*subscript.slice {
                Expr::Tuple(tuple) => several(&tuple.elts),
                one => vec![type_expression(one, depth + 1)],
            },
        },
        Expr::BinOp(operation) if operation.op == Operator::BitOr => TypeForm::Several(vec![
            type_expression(&operation.left, depth + 1),
            type_expression(&operation.right, depth + 1),
        ]),
        Expr::List(list) => TypeForm::Several(several(&list.elts)),
        _ => TypeForm::Other,
    };
    TypeExpression {
        span: span(expression.range()),
        form,
    }
}

/// `typing.Any`; deeper chains than a stub has are none.
fn dotted(expression: &Expr) -> Option<String> {
    let mut parts = Vec::new();
    let mut at = expression;
    while let Expr::Attribute(attribute) = at {
        parts.push(attribute.attr.as_str());
        at = &attribute.value;
    }
    parts.push(at.as_name_expr()?.id.as_str());
    parts.reverse();
    Some(parts.join("."))
}

fn span(range: TextRange) -> Span {
    Span {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Repeated, outline};
    use crate::ir::Span;

    #[test]
    fn overloads_accessors_and_branches_are_no_repetitions() {
        let text = "\
class A:
    @overload
    def f(self): ...
    @typing.overload
    def f(self, x): ...
    @property
    def g(self): ...
    @g.setter
    def g(self, x): ...
if x:
    def h(): ...
else:
    def h(): ...
def i(): ...
class i: ...
";
        let outline = outline(text);
        let first = text.find("i(): ...\nclass").unwrap() as u32;
        let again = text.find("i: ...").unwrap() as u32;
        let one = |start| Span {
            start,
            end: start + 1,
        };
        assert_eq!(
            outline.repeated,
            [Repeated {
                name: "i".to_owned(),
                span: one(again),
                first: one(first)
            }]
        );
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let text = "def f(a: Sink[\"sql\"] -> None: ...\n";
        let (span, message) = outline(text).error.unwrap();
        let at = &text[span.start as usize..span.end as usize];
        assert_eq!((at, &*message), ("->", "expected `)`, found `->`"));
    }

    #[test]
    fn deep_nesting_ends() {
        let text = format!("x: {}int{}\n", "list[".repeat(90_000), "]".repeat(90_000));
        assert_eq!(outline(&text).annotations.len(), 1);
    }
}
