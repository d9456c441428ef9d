//! Expressions.

use ruff_python_ast::{
    Arguments, BoolOp, CmpOp, Comprehension, Expr, ExprCall, ExprFString, FStringPart,
    InterpolatedStringElement, Number as AstNumber, Operator, UnaryOp,
};
use ruff_text_size::Ranged;

use super::{Code, Lowerer, MAX_DEPTH, span_of};
use crate::ir::{Argument, Compare, FunctionKind, Number, Op, Operand, Span};

impl<'a> Lowerer<'a> {
    /// Lowers an expression and gives its value.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Operand {
        // Leaves first: they need neither depth nor instructions.
        match expr {
            Expr::Name(name) => {
                let symbol = self.symbol(name.id.as_str());
                return self.read_name(symbol, span_of(name.range));
            }
            Expr::StringLiteral(string) => return Operand::str(self.symbol(string.value.to_str())),
            Expr::NoneLiteral(_) => return Operand::NONE,
            Expr::BooleanLiteral(literal) => return Operand::bool(literal.value),
            Expr::EllipsisLiteral(_) => return Operand::ELLIPSIS,
            Expr::NumberLiteral(literal) => return self.number_literal(&literal.value),
            Expr::BytesLiteral(literal) => {
                let text: String = literal.value.bytes().map(char::from).collect();
                return Operand::bytes(self.interner.intern(&text));
            }
            _ => {}
        }
        if self.depth >= MAX_DEPTH {
            let span = span_of(expr.range());
            self.too_deep.get_or_insert(span);
            return self.emit(Op::Unknown, 0, 0, span);
        }
        self.depth += 1;
        let value = self.compound(expr);
        self.depth -= 1;
        value
    }

    fn compound(&mut self, expr: &'a Expr) -> Operand {
        let span = span_of(expr.range());
        match expr {
            Expr::Call(call) => self.call(call, span),
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let name = self.symbol(attribute.attr.as_str());
                self.emit(Op::Attr, base.word(), name.0, span)
            }
            Expr::Subscript(subscript) => {
                let base = self.expr(&subscript.value);
                let index = self.expr(&subscript.slice);
                self.emit(Op::Subscript, base.word(), index.word(), span)
            }
            Expr::Slice(slice) => {
                let mut part = |part: &'a Option<Box<Expr>>| {
                    part.as_ref().map_or(Operand::NONE, |part| self.expr(part))
                };
                let (lower, upper, step) =
                    (part(&slice.lower), part(&slice.upper), part(&slice.step));
                let at = self.pair(lower.word(), upper.word());
                self.ir.extra.push(step.word());
                self.emit(Op::Slice, at, 0, span)
            }
            Expr::BinOp(_) => self.binary(expr),
            Expr::BoolOp(bool_op) => self.bool_op(bool_op.op, &bool_op.values, span),
            Expr::UnaryOp(unary) => {
                let operand = self.expr(&unary.operand);
                match (unary.op, operand.kind()) {
                    (UnaryOp::USub, crate::ir::OperandKind::Int(value)) => {
                        if let Some(negative) = Operand::int(-i64::from(value)) {
                            return negative;
                        }
                        self.emit(Op::Neg, operand.word(), 0, span)
                    }
                    (UnaryOp::USub, _) => self.emit(Op::Neg, operand.word(), 0, span),
                    (UnaryOp::Not, _) => self.emit(Op::Not, operand.word(), 0, span),
                    (UnaryOp::UAdd | UnaryOp::Invert, _) => {
                        self.emit(Op::Unary, operand.word(), 0, span)
                    }
                }
            }
            Expr::Compare(compare) => {
                let mut left = self.expr(&compare.left);
                let mut result = Operand::ABSENT;
                for (operator, right) in compare.ops.iter().zip(&compare.comparators) {
                    let right = self.expr(right);
                    let this = self.compare(*operator, left, right, span);
                    result = if result.is_absent() {
                        this
                    } else {
                        self.emit(Op::And, result.word(), this.word(), span)
                    };
                    left = right;
                }
                result
            }
            Expr::If(conditional) => self.conditional(conditional, span),
            Expr::Named(named) => {
                let value = self.expr(&named.value);
                if let Expr::Name(name) = &*named.target {
                    let symbol = self.symbol(name.id.as_str());
                    // A walrus in a comprehension binds in the function around it.
                    self.write_name(symbol, value, span);
                }
                value
            }
            Expr::Lambda(lambda) => {
                let name = self.symbol("<lambda>");
                let id = self.declare(
                    FunctionKind::Lambda,
                    name,
                    span,
                    Code::Expression(&lambda.body),
                    lambda.parameters.as_deref(),
                );
                if let Some(parameters) = &lambda.parameters {
                    self.lower_params(id, parameters);
                }
                self.emit(Op::MakeFunction, id.0, 0, span)
            }
            Expr::Tuple(tuple) => self.display(Op::Tuple, &tuple.elts, span),
            Expr::List(list) => self.display(Op::List, &list.elts, span),
            Expr::Set(set) => self.display(Op::Set, &set.elts, span),
            Expr::Dict(dict) => {
                let from = self.scratch.len();
                for item in &dict.items {
                    let key = item
                        .key
                        .as_ref()
                        .map_or(Operand::ABSENT, |key| self.expr(key));
                    let value = self.expr(&item.value);
                    self.scratch.extend([key.word(), value.word()]);
                }
                let at = self.ir.extra.len() as u32;
                self.ir.extra.push(dict.items.len() as u32);
                self.ir.extra.extend(self.scratch.drain(from..));
                self.emit(Op::Dict, at, 0, span)
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, None, &comp.elt, span),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, None, &comp.elt, span),
            Expr::Generator(comp) => self.comprehension(&comp.generators, None, &comp.elt, span),
            Expr::DictComp(comp) => {
                self.comprehension(&comp.generators, comp.key.as_deref(), &comp.value, span)
            }
            Expr::Await(expr) => {
                let value = self.expr(&expr.value);
                self.emit(Op::Await, value.word(), 0, span)
            }
            Expr::Yield(expr) => {
                self.mark_generator();
                let value = expr
                    .value
                    .as_ref()
                    .map_or(Operand::NONE, |value| self.expr(value));
                self.emit(Op::Yield, value.word(), 0, span)
            }
            Expr::YieldFrom(expr) => {
                self.mark_generator();
                let value = self.expr(&expr.value);
                self.emit(Op::YieldFrom, value.word(), 0, span)
            }
            Expr::FString(string) => self.f_string(string, span),
            Expr::TString(string) => {
                let from = self.scratch.len();
                for element in string.value.elements() {
                    self.interpolated(element);
                }
                self.format(from, span)
            }
            Expr::Starred(starred) => {
                let value = self.expr(&starred.value);
                self.emit(Op::Star, value.word(), 0, span)
            }
            Expr::IpyEscapeCommand(_)
            | Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BytesLiteral(_) => self.emit(Op::Unknown, 0, 0, span),
        }
    }

    fn number_literal(&mut self, number: &AstNumber) -> Operand {
        match number {
            AstNumber::Int(int) => match int.as_i64() {
                Some(value) => {
                    Operand::int(value).unwrap_or_else(|| self.number(Number::Int(value)))
                }
                None => self.number(Number::BigInt),
            },
            AstNumber::Float(value) => self.number(Number::Float(*value)),
            AstNumber::Complex { .. } => self.number(Number::Complex),
        }
    }

    fn mark_generator(&mut self) {
        let id = self.frame.id.0 as usize;
        self.ir.functions[id].is_generator = true;
    }

    fn call(&mut self, call: &'a ExprCall, span: Span) -> Operand {
        if let Some((name, binds_top)) = literal_import(call) {
            let module = self.symbol(name);
            return self.import(module, 0, None, binds_top, span);
        }
        let callee = self.expr(&call.func);
        let at = self.arguments(&call.arguments);
        self.emit(Op::Call, callee.word(), at, span)
    }

    pub(super) fn arguments(&mut self, arguments: &'a Arguments) -> u32 {
        let from = self.scratch.len();
        for argument in &arguments.args {
            let (kind, value) = match argument {
                Expr::Starred(starred) => (Argument::Star, self.expr(&starred.value)),
                argument => (Argument::Positional, self.expr(argument)),
            };
            self.scratch.extend([kind.word(), value.word()]);
        }
        for keyword in &arguments.keywords {
            let kind = match &keyword.arg {
                Some(name) => Argument::Named(self.symbol(name.as_str())),
                None => Argument::DoubleStar,
            };
            let value = self.expr(&keyword.value);
            self.scratch.extend([kind.word(), value.word()]);
        }
        let at = self.ir.extra.len() as u32;
        self.ir.extra.push((self.scratch.len() - from) as u32 / 2);
        self.ir.extra.extend(self.scratch.drain(from..));
        at
    }

    /// Binary operations. Chains like `a + b + c` lean to the left and can be thousands long in generated code, so the
    /// left spine is walked, not recursed into.
    fn binary(&mut self, expr: &'a Expr) -> Operand {
        let mut spine = Vec::new();
        let mut leftmost = expr;
        while let Expr::BinOp(operation) = leftmost {
            spine.push(operation);
            leftmost = &operation.left;
        }
        self.has_long_chain |= spine.len() > MAX_DEPTH as usize;
        let mut value = self.expr(leftmost);
        for operation in spine.into_iter().rev() {
            let right = self.expr(&operation.right);
            value = self.emit(
                binary_op(operation.op),
                value.word(),
                right.word(),
                span_of(operation.range),
            );
        }
        value
    }

    fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], span: Span) -> Operand {
        let block = self.frame.block;
        let mut evaluated = vec![block];
        let mut result = Operand::ABSENT;
        for expr in values {
            if result.is_absent() {
                result = self.expr(expr);
                continue;
            }
            if !is_leaf(expr) {
                self.enter_block(self.frame.block, result, op == BoolOp::And);
            }
            let value = self.expr(expr);
            let op = if op == BoolOp::And { Op::And } else { Op::Or };
            result = self.emit(op, result.word(), value.word(), span);
            evaluated.push(self.frame.block);
        }
        if self.frame.block != block {
            self.open_block(block, Operand::ABSENT, true);
            for block in evaluated {
                self.edge(block);
            }
        }
        result
    }

    pub(super) fn compare(
        &mut self,
        operator: CmpOp,
        left: Operand,
        right: Operand,
        span: Span,
    ) -> Operand {
        let operator = match operator {
            CmpOp::Eq => Compare::Eq,
            CmpOp::NotEq => Compare::NotEq,
            CmpOp::Lt => Compare::Lt,
            CmpOp::LtE => Compare::LtE,
            CmpOp::Gt => Compare::Gt,
            CmpOp::GtE => Compare::GtE,
            CmpOp::Is => Compare::Is,
            CmpOp::IsNot => Compare::IsNot,
            CmpOp::In => Compare::In,
            CmpOp::NotIn => Compare::NotIn,
        };
        let at = self.pair(operator as u32, left.word());
        self.ir.extra.push(right.word());
        self.emit(Op::Compare, at, 0, span)
    }

    fn conditional(&mut self, conditional: &'a ruff_python_ast::ExprIf, span: Span) -> Operand {
        let test = self.expr(&conditional.test);
        let (block, mark) = (self.frame.block, self.frame.mark());
        self.enter_block(block, test, true);
        let first = self.expr(&conditional.body);
        let then = self.frame.leave(mark, mark);
        self.enter_block(block, test, false);
        let second = self.expr(&conditional.orelse);
        let otherwise = self.frame.leave(mark, mark);
        let values = [(first, then.block), (second, otherwise.block)];
        self.join(&[then, otherwise], block, span);
        let name = self.symbol("");
        self.phi(&values, name, span)
    }

    fn display(&mut self, op: Op, elements: &'a [Expr], span: Span) -> Operand {
        let from = self.scratch.len();
        for element in elements {
            let value = self.expr(element);
            self.scratch.push(value.word());
        }
        let at = self.flush(from);
        self.emit(op, at, 0, span)
    }

    /// Stores what was put on the scratch list since `from` as a counted list.
    fn flush(&mut self, from: usize) -> u32 {
        let at = self.ir.extra.len() as u32;
        self.ir.extra.push((self.scratch.len() - from) as u32);
        self.ir.extra.extend(self.scratch.drain(from..));
        at
    }

    fn comprehension(
        &mut self,
        generators: &'a [Comprehension],
        key: Option<&'a Expr>,
        element: &'a Expr,
        span: Span,
    ) -> Operand {
        let block = self.frame.block;
        let temporaries = self.frame.temporaries.len();
        for generator in generators {
            let iterable = self.expr(&generator.iter);
            let item = self.emit(
                Op::Element,
                iterable.word(),
                0,
                span_of(generator.iter.range()),
            );
            self.assign_target(&generator.target, item, Target::Temporary);
            for condition in &generator.ifs {
                let condition = self.expr(condition);
                self.enter_block(self.frame.block, condition, true);
            }
        }
        let key = key.map(|key| self.expr(key));
        let value = self.expr(element);
        self.frame.temporaries.truncate(temporaries);
        let last = self.frame.block;
        if last != block {
            self.enter_block(block, Operand::ABSENT, true);
            self.edge(last);
        }
        match key {
            Some(key) => self.emit(Op::DictComprehension, key.word(), value.word(), span),
            None => self.emit(Op::Comprehension, value.word(), 0, span),
        }
    }

    fn f_string(&mut self, string: &'a ExprFString, span: Span) -> Operand {
        let from = self.scratch.len();
        for part in &string.value {
            match part {
                FStringPart::Literal(literal) => {
                    let text = self.symbol(&literal.value);
                    self.scratch.push(Operand::str(text).word());
                }
                FStringPart::FString(string) => {
                    for element in &string.elements {
                        self.interpolated(element);
                    }
                }
            }
        }
        self.format(from, span)
    }

    fn format(&mut self, from: usize, span: Span) -> Operand {
        let at = self.flush(from);
        self.emit(Op::Format, at, 0, span)
    }

    /// Puts one part of an f-string on the scratch list. A conversion or a format specification is lowered as the call
    /// that it stands for: `repr(x)`, `format(x, spec)`.
    fn interpolated(&mut self, element: &'a InterpolatedStringElement) {
        let value = match element {
            InterpolatedStringElement::Literal(literal) => {
                Operand::str(self.symbol(&literal.value))
            }
            InterpolatedStringElement::Interpolation(interpolation) => {
                let span = span_of(interpolation.range);
                let mut value = self.expr(&interpolation.expression);
                let conversion = match interpolation.conversion.to_char() {
                    Some('r') => Some("repr"),
                    Some('a') => Some("ascii"),
                    _ => None,
                };
                if let Some(conversion) = conversion {
                    value = self.synthetic_call(conversion, &[value], span);
                }
                if let Some(specification) = &interpolation.format_spec {
                    let from = self.scratch.len();
                    if self.depth < MAX_DEPTH {
                        self.depth += 1;
                        for element in &specification.elements {
                            self.interpolated(element);
                        }
                        self.depth -= 1;
                    }
                    let single = (self.scratch.len() == from + 1).then(|| self.scratch[from]);
                    let specification = match single {
                        Some(word) => {
                            self.scratch.truncate(from);
                            Operand(word)
                        }
                        None => self.format(from, span),
                    };
                    value = self.synthetic_call("format", &[value, specification], span);
                }
                value
            }
        };
        self.scratch.push(value.word());
    }

    fn synthetic_call(
        &mut self,
        builtin: &'static str,
        arguments: &[Operand],
        span: Span,
    ) -> Operand {
        let callee = Operand::global(self.symbol(builtin));
        let at = self.ir.extra.len() as u32;
        self.ir.extra.push(arguments.len() as u32);
        self.ir.extra.extend(
            arguments
                .iter()
                .flat_map(|value| [Argument::Positional.word(), value.word()]),
        );
        self.emit(Op::Call, callee.word(), at, span)
    }

    /// Assigns `value` to a target expression.
    pub(super) fn assign_target(&mut self, target: &'a Expr, value: Operand, how: Target) {
        let span = match how {
            Target::Statement(span) => span,
            Target::Temporary => span_of(target.range()),
        };
        match target {
            Expr::Name(name) => {
                let symbol = self.symbol(name.id.as_str());
                match how {
                    Target::Temporary => {
                        self.frame.temporaries.push((symbol, value));
                        self.frame.comprehension_names.push(symbol);
                        self.define(symbol, value);
                    }
                    Target::Statement(_) => self.write_name(symbol, value, span),
                }
            }
            Expr::Attribute(attribute) => {
                let base = self.expr(&attribute.value);
                let name = self.symbol(attribute.attr.as_str());
                let at = self.pair(name.0, value.word());
                self.emit(Op::StoreAttr, base.word(), at, span);
            }
            Expr::Subscript(subscript) => {
                let base = self.expr(&subscript.value);
                let key = self.expr(&subscript.slice);
                let at = self.pair(key.word(), value.word());
                self.emit(Op::StoreSubscript, base.word(), at, span);
            }
            // Its value is the rest already, where there is something beside it.
            Expr::Starred(starred) => self.assign_target(&starred.value, value, how),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, value, how),
            Expr::List(list) => self.unpack(&list.elts, value, how),
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: Operand, how: Target) {
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        let count = targets.len().min(0xffff) as u32;
        // `a, b = x, y` binds without a detour, unless a star is involved.
        let star = targets.iter().position(Expr::is_starred_expr);
        let direct: Option<Vec<Operand>> = self
            .ir
            .instruction(value)
            .filter(|instruction| matches!(instruction.op, Op::Tuple | Op::List) && star.is_none())
            .map(|instruction| self.ir.list(instruction.a).collect::<Vec<_>>())
            .filter(|values| {
                values.len() == targets.len()
                    && !values.iter().any(|&value| {
                        self.ir
                            .instruction(value)
                            .is_some_and(|instruction| instruction.op == Op::Star)
                    })
            });
        for (number, target) in targets.iter().enumerate() {
            let element = match (&direct, star) {
                (Some(values), _) => values[number],
                (None, Some(star)) => {
                    let span = span_of(target.range());
                    self.beside_star(value, number, star, targets.len(), span)
                }
                (None, None) => {
                    let number = number.min(0xffff) as u32;
                    self.emit(
                        Op::Unpack,
                        value.word(),
                        count << 16 | number,
                        span_of(target.range()),
                    )
                }
            };
            self.assign_target(target, element, how);
        }
        self.depth -= 1;
    }
}

