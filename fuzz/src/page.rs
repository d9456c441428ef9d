//! A user's rule page.

use std::sync::OnceLock;

use hognose_python::LineIndex;
use hognose_rules::{Catalogue, Kinds, Origin, RuleError, RulePage};

use crate::check::check_range;
use crate::files::Files;
use crate::report::scan_and_report;

/// Reads a page; one that is right joins the catalogue and scans its own examples.
pub fn read_and_use(text: &str, catalogue: &Catalogue) {
    static KINDS: OnceLock<Kinds> = OnceLock::new();
    let kinds = KINDS.get_or_init(|| catalogue.kinds());
    // The file's name has to be the id, and few random texts hold both.
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("id:"))
        .map_or("own-rule", str::trim);
    let path = format!("rules/{id}.md");
    match RulePage::parse(&path, text.to_owned(), Origin::User, kinds) {
        Err(errors) => check_errors(text, &errors),
        Ok(page) => {
            assert_eq!(page.text(), text);
            assert_eq!(
                page.check(kinds).len(),
                0,
                "a page that is right stays right"
            );
            let examples = page.examples();
            match catalogue.clone().with_user_pages([(path, text.to_owned())]) {
                // Its id or a code is taken: still worth a run, alone.
                Err(errors) => check_errors(text, &errors),
                Ok(catalogue) => {
                    for example in examples.iter().take(2) {
                        let pairs = example
                            .files
                            .iter()
                            .map(|file| (file.path.clone(), file.text.clone()));
                        scan_and_report(&Files::of(pairs), &catalogue);
                    }
                }
            }
        }
    }
}

fn check_errors(text: &str, errors: &[RuleError]) {
    assert!(!errors.is_empty());
    for error in errors {
        assert!(!error.message.is_empty());
        check_range(text, &LineIndex::new(text), error.range);
        assert!(!error.render(false).is_empty() && !error.render(true).is_empty());
    }
}
