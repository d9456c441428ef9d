//! The local variables of the function being lowered: SSA construction on structured code.
//!
//! Each local variable has a slot that holds its current operand. Writes go on a trail, so that a branch can be undone
//! in time proportional to what it changed; where branches meet, the slots that any of them changed get a phi.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::Symbol;
use crate::ir::{FunctionId, FunctionKind, Operand};

/// State of the function being lowered.
#[derive(Debug)]
pub(super) struct Frame {
    pub id: FunctionId,
    pub kind: FunctionKind,
    slots: FxHashMap<Symbol, u32>,
    names: Vec<Symbol>,
    env: Vec<Operand>,
    trail: Vec<(u32, Operand)>,
    /// Each write in order, never undone; kept while inside a `try`.
    writes: Vec<(u32, Operand)>,
    pub try_depth: u32,
    /// Names declared `global` (false) or `nonlocal` (true).
    pub declared: FxHashMap<Symbol, bool>,
    /// Comprehension variables, innermost last.
    pub temporaries: Vec<(Symbol, Operand)>,
    /// All names that comprehensions of this function bound: a lambda inside one may use them.
    pub comprehension_names: Vec<Symbol>,
    /// Nothing after this point is reached.
    pub dead: bool,
    /// Current block.
    pub block: u32,
    pub loops: Vec<Loop>,
    seen: FxHashSet<u32>,
}

/// A loop being lowered.
#[derive(Debug)]
pub(super) struct Loop {
    /// Slots that the body writes; each has a phi at the header.
    pub slots: Vec<u32>,
    /// States that jump back to the header.
    pub continues: Vec<Branch>,
    /// States that leave the loop.
    pub breaks: Vec<Branch>,
}

/// What one path changed, relative to where the paths parted.
#[derive(Debug)]
pub(super) struct Branch {
    pub changes: Vec<(u32, Operand)>,
    /// The block in which the path ends.
    pub block: u32,
    /// The path does not reach the meeting point.
    pub dead: bool,
}

impl Branch {
    fn value(&self, slot: u32) -> Option<Operand> {
        self.changes
            .binary_search_by_key(&slot, |&(slot, _)| slot)
            .ok()
            .map(|at| self.changes[at].1)
    }
}

/// What becomes of a slot where paths meet.
#[derive(Debug)]
pub(super) struct Meeting {
    pub slot: u32,
    /// The value on each path that gets there, with the block it comes from.
    pub values: Vec<(Operand, u32)>,
}

impl Frame {
    pub fn new() -> Self {
        Frame {
            id: FunctionId::MODULE,
            kind: FunctionKind::Module,
            slots: FxHashMap::default(),
            names: Vec::new(),
            env: Vec::new(),
            trail: Vec::new(),
            writes: Vec::new(),
            try_depth: 0,
            declared: FxHashMap::default(),
            temporaries: Vec::new(),
            comprehension_names: Vec::new(),
            dead: false,
            block: 0,
            loops: Vec::new(),
            seen: FxHashSet::default(),
        }
    }

    /// Makes it ready for the next function, keeping its memory.
    pub fn reset(&mut self, id: FunctionId, kind: FunctionKind, block: u32) {
        self.id = id;
        self.kind = kind;
        self.slots.clear();
        self.names.clear();
        self.env.clear();
        self.trail.clear();
        self.writes.clear();
        self.try_depth = 0;
        self.declared.clear();
        self.temporaries.clear();
        self.comprehension_names.clear();
        self.dead = false;
        self.block = block;
        self.loops.clear();
    }

    /// The slot of `name`, made if new.
    pub fn add_local(&mut self, name: Symbol) -> u32 {
        *self.slots.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.env.push(Operand::ABSENT);
            self.names.len() as u32 - 1
        })
    }

    pub fn slot(&self, name: Symbol) -> Option<u32> {
        self.slots.get(&name).copied()
    }

    pub fn name(&self, slot: u32) -> Symbol {
        self.names[slot as usize]
    }

    pub fn names(&self) -> &[Symbol] {
        &self.names
    }

    pub fn get(&self, slot: u32) -> Operand {
        self.env[slot as usize]
    }

    pub fn set(&mut self, slot: u32, value: Operand) {
        let old = std::mem::replace(&mut self.env[slot as usize], value);
        self.trail.push((slot, old));
        if self.try_depth > 0 {
            self.writes.push((slot, value));
        }
    }

    /// A point to return to.
    pub fn mark(&self) -> usize {
        self.trail.len()
    }

    /// What changed since `from`, as the state of one path; then goes back to `undo_to`.
    pub fn leave(&mut self, from: usize, undo_to: usize) -> Branch {
        let branch = self.snapshot(from);
        self.undo(undo_to);
        self.dead = false;
        branch
    }

    /// What changed since `from`.
    pub fn snapshot(&mut self, from: usize) -> Branch {
        let mut changes = Vec::new();
        if self.trail.len() > from {
            self.seen.clear();
            for &(slot, _) in &self.trail[from..] {
                if self.seen.insert(slot) {
                    changes.push((slot, self.env[slot as usize]));
                }
            }
            changes.sort_unstable_by_key(|&(slot, _)| slot);
        }
        Branch {
            changes,
            block: self.block,
            dead: self.dead,
        }
    }

    /// The state of `slots` alone, for jumps out of a loop's body.
    pub fn snapshot_of(&self, slots: &[u32]) -> Branch {
        let mut changes: Vec<_> = slots
            .iter()
            .map(|&slot| (slot, self.env[slot as usize]))
            .collect();
        changes.sort_unstable_by_key(|&(slot, _)| slot);
        Branch {
            changes,
            block: self.block,
            dead: self.dead,
        }
    }

    pub fn undo(&mut self, to: usize) {
        while self.trail.len() > to {
            if let Some((slot, old)) = self.trail.pop() {
                self.env[slot as usize] = old;
            }
        }
    }

    /// What the slots become where `branches` meet; the paths parted from the current state. Empty if no branch gets
    /// there.
    pub fn meet(&mut self, branches: &[Branch]) -> Vec<Meeting> {
        let mut changed: Vec<u32> = branches
            .iter()
            .filter(|branch| !branch.dead)
            .flat_map(|branch| branch.changes.iter().map(|&(slot, _)| slot))
            .collect();
        changed.sort_unstable();
        changed.dedup();
        changed
            .into_iter()
            .map(|slot| Meeting {
                slot,
                values: branches
                    .iter()
                    .filter(|branch| !branch.dead)
                    .map(|branch| {
                        (
                            branch.value(slot).unwrap_or(self.env[slot as usize]),
                            branch.block,
                        )
                    })
                    .collect(),
            })
            .collect()
    }

    pub fn writes_mark(&self) -> usize {
        self.writes.len()
    }

    /// For each slot written between two marks: all values it may have had, its value now first.
    pub fn writes_between(&self, from: usize, to: usize) -> Vec<(u32, Vec<Operand>)> {
        let mut written: Vec<(u32, Vec<Operand>)> = Vec::new();
        let mut at: FxHashMap<u32, usize> = FxHashMap::default();
        for &(slot, value) in &self.writes[from..to] {
            let index = *at.entry(slot).or_insert_with(|| {
                written.push((slot, vec![self.env[slot as usize]]));
                written.len() - 1
            });
            let values = &mut written[index].1;
            if !values.contains(&value) && values.len() < MOST_VALUES_IN_TRY {
                values.push(value);
            }
        }
        written
    }
}

/// How many values of one variable in a `try` body its handlers tell apart; further ones are left out.
const MOST_VALUES_IN_TRY: usize = 64;
