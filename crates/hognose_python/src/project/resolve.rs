//! Which definitions a name means.

use crate::intern::Symbol;
use crate::ir::{FunctionId, FunctionKind, Import, Ir, Op, Operand, OperandKind};

use super::{ExternalId, MODEL_ROOT, ModuleId, Project, Target};
use rustc_hash::FxHashSet;

/// How many steps a name is followed through imports and assignments.
const MAX_STEPS: u32 = 300;
/// How many meanings of one name are told apart.
const MAX_TARGETS: usize = 12;
/// How many steps all ways together take.
const MAX_WORK: u32 = 2_000;
/// How many classes a class may derive from, itself included.
const MAX_ANCESTORS: usize = 100;

impl Project {
    /// All that `operand` of `module` may mean, following names, imports, aliases and joins. Empty where nothing is
    /// known of it.
    pub fn resolve(&self, module: ModuleId, operand: Operand) -> Vec<Target> {
        self.ask(module, |resolver, targets| {
            resolver.operand(module, operand, targets);
        })
    }

    /// All that the name `name`, not local anywhere, may mean in `module`.
    pub fn resolve_name(&self, module: ModuleId, name: Symbol) -> Vec<Target> {
        self.resolve(module, Operand::global(name))
    }

    /// All that the attribute `name` of `target` may mean. For a value that is not a module, class or external, nothing.
    pub fn member(&self, target: Target, name: Symbol) -> Vec<Target> {
        let asked = match target {
            Target::Module(module)
            | Target::Function(module, _)
            | Target::Class(module, _)
            | Target::Value(module, _)
            | Target::Variable(module, _) => module,
            Target::External(external) => {
                let child = self.externals.children.get(&(external, name));
                return child.map(|&id| Target::External(id)).into_iter().collect();
            }
        };
        self.ask(asked, |resolver, targets| {
            resolver.member(target, name, targets);
        })
    }

    /// What an import means.
    pub fn resolve_import(&self, module: ModuleId, import: &Import) -> Vec<Target> {
        self.ask(module, |resolver, targets| {
            resolver.import(module, import, targets);
        })
    }

