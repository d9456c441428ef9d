//! For people: the source with carets, how the data gets there, what to do about it.
//!
//! ```text
//! high[command-injection]: `subprocess.run` is given a shell command built from `request.args`
//!    ╭▸ app/tools.py:14:20 in `ping`
//!    │
//! 14 │     subprocess.run("ping " + host, shell=True)
//!    │                    ━━━━━━━━━━━━━━
//!    ├ data flow: remote-input to shell
//!    │  1  12 │ host = request.args["host"]
//!    │        │        ──────────────────── `host` comes from the query string
//!    ├ how to fix: …
//!    ╰ confirmed · CWE-78 · more: hognose explain command-injection
//! ```

use std::fmt::Write as _;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Padding, Renderer, Snippet};
use hognose_finding::{
    Advisory, CodeLocation, Edit, Evidence, Finding, Fix, Flow, FlowStep, Safety, Severity,
};
use rustc_hash::FxHashSet;

use super::advisory::advisory_facts;
use super::anchored::Anchored;
use super::text::{
    ADDED, DIM, HINT, REMOVED, STEP, STRONG, byte_of, first_line, place, severity_style, visible,
    width, wrapped,
};
use super::{Options, advice, concise};
use crate::report::Report;

/// Lines of an excerpt that are shown whole; of a longer one, the ends.
const WHOLE: usize = 14;
/// Characters of a source line that are looked at, on either side of what is marked.
const NEARBY: usize = 400;

/// The whole report.
pub(super) fn render(report: &Report, options: &Options) -> String {
    let mut out = String::new();
    let mut advised = FxHashSet::default();
    for finding in report.open() {
        let advise = advised.insert(&*finding.rule.id);
        one(&mut out, finding, options, advise);
        out.push('\n');
    }
    concise::problems(&mut out, report, options);
    concise::left_out(&mut out, report, options);
    if !(report.problems.is_empty() && report.left_out.is_empty()) {
        out.push('\n');
    }
    if let Some(summary) = options.summary(report) {
        let _ = writeln!(out, "{}", options.paint(STRONG, &summary));
    }
    out
}

/// The characters that draw the frame.
struct Decor {
    start: &'static str,
    bar: &'static str,
    item: &'static str,
    last: &'static str,
    other: &'static str,
    marked: &'static str,
}

const UNICODE: Decor = Decor {
    start: "╭▸",
    bar: "│",
    item: "├",
    last: "╰",
    other: "⸬",
    marked: "─",
};
const ASCII: Decor = Decor {
    start: "-->",
    bar: "|",
    item: "=",
    last: "=",
    other: ":::",
    marked: "-",
};

/// What the parts of one finding share.
struct Frame<'a> {
    out: &'a mut String,
    options: &'a Options,
    decor: &'static Decor,
    /// Columns of the line numbers.
    gutter: usize,
}

fn one(out: &mut String, finding: &Finding, options: &Options, advise: bool) {
    let style = severity_style(finding.severity);
    let label = format!("{}[{}]", finding.severity, finding.rule.id);
    let _ = writeln!(
        out,
        "{}{} {}",
        options.paint(style, &label),
        options.paint(STRONG, ":"),
        options.paint(STRONG, &visible(&finding.message))
    );
    let Some(code) = finding.location.code() else {
        return;
    };

    let excerpt = Shown::of(code);
    let gutter = excerpt
        .as_ref()
        .map_or(code.range.start.line, Shown::last_line)
        .max(1)
        .ilog10() as usize
        + 1;
    let mut frame = Frame {
        out,
        options,
        decor: if options.ascii { &ASCII } else { &UNICODE },
        gutter,
    };
    frame.header(code);
    if let Some(excerpt) = &excerpt {
        frame.source(excerpt, finding.severity);
    }
    for evidence in &finding.evidence {
        match evidence {
            Evidence::Flow(flow) => frame.flow(flow, code),
            Evidence::Related(step) => frame.related(step, code),
            Evidence::Advisory(advisory) => frame.advisory(advisory, finding),
        }
    }
    for fix in &finding.fixes {
        frame.fix(fix, code);
    }
    if advise
        && finding.fixes.is_empty()
        && let Some(advice) = advice(&finding.rule)
    {
        frame.advice(&advice);
    }
    frame.footer(finding);
}

