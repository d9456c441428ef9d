//! Jupyter notebooks: the code cells as one source text.

use serde::Deserialize;

/// The code of a notebook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notebook {
    /// Code cells one after the other, each ended by a newline.
    pub text: String,
    /// For each code cell: its first line in `text` (1-based) and its number among all cells (1-based).
    pub cells: Vec<(u32, u32)>,
}

#[derive(Deserialize)]
struct RawNotebook {
    cells: Option<Vec<RawCell>>,
    worksheets: Option<Vec<RawWorksheet>>,
    metadata: Option<RawMetadata>,
}

#[derive(Deserialize)]
struct RawWorksheet {
    cells: Vec<RawCell>,
}

#[derive(Deserialize)]
struct RawCell {
    cell_type: String,
    source: Option<Source>,
    /// Format 3 and older.
    input: Option<Source>,
}

#[derive(Deserialize)]
struct RawMetadata {
    language_info: Option<RawLanguage>,
}

#[derive(Deserialize)]
struct RawLanguage {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Text(String),
    Lines(Vec<String>),
}

/// Reads a notebook. `Ok(None)` for one whose language is not Python; the error says what is wrong with it.
pub fn read_notebook(json: &[u8]) -> Result<Option<Notebook>, String> {
    let raw: RawNotebook =
        serde_json::from_slice(json).map_err(|error| format!("not a notebook: {error}"))?;
    let language = raw
        .metadata
        .and_then(|metadata| metadata.language_info)
        .and_then(|language| language.name);
    if language.is_some_and(|name| !name.to_ascii_lowercase().contains("python")) {
        return Ok(None);
    }
    let cells = match (raw.cells, raw.worksheets) {
        (Some(cells), _) => cells,
        (None, Some(sheets)) => sheets.into_iter().flat_map(|sheet| sheet.cells).collect(),
        (None, None) => return Err("not a notebook: no cells".to_owned()),
    };
    let mut notebook = Notebook {
        text: String::new(),
        cells: Vec::new(),
    };
    let mut line = 1;
    for (number, cell) in cells.into_iter().enumerate() {
        if cell.cell_type != "code" {
            continue;
        }
        let source = match cell.source.or(cell.input) {
            Some(Source::Text(text)) => text,
            Some(Source::Lines(lines)) => lines.concat(),
            None => continue,
        };
        // Cells in another language say so in their first line.
        let foreign = source.trim_start().strip_prefix("%%").is_some_and(|magic| {
            !matches!(
                magic.split_whitespace().next(),
                Some("time" | "timeit" | "capture" | "prun" | "python" | "python3")
            )
        });
        if foreign {
            continue;
        }
        notebook.cells.push((line, number as u32 + 1));
        notebook.text.push_str(&source);
        if !source.ends_with('\n') {
            notebook.text.push('\n');
        }
        line += crate::text::count_lines(&source).max(1);
    }
    Ok(Some(notebook))
}

impl Notebook {
    /// The cell (1-based among all) that a line of `text` is in, and the line in that cell.
    pub fn cell_of(cells: &[(u32, u32)], line: u32) -> Option<(u32, u32)> {
        let at = cells
            .partition_point(|&(first, _)| first <= line)
            .checked_sub(1)?;
        let (first, number) = cells[at];
        Some((number, line - first + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Notebook, read_notebook};

    #[test]
    fn code_cells_become_one_text() {
        let json = br##"{"cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {"cell_type": "code", "source": ["import os\n", "x = 1"]},
            {"cell_type": "code", "source": "%%bash\nrm -rf /"},
            {"cell_type": "code", "source": "os.system(x)"}
        ]}"##;
        let notebook = read_notebook(json).expect("valid").expect("Python");
        assert_eq!(notebook.text, "import os\nx = 1\nos.system(x)\n");
        assert_eq!(notebook.cells, [(1, 2), (3, 4)]);
        assert_eq!(Notebook::cell_of(&notebook.cells, 2), Some((2, 2)));
        assert_eq!(Notebook::cell_of(&notebook.cells, 3), Some((4, 1)));
    }

    #[test]
    fn not_a_notebook() {
        assert!(read_notebook(b"{").is_err_and(|error| error.starts_with("not a notebook: EOF")));
        assert_eq!(
            read_notebook(b"{}"),
            Err("not a notebook: no cells".to_owned())
        );
    }
}
