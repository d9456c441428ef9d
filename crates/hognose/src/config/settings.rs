//! What holds in the end: the command line before `--config`, before the configuration file, before the defaults.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use hognose_finding::{Persona, Problem, ProblemKind};
use hognose_report::render::{FORMATS, Format, format};
use hognose_report::{PerFileIgnores, Policy};
use hognose_rules::Catalogue;

use super::error::nearest;
use super::find::{self, Layer, ReadError};
use super::keys::{FailOn, ForeignComments, Keys, ProblemsMean};
use super::select::{Place, Selector};
use crate::args::{Global, Scan};
use crate::failure::Failure;
use crate::sources::{Patterns, WalkOptions, shown};

/// Files larger than this are not scanned unless the user says otherwise. The largest hand-written modules have
/// about 1 MiB; generated tables reach some ten.
const MAX_FILE_SIZE: u64 = 32 << 20;

/// Advisories older than this many days are a problem unless the user says otherwise: new ones come every day.
const MAX_AGE: u32 = 30;

/// What holds for a run.
#[derive(Debug)]
pub struct Settings {
    layers: Vec<Layer>,
    select: Vec<Selector>,
    ignore: Vec<Selector>,
    policy: Policy,
    /// What problems mean for the exit code.
    pub problems: ProblemsMean,
    /// Where to look.
    pub walk: WalkOptions,
    /// Files larger than this, in bytes, are not scanned.
    pub max_file_size: u64,
    /// Folders from which the project's own modules are imported, absolute. Empty: not said.
    pub src: Vec<PathBuf>,
    /// Folders of the user's rule pages, absolute.
    pub rules: Vec<NamedFolder>,
    /// Folders of the user's model stubs, absolute.
    pub models: Vec<NamedFolder>,
    /// Reports to write.
    pub outputs: Vec<OutputTo>,
    /// The file of known findings.
    pub baseline: Option<PathBuf>,
    /// Whether the project is a library, if said.
    pub library: Option<bool>,
    /// The index of advisories, absolute, if said.
    pub advisories: Option<PathBuf>,
    /// Where advisories are fetched from, if a configuration that is trusted says so.
    pub advisories_url: Option<Vec<String>>,
    /// Advisories older than this many days are a problem.
    pub advisories_max_age: u32,
    /// Number of threads, if said.
    pub jobs: Option<usize>,
}

/// A folder that the configuration names.
#[derive(Debug, Clone)]
pub struct NamedFolder {
    /// Where it is, absolute.
    pub path: PathBuf,
    /// Where it is named.
    pub place: Place,
}

/// A report to write.
#[derive(Debug, Clone)]
pub struct OutputTo {
    /// In which format.
    pub format: &'static Format,
    /// To which file; `None`: standard output.
    pub file: Option<PathBuf>,
    /// The folder that the file must lie in: a configuration that came with the scanned code must not write
    /// elsewhere.
    pub within: Option<PathBuf>,
}

impl Settings {
    /// The settings of a scan, as seen from the working folder `working` (absolute, canonical).
    pub fn of_scan(global: &Global, scan: &Scan, working: &Path) -> Result<Self, Failure> {
        let layers = layers(global, &scan.paths, working)?;
        let last = |pick: fn(&Keys) -> Option<&Vec<toml::Spanned<String>>>| -> Vec<Selector> {
            let found = layers
                .iter()
                .rev()
                .find_map(|layer| pick(&layer.keys).map(|list| (layer, list)));
            found.map_or_else(Vec::new, |(layer, list)| {
                list.iter().map(|text| selector(layer, text)).collect()
            })
        };
        let flags = |texts: &[String], flag: &'static str| -> Vec<Selector> {
            let texts = texts.iter().filter(|text| !text.trim().is_empty());
            texts
                .map(|text| Selector {
                    text: text.clone(),
                    place: Place::Flag(flag),
                })
                .collect()
        };

        let mut select = flags(&scan.select, "--select");
        if select.is_empty() {
            select = last(|keys| keys.select.as_ref());
        }
        // What the project ignores stays ignored if one ignores more.
        let mut ignore = last(|keys| keys.ignore.as_ref());
        ignore.extend(flags(&scan.ignore, "--ignore"));

