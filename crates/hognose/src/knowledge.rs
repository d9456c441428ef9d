//! The rules and models that hold for a run: those of the binary and the user's own.

use std::path::Path;
use std::sync::Arc;

use hognose_finding::Rule;
use hognose_rules::Catalogue;
use hognose_sast::check_stub;

use crate::config::NamedFolder;
use crate::failure::Failure;
use crate::sources::{Page, read_folder};

/// Rules and models.
#[derive(Debug)]
pub struct Knowledge {
    /// All rules.
    pub catalogue: Catalogue,
    /// The user's own model stubs: the path of the module, `shop/db.pyi`, and the text.
    pub models: Vec<(String, String)>,
}

impl Knowledge {
    /// What is part of the binary, and what lies in the user's folders of rule pages and model stubs.
    pub fn load(
        rules: &[NamedFolder],
        models: &[NamedFolder],
        working: &Path,
    ) -> Result<Self, Failure> {
        let stubs = pages(models, "pyi", working)?;
        let mut catalogue =
            Catalogue::builtin()?.with_user_stubs(stubs.iter().map(|stub| stub.text.as_str()));
        let own = pages(rules, "md", working)?;
        // A folder of rules may explain itself.
        let own = own
            .into_iter()
            .filter(|page| !page.relative.eq_ignore_ascii_case("README.md"));
        catalogue = catalogue.with_user_pages(own.map(|page| (page.shown, page.text)))?;
        let kinds = catalogue.kinds_with_a_purpose();
        let faults: Vec<_> = stubs
            .iter()
            .flat_map(|stub| check_stub(&stub.shown, &stub.text, &kinds))
            .collect();
        if !faults.is_empty() {
            return Err(faults.into());
        }
        Ok(Knowledge {
            catalogue,
            models: stubs
                .into_iter()
                .map(|stub| (stub.relative, stub.text))
                .collect(),
        })
    }

    /// All rules, as the report knows them.
    pub fn rules(&self) -> Vec<Arc<Rule>> {
        self.catalogue
            .rules()
            .iter()
            .map(|page| Arc::clone(&page.rule))
            .collect()
    }
}

fn pages(folders: &[NamedFolder], extension: &str, working: &Path) -> Result<Vec<Page>, Failure> {
    let mut pages = Vec::new();
    for folder in folders {
        let found = read_folder(&folder.path, extension, working);
        pages.extend(found.map_err(|message| folder.place.failure(message, None))?);
    }
    Ok(pages)
}
