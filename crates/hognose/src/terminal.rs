//! Printing: colours, width, links, and what happens when nobody reads.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use hognose_report::render::{Options, Summary};

use crate::args::ColorWhen;
use crate::failure::Failure;

/// Columns of what is no terminal.
const WIDTH: usize = 100;

/// What standard output and standard error can show, and how much the user wants to see.
#[derive(Debug, Clone)]
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
pub struct Terminal {
    /// Colours on standard output.
    pub colour: bool,
    /// Colours on standard error.
    pub colour_errors: bool,
    /// Somebody sits in front of standard output.
    pub output_seen: bool,
    /// Somebody sits in front of standard error.
    pub errors_seen: bool,
    /// Columns of standard output.
    pub width: usize,
    /// No summary and no progress.
    pub quiet: bool,
    /// How much is logged.
    pub verbose: u8,
}

impl Terminal {
    /// Looks at the streams and the environment.
    pub fn of_this_process(when: ColorWhen, quiet: bool, verbose: u8) -> Self {
        let (is_terminal, errors_seen) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let environment = |name: &str| std::env::var(name).ok();
        Terminal {
            colour: wants_colour(when, is_terminal, environment),
            colour_errors: wants_colour(when, errors_seen, environment),
            output_seen: is_terminal,
            errors_seen,
            width: width(is_terminal),
            quiet,
            verbose,
        }
    }

    /// How a report on standard output is rendered.
    pub fn render_options(&self, working: &Path) -> Options {
        let links = self.colour && self.output_seen && supports_hyperlinks::supports_hyperlinks();
        Options {
            color: self.colour,
            width: self.width,
            ascii: self.output_seen && only_ascii(|name| std::env::var(name).ok()),
            links: links.then(|| file_url(working)),
            summary: if self.quiet {
                Summary::Omitted
            } else {
                Summary::Timed
            },
        }
    }

    /// Writes to standard output.
    #[allow(clippy::unused_self, reason = "who prints has a terminal")]
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| match error.kind() {
                io::ErrorKind::BrokenPipe => Failure::NobodyReads,
                _ => Failure::new(format!("standard output cannot be written: {error}")),
            })
    }

    #[allow(clippy::unused_self, reason = "who prints has a terminal")]
    /// Writes to standard error. If that is not possible, there is nobody to tell.
    pub fn tell(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// `text` in a style, if standard output has colours.
    pub fn paint(&self, style: anstyle::Style, text: &str) -> String {
        if self.colour {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// `NO_COLOR` (no-color.org), then `FORCE_COLOR` and `CLICOLOR_FORCE`, then `CLICOLOR=0`, then whether it is a terminal.
fn wants_colour(
    when: ColorWhen,
    is_terminal: bool,
    environment: impl Fn(&str) -> Option<String>,
) -> bool {
    let set = |name: &str| environment(name).is_some_and(|value| !value.is_empty());
    let forced =
        |name: &str| environment(name).is_some_and(|value| !value.is_empty() && value != "0");
    match when {
        ColorWhen::Always => true,
        ColorWhen::Never => false,
        ColorWhen::Auto if set("NO_COLOR") => false,
        ColorWhen::Auto if forced("FORCE_COLOR") || forced("CLICOLOR_FORCE") => true,
        ColorWhen::Auto => {
            is_terminal
                && environment("CLICOLOR").as_deref() != Some("0")
                && environment("TERM").as_deref() != Some("dumb")
        }
    }
}

fn width(is_terminal: bool) -> usize {
    let told = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok());
    let seen = || {
        terminal_size::terminal_size()
            .map(|(terminal_size::Width(columns), _)| usize::from(columns))
    };
    let columns: Option<usize> = if is_terminal {
        told.or_else(seen)
    } else {
        told
    };
    columns.map_or(WIDTH, |columns| columns.clamp(40, 400))
}

/// Whether the locale says that only ASCII can be shown. No locale at all says nothing: so it is in most containers.
fn only_ascii(environment: impl Fn(&str) -> Option<String>) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| environment(name).filter(|value| !value.is_empty()));
    matches!(locale.as_deref(), Some("C" | "POSIX"))
}

fn file_url(folder: &Path) -> String {
    let mut url = "file://".to_owned();
    for byte in folder.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => {
                url.push(char::from(*byte));
            }
            b'\\' => url.push('/'),
            _ => {
                let _ = write!(url, "%{byte:02X}"); // writing to a String cannot fail
            }
        }
    }
    if !url.ends_with('/') {
        url.push('/');
    }
    url
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{file_url, only_ascii, wants_colour};
    use crate::args::ColorWhen;

    #[test]
    fn colours_heed_the_environment() {
        let check = |set: &[(&str, &str)], is_terminal, expected| {
            let environment = |name: &str| {
                set.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(
                wants_colour(ColorWhen::Auto, is_terminal, environment),
                expected,
                "{set:?}"
            );
        };
        check(&[], true, true);
        check(&[], false, false);
        check(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")], true, false);
        check(&[("NO_COLOR", "")], true, true);
        check(&[("FORCE_COLOR", "1")], false, true);
        check(&[("FORCE_COLOR", "0")], false, false);
        check(&[("CLICOLOR", "0")], true, false);
        check(&[("CLICOLOR_FORCE", "1")], false, true);
        check(&[("TERM", "dumb")], true, false);
        assert!(wants_colour(ColorWhen::Always, false, |_| Some(
            "1".to_owned()
        )));
    }

    #[test]
    fn locales() {
        let check = |set: &[(&str, &str)], expected| {
            let environment = |name: &str| {
                set.iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            assert_eq!(only_ascii(environment), expected, "{set:?}");
        };
        check(&[], false);
        check(&[("LANG", "C")], true);
        check(&[("LANG", "C.UTF-8")], false);
        check(&[("LANG", "C"), ("LC_ALL", "de_DE.UTF-8")], false);
    }

    #[test]
    fn folders_as_urls() {
        assert_eq!(
            file_url(Path::new("/home/a b/ü")),
            "file:///home/a%20b/%C3%BC/"
        );
        assert_eq!(file_url(Path::new("/")), "file:///");
    }
}
