//! `hognose db`: fetching, importing and describing the advisories.

use std::path::{Path, PathBuf};

use hognose_finding::ProblemKind;
use hognose_http::{Client, Limits, Scope, without_password};
use hognose_report::Date;
use hognose_sca::advisory::{Builder, Index, read_epss, read_kev};
use tracing::info;

use self::status::Status;
use crate::args::{Db, DbAction, DbIndex, Global, Scan, StatusFormat};
use crate::config::Settings;
use crate::failure::Failure;
use crate::scan::{clock, working_folder};
use crate::sources::{
    IndexFile, each_file, index_place, is_record, make_folder, read_regular, shown, sync_folder,
    write_atomically,
};
use crate::terminal::Terminal;

mod status;

/// The public export of OSV: all advisories about Python packages, made anew every day.
const PUBLIC_EXPORT: &str = "https://osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip";

/// The largest source that is read. The public export has some 30 MB.
const LARGEST: u64 = 512 << 20;

/// Runs the command; gives the exit code.
pub fn run(global: &Global, arguments: &Db, terminal: &Terminal) -> Result<u8, Failure> {
    let working = working_folder()?;
    let settings = Settings::of_scan(global, &Scan::of_nothing(), &working)?;
    let run = Run {
        global,
        settings: &settings,
        working: &working,
        terminal,
        today: clock().date(),
    };
    match &arguments.action {
        DbAction::Update { url, index } => {
            let urls = match (url.as_slice(), &settings.advisories_url) {
                ([], Some(configured)) => configured.clone(),
                ([], None) => vec![PUBLIC_EXPORT.to_owned()],
                (given, _) => given.to_vec(),
            };
            run.build(&urls, index)
        }
        DbAction::Import { sources, index } => run.build(sources, index),
        DbAction::Status { advisories, format } => run.status(advisories.as_ref(), *format),
    }
}

/// Where the index is: as the command line or the environment says, the configuration, or in the user's cache.
pub fn place(
    given: Option<&PathBuf>,
    settings: &Settings,
    working: &Path,
) -> Result<PathBuf, Failure> {
    if let Some(path) = given {
        return Ok(working.join(path));
    }
    if let Some(path) = &settings.advisories {
        return Ok(path.clone());
    }
    index_place(|name| std::env::var_os(name)).ok_or_else(|| {
        Failure::with_help(
            "there is no folder for the index of advisories: the environment names no home",
            Some("`--advisories FILE` says where it is".to_owned()),
        )
    })
}

/// Days from `day` (`YYYY-MM-DD`) to `today`. `None`: it is no day, or one to come.
pub fn days_since(day: &str, today: Date) -> Option<u32> {
    let day: Date = day.parse().ok()?;
    u32::try_from(today.since(day).ok()?.get_days()).ok()
}

struct Run<'a> {
    global: &'a Global,
    settings: &'a Settings,
    working: &'a Path,
    terminal: &'a Terminal,
    today: Date,
}

