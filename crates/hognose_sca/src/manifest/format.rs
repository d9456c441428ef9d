//! Which formats there are, and which file has which.

use hognose_finding::Sources;

use super::Manifest;
use super::reader::Reader;
use super::{
    ci, conda, cyclonedx, dockerfile, installed, pipfile, poetry_lock, pylock, pyproject,
    requirements_txt, script, setup_cfg, setup_py, spdx, tox, uv_lock,
};

/// A format of manifests.
#[derive(Debug)]
pub struct Format {
    /// Name in output: `requirements.txt`, `poetry.lock`.
    pub name: &'static str,
    /// Which files have it: patterns over the last parts of a path, `*` for any characters of one part.
    pub patterns: &'static [&'static str],
    pub(super) parser: Parser,
}

/// How a format is read.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parser {
    /// From its decoded text.
    Text(fn(&mut Reader<'_>)),
    /// From its bytes.
    Bytes(fn(&str, &[u8], &dyn Sources) -> Manifest),
}

const fn text(
    name: &'static str,
    patterns: &'static [&'static str],
    parse: fn(&mut Reader<'_>),
) -> Format {
    Format {
        name,
        patterns,
        parser: Parser::Text(parse),
    }
}

/// All formats. The first whose pattern fits a path is the file's.
pub static FORMATS: &[Format] = &[
    text(
        "constraints.txt",
        &["*constraints*.txt", "constraints/*.txt"],
        requirements_txt::parse_constraints,
    ),
    text(
        "requirements.txt",
        &[
            "*requirements*.txt",
            "*requirements*.in",
            "*requirements*.pip",
            "requirements/*.txt",
            "requirements/*.in",
            "requirements/*.pip",
        ],
        requirements_txt::parse,
    ),
    text("pyproject.toml", &["pyproject.toml"], pyproject::parse),
    text("hatch.toml", &["hatch.toml"], pyproject::parse_hatch),
    text("uv.toml", &["uv.toml"], pyproject::parse_uv),
    text("setup.cfg", &["setup.cfg"], setup_cfg::parse),
    text("Pipfile", &["Pipfile"], pipfile::parse),
    text("Pipfile.lock", &["Pipfile.lock"], pipfile::parse_lock),
    text("poetry.lock", &["poetry.lock"], poetry_lock::parse),
    text(
        "pdm.lock",
        &["pdm.lock", "pdm.*.lock"],
        poetry_lock::parse_pdm,
    ),
    text("uv.lock", &["uv.lock", "*.py.lock"], uv_lock::parse),
    text(
        "pylock.toml",
        &["pylock.toml", "pylock.*.toml"],
        pylock::parse,
    ),
    text(
        "conda-lock.yml",
        &["conda-lock.yml", "conda-lock.yaml", "*.conda-lock.yml"],
        conda::parse_conda_lock,
    ),
    text(
        "conda explicit list",
        &["conda-*.lock", "*explicit*.txt", "spec-file.txt"],
        conda::parse_explicit,
    ),
    text("pixi.lock", &["pixi.lock"], conda::parse_pixi),
    text(
        "environment.yml",
        &[
            "environment.yml",
            "environment.yaml",
            "environment-*.yml",
            "environment-*.yaml",
            "environment_*.yml",
            "environment_*.yaml",
            "*-environment.yml",
            "*-environment.yaml",
            "*_environment.yml",
            "*_environment.yaml",
            "conda*.yml",
            "conda*.yaml",
        ],
        conda::parse,
    ),
    text("setup.py", &["setup.py"], setup_py::parse),
    text("noxfile.py", &["noxfile.py"], setup_py::parse_nox),
    text("tox.ini", &["tox.ini"], tox::parse),
    text("tox.toml", &["tox.toml"], tox::parse_toml),
    text(
        "Dockerfile",
        &[
            "Dockerfile",
            "Dockerfile.*",
            "*.Dockerfile",
            "*.dockerfile",
            "Containerfile",
            "Containerfile.*",
        ],
        dockerfile::parse,
    ),
    text(
        "workflow",
        &[
            ".github/workflows/*.yml",
            ".github/workflows/*.yaml",
            "action.yml",
            "action.yaml",
            ".gitlab-ci.yml",
            ".gitlab-ci.yaml",
            "*.gitlab-ci.yml",
            ".gitlab/*.yml",
            ".gitlab/ci/*.yml",
            ".circleci/config.yml",
            ".travis.yml",
            "azure-pipelines.yml",
            "bitbucket-pipelines.yml",
            ".readthedocs.yml",
            ".readthedocs.yaml",
        ],
        ci::parse,
    ),
    text(
        "installed distribution",
        &["*.dist-info/METADATA", "PKG-INFO", "*.egg-info"],
        installed::parse,
    ),
    Format {
        name: "archive",
        patterns: &["*.whl", "*.egg", "*.pyz", "*.pyzw", "*.pex", "*.shiv"],
        parser: Parser::Bytes(installed::parse_archive),
    },
    text(
        "CycloneDX or SPDX JSON",
        &[
            "*.cdx.json",
            "*bom.json",
            "*bom*.json",
            "*cyclonedx*.json",
            "*.spdx.json",
            "*spdx*.json",
        ],
        cyclonedx::parse_json,
    ),
    text(
        "CycloneDX XML",
        &["*.cdx.xml", "*bom.xml", "*bom*.xml", "*cyclonedx*.xml"],
        cyclonedx::parse_xml,
    ),
    text(
        "SPDX",
        &["*.spdx", "*.spdx.tv", "*.spdx.txt"],
        spdx::parse_tags,
    ),
    // Any Python file may have such a block: ask `has_script_metadata`.
    text("script", &[], script::parse),
];

/// The format of a file, by its path alone.
pub fn recognise(path: &str) -> Option<&'static Format> {
    let parts: Vec<&str> = path.split(['/', '\\']).collect();
    FORMATS.iter().find(|format| {
        format
            .patterns
            .iter()
            .any(|pattern| fits_path(pattern, &parts))
    })
}

fn fits_path(pattern: &str, parts: &[&str]) -> bool {
    let patterns: Vec<&str> = pattern.split('/').collect();
    parts.len() >= patterns.len()
        && patterns
            .iter()
            .zip(&parts[parts.len() - patterns.len()..])
            .all(|(pattern, part)| fits(pattern, part))
}

/// Whether a name fits a pattern of texts with `*` between them.
fn fits(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{fits, recognise};

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*a*.txt", "bab.txt", true),
            ("*a*.txt", "a.txt", true),
            ("*a*.txt", "b.txt", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn every_path_has_the_right_format() {
        for (path, format) in [
            ("requirements.txt", Some("requirements.txt")),
            ("a/requirements/dev.in", Some("requirements.txt")),
            ("a/test-requirements.txt", Some("requirements.txt")),
            ("constraints-3.11.txt", Some("constraints.txt")),
            ("notes.txt", None),
        ] {
            assert_eq!(recognise(path).map(|format| format.name), format, "{path}");
        }
    }
}
