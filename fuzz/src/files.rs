//! A few files held in memory, made of one input.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use hognose_finding::{ProblemKind, SourceError, Sources};
use hognose_python::source_text;
use hognose_rules::model_files;
use hognose_sast::{InputFile, InputKind};

/// The line that begins a file, before its path.
const MARK: &[u8] = b"#=== ";
/// More files than this are left out.
const MOST_FILES: usize = 3;
/// Reading all stubs takes most of a scan. Of those that are not below, targets see an empty text.
const STUBS: &[&str] = &[
    "builtins.pyi",
    "flask/",
    "markupsafe",
    "jinja2/",
    "os/",
    "subprocess.pyi",
    "sqlite3.pyi",
    "hashlib.pyi",
    "yaml/",
    "requests/",
    "pickle.pyi",
    "random.pyi",
    "pathlib.pyi",
    "tarfile.pyi",
    "ssl.pyi",
    "sys.pyi",
    "tempfile.pyi",
    "django/http.pyi",
    "django/db/",
    "django/shortcuts.pyi",
    "django/utils/safestring.pyi",
];

/// Files of a project, and stubs of its own.
pub struct Files {
    held: BTreeMap<Arc<str>, Vec<u8>>,
    pub inputs: Vec<InputFile>,
    pub models: Vec<(String, String)>,
}

impl Sources for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let missing = || SourceError {
            kind: ProblemKind::Vanished,
            message: "not held".to_owned(),
        };
        self.held.get(path).cloned().ok_or_else(missing)
    }
}

impl Files {
    /// No file yet. With `stubs`, those that are not in [`STUBS`] are empty, else all.
    fn new(stubs: bool) -> Self {
        static SOME: OnceLock<[Vec<(String, String)>; 2]> = OnceLock::new();
        let [none, some] = SOME.get_or_init(|| {
            [false, true].map(|keep| {
                let kept = |path: &str| keep && STUBS.iter().any(|stub| path.starts_with(stub));
                let others = model_files().filter(|(path, _)| !kept(path));
                others
                    .map(|(path, _)| (path.to_owned(), String::new()))
                    .collect()
            })
        });
        let models = if stubs { some } else { none };
        Files {
            held: BTreeMap::new(),
            inputs: Vec::new(),
            models: models.clone(),
        }
    }

    /// A template alone.
    pub fn one_template(path: &str, text: &[u8]) -> Self {
        let mut files = Files::new(false);
        files.add(path, text);
        files
    }

    /// Files of an example.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files = Files::new(true);
        for (path, text) in pairs {
            files.add(&path, text.as_bytes());
        }
        files
    }

    fn add(&mut self, path: &str, text: &[u8]) {
        if let Some(stub) = path.strip_prefix("models/") {
            self.models.retain(|(own, _)| own != stub);
            self.models
                .push((stub.to_owned(), String::from_utf8_lossy(text).into_owned()));
            return;
        }
        let path: Arc<str> = path.into();
        let python = [".py", ".pyi", ".ipynb"]
            .iter()
            .any(|end| path.ends_with(end));
        let kind = if python {
            InputKind::Python
        } else {
            InputKind::Template
        };
        if self.held.insert(path.clone(), text.to_vec()).is_none() {
            self.inputs.push(InputFile {
                path,
                base: "".into(),
                kind,
            });
        }
    }

    /// The text that was analysed.
    pub fn text(&self, path: &str) -> Option<Cow<'_, str>> {
        let bytes = self.held.get(path)?;
        match self.inputs.iter().find(|input| &*input.path == path)?.kind {
            InputKind::Python => source_text(path, bytes),
            InputKind::Template => Some(String::from_utf8_lossy(bytes)),
        }
    }
}

/// Parts `data` at lines `#=== path`. What comes before the first is `app/main.py`; a path `models/….pyi` is a stub
/// of the user's, `.py`, `.pyi` and `.ipynb` are Python, everything else is a template.
pub fn parse_files(data: &[u8]) -> Files {
    let mut files = Files::new(true);
    let mut path = "app/main.py".to_owned();
    let mut text: Vec<u8> = Vec::new();
    let mut count = 0;
    for line in data.split_inclusive(|&byte| byte == b'\n') {
        if let Some(next) = line.strip_prefix(MARK)
            && count + 1 < MOST_FILES
        {
            if !text.is_empty() {
                files.add(&path, &text);
                text.clear();
                count += 1;
            }
            let next = String::from_utf8_lossy(next).trim().to_owned();
            if !next.is_empty() {
                path = next;
            }
        } else {
            text.extend_from_slice(line);
        }
    }
    files.add(&path, &text);
    files
}