    /// Runs a resolver that starts in `module`, and remembers there if it gave up.
    fn ask(
        &self,
        module: ModuleId,
        run: impl FnOnce(&mut Resolver<'_>, &mut Vec<Target>),
    ) -> Vec<Target> {
        let mut resolver = Resolver::new(self);
        let mut targets = Vec::new();
        run(&mut resolver, &mut targets);
        if resolver.gave_up {
            self.give_up(module);
        }
        targets
    }

    /// A class and its bases, in the order in which attributes are looked up. Bases outside the project are left out.
    pub fn ancestry(&self, module: ModuleId, class: FunctionId) -> Vec<(ModuleId, FunctionId)> {
        let known = &self.ancestries[module.0 as usize][class.0 as usize];
        if let Some(order) = known.get() {
            return order.to_vec();
        }
        // Not under the lock of the cell: a class may ask for itself on its way.
        let order = self.new_ancestry(module, class);
        // Whoever was first found the same.
        let _ = known.set(order.as_slice().into());
        order
    }

    fn new_ancestry(&self, module: ModuleId, class: FunctionId) -> Vec<(ModuleId, FunctionId)> {
        // All that is above, nearest first, with the bases of each.
        let mut above = vec![(module, class)];
        let mut bases: Vec<Vec<usize>> = Vec::new();
        while bases.len() < above.len() {
            let (module, class) = above[bases.len()];
            let mut own = Vec::new();
            for base in self.bases(module, class) {
                let at = above.iter().position(|known| *known == base);
                match at {
                    Some(at) => own.push(at),
                    None if above.len() >= MAX_ANCESTORS => self.give_up(module),
                    None => {
                        own.push(above.len());
                        above.push(base);
                    }
                }
            }
            bases.push(own);
        }
        if bases.iter().all(|bases| bases.len() < 2) {
            return above;
        }
        match linearised(&bases) {
            Some(order) => order.into_iter().map(|at| above[at]).collect(),
            // Python refuses such a class, or what is known of it is not all.
            None => above,
        }
    }

    /// The bases of a class that the project or its models define.
    fn bases(&self, module: ModuleId, class: FunctionId) -> Vec<(ModuleId, FunctionId)> {
        let ir = &self.module(module).ir;
        let mut found = Vec::new();
        for &base in ir.bases_of(class) {
            // `Base[T]` is `Base`.
            let base = match ir.instruction(base) {
                Some(instruction) if instruction.op == Op::Subscript => instruction.operand_a(),
                _ => base,
            };
            for target in self.resolve(module, base) {
                if let Target::Class(module, class) = target
                    && !found.contains(&(module, class))
                {
                    found.push((module, class));
                }
            }
        }
        found
    }

    /// External names among the bases of a class and of its ancestors.
    pub fn external_ancestry(&self, module: ModuleId, class: FunctionId) -> Vec<ExternalId> {
        let mut found = Vec::new();
        for (module, class) in self.ancestry(module, class) {
            for &base in self.module(module).ir.bases_of(class) {
                for target in self.resolve(module, base) {
                    if let Target::External(id) = target {
                        found.push(id);
                    }
                }
            }
        }
        found
    }
}

/// The method resolution order of the first of some classes, of which each has these bases (C3; PEP 253 names it, Barrett
/// et al. 1996 describe it). `None` if there is no such order. Work is bounded, since there are few classes.
fn linearised(bases: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut orders: Vec<Option<Vec<usize>>> = vec![None; bases.len()];
    // Bases first; as many rounds as a chain of bases can be long. What is left then is a cycle.
    for _ in 0..bases.len() {
        let mut is_done = true;
        for class in (0..bases.len()).rev() {
            if orders[class].is_some() {
                continue;
            }
            let Some(mut lists) = bases[class]
                .iter()
                .map(|&base| orders[base].clone())
                .collect::<Option<Vec<_>>>()
            else {
                is_done = false;
                continue;
            };
            lists.push(bases[class].clone());
            let mut order = vec![class];
            loop {
                lists.retain(|list| !list.is_empty());
                if lists.is_empty() {
                    break;
                }
                let next = lists
                    .iter()
                    .map(|list| list[0])
                    .find(|head| !lists.iter().any(|list| list[1..].contains(head)))?;
                order.push(next);
                for list in &mut lists {
                    if list[0] == next {
                        list.remove(0);
                    }
                }
            }
            orders[class] = Some(order);
        }
        if is_done {
            break;
        }
    }
    orders.swap_remove(0)
}

struct Resolver<'a> {
    project: &'a Project,
    steps: u32,
    work: u32,
    /// Joins that were followed already, each with the list of targets it was followed for.
    joined: Vec<(ModuleId, Operand, u32)>,
    /// Attributes and imports that are being followed: what leads back to them is a cycle.
    open: Vec<(ModuleId, Operand)>,
    /// Names that were looked for in a module already, each with the list of targets they were looked for.
    visited: FxHashSet<(ModuleId, Symbol, u32)>,
    /// Number of the list of targets that is being filled.
    list: u32,
    /// A limit was reached: there may be more targets.
    gave_up: bool,
}

impl<'a> Resolver<'a> {
    fn new(project: &'a Project) -> Self {
        Resolver {
            project,
            steps: 0,
            work: 0,
            joined: Vec::new(),
            open: Vec::new(),
            visited: FxHashSet::default(),
            list: 0,
            gave_up: false,
        }
    }

    fn add(&mut self, targets: &mut Vec<Target>, target: Target) {
        if targets.contains(&target) {
            return;
        }
        if targets.len() < MAX_TARGETS {
            targets.push(target);
        } else {
            self.gave_up = true;
        }
    }

    /// Whether the name may be followed no further; then remembers that.
    fn is_spent(&mut self) -> bool {
        let spent = self.steps >= MAX_STEPS || self.work >= MAX_WORK;
        self.gave_up |= spent;
        spent
    }

    fn operand(&mut self, module: ModuleId, operand: Operand, targets: &mut Vec<Target>) {
        if self.is_spent() {
            return;
        }
        if targets.len() >= MAX_TARGETS {
            self.gave_up = true;
            return;
        }
        self.steps += 1;
        self.work += 1;
        self.follow(module, operand, targets);
        self.steps -= 1;
    }

