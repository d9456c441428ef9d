//! What is wrong with a model stub. A role that is misspelt means nothing, and nobody would notice.

use std::sync::Arc;

use hognose_python::stub::{Annotated, AnnotatedPlace, Outline, TypeExpression, TypeForm, outline};
use hognose_python::{LineIndex, ir::Span};
use hognose_rules::{Kinds, RuleError, nearest};
use hognose_taint::Role;

/// Types that need no import in a stub, as far as they could be taken for a role or stand in `Annotated`.
const KNOWN_TYPES: &[&str] = &[
    "Any",
    "Callable",
    "ClassVar",
    "Concatenate",
    "Final",
    "Iterable",
    "Iterator",
    "Literal",
    "LiteralString",
    "Never",
    "NoReturn",
    "Optional",
    "Required",
    "Self",
    "TypeGuard",
    "TypeIs",
    "Union",
    "bool",
    "bytearray",
    "bytes",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "memoryview",
    "object",
    "set",
    "str",
    "tuple",
    "type",
];

/// Everything that is wrong with the stub `text`, in the order of its text: syntax, roles, kinds that are none of
/// `kinds`, definitions that hide each other. `path` is how the user knows it.
pub fn check_stub(path: &str, text: &str, kinds: &Kinds) -> Vec<RuleError> {
    let outline = outline(text);
    let mut check = Check {
        path: path.into(),
        text: text.into(),
        outline: &outline,
        kinds,
        errors: Vec::new(),
    };
    if let Some((span, message)) = &outline.error {
        check.error(*span, message, None);
    }
    for annotated in &outline.annotations {
        check.annotation(annotated);
    }
    let lines = LineIndex::new(text);
    for repeated in &outline.repeated {
        let line = lines.position(repeated.first.start).line;
        let message = format!("`{}` is defined in line {line} already", repeated.name);
        let help = "the variants of a function have `@overload`, each of them";
        check.error(repeated.span, &message, Some(help.to_owned()));
    }
    let mut errors = check.errors;
    errors.sort_by_key(|error| error.range.start.offset);
    errors
}

struct Check<'a> {
    path: Arc<str>,
    text: Arc<str>,
    outline: &'a Outline,
    kinds: &'a Kinds,
    errors: Vec<RuleError>,
}

