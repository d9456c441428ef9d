//! Edits that repair a finding, from the recipe of its rule.

use hognose_finding::{Edit, Fix};
use hognose_python::ir::Span;
use hognose_python::syntax::CallSyntax;
use hognose_rules::{FixAction, FixRecipe};

use crate::place::Place;

/// The fix that `recipe` makes at a place, if it fits what is written there. `assigned` is the value where the place is
/// an assignment.
pub(crate) fn build(
    recipe: &FixRecipe,
    text: &str,
    place: &Place,
    call: Option<&CallSyntax>,
    assigned: Option<Span>,
) -> Option<Fix> {
    let edit = match &recipe.action {
        FixAction::Callee(name) => replace(call?.attribute?, name.clone()),
        FixAction::Value(code) => match (call, assigned) {
            (Some(call), _) => {
                let argument = call.arguments.get(place.argument? as usize)?;
                if argument.is_splat {
                    return None;
                }
                replace(argument.value, code.clone())
            }
            (None, Some(value)) => replace(value, code.clone()),
            (None, None) => return None,
        },
        FixAction::Set { name, code } => set(text, call?, name, code)?,
        FixAction::Remove => remove(text, call?, place.argument? as usize)?,
    };
    Some(Fix {
        title: recipe.title.clone(),
        safety: recipe.safety,
        edits: vec![edit],
    })
}

fn replace(span: Span, text: String) -> Edit {
    Edit {
        start: span.start,
        end: span.end,
        text,
    }
}

/// Adds a keyword argument, or replaces its value.
fn set(text: &str, call: &CallSyntax, name: &str, code: &str) -> Option<Edit> {
    if let Some(argument) = call
        .arguments
        .iter()
        .find(|argument| argument.name.as_deref() == Some(name))
    {
        return Some(replace(argument.value, code.to_owned()));
    }
    if call
        .arguments
        .iter()
        .any(|argument| argument.is_splat && text[argument.span.start as usize..].starts_with("**"))
    {
        // It may be given there already.
        return None;
    }
    let Some(last) = call.arguments.last() else {
        return Some(replace(call.inside, format!("{name}={code}")));
    };
    // A lone generator needs parentheses of its own once it has company.
    let lone = call.arguments.len() == 1 && last.name.is_none();
    if lone && is_bare_generator(text, last.span, call.inside) {
        return None;
    }
    let at = last.span.end;
    Some(Edit {
        start: at,
        end: at,
        text: format!(", {name}={code}"),
    })
}

/// Whether the only argument is a generator without parentheses: `any(x for x in y)`.
fn is_bare_generator(text: &str, argument: Span, inside: Span) -> bool {
    let source = &text[argument.start as usize..argument.end as usize];
    argument.start == inside.start
        && source.contains(" for ")
        && !source.starts_with(['[', '{', '(', '"', '\''])
}

/// Removes an argument with its comma.
fn remove(text: &str, call: &CallSyntax, position: usize) -> Option<Edit> {
    let argument = call.arguments.get(position)?;
    // Positions after it would shift.
    if argument.name.is_none() || argument.is_splat {
        return None;
    }
    let (start, end) = if let Some(next) = call.arguments.get(position + 1) {
        if has_comment(text, argument.span.end, next.span.start) {
            return None;
        }
        (argument.span.start, next.span.start)
    } else if let Some(previous) = position
        .checked_sub(1)
        .and_then(|before| call.arguments.get(before))
    {
        if has_comment(text, previous.span.end, argument.span.start) {
            return None;
        }
        (previous.span.end, argument.span.end)
    } else {
        // The only argument: with a trailing comma, if there is one.
        let rest = text.get(argument.span.end as usize..call.inside.end as usize)?;
        let comma = rest.trim_start().starts_with(',');
        let end = if comma {
            argument.span.end + rest.find(',')? as u32 + 1
        } else {
            argument.span.end
        };
        (argument.span.start, end)
    };
    Some(Edit {
        start,
        end,
        text: String::new(),
    })
}

fn has_comment(text: &str, from: u32, to: u32) -> bool {
    text.get(from as usize..to as usize)
        .is_none_or(|between| between.contains('#'))
}

#[cfg(test)]
mod tests {
    use super::{remove, set};
    use hognose_finding::Edit;
    use hognose_python::ir::Span;
    use hognose_python::syntax::{CallSyntax, call_at};

    fn applied(text: &str, edit: impl Fn(&CallSyntax) -> Option<Edit>) -> Option<String> {
        let call = call_at(
            text,
            Span {
                start: 0,
                end: text.len() as u32,
            },
        )
        .expect("a call");
        let edit = edit(&call)?;
        Some(format!(
            "{}{}{}",
            &text[..edit.start as usize],
            edit.text,
            &text[edit.end as usize..]
        ))
    }

    #[test]
    fn arguments_are_added_or_replaced() {
        let set = |text| applied(text, |call| set(text, call, "timeout", "10"));
        assert_eq!(set("get(url)").as_deref(), Some("get(url, timeout=10)"));
        assert_eq!(set("get()").as_deref(), Some("get(timeout=10)"));
        assert_eq!(
            set("get(url, timeout=None)").as_deref(),
            Some("get(url, timeout=10)")
        );
        assert_eq!(
            set("get(\n    url,\n    x=1,\n)").as_deref(),
            Some("get(\n    url,\n    x=1, timeout=10,\n)")
        );
        assert_eq!(set("get(url, **options)"), None);
        assert_eq!(set("any(x for x in y)"), None);
    }

    #[test]
    fn arguments_are_removed() {
        let remove = |text, position| applied(text, |call| remove(text, call, position));
        assert_eq!(
            remove("get(url, verify=False)", 1).as_deref(),
            Some("get(url)")
        );
        assert_eq!(
            remove("get(verify=False, x=1)", 0).as_deref(),
            Some("get(x=1)")
        );
        assert_eq!(remove("get(verify=False)", 0).as_deref(), Some("get()"));
        assert_eq!(remove("get(verify=False,)", 0).as_deref(), Some("get()"));
        assert_eq!(remove("get(url, # why\n    verify=False)", 1), None);
        assert_eq!(remove("get(False, x=1)", 0), None);
    }
}
