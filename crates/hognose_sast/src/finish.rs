//! From places to findings: text, lines, scope, message, fingerprint, fixes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use hognose_finding::{
    CodeLocation, Evidence, Excerpt, Finding, Fingerprint, Flow, FlowStep, Location, Problem,
    ProblemKind, Sources,
};
use hognose_python::ir::{Op, Span};
use hognose_python::syntax::{CallSyntax, call_at};
use hognose_python::{LineIndex, ModuleId, Notebook, content_hash, source_text};
use hognose_rules::{Placeholder, fill_message};
use hognose_taint::{Evaluator, FlowNote, Program};
use rustc_hash::FxHashMap;

use crate::fix;
use crate::place::Place;
use crate::ruleset::RuleSet;
use crate::scan::{ScannedTemplate, read_template};
use crate::shortfall;
use crate::template::language_of;

/// Lines of context around a finding.
const CONTEXT: u32 = 2;
/// Longest piece of source quoted in a message, in characters.
const LONGEST_QUOTE: usize = 60;

/// Puts the places of a module into words. The file is read once more, since its text is not kept.
pub(crate) fn findings(
    rules: &RuleSet<'_>,
    program: &Program<'_>,
    sources: &dyn Sources,
    module: ModuleId,
    mut places: Vec<Place>,
) -> (Vec<Finding>, Vec<Problem>) {
    if places.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let info = program.project.module(module);
    let bytes = match sources.read(&info.path) {
        Ok(bytes) if content_hash(&bytes) == info.hash => bytes,
        Ok(_) => {
            let message = "changed while it was analysed; its findings are left out";
            return (
                Vec::new(),
                vec![Problem::in_file(
                    ProblemKind::Vanished,
                    info.path.clone(),
                    message,
                )],
            );
        }
        Err(error) => {
            let message =
                format!("gone while it was analysed ({error}); its findings are left out");
            return (
                Vec::new(),
                vec![Problem::in_file(
                    ProblemKind::Vanished,
                    info.path.clone(),
                    message,
                )],
            );
        }
    };
    let Some(text) = source_text(&info.path, &bytes) else {
        return (Vec::new(), Vec::new());
    };
    let file = File {
        path: &info.path,
        text: &text,
        index: LineIndex::new(&text),
        cells: info.cells.as_deref(),
        last: RefCell::default(),
    };
    places.sort_by_key(|place| (place.span.start, place.span.end, place.detect));
    places.dedup_by_key(|place| (place.span, place.detect));
    let mut ordinals = Ordinals::default();
    let others = RefCell::default();
    let findings = places
        .into_iter()
        .map(|place| {
            Words {
                rules,
                program,
                file: &file,
                place: &place,
                call: call_at(&text, place.span),
                sources,
                others: &others,
            }
            .finding(&mut ordinals)
        })
        .collect();
    (findings, Vec::new())
}

/// Numbers equal findings of a file.
#[derive(Default)]
struct Ordinals(FxHashMap<Fingerprint, u32>);

impl Ordinals {
    fn fingerprint(&mut self, rule: &str, scope: &str, text: &str) -> Fingerprint {
        let normal: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let base = Fingerprint::of([rule, scope, &normal]);
        let ordinal = self.0.entry(base).or_default();
        *ordinal += 1;
        Fingerprint::of([rule, scope, &normal, &ordinal.to_string()])
    }
}

struct File<'t> {
    path: &'t Arc<str>,
    text: &'t str,
    index: LineIndex<'t>,
    cells: Option<&'t [(u32, u32)]>,
    /// The last excerpt, by its lines: findings on one (perhaps very long) line share it.
    last: RefCell<Option<(u32, u32, Excerpt)>>,
}

impl File<'_> {
    fn location(&self, span: Span, scope: &Arc<str>) -> CodeLocation {
        let range = self.index.range(span);
        let first_line = range.start.line.saturating_sub(CONTEXT).max(1);
        let last_line = (range.end.line + CONTEXT).min(self.index.count().max(1));
        CodeLocation {
            path: self.path.clone(),
            range,
            cell: self
                .cells
                .and_then(|cells| Notebook::cell_of(cells, range.start.line)),
            scope: scope.clone(),
            excerpt: self.excerpt(first_line, last_line),
        }
    }

    fn excerpt(&self, first_line: u32, last_line: u32) -> Excerpt {
        let mut last = self.last.borrow_mut();
        if let Some((first, end, excerpt)) = &*last
            && (*first, *end) == (first_line, last_line)
        {
            return excerpt.clone();
        }
        let lines: Vec<&str> = (first_line..=last_line)
            .map(|number| self.index.line(number))
            .collect();
        let excerpt = Excerpt {
            first_line,
            text: lines.join("\n").into(),
            starts: (first_line..=last_line)
                .map(|number| self.index.start(number))
                .collect(),
        };
        *last = Some((first_line, last_line, excerpt.clone()));
        excerpt
    }

    fn piece(&self, span: Span) -> &str {
        self.text
            .get(span.start as usize..span.end as usize)
            .unwrap_or_default()
    }
}

