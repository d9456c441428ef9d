//! Code rules over a Python project: from files to findings.
//!
//! [`scan`] reads a project (`hognose_python`), asks for values and flows (`hognose_taint`), applies the rules of a
//! catalogue (`hognose_rules`) and gives findings. Most rules only *select* and live in their page; those with logic
//! of their own are the functions listed in [`check`]. This crate opens no files, prints nothing, and does not decide
//! who sees a finding: that is `hognose_report`'s.
//!
//! Start reading at [`scan`], then `detect` (how a place is tested) and `ruleset` (how rules are found for a place).

mod check;
mod detect;
mod finish;
mod fix;
mod place;
mod ruleset;
mod scan;
mod setting;
mod shortfall;
mod stub;
mod surroundings;
mod template;
mod test_code;

pub use scan::{InputFile, InputKind, ScanOptions, ScanResult, entry_points, scan};
pub use stub::check_stub;