    fn follow(&mut self, module: ModuleId, operand: Operand, targets: &mut Vec<Target>) {
        let ir = &self.project.module(module).ir;
        let instruction = match operand.kind() {
            OperandKind::Register(index) => ir.get(index),
            OperandKind::Global(name) => return self.name(module, name, targets),
            OperandKind::Absent => return,
            _ => return self.add(targets, Target::Value(module, operand)),
        };
        match instruction.op {
            Op::Import => {
                // `from . import views` in a package: the name it looks for there is the one it binds itself.
                if !self.open.contains(&(module, operand)) {
                    self.open.push((module, operand));
                    self.import(module, &ir.imports[instruction.a as usize], targets);
                    self.open.pop();
                }
            }
            Op::MakeFunction => {
                self.add(targets, Target::Function(module, FunctionId(instruction.a)));
            }
            Op::MakeClass => self.add(targets, Target::Class(module, FunctionId(instruction.a))),
            Op::Phi => {
                let key = (module, operand, self.list);
                if self.joined.contains(&key) {
                    return;
                }
                self.joined.push(key);
                for (value, _) in ir.phi(instruction.a) {
                    self.operand(module, value, targets);
                }
            }
            Op::Free => {
                for value in ir.cell(FunctionId(instruction.b), instruction.symbol_a()) {
                    self.operand(module, value, targets);
                }
            }
            Op::Attr => {
                // `node = node.parent` in a loop: what comes back is an attribute of itself, which nothing is known of.
                if self.open.contains(&(module, operand)) {
                    return self.add(targets, Target::Value(module, operand));
                }
                let mut bases = Vec::new();
                let list = self.list;
                self.list = self.work + 1;
                self.open.push((module, operand));
                self.operand(module, instruction.operand_a(), &mut bases);
                self.open.pop();
                self.list = list;
                let mut is_value = bases.is_empty();
                for base in bases {
                    match base {
                        Target::Value(..) | Target::Function(..) | Target::Variable(..) => {
                            is_value = true;
                        }
                        base => {
                            let before = targets.len();
                            self.member(base, instruction.symbol_b(), targets);
                            // Perhaps annotated, inherited from elsewhere, or set from outside.
                            is_value |= targets.len() == before;
                        }
                    }
                }
                if is_value {
                    self.add(targets, Target::Value(module, operand));
                }
            }
            _ => self.add(targets, Target::Value(module, operand)),
        }
    }

    fn name(&mut self, module: ModuleId, name: Symbol, targets: &mut Vec<Target>) {
        let before = targets.len();
        self.module_member(module, name, targets);
        if targets.len() > before {
            return;
        }
        match self.project.builtins {
            Some(builtins) if builtins != module => self.module_member(builtins, name, targets),
            _ => {}
        }
    }

    /// A name bound in `module`, or that it star-imports.
    fn module_member(&mut self, module: ModuleId, name: Symbol, targets: &mut Vec<Target>) {
        let ir = &self.project.module(module).ir;
        if ir.functions.is_empty() {
            return;
        }
        if let Some(value) = ir.export(FunctionId::MODULE, name) {
            return self.operand(module, value, targets);
        }
        let is_variable = |annotation: &crate::ir::Annotation| {
            annotation.name == name
                && annotation.function == FunctionId::MODULE
                && !annotation.on_self
        };
        if ir.annotations.iter().any(is_variable) {
            return self.add(targets, Target::Variable(module, name));
        }
        if ir.star_imports.is_empty()
            || self.is_spent()
            // Who was asked has nothing to add.
            || !self.visited.insert((module, name, self.list))
        {
            return;
        }
        self.steps += 1;
        self.work += 1;
        // The last star import that has the name wins.
        for &number in ir.star_imports.iter().rev() {
            let import = &ir.imports[number as usize];
            if import.function != FunctionId::MODULE {
                continue;
            }
            if let Some(other) = self.imported_module(module, import)
                && other != module
                && self.is_public(other, name)
            {
                let before = targets.len();
                self.module_member(other, name, targets);
                if targets.len() > before {
                    break;
                }
            }
        }
        self.steps -= 1;
    }

    /// Whether `from module import *` brings `name`.
    fn is_public(&self, module: ModuleId, name: Symbol) -> bool {
        let project = self.project;
        let ir = &project.module(module).ir;
        let all = project.all.and_then(|all| {
            ir.functions.first()?;
            ir.export(FunctionId::MODULE, all)
        });
        if let Some(instruction) = all.and_then(|all| ir.instruction(all))
            && matches!(instruction.op, Op::List | Op::Tuple)
        {
            return ir
                .list(instruction.a)
                .any(|element| element.as_str() == Some(name));
        }
        !project.text(name).starts_with('_')
    }