/// A piece of source on one line, cut where it is long.
fn quoted(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_QUOTE {
        return line;
    }
    let cut: String = line.chars().take(LONGEST_QUOTE - 1).collect();
    format!("{cut}…")
}

struct Words<'w, 't> {
    rules: &'w RuleSet<'w>,
    program: &'w Program<'w>,
    file: &'w File<'t>,
    place: &'w Place,
    call: Option<CallSyntax>,
    sources: &'w dyn Sources,
    /// Texts of other files that flows go through; none of those that are gone or changed.
    others: &'w RefCell<FxHashMap<ModuleId, Option<Arc<str>>>>,
}

impl Words<'_, '_> {
    fn finding(&self, ordinals: &mut Ordinals) -> Finding {
        let place = self.place;
        let page = &self.rules.catalogue.rules()[place.detect.rule as usize];
        let detect = self.rules.detect(place.detect);
        let project = self.program.project;
        let ir = &project.module(place.module).ir;
        let scope: Arc<str> = if ir.is_empty() || self.is_template() {
            Arc::from("")
        } else {
            project
                .scope_name(place.module, ir.function_at(place.index))
                .into()
        };
        let message = fill_message(&detect.message, |placeholder| self.placeholder(placeholder));
        let fixes = detect
            .fix
            .as_ref()
            .filter(|_| self.file.cells.is_none())
            .and_then(|recipe| {
                let mut made = fix::build(
                    recipe,
                    self.file.text,
                    place,
                    self.call.as_ref(),
                    self.assigned(),
                )?;
                made.title = fill_message(&made.title, |placeholder| self.placeholder(placeholder));
                Some(made)
            })
            .into_iter()
            .collect();
        let evidence = place
            .flow
            .as_ref()
            .map(|flow| Evidence::Flow(self.flow(flow, &scope)))
            .into_iter()
            .collect();
        Finding {
            rule: page.rule.clone(),
            message,
            location: Location::Code(self.file.location(place.span, &scope)),
            severity: place
                .severity
                .or(detect.severity)
                .unwrap_or(page.rule.severity),
            confidence: place.confidence.unwrap_or(detect.confidence),
            evidence,
            fixes,
            fingerprint: ordinals.fingerprint(&page.rule.id, &scope, self.file.piece(place.span)),
        }
    }

    /// Whether the place is in a template.
    fn is_template(&self) -> bool {
        let project = self.program.project;
        project.module(self.place.module).is_derived
    }

    /// The value of the assignment that the place is, if it is one.
    fn assigned(&self) -> Option<Span> {
        let ir = &self.program.project.module(self.place.module).ir;
        if self.call.is_some() || ir.is_empty() {
            return None;
        }
        hognose_python::syntax::assigned_value(self.file.text, self.place.span)
    }

    fn placeholder(&self, placeholder: Placeholder) -> String {
        let place = self.place;
        match placeholder {
            Placeholder::Callee => match &self.call {
                Some(call) => quoted(self.file.piece(call.callee)),
                None => {
                    // An assignment to an attribute: its target.
                    let text = self.file.piece(place.span);
                    quoted(
                        text.split_once('=')
                            .map_or(text, |(target, _)| target)
                            .trim(),
                    )
                }
            },
            Placeholder::Argument | Placeholder::Sink => place.name.clone().unwrap_or_default(),
            // Messages about source code name no packages: reading a page sees to it.
            Placeholder::Package | Placeholder::Version | Placeholder::Vulnerability => {
                String::new()
            }
            Placeholder::Value => {
                let written = self
                    .call
                    .as_ref()
                    .and_then(|call| call.arguments.get(place.argument? as usize))
                    .map(|argument| self.file.piece(argument.value));
                match (&place.value, written) {
                    (_, Some(written)) if written.len() <= LONGEST_QUOTE => quoted(written),
                    // What a check worked out is shown to the letter: a text that is slow to match loses its
                    // point with one blank.
                    (Some(value), None) => value.clone().into_owned(),
                    (Some(value), _) => quoted(value),
                    (None, Some(written)) => quoted(written),
                    (None, None) => self
                        .assigned()
                        .map_or_else(String::new, |value| quoted(self.file.piece(value))),
                }
            }
            Placeholder::Source => {
                let step = place.flow.as_ref().and_then(|flow| flow.steps.first());
                step.map_or_else(String::new, |step| {
                    self.in_file(step.module, |file| {
                        let span = self.program.project.module(step.module).ir.span(step.index);
                        quoted(source_name(file.piece(span)))
                    })
                })
            }
        }
    }

