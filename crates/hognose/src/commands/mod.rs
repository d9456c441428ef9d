//! The commands beside the scan.

pub mod db;
pub mod explain;
pub mod generate;
mod markdown;
mod openapi;
pub mod routes;
pub mod rules;
pub mod statistics;

use crate::args::{Global, Scan};
use crate::config::Settings;
use crate::failure::Failure;
use crate::knowledge::Knowledge;
use crate::scan::working_folder;

/// The rules of the binary and those that the configuration nearest to the working folder names.
fn knowledge(global: &Global) -> Result<Knowledge, Failure> {
    let working = working_folder()?;
    let settings = Settings::of_scan(global, &Scan::of_nothing(), &working)?;
    Knowledge::load(&settings.rules, &settings.models, &working)
}
