//! Which language a template is written in.

use super::Language;

/// Names that end so are filled in, but are no HTML, and escaping has no meaning there: mail, configuration, code.
const NOT_MARKUP: [&str; 33] = [
    "bat",
    "c",
    "cfg",
    "conf",
    "cpp",
    "csv",
    "env",
    "go",
    "h",
    "hpp",
    "ini",
    "java",
    "json",
    "md",
    "properties",
    "ps1",
    "py",
    "rb",
    "rs",
    "rst",
    "scss",
    "service",
    "sh",
    "sql",
    "tex",
    "tf",
    "toml",
    "ts",
    "tsv",
    "txt",
    "text",
    "yaml",
    "yml",
];

/// What only Mako has.
const MAKO: [&str; 8] = [
    "<%inherit ",
    "<%page ",
    "<%namespace ",
    "<%include ",
    "<%def ",
    "<%block ",
    "</%def>",
    "</%block>",
];

/// Tags that only Jinja2 has, of the two.
const JINJA: [&str; 9] = [
    "set", "endset", "macro", "call", "raw", "import", "from", "endtrans", "do",
];

/// Tags that only Django has, of the two.
const DJANGO: [&str; 20] = [
    "load",
    "url",
    "static",
    "csrf_token",
    "comment",
    "verbatim",
    "blocktrans",
    "blocktranslate",
    "translate",
    "endblocktrans",
    "endblocktranslate",
    "empty",
    "ifequal",
    "ifnotequal",
    "ifchanged",
    "firstof",
    "cycle",
    "now",
    "spaceless",
    "regroup",
];

/// The language of a file, going by its path and then by its content. Nothing for what is no template of a web
/// framework in Python, such as plain HTML, and for what does not become markup, such as `mail.txt` or `nginx.conf.j2`.
pub(crate) fn language_of(path: &str, text: &str) -> Option<Language> {
    let mut folders = path.rsplit(['/', '\\']);
    let name = folders.next().unwrap_or_default().to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let own = match extension {
        "mako" | "mak" => Some(Language::Mako),
        "jinja" | "jinja2" | "j2" => Some(Language::Jinja),
        _ => None,
    };
    let kind = if own.is_some() {
        stem.rsplit_once('.').map_or("", |(_, inner)| inner)
    } else {
        extension
    };
    if NOT_MARKUP.contains(&kind) {
        return None;
    }
    if own.is_some() {
        return own;
    }
    let statements = text.contains("{%");
    if !statements && MAKO.iter().any(|sign| text.contains(sign)) {
        return Some(Language::Mako);
    }
    if !statements && !text.contains("{{") {
        return None;
    }
    if folders.any(|folder| folder == "jinja2") {
        return Some(Language::Jinja);
    }
    if !statements && is_script_template(text) {
        return None;
    }
    let (jinja, django) = weigh(text);
    Some(if django > jinja {
        Language::Django
    } else {
        Language::Jinja
    })
}

/// Signs of Handlebars, Mustache and Go, whose `{{ … }}` is no expression of ours.
fn is_script_template(text: &str) -> bool {
    text.match_indices("{{").any(|(at, _)| {
        let inner = text[at + 2..].trim_start_matches('-').trim_start();
        inner.starts_with(['#', '/', '^', '>', '!', '{', '.', '$', '&'])
            || inner.starts_with("end }}")
            || inner.starts_with("else}}")
    })
}

/// How many tags are written as only Jinja2 has them, and how many as only Django has them.
fn weigh(text: &str) -> (usize, usize) {
    let (mut jinja, mut django) = (0, 0);
    let mut rest = text;
    // Once one kind does not end any more, it is not looked for again.
    let (mut variables, mut statements) = (true, true);
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        let Some(opened) = rest.strip_prefix(['{', '%']) else {
            continue;
        };
        let (closer, ends) = if rest.starts_with('%') {
            ("%}", &mut statements)
        } else {
            ("}}", &mut variables)
        };
        let Some((inner, after)) = ends.then(|| opened.split_once(closer)).flatten() else {
            *ends = false;
            rest = opened;
            continue;
        };
        rest = after;
        let word = inner.split_whitespace().next().unwrap_or_default();
        let second = inner.split_whitespace().nth(1);
        // Django's tags stay on their line and have no marks for white space.
        if inner.contains(['\n', '\r']) || inner.starts_with('-') || inner.ends_with('-') {
            jinja += 1;
        } else if closer == "}}" {
            let (call, argument) = (has_call(inner), has_argument(inner));
            jinja += usize::from(call && !argument);
            django += usize::from(argument && !call) + usize::from(word == "block.super");
        } else if word == "autoescape" {
            jinja += usize::from(matches!(second, Some("true" | "false")));
            django += usize::from(matches!(second, Some("on" | "off")));
        } else {
            jinja += usize::from(JINJA.contains(&word));
            django += usize::from(DJANGO.contains(&word));
        }
    }
    (jinja, django)
}

/// `name(`
fn has_call(inner: &str) -> bool {
    let called = |at: usize| inner[..at].ends_with(|before: char| before.is_alphanumeric());
    inner.match_indices('(').any(|(at, _)| called(at))
}

/// `|name:`
fn has_argument(inner: &str) -> bool {
    inner.split('|').skip(1).any(|filter| {
        let name = filter.trim_start();
        let end = name.find(|char: char| !(char.is_alphanumeric() || char == '_'));
        end.is_some_and(|end| end > 0 && name[end..].starts_with(':'))
    })
}
