//! What to look for in a module, and who wants to see it.

use hognose_python::ModuleId;
use hognose_python::Symbol;
use hognose_python::ir::{FunctionId, FunctionKind, Op, Operand};
use rustc_hash::{FxHashMap, FxHashSet};

use super::annotation::last_symbol;
use super::registration::Found;
use super::walk::{Walk, class_named};
use super::{Definition, stub};
use crate::values::{Evaluator, Program};

/// What is known of related frameworks.
pub(super) struct Family {
    /// Top-level packages; a family is asked only where the project imports one.
    pub packages: &'static [&'static str],
    /// Last names of the decorators that it wants to see.
    pub decorators: &'static [&'static str],
    /// Last names of the calls that it wants to see.
    pub calls: &'static [&'static str],
    /// The same for names so common that they are looked at only in modules that import one of the packages.
    pub common_calls: &'static [&'static str],
    /// Looks at a decorator; whether it knows it.
    pub decorated: fn(&mut Walk<'_, '_>, &Site, Definition) -> bool,
    /// Looks at a call; whether it knows it.
    pub called: fn(&mut Walk<'_, '_>, &Site) -> bool,
    /// Qualified names of classes; classes of the project that are derived from one are shown to `derived`.
    pub bases: &'static [&'static str],
    /// Looks at a class, derived from the base named.
    pub derived: fn(&mut Walk<'_, '_>, Definition, &'static str),
    /// Looks at the module as a whole.
    pub module: fn(&mut Walk<'_, '_>),
}

impl Family {
    /// Knows nothing.
    pub(super) const NONE: Family = Family {
        packages: &[],
        decorators: &[],
        calls: &[],
        common_calls: &[],
        decorated: |_, _, _| false,
        called: |_, _| false,
        bases: &[],
        derived: |_, _, _| {},
        module: |_| {},
    };
}

/// What to look for in a project.
pub(super) struct Search<'a> {
    families: Vec<&'static Family>,
    /// Which families want to see a decorator, by its last name.
    decorators: Wanted,
    /// Last names of decorators that a stub gives a role.
    described: FxHashSet<Symbol>,
    /// The same as `decorators` for calls.
    calls: Wanted,
    /// By definition of a base class.
    bases: FxHashMap<Definition, Vec<(usize, &'static str)>>,
    program: &'a Program<'a>,
}

