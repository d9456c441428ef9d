//! Hognose on the command line: arguments, configuration, wiring, exit codes.
//!
//! The one crate that reads arguments, touches the file system ([`sources`]), prints ([`terminal`]) and exits. It
//! finds out what the user wants ([`args`], [`config`]), has it done ([`scan`], [`audit`], [`commands`]) by the crates below,
//! which know nothing of files and terminals, and shows the result. It decides nothing about Python or security.
//!
//! Start reading at [`scan`].

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches};
use tracing::level_filters::LevelFilter;

use crate::args::{Arguments, Command};
use crate::failure::Failure;
use crate::terminal::Terminal;

mod analysis;
mod args;
mod audit;
mod commands;
mod config;
mod failure;
mod fix;
mod fixing;
mod knowledge;
mod progress;
mod scan;
mod sources;
mod terminal;
mod watch;

/// Trees of syntax are many small allocations, made and dropped file after file; the system's allocator is no match
/// for that. Version 2 of mimalloc: with version 3 a scan of Django took some 2 % more time and 6 % more memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Wrong usage, or something could not be looked at.
const EXIT_TROUBLE: u8 = 2;

/// A panic on a thread of the analysis is caught there and told as a problem with the file; its own words are for
/// `-v`.
fn quieten_guarded_panics() {
    let otherwise = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let guarded = std::thread::current()
            .name()
            .is_some_and(|name| name.starts_with("hognose-"));
        if guarded {
            tracing::info!("caught: {panic}");
        } else {
            otherwise(panic);
        }
    }));
}

fn main() -> ExitCode {
    quieten_guarded_panics();
    let arguments = match parse_arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            // `--help` and `--version` are "errors" too, with exit code 0. That nobody reads them is none.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(EXIT_TROUBLE));
        }
    };
    let global = &arguments.global;
    let terminal = Terminal::of_this_process(global.color, global.quiet, global.verbose);
    start_log(&terminal);

    let result = match &arguments.command {
        Command::Scan(scan) if scan.watch => watch::run(global, scan, &terminal),
        Command::Scan(scan) => scan::run(global, scan, &terminal),
        Command::Audit(audit) => audit::run(global, audit, &terminal),
        Command::Db(db) => commands::db::run(global, db, &terminal),
        Command::Explain(explain) => commands::explain::run(global, explain, &terminal),
        Command::Routes(routes) => commands::routes::run(global, routes, &terminal),
        Command::Rules(rules) => commands::rules::run(global, rules, &terminal),
        Command::Completions { shell } => commands::generate::completions(*shell, &terminal),
        Command::Man { folder } => commands::generate::man(folder.as_deref(), &terminal),
        Command::ConfigSchema => terminal.print(&config::json_schema()).map(|()| 0),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // `hognose rules | head -3`: the reader has had enough.
        Err(Failure::NobodyReads) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.tell(&failure.render(terminal.colour_errors));
            ExitCode::from(EXIT_TROUBLE)
        }
    }
}

/// The arguments; messages about wrong ones heed `--color` although it has not been parsed yet.
fn parse_arguments() -> Result<Arguments, clap::Error> {
    let given: Vec<_> = std::env::args_os().collect();
    let says = |value: &str| {
        let joined = format!("--color={value}");
        given.iter().any(|argument| *argument == *joined)
            || given
                .windows(2)
                .any(|pair| pair[0] == "--color" && pair[1] == value)
    };
    let choice = match () {
        () if says("never") => ColorChoice::Never,
        () if says("always") => ColorChoice::Always,
        () => ColorChoice::Auto,
    };
    let matches = Arguments::command()
        .color(choice)
        .try_get_matches_from(&given)?;
    Arguments::from_arg_matches(&matches)
}

/// `-v` says what is done, `-vv` how, `-vvv` everything; to standard error.
fn start_log(terminal: &Terminal) {
    let level = match terminal.verbose {
        0 => return,
        1 => LevelFilter::INFO,
        2 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_ansi(terminal.colour_errors)
        .with_target(false)
        .without_time()
        .init();
}
