//! All modules of a project, and which definition a name means.

use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use hognose_finding::{Problem, ProblemKind, SourceError, Sources};
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::derived::Derived;
use crate::intern::{Interner, Symbol, Symbols};
use crate::ir::{FunctionId, Import, Ir, Operand};
use crate::module::{Module, Scratch, read_module};

use self::externals::Externals;

mod externals;
mod resolve;

/// Index of a module in its [`Project`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

/// Index of an external name in its [`Project`]; see [`Project::load`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExternalId(pub u32);

/// What a name may mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// A module or package, of the project or of the models.
    Module(ModuleId),
    /// A function or lambda.
    Function(ModuleId, FunctionId),
    /// A class.
    Class(ModuleId, FunctionId),
    /// Any other value: an operand of that module.
    Value(ModuleId, Operand),
    /// Something outside the project that someone asked about by name.
    External(ExternalId),
    /// A variable of a module that is annotated and never set, as in stubs.
    Variable(ModuleId, Symbol),
}

/// A Python project, and the model stubs it is read with.
#[derive(Debug)]
pub struct Project {
    modules: Vec<Module>,
    symbols: Symbols,
    /// Import root of each module.
    roots: Vec<u32>,
    /// Top-level modules and packages by name, with their import root.
    tops: FxHashMap<Symbol, Vec<(u32, ModuleId)>>,
    children: FxHashMap<(ModuleId, Symbol), ModuleId>,
    /// Modules by folder and name, for relative imports: the parent of a module that is not a top-level one.
    parents: Vec<Option<ModuleId>>,
    externals: Externals,
    builtins: Option<ModuleId>,
    /// `__all__`
    all: Option<Symbol>,
    /// The parts of each dotted name that some module imports; none for a part that is no name anywhere.
    parts: FxHashMap<Symbol, Box<[Option<Symbol>]>>,
    /// For each module and function of it that is a class, once somebody asked: the class and its bases.
    ancestries: Vec<Box<[Ancestry]>>,
    /// For each module, whether a limit on work was reached from there.
    gave_up: Vec<AtomicBool>,
}

/// The answer of [`Project::ancestry`].
type Ancestry = OnceLock<Box<[(ModuleId, FunctionId)]>>;

/// Import root of the model stubs.
const MODEL_ROOT: u32 = u32::MAX;
/// The dotted names by which a file may be imported, best first, and its import root.
///
/// A file belongs to the outermost of the folders around it that have an `__init__` file without a gap (`packages`
/// has these folders). With namespace packages there is a second name: its path below the scanned folder `base`, or
/// below `src` in it.
pub fn module_name(
    path: &str,
    base: &str,
    packages: &FxHashSet<&str>,
) -> (Vec<String>, String, bool) {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split('.').next().unwrap_or(file);
    let is_package = stem == "__init__";
    let mut parts: Vec<&str> = if is_package { Vec::new() } else { vec![stem] };
    let mut at = folder;
    while packages.contains(at) && !at.is_empty() {
        let (up, name) = at.rsplit_once('/').unwrap_or(("", at));
        parts.push(name);
        at = up;
    }
    parts.reverse();
    let mut names = vec![parts.join(".")];
    let root = at.to_owned();
    let below = path
        .strip_prefix(base)
        .unwrap_or(path)
        .trim_start_matches('/');
    let below = below.strip_prefix("src/").unwrap_or(below);
    let full = below.rsplit_once('.').map_or(below, |(full, _)| full);
    let full = full.strip_suffix("/__init__").unwrap_or(full);
    if full.split('/').all(|part| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.chars().all(|c| c == '_' || c.is_alphanumeric())
    }) {
        let full = full.replace('/', ".");
        if !names.contains(&full) {
            names.push(full);
        }
    }
    names.retain(|name| !name.is_empty());
    (names, root, is_package)
}

impl Project {
    /// Reads `files` (paths as shown to the user; `base` is the scanned folder each was found under) through
    /// `sources`, and the model stubs (path below the models folder, text). `externals` are the dotted names outside
    /// project and models that callers will ask about.
    pub fn load(
        files: &[(Arc<str>, Arc<str>)],
        sources: &dyn Sources,
        models: &[(&str, &str)],
        externals: &[&str],
    ) -> (Self, Vec<Problem>) {
        Project::load_with(files, &[], sources, models, externals)
    }

