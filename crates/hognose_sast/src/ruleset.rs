//! Which entries of which rules are worth testing at a place.

use hognose_python::ir::FunctionId;
use hognose_python::{ExternalId, ModuleId, Project, Symbol, Target};
use hognose_rules::{Catalogue, Detect, Framework, Matcher, TemplateConstruct};
use hognose_taint::{Callee, Kind, Models};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{CHECKS, Check};
use crate::place::DetectRef;

/// A callable that rules name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Callable {
    Function(ModuleId, FunctionId),
    Class(ModuleId, FunctionId),
    External(ExternalId),
}

/// The rules of a catalogue, indexed by what they look for.
pub(crate) struct RuleSet<'a> {
    pub catalogue: &'a Catalogue,
    calls: FxHashMap<Callable, Vec<DetectRef>>,
    sinks: FxHashMap<Kind, Vec<DetectRef>>,
    pub imports: FxHashMap<&'a str, Vec<DetectRef>>,
    /// First parts of the modules in `imports`.
    pub imported_tops: FxHashSet<Symbol>,
    pub settings: FxHashMap<(Framework, &'a str), Vec<DetectRef>>,
    pub templates: Vec<(TemplateConstruct, DetectRef)>,
    pub checks: Vec<(&'static Check, DetectRef)>,
    /// Source kinds that flows start at, as numbers, by entry.
    pub flows: FxHashMap<DetectRef, (Vec<Kind>, Vec<Kind>)>,
    /// Last names of callables and attributes that lead to anything.
    interesting: FxHashSet<Symbol>,
    /// Symbols that settings and checks ask for in every module.
    pub known: Known,
    /// What rules name that nothing defines.
    pub unknown: Vec<(DetectRef, String)>,
}

/// Symbols that settings and checks ask for in every module; none where a name does not occur.
pub(crate) struct Known {
    pub config: Option<Symbol>,
    pub update: Option<Symbol>,
    pub from_mapping: Option<Symbol>,
    pub secret_key: Option<Symbol>,
    pub shell: Option<Symbol>,
    pub default_https_context: Option<Symbol>,
    /// Methods that put text together.
    pub text_methods: Vec<Symbol>,
    /// Functions of `random`, by their last names.
    pub random: FxHashSet<Symbol>,
    /// Callables that take a regular expression, by their last names.
    pub regex: FxHashSet<Symbol>,
    /// Names that only a Django settings module has.
    pub django_settings: Vec<Symbol>,
}

impl Known {
    fn new(project: &Project) -> Self {
        let find = |name: &str| project.symbols().find(name);
        let last = |name: &&str| name.rsplit('.').next().and_then(find);
        Known {
            config: find("config"),
            update: find("update"),
            from_mapping: find("from_mapping"),
            secret_key: find("secret_key"),
            shell: find("shell"),
            default_https_context: find("_create_default_https_context"),
            text_methods: ["format", "replace", "join"]
                .iter()
                .filter_map(last)
                .collect(),
            random: crate::check::RANDOM_FUNCTIONS
                .iter()
                .filter_map(last)
                .collect(),
            regex: crate::check::REGEX_FUNCTIONS
                .iter()
                .filter_map(last)
                .collect(),
            django_settings: crate::setting::DJANGO_NAMES
                .iter()
                .filter_map(last)
                .collect(),
        }
    }
}

/// Names outside the models that the rules of `catalogue` ask about.
pub(crate) fn externals(catalogue: &Catalogue) -> Vec<&str> {
    let mut names = Vec::new();
    for page in catalogue.rules() {
        for detect in &page.detect {
            if let Matcher::Call { names: called } = &detect.matcher {
                names.extend(called.iter().map(String::as_str));
            }
        }
    }
    names
}

impl<'a> RuleSet<'a> {
    pub fn new(catalogue: &'a Catalogue, project: &Project, models: &Models) -> Self {
        let mut rules = RuleSet {
            catalogue,
            calls: FxHashMap::default(),
            sinks: FxHashMap::default(),
            imports: FxHashMap::default(),
            imported_tops: FxHashSet::default(),
            settings: FxHashMap::default(),
            templates: Vec::new(),
            checks: Vec::new(),
            flows: FxHashMap::default(),
            interesting: models.interesting().clone(),
            known: Known::new(project),
            unknown: Vec::new(),
        };
        for (rule, page) in catalogue.rules().iter().enumerate() {
            for (entry, detect) in page.detect.iter().enumerate() {
                let at = DetectRef {
                    rule: rule as u32,
                    entry: entry as u32,
                };
                rules.add(at, detect, project, models);
            }
        }
        rules.add_aliases(project);
        rules
    }

    fn add(&mut self, at: DetectRef, detect: &'a Detect, project: &Project, models: &Models) {
        let kind = |name: &str| models.kind(name);
        match &detect.matcher {
            Matcher::Call { names } => {
                for name in names {
                    self.add_call(at, name, project, models);
                }
            }
            Matcher::Value { sink, .. } | Matcher::Missing { sink } => {
                if let Some(kind) = kind(sink) {
                    self.sinks.entry(kind).or_default().push(at);
                }
            }
            Matcher::Flow { from, to } => {
                let sources: Vec<Kind> = from.iter().filter_map(|name| kind(name)).collect();
                let sinks: Vec<Kind> = to.iter().filter_map(|name| kind(name)).collect();
                for &sink in &sinks {
                    self.sinks.entry(sink).or_default().push(at);
                }
                self.flows.insert(at, (sources, sinks));
            }
            Matcher::Import { modules } => {
                for module in modules {
                    self.imports.entry(module).or_default().push(at);
                    let top = module.split('.').next().unwrap_or(module);
                    self.imported_tops.extend(project.symbols().find(top));
                }
            }
            Matcher::Setting {
                framework, name, ..
            } => {
                self.settings
                    .entry((*framework, name))
                    .or_default()
                    .push(at);
            }
            Matcher::Template { construct } => self.templates.push((*construct, at)),
            // Of manifests, not of source code.
            Matcher::Advisory { .. } => {}
            Matcher::Check { name } => match CHECKS.iter().find(|check| check.name == name) {
                Some(check) => self.checks.push((check, at)),
                None => self.unknown.push((at, name.clone())),
            },
        }
    }

    fn add_call(&mut self, at: DetectRef, name: &str, project: &Project, models: &Models) {
        let targets = lookup(project, name);
        // A name that does not occur has no external, and nothing can call it.
        for target in targets {
            let callable = match target {
                Target::Function(module, function) => {
                    let definition = definition(models, module, function);
                    Callable::Function(module, definition)
                }
                Target::Class(module, class) => Callable::Class(module, class),
                Target::External(external) => Callable::External(external),
                Target::Module(_) | Target::Value(..) | Target::Variable(..) => continue,
            };
            self.calls.entry(callable).or_default().push(at);
        }
        let last = name.rsplit('.').next().unwrap_or(name);
        self.interesting.extend(project.symbols().find(last));
    }

    /// Other names by which modules of the project offer something interesting: `run = subprocess.run`.
    fn add_aliases(&mut self, project: &Project) {
        for _ in 0..2 {
            let mut found = Vec::new();
            for (_, module) in project.modules() {
                let ir = &module.ir;
                if module.is_model || ir.functions.is_empty() {
                    continue;
                }
                for &(name, value) in ir.exports_of(FunctionId::MODULE) {
                    let Some(instruction) = ir.instruction(value) else {
                        continue;
                    };
                    let original = match instruction.op {
                        hognose_python::ir::Op::Import => ir.imports[instruction.a as usize].name,
                        hognose_python::ir::Op::Attr => Some(instruction.symbol_b()),
                        _ => None,
                    };
                    if original.is_some_and(|original| {
                        original != name && self.interesting.contains(&original)
                    }) {
                        found.push(name);
                    }
                }
            }
            self.interesting.extend(found);
        }
    }

    /// Whether a callee or attribute with this last name may lead to anything.
    pub fn is_interesting(&self, name: Symbol) -> bool {
        self.interesting.contains(&name)
    }

    /// Entries that name this callee.
    pub fn of_callee(
        &self,
        callee: Callee,
        models: &Models,
    ) -> impl Iterator<Item = DetectRef> + '_ {
        let (function, class) = match callee {
            Callee::Function {
                function: (module, function),
                class,
                ..
            } => (
                Some(Callable::Function(
                    module,
                    definition(models, module, function),
                )),
                class,
            ),
            Callee::Class(module, class) => (None, Some((module, class))),
            Callee::External(external) => (Some(Callable::External(external)), None),
        };
        let class = class.map(|(module, class)| Callable::Class(module, class));
        [function, class]
            .into_iter()
            .flatten()
            .filter_map(|callable| self.calls.get(&callable))
            .flatten()
            .copied()
    }

    /// Entries that look at ports of this kind.
    pub fn of_sink(&self, kind: Kind) -> &[DetectRef] {
        self.sinks.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// An entry.
    pub fn detect(&self, at: DetectRef) -> &'a Detect {
        &self.catalogue.rules()[at.rule as usize].detect[at.entry as usize]
    }
}

/// The definition that stands for all overloads of a function.
fn definition(models: &Models, module: ModuleId, function: FunctionId) -> FunctionId {
    models
        .function(module, function)
        .and_then(|model| model.overloads.last().copied())
        .unwrap_or(function)
}

/// All definitions that a dotted name means, in the models or outside the project.
fn lookup(project: &Project, name: &str) -> Vec<Target> {
    let parts: Vec<&str> = name.split('.').collect();
    for length in (1..=parts.len()).rev() {
        let Some(module) = project.model(&parts[..length].join(".")) else {
            continue;
        };
        let mut targets = vec![Target::Module(module)];
        for part in &parts[length..] {
            targets = match project.symbols().find(part) {
                Some(part) => targets
                    .into_iter()
                    .flat_map(|target| project.member(target, part))
                    .collect(),
                None => Vec::new(),
            };
        }
        if !targets.is_empty() {
            return targets;
        }
    }
    project
        .external(name)
        .map(Target::External)
        .into_iter()
        .collect()
}
