//! From syntax to [`Ir`]: one pass over the tree, after which the tree is dropped.

mod bound;
mod expr;
mod frame;
mod stmt;

use std::collections::VecDeque;

use ruff_python_ast::{Expr, Parameters, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

use self::bound::{Binding, bound_names};
use self::frame::{Branch, Frame};
use crate::Symbol;
use crate::intern::{Interner, RecentNames};
use crate::ir::{
    Block, Function, FunctionId, FunctionKind, Ir, Number, Op, Operand, Param, ParamKind, Span,
};

/// Expressions and blocks nested deeper than this are not lowered: their value is [`Op::Unknown`]. Python itself gives
/// up at 100 levels of indentation and 200 of brackets. Bounds the stack that lowering needs.
pub(crate) const MAX_DEPTH: u32 = 400;

/// What lowering a module gives.
pub(crate) struct Lowered {
    pub ir: Ir,
    /// Where nesting was too deep, if anywhere.
    pub too_deep: Option<Span>,
    /// Some chain of operators makes a tree that is deep, though it was lowered.
    pub has_long_chain: bool,
}

/// Memory that is used file after file.
#[derive(Default)]
pub(crate) struct Scratch {
    ir: Ir,
    recent: Option<RecentNames>,
}

/// Lowers the body of a module.
pub(crate) fn lower_module(
    body: &[Stmt],
    text_len: u32,
    interner: &Interner,
    scratch: &mut Scratch,
) -> Lowered {
    let mut lowerer = Lowerer {
        interner,
        recent: scratch.recent.take().unwrap_or_default(),
        ir: std::mem::take(&mut scratch.ir),
        frame: Frame::new(),
        queue: VecDeque::new(),
        scopes: Vec::new(),
        definitions: Vec::new(),
        captured: FxHashSet::default(),
        depth: 0,
        too_deep: None,
        has_long_chain: false,
        scratch: Vec::new(),
    };
    let name = lowerer.symbol("<module>");
    let span = Span {
        start: 0,
        end: text_len,
    };
    lowerer.declare(FunctionKind::Module, name, span, Code::Body(body), None);
    while let Some(pending) = lowerer.queue.pop_front() {
        lowerer.lower_function(&pending);
    }
    let (too_deep, has_long_chain) = (lowerer.too_deep, lowerer.has_long_chain);
    let (mut ir, recent) = lowerer.finish();
    // A copy has just the room it needs.
    let lowered = Lowered {
        ir: ir.clone(),
        too_deep,
        has_long_chain,
    };
    ir.clear();
    scratch.ir = ir;
    scratch.recent = Some(recent);
    lowered
}

struct Lowerer<'a> {
    interner: &'a Interner,
    recent: RecentNames,
    ir: Ir,
    frame: Frame,
    queue: VecDeque<Pending<'a>>,
    /// Names local to each `def` and lambda so far lowered, for free variables. Empty for modules and classes.
    scopes: Vec<FxHashSet<Symbol>>,
    /// Each write to a local variable of a `def` or lambda.
    definitions: Vec<(FunctionId, Symbol, Operand)>,
    captured: FxHashSet<(FunctionId, Symbol)>,
    depth: u32,
    too_deep: Option<Span>,
    has_long_chain: bool,
    /// Reused for operand lists under construction.
    scratch: Vec<u32>,
}

struct Pending<'a> {
    id: FunctionId,
    code: Code<'a>,
    params: Option<&'a Parameters>,
}