impl Check<'_> {
    fn error(&mut self, span: Span, message: &str, help: Option<String>) {
        let span = span.start as usize..span.end as usize;
        let mut error = RuleError::new(self.path.clone(), self.text.clone(), span, message);
        error.help = help;
        self.errors.push(error);
    }

    fn annotation(&mut self, annotated: &Annotated) {
        let place = annotated.place;
        match &annotated.what.form {
            TypeForm::Subscript { base, arguments } if last_name(base) == Some("Annotated") => {
                for (number, part) in arguments.iter().enumerate() {
                    if self.role(part, place) {
                        continue;
                    }
                    if number > 0 && !self.may_be_type(part) {
                        let written = &self.text[part.span.start as usize..part.span.end as usize];
                        let message = format!("`{written}` is no role and no type");
                        self.error(part.span, &message, Some(role_help(last_name(part))));
                        continue;
                    }
                    self.no_role_in(part);
                }
            }
            _ if self.role(&annotated.what, place) => {}
            _ => self.no_role_in(&annotated.what),
        }
    }

    /// Judges `what` if it is a role, or was meant to be one.
    fn role(&mut self, what: &TypeExpression, place: AnnotatedPlace) -> bool {
        let (name, arguments) = match &what.form {
            TypeForm::Subscript { base, arguments } => (last_name(base), Some((base, arguments))),
            _ => (last_name(what), None),
        };
        let Some(name) = name else {
            return false;
        };
        let Some(role) = Role::of_name(name) else {
            return arguments.is_some_and(|(base, arguments)| self.misspelt(base, name, arguments));
        };
        let Some([argument]) = arguments.map(|(_, arguments)| &arguments[..]) else {
            let help = match role {
                Role::Sink | Role::Sanitizes => format!("as in `{name}[\"sql\"]`"),
                Role::Source | Role::EntryPoint => format!("as in `{name}[\"remote-input\"]`"),
            };
            self.error(what.span, &format!("`{name}` takes one kind"), Some(help));
            return true;
        };
        let TypeForm::Text(kind) = &argument.form else {
            let help = "write it in quotes".to_owned();
            self.error(argument.span, "a kind is a text", Some(help));
            return true;
        };
        self.placed(role, name, what.span, place);
        self.kind(role, kind, argument.span);
        true
    }

    fn kind(&mut self, role: Role, kind: &str, span: Span) {
        let (what, known) = match role {
            Role::Sanitizes if kind == "*" => return,
            Role::Sink | Role::Sanitizes => ("sink", self.kinds.check_sink(kind)),
            Role::Source | Role::EntryPoint => ("source", self.kinds.check_source(kind)),
        };
        let Err(near) = known else {
            return;
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.kinds.check_sink(kind).is_ok() => format!("`{kind}` is a sink kind"),
            None if self.kinds.check_source(kind).is_ok() => format!("`{kind}` is a source kind"),
            None => "a new kind needs a rule page that names it".to_owned(),
        };
        self.error(span, &format!("unknown {what} kind `{kind}`"), Some(help));
    }

    /// A role that stands where it means nothing.
    fn placed(&mut self, role: Role, name: &str, span: Span, place: AnnotatedPlace) {
        let belongs = match (role, place) {
            (Role::Source, AnnotatedPlace::Parameter) => "a return type or an attribute",
            (Role::EntryPoint, AnnotatedPlace::Parameter | AnnotatedPlace::Variable) => {
                "the return type of a decorator"
            }
            (Role::Sanitizes, AnnotatedPlace::Return | AnnotatedPlace::Variable) => "a parameter",
            _ => return,
        };
        let help = Some(format!("it belongs on {belongs}"));
        self.error(span, &format!("`{name}` has no meaning here"), help);
    }

    /// Whether `name[…]` was meant to be a role: nothing by that name is known, and it is near to one or has a text in
    /// its brackets.
    fn misspelt(
        &mut self,
        base: &TypeExpression,
        name: &str,
        arguments: &[TypeExpression],
    ) -> bool {
        let has_text = arguments
            .iter()
            .any(|argument| matches!(argument.form, TypeForm::Text(_)));
        if self.is_known(base) || !has_text && nearest(name, Role::NAMES).is_none() {
            return false;
        }
        let help = role_help(Some(name));
        self.error(base.span, &format!("unknown role `{name}`"), Some(help));
        true
    }

    /// Reports roles deeper in a type, where they would not be read.
    fn no_role_in(&mut self, what: &TypeExpression) {
        let inner = match &what.form {
            TypeForm::Subscript { arguments, .. } => arguments,
            TypeForm::Several(parts) => parts,
            _ => return,
        };
        for part in inner {
            let name = match &part.form {
                TypeForm::Subscript { base, .. } => last_name(base),
                _ => None,
            };
            if let Some(name) = name.filter(|name| Role::of_name(name).is_some()) {
                let help = format!("write `Annotated[type, {name}[…]]`");
                let message = "a role stands alone or in an `Annotated` around the whole type";
                self.error(part.span, message, Some(help));
            } else {
                self.no_role_in(part);
            }
        }
    }

    fn may_be_type(&self, part: &TypeExpression) -> bool {
        match &part.form {
            TypeForm::Name(_) => self.is_known(part),
            TypeForm::Subscript { base, .. } => self.is_known(base),
            TypeForm::Several(parts) => parts.iter().all(|part| self.may_be_type(part)),
            TypeForm::Plain => true,
            TypeForm::Text(_) | TypeForm::Other => false,
        }
    }

    /// Whether a name stands for something that the stub defines or imports, or that is always there.
    fn is_known(&self, what: &TypeExpression) -> bool {
        let TypeForm::Name(name) = &what.form else {
            return true;
        };
        let top = name.split('.').next().unwrap_or(name);
        self.outline.has_star_import
            || self.outline.bound.contains(top)
            || KNOWN_TYPES.contains(&top)
    }
}

