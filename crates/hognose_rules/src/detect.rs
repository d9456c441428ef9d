//! What a rule looks for, as written in its front matter.

use std::ops::Range;

use hognose_finding::{Confidence, Safety, Severity};

use crate::ValueTest;

/// One way in which a rule is broken. The first entry of a page that matches a place wins there.
#[derive(Debug, Clone, PartialEq)]
pub struct Detect {
    /// What it selects.
    pub matcher: Matcher,
    /// Further ports of the same call, by sink kind, and the tests that all of them must pass.
    pub with: Vec<(String, ValueTest)>,
    /// How sure such a finding is.
    pub confidence: Confidence,
    /// How bad it is, if other than the rule's severity.
    pub severity: Option<Severity>,
    /// The finding's message, with placeholders; see [`crate::fill_message`].
    pub message: String,
    /// How to repair it, where one edit does.
    pub fix: Option<FixRecipe>,
    /// Bytes of the page that hold the mechanism's value; see [`crate::RulePage::error_at`].
    pub span: Range<u32>,
}

/// The mechanisms by which a rule selects places.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// Calls of callables.
    Call {
        /// Qualified names: `pickle.loads`, `socket.socket.bind`.
        names: Vec<String>,
    },
    /// A call whose argument at a port with role `Sink[sink]` passes a test.
    Value {
        /// Sink kind.
        sink: String,
        /// The test.
        test: ValueTest,
    },
    /// A call that leaves the port with role `Sink[sink]` unfilled.
    Missing {
        /// Sink kind.
        sink: String,
    },
    /// Data of a source kind that reaches a sink kind unsanitised.
    Flow {
        /// Source kinds.
        from: Vec<String>,
        /// Sink kinds.
        to: Vec<String>,
    },
    /// Imports of a module or of anything in it.
    Import {
        /// Dotted module names.
        modules: Vec<String>,
    },
    /// A settings value that passes a test.
    Setting {
        /// Whose settings.
        framework: Framework,
        /// The setting's name: `DEBUG`.
        name: String,
        /// The test.
        test: ValueTest,
    },
    /// A construct in a template.
    Template {
        /// Which.
        construct: TemplateConstruct,
    },
    /// A package that something is published about.
    Advisory {
        /// What.
        kind: AdvisoryKind,
        /// Of the versions that a place allows.
        versions: AffectedVersions,
    },
    /// A check with logic of its own.
    Check {
        /// The name it is registered under in the engine.
        name: String,
    },
}

/// A framework with settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framework {
    /// Module-level names of a settings module.
    Django,
    /// `app.config[…]`, `app.config.update(…)` and attributes such as `app.secret_key`.
    Flask,
}

impl Framework {
    /// Words of the front matter with their meaning.
    pub(crate) const WORDS: [(&str, Framework); 2] =
        [("django", Framework::Django), ("flask", Framework::Flask)];
}

/// What is published about a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AdvisoryKind {
    /// It has a fault.
    Vulnerability,
    /// It was made to do harm.
    Malice,
}

impl AdvisoryKind {
    /// Words of the front matter with their meaning.
    pub(crate) const WORDS: [(&str, AdvisoryKind); 2] = [
        ("vulnerability", AdvisoryKind::Vulnerability),
        ("malice", AdvisoryKind::Malice),
    ];
}

/// How the versions that a manifest allows stand to those that are affected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AffectedVersions {
    /// One version is allowed, and it is affected.
    Exact,
    /// Several are allowed, and all of them are affected.
    All,
    /// Several are allowed, and some of them are affected.
    Some,
    /// One that is affected is taken if something else asks for the package.
    Constraint,
    /// Nobody says which versions are affected.
    Unsaid,
}

impl AffectedVersions {
    /// Words of the front matter with their meaning.
    pub(crate) const WORDS: [(&str, AffectedVersions); 5] = [
        ("exact", AffectedVersions::Exact),
        ("all", AffectedVersions::All),
        ("some", AffectedVersions::Some),
        ("constraint", AffectedVersions::Constraint),
        ("unsaid", AffectedVersions::Unsaid),
    ];
}

/// A construct in a Jinja2, Django or Mako template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TemplateConstruct {
    /// A value is put out without escaping: `|safe`, `|n`, `Markup`.
    UnescapedOutput,
    /// A block or a file switches escaping off: `{% autoescape false %}`.
    AutoescapeOff,
}

impl TemplateConstruct {
    /// Words of the front matter with their meaning.
    pub(crate) const WORDS: [(&str, TemplateConstruct); 2] = [
        ("unescaped-output", TemplateConstruct::UnescapedOutput),
        ("autoescape-off", TemplateConstruct::AutoescapeOff),
    ];
}

/// How to build the edit that repairs a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixRecipe {
    /// Imperative, no full stop; may hold placeholders.
    pub title: String,
    /// Whether it may change what the program does for good input.
    pub safety: Safety,
    /// The edit.
    pub action: FixAction,
}

/// The edit of a [`FixRecipe`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixAction {
    /// Replaces the last name of the attribute that is called: `yaml.load` becomes `yaml.safe_load`.
    Callee(String),
    /// Replaces the offending value by this code.
    Value(String),
    /// Adds a keyword argument, or replaces its value.
    Set {
        /// The keyword.
        name: String,
        /// Its value, as code.
        code: String,
    },
    /// Removes the offending argument.
    Remove,
}