        let foreign =
            value(&layers, |keys| keys.foreign_comments).unwrap_or(ForeignComments::Honour);
        let policy = Policy {
            persona: scan
                .persona
                .or(value(&layers, |keys| keys.persona))
                .map_or(Persona::Regular, Persona::from),
            severity: scan
                .severity
                .or(value(&layers, |keys| keys.severity))
                .map(Into::into),
            fail_on: scan
                .fail_on
                .or(value(&layers, |keys| keys.fail_on))
                .unwrap_or(FailOn::Low)
                .least(),
            require_reason: value(&layers, |keys| keys.require_reason).unwrap_or(false),
            report_unused_foreign: foreign == ForeignComments::ReportUnused,
            disregard_foreign: foreign == ForeignComments::Disregard,
            ..Policy::default()
        };

        let mut exclude = patterns(&layers, |keys| keys.exclude.as_ref())?;
        for pattern in &scan.exclude {
            Patterns::check(pattern).map_err(|reason| {
                Failure::new(format!(
                    "--exclude: `{pattern}` is not a valid pattern: {reason}"
                ))
            })?;
        }
        exclude.push(Patterns::new(
            working.to_path_buf(),
            scan.exclude.iter().map(String::as_str),
        ));
        let walk = WalkOptions {
            respect_gitignore: !scan.no_ignore
                && value(&layers, |keys| keys.respect_gitignore).unwrap_or(true),
            include_vendored: scan.include_vendored
                || value(&layers, |keys| keys.include_vendored).unwrap_or(false),
            exclude,
            include: patterns(&layers, |keys| keys.include.as_ref())?,
            manifests: false,
        };

        Ok(Settings {
            select,
            ignore,
            policy,
            problems: scan
                .problems
                .or(value(&layers, |keys| keys.problems))
                .unwrap_or(ProblemsMean::Fail),
            walk,
            max_file_size: scan
                .max_file_size
                .or(value(&layers, |keys| keys.max_file_size))
                .map_or(MAX_FILE_SIZE, |size| size.0),
            src: folders(&layers, |keys| keys.src.as_ref())?
                .into_iter()
                .map(|folder| folder.path.canonicalize().unwrap_or(folder.path))
                .collect(),
            rules: folders(&layers, |keys| keys.rules.as_ref())?,
            models: folders(&layers, |keys| keys.models.as_ref())?,
            outputs: outputs(&layers, scan, working)?,
            baseline: match &scan.baseline {
                Some(file) => Some(working.join(file)),
                None => with_base(&layers, |keys| keys.baseline.as_ref())
                    .map(|(layer, file)| layer.base.join(file.get_ref())),
            },
            advisories: with_base(&layers, |keys| keys.advisories.as_ref())
                .map(|(layer, file)| layer.base.join(file.get_ref())),
            advisories_url: layers
                .iter()
                .rev()
                .filter(|layer| !layer.discovered)
                .find_map(|layer| layer.keys.advisories_url.as_ref())
                .map(|urls| urls.iter().map(|url| url.get_ref().clone()).collect()),
            advisories_max_age: value(&layers, |keys| keys.advisories_max_age).unwrap_or(MAX_AGE),
            library: scan.library.or(value(&layers, |keys| keys.library)),
            jobs: scan
                .jobs
                .map(usize::from)
                .or(value(&layers, |keys| keys.jobs).map(|jobs| jobs.0)),
            layers,
        })
    }

    /// The policy, now that the rules are known.
    pub fn policy(&self, catalogue: &Catalogue, working: &Path) -> Result<Policy, Failure> {
        let resolve = |selectors: &[Selector]| -> Result<Vec<Arc<str>>, Failure> {
            let mut rules = Vec::new();
            for selector in selectors {
                rules.extend(selector.resolve(catalogue)?);
            }
            rules.sort();
            rules.dedup();
            Ok(rules)
        };
        let mut ignores = Vec::new();
        if let Some((layer, table)) = with_base(&self.layers, |keys| keys.per_file_ignores.as_ref())
        {
            for (pattern, rules) in table {
                let place = Place::Config(Arc::clone(&layer.origin), pattern.span());
                let selectors: Vec<Selector> =
                    rules.iter().map(|text| selector(layer, text)).collect();
                let rules = resolve(&selectors)?;
                for pattern in seen_from(pattern.get_ref(), &layer.base, working) {
                    PerFileIgnores::new([(&pattern, Vec::new())])
                        .map_err(|error| place.failure(error.to_string(), None))?;
                    ignores.push((pattern, rules.clone()));
                }
            }
        }
        Ok(Policy {
            select: if self.select.is_empty() {
                None
            } else {
                Some(resolve(&self.select)?)
            },
            ignore: resolve(&self.ignore)?,
            per_file_ignores: PerFileIgnores::new(ignores)
                .map_err(|error| Failure::new(error.to_string()))?,
            ..self.policy.clone()
        })
    }

    /// Whether the place of the advisories comes from a configuration that lies beside the code: it may say where to
    /// look, but nothing is written there.
    pub fn advisories_of_the_code(&self) -> bool {
        with_base(&self.layers, |keys| keys.advisories.as_ref())
            .is_some_and(|(layer, _)| layer.discovered)
    }

    /// The configuration files that were used, for the log.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.origin.name.as_str())
    }
}

