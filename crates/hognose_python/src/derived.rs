//! Files in other languages that are part of the program, as the Python that they amount to.

use std::sync::Arc;

use crate::ir::{Ir, Span};

/// A file that is no Python, such as a template, as a program that does the same.
#[derive(Debug, Clone)]
pub struct Derived {
    /// The file, as shown to the user.
    pub path: Arc<str>,
    /// Name of the module; none that code could import.
    pub name: String,
    /// The program.
    pub text: String,
    /// From which byte of the program on it stands for which range of the file, in order.
    pub origins: Vec<(u32, Span)>,
    /// Hash of the file's bytes, see [`crate::content_hash`].
    pub hash: u64,
}

impl Derived {
    /// Gives the instructions of the program the ranges of the file that they stand for.
    pub(crate) fn relocate(&self, ir: &mut Ir) {
        let origin = |span: &mut Span| {
            let after = self
                .origins
                .partition_point(|(from, _)| *from <= span.start);
            *span = match after.checked_sub(1) {
                Some(at) => self.origins[at].1,
                None => Span { start: 0, end: 0 },
            };
        };
        ir.spans.iter_mut().for_each(origin);
        ir.operand_spans.iter_mut().for_each(origin);
        ir.params
            .iter_mut()
            .for_each(|param| origin(&mut param.span));
        ir.functions
            .iter_mut()
            .for_each(|function| origin(&mut function.span));
    }
}