fn role_help(name: Option<&str>) -> String {
    match name.and_then(|name| nearest(name, Role::NAMES)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("roles: `{}`", Role::NAMES.join("`, `")),
    }
}

/// `Annotated` of `typing.Annotated`.
fn last_name(what: &TypeExpression) -> Option<&str> {
    match &what.form {
        TypeForm::Name(name) => name.rsplit('.').next(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use hognose_rules::Kinds;

    use super::check_stub;

    fn errors(text: &str) -> Vec<String> {
        check_stub("a.pyi", text, &Kinds::builtin())
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_right_stub_is_right() {
        let text = "\
from typing import Annotated, Protocol
import typing
class Own(Protocol):
    name: Source[\"remote-input\"]
    def f[T](self: Sink[\"sql\"], a: Annotated[str | None, Sink['sql'], Sanitizes[\"*\"]], b: Own[\"T\"]) -> T: ...
def g(a: typing.Annotated[\"Own\", Sink[\"url\"]], b: list[\"Own\"]) -> Annotated[Own, Source[\"secret\"]]: ...
def route(path: Literal[\"a\"]) -> EntryPoint[\"remote-input\"]: ...
";
        assert_eq!(errors(text), Vec::<String>::new());
    }

    #[test]
    fn every_fault_has_its_place() {
        for (text, expected) in [
            (
                "def f(a: Sink[\"sqll\"]): ...",
                "a.pyi:1:15: unknown sink kind `sqll` (did you mean `sql`?)",
            ),
            (
                "def f(a: Sinks[\"sql\"]): ...",
                "a.pyi:1:10: unknown role `Sinks` (did you mean `Sink`?)",
            ),
            (
                "def f(a: Annotated[str, Sanitize[\"sql\"]]): ...",
                "a.pyi:1:25: unknown role `Sanitize` (did you mean `Sanitizes`?)",
            ),
            (
                "def f(a: Dangerous[\"sql\"]): ...",
                "a.pyi:1:10: unknown role `Dangerous` (roles: `Sink`, `Source`, `Sanitizes`, `EntryPoint`)",
            ),
            (
                "def f() -> Source[\"sql\"]: ...",
                "a.pyi:1:19: unknown source kind `sql` (`sql` is a sink kind)",
            ),
            (
                "def f(a: Sink[\"brew-coffee\"]): ...",
                "a.pyi:1:15: unknown sink kind `brew-coffee` (a new kind needs a rule page that names it)",
            ),
            (
                "x: Annotated[str, \"words\"]",
                "a.pyi:1:19: `\"words\"` is no role and no type (roles: `Sink`, `Source`, `Sanitizes`, `EntryPoint`)",
            ),
            (
                "x: Annotated[str, Source]",
                "a.pyi:1:19: `Source` takes one kind (as in `Source[\"remote-input\"]`)",
            ),
            (
                "def f(a: Sink[sql]): ...",
                "a.pyi:1:15: a kind is a text (write it in quotes)",
            ),
            (
                "def f(a: Sink[\"sql\"] | None): ...",
                "a.pyi:1:10: a role stands alone or in an `Annotated` around the whole type (write `Annotated[type, Sink[…]]`)",
            ),
            (
                "def f(a) -> Sanitizes[\"sql\"]: ...",
                "a.pyi:1:13: `Sanitizes` has no meaning here (it belongs on a parameter)",
            ),
            (
                "def f(a): ...\ndef f(a, b): ...",
                "a.pyi:2:5: `f` is defined in line 1 already (the variants of a function have `@overload`, each of them)",
            ),
            (
                "def f(a: Sink[\"sql\"]: ...\n",
                "a.pyi:1:21: expected `,`, found `:`",
            ),
        ] {
            assert_eq!(errors(text), [expected], "{text}");
        }
    }
}
