//! The job: files in, findings out.

use std::sync::Arc;

use hognose_finding::{Confidence, EntryPoint, Finding, Problem, ProblemKind, Sources};
use hognose_python::ir::{FunctionId, FunctionKind, Op, OperandKind};
use hognose_python::{Comment, Module, ModuleId, Project, content_hash, source_text};
use hognose_rules::Catalogue;
use hognose_taint::{EntryPoints, Evaluator, Flows, Kind, Literal, Models, Options, Program};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::check::Context;
use crate::place::Place;
use crate::ruleset::{RuleSet, externals};
use crate::test_code::is_test_code;
use crate::{detect, finish, setting, template};

/// A file to scan.
#[derive(Debug, Clone)]
pub struct InputFile {
    /// As shown to the user, and as `Sources` knows it; unique.
    pub path: Arc<str>,
    /// The folder that was scanned when it was found, with the same spelling; for the names of its modules.
    pub base: Arc<str>,
    /// What it is.
    pub kind: InputKind,
}

/// What an input file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// Python source, a stub or a notebook.
    Python,
    /// A template.
    Template,
}

/// How to look at a project.
#[derive(Debug, Clone, Copy, Default)]
pub struct ScanOptions {
    /// It is a library: what its users pass to it is not trusted.
    pub library: bool,
    /// Flows are looked for in test code, too. What is found there is merely possible.
    pub tests: bool,
}

/// What a scan gives.
#[derive(Debug, Default)]
pub struct ScanResult {
    /// Findings of all confidences, in order of path and place.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub problems: Vec<Problem>,
    /// Comments that may be suppressions, by file.
    pub comments: Vec<(Arc<str>, Vec<Comment>)>,
    /// Paths of the files that were looked at.
    pub scanned: Vec<Arc<str>>,
    /// Physical lines in them.
    pub lines: u64,
}

/// Scans `files` with the rules of `catalogue` and the built-in models and those of the user (path of the stub below
/// its folder, text).
pub fn scan(
    files: &[InputFile],
    sources: &dyn Sources,
    catalogue: &Catalogue,
    user_models: &[(String, String)],
    options: ScanOptions,
) -> ScanResult {
    let (project, problems) = load(files, sources, user_models, &externals(catalogue));
    let mut result = ScanResult {
        problems,
        ..ScanResult::default()
    };
    let roles = Models::read(&project);
    let mut program = Program::new(&project, &roles);
    program.entry_points = EntryPoints::find(&program);
    result
        .problems
        .extend_from_slice(program.entry_points.problems());
    let rules = RuleSet::new(catalogue, &project, &roles);
    for (at, name) in &rules.unknown {
        let page = &catalogue.rules()[at.rule as usize];
        let message = format!(
            "rule `{}` names the check `{name}`, which does not exist",
            page.id()
        );
        result
            .problems
            .push(Problem::general(ProblemKind::Configuration, message));
    }
    let modules: Vec<(ModuleId, &Module)> = project
        .modules()
        .filter(|(_, module)| !module.is_model && !module.path.is_empty())
        .collect();
    let tests: FxHashSet<&str> = files
        .iter()
        .filter(|file| is_test_code(&file.path, &file.base))
        .map(|file| &*file.path)
        .collect();
    let mut pairs: FxHashSet<(Kind, Kind)> = rules
        .flows
        .values()
        .flat_map(|(sources, sinks)| {
            sources
                .iter()
                .flat_map(move |&source| sinks.iter().map(move |&sink| (source, sink)))
        })
        .collect();
    // Whether a slow pattern meets the text of a request.
    pairs.extend(roles.kind("remote-input").zip(roles.kind("regex-text")));
    let left_out = modules
        .iter()
        .filter(|(_, module)| !options.tests && tests.contains(&*module.path))
        .map(|&(id, _)| id)
        .collect();
    let flows = Flows::solve(
        &program,
        &program.entry_points,
        &Options {
            library: options.library,
            pairs,
            left_out,
            inline_template: Some(template::program::unescaped_names),
        },
    );
    for functions in flows.gave_up().chunk_by(|a, b| a.0 == b.0) {
        let (module, first) = functions[0];
        let first = project.scope_name(module, first);
        let message = match functions.len() - 1 {
            0 => {
                format!("`{first}` is too much to be followed as a whole; findings may be missing")
            }
            more => format!(
                "`{first}` and {more} more functions are too much to be followed as a whole; \
                 findings may be missing"
            ),
        };
        let path = project.module(module).path.clone();
        result
            .problems
            .push(Problem::in_file(ProblemKind::Budget, path, message));
    }
    let analysed: Vec<_> = modules
        .par_iter()
        .with_max_len(8)
        .map(|&(id, module)| {
            let found = guarded(&module.path, || {
                let places = places_in(&rules, &flows, &program, id);
                finish::findings(&rules, &program, sources, id, places)
            });
            match found {
                Ok((mut findings, problems)) => {
                    if tests.contains(&*module.path) {
                        for finding in &mut findings {
                            finding.confidence = Confidence::Possible;
                        }
                    }
                    (findings, problems)
                }
                Err(problem) => (Vec::new(), vec![problem]),
            }
        })
        .collect();
    let spent = project
        .modules()
        .filter(|&(id, module)| project.gave_up(id) && !module.path.is_empty())
        .map(|(_, module)| {
            let message = "something in this file leads too far to be followed to its end; \
                           findings may be missing";
            Problem::in_file(ProblemKind::Budget, module.path.clone(), message)
        });
    result.problems.extend(spent);
    let templates: Vec<_> = files
        .par_iter()
        .filter(|file| file.kind == InputKind::Template)
        .map(|file| {
            guarded(&file.path, || finish::template(&rules, sources, &file.path)).unwrap_or_else(
                |problem| ScannedTemplate {
                    problems: vec![problem],
                    ..ScannedTemplate::default()
                },
            )
        })
        .collect();
    for ((_, module), (findings, problems)) in modules.iter().zip(analysed) {
        result.findings.extend(findings);
        result.problems.extend(problems);
        if module.is_derived {
            continue;
        }
        result.lines += u64::from(module.lines);
        result.scanned.push(module.path.clone());
        if !module.comments.is_empty() {
            result
                .comments
                .push((module.path.clone(), module.comments.clone()));
        }
    }
    for scanned in templates {
        result.findings.extend(scanned.findings);
        for problem in scanned.problems {
            // What fails at the first reading fails at the second.
            if problem.kind != ProblemKind::CheckFailed || !result.problems.contains(&problem) {
                result.problems.push(problem);
            }
        }
        if let Some((path, comments, lines)) = scanned.template {
            result.lines += lines;
            result.scanned.push(path.clone());
            if !comments.is_empty() {
                result.comments.push((path, comments));
            }
        }
    }
    result
}