/// From the weakest to the strongest.
fn layers(global: &Global, paths: &[PathBuf], working: &Path) -> Result<Vec<Layer>, Failure> {
    let mut files = Vec::new();
    let mut settings = Vec::new();
    for argument in &global.config {
        if argument.contains('=') && !working.join(argument).is_file() {
            settings.push(find::parse_argument(argument, working)?);
        } else {
            files.push(
                find::read(Path::new(argument), working).map_err(|error| match error {
                    ReadError::File(name, reason) => {
                        Failure::new(format!("configuration file `{name}` {reason}"))
                    }
                    ReadError::Config(error) => error.into(),
                })?,
            );
        }
    }
    if files.is_empty() && !global.isolated {
        files.extend(find::discover(paths, working)?);
    }
    files.append(&mut settings);
    Ok(files)
}

/// Notes for configuration files below `paths`, beside or above one of `files`, that are not used. None if the user
/// said which to use.
pub fn unused_configuration(
    global: &Global,
    paths: &[PathBuf],
    files: &[&Path],
    working: &Path,
) -> Vec<Problem> {
    let named = |argument: &String| !argument.contains('=') || working.join(argument).is_file();
    if global.isolated || global.config.iter().any(named) {
        return Vec::new();
    }
    find::too_deep(paths, files, working)
        .into_iter()
        .map(|path| {
            let folder = path.parent().unwrap_or(working);
            let message = format!(
                "is not used, since it does not hold for everything that is scanned; `hognose scan {}` uses it",
                shown(folder, working)
            );
            Problem::in_file(
                ProblemKind::UnusedConfiguration,
                shown(&path, working),
                message,
            )
        })
        .collect()
}

fn value<T>(layers: &[Layer], pick: impl Fn(&Keys) -> Option<T>) -> Option<T> {
    layers.iter().rev().find_map(|layer| pick(&layer.keys))
}

fn with_base<'a, T>(
    layers: &'a [Layer],
    pick: impl Fn(&'a Keys) -> Option<&'a T>,
) -> Option<(&'a Layer, &'a T)> {
    layers
        .iter()
        .rev()
        .find_map(|layer| pick(&layer.keys).map(|found| (layer, found)))
}

fn selector(layer: &Layer, text: &toml::Spanned<String>) -> Selector {
    let place = Place::Config(Arc::clone(&layer.origin), text.span());
    Selector {
        text: text.get_ref().clone(),
        place,
    }
}

fn patterns(
    layers: &[Layer],
    pick: fn(&Keys) -> Option<&Vec<toml::Spanned<String>>>,
) -> Result<Vec<Patterns>, Failure> {
    let Some((layer, list)) = with_base(layers, pick) else {
        return Ok(Vec::new());
    };
    for pattern in list {
        Patterns::check(pattern.get_ref()).map_err(|reason| {
            Place::Config(Arc::clone(&layer.origin), pattern.span())
                .failure(format!("not a valid pattern: {reason}"), None)
        })?;
    }
    Ok(vec![Patterns::new(
        layer.base.clone(),
        list.iter().map(|pattern| pattern.get_ref().as_str()),
    )])
}

fn folders(
    layers: &[Layer],
    pick: fn(&Keys) -> Option<&Vec<toml::Spanned<PathBuf>>>,
) -> Result<Vec<NamedFolder>, Failure> {
    let Some((layer, list)) = with_base(layers, pick) else {
        return Ok(Vec::new());
    };
    list.iter()
        .map(|folder| {
            let path = layer.base.join(folder.get_ref());
            let place = Place::Config(Arc::clone(&layer.origin), folder.span());
            if path.is_dir() {
                Ok(NamedFolder { path, place })
            } else {
                Err(place.failure(
                    format!("there is no folder `{}`", folder.get_ref().display()),
                    None,
                ))
            }
        })
        .collect()
}