/// What kind of variable a target binds.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// A variable of the function; the statement's range.
    Statement(Span),
    /// A comprehension's variable.
    Temporary,
}

/// Whether lowering it gives no instruction, so that it needs no block of its own.
fn is_leaf(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::BytesLiteral(_)
    )
}

/// The module that `import_module("a.b")` or `__import__("a.b")` names, and whether the result is the top package.
fn literal_import(call: &ExprCall) -> Option<(&str, bool)> {
    let is_function = match &*call.func {
        Expr::Name(name) if name.id.as_str() == "__import__" => false,
        Expr::Name(name) => name.id.as_str() == "import_module",
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == "import_module"
                && matches!(&*attribute.value, Expr::Name(name) if name.id.as_str() == "importlib")
        }
        _ => return None,
    };
    let is_builtin = matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "__import__");
    let [Expr::StringLiteral(name)] = &*call.arguments.args else {
        return None;
    };
    let name = name.value.to_str();
    let is_name = !name.is_empty()
        && name
            .split('.')
            .all(|part| part.chars().all(|c| c.is_alphanumeric() || c == '_') && !part.is_empty());
    let gives_last = is_function
        || call.arguments.keywords.iter().any(|keyword| {
            keyword
                .arg
                .as_ref()
                .is_some_and(|name| name.as_str() == "fromlist")
        });
    ((is_function || is_builtin) && is_name).then_some((name, !gives_last))
}

/// The instruction for an operator.
pub(super) fn binary_op(operator: Operator) -> Op {
    match operator {
        Operator::Add => Op::Add,
        Operator::Sub => Op::Sub,
        Operator::Mult => Op::Mul,
        Operator::Div => Op::Div,
        Operator::FloorDiv => Op::FloorDiv,
        Operator::Mod => Op::Mod,
        Operator::Pow => Op::Pow,
        Operator::LShift => Op::Shl,
        Operator::RShift => Op::Shr,
        Operator::BitOr => Op::BitOr,
        Operator::BitAnd => Op::BitAnd,
        Operator::BitXor => Op::BitXor,
        Operator::MatMult => Op::MatMul,
    }
}
