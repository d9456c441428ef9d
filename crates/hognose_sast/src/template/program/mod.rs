//! Templates as programs: what a template puts into the page becomes Python that hands it to a sink.
//!
//! A template is a function of the values that it is given. Written as Python it goes through the same analysis as the
//! code that renders it, and a flow ends where the template puts the value out. Two functions are made of each: one
//! with an engine that escapes, one without. A variable that is put out harmlessly in any case leaves no trace.
//!
//! [`read`] goes through one template; [`link`] puts includes and parents together and writes the programs. What an
//! expression puts out is found in `output`, where in the page that is in `page`.

mod braces;
mod mako;
mod output;
mod page;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use hognose_python::Derived;
use hognose_python::ir::Span;

use self::output::Output;
use self::page::Exposure;
use super::Language;

/// How deep blocks of a template are nested in its program; further ones add no level.
const MAX_LEVELS: usize = 40;
/// How many variables a template may have, those of what it includes counted.
const MAX_NAMES: usize = 256;

/// What programs of templates call, as a model.
pub(crate) const OUTPUT: &str = include_str!("../output.pyi");

/// One line of a program.
#[derive(Debug, Clone)]
struct Line {
    level: usize,
    span: (usize, usize),
    what: What,
}

#[derive(Debug, Clone)]
enum What {
    /// Written as it is.
    Plain(String),
    /// Something is put into the page.
    Put {
        output: Output,
        /// What escaping leaves open at this place.
        exposure: Exposure,
        /// What an `autoescape` block says.
        escaping: Option<bool>,
    },
    /// Another template gets the variables, and these besides.
    Include {
        name: String,
        with: Vec<(String, String)>,
        /// Nothing but these.
        only: bool,
    },
}

/// A template as it was read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outline {
    lines: Vec<Line>,
    /// Names that are read and not known to be set by the template before.
    names: BTreeSet<String>,
    /// Variables of the template's own: of loops and assignments.
    sets: BTreeSet<String>,
    /// Blocks that are filled here without what the parent has in them.
    replaced: BTreeSet<String>,
    /// All blocks.
    blocks: BTreeSet<String>,
}

/// Reads a template.
pub(crate) fn read(text: &str, language: Language) -> Outline {
    let mut writer = Writer::default();
    match language {
        Language::Jinja | Language::Django => braces::read(text, language, &mut writer),
        Language::Mako => mako::read(text, &mut writer),
    }
    writer.outline
}

/// The variables that a template puts into the page as they are.
pub(crate) fn unescaped_names(text: &str, is_mako: bool, escapes: bool) -> Vec<String> {
    let language = if is_mako {
        Language::Mako
    } else {
        super::language_of("inline.html", text).unwrap_or(Language::Jinja)
    };
    let outline = read(text, language);
    let mut names = BTreeSet::new();
    for line in &outline.lines {
        if let What::Put {
            output,
            exposure,
            escaping,
        } = &line.what
        {
            let (raw, escaped) = output.split(escaping.unwrap_or(escapes));
            if raw.is_some() || escaped.is_some() && *exposure != Exposure::None {
                names.extend(output.names.iter().cloned());
            }
        }
    }
    // What a loop or an assignment hands on is what is put out.
    if names.iter().any(|name| outline.sets.contains(name)) {
        return outline.names.into_iter().collect();
    }
    names.into_iter().collect()
}

/// Collects the lines of a program.
#[derive(Default)]
struct Writer {
    outline: Outline,
    level: usize,
}

impl Writer {
    fn line(&mut self, span: (usize, usize), what: What) {
        let level = self.level.min(MAX_LEVELS);
        self.outline.lines.push(Line { level, span, what });
    }

    fn plain(&mut self, span: (usize, usize), text: impl Into<String>) {
        self.line(span, What::Plain(text.into()));
    }

    /// A header, with a body that is at least not empty.
    fn open(&mut self, span: (usize, usize), header: impl Into<String>) {
        self.plain(span, header);
        self.level += 1;
        self.plain(span, "pass");
    }

    fn close(&mut self) {
        self.level = self.level.saturating_sub(1);
    }

    fn read(&mut self, name: &str) {
        if self.outline.names.len() < MAX_NAMES {
            self.outline.names.insert(name.to_owned());
        }
    }

    fn read_all(&mut self, output: &Output) {
        for name in &output.names {
            self.read(name);
        }
    }

    fn open_block(&mut self, span: (usize, usize), name: &str) {
        let flag = block_flag(name);
        self.open(span, format!("if not {flag}:"));
        self.read(&flag);
        self.outline.blocks.insert(name.to_owned());
        self.outline.replaced.insert(name.to_owned());
    }
}

/// The variable that says that a block is filled by a derived template.
fn block_flag(name: &str) -> String {
    let word: String = name
        .chars()
        .map(|char| {
            if char.is_ascii_alphanumeric() {
                char
            } else {
                '_'
            }
        })
        .collect();
    format!("_block_{word}")
}

/// A template before its program is written.
pub(crate) struct Read {
    pub path: Arc<str>,
    pub hash: u64,
    pub outline: Outline,
}