/// The excerpt of a location, cut where it is too long, with the marked bytes in it.
struct Shown {
    first_line: u32,
    text: String,
    marked: std::ops::Range<usize>,
}

impl Shown {
    fn of(code: &CodeLocation) -> Option<Self> {
        let (start, end) = (code.range.start, code.range.end);
        let first = code.excerpt.first_line;
        let from = (first > 0)
            .then(|| start.line.checked_sub(first))
            .flatten()? as usize;
        let to = end.line.saturating_sub(first) as usize;
        let mut text = String::new();
        let (mut marked_from, mut marked_to) = (None, None);
        for (index, line) in code.excerpt.text.split('\n').enumerate() {
            if index > 0 {
                text.push('\n');
            }
            let here = text.len();
            let starts = (index == from).then(|| byte_of(line, start));
            let ends = (index == to).then(|| byte_of(line, end));
            let (line, cut) = around(line, starts.or(ends).unwrap_or(0));
            let within = |byte: usize| here + byte.saturating_sub(cut).min(line.len());
            marked_from = starts.map(within).or(marked_from);
            marked_to = ends.map(within).or(marked_to);
            // Control characters of the second set reach the terminal as commands. The dot is as long, so that marks
            // stay where they are.
            text.extend(line.chars().map(|char| match char {
                '\u{80}'..='\u{9f}' => '\u{b7}',
                char => char,
            }));
        }
        let marked_from = marked_from?;
        let marked = marked_from..marked_to.unwrap_or(text.len()).max(marked_from);
        Some(Shown {
            first_line: first,
            text,
            marked,
        })
    }

    fn last_line(&self) -> u32 {
        self.first_line + self.text.matches('\n').count() as u32
    }
}

/// The part of a line near `byte`, and where it begins.
fn around(line: &str, byte: usize) -> (&str, usize) {
    if line.len() <= 2 * NEARBY {
        return (line, 0);
    }
    let from = line[..byte]
        .char_indices()
        .rev()
        .nth(NEARBY - 1)
        .map_or(0, |(byte, _)| byte);
    let to = line[byte..]
        .char_indices()
        .nth(NEARBY)
        .map_or(line.len(), |(more, _)| byte + more);
    (&line[from..to], from)
}