    fn member(&mut self, target: Target, name: Symbol, targets: &mut Vec<Target>) {
        match target {
            Target::Module(module) => {
                let before = targets.len();
                self.module_member(module, name, targets);
                if targets.len() == before
                    && let Some(child) = self.project.child(module, name)
                {
                    self.add(targets, Target::Module(child));
                }
            }
            Target::Class(module, class) => {
                for (module, class) in self.project.ancestry(module, class) {
                    let ir = &self.project.module(module).ir;
                    if let Some(value) = ir.export(class, name) {
                        return self.operand(module, value, targets);
                    }
                }
            }
            Target::External(external) => {
                if let Some(&child) = self.project.externals.children.get(&(external, name)) {
                    self.add(targets, Target::External(child));
                }
            }
            Target::Function(..) | Target::Value(..) | Target::Variable(..) => {}
        }
    }

    fn import(&mut self, module: ModuleId, import: &Import, targets: &mut Vec<Target>) {
        if self.is_spent() {
            return;
        }
        self.steps += 1;
        if import.binds_top {
            let top = self.project.top_of_import(import);
            if let Some(target) = top.and_then(|top| self.top(module, top)) {
                self.add(targets, target);
            }
        } else if let Some(target) = self.imported(module, import) {
            match import.name {
                None => self.add(targets, target),
                Some(name) => self.member(target, name, targets),
            }
        }
        self.steps -= 1;
    }

    fn imported_module(&mut self, module: ModuleId, import: &Import) -> Option<ModuleId> {
        match self.imported(module, import)? {
            Target::Module(id) => Some(id),
            _ => None,
        }
    }

    /// The module (or external) that an import statement names.
    fn imported(&mut self, module: ModuleId, import: &Import) -> Option<Target> {
        let project = self.project;
        let parts = project.parts_of(import.module);
        let mut parts = parts.iter().copied();
        let mut at = if import.level == 0 {
            self.top(module, parts.next()??)?
        } else {
            let mut package = module;
            let mut level = import.level;
            if project.module(module).is_package {
                level -= 1;
            }
            for _ in 0..level {
                package = project.parents[package.0 as usize]?;
            }
            Target::Module(package)
        };
        for part in parts {
            let name = part?;
            at = match at {
                Target::Module(package) => match project.child(package, name) {
                    Some(child) => Target::Module(child),
                    // `import os.path`-like: a name that is bound in the package rather than a file of its own.
                    None => {
                        let list = self.list;
                        self.list = u32::MAX - self.work;
                        let mut bound = Vec::new();
                        self.member(at, name, &mut bound);
                        self.list = list;
                        bound
                            .into_iter()
                            .find(|target| matches!(target, Target::Module(_)))?
                    }
                },
                Target::External(external) => {
                    Target::External(*project.externals.children.get(&(external, name))?)
                }
                _ => return None,
            };
        }
        Some(at)
    }

    /// The top-level module or package that `module` means by `name`: beside itself, elsewhere in the project, a
    /// model, or an external.
    fn top(&self, module: ModuleId, name: Symbol) -> Option<Target> {
        let project = self.project;
        if let Some(tops) = project.tops.get(&name) {
            let own = project.roots[module.0 as usize];
            let model = tops.iter().find(|&&(root, _)| root == MODEL_ROOT);
            let found = tops
                .iter()
                .find(|&&(root, id)| root == own && id != module)
                // A model stands for a library: a module of that name in an unrelated folder does not hide it.
                .or(model)
                .or_else(|| tops.first());
            if let Some(&(_, id)) = found {
                return Some(Target::Module(id));
            }
        }
        project
            .externals
            .tops
            .get(&name)
            .map(|&id| Target::External(id))
    }
}

impl Ir {
    /// Whether `function` is the body of a class.
    pub fn is_class(&self, function: FunctionId) -> bool {
        self.function(function).kind == FunctionKind::Class
    }
}

#[cfg(test)]
mod tests {
    use super::linearised;

    #[test]
    fn the_method_resolution_order_is_that_of_python() {
        // class D(B, C), B(A), C(A)
        assert_eq!(
            linearised(&[vec![1, 2], vec![3], vec![3], vec![]]),
            Some(vec![0, 1, 2, 3])
        );
        // class E(C, D), C(A), D(B), B(A): the base of one is behind the other.
        assert_eq!(
            linearised(&[vec![1, 2], vec![3], vec![4], vec![], vec![3]]),
            Some(vec![0, 1, 2, 4, 3])
        );
    }

    #[test]
    fn without_an_order_there_is_none() {
        // class X(A, B), A(P, Q), B(Q, P)
        assert_eq!(
            linearised(&[vec![1, 2], vec![3, 4], vec![4, 3], vec![], vec![]]),
            None
        );
        // Classes that are their own bases.
        assert_eq!(linearised(&[vec![1], vec![0]]), None);
    }
}
