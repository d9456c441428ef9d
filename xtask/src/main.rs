//! Chores of the Hognose repository, for its developers: `cargo xtask --help`.
#![allow(
    clippy::disallowed_methods,
    reason = "a developer's tool that writes into the repository"
)]
#![allow(
    clippy::disallowed_macros,
    reason = "a developer's tool that speaks to its user"
)]

mod new_rule;

use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the Hognose repository.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write `rules/ID.md`, a page that is right in form and waits for its content.
    NewRule {
        /// Lower-case words joined by hyphens that read well after "ignore": `sql-injection`.
        id: String,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let result = match arguments.command {
        Command::NewRule { id } => new_rule::run(&root, &id),
    };
    match result {
        Ok(message) => {
            println!("{message}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