/// The Python files as a project, with the built-in models and those of the user.
fn load(
    files: &[InputFile],
    sources: &dyn Sources,
    user_models: &[(String, String)],
    externals: &[&str],
) -> (Project, Vec<Problem>) {
    let python: Vec<(Arc<str>, Arc<str>)> = files
        .iter()
        .filter(|file| file.kind == InputKind::Python)
        .map(|file| (file.path.clone(), file.base.clone()))
        .collect();
    let mut models: Vec<(&str, &str)> = user_models
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    // A user's stub of a module replaces ours.
    for (path, text) in hognose_rules::model_files() {
        if !user_models.iter().any(|(own, _)| own == path) {
            models.push((path, text));
        }
    }
    models.push(("hognose_template.pyi", template::program::OUTPUT));
    let outlines: Vec<_> = files
        .par_iter()
        .filter(|file| file.kind == InputKind::Template)
        .map(|file| guarded(&file.path, || outline(sources, &file.path)))
        .collect();
    let mut failed = Vec::new();
    let mut templates = Vec::new();
    for outline in outlines {
        match outline {
            Ok(outline) => templates.extend(outline),
            Err(problem) => failed.push(problem),
        }
    }
    let derived = template::program::link(templates);
    let (project, mut problems) =
        Project::load_with(&python, &derived, sources, &models, externals);
    problems.extend(failed);
    (project, problems)
}

/// A template, as far as the program that it amounts to goes.
fn outline(sources: &dyn Sources, path: &Arc<str>) -> Option<template::program::Read> {
    let bytes = sources.read(path).ok()?;
    let text = source_text(path, &bytes)?;
    let language = template::language_of(path, &text)?;
    Some(template::program::Read {
        path: path.clone(),
        hash: content_hash(&bytes),
        outline: template::program::read(&text, language),
    })
}