    /// Reads in the file of a module: this one's, or another that a flow goes through.
    fn in_file<T>(&self, module: ModuleId, read: impl FnOnce(&File<'_>) -> T) -> T {
        if module == self.place.module {
            return read(self.file);
        }
        let info = self.program.project.module(module);
        let mut others = self.others.borrow_mut();
        let text = others.entry(module).or_insert_with(|| {
            let bytes = self.sources.read(&info.path).ok()?;
            // What changed meanwhile has other lines.
            if content_hash(&bytes) != info.hash {
                return None;
            }
            source_text(&info.path, &bytes).map(Into::into)
        });
        let text: &str = text.as_deref().unwrap_or_default();
        read(&File {
            path: &info.path,
            text,
            index: LineIndex::new(text),
            cells: info.cells.as_deref(),
            last: RefCell::default(),
        })
    }

    fn flow(&self, flow: &hognose_taint::Flow, scope: &Arc<str>) -> Flow {
        let place = self.place;
        let project = self.program.project;
        let models = self.program.models;
        let source: Arc<str> = models.kind_name(flow.source).into();
        let evaluator = Evaluator::new(self.program);
        let mut steps: Vec<FlowStep> = Vec::new();
        for (number, step) in flow.steps.iter().enumerate() {
            // A template has no list of its parameters.
            let is_derived = project.module(step.module).is_derived;
            let is_same = step.module == place.module
                && project.module(step.module).ir.span(step.index) == place.span;
            if is_derived && (step.note == FlowNote::Param || is_same) {
                continue;
            }
            let ir = &project.module(step.module).ir;
            let span = ir.span(step.index);
            let own_scope: Arc<str> = project
                .scope_name(step.module, ir.function_at(step.index))
                .into();
            let (location, text) = self.in_file(step.module, |file| {
                let text = file.piece(span);
                let text = if number == 0 || step.note == FlowNote::Param {
                    source_name(text)
                } else {
                    text
                };
                (file.location(span, &own_scope), quoted(text))
            });
            let op = ir.op(step.index);
            let note = if number == 0 {
                format!("`{text}` {}", origin(&source))
            } else {
                match (step.note, op) {
                    (FlowNote::Param, _) => format!("arrives as `{text}`"),
                    (FlowNote::Argument, _) => format!("is handed to `{text}`"),
                    (FlowNote::Returned, _) => format!("comes back from `{text}`"),
                    (FlowNote::Stored, _) => format!("is kept by `{text}`"),
                    (_, Op::Call) => {
                        match shortfall::cleaning(&evaluator, flow, step.module, step.index) {
                            Some(kind) => format!(
                                "passes through `{text}`, which makes it harmless as `{kind}` alone"
                            ),
                            None => format!("passes through `{text}`"),
                        }
                    }
                    (_, Op::Subscript | Op::Attr) => format!("is read by `{text}`"),
                    _ => format!("becomes part of `{text}`"),
                }
            };
            // `request.args`, `request.args.get`, `request.args.get("x")`: one step, the last.
            if number > 0
                && let Some(last) = steps.last_mut()
                && last.location.path == location.path
                && last.location.range.start.offset == span.start
                && matches!(op, Op::Call | Op::Subscript | Op::Attr)
                && step.note == FlowNote::Pass
            {
                let note = if last.note.ends_with(origin(&source)) {
                    format!("`{text}` {}", origin(&source))
                } else {
                    note
                };
                *last = FlowStep { location, note };
                continue;
            }
            steps.push(FlowStep { location, note });
        }
        let sink = models.kind_name(flow.sink);
        for test in shortfall::tests(project, flow, sink, (place.module, place.index)) {
            let ir = &project.module(test.module).ir;
            let scope: Arc<str> = project
                .scope_name(test.module, ir.function_at(test.index))
                .into();
            let span = ir.span(test.index);
            let (location, text) = self.in_file(test.module, |file| {
                (file.location(span, &scope), quoted(file.piece(span)))
            });
            let note = format!("`{text}` {}", test.reason);
            steps.push(FlowStep { location, note });
        }
        let argument = self
            .call
            .as_ref()
            .and_then(|call| Some(call.arguments.get(place.argument? as usize)?.value));
        let at = argument.unwrap_or(place.span);
        let ir = &project.module(place.module).ir;
        let note = if self.is_template() {
            let text = quoted(self.file.piece(place.span));
            format!("is put into the page by `{text}`")
        } else if ir.op(place.index) == Op::Return {
            "is returned".to_owned()
        } else {
            format!("reaches `{}`", self.placeholder(Placeholder::Callee))
        };
        steps.push(FlowStep {
            location: self.file.location(at, scope),
            note,
        });
        Flow {
            source,
            sink: sink.into(),
            steps,
        }
    }
}

/// The text of a source: of a parameter, its name alone.
fn source_name(text: &str) -> &str {
    match text.find([':', '=']) {
        // A keyword or a slice within brackets is part of the expression.
        Some(at) if !text[..at].contains(['(', '[']) => text[..at].trim(),
        _ => text,
    }
}

/// Where data of a source kind comes from, after "`x`".
fn origin(kind: &str) -> &'static str {
    match kind {
        "remote-input" => "comes with a request",
        "local-input" => "comes from the caller of the program",
        "file-content" => "comes from a file",
        "network-response" => "comes from another server",
        "secret" => "is a secret",
        "parameter" => "is what a user of this library passes",
        "message" => "comes with a message",
        "model-output" => "was written by a language model",
        "archive-member" => "is a name inside an archive",
        "database" => "was stored before",
        "template-value" => "is handed on by a template",
        _ => "is untrusted",
    }
}