/// By last name: the name, and which families want to see it. With `true` only where the module imports the framework.
type Wanted = FxHashMap<Symbol, (&'static str, Vec<(usize, bool)>)>;

/// A decorator or a call.
pub(super) struct Site {
    /// The call, unless it is a bare decorator.
    pub call: Option<u32>,
    /// Whose attribute the callee is.
    pub receiver: Option<Operand>,
    /// Last name of the callee.
    pub last: &'static str,
    /// Qualified names of all that the callee may be; empty where that is not known.
    pub names: Vec<String>,
}

impl Site {
    /// Whether the callee may be one of these.
    pub(super) fn is(&self, names: &[&str]) -> bool {
        self.names.iter().any(|name| names.contains(&name.as_str()))
    }

    /// Whether the callee may be a member of one of these classes or modules.
    pub(super) fn is_member(&self, of: &[&str]) -> bool {
        self.names.iter().any(|name| {
            name.rsplit_once('.')
                .is_some_and(|(owner, _)| of.contains(&owner))
        })
    }
}

impl<'a> Search<'a> {
    /// Prepares for the frameworks that the project imports.
    pub(super) fn new(program: &'a Program<'a>, all: &[&'static Family]) -> Self {
        let project = program.project;
        let families: Vec<&'static Family> = all
            .iter()
            .copied()
            .filter(|family| {
                family.packages.is_empty()
                    || family
                        .packages
                        .iter()
                        .any(|package| project.model(package).is_some())
            })
            .collect();
        let mut decorators = Wanted::default();
        let mut calls = Wanted::default();
        let mut bases: FxHashMap<Definition, Vec<(usize, &'static str)>> = FxHashMap::default();
        for (index, family) in families.iter().enumerate() {
            let want = |wanted: &mut Wanted, names: &[&'static str], is_common: bool| {
                for &name in names {
                    if let Some(symbol) = project.symbols().find(name) {
                        let (_, families) = wanted.entry(symbol).or_insert((name, Vec::new()));
                        families.push((index, is_common));
                    }
                }
            };
            want(&mut decorators, family.decorators, false);
            want(&mut calls, family.calls, false);
            want(&mut calls, family.common_calls, true);
            for &name in family.bases {
                if let Some(class) = class_named(project, name) {
                    bases.entry(class).or_default().push((index, name));
                }
            }
        }
        Search {
            families,
            decorators,
            described: stub::names(program),
            calls,
            bases,
            program,
        }
    }

    /// Whether no framework is imported.
    pub(super) fn is_empty(&self) -> bool {
        self.families.is_empty()
    }

    /// What one module says.
    pub(super) fn module(&self, evaluator: &Evaluator<'a>, module: ModuleId) -> Found {
        let mut walk = Walk {
            evaluator,
            module,
            found: Found::default(),
        };
        let imported: Vec<bool> = self
            .families
            .iter()
            .map(|family| walk.imports(family.packages))
            .collect();
        let ir = &self.program.project.module(module).ir;
        for (number, function) in ir.functions.iter().enumerate() {
            let id = FunctionId(number as u32);
            match function.kind {
                FunctionKind::Def | FunctionKind::Class => {
                    for &decorator in ir.decorators_of(id) {
                        self.decorator(&mut walk, decorator, (module, id));
                    }
                }
                FunctionKind::Module | FunctionKind::Lambda => {}
            }
            if function.kind == FunctionKind::Class && !self.bases.is_empty() {
                self.class(&mut walk, id);
            }
        }
        if !self.calls.is_empty() {
            for (index, &op) in ir.ops().iter().enumerate() {
                if op == Op::Call {
                    self.call(&mut walk, index as u32, &imported);
                }
            }
        }
        for family in &self.families {
            (family.module)(&mut walk);
        }
        walk.found
    }

    fn decorator(&self, walk: &mut Walk<'_, 'a>, decorator: Operand, definition: Definition) {
        let ir = walk.ir();
        let call = decorator
            .as_register()
            .filter(|&index| ir.op(index) == Op::Call);
        let callee = call.map_or(decorator, |call| ir.get(call).operand_a());
        let Some(symbol) = last_symbol(ir, callee) else {
            return;
        };
        let wanted = self.decorators.get(&symbol);
        let is_described = self.described.contains(&symbol);
        if wanted.is_none() && !is_described {
            return;
        }
        let name = wanted.map_or("", |(name, _)| name);
        let site = walk.site(call, callee, name);
        for &(family, _) in wanted.iter().flat_map(|(_, families)| families) {
            if (self.families[family].decorated)(walk, &site, definition) {
                return;
            }
        }
        if is_described {
            let values = walk.evaluator.values(walk.module, callee);
            stub::decorated(walk, &site, &values, definition);
        }
    }

    fn call(&self, walk: &mut Walk<'_, 'a>, index: u32, imported: &[bool]) {
        let ir = walk.ir();
        let callee = ir.get(index).operand_a();
        let Some((name, families)) = last_symbol(ir, callee).and_then(|name| self.calls.get(&name))
        else {
            return;
        };
        if families
            .iter()
            .all(|&(family, is_common)| is_common && !imported[family])
        {
            return;
        }
        let site = walk.site(Some(index), callee, name);
        for &(family, is_common) in families {
            if (!is_common || imported[family]) && (self.families[family].called)(walk, &site) {
                return;
            }
        }
    }

    fn class(&self, walk: &mut Walk<'_, 'a>, class: FunctionId) {
        let project = self.program.project;
        if project.module(walk.module).ir.bases_of(class).is_empty() {
            return;
        }
        let mut met: Vec<(usize, &'static str)> = Vec::new();
        for ancestor in project.ancestry(walk.module, class) {
            for &(family, base) in self.bases.get(&ancestor).into_iter().flatten() {
                // The nearest base of a family says what kind of class it is.
                if !met.iter().any(|&(other, _)| other == family) {
                    met.push((family, base));
                }
            }
        }
        for (family, base) in met {
            (self.families[family].derived)(walk, (walk.module, class), base);
        }
    }
}