impl Frame<'_> {
    /// A line behind the frame, begun by `mark`.
    fn line(&mut self, mark: &str, text: &str) {
        let gap = if text.is_empty() { "" } else { " " };
        let mark = self.options.paint(DIM, mark);
        let _ = writeln!(
            self.out,
            "{:gutter$} {mark}{gap}{text}",
            "",
            gutter = self.gutter
        );
    }

    fn header(&mut self, code: &CodeLocation) {
        let scope = if code.scope.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", visible(&code.scope))
        };
        let place = self.options.link(&code.path, &place(code));
        let start = self.options.paint(DIM, self.decor.start);
        let gap = if self.options.ascii {
            self.gutter
        } else {
            self.gutter + 1
        };
        let _ = writeln!(
            self.out,
            "{:gap$}{start} {place}{}",
            "",
            self.options.paint(DIM, &scope)
        );
        self.line(self.decor.bar, "");
    }

    fn source(&mut self, shown: &Shown, severity: Severity) {
        let decor_style = if self.options.ascii {
            DecorStyle::Ascii
        } else {
            DecorStyle::Unicode
        };
        let mut renderer = Renderer::plain();
        if self.options.color {
            renderer = Renderer::styled()
                .line_num(DIM)
                .error(severity_style(severity));
        }
        let renderer = renderer
            .decor_style(decor_style)
            .term_width(self.options.width.max(40));
        let lines = shown.text.matches('\n').count() + 1;
        let snippet = Snippet::source(shown.text.as_str())
            .line_start(shown.first_line as usize)
            .fold(lines > WHOLE)
            .annotation(AnnotationKind::Primary.span(shown.marked.clone()));
        // Padding keeps the frame open below, where ours goes on; its line and the one that opens the frame go.
        let group = Group::with_level(Level::ERROR)
            .element(snippet)
            .element(Padding);
        let picture = renderer.render(&[group]);
        let lines: Vec<&str> = picture.lines().collect();
        for line in lines
            .get(1..lines.len().saturating_sub(1))
            .unwrap_or_default()
        {
            let _ = writeln!(self.out, "{}", line.trim_end());
        }
    }

    fn heading(&mut self, word: &str, text: &str) {
        let word = self.options.paint(HINT, word);
        self.line(self.decor.item, &format!("{word} {text}"));
    }

    fn flow(&mut self, flow: &Flow, code: &CodeLocation) {
        self.heading(
            "data flow:",
            &format!("{} to {}", visible(&flow.source), visible(&flow.sink)),
        );
        self.steps(&flow.steps, code, true);
    }

    fn advisory(&mut self, advisory: &Advisory, finding: &Finding) {
        for (name, text) in advisory_facts(advisory, &finding.location) {
            let room = self.options.width.saturating_sub(self.gutter + 4).max(30);
            let label = format!("{name}:");
            // The label takes its place in the first line.
            let text = format!("{} {}", "x".repeat(label.len()), visible(&text));
            for (index, line) in wrapped(&text, room).iter().enumerate() {
                if index == 0 {
                    let rest = line.get(label.len() + 1..).unwrap_or_default();
                    self.heading(&label, rest);
                } else {
                    self.line(self.decor.bar, &format!("  {line}"));
                }
            }
        }
    }

    fn related(&mut self, step: &FlowStep, code: &CodeLocation) {
        self.heading("see also:", &self.options.tint(&visible(&step.note)));
        self.steps(
            std::slice::from_ref(&FlowStep {
                note: String::new(),
                ..step.clone()
            }),
            code,
            false,
        );
    }

    /// Steps with their source lines; the path is named where it changes.
    fn steps(&mut self, steps: &[FlowStep], code: &CodeLocation, numbered: bool) {
        let bar = self.decor.bar;
        let numbers = if numbered {
            steps.len().max(1).ilog10() as usize + 1
        } else {
            0
        };
        let lines = steps
            .iter()
            .map(|step| step.location.range.start.line)
            .max()
            .unwrap_or(1)
            .max(1)
            .ilog10() as usize
            + 1;
        let mut path = &code.path;
        for (index, step) in steps.iter().enumerate() {
            let at = &step.location;
            let number = if numbered {
                format!("{:>numbers$}", index + 1)
            } else {
                String::new()
            };
            if at.path != *path {
                path = &at.path;
                let shown = self.options.link(path, &visible(path));
                let other = self.options.paint(DIM, self.decor.other);
                self.line(bar, &format!(" {:numbers$}  {other} {shown}", ""));
            }
            let line = format!("{:>lines$}", at.range.start.line);
            let head = format!(
                " {}  {} {}",
                self.options.paint(STEP, &number),
                self.options.link(&at.path, &self.options.paint(DIM, &line)),
                self.options.paint(DIM, bar),
            );
            let left = self.gutter + 3 + 1 + numbers + 2 + lines + 3;
            let note = visible(&step.note);
            let Some(source) = first_line(at, self.options.width.saturating_sub(left).max(20))
            else {
                self.line(bar, &format!("{head} {}", self.options.tint(&note)));
                continue;
            };
            self.line(bar, &format!("{head} {}", source.text));
            let below = format!(
                " {:numbers$}  {:lines$} {}",
                "",
                "",
                self.options.paint(DIM, bar)
            );
            let (from, to) = source.marked;
            let carets = self
                .options
                .paint(STEP, &self.decor.marked.repeat(to - from));
            let room = self.options.width.saturating_sub(left);
            if to + 1 + width(&note) <= room || note.is_empty() {
                let gap = if note.is_empty() { "" } else { " " };
                self.line(
                    bar,
                    &format!(
                        "{below} {:from$}{carets}{gap}{}",
                        "",
                        self.options.tint(&note)
                    ),
                );
            } else {
                self.line(bar, &format!("{below} {:from$}{carets}", ""));
                let from = from.min(room / 3);
                for line in wrapped(&note, room.saturating_sub(from).max(20)) {
                    self.line(
                        bar,
                        &format!("{below} {:from$}{}", "", self.options.tint(&line)),
                    );
                }
            }
        }
    }

    fn fix(&mut self, fix: &Fix, code: &CodeLocation) {
        let how = match fix.safety {
            Safety::Safe => "(safe, `--fix`)",
            Safety::Unsafe => "(may change behaviour, `--fix --unsafe-fixes`)",
        };
        let title = self.options.tint(&visible(&fix.title));
        self.heading("fix:", &format!("{title} {}", self.options.paint(DIM, how)));
        for (removed, line) in change(code, &fix.edits).unwrap_or_default() {
            let room = self.options.width.saturating_sub(self.gutter + 8);
            let (sign, style) = if removed {
                ("-", REMOVED)
            } else {
                ("+", ADDED)
            };
            let line = visible(&line)
                .chars()
                .take(room.max(20))
                .collect::<String>();
            self.line(
                self.decor.bar,
                &format!(
                    "   {}",
                    self.options.paint(style, &format!("{sign} {line}"))
                ),
            );
        }
    }

    fn advice(&mut self, advice: &str) {
        const LABEL: &str = "how to fix:";
        let room = self.options.width.saturating_sub(self.gutter + 4);
        // The label takes its place in the first line.
        let text = format!("{} {}", "x".repeat(LABEL.len()), visible(advice));
        for (index, line) in wrapped(&text, room.max(30)).iter().enumerate() {
            if index == 0 {
                let rest = line.get(LABEL.len() + 1..).unwrap_or_default();
                self.heading(LABEL, &self.options.tint(rest));
            } else {
                self.line(self.decor.bar, &format!("  {}", self.options.tint(line)));
            }
        }
    }

    fn footer(&mut self, finding: &Finding) {
        let mut facts = vec![finding.confidence.as_str().to_owned()];
        facts.extend(super::weaknesses(&finding.rule));
        let explain = self
            .options
            .paint(HINT, &format!("hognose explain {}", finding.rule.id));
        self.line(
            self.decor.last,
            &format!("{} · more: {explain}", facts.join(" · ")),
        );
    }
}