/// Scans a template.
pub(crate) fn template(
    rules: &RuleSet<'_>,
    sources: &dyn Sources,
    path: &Arc<str>,
) -> ScannedTemplate {
    let bytes = match sources.read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let problems = vec![Problem::in_file(error.kind, path.clone(), error.message)];
            return ScannedTemplate {
                problems,
                ..ScannedTemplate::default()
            };
        }
    };
    let mut scanned = ScannedTemplate::default();
    let text = String::from_utf8_lossy(&bytes);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        let message = "invalid UTF-8; read with replacement characters";
        scanned.problems.push(Problem::in_file(
            ProblemKind::Encoding,
            path.clone(),
            message,
        ));
    }
    let file = File {
        path,
        text: &text,
        index: LineIndex::new(&text),
        cells: None,
        last: RefCell::default(),
    };
    let lines = u64::from(file.index.count());
    let Some(language) = language_of(path, &text) else {
        scanned.template = Some((path.clone(), Vec::new(), lines));
        return scanned;
    };
    let template = read_template(&text, language);
    for ((start, end), message) in template.problems {
        let range = file.index.range(Span { start, end });
        scanned
            .problems
            .push(Problem::in_file(ProblemKind::SyntaxError, path.clone(), message).at(range));
    }
    let mut ordinals = Ordinals::default();
    let scope: Arc<str> = Arc::from("");
    for fact in template.facts {
        let span = Span {
            start: fact.span.0,
            end: fact.span.1,
        };
        let mut matched = BTreeMap::new();
        for &(construct, at) in &rules.templates {
            if construct == fact.construct {
                matched.entry(at.rule).or_insert(at);
            }
        }
        for at in matched.into_values() {
            let page = &rules.catalogue.rules()[at.rule as usize];
            let detect = rules.detect(at);
            let message = fill_message(&detect.message, |placeholder| match placeholder {
                Placeholder::Value | Placeholder::Source => quoted(&fact.value),
                _ => quoted(&fact.what),
            });
            scanned.findings.push(Finding {
                rule: page.rule.clone(),
                message,
                location: Location::Code(file.location(span, &scope)),
                severity: detect.severity.unwrap_or(page.rule.severity),
                confidence: detect.confidence,
                evidence: Vec::new(),
                fixes: Vec::new(),
                fingerprint: ordinals.fingerprint(&page.rule.id, "", file.piece(span)),
            });
        }
    }
    let comments = template
        .comments
        .into_iter()
        .map(|comment| hognose_python::Comment {
            range: file.index.range(Span {
                start: comment.span.0,
                end: comment.span.1,
            }),
            lines: comment.lines,
            text: comment.text,
        })
        .collect();
    scanned.template = Some((path.clone(), comments, lines));
    scanned
}