/// Where data from outside comes into `files`, without a look at any rule.
pub fn entry_points(
    files: &[InputFile],
    sources: &dyn Sources,
    user_models: &[(String, String)],
) -> (Vec<EntryPoint>, Vec<Problem>) {
    let (project, mut problems) = load(files, sources, user_models, &[]);
    let roles = Models::read(&project);
    let program = Program::new(&project, &roles);
    let found = EntryPoints::find(&program);
    let (described, more) = hognose_taint::entry::describe(&found, &project, sources);
    problems.extend_from_slice(found.problems());
    problems.extend(more);
    (described, problems)
}

fn places_in(
    rules: &RuleSet<'_>,
    flows: &Flows,
    program: &Program<'_>,
    module: ModuleId,
) -> Vec<Place> {
    let evaluator = Evaluator::new(program);
    let mut places = Vec::new();
    detect::calls(rules, flows, &evaluator, module, &mut places);
    if program.project.module(module).is_derived {
        return places;
    }
    setting::settings(rules, &evaluator, module, &mut places);
    setting::imports(rules, &evaluator, module, &mut places);
    for &(check, detect) in &rules.checks {
        (check.run)(&mut Context {
            evaluator: &evaluator,
            flows,
            module,
            known: &rules.known,
            detect,
            places: &mut places,
        });
    }
    for place in &mut places {
        if place.flow.is_none() && never_runs(&evaluator, module, place.index) {
            place.confidence = Some(Confidence::Possible);
        }
    }
    places
}

/// How many conditions around a place are looked at.
const MAX_CONDITIONS: u32 = 8;

/// Whether control does not get to an instruction: a constant says so, or nobody calls the function.
fn never_runs(evaluator: &Evaluator<'_>, module: ModuleId, index: u32) -> bool {
    let project = evaluator.project();
    is_behind_constant(evaluator, module, index)
        || is_unused(
            project,
            module,
            project.module(module).ir.function_at(index),
        )
}

/// Whether a function is private to its module, and named nowhere.
fn is_unused(project: &Project, module: ModuleId, function: FunctionId) -> bool {
    let ir = &project.module(module).ir;
    let info = ir.function(function);
    let name = project.text(info.name);
    if info.kind != FunctionKind::Def
        || info.parent != FunctionId::MODULE
        || !name.starts_with('_')
        || name.starts_with("__")
        || !ir.decorators_of(function).is_empty()
    {
        return false;
    }
    let mut is_named = false;
    for index in 0..ir.len() as u32 {
        is_named |= ir.op(index) == Op::Attr && ir.get(index).symbol_b() == info.name;
        ir.for_each_operand(index, |operand| {
            is_named |= operand.kind() == OperandKind::Global(info.name);
        });
        if is_named {
            return false;
        }
    }
    !project.modules().any(|(_, other)| {
        let mut imports = other.ir.imports.iter();
        imports.any(|import| import.name == Some(info.name))
    })
}

/// Whether a constant says that control does not get to an instruction.
fn is_behind_constant(evaluator: &Evaluator<'_>, module: ModuleId, index: u32) -> bool {
    let ir = &evaluator.project().module(module).ir;
    let mut block = ir.block_at(index);
    for _ in 0..MAX_CONDITIONS {
        let info = ir.blocks[block as usize];
        let is_name =
            matches!(info.condition.kind(), OperandKind::Global(_)) || info.condition.is_constant();
        if is_name && let (literals, true) = evaluator.literals(module, info.condition) {
            let truth = match literals.as_slice() {
                [Literal::Bool(value)] => Some(*value),
                [Literal::Int(number)] => Some(*number != 0),
                [Literal::None] => Some(false),
                _ => None,
            };
            if truth.is_some_and(|truth| truth != info.polarity) {
                return true;
            }
        }
        if info.dominator == block {
            break;
        }
        block = info.dominator;
    }
    false
}

/// A panic in a check is a problem with that file, not the end of the run.
fn guarded<T>(path: &Arc<str>, run: impl FnOnce() -> T) -> Result<T, Problem> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).map_err(|_| {
        let message = "checking this file failed from within; please report it";
        Problem::in_file(ProblemKind::CheckFailed, path.clone(), message)
    })
}

/// A template that was read.
#[derive(Default)]
pub(crate) struct ScannedTemplate {
    pub findings: Vec<Finding>,
    pub problems: Vec<Problem>,
    pub template: Option<(Arc<str>, Vec<Comment>, u64)>,
}

pub(crate) use template::read_template;