#[derive(Clone, Copy)]
enum Code<'a> {
    Body(&'a [Stmt]),
    Expression(&'a Expr),
}

fn span_of(range: TextRange) -> Span {
    Span {
        start: range.start().to_u32(),
        end: range.end().to_u32(),
    }
}

impl<'a> Lowerer<'a> {
    fn symbol(&mut self, text: &str) -> Symbol {
        self.recent.intern(self.interner, text)
    }

    /// Registers a function, to be lowered after the current one.
    fn declare(
        &mut self,
        kind: FunctionKind,
        name: Symbol,
        span: Span,
        code: Code<'a>,
        params: Option<&'a Parameters>,
    ) -> FunctionId {
        let id = FunctionId(self.ir.functions.len() as u32);
        self.ir.functions.push(Function {
            kind,
            name,
            parent: if id == FunctionId::MODULE {
                id
            } else {
                self.frame.id
            },
            start: 0,
            end: 0,
            block_start: 0,
            block_end: 0,
            params: (0, 0),
            decorators: (0, 0),
            bases: (0, 0),
            returns: Operand::ABSENT,
            exports: (0, 0),
            assigned: (0, 0),
            is_async: false,
            is_generator: false,
            span,
        });
        self.scopes.push(FxHashSet::default());
        self.queue.push_back(Pending { id, code, params });
        id
    }

    /// Lowers defaults and annotations in the current function and records the parameters of `id`.
    fn lower_params(&mut self, id: FunctionId, params: &'a Parameters) {
        let mut lowered = Vec::with_capacity(params.len());
        let mut add = |this: &mut Self,
                       parameter: &'a ruff_python_ast::Parameter,
                       default: Option<&'a Expr>,
                       kind| {
            let annotation = parameter
                .annotation()
                .map_or(Operand::ABSENT, |annotation| this.expr(annotation));
            let default_value = default.map_or(Operand::ABSENT, |default| this.expr(default));
            let mut span = span_of(parameter.range());
            if let Some(default) = default {
                span.end = default.range().end().to_u32();
            }
            let name = this.symbol(parameter.name.as_str());
            lowered.push(Param {
                name,
                kind,
                default: default_value,
                annotation,
                span,
            });
        };
        for parameter in &params.posonlyargs {
            add(
                self,
                &parameter.parameter,
                parameter.default(),
                ParamKind::PositionalOnly,
            );
        }
        for parameter in &params.args {
            add(
                self,
                &parameter.parameter,
                parameter.default(),
                ParamKind::Normal,
            );
        }
        if let Some(parameter) = &params.vararg {
            add(self, parameter, None, ParamKind::Star);
        }
        for parameter in &params.kwonlyargs {
            add(
                self,
                &parameter.parameter,
                parameter.default(),
                ParamKind::KeywordOnly,
            );
        }
        if let Some(parameter) = &params.kwarg {
            add(self, parameter, None, ParamKind::DoubleStar);
        }
        let start = self.ir.params.len() as u32;
        self.ir.params.extend(lowered);
        self.ir.functions[id.0 as usize].params = (start, self.ir.params.len() as u32);
    }

    fn lower_function(&mut self, pending: &Pending<'a>) {
        let id = pending.id;
        let index = id.0 as usize;
        let kind = self.ir.functions[index].kind;
        let start = self.ir.len() as u32;
        let assigned = self.ir.assigned.len() as u32;
        let block = self.ir.blocks.len() as u32;
        self.ir.blocks.push(Block {
            start,
            dominator: block,
            condition: Operand::ABSENT,
            polarity: true,
        });
        self.ir.functions[index].start = start;
        self.ir.functions[index].block_start = block;
        self.frame.reset(id, kind, block);

        if pending.params.is_some() {
            let (first, last) = self.ir.functions[index].params;
            for number in 0..last - first {
                let Param { name, span, .. } = self.ir.params[(first + number) as usize];
                let value = self.emit(Op::Param, number, 0, span);
                let slot = self.frame.add_local(name);
                self.frame.set(slot, value);
                self.define(name, value);
            }
        }
        match pending.code {
            Code::Body(body) => {
                bound_names(body, &mut |name, binding| {
                    let symbol = self.symbol(name);
                    match binding {
                        Binding::Local => {
                            self.frame.add_local(symbol);
                        }
                        Binding::Declared { nonlocal } => {
                            self.frame.declared.insert(symbol, nonlocal);
                        }
                    }
                });
                self.body(body);
            }
            Code::Expression(expr) => {
                let value = self.expr(expr);
                self.emit(Op::Return, value.word(), 0, span_of(expr.range()));
            }
        }

        if matches!(kind, FunctionKind::Def | FunctionKind::Lambda) {
            let declared = &self.frame.declared;
            self.scopes[index] = self
                .frame
                .names()
                .iter()
                .chain(&self.frame.comprehension_names)
                .copied()
                .filter(|name| !declared.contains_key(name))
                .collect();
        } else {
            let from = self.ir.exports.len();
            for (slot, &name) in self.frame.names().iter().enumerate() {
                let value = self.frame.get(slot as u32);
                if !value.is_absent() {
                    self.ir.exports.push((name, value));
                }
            }
            self.ir.exports[from..].sort_unstable_by_key(|&(name, _)| name);
            self.ir.functions[index].exports = (from as u32, self.ir.exports.len() as u32);
        }
        let function = &mut self.ir.functions[index];
        function.end = self.ir.ops.len() as u32;
        function.assigned = (assigned, self.ir.assigned.len() as u32);
        function.block_end = self.ir.blocks.len() as u32;
    }

    fn finish(mut self) -> (Ir, RecentNames) {
        let captured = &self.captured;
        self.definitions
            .retain(|&(function, name, _)| captured.contains(&(function, name)));
        self.definitions.sort_unstable();
        self.definitions.dedup();
        self.ir.cells = self.definitions;
        self.ir.edges.sort_unstable();
        self.ir.edges.dedup();
        self.ir.handlers.sort_unstable();
        (self.ir, self.recent)
    }

    // Instructions.

    fn emit(&mut self, op: Op, a: u32, b: u32, span: Span) -> Operand {
        let index = self.ir.ops.len() as u32;
        self.ir.ops.push(op);
        self.ir.a.push(a);
        self.ir.b.push(b);
        self.ir.spans.push(span);
        Operand::from_register(index)
    }

    fn pair(&mut self, first: u32, second: u32) -> u32 {
        let at = self.ir.extra.len() as u32;
        self.ir.extra.extend([first, second]);
        at
    }

    fn number(&mut self, number: Number) -> Operand {
        self.ir.numbers.push(number);
        Operand::number(self.ir.numbers.len() as u32 - 1)
    }

    // Control flow.

    /// Starts a block that `dominator` leads to where `condition` is `polarity`.
    fn enter_block(&mut self, dominator: u32, condition: Operand, polarity: bool) {
        self.open_block(dominator, condition, polarity);
        self.edge(dominator);
    }

    /// Control gets from block `from` to the current one.
    fn edge(&mut self, from: u32) {
        self.ir.edges.push((self.frame.block, from));
    }

    /// A block without edges so far.
    fn open_block(&mut self, dominator: u32, condition: Operand, polarity: bool) {
        let start = self.ir.ops.len() as u32;
        self.ir.blocks.push(Block {
            start,
            dominator,
            condition,
            polarity,
        });
        self.frame.block = self.ir.blocks.len() as u32 - 1;
    }

    /// Continues where `branches` meet; they parted in `block`.
    fn join(&mut self, branches: &[Branch], block: u32, span: Span) {
        let live = branches.iter().filter(|branch| !branch.dead).count();
        if live == 0 {
            self.frame.dead = true;
            self.open_block(block, Operand::ABSENT, true);
            return;
        }
        // With one way left, all that holds at its end holds from here on.
        let dominator = match branches.iter().find(|branch| !branch.dead) {
            Some(branch) if live == 1 => branch.block,
            _ => block,
        };
        self.open_block(dominator, Operand::ABSENT, true);
        for branch in branches.iter().filter(|branch| !branch.dead) {
            self.edge(branch.block);
        }
        for meeting in self.frame.meet(branches) {
            let value = self.phi(&meeting.values, self.frame.name(meeting.slot), span);
            self.frame.set(meeting.slot, value);
            self.define(self.frame.name(meeting.slot), value);
        }
        self.frame.dead = false;
    }

    /// A phi, or the value itself where all paths agree.
    fn phi(&mut self, values: &[(Operand, u32)], name: Symbol, span: Span) -> Operand {
        if let Some(&(first, _)) = values.first()
            && values.iter().all(|&(value, _)| value == first)
        {
            return first;
        }
        let at = self.phi_operands(values);
        self.emit(Op::Phi, at, name.0, span)
    }

    fn phi_operands(&mut self, values: &[(Operand, u32)]) -> u32 {
        let at = self.ir.extra.len() as u32;
        self.ir.extra.push(values.len() as u32);
        self.ir.extra.extend(
            values
                .iter()
                .flat_map(|&(value, block)| [value.word(), block]),
        );
        at
    }

    // Names.

    fn define(&mut self, name: Symbol, value: Operand) {
        if matches!(self.frame.kind, FunctionKind::Def | FunctionKind::Lambda) {
            self.definitions.push((self.frame.id, name, value));
        }
    }

    fn read_name(&mut self, name: Symbol, span: Span) -> Operand {
        if let Some(&(_, value)) = self
            .frame
            .temporaries
            .iter()
            .rev()
            .find(|&&(temporary, _)| temporary == name)
        {
            return value;
        }
        match self.frame.declared.get(&name) {
            Some(false) => return Operand::global(name),
            Some(true) => return self.free_or_global(name, span),
            None => {}
        }
        if let Some(slot) = self.frame.slot(name) {
            let value = self.frame.get(slot);
            if !value.is_absent()
                || matches!(self.frame.kind, FunctionKind::Def | FunctionKind::Lambda)
            {
                return value;
            }
        }
        self.free_or_global(name, span)
    }

    fn free_or_global(&mut self, name: Symbol, span: Span) -> Operand {
        match self.owner_of(name) {
            Some(owner) => {
                self.captured.insert((owner, name));
                self.emit(Op::Free, name.0, owner.0, span)
            }
            None => Operand::global(name),
        }
    }

    /// The enclosing function whose local variable `name` is.
    fn owner_of(&self, name: Symbol) -> Option<FunctionId> {
        let mut id = self.frame.id;
        while id != FunctionId::MODULE {
            id = self.ir.functions[id.0 as usize].parent;
            if self.scopes[id.0 as usize].contains(&name) {
                return Some(id);
            }
        }
        None
    }

    fn write_name(&mut self, name: Symbol, value: Operand, span: Span) {
        match self.frame.declared.get(&name) {
            Some(&nonlocal) => {
                if nonlocal && let Some(owner) = self.owner_of(name) {
                    self.captured.insert((owner, name));
                    self.definitions.push((owner, name, value));
                }
                self.emit(Op::StoreGlobal, name.0, value.word(), span);
            }
            None => {
                let imported = value.as_register().is_some_and(|index| {
                    self.ir.op(index) == Op::Import && self.ir.span(index) != span
                });
                if value.is_constant() || imported {
                    self.emit(Op::Bind, value.word(), name.0, span);
                } else if value
                    .as_register()
                    .is_some_and(|index| has_result_of_its_own(self.ir.op(index)))
                {
                    self.ir.assigned.push((name, value));
                }
                let slot = self.frame.add_local(name);
                self.frame.set(slot, value);
                self.define(name, value);
            }
        }
    }
}

/// Whether the name of a variable tells something of an instruction's result (definitions and imports have names).
fn has_result_of_its_own(op: Op) -> bool {
    !matches!(
        op,
        Op::Import | Op::MakeFunction | Op::MakeClass | Op::Phi | Op::Param
    )
}
