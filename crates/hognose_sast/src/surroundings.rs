//! What stands around a place and makes it harmless in all likelihood.
//!
//! The auditor is shown such a place all the same.

use std::cell::Cell;

use hognose_python::ir::{Argument, Compare, FunctionId, Ir, Op, Operand, OperandKind};
use hognose_python::{ModuleId, Symbol};
use hognose_rules::{Matcher, ValueTest};
use hognose_taint::{CallView, Callee, Given, Literal, Shape};

/// How deep texts and joins are followed.
const MAX_DEPTH: u32 = 16;

/// How many parts are looked at for one place: joins of joins have ever so many ways.
const MOST_WORK: u32 = 2_000;

/// Functions whose name says that they quote an identifier of SQL.
const IDENTIFIER_QUOTING: &[&str] = &[
    "quote_name",
    "quote_ident",
    "quote_identifier",
    "quote_table_name",
    "quote_column_name",
    "quote_schema",
    "quote_schema_name",
];

/// Functions that make something of a name, and fail if there is anything of that name already.
const EXCLUSIVE: &[&str] = &[
    "symlink",
    "link",
    "mkdir",
    "mkfifo",
    "mknod",
    "CreateSymbolicLink",
    "CreateHardLink",
    "CreateDirectory",
];

/// Functions that do not write through a name, whatever it leads to.
const NOT_FOLLOWING: &[&str] = &[
    "replace",
    "rename",
    "remove",
    "unlink",
    "rmdir",
    "rmtree",
    "exists",
    "lexists",
    "islink",
    "MoveFileEx",
    "basename",
    "dirname",
];

/// Whether what stands around a place that an entry matches says that it is harmless.
pub(crate) fn are_harmless(view: &CallView<'_, '_>, matcher: &Matcher) -> bool {
    let around = Around {
        view,
        module: view.module,
        ir: &view.evaluator.project().module(view.module).ir,
        work: Cell::new(0),
    };
    match matcher {
        Matcher::Value {
            sink,
            test: ValueTest::Built,
        } if sink == "sql" => around.sql_is_compiled_or_quoted(),
        Matcher::Value { sink, .. } if sink == "tls-verify" => around.context_needs_no_check(),
        Matcher::Call { .. } if around.calls("tempfile.mktemp") => {
            around.name_is_taken_exclusively()
        }
        _ => false,
    }
}

struct Around<'v, 'e, 'a> {
    view: &'v CallView<'e, 'a>,
    module: ModuleId,
    ir: &'a Ir,
    work: Cell<u32>,
}

