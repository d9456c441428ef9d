//! Whether a folder holds a package that others install.

use std::path::Path;

use super::read::read_beginning;

/// How much of a `pyproject.toml` is looked at.
const LONGEST_METADATA: u64 = 1 << 20;
/// How many entries of a folder are looked at.
const MOST_ENTRIES: usize = 1_000;

/// Whether a folder has the metadata of a package: what build tools read, or what they leave beside what they built
/// (`setup.py`, `setup.cfg`, `PKG-INFO`, a project in `pyproject.toml`, `*.dist-info`, `*.egg-info`).
pub fn is_distribution(folder: &Path) -> bool {
    ["setup.py", "setup.cfg", "PKG-INFO"]
        .iter()
        .any(|name| folder.join(name).is_file())
        || read_beginning(&folder.join("pyproject.toml"), LONGEST_METADATA)
            .is_ok_and(|bytes| declares_project(&String::from_utf8_lossy(&bytes)))
        || std::fs::read_dir(folder).is_ok_and(|entries| {
            entries.take(MOST_ENTRIES).flatten().any(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.ends_with(".dist-info") || name.ends_with(".egg-info")
            })
        })
}

fn declares_project(text: &str) -> bool {
    text.lines()
        .map(str::trim_end)
        .any(|line| matches!(line, "[project]" | "[tool.poetry]" | "[tool.flit.metadata]"))
}

#[cfg(test)]
mod tests {
    use super::declares_project;

    #[test]
    fn settings_of_tools_are_no_project() {
        assert!(declares_project(
            "[build-system]\nrequires = []\n\n[project]\nname = 'x'\n"
        ));
        assert!(!declares_project("[tool.hognose]\npersona = 'auditor'\n"));
    }
}