    /// The same with files in other languages that are part of the program.
    pub fn load_with(
        files: &[(Arc<str>, Arc<str>)],
        derived: &[Derived],
        sources: &dyn Sources,
        models: &[(&str, &str)],
        externals: &[&str],
    ) -> (Self, Vec<Problem>) {
        let interner = Interner::default();
        for name in externals {
            for part in name.split('.') {
                interner.intern(part);
            }
        }
        let packages: FxHashSet<&str> = files
            .iter()
            .filter_map(|(path, _)| {
                let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
                file.starts_with("__init__.py").then_some(folder)
            })
            .collect();
        let scratches = Mutex::new(Vec::new());
        let read = |(path, base): &(Arc<str>, Arc<str>)| {
            let (names, root, is_package) = module_name(path, base, &packages);
            let name = names.first().cloned().unwrap_or_default();
            let (module, problems) = match sources.read(path) {
                Ok(bytes) => read_guarded(path, &bytes, name, is_package, &interner, &scratches),
                Err(SourceError { kind, message }) => {
                    (None, vec![Problem::in_file(kind, path.clone(), message)])
                }
            };
            (module.map(|module| (module, names, root)), problems)
        };
        let mut results: Vec<_> = files.par_iter().with_max_len(4).map(read).collect();
        let read_derived = |file: &Derived| {
            let bytes = file.text.as_bytes();
            let name = file.name.clone();
            let (module, _) = read_guarded(
                &file.path,
                bytes,
                name.clone(),
                false,
                &interner,
                &scratches,
            );
            let module = module.map(|mut module| {
                module.is_derived = true;
                module.hash = file.hash;
                file.relocate(&mut module.ir);
                module
            });
            // What is wrong with the file was said when it was read.
            let placed = module.map(|module| (module, vec![name], file.path.to_string()));
            (placed, Vec::new())
        };
        results.par_extend(derived.par_iter().with_max_len(4).map(read_derived));
        let read_stub = |(path, text): &(&str, &str)| {
            let (names, _, is_package) = stub_name(path);
            let shown: Arc<str> = format!("models/{path}").into();
            read_guarded(
                &shown,
                text.as_bytes(),
                names,
                is_package,
                &interner,
                &scratches,
            )
        };
        // Only the models of libraries that the project imports (or is), and of those that these models import.
        let mut wanted = top_names(
            results
                .iter()
                .filter_map(|(module, _)| module.as_ref().map(|(module, ..)| module)),
            &interner,
        );
        wanted.insert("builtins".to_owned());
        let mut waiting: Vec<(&str, &str)> = models.to_vec();
        let mut stubs = Vec::new();
        loop {
            let (now, later): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|(path, _)| wanted.contains(top_of(path)));
            waiting = later;
            if now.is_empty() {
                break;
            }
            let read: Vec<_> = now.par_iter().map(read_stub).collect();
            wanted = top_names(
                read.iter().filter_map(|(module, _)| module.as_ref()),
                &interner,
            );
            stubs.extend(read);
        }
        let mut problems = Vec::new();
        let mut modules = Vec::with_capacity(results.len() + stubs.len());
        let mut placed = Vec::with_capacity(results.len());
        for (result, new) in results {
            problems.extend(new);
            if let Some((module, names, root)) = result {
                modules.push(module);
                placed.push((names, Some(root)));
            }
        }
        for (result, new) in stubs {
            problems.extend(new);
            if let Some(mut module) = result {
                module.is_model = true;
                placed.push((vec![module.name.clone()], None));
                modules.push(module);
            }
        }
        // Every part of a dotted module name must have a symbol.
        for (names, _) in &placed {
            for part in names.iter().flat_map(|name| name.split('.')) {
                interner.intern(part);
            }
        }
        let symbols = interner.freeze();
        let externals = Externals::new(externals, &symbols);
        let mut project = Project {
            roots: vec![0; modules.len()],
            parents: vec![None; modules.len()],
            modules,
            symbols,
            tops: FxHashMap::default(),
            children: FxHashMap::default(),
            externals,
            builtins: None,
            all: None,
            parts: FxHashMap::default(),
            ancestries: Vec::new(),
            gave_up: Vec::new(),
        };
        project.link(placed);
        project.split_imported_names();
        project.all = project.symbols.find("__all__");
        project.ancestries = project
            .modules
            .iter()
            .map(|module| {
                let functions = module.ir.functions.iter();
                functions.map(|_| OnceLock::new()).collect()
            })
            .collect();
        project
            .gave_up
            .resize_with(project.modules.len(), AtomicBool::default);
        (project, problems)
    }

    /// Builds the tree of packages.
    fn link(&mut self, placed: Vec<(Vec<String>, Option<String>)>) {
        let mut root_ids: FxHashMap<String, u32> = FxHashMap::default();
        let mut named: FxHashMap<(u32, String), ModuleId> = FxHashMap::default();
        let mut all = Vec::new();
        for (index, (names, root)) in placed.into_iter().enumerate() {
            let next = root_ids.len() as u32;
            let root = root.map_or(MODEL_ROOT, |root| *root_ids.entry(root).or_insert(next));
            self.roots[index] = root;
            for (number, name) in names.into_iter().enumerate() {
                let id = ModuleId(index as u32);
                let key = (root, name);
                let other = named.get(&key).map(|&other| self.module(other));
                // `x.py` is the code, `x.pyi` beside it only describes it.
                if other.is_none_or(|other| {
                    other.path.ends_with(".pyi") && !self.module(id).path.ends_with(".pyi")
                }) {
                    named.insert(key.clone(), id);
                }
                all.push((key, id, number == 0));
            }
        }
        for ((root, name), id, is_first) in all {
            if named.get(&(root, name.clone())) != Some(&id) {
                continue;
            }
            let mut child = id;
            let mut rest = name.as_str();
            let mut is_own = is_first;
            loop {
                let (parent_name, last) = match rest.rsplit_once('.') {
                    Some((parent, last)) => (Some(parent), last),
                    None => (None, rest),
                };
                let Some(symbol) = self.symbols.find(last) else {
                    break;
                };
                let Some(parent_name) = parent_name else {
                    let tops = self.tops.entry(symbol).or_default();
                    if !tops.contains(&(root, child)) {
                        tops.push((root, child));
                    }
                    break;
                };
                let key = (root, parent_name.to_owned());
                let (parent, is_new) = match named.get(&key) {
                    Some(&parent) => (parent, false),
                    None => {
                        let parent = self.add_namespace(parent_name, root);
                        named.insert(key, parent);
                        (parent, true)
                    }
                };
                self.children.entry((parent, symbol)).or_insert(child);
                if is_own {
                    self.parents[child.0 as usize] = Some(parent);
                }
                if !is_new && self.parents[parent.0 as usize].is_some() {
                    break;
                }
                is_own = is_own && is_new;
                child = parent;
                rest = parent_name;
            }
        }
        self.builtins = self.symbols.find("builtins").and_then(|name| {
            let tops = self.tops.get(&name)?;
            tops.iter()
                .find(|&&(root, _)| root == MODEL_ROOT)
                .map(|&(_, id)| id)
        });
    }

    /// Splits each imported name once: imports are followed far more often than there are names.
    fn split_imported_names(&mut self) {
        let symbols = &self.symbols;
        for import in self.modules.iter().flat_map(|module| &module.ir.imports) {
            self.parts
                .entry(import.module)
                .or_insert_with(|| split(symbols, import.module).into());
        }
    }

    /// The parts of a dotted name: of an import, or of a module that a text names.
    fn parts_of(&self, name: Symbol) -> Cow<'_, [Option<Symbol>]> {
        match self.parts.get(&name) {
            Some(parts) => Cow::Borrowed(parts),
            None => split(&self.symbols, name).into(),
        }
    }

    /// The first part of the dotted name of an import, if it is a name anywhere.
    pub fn top_of_import(&self, import: &Import) -> Option<Symbol> {
        self.parts_of(import.module).first().copied().flatten()
    }

    /// Remembers that a limit on work was reached while something of `module` was followed, so that what is known of it
    /// is not all. Whoever stops early says so here; it becomes a problem with the module's file.
    pub fn give_up(&self, module: ModuleId) {
        self.gave_up[module.0 as usize].store(true, Ordering::Relaxed);
    }

    /// Whether a limit on work was reached while something of `module` was followed.
    pub fn gave_up(&self, module: ModuleId) -> bool {
        self.gave_up[module.0 as usize].load(Ordering::Relaxed)
    }

    /// A package without an `__init__` file.
    fn add_namespace(&mut self, name: &str, root: u32) -> ModuleId {
        let id = ModuleId(self.modules.len() as u32);
        self.modules.push(Module {
            path: Arc::from(""),
            name: name.to_owned(),
            is_package: true,
            is_model: root == MODEL_ROOT,
            is_derived: false,
            ir: Ir::default(),
            comments: Vec::new(),
            lines: 0,
            hash: 0,
            cells: None,
        });
        self.roots.push(root);
        self.parents.push(None);
        id
    }

    /// All modules: of the project in the order given to [`Project::load`], then model stubs, then namespace packages.
    pub fn modules(&self) -> impl ExactSizeIterator<Item = (ModuleId, &Module)> {
        self.modules
            .iter()
            .enumerate()
            .map(|(index, module)| (ModuleId(index as u32), module))
    }

    /// A module.
    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// Names and strings.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The text of a symbol.
    pub fn text(&self, symbol: Symbol) -> &str {
        self.symbols.text(symbol)
    }

    /// The model module named `name`, if there is one.
    pub fn model(&self, name: &str) -> Option<ModuleId> {
        let mut parts = name.split('.');
        let top = self.symbols.find(parts.next()?)?;
        let mut at = self
            .tops
            .get(&top)?
            .iter()
            .find(|&&(root, _)| root == MODEL_ROOT)?
            .1;
        for part in parts {
            at = self.child(at, self.symbols.find(part)?)?;
        }
        Some(at)
    }

    /// The submodule `name` of `package`.
    pub fn child(&self, package: ModuleId, name: Symbol) -> Option<ModuleId> {
        self.children.get(&(package, name)).copied()
    }

    /// Dotted name of a function or class: module, classes and functions around it, its own name.
    pub fn qualified_name(&self, module: ModuleId, function: FunctionId) -> String {
        let scope = self.scope_name(module, function);
        let name = &self.module(module).name;
        match (name.is_empty(), scope.is_empty()) {
            (true, _) => scope,
            (_, true) => name.clone(),
            _ => format!("{name}.{scope}"),
        }
    }

    /// The same without the module.
    pub fn scope_name(&self, module: ModuleId, function: FunctionId) -> String {
        let ir = &self.module(module).ir;
        let mut parts = Vec::new();
        let mut at = function;
        while at != FunctionId::MODULE {
            let function = ir.function(at);
            parts.push(self.text(function.name));
            at = function.parent;
        }
        parts.reverse();
        parts.join(".")
    }
}