/// The programs of all templates.
pub(crate) fn link(mut all: Vec<Read>) -> Vec<Derived> {
    let paths: Vec<Arc<str>> = all.iter().map(|one| one.path.clone()).collect();
    let targets: Vec<Vec<(usize, bool)>> = all
        .iter()
        .map(|one| {
            let includes = one
                .outline
                .lines
                .iter()
                .filter_map(|line| match &line.what {
                    What::Include { name, only, .. } => Some((name, *only)),
                    _ => None,
                });
            includes
                .flat_map(|(name, only)| {
                    hognose_taint::templates_named(name, &one.path, &paths)
                        .into_iter()
                        .map(move |at| (at, only))
                })
                .collect()
        })
        .collect();
    // What is included needs its variables, too.
    loop {
        let mut changed = false;
        for (at, includes) in targets.iter().enumerate() {
            for &(target, only) in includes.iter().filter(|(target, _)| *target != at) {
                if only {
                    continue;
                }
                let wanted: Vec<String> = all[target]
                    .outline
                    .names
                    .difference(&all[at].outline.names)
                    .cloned()
                    .collect();
                for name in wanted {
                    if all[at].outline.names.len() < MAX_NAMES {
                        changed |= all[at].outline.names.insert(name);
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let outlines: Vec<&Outline> = all.iter().map(|one| &one.outline).collect();
    all.iter()
        .enumerate()
        .filter(|(_, one)| one.outline.lines.iter().any(Line::matters))
        .map(|(number, one)| {
            let names_of = |name: &str| {
                let mut names = BTreeSet::new();
                for at in hognose_taint::templates_named(name, &one.path, &paths) {
                    names.extend(outlines[at].names.iter().cloned());
                }
                names
            };
            write(number, one, &names_of)
        })
        .collect()
}

impl Line {
    /// Whether it may put something into the page.
    fn matters(&self) -> bool {
        !matches!(self.what, What::Plain(_))
    }
}

fn write(number: usize, one: &Read, names_of: &dyn Fn(&str) -> BTreeSet<String>) -> Derived {
    let mut derived = Derived {
        path: one.path.clone(),
        name: format!("<template {number}>"),
        text: String::new(),
        origins: vec![(0, Span { start: 0, end: 0 })],
        hash: one.hash,
    };
    derived.text.push_str(
        "from hognose_template import _put, _put_escaped, _put_address, _include, _keep, _get\n",
    );
    for (name, escapes) in [
        (hognose_taint::ESCAPED_TEMPLATE, true),
        (hognose_taint::PLAIN_TEMPLATE, false),
    ] {
        let params: Vec<String> = one
            .outline
            .names
            .iter()
            .map(|name| format!("{name}=None"))
            .collect();
        let _ = writeln!(derived.text, "def {name}(*, {}):", params.join(", "));
        derived.text.push_str("    pass\n");
        if params.is_empty() {
            derived.text = derived.text.replace("(*, ):", "():");
        }
        for line in &one.outline.lines {
            write_line(&mut derived, &one.outline, line, escapes, names_of);
        }
    }
    derived
}

fn write_line(
    derived: &mut Derived,
    outline: &Outline,
    line: &Line,
    escapes: bool,
    names_of: &dyn Fn(&str) -> BTreeSet<String>,
) {
    let span = Span {
        start: line.span.0 as u32,
        end: line.span.1 as u32,
    };
    let indent = "    ".repeat(line.level + 1);
    let mut statement = |text: &str| {
        derived.origins.push((derived.text.len() as u32, span));
        let _ = writeln!(derived.text, "{indent}{text}");
    };
    match &line.what {
        What::Plain(text) => statement(text),
        What::Put {
            output,
            exposure,
            escaping,
        } => {
            let (raw, escaped) = output.split(escaping.unwrap_or(escapes));
            if let Some(raw) = raw {
                statement(&format!("_put({raw})"));
            }
            match (escaped, exposure) {
                (Some(escaped), Exposure::Text) => statement(&format!("_put_escaped({escaped})")),
                (Some(escaped), Exposure::Address) => {
                    statement(&format!("_put_address({escaped})"));
                }
                _ => {}
            }
        }
        What::Include { name, with, only } => {
            let mut arguments = String::new();
            for (key, value) in with {
                let _ = write!(arguments, ", {key}={value}");
            }
            let names = if *only {
                BTreeSet::new()
            } else {
                names_of(name)
            };
            for own in names {
                if with.iter().any(|(key, _)| *key == own) {
                    continue;
                }
                let is_replaced = outline
                    .replaced
                    .iter()
                    .any(|block| block_flag(block) == own);
                let value = if is_replaced { "True" } else { own.as_str() };
                let _ = write!(arguments, ", {own}={value}");
            }
            let function = if escapes { "True" } else { "False" };
            statement(&format!("_include({name:?}, {function}{arguments})"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The program of the first of these templates, without what all have in common.
    fn program(files: &[(&str, &str)]) -> String {
        let all = files.iter().map(|(path, text)| Read {
            path: (*path).into(),
            hash: 0,
            outline: read(text, Language::Django),
        });
        let linked = link(all.collect());
        let text = linked.first().map_or("", |derived| derived.text.as_str());
        let start = text.find("def _escaped").expect("a function");
        let end = text.find("def _plain").expect("another");
        text[start..end].to_owned()
    }

    #[test]
    fn a_template_is_a_function_of_what_it_and_its_relatives_read() {
        let page = "{% extends \"frame.html\" %}{% block body %}<p>{{ a.b|safe }}</p>\
                    {% include \"part.html\" with line=c only %}{% endblock %}<p>{{ lost|safe }}</p>";
        let files = [
            ("t/page.html", page),
            ("t/part.html", "<p>{{ line|safe }}</p>"),
            (
                "t/frame.html",
                "{% block body %}{{ d|safe }}{% endblock %}{{ e }}",
            ),
        ];
        let expected = "\
def _escaped(*, _block_body=None, a=None, c=None, d=None, e=None):
    pass
    if not _block_body:
        pass
        _put(_get(a, \"b\"))
        _include(\"part.html\", True, line=c)
    _include(\"frame.html\", True, _block_body=True, d=d, e=e)
";
        assert_eq!(program(&files), expected);
    }
}
