//! `hognose scan --watch`: again and again.

use std::path::PathBuf;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{Event, EventKind, RecursiveMode, Watcher};

use crate::args::{Global, Scan};
use crate::config::Settings;
use crate::failure::Failure;
use crate::scan::{self, working_folder};
use crate::sources::TEMPORARY;
use crate::terminal::Terminal;

/// Editors and version control write several files at once: wait until it has been quiet this long.
const QUIET: Duration = Duration::from_millis(150);

/// Scans whenever a file changes, until the program is interrupted.
pub fn run(global: &Global, arguments: &Scan, terminal: &Terminal) -> Result<u8, Failure> {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Failure::new("standard input cannot be watched"));
    }
    let cannot = |error: notify::Error| Failure::new(format!("cannot watch for changes: {error}"));
    let working = working_folder()?;
    // What the scans themselves write must not start another one.
    let outputs: Arc<Mutex<Vec<PathBuf>>> = Arc::default();
    let written = Arc::clone(&outputs);
    let (sender, changes) = channel::<()>();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let written = written.lock().unwrap_or_else(PoisonError::into_inner);
        // An error may hide a change: better one scan too many.
        if event.map_or(true, |event| matters(&event, &written)) {
            let _ = sender.send(()); // the receiver lives as long as the program
        }
    })
    .map_err(cannot)?;
    for path in &arguments.paths {
        let path = working.join(path);
        watcher
            .watch(&path, RecursiveMode::Recursive)
            .map_err(cannot)?;
    }
    // The configuration may lie here, above what is scanned.
    watcher
        .watch(&working, RecursiveMode::NonRecursive)
        .map_err(cannot)?;
    loop {
        if terminal.output_seen {
            terminal.print("\x1b[2J\x1b[H")?; // clear the screen
        }
        if let Ok(settings) = Settings::of_scan(global, arguments, &working) {
            let files = settings
                .outputs
                .into_iter()
                .filter_map(|output| output.file);
            *outputs.lock().unwrap_or_else(PoisonError::into_inner) = files.collect();
        }
        match scan::run(global, arguments, terminal) {
            Ok(_) => {}
            Err(Failure::NobodyReads) => return Err(Failure::NobodyReads),
            // A file half written, a key half typed: the next change may put it right.
            Err(failure) => terminal.tell(&failure.render(terminal.colour_errors)),
        }
        if !terminal.quiet {
            terminal.tell("waiting for changes; Ctrl-C ends\n");
        }
        if changes.recv().is_err() {
            return Ok(0);
        }
        while changes.recv_timeout(QUIET).is_ok() {}
    }
}

/// Whether an event may change what a scan finds. `written`: what the scans write, absolute.
fn matters(event: &Event, written: &[PathBuf]) -> bool {
    let nothing = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.contains(TEMPORARY)
            || written.contains(path)
            || path.components().any(|part| {
                matches!(
                    part.as_os_str().to_str(),
                    Some(".git" | "__pycache__" | ".mypy_cache")
                )
            })
    };
    !matches!(event.kind, EventKind::Access(_)) && !event.paths.iter().all(nothing)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use notify::event::{AccessKind, CreateKind, Event, EventKind};

    use super::matters;

    #[test]
    fn own_writing_and_reading_is_no_change() {
        let check = |kind: EventKind, path: &str, expected: bool| {
            let event = Event::new(kind).add_path(PathBuf::from(path));
            assert_eq!(
                matters(&event, &[PathBuf::from("/p/out.html")]),
                expected,
                "{path}"
            );
        };
        let created = EventKind::Create(CreateKind::File);
        check(created, "/p/a.py", true);
        check(created, "/p/hognose.toml", true);
        check(created, "/p/out.html", false);
        check(created, "/p/.out.html.hognose-17-0", false);
        check(created, "/p/.git/index", false);
        check(EventKind::Access(AccessKind::Read), "/p/a.py", false);
    }
}
