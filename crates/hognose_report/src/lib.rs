//! What we do about findings, and how we show them.
//!
//! [`assess`] turns what the engines found into a [`Report`]: it joins duplicates, applies suppression comments
//! ([`suppression`]), the [`Policy`] and the [`Baseline`], and puts everything into its final order. A renderer
//! ([`render::FORMATS`]) turns a report into text; every format has one file, with the structs of its wire format.
//!
//! This crate does no I/O and knows neither Python nor the rule pages: rules arrive inside the findings, the
//! date of today is passed in, and a rendered report is a `String`.
//!
//! Start reading at [`Report`], then [`assess`].

mod assess;
mod baseline;
mod policy;
pub mod render;
pub mod report;
mod summary;
pub mod suppression;

pub use assess::{Facts, Outcome, assess};
pub use baseline::{Baseline, BaselineError};
pub use policy::{BadGlob, PerFileIgnores, Policy};
pub use report::{Assessed, LeftOut, Report, Run, Status};
pub use summary::{Counts, summary_line};

/// A calendar day, as needed for the expiry of suppressions, and a time in one.
pub use jiff::civil::{Date, DateTime};
