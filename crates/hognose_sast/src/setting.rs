//! Settings of frameworks, and imports.

use hognose_python::ModuleId;
use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand, OperandKind};
use hognose_rules::{Framework, Matcher};
use hognose_taint::{Evaluator, Value};

use crate::detect::{accepts, shown, value_passes};
use crate::place::{DetectRef, Place};
use crate::ruleset::RuleSet;

/// Names that only a Django settings module has.
pub(crate) const DJANGO_NAMES: &[&str] = &[
    "INSTALLED_APPS",
    "ROOT_URLCONF",
    "MIDDLEWARE",
    "MIDDLEWARE_CLASSES",
    "WSGI_APPLICATION",
];

/// Tests settings of Django and Flask.
pub(crate) fn settings(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    places: &mut Vec<Place>,
) {
    if rules.settings.is_empty() {
        return;
    }
    let project = evaluator.project();
    let info = project.module(module);
    let ir = &info.ir;
    if is_django_settings(rules, evaluator, module) {
        assigned_names(
            rules,
            evaluator,
            module,
            Framework::Django,
            FunctionId::MODULE,
            places,
        );
    }
    let imports_flask = ir.imports.iter().any(|import| {
        import.level == 0
            && project
                .text(import.module)
                .split('.')
                .next()
                .is_some_and(|top| top == "flask" || top.starts_with("flask_"))
    });
    for (number, function) in ir.functions.iter().enumerate() {
        if function.kind == FunctionKind::Class
            && is_flask_config(project.text(function.name), &info.path)
        {
            assigned_names(
                rules,
                evaluator,
                module,
                Framework::Flask,
                FunctionId(number as u32),
                places,
            );
        }
    }
    let Some(config) = rules.known.config else {
        return;
    };
    for (index, &op) in ir.ops().iter().enumerate() {
        let index = index as u32;
        let instruction = ir.get(index);
        let is_config = |operand: Operand| {
            ir.instruction(operand).is_some_and(|attr| {
                attr.op == Op::Attr
                    && attr.symbol_b() == config
                    && (imports_flask || is_flask_app(evaluator, module, attr.operand_a()))
            })
        };
        match op {
            Op::StoreSubscript if is_config(instruction.operand_a()) => {
                let (key, value) = ir.stored(instruction.b);
                if let Some(key) = key.as_str() {
                    test(
                        rules,
                        evaluator,
                        module,
                        Framework::Flask,
                        project.text(key),
                        value,
                        index,
                        places,
                    );
                }
            }
            Op::StoreAttr => {
                let (name, value) = ir.stored_attr(instruction.b);
                if Some(name) == rules.known.secret_key
                    && (imports_flask || is_flask_app(evaluator, module, instruction.operand_a()))
                {
                    test(
                        rules,
                        evaluator,
                        module,
                        Framework::Flask,
                        "SECRET_KEY",
                        value,
                        index,
                        places,
                    );
                }
            }
            Op::Call => {
                let Some(callee) = ir.instruction(instruction.operand_a()) else {
                    continue;
                };
                if callee.op != Op::Attr
                    || ![rules.known.update, rules.known.from_mapping]
                        .contains(&Some(callee.symbol_b()))
                    || !is_config(callee.operand_a())
                {
                    continue;
                }
                for (kind, value) in ir.arguments(instruction.b) {
                    match kind {
                        hognose_python::ir::Argument::Named(name) => {
                            test(
                                rules,
                                evaluator,
                                module,
                                Framework::Flask,
                                project.text(name),
                                value,
                                index,
                                places,
                            );
                        }
                        hognose_python::ir::Argument::Positional => {
                            let Some(dict) =
                                ir.instruction(value).filter(|dict| dict.op == Op::Dict)
                            else {
                                continue;
                            };
                            for (key, value) in ir.pairs(dict.a) {
                                if let Some(key) = key.as_str() {
                                    test(
                                        rules,
                                        evaluator,
                                        module,
                                        Framework::Flask,
                                        project.text(key),
                                        value,
                                        index,
                                        places,
                                    );
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn is_flask_app(evaluator: &Evaluator<'_>, module: ModuleId, operand: Operand) -> bool {
    evaluator
        .values(module, operand)
        .iter()
        .any(|&value| match value {
            Value::Instance(module, class) => {
                let project = evaluator.project();
                project
                    .ancestry(module, class)
                    .into_iter()
                    .any(|(module, class)| {
                        project.qualified_name(module, class).starts_with("flask.")
                    })
            }
            _ => false,
        })
}

/// A class that holds Flask's settings by convention: `class ProductionConfig` in `config.py`.
fn is_flask_config(class: &str, path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    (class.ends_with("Config") || class.ends_with("Settings"))
        && (file.starts_with("config")
            || file.starts_with("settings")
            || path.contains("/config/")
            || path.contains("/settings/"))
}

fn is_django_settings(rules: &RuleSet<'_>, evaluator: &Evaluator<'_>, module: ModuleId) -> bool {
    let project = evaluator.project();
    let info = project.module(module);
    let ir = &info.ir;
    // A library's own table of defaults is nobody's settings: a module of a package that the models describe.
    let top = info.name.split('.').next().unwrap_or_default();
    if info.name.contains('.') && project.model(top).is_some() {
        return false;
    }
    let mut parts = info.path.rsplit('/');
    let file = parts.next().unwrap_or_default();
    let by_name =
        file.contains("settings") || parts.next().is_some_and(|folder| folder == "settings");
    let has_names = rules
        .known
        .django_settings
        .iter()
        .any(|&name| ir.export(FunctionId::MODULE, name).is_some());
    if has_names {
        return true;
    }
    // `settings/production.py`: from .base import *
    by_name && {
        let imports = |top: &str| {
            ir.imports.iter().any(|import| {
                import.level == 0 && project.text(import.module).split('.').next() == Some(top)
            })
        };
        !ir.star_imports.is_empty()
            || imports("django")
            || !imports("flask") && file == "settings.py"
    }
}

/// Tests each assignment to a settings name in the body of `function`.
fn assigned_names(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    framework: Framework,
    function: FunctionId,
    places: &mut Vec<Place>,
) {
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    let body = ir.function(function);
    for index in body.start..body.end {
        if ir.op(index) == Op::Bind {
            let bind = ir.get(index);
            test(
                rules,
                evaluator,
                module,
                framework,
                project.text(bind.symbol_b()),
                bind.operand_a(),
                index,
                places,
            );
        }
    }
    for &(name, value) in ir.exports_of(function) {
        if let OperandKind::Register(index) = value.kind()
            && !matches!(
                ir.op(index),
                Op::Import | Op::MakeClass | Op::MakeFunction | Op::Phi
            )
        {
            test(
                rules,
                evaluator,
                module,
                framework,
                project.text(name),
                value,
                index,
                places,
            );
        }
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "one setting, wherever it was found"
)]
fn test(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    framework: Framework,
    name: &str,
    value: Operand,
    index: u32,
    places: &mut Vec<Place>,
) {
    let Some(entries) = rules.settings.get(&(framework, name)) else {
        return;
    };
    let mut matched: Option<u32> = None;
    for &at in entries {
        let Matcher::Setting { test, .. } = &rules.detect(at).matcher else {
            continue;
        };
        if matched == Some(at.rule) || !value_passes(evaluator, module, value, None, test) {
            continue;
        }
        matched = Some(at.rule);
        let ir = &evaluator.project().module(module).ir;
        let mut place = Place::new(at, module, index, ir.span(index));
        place.name = Some(name.to_owned());
        place.value = evaluator
            .literals(module, value)
            .0
            .iter()
            .find(|literal| accepts(test, literal))
            .map(|literal| shown(literal).into());
        places.push(place);
    }
}

/// Tests imports.
pub(crate) fn imports(
    rules: &RuleSet<'_>,
    evaluator: &Evaluator<'_>,
    module: ModuleId,
    places: &mut Vec<Place>,
) {
    if rules.imports.is_empty() {
        return;
    }
    let project = evaluator.project();
    let ir = &project.module(module).ir;
    for (number, import) in ir.imports.iter().enumerate() {
        let leads_on = project
            .top_of_import(import)
            .is_some_and(|top| rules.imported_tops.contains(&top));
        if import.level > 0 || !leads_on {
            continue;
        }
        let text = project.text(import.module);
        let full = import
            .name
            .map(|name| format!("{text}.{}", project.text(name)));
        let mut prefix = full.as_deref().unwrap_or(text);
        let mut found: Vec<DetectRef> = Vec::new();
        loop {
            found.extend(rules.imports.get(prefix).into_iter().flatten());
            match prefix.rsplit_once('.') {
                Some((parent, _)) => prefix = parent,
                None => break,
            }
        }
        found.sort_unstable();
        let mut matched: Option<u32> = None;
        for at in found {
            if matched == Some(at.rule) {
                continue;
            }
            matched = Some(at.rule);
            let index = import_instruction(ir, number as u32, import.function);
            let mut place = Place::new(at, module, index, import.span);
            place.value = Some(full.as_deref().unwrap_or(text).to_owned().into());
            places.push(place);
        }
    }
}

fn import_instruction(ir: &hognose_python::Ir, number: u32, function: FunctionId) -> u32 {
    let body = ir.function(function);
    (body.start..body.end)
        .find(|&index| ir.op(index) == Op::Import && ir.get(index).a == number)
        .unwrap_or(body.start)
}
