//! Statements.

use ruff_python_ast::{
    CmpOp, ExceptHandler, Expr, Pattern, Singleton, Stmt, StmtClassDef, StmtFor, StmtFunctionDef,
    StmtIf, StmtMatch, StmtTry, StmtWhile, StmtWith,
};
use ruff_text_size::Ranged;

use super::bound::bound_names;
use super::expr::{Target, binary_op};
use super::frame::{Branch, Loop};
use super::{Code, Lowerer, MAX_DEPTH, span_of};
use crate::ir::{Annotation, FunctionKind, Import, Op, Operand, Span};

/// Classes whose pattern with one part, as in `int(number)`, binds the subject.
const SELF_MATCHING: &[&str] = &[
    "bool",
    "bytearray",
    "bytes",
    "dict",
    "float",
    "frozenset",
    "int",
    "list",
    "set",
    "str",
    "tuple",
];

impl<'a> Lowerer<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        if self.depth >= MAX_DEPTH {
            if let Some(first) = body.first() {
                let span = span_of(first.range());
                self.too_deep.get_or_insert(span);
            }
            return;
        }
        self.depth += 1;
        for stmt in body {
            self.stmt(stmt);
        }
        self.depth -= 1;
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        let span = span_of(stmt.range());
        match stmt {
            Stmt::Expr(stmt) => {
                // Docstrings and other bare constants do nothing.
                if !stmt.value.is_literal_expr() {
                    self.expr(&stmt.value);
                }
            }
            Stmt::Assign(assign) => {
                let value = self.expr(&assign.value);
                for target in &assign.targets {
                    self.assign_target(target, value, Target::Statement(span));
                }
            }
            Stmt::AnnAssign(assign) => {
                let annotation = self.expr(&assign.annotation);
                self.annotate(&assign.target, annotation);
                if let Some(value) = &assign.value {
                    let value = self.expr(value);
                    self.assign_target(&assign.target, value, Target::Statement(span));
                }
            }
            Stmt::AugAssign(assign) => {
                let old = self.expr(&assign.target);
                let value = self.expr(&assign.value);
                let op = binary_op(assign.op);
                let result = self.emit(op, old.word(), value.word(), span);
                self.assign_target(&assign.target, result, Target::Statement(span));
            }
            Stmt::Return(stmt) => {
                let value = stmt
                    .value
                    .as_ref()
                    .map_or(Operand::NONE, |value| self.expr(value));
                self.emit(Op::Return, value.word(), 0, span);
                self.frame.dead = true;
            }
            Stmt::Raise(stmt) => {
                let value = stmt
                    .exc
                    .as_ref()
                    .map_or(Operand::ABSENT, |value| self.expr(value));
                if let Some(cause) = &stmt.cause {
                    self.expr(cause);
                }
                self.emit(Op::Raise, value.word(), 0, span);
                self.frame.dead = true;
            }
            Stmt::Assert(stmt) => {
                let test = self.expr(&stmt.test);
                if let Some(message) = &stmt.msg {
                    self.expr(message);
                }
                self.emit(Op::Assert, test.word(), 0, span);
                self.enter_block(self.frame.block, test, true);
            }
            Stmt::Delete(stmt) => {
                for target in &stmt.targets {
                    self.delete(target, span);
                }
            }
            Stmt::If(stmt) => self.if_stmt(stmt, span),
            Stmt::While(stmt) => self.while_stmt(stmt, span),
            Stmt::For(stmt) => self.for_stmt(stmt, span),
            Stmt::Try(stmt) => self.try_stmt(stmt, span),
            Stmt::With(stmt) => self.with_stmt(stmt),
            Stmt::Match(stmt) => self.match_stmt(stmt, span),
            Stmt::FunctionDef(def) => self.function_def(def),
            Stmt::ClassDef(def) => self.class_def(def),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let module = self.symbol(alias.name.as_str());
                    let binds_top = alias.asname.is_none() && alias.name.as_str().contains('.');
                    let value = self.import(module, 0, None, binds_top, span);
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let name = self.symbol(bound.split('.').next().unwrap_or(bound));
                    self.write_name(name, value, span);
                }
            }
            Stmt::ImportFrom(import) => {
                let module =
                    self.symbol(import.module.as_ref().map_or("", |module| module.as_str()));
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.import(module, import.level, None, false, span);
                        self.ir.star_imports.push(self.ir.imports.len() as u32 - 1);
                        continue;
                    }
                    let name = self.symbol(alias.name.as_str());
                    let value = self.import(module, import.level, Some(name), false, span);
                    let bound = self.symbol(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                    self.write_name(bound, value, span);
                }
            }
            Stmt::Break(_) => {
                self.jump(|lowerer, branch, depth| lowerer.frame.loops[depth].breaks.push(branch));
            }
            Stmt::Continue(_) => self
                .jump(|lowerer, branch, depth| lowerer.frame.loops[depth].continues.push(branch)),
            Stmt::TypeAlias(_)
            | Stmt::Global(_)
            | Stmt::Nonlocal(_)
            | Stmt::Pass(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    pub(super) fn import(
        &mut self,
        module: crate::Symbol,
        level: u32,
        name: Option<crate::Symbol>,
        binds_top: bool,
        span: Span,
    ) -> Operand {
        let number = self.ir.imports.len() as u32;
        self.ir.imports.push(Import {
            module,
            level,
            name,
            binds_top,
            span,
            function: self.frame.id,
        });
        self.emit(Op::Import, number, 0, span)
    }

    fn annotate(&mut self, target: &'a Expr, annotation: Operand) {
        let (name, on_self) = match target {
            Expr::Name(name) => (name.id.as_str(), false),
            Expr::Attribute(attribute) if attribute.value.is_name_expr() => {
                (attribute.attr.as_str(), true)
            }
            _ => return,
        };
        let name = self.symbol(name);
        self.ir.annotations.push(Annotation {
            function: self.frame.id,
            name,
            on_self,
            annotation,
        });
    }

    fn delete(&mut self, target: &'a Expr, span: Span) {
        match target {
            Expr::Name(name) => {
                let symbol = self.symbol(name.id.as_str());
                if let Some(slot) = self.frame.slot(symbol) {
                    self.frame.set(slot, Operand::ABSENT);
                }
            }
            Expr::Tuple(tuple) => tuple
                .elts
                .iter()
                .for_each(|target| self.delete(target, span)),
            Expr::List(list) => list
                .elts
                .iter()
                .for_each(|target| self.delete(target, span)),
            target => {
                let value = self.expr(target);
                self.emit(Op::Delete, value.word(), 0, span);
            }
        }
    }

    fn jump(&mut self, add: impl FnOnce(&mut Self, Branch, usize)) {
        if let Some(depth) = self.frame.loops.len().checked_sub(1) {
            let branch = self.frame.snapshot_of(&self.frame.loops[depth].slots);
            add(self, branch, depth);
        }
        self.frame.dead = true;
    }

    fn if_stmt(&mut self, stmt: &'a StmtIf, span: Span) {
        let (parting, mark) = (self.frame.block, self.frame.mark());
        let mut branches = Vec::new();
        let mut test = self.expr(&stmt.test);
        let mut body: &'a [Stmt] = &stmt.body;
        let mut clauses = stmt.elif_else_clauses.iter();
        // A walrus in a test changes the state for all that follows; it is undone with the last branch.
        loop {
            let tested = self.frame.block;
            let here = self.frame.mark();
            self.enter_block(tested, test, true);
            self.body(body);
            branches.push(self.frame.leave(mark, here));
            self.enter_block(tested, test, false);
            match clauses.next() {
                Some(clause) => match &clause.test {
                    Some(next) => {
                        test = self.expr(next);
                        body = &clause.body;
                    }
                    None => {
                        self.body(&clause.body);
                        break;
                    }
                },
                None => break,
            }
        }
        branches.push(self.frame.leave(mark, mark));
        self.join(&branches, parting, span);
    }

    /// The slots a loop's body writes: each gets a phi at the header.
    fn loop_slots(&mut self, bodies: &[&'a [Stmt]], target: Option<&'a Expr>) -> Vec<u32> {
        let mut slots = Vec::new();
        for body in bodies {
            bound_names(body, &mut |name, _| {
                let symbol = self.symbol(name);
                slots.extend(self.frame.slot(symbol));
            });
        }
        if let Some(target) = target {
            self.target_slots(target, &mut slots);
        }
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn target_slots(&mut self, target: &'a Expr, slots: &mut Vec<u32>) {
        match target {
            Expr::Name(name) => {
                let symbol = self.symbol(name.id.as_str());
                slots.extend(self.frame.slot(symbol));
            }
            Expr::Tuple(tuple) => {
                for target in &tuple.elts {
                    self.target_slots(target, slots);
                }
            }
            Expr::List(list) => {
                for target in &list.elts {
                    self.target_slots(target, slots);
                }
            }
            Expr::Starred(starred) => self.target_slots(&starred.value, slots),
            _ => {}
        }
    }

    /// Emits header phis and enters the loop. Gives the phis, to be completed by [`Self::close_loop`].
    fn open_loop(&mut self, slots: Vec<u32>, span: Span) -> Vec<Header> {
        let block = self.frame.block;
        let mut headers = Vec::with_capacity(slots.len());
        self.enter_block(block, Operand::ABSENT, true);
        for &slot in &slots {
            let entry = self.frame.get(slot);
            let name = self.frame.name(slot);
            let phi = self.emit(Op::Phi, 0, name.0, span);
            self.frame.set(slot, phi);
            self.define(name, phi);
            headers.push(Header {
                slot,
                phi,
                entry,
                entry_block: block,
            });
        }
        self.frame.loops.push(Loop {
            slots,
            continues: Vec::new(),
            breaks: Vec::new(),
        });
        headers
    }

    /// Completes the header phis with the states that come back, and gives the states that broke out.
    fn close_loop(&mut self, header: u32, headers: &[Header], end: &Branch) -> Vec<Branch> {
        let Some(finished) = self.frame.loops.pop() else {
            return Vec::new();
        };
        for branch in finished.continues.iter().chain([end]) {
            if !branch.dead {
                self.ir.edges.push((header, branch.block));
            }
        }
        for header in headers {
            let mut values = vec![(header.entry, header.entry_block)];
            for branch in finished.continues.iter().chain([end]) {
                if branch.dead {
                    continue;
                }
                let value = branch
                    .changes
                    .binary_search_by_key(&header.slot, |&(slot, _)| slot)
                    .map_or(header.phi, |at| branch.changes[at].1);
                values.push((value, branch.block));
            }
            let at = self.phi_operands(&values);
            if let Some(index) = header.phi.as_register() {
                self.ir.a[index as usize] = at;
            }
        }
        finished.breaks
    }

    fn while_stmt(&mut self, stmt: &'a StmtWhile, span: Span) {
        let slots = self.loop_slots(&[&stmt.body], None);
        let headers = self.open_loop(slots, span);
        let header = self.frame.block;
        let header_mark = self.frame.mark();
        let test = self.expr(&stmt.test);
        let tested = self.frame.block;
        let mark = self.frame.mark();
        self.enter_block(tested, test, true);
        self.body(&stmt.body);
        let end = self.frame.leave(header_mark, mark);
        let mut exits = self.close_loop(header, &headers, &end);
        self.enter_block(tested, test, false);
        self.body(&stmt.orelse);
        let mut normal = self.frame.leave(header_mark, header_mark);
        normal.dead |= test == Operand::TRUE
            || matches!(test.kind(), crate::ir::OperandKind::Int(value) if value != 0);
        exits.push(normal);
        self.join(&exits, tested, span);
    }

    fn for_stmt(&mut self, stmt: &'a StmtFor, span: Span) {
        let iterable = self.expr(&stmt.iter);
        let slots = self.loop_slots(&[&stmt.body], Some(&stmt.target));
        let headers = self.open_loop(slots, span);
        let (header, mark) = (self.frame.block, self.frame.mark());
        self.enter_block(header, Operand::ABSENT, true);
        let iter_span = span_of(stmt.iter.range());
        let element = self.emit(Op::Element, iterable.word(), 0, iter_span);
        self.assign_target(
            &stmt.target,
            element,
            Target::Statement(span_of(stmt.target.range())),
        );
        self.body(&stmt.body);
        let end = self.frame.leave(mark, mark);
        let mut exits = self.close_loop(header, &headers, &end);
        self.enter_block(header, Operand::ABSENT, true);
        self.body(&stmt.orelse);
        exits.push(self.frame.leave(mark, mark));
        self.join(&exits, header, span);
    }

    fn try_stmt(&mut self, stmt: &'a StmtTry, span: Span) {
        let (parting, mark) = (self.frame.block, self.frame.mark());
        let writes = self.frame.writes_mark();
        self.frame.try_depth += 1;
        // What comes before the statement is no part of what its handlers see half done.
        self.enter_block(parting, Operand::ABSENT, true);
        let first = self.frame.block;
        self.body(&stmt.body);
        let written = self.frame.writes_mark();
        self.body(&stmt.orelse);
        let mut branches = vec![self.frame.leave(mark, mark)];
        // Any of the writes in the body may have been the last before the exception.
        let mut thrown = Vec::new();
        let last = self.ir.blocks.len() as u32;
        self.open_block(parting, Operand::ABSENT, true);
        self.ir.handlers.push(self.frame.block);
        for block in first..last {
            self.edge(block);
        }
        for (slot, values) in self.frame.writes_between(writes, written) {
            let name = self.frame.name(slot);
            let values: Vec<_> = values.into_iter().map(|value| (value, parting)).collect();
            thrown.push((slot, self.phi(&values, name, span)));
        }
        let caught = self.frame.block;
        self.frame.try_depth -= 1;
        for ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
            self.enter_block(caught, Operand::ABSENT, true);
            for &(slot, value) in &thrown {
                self.frame.set(slot, value);
            }
            let handler_span = span_of(handler.range);
            let class = handler
                .type_
                .as_ref()
                .map_or(Operand::ABSENT, |class| self.expr(class));
            if let Some(name) = &handler.name {
                let value = self.emit(Op::Caught, class.word(), 0, handler_span);
                let symbol = self.symbol(name.as_str());
                self.write_name(symbol, value, handler_span);
            }
            self.body(&handler.body);
            branches.push(self.frame.leave(mark, mark));
        }
        self.join(&branches, parting, span);
        if !stmt.finalbody.is_empty() {
            // Runs on every way out, also when nothing gets past it.
            let dead = self.frame.dead;
            self.frame.dead = false;
            if dead {
                self.ir.handlers.push(self.frame.block);
                for block in parting..self.frame.block {
                    self.edge(block);
                }
            }
            self.body(&stmt.finalbody);
            self.frame.dead |= dead;
        }
    }

    fn with_stmt(&mut self, stmt: &'a StmtWith) {
        for item in &stmt.items {
            let context = self.expr(&item.context_expr);
            let span = span_of(item.range);
            let value = self.emit(Op::Enter, context.word(), 0, span);
            if let Some(target) = &item.optional_vars {
                self.assign_target(target, value, Target::Statement(span));
            }
        }
        self.body(&stmt.body);
    }

    fn match_stmt(&mut self, stmt: &'a StmtMatch, span: Span) {
        let subject = self.expr(&stmt.subject);
        let (parting, mark) = (self.frame.block, self.frame.mark());
        let mut branches = Vec::new();
        let mut exhausted = false;
        for case in &stmt.cases {
            let tested = self.frame.block;
            let here = self.frame.mark();
            let mut condition = self.pattern(&case.pattern, subject);
            if let Some(guard) = &case.guard {
                let guard = self.expr(guard);
                condition = if condition == Operand::TRUE {
                    guard
                } else {
                    self.emit(Op::And, condition.word(), guard.word(), span_of(case.range))
                };
            }
            self.enter_block(self.frame.block, condition, true);
            self.body(&case.body);
            branches.push(self.frame.leave(mark, here));
            self.enter_block(tested, condition, false);
            if condition == Operand::TRUE {
                exhausted = true;
                break;
            }
        }
        let mut rest = self.frame.leave(mark, mark);
        rest.dead |= exhausted;
        branches.push(rest);
        self.join(&branches, parting, span);
    }

    /// Binds what `pattern` captures and gives the condition under which it matches.
    fn pattern(&mut self, pattern: &'a Pattern, subject: Operand) -> Operand {
        let span = span_of(pattern.range());
        if self.depth >= MAX_DEPTH {
            self.too_deep.get_or_insert(span);
            return self.emit(Op::Unknown, 0, 0, span);
        }
        self.depth += 1;
        let condition = match pattern {
            Pattern::MatchValue(pattern) => {
                let value = self.expr(&pattern.value);
                self.compare(CmpOp::Eq, subject, value, span)
            }
            Pattern::MatchSingleton(pattern) => {
                let value = match pattern.value {
                    Singleton::None => Operand::NONE,
                    Singleton::True => Operand::TRUE,
                    Singleton::False => Operand::FALSE,
                };
                self.compare(CmpOp::Is, subject, value, span)
            }
            Pattern::MatchAs(pattern) => {
                let condition = match &pattern.pattern {
                    Some(inner) => self.pattern(inner, subject),
                    None => Operand::TRUE,
                };
                if let Some(name) = &pattern.name {
                    let symbol = self.symbol(name.as_str());
                    self.write_name(symbol, subject, span);
                }
                condition
            }
            Pattern::MatchOr(pattern) => {
                let mut condition = Operand::ABSENT;
                for alternative in &pattern.patterns {
                    let this = self.pattern(alternative, subject);
                    condition = match condition {
                        Operand::ABSENT => this,
                        Operand::TRUE => Operand::TRUE,
                        _ if this == Operand::TRUE => Operand::TRUE,
                        _ => self.emit(Op::Or, condition.word(), this.word(), span),
                    };
                }
                condition
            }
            Pattern::MatchSequence(pattern) => {
                let count = pattern.patterns.len().min(0xffff) as u32;
                let star = pattern.patterns.iter().position(Pattern::is_match_star);
                let mut condition = self.emit(Op::Unknown, 0, 0, span);
                for (number, element) in pattern.patterns.iter().enumerate() {
                    let span = span_of(element.range());
                    let value = match star {
                        None => {
                            let word = count << 16 | number.min(0xffff) as u32;
                            self.emit(Op::Unpack, subject.word(), word, span)
                        }
                        Some(star) => {
                            self.beside_star(subject, number, star, pattern.patterns.len(), span)
                        }
                    };
                    let inner = self.pattern(element, value);
                    condition = self.and(condition, inner, span);
                }
                condition
            }
            Pattern::MatchStar(pattern) => {
                if let Some(name) = &pattern.name {
                    let symbol = self.symbol(name.as_str());
                    self.write_name(symbol, subject, span);
                }
                Operand::TRUE
            }
            Pattern::MatchMapping(pattern) => {
                let mut condition = self.emit(Op::Unknown, 0, 0, span);
                for (key, value) in pattern.keys.iter().zip(&pattern.patterns) {
                    let key = self.expr(key);
                    let element = self.emit(
                        Op::Subscript,
                        subject.word(),
                        key.word(),
                        span_of(value.range()),
                    );
                    let inner = self.pattern(value, element);
                    condition = self.and(condition, inner, span);
                }
                if let Some(name) = &pattern.rest {
                    let value = self.emit(Op::Capture, subject.word(), 0, span);
                    let symbol = self.symbol(name.as_str());
                    self.write_name(symbol, value, span);
                }
                condition
            }
            Pattern::MatchClass(pattern) => {
                let class = self.expr(&pattern.cls);
                // `case int(number):` binds the subject itself.
                let is_itself = pattern.arguments.patterns.len() == 1
                    && matches!(&*pattern.cls, Expr::Name(name)
                        if SELF_MATCHING.contains(&name.id.as_str()));
                let mut inner = Operand::TRUE;
                for (number, element) in (0..).zip(&pattern.arguments.patterns) {
                    let span = span_of(element.range());
                    let value = if is_itself {
                        subject
                    } else {
                        let field = self.pair(class.word(), number);
                        self.emit(Op::Capture, subject.word(), field + 1, span)
                    };
                    let this = self.pattern(element, value);
                    inner = self.and(inner, this, span);
                }
                for keyword in &pattern.arguments.keywords {
                    let name = self.symbol(keyword.attr.as_str());
                    let value =
                        self.emit(Op::Attr, subject.word(), name.0, span_of(keyword.range()));
                    let this = self.pattern(&keyword.pattern, value);
                    inner = self.and(inner, this, span);
                }
                // `case str():` is an instance test.
                let callee = Operand::global(self.symbol("isinstance"));
                let at = self.ir.extra.len() as u32;
                let positional = crate::ir::Argument::Positional.word();
                self.ir
                    .extra
                    .extend([2, positional, subject.word(), positional, class.word()]);
                let is_instance = self.emit(Op::Call, callee.word(), at, span);
                self.and(is_instance, inner, span)
            }
        };
        self.depth -= 1;
        condition
    }

    /// Both conditions, of which either may be sure to hold.
    fn and(&mut self, first: Operand, second: Operand, span: Span) -> Operand {
        if first == Operand::TRUE {
            second
        } else if second == Operand::TRUE {
            first
        } else {
            self.emit(Op::And, first.word(), second.word(), span)
        }
    }

    /// Element `number` of a sequence that is taken apart by `count` targets, of which number `star` takes the rest.
    pub(super) fn beside_star(
        &mut self,
        sequence: Operand,
        number: usize,
        star: usize,
        count: usize,
        span: Span,
    ) -> Operand {
        if number == star {
            let after = (count - 1 - star).min(0xffff) as u32;
            let word = after << 16 | star.min(0xffff) as u32;
            return self.emit(Op::UnpackRest, sequence.word(), word, span);
        }
        let at = if number < star {
            number as i64
        } else {
            number as i64 - count as i64
        };
        let at = Operand::int(at).unwrap_or(Operand::ABSENT);
        self.emit(Op::Subscript, sequence.word(), at.word(), span)
    }

    fn function_def(&mut self, def: &'a StmtFunctionDef) {
        let decorators: Vec<_> = def
            .decorator_list
            .iter()
            .map(|decorator| {
                (
                    self.expr(&decorator.expression),
                    span_of(decorator.expression.range()),
                )
            })
            .collect();
        let name = self.symbol(def.name.as_str());
        let span = span_of(def.name.range);
        let id = self.declare(
            FunctionKind::Def,
            name,
            span,
            Code::Body(&def.body),
            Some(&def.parameters),
        );
        self.lower_params(id, &def.parameters);
        let returns = def
            .returns
            .as_ref()
            .map_or(Operand::ABSENT, |returns| self.expr(returns));
        let decorators = self.operands(decorators);
        let function = &mut self.ir.functions[id.0 as usize];
        function.returns = returns;
        function.decorators = decorators;
        function.is_async = def.is_async;
        let value = self.emit(Op::MakeFunction, id.0, 0, span);
        self.write_name(name, value, span);
    }

    fn class_def(&mut self, def: &'a StmtClassDef) {
        let decorators: Vec<_> = def
            .decorator_list
            .iter()
            .map(|decorator| {
                (
                    self.expr(&decorator.expression),
                    span_of(decorator.expression.range()),
                )
            })
            .collect();
        let bases: Vec<_> = def
            .bases()
            .iter()
            .map(|base| (self.expr(base), span_of(base.range())))
            .collect();
        for keyword in def.keywords() {
            self.expr(&keyword.value);
        }
        let name = self.symbol(def.name.as_str());
        let span = span_of(def.name.range);
        let id = self.declare(FunctionKind::Class, name, span, Code::Body(&def.body), None);
        let decorators = self.operands(decorators);
        let bases = self.operands(bases);
        let function = &mut self.ir.functions[id.0 as usize];
        function.decorators = decorators;
        function.bases = bases;
        let value = self.emit(Op::MakeClass, id.0, 0, span);
        self.write_name(name, value, span);
    }

    fn operands(&mut self, operands: Vec<(Operand, Span)>) -> (u32, u32) {
        let start = self.ir.operands.len() as u32;
        for (operand, span) in operands {
            self.ir.operands.push(operand);
            self.ir.operand_spans.push(span);
        }
        (start, self.ir.operands.len() as u32)
    }
}

/// A loop header's phi before its loop is complete.
struct Header {
    slot: u32,
    phi: Operand,
    entry: Operand,
    entry_block: u32,
}
