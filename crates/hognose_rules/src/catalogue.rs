//! All rules.

use rustc_hash::FxHashMap;

use crate::embedded::rule_files;
use crate::nearest::nearest_few;
use crate::page::{Origin, RulePage};
use crate::{Kinds, RuleError};

/// All rules, found by id or by what other tools call them.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    /// Sorted by id.
    rules: Vec<RulePage>,
    /// From ids and upper-case alias codes to indices of `rules`.
    names: FxHashMap<String, usize>,
    /// The kinds of the user's own stubs.
    user_stubs: Kinds,
}

impl Catalogue {
    /// The rules that are part of the binary. Only their front matter is read, since this is part of every start;
    /// [`Catalogue::check`] reads all.
    ///
    /// # Errors
    /// What is wrong with the embedded pages. The project's tests see to it that nothing is.
    pub fn builtin() -> Result<Catalogue, Vec<RuleError>> {
        let mut catalogue = Catalogue::default();
        let mut errors = Vec::new();
        for (path, text) in rule_files() {
            let (page, faults) = RulePage::read(path, text.into(), Origin::Builtin, None);
            catalogue.rules.extend(page);
            errors.extend(faults);
        }
        errors.extend(catalogue.index());
        if errors.is_empty() {
            Ok(catalogue)
        } else {
            Err(errors)
        }
    }

    /// Adds the kinds that a user's own stubs bring along, so that their pages may name them.
    #[must_use]
    pub fn with_user_stubs<'a>(mut self, texts: impl IntoIterator<Item = &'a str>) -> Catalogue {
        for text in texts {
            self.user_stubs.add_stub(text);
        }
        self
    }

    /// Adds pages `(path, text)` of a user's own repository.
    ///
    /// # Errors
    /// Everything that is wrong with any of the pages. A page may not take the id or an alias of another rule.
    pub fn with_user_pages(
        mut self,
        pages: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Catalogue, Vec<RuleError>> {
        let mut pages: Vec<(String, String)> = pages.into_iter().collect();
        if pages.is_empty() {
            return Ok(self);
        }
        pages.sort();
        let kinds = self.kinds();
        let mut errors = Vec::new();
        for (path, text) in pages {
            match RulePage::parse(&path, text, Origin::User, &kinds) {
                Ok(page) => self.rules.push(page),
                Err(faults) => errors.extend(faults),
            }
        }
        errors.extend(self.index());
        if errors.is_empty() {
            Ok(self)
        } else {
            Err(errors)
        }
    }

    /// The rules, sorted by id.
    pub fn rules(&self) -> &[RulePage] {
        &self.rules
    }

    /// The rule with this id, or with this code in another tool, in any case: `sql-injection`, `B608`, `s608`.
    pub fn get(&self, name: &str) -> Option<&RulePage> {
        let index = self
            .names
            .get(name)
            .or_else(|| self.names.get(&name.to_ascii_lowercase()));
        let index = index.or_else(|| self.names.get(&name.to_ascii_uppercase()));
        index.and_then(|index| self.rules.get(*index))
    }

    /// Up to three ids or codes that may have been meant by an unknown `name`, nearest first.
    pub fn did_you_mean(&self, name: &str) -> Vec<&str> {
        nearest_few(name, self.names.keys().map(String::as_str))
    }

    /// The kinds that pages may name: the listed ones, those of the embedded stubs, and those of the user's stubs.
    pub fn kinds(&self) -> Kinds {
        let mut kinds = Kinds::builtin();
        kinds.extend(&self.user_stubs);
        kinds
    }

    /// The kinds that a user's stubs may use: those of the embedded stubs, and those that some page names. What only a
    /// stub knows is a slip, or a kind that nothing would come of.
    pub fn kinds_with_a_purpose(&self) -> Kinds {
        let mut kinds = Kinds::builtin();
        for entry in self.rules.iter().flat_map(|page| &page.detect) {
            kinds.add_entry(entry);
        }
        kinds
    }

    /// Everything that is wrong with any page, Markdown and patterns included.
    pub fn check(&self) -> Vec<RuleError> {
        let kinds = self.kinds();
        self.rules
            .iter()
            .flat_map(|page| page.check(&kinds))
            .collect()
    }

    /// Sorts the rules and rebuilds the names, reporting names that are taken. Embedded pages choose first, so that
    /// the alphabet never decides in a user's favour.
    fn index(&mut self) -> Vec<RuleError> {
        self.rules
            .sort_by(|a, b| (&a.rule.id, a.origin).cmp(&(&b.rule.id, b.origin))); // stable
        self.names.clear();
        let mut order: Vec<usize> = (0..self.rules.len()).collect();
        order.sort_by_key(|index| self.rules[*index].origin);
        let mut errors = Vec::new();
        for index in order {
            let page = &self.rules[index];
            let codes = page
                .rule
                .aliases
                .iter()
                .map(|alias| alias.code.as_str())
                .zip(&page.alias_spans);
            for (name, span) in std::iter::once((page.id(), &page.id_span)).chain(codes) {
                let Some(owner) = self.names.get(name) else {
                    self.names.insert(name.to_owned(), index);
                    continue;
                };
                let owner = &self.rules[*owner];
                let by = match owner.origin {
                    Origin::Builtin => format!("the built-in rule `{}`", owner.id()),
                    Origin::User => owner.path.clone(),
                };
                errors.push(page.error(span.clone(), format!("`{name}` is already taken by {by}")));
            }
        }
        errors
    }
}