/// The lines a fix takes away (`true`) and puts there instead, without common indentation. `None` if the excerpt does
/// not have all of what is edited.
fn change(code: &CodeLocation, edits: &[Edit]) -> Option<Vec<(bool, String)>> {
    let anchored = Anchored::of(code)?;
    let text = anchored.text;
    let (first, last) = (
        anchored.byte(edits.first()?.start)?,
        anchored.byte(edits.last()?.end)?,
    );
    let from = text[..first].rfind('\n').map_or(0, |byte| byte + 1);
    let to = text[last..]
        .find('\n')
        .map_or(text.len(), |more| last + more);
    let mut new = String::new();
    let mut at = from;
    for edit in edits {
        new.push_str(text.get(at..anchored.byte(edit.start)?)?);
        new.push_str(&edit.text);
        at = anchored.byte(edit.end)?;
    }
    new.push_str(text.get(at..to)?);
    let old = &text[from..to];
    let both = || {
        old.lines()
            .chain(new.lines())
            .filter(|line| !line.trim().is_empty())
    };
    let indentation = both()
        .map(|line| line.len() - line.trim_start().len())
        .min()
        .unwrap_or(0);
    let bare = |line: &str| line.get(indentation..).unwrap_or_default().to_owned();
    let removed = old.lines().map(|line| (true, bare(line)));
    Some(
        removed
            .chain(new.lines().map(|line| (false, bare(line))))
            .collect(),
    )
}
