//! Whole-program values and taint: what a call calls, what its arguments may be, and how untrusted data gets there.
//!
//! Works on the [`hognose_python`] IR and on the roles of the model stubs ([`Models`]). Knows no rules and no findings:
//! rules ask a [`CallView`] (callee, ports, each with the constants it may be and the shape of its text) and
//! [`flow::trace`] (the path from a source to an operand).
//!
//! Values are flow-sensitive inside a function, through SSA, and follow imports, module constants, class attributes and
//! return types between functions; taint is traced inside one function.
//!
//! [`entry`] knows which functions frameworks call, and with what.
//!
//! Start reading at [`Evaluator`], then [`CallView`].

pub mod entry;
mod integers;
mod literals;
mod models;
mod prefix;
pub mod regex;
mod taint;
mod text;
mod values;
mod view;

pub use entry::{EntryParameter, EntryPoints, Filling, Handler, Returned};
pub use literals::Literal;
pub use models::{Binding, FunctionModel, Kind, Models, Role, Roles};
pub use taint::{
    Doubt, ESCAPED_TEMPLATE, Flow, FlowNote, FlowStep, Flows, Options, PLAIN_TEMPLATE,
    templates_named,
};
pub use text::Shape;
pub use values::{Evaluator, Program, Value};
pub use view::{CallView, Callee, Given, Port};