/// Top-level names that modules import or have.
fn top_names<'m>(
    modules: impl Iterator<Item = &'m Module>,
    interner: &Interner,
) -> FxHashSet<String> {
    let mut imported: FxHashSet<Symbol> = FxHashSet::default();
    let mut names: FxHashSet<String> = FxHashSet::default();
    for module in modules {
        let absolute = module.ir.imports.iter().filter(|import| import.level == 0);
        imported.extend(absolute.map(|import| import.module));
        let own = top_of(&module.name);
        if !names.contains(own) {
            names.insert(own.to_owned());
        }
    }
    names.extend(imported.into_iter().map(|module| {
        let mut name = interner.text(module);
        name.truncate(top_of(&name).len());
        name
    }));
    names
}

/// The parts of a dotted name; none for a part that is no name anywhere.
fn split(symbols: &Symbols, name: Symbol) -> Vec<Option<Symbol>> {
    let parts = symbols
        .text(name)
        .split('.')
        .filter(|part| !part.is_empty());
    parts.map(|part| symbols.find(part)).collect()
}

/// The first part of a dotted name or of the path of a stub.
fn top_of(name: &str) -> &str {
    name.split(['.', '/']).next().unwrap_or(name)
}

/// A panic while a file is read is a problem with that file, not the end of the run.
fn read_guarded(
    path: &Arc<str>,
    bytes: &[u8],
    name: String,
    is_package: bool,
    interner: &Interner,
    scratches: &Mutex<Vec<Scratch>>,
) -> (Option<Module>, Vec<Problem>) {
    let pool = || scratches.lock().unwrap_or_else(PoisonError::into_inner);
    let mut scratch = pool().pop().unwrap_or_default();
    let read = std::panic::AssertUnwindSafe(|| {
        let result = read_module(path, bytes, name, is_package, interner, &mut scratch);
        pool().push(scratch);
        result
    });
    std::panic::catch_unwind(read).unwrap_or_else(|_| {
        let message = "reading this file failed from within; please report it";
        (
            None,
            vec![Problem::in_file(
                ProblemKind::CheckFailed,
                path.clone(),
                message,
            )],
        )
    })
}

fn stub_name(path: &str) -> (String, String, bool) {
    let full = path.strip_suffix(".pyi").unwrap_or(path);
    match full.strip_suffix("/__init__") {
        Some(package) => (package.replace('/', "."), String::new(), true),
        None => (full.replace('/', "."), String::new(), false),
    }
}