fn outputs(layers: &[Layer], scan: &Scan, working: &Path) -> Result<Vec<OutputTo>, Failure> {
    let mut outputs: Vec<OutputTo> = Vec::new();
    for text in &scan.output {
        let (name, file) = match text.split_once('=') {
            Some((name, file)) if !file.is_empty() && file != "-" => {
                (name, Some(working.join(file)))
            }
            Some((name, _)) => (name, None),
            None => (text.as_str(), None),
        };
        let format = named_format(name, &Place::Flag("--output"))?;
        if file.is_none() && outputs.iter().any(|output| output.file.is_none()) {
            return Err(Failure::with_help(
                "--output: only one format can go to standard output",
                Some(format!("give the other one a file: `--output {name}=FILE`")),
            ));
        }
        outputs.push(OutputTo {
            format,
            file,
            within: None,
        });
    }
    if !outputs.is_empty() {
        return Ok(outputs);
    }
    outputs.push(OutputTo {
        format: &FORMATS[0],
        file: None,
        within: None,
    });
    if let Some((layer, table)) = with_base(layers, |keys| keys.output.as_ref()) {
        for (name, file) in table {
            let place = Place::Config(Arc::clone(&layer.origin), name.span());
            let format = named_format(name.get_ref(), &place)?;
            let relative = file.get_ref();
            let inside = relative.components().all(|part| match part {
                Component::Normal(name) => name != ".git",
                Component::CurDir => true,
                _ => false,
            });
            if layer.discovered && !inside {
                let place = Place::Config(Arc::clone(&layer.origin), file.span());
                let message =
                    "an output file must lie below the folder of the configuration".to_owned();
                return Err(
                    place.failure(message, Some("`--output` may write anywhere".to_owned()))
                );
            }
            outputs.push(OutputTo {
                format,
                file: Some(layer.base.join(relative)),
                within: layer.discovered.then(|| layer.base.clone()),
            });
        }
    }
    Ok(outputs)
}

fn named_format(name: &str, place: &Place) -> Result<&'static Format, Failure> {
    format(name).ok_or_else(|| {
        let names = FORMATS.iter().map(|format| format.name);
        let help = match nearest(name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("formats: {}", names.collect::<Vec<_>>().join(", ")),
        };
        place.failure(format!("there is no format `{name}`"), Some(help))
    })
}

/// A pattern relative to the folder `base`, spelled relative to the folder `working`, as shown paths are.
/// A pattern without a `/` fits in any folder and stays as it is.
fn seen_from(pattern: &str, base: &Path, working: &Path) -> Vec<String> {
    let rest = pattern.trim_end_matches('/');
    let plain = rest.strip_prefix("./").unwrap_or(rest);
    if base == working {
        return vec![pattern.to_owned()];
    }
    let down = working
        .strip_prefix(base)
        .ok()
        .map(|down| shown(down, working));
    if !plain.contains('/') {
        let around = down.is_some_and(|down| down.split('/').any(|part| part == plain));
        return vec![if around {
            "/**".to_owned()
        } else {
            pattern.to_owned()
        }];
    }
    let plain = plain.trim_start_matches('/');
    if let Ok(below) = base.strip_prefix(working) {
        return vec![format!("/{}/{plain}", shown(below, working))];
    }
    // Two slashes: the first one anchors the pattern, the second one begins an absolute path.
    let mut spellings = vec![format!("/{}/{plain}", base.display())];
    if let Some(down) = down {
        if let Some(inner) = plain
            .strip_prefix(&down)
            .and_then(|inner| inner.strip_prefix('/'))
        {
            spellings.push(format!("/{inner}"));
        } else if plain.starts_with("**/") {
            spellings.push(plain.to_owned());
        } else if format!("{down}/").starts_with(&format!("{plain}/")) {
            spellings.push("/**".to_owned()); // the pattern names a folder around the working folder
        }
        spellings.push(format!("{}{plain}", "../".repeat(down.split('/').count())));
    }
    spellings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::seen_from;

    #[test]
    fn patterns_follow_the_working_folder() {
        let check = |pattern: &str, base: &str, working: &str, expected: &[&str]| {
            assert_eq!(
                seen_from(pattern, Path::new(base), Path::new(working)),
                expected,
                "{pattern}"
            );
        };
        check("tests/*.py", "/p", "/p", &["tests/*.py"]);
        check("test_*.py", "/p", "/p/a", &["test_*.py"]);
        check("tests/*.py", "/p/sub", "/p", &["/sub/tests/*.py"]);
        check(
            "a/tests/*.py",
            "/p",
            "/p/a",
            &["//p/a/tests/*.py", "/tests/*.py", "../a/tests/*.py"],
        );
        check("/a/", "/p", "/p/a", &["//p/a", "/**", "../a"]);
        check("a", "/p", "/p/a/b", &["/**"]);
    }
}