impl<'a> Around<'_, '_, 'a> {
    fn text(&self, symbol: Symbol) -> &'a str {
        self.view.evaluator.project().text(symbol)
    }

    fn calls(&self, name: &str) -> bool {
        self.view.callees.iter().any(|callee| match *callee {
            Callee::Function {
                function: (module, function),
                ..
            } => {
                self.view
                    .evaluator
                    .project()
                    .qualified_name(module, function)
                    == name
            }
            _ => false,
        })
    }

    /// The last name of a callee, and what it is an attribute of.
    fn callee(&self, call: u32) -> Option<(&'a str, Operand)> {
        match self.ir.get(call).operand_a().kind() {
            OperandKind::Global(name) => Some((self.text(name), Operand::ABSENT)),
            OperandKind::Register(index) => {
                let instruction = self.ir.get(index);
                match instruction.op {
                    Op::Attr => Some((self.text(instruction.symbol_b()), instruction.operand_a())),
                    Op::Import => self.ir.imports[instruction.a as usize]
                        .name
                        .map(|name| (self.text(name), Operand::ABSENT)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Calls within the function that contains the place.
    fn calls_around(&self) -> impl Iterator<Item = u32> + '_ {
        let function = self.ir.function(self.ir.function_at(self.view.index));
        (function.start..function.end).filter(|&index| self.ir.op(index) == Op::Call)
    }

    /// Whether an argument may only be this constant.
    fn is_literal(&self, operand: Operand, wanted: &Literal) -> bool {
        let (literals, complete) = self.view.evaluator.literals(self.module, operand);
        complete && literals.len() == 1 && literals[0] == *wanted
    }

    /// Whether the limits allow looking at one more part.
    fn goes_on(&self, depth: u32) -> bool {
        self.work.set(self.work.get() + 1);
        depth < MAX_DEPTH && self.work.get() < MOST_WORK
    }

    // --- SQL

    /// Whether each part of a statement that is not constant is a quoted identifier, or was compiled together with
    /// parameters that are passed beside it: `sql, params = compile(); execute(f"SELECT ({sql})", params)`.
    fn sql_is_compiled_or_quoted(&self) -> bool {
        let Some(kind) = self.view.evaluator.program.models.kind("sql") else {
            return false;
        };
        let statement = self.view.ports().iter().find_map(|port| match port.given {
            Given::Argument { value, .. } if port.sinks.contains(&kind) => {
                let shape = self.view.evaluator.shape(self.module, value, Some(kind));
                (shape == Shape::Built).then_some(value)
            }
            _ => None,
        });
        let Some(statement) = statement else {
            return false;
        };
        let mut beside = Vec::new();
        let call = self.ir.get(self.view.index);
        if call.op == Op::Call {
            for (_, value) in self.ir.arguments(call.b) {
                if value != statement {
                    self.add_sequences(value, &mut beside, 0);
                }
            }
        }
        let is_known = |part: Operand| {
            self.view.evaluator.shape(self.module, part, Some(kind)) == Shape::Constant
                || part.as_register().is_some_and(|index| {
                    let instruction = self.ir.get(index);
                    match instruction.op {
                        Op::Call => self
                            .callee(index)
                            .is_some_and(|(name, _)| IDENTIFIER_QUOTING.contains(&name)),
                        Op::Unpack => beside
                            .iter()
                            .any(|&(of, number)| of == instruction.a && number != instruction.b),
                        _ => false,
                    }
                })
        };
        self.consists_of(statement, &is_known, &mut Vec::new(), 0)
    }

    /// What is unpacked from where, among the parts of an argument.
    fn add_sequences(&self, operand: Operand, found: &mut Vec<(u32, u32)>, depth: u32) {
        let Some(index) = operand.as_register().filter(|_| self.goes_on(depth)) else {
            return;
        };
        let instruction = self.ir.get(index);
        match instruction.op {
            Op::Unpack => found.push((instruction.a, instruction.b)),
            Op::Add | Op::Star | Op::Tuple | Op::List | Op::Phi | Op::Call => {
                self.ir.for_each_operand(index, |part| {
                    self.add_sequences(part, found, depth + 1);
                });
            }
            _ => {}
        }
    }

    /// Whether a text is put together only of what is known.
    fn consists_of(
        &self,
        text: Operand,
        is_known: &dyn Fn(Operand) -> bool,
        pending: &mut Vec<Operand>,
        depth: u32,
    ) -> bool {
        if is_known(text) || pending.contains(&text) {
            return true;
        }
        let Some(index) = text.as_register().filter(|_| self.goes_on(depth)) else {
            return false;
        };
        let instruction = self.ir.get(index);
        let is_text_method = instruction.op == Op::Call
            && self
                .callee(index)
                .is_some_and(|(name, _)| matches!(name, "format" | "join"));
        let is_made_of_parts = is_text_method
            || matches!(
                instruction.op,
                Op::Add
                    | Op::Mod
                    | Op::Format
                    | Op::Tuple
                    | Op::List
                    | Op::Phi
                    | Op::And
                    | Op::Or
                    | Op::Comprehension
            );
        if !is_made_of_parts {
            return false;
        }
        pending.push(text);
        let mut all = true;
        if is_text_method {
            let receiver = self.callee(index).map(|(_, receiver)| receiver);
            let arguments = self.ir.arguments(instruction.b).map(|(_, value)| value);
            for part in receiver.into_iter().chain(arguments) {
                all = all && self.consists_of(part, is_known, pending, depth + 1);
            }
        } else if instruction.op == Op::Comprehension {
            all = self.consists_of(instruction.operand_a(), is_known, pending, depth + 1);
        } else {
            self.ir.for_each_operand(index, |part| {
                all = all && self.consists_of(part, is_known, pending, depth + 1);
            });
        }
        pending.pop();
        all
    }

    // --- TLS

    /// Whether the context whose check is switched off is that of a server, where there is no host name to check and
    /// certificates of clients are asked for on purpose only; or whether it demands a certificate of an authority that
    /// is named, which stands in for the name.
    fn context_needs_no_check(&self) -> bool {
        let store = self.ir.get(self.view.index);
        if store.op != Op::StoreAttr {
            return false;
        }
        let context = store.operand_a();
        let made_by = self.made_by(context);
        if !made_by.is_empty()
            && made_by
                .iter()
                .all(|&maker| self.makes_server_context(maker))
        {
            return true;
        }
        let calls_on = |method: &'static str| {
            self.calls_around().filter(move |&call| {
                self.callee(call).is_some_and(|(name, receiver)| {
                    name == method && self.is_same(receiver, context)
                })
            })
        };
        let has_true = |call: u32, name: &str| {
            self.ir.arguments(self.ir.get(call).b).any(|(kind, value)| {
                matches!(kind, Argument::Named(given) if self.text(given) == name)
                    && self.is_literal(value, &Literal::Bool(true))
            })
        };
        if calls_on("wrap_socket").any(|call| has_true(call, "server_side")) {
            return true;
        }
        let (name, _) = self.ir.stored_attr(store.b);
        if self.text(name) != "check_hostname" {
            return false;
        }
        let names_authority = calls_on("load_verify_locations").next().is_some()
            || made_by.iter().any(|&maker| {
                self.ir
                    .arguments(self.ir.get(maker).b)
                    .any(|(kind, value)| {
                        matches!(kind, Argument::Named(name)
                        if matches!(self.text(name), "cafile" | "capath" | "cadata"))
                            && value != Operand::NONE
                    })
            });
        names_authority && self.requires_certificate(context)
    }

    /// Whether the same block demands a certificate for `context`.
    fn requires_certificate(&self, context: Operand) -> bool {
        let block = self.ir.block_at(self.view.index);
        let function = self.ir.function(self.ir.function_at(self.view.index));
        (function.start..function.end)
            .filter(|&index| self.ir.op(index) == Op::StoreAttr)
            .filter(|&index| self.ir.block_at(index) == block)
            .any(|index| {
                let store = self.ir.get(index);
                let (name, value) = self.ir.stored_attr(store.b);
                self.text(name) == "verify_mode"
                    && self.is_same(store.operand_a(), context)
                    && self.is_literal(value, &Literal::Str("CERT_REQUIRED".to_owned()))
            })
    }

    /// Whether a call makes a context for the server's side.
    fn makes_server_context(&self, call: u32) -> bool {
        self.ir.arguments(self.ir.get(call).b).any(|(_, value)| {
            ["TLS-server", "CLIENT_AUTH"]
                .iter()
                .any(|side| self.is_literal(value, &Literal::Str((*side).to_owned())))
        })
    }

    /// The calls that an operand may be the result of.
    fn made_by(&self, operand: Operand) -> Vec<u32> {
        let (mut seen, mut next) = (vec![operand], 0);
        while let Some(&operand) = seen.get(next) {
            next += 1;
            if let Some(join) = self
                .ir
                .instruction(operand)
                .filter(|join| join.op == Op::Phi)
            {
                for (value, _) in self.ir.phi(join.a) {
                    if !seen.contains(&value) && seen.len() < 64 {
                        seen.push(value);
                    }
                }
            }
        }
        seen.into_iter()
            .filter_map(Operand::as_register)
            .filter(|&index| self.ir.op(index) == Op::Call)
            .collect()
    }

    /// Whether two operands may be the same object.
    fn is_same(&self, one: Operand, other: Operand) -> bool {
        if one == other {
            return true;
        }
        if let (Some(one), Some(other)) = (self.ir.instruction(one), self.ir.instruction(other))
            && one.op == Op::Attr
            && other.op == Op::Attr
        {
            return one.a == other.a && one.b == other.b;
        }
        let makers = self.made_by(one);
        self.made_by(other)
            .iter()
            .any(|maker| makers.contains(maker))
    }

    // --- temporary names

    /// Whether a name is used only to make something that must not exist yet.
    fn name_is_taken_exclusively(&self) -> bool {
        let function = self.ir.function_at(self.view.index);
        if function == FunctionId::MODULE {
            return false;
        }
        let body = self.ir.function(function);
        let mut made = vec![self.view.index];
        let mut is_taken = false;
        // The second time, joins at the head of a loop are known.
        for _ in 0..2 {
            for at in body.start..body.end {
                let uses_name = |operand: Operand| {
                    operand
                        .as_register()
                        .is_some_and(|index| made.contains(&index))
                };
                let mut uses = false;
                self.ir
                    .for_each_operand(at, |operand| uses |= uses_name(operand));
                if !uses {
                    continue;
                }
                match self.ir.op(at) {
                    Op::Phi => {
                        if !made.contains(&at) {
                            made.push(at);
                        }
                    }
                    Op::Call => match self.callee(at) {
                        Some((name, _)) if EXCLUSIVE.contains(&name) => is_taken = true,
                        Some((name, _)) if NOT_FOLLOWING.contains(&name) => {}
                        _ => return false,
                    },
                    Op::Compare
                        if !matches!(self.ir.comparison(self.ir.get(at).a).0, Compare::In) => {}
                    Op::Not => {}
                    _ => return false,
                }
            }
        }
        let escapes = self.ir.cells.iter().any(|&(_, _, value)| {
            value
                .as_register()
                .is_some_and(|index| made.contains(&index))
        });
        is_taken && !escapes
    }
}
