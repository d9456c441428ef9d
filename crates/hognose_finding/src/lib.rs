//! The vocabulary of Hognose: the words all engines, the report and the binary share.
//!
//! An engine turns what it looks at into [`Finding`]s and [`Problem`]s. A finding says *one place where it is
//! wrong*, with its [`Rule`], [`Location`], [`Evidence`] and [`Fix`]es; a problem says *we could not look properly*.
//!
//! This crate does no I/O and knows nothing of Python, of rules files or of output formats: what goes over a wire
//! has its own structs beside the code that writes it (`hognose_report`).
//!
//! Start reading at [`Finding`].

mod entry_point;
mod finding;
mod fingerprint;
mod location;
mod problem;
mod rule;
mod sources;
mod suppression;

pub use entry_point::{EntryPoint, ParameterLocation, Route, RouteParameter, ValueConstraint};
pub use finding::{
    Advisory, Cvss, Edit, Epss, Evidence, Finding, Fix, Flow, FlowStep, KnownExploited, Safety,
};
pub use fingerprint::Fingerprint;
pub use location::{CodeLocation, Excerpt, Location, PackageLocation, Position, Range};
pub use problem::{Problem, ProblemKind, ProblemLevel};
pub use rule::{Alias, AliasTool, Confidence, ParseLevelError, Persona, Rule, Severity};
pub use sources::{SourceError, Sources};
pub use suppression::{Directive, DirectiveKind, DirectiveScope};