impl Run<'_> {
    /// Builds the index from `sources` and puts it in the place of the old one, which stays if anything goes wrong.
    fn build(&self, sources: &[String], index: &DbIndex) -> Result<u8, Failure> {
        let target = self.target(index)?;
        let mut builder = Builder::default();
        for source in sources {
            self.add(&mut builder, source)?;
        }
        if let Some(kev) = &index.kev {
            let bytes = self.bytes(kev)?;
            builder.kev(read_kev(&bytes).map_err(|error| of(kev, &error.to_string()))?);
        }
        if let Some(epss) = &index.epss {
            let bytes = self.bytes(epss)?;
            builder.epss(read_epss(&bytes).map_err(|error| of(epss, &error.to_string()))?);
        }
        let built = builder.finish(&self.today.to_string()).map_err(|error| {
            let old = target
                .exists()
                .then(|| "the index that was there is unchanged".to_owned());
            Failure::with_help(error.to_string(), old)
        })?;
        self.write(&target, &built.bytes)?;
        for one in &built.unreadable {
            self.terminal.tell(&format!("left out: {one}\n"));
        }
        if !self.terminal.quiet {
            let about = &built.about;
            self.terminal.tell(&format!(
                "{} vulnerabilities of {} packages from {} records, the newest of {}, in `{}`\n",
                about.vulnerabilities,
                built.packages,
                about.records,
                about.newest,
                shown(&target, self.working)
            ));
        }
        Ok(if built.about.unreadable > 0 { 2 } else { 0 })
    }

    /// Where to write. A configuration that came with the code has no say in that.
    fn target(&self, index: &DbIndex) -> Result<PathBuf, Failure> {
        if index.advisories.is_none() && self.settings.advisories_of_the_code() {
            let help =
                "`--advisories FILE` or `--config FILE` may say so, and `--isolated` ignores it";
            return Err(Failure::with_help(
                "the configuration beside the code says where the advisories are, and nothing is written there",
                Some(help.to_owned()),
            ));
        }
        place(index.advisories.as_ref(), self.settings, self.working)
    }

    fn write(&self, target: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let failure =
            |reason: String| Failure::new(format!("`{}` {reason}", shown(target, self.working)));
        let folder = target.parent().unwrap_or(self.working);
        make_folder(folder).map_err(failure)?;
        write_atomically(target, bytes, None).map_err(failure)?;
        sync_folder(folder);
        Ok(())
    }

    /// Adds the records of one source.
    fn add(&self, builder: &mut Builder, source: &str) -> Result<(), Failure> {
        let folder = local(source)
            .map(|path| self.working.join(path))
            .filter(|path| path.is_dir());
        let name = source.rsplit('/').next().unwrap_or(source);
        if let Some(folder) = folder {
            each_file(&folder, |name, bytes| match bytes {
                Ok(bytes) => builder.add_file(name, &bytes),
                Err(error) => builder.unreadable(name, &error.message),
            })
            .map_err(|reason| of(source, &reason))?;
        } else if is_record(name) {
            builder.add_file(name, &self.bytes(source)?);
        } else {
            let bytes = self.bytes(source)?;
            builder
                .add_zip(&bytes)
                .map_err(|reason| of(source, &reason))?;
        }
        builder.source(without_password(source));
        Ok(())
    }

    /// The bytes of a file or of an address.
    fn bytes(&self, source: &str) -> Result<Vec<u8>, Failure> {
        let Some(path) = local(source) else {
            return self.fetch(source);
        };
        read_regular(&self.working.join(path), LARGEST).map_err(|error| {
            let reason = match error.kind {
                ProblemKind::Vanished => "does not exist".to_owned(),
                ProblemKind::TooLarge => format!("is larger than {} MiB", LARGEST >> 20),
                _ => error.message,
            };
            of(source, &reason)
        })
    }

    fn fetch(&self, url: &str) -> Result<Vec<u8>, Failure> {
        if self.global.offline {
            let help =
                "`hognose db import FILE` reads a file that was fetched elsewhere".to_owned();
            let message = format!("`{}` cannot be fetched `--offline`", without_password(url));
            return Err(Failure::with_help(message, Some(help)));
        }
        let scope = Scope::of(url).map_err(|error| Failure::new(error.to_string()))?;
        let limits = Limits {
            bytes: LARGEST,
            ..Limits::default()
        };
        info!("fetching {}", without_password(url));
        let client = Client::new(
            concat!("hognose/", env!("CARGO_PKG_VERSION")),
            scope,
            limits,
        );
        let bytes = client
            .get(url)
            .map_err(|error| of(url, &error.to_string()))?;
        info!("{} bytes", bytes.len());
        Ok(bytes)
    }

    fn status(&self, given: Option<&PathBuf>, format: StatusFormat) -> Result<u8, Failure> {
        let path = place(given, self.settings, self.working)?;
        let name = shown(&path, self.working);
        let failure = |reason: &str, help| {
            Failure::with_help(format!("the index of advisories `{name}` {reason}"), help)
        };
        let file = IndexFile::open(&path).map_err(|error| {
            if error.kind == ProblemKind::Vanished {
                let help = "`hognose db update` fetches the advisories".to_owned();
                failure("does not exist", Some(help))
            } else {
                failure(&error.message, None)
            }
        })?;
        let index = Index::open(file)
            .and_then(|index| index.verify().map(|()| index))
            .map_err(|error| failure(&error.to_string(), None))?;
        let bytes =
            read_regular(&path, u64::MAX - 1).map_err(|error| failure(&error.message, None))?;
        let status = Status::of(&name, &bytes, &index, self.today);
        self.terminal.print(&match format {
            StatusFormat::Table => status.table(),
            StatusFormat::Json => status.json(),
        })?;
        Ok(0)
    }
}

/// A source that is no address of the network, as a path.
fn local(source: &str) -> Option<&str> {
    match source.split_once("://") {
        Some(("file", path)) => Some(path.strip_prefix("localhost").unwrap_or(path)),
        Some(_) => None,
        None => Some(source),
    }
}

fn of(source: &str, reason: &str) -> Failure {
    Failure::new(format!("`{}` {reason}", without_password(source)))
}
