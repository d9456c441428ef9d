use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64;
use hognose_finding::{
    Alias, AliasTool, CodeLocation, Confidence, Edit, Evidence, Excerpt, Finding, Fingerprint, Fix,
    Flow, FlowStep, Location, Persona, Position, Problem, ProblemKind, Range, Rule, Safety,
    Severity,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::{SCRIPT, SCRIPT_HASH, STYLE, STYLE_HASH, code, fill, guide, render};
use crate::DateTime;
use crate::render::Options;
use crate::report::{Assessed, LeftOut, Report, Run, Status};

/// Breaks out of elements, attributes, scripts, comments and templates; obeyed by terminals and by bidirectional text.
const HOSTILE: &str = "</script><script>alert(1)</script><img src=x onerror='alert(2)'>\" autofocus onfocus=\"alert(3) \
                       --><!-- {{style}} &amp; \u{2028}\u{202e}\u{1b}[31m";
/// The same as it has to stand in the document.
const HARMLESS: &str = "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&#39;alert(2)&#39;&gt;&quot; \
                        autofocus onfocus=&quot;alert(3) --&gt;&lt;!-- {{style}} &amp;amp; \\u{2028}\\u{202e}\\u{1b}[31m";

fn position(source: &str, offset: usize) -> Position {
    let before = &source[..offset];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Position {
        line: before.matches('\n').count() as u32 + 1,
        column: before[line_start..].chars().count() as u32 + 1,
        offset: offset as u32,
    }
}

/// The first `needle` in a file that holds `source`, all of which is the excerpt.
fn at(path: &str, source: &str, needle: &str) -> CodeLocation {
    let start = source.find(needle).unwrap();
    CodeLocation {
        path: path.into(),
        range: Range {
            start: position(source, start),
            end: position(source, start + needle.len()),
        },
        cell: None,
        scope: "".into(),
        excerpt: Excerpt {
            first_line: 1,
            text: source.into(),
            starts: [0]
                .into_iter()
                .chain(source.match_indices('\n').map(|(at, _)| at as u32 + 1))
                .collect(),
        },
    }
}

fn rule(id: &str) -> Rule {
    Rule {
        id: id.into(),
        name: format!("Title of {id}"),
        summary: String::new(),
        help: "## What it is\n\nA mistake.\n\n## How to fix it\n\nDo it `otherwise`.\n".into(),
        cwe: vec![89],
        owasp: vec!["A03:2021".into()],
        severity: Severity::High,
        persona: Persona::Regular,
        aliases: vec![Alias {
            tool: AliasTool::Bandit,
            code: "B608".into(),
        }],
        since: "0.1.0".into(),
    }
}

fn finding(rule: &Arc<Rule>, location: CodeLocation) -> Finding {
    Finding {
        rule: Arc::clone(rule),
        message: "`eval` is wrong".into(),
        fingerprint: Fingerprint::of([&*rule.id, &*location.excerpt.text]),
        location: Location::Code(location),
        severity: rule.severity,
        confidence: Confidence::Likely,
        evidence: Vec::new(),
        fixes: Vec::new(),
    }
}

fn report(findings: Vec<Finding>) -> Report {
    let findings: Vec<Assessed> = findings
        .into_iter()
        .map(|finding| Assessed {
            finding,
            status: Status::Open,
        })
        .collect();
    Report {
        rules: findings
            .iter()
            .map(|one| Arc::clone(&one.finding.rule))
            .collect(),
        findings,
        problems: Vec::new(),
        left_out: Vec::new(),
        compared: false,
        run: Run {
            version: "0.1.0".into(),
            persona: Persona::Regular,
            fail_on: Some(Severity::High),
            files: 3,
            dependencies: None,
            lines: 1200,
            started: DateTime::default(),
            elapsed: Duration::from_millis(213),
        },
    }
}

fn html(report: &Report) -> String {
    render(report, &Options::default())
}

fn excerpt(location: &CodeLocation) -> String {
    let mut out = String::new();
    code::excerpt(&mut out, location, 3);
    out
}

/// A report in which every text that a project, a comment or a user's own rule can choose is hostile.
fn hostile() -> Report {
    let rule = Arc::new(Rule {
        id: HOSTILE.into(),
        name: HOSTILE.into(),
        help: format!(
            "## What it is\n\n{HOSTILE}\n\n## How to fix it\n\n{HOSTILE}\n\n```python file={}\n{HOSTILE}\n```\n",
            HOSTILE.replace(' ', "_")
        ),
        owasp: vec![HOSTILE.into()],
        aliases: vec![Alias {
            tool: AliasTool::Ruff,
            code: HOSTILE.into(),
        }],
        since: HOSTILE.into(),
        ..rule("")
    });
    let mut place = at(HOSTILE, HOSTILE, "alert(1)");
    place.scope = HOSTILE.into();
    let step = FlowStep {
        location: place.clone(),
        note: HOSTILE.into(),
    };
    let range = place.range;
    let one = Finding {
        message: format!("`{HOSTILE}` and {HOSTILE}"),
        evidence: vec![
            Evidence::Flow(Flow {
                source: HOSTILE.into(),
                sink: HOSTILE.into(),
                steps: vec![step.clone()],
            }),
            Evidence::Related(step),
        ],
        fixes: vec![Fix {
            title: HOSTILE.into(),
            safety: Safety::Safe,
            edits: vec![Edit {
                start: range.start.offset,
                end: range.end.offset,
                text: HOSTILE.into(),
            }],
        }],
        ..finding(&rule, place)
    };
    let mut report = report(vec![one.clone(), one]);
    report.findings[1].status = Status::Suppressed {
        by: HOSTILE.into(),
        reason: Some(HOSTILE.into()),
    };
    report.problems = vec![Problem::in_file(ProblemKind::Unreadable, HOSTILE, HOSTILE)];
    report.left_out = vec![LeftOut {
        path: HOSTILE.into(),
        reason: HOSTILE.into(),
    }];
    report.run.version = HOSTILE.into();
    report
}

#[test]
fn hostile_text_stays_text() {
    let text = html(&hostile());
    let own = text.replacen(SCRIPT, "", 1).replacen(STYLE, "", 1);
    assert_eq!(own.matches("<script").count(), 1);
    assert_eq!(own.matches("</script").count(), 1);
    assert_eq!(own.matches("<style").count(), 1);
    assert_eq!(own.matches("<img").count(), 0);
    assert_eq!(own.matches("<!--").count(), 0);
    for raw in ['\u{1b}', '\u{2028}', '\u{202e}', '\0'] {
        assert!(!own.contains(raw), "{raw:?}");
    }
    // No quote of theirs ends an attribute.
    assert_eq!(own.matches("onfocus=\"").count(), 0);
    assert_eq!(own.matches("onerror='").count(), 0);
    for fragment in [
        format!("<span class=\"what\"><code>{HARMLESS}</code> and {HARMLESS}</span>"),
        format!("data-path=\"{HARMLESS}\""),
        format!("data-rule=\"{HARMLESS}\""),
        format!("<input type=\"checkbox\" value=\"{HARMLESS}\" checked>"),
        format!("<h3><span class=\"name\">{HARMLESS}</span>"),
        format!(" in <code>{HARMLESS}</code></p>"),
        format!("<h4>Data flow: {HARMLESS} to {HARMLESS}</h4>"),
        format!("<p class=\"note\">{HARMLESS}</p>"),
        format!("<p><strong>{HARMLESS}</strong>"),
        format!("<ins>{HARMLESS}</ins>"),
        format!("Suppressed by <code>{HARMLESS}</code>: “{HARMLESS}”"),
        format!("<li class=\"error\"><span class=\"pill\">error</span> <span class=\"what\">{HARMLESS}</span>"),
        format!("<li><code>{HARMLESS}</code> {HARMLESS}</li>"),
        format!("<dd>Ruff {HARMLESS}</dd>"),
        format!("<pre class=\"code py\"><code><span class=\"l\">{HARMLESS}</span></code></pre>"),
        "<span class=\"l\" data-n=\"1\">&lt;/script&gt;&lt;script&gt;<mark>alert(1)</mark>&lt;/script&gt;&lt;img src=x"
            .to_owned(),
    ] {
        assert!(own.contains(&fragment), "missing: {fragment}");
    }
}

#[test]
fn what_is_put_in_is_not_filled_again() {
    let part = |name: &str| match name {
        "a" => "{{b}}".to_owned(),
        other => other.to_uppercase(),
    };
    assert_eq!(fill("x{{a}}y{{b}}z", part), "x{{b}}yBz");
}

#[test]
fn the_policy_names_our_own_style_and_script_and_nothing_else() {
    // Browsers hash what they parsed, whose line ends are always `\n`.
    let hash = |text: &str| BASE64.encode(&Sha256::digest(text.replace("\r\n", "\n")));
    assert_eq!(STYLE_HASH, hash(STYLE), "put this hash into html.rs");
    assert_eq!(SCRIPT_HASH, hash(SCRIPT), "put this hash into html.rs");
    let policy = format!(
        "content=\"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; script-src 'sha256-{SCRIPT_HASH}'; \
         img-src data:; base-uri 'none'; form-action 'none'\""
    );
    assert!(html(&report(vec![])).contains(&policy));
}

#[test]
fn nothing_is_fetched_and_nothing_needs_a_looser_policy() {
    assert!(!SCRIPT.contains("</script") && !STYLE.contains("</style"));
    for word in ["fetch(", "XMLHttpRequest", "import(", "innerHTML", "eval("] {
        assert!(!SCRIPT.contains(word), "{word}");
    }
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import"));
    let text = html(&hostile());
    let own = text.replacen(SCRIPT, "", 1).replacen(STYLE, "", 1);
    assert_eq!(own.matches(" style=\"").count(), 0);
    assert_eq!(own.matches(" src=\"").count(), 0);
    assert_eq!(own.matches("<link ").count(), 1);
    assert!(own.contains("<link rel=\"icon\" href=\"data:image/svg+xml,"));
}

#[test]
fn the_time_a_run_took_changes_nothing() {
    let mut slow = hostile();
    slow.run.elapsed *= 100;
    assert_eq!(html(&hostile()), html(&slow));
}

#[test]
fn every_finding_has_an_anchor_and_every_rule_one_page() {
    let (one, two) = (Arc::new(rule("one")), Arc::new(rule("two")));
    let source = "eval(x)\n";
    let text = html(&report(vec![
        finding(&one, at("a.py", source, "eval")),
        finding(&one, at("b.py", source, "eval")),
        finding(&two, at("b.py", source, "eval")),
    ]));
    let same = Fingerprint::of(["one", source]);
    let other = Fingerprint::of(["two", source]);
    for anchor in [
        format!("f-{same}"),
        format!("f-{same}-2"),
        format!("f-{other}"),
    ] {
        assert_eq!(
            text.matches(&format!(" id=\"{anchor}\"")).count(),
            1,
            "{anchor}"
        );
        assert_eq!(
            text.matches(&format!("href=\"#{anchor}\"")).count(),
            1,
            "{anchor}"
        );
    }
    for (id, findings) in [("one", 2), ("two", 1)] {
        assert_eq!(text.matches(&format!(" id=\"rule-{id}\"")).count(), 1);
        assert_eq!(
            text.matches(&format!("href=\"#rule-{id}\"")).count(),
            findings
        );
    }
    assert!(text.contains("<dt>CWE</dt><dd>CWE-89</dd>"));
    assert!(text.contains("<dt>OWASP</dt><dd>A03:2021</dd>"));
    assert!(text.contains("<dt>Also known as</dt><dd>Bandit B608</dd>"));
    assert!(text.contains("<h4>How to fix it</h4>\n<p>Do it <code>otherwise</code>.</p>"));
}

#[test]
fn the_worst_file_comes_first_and_the_accepted_last() {
    let rule = Arc::new(rule("one"));
    let of = |path: &str, severity| Finding {
        severity,
        ..finding(&rule, at(path, "eval(x)\n", "eval"))
    };
    let mut report = report(vec![
        of("a.py", Severity::Critical),
        of("b.py", Severity::Low),
        of("c.py", Severity::High),
    ]);
    report.findings[0].status = Status::Known;
    let text = html(&report);
    let paths: Vec<&str> = text
        .split("<h3><span class=\"name\">")
        .skip(1)
        .filter_map(|rest| rest.split("</span>").next())
        .collect();
    assert_eq!(paths, ["c.py", "b.py", "a.py"]);
}

#[test]
fn problems_are_shown_the_worst_first() {
    let mut report = report(vec![]);
    assert!(
        html(&report).contains("None: everything that was found to look at could be looked at.")
    );
    report.problems = vec![
        Problem::general(ProblemKind::Fix, "two fixes overlap"),
        Problem::general(ProblemKind::Configuration, "unknown key `colour`"),
        Problem::in_file(ProblemKind::Unreadable, "a.py", "permission denied").at(Range {
            start: Position {
                line: 3,
                column: 7,
                offset: 30,
            },
            end: Position::default(),
        }),
    ];
    let text = html(&report);
    assert!(text.contains("<h1>no findings in what could be checked, 3 problems</h1>"));
    assert!(text.contains("<p class=\"gate fails\">Incomplete: files or checks were left out</p>"));
    assert!(text.contains("<p>2 problems left something out of this report."));
    assert!(text.contains("<span class=\"where\">a.py:3:7</span> <span>unreadable</span>"));
    assert!(text.contains("unknown key <code>colour</code>"));
    let places = ["permission denied", "unknown key", "two fixes"].map(|part| text.find(part));
    assert!(places.is_sorted() && places[0].is_some());
}

#[test]
fn the_gate_says_what_the_exit_code_says() {
    let rule = Arc::new(rule("one"));
    let mut report = report(vec![finding(&rule, at("a.py", "eval(x)\n", "eval"))]);
    assert!(html(&report).contains("<p class=\"gate fails\">Fails: 1 finding high or worse</p>"));
    report.run.fail_on = Some(Severity::Critical);
    assert!(
        html(&report).contains("<p class=\"gate passes\">Passes: no open finding is critical</p>")
    );
    report.run.fail_on = None;
    assert!(
        html(&report).contains("<p class=\"gate passes\">Passes: findings never fail this run</p>")
    );
}

#[test]
fn the_document_is_small() {
    let mut empty = report(vec![]);
    empty.rules = (0..40)
        .map(|index| Arc::new(rule(&format!("rule-{index}"))))
        .collect();
    let size = html(&empty).len();
    assert!(size < 60_000, "{size}");
    // Two thousand findings with four lines each, of one rule with a long page.
    let rule = Arc::new(Rule {
        help: "A long page.\n\n".repeat(1000),
        ..rule("one")
    });
    let source = "def run(request):\n    host = request.args['host']\n    os.system('ping ' + host)\n    return None\n";
    let place = at("app/views.py", source, "os.system('ping ' + host)");
    let many = html(&report(vec![finding(&rule, place); 2000]));
    assert!(many.len() < size + 2000 * 1600 + 30_000, "{}", many.len());
}

#[test]
fn the_range_is_marked() {
    assert_eq!(
        excerpt(&at(
            "a.py",
            "\n    if x:\n        eval(\n            x)\n\n",
            "eval(\n            x)"
        )),
        "<pre class=\"code py\"><code><span class=\"l\" data-n=\"2\">if x:</span>\
         <span class=\"l\" data-n=\"3\">    <mark>eval(</mark></span>\
         <span class=\"l\" data-n=\"4\">        <mark>x)</mark></span></code></pre>\n"
    );
    assert_eq!(
        excerpt(&at("a.html", "{{ ü }}{{ b }}", "{{ b }}")),
        "<pre class=\"code\"><code><span class=\"l\" data-n=\"1\">{{ ü }}<mark>{{ b }}</mark></span></code></pre>\n"
    );
}

#[test]
fn lines_of_a_notebook_count_in_their_cell() {
    let mut location = at("a.ipynb", "import os\nx = 1\ny = 2\n", "x = 1");
    location.cell = Some((3, 1));
    assert_eq!(
        excerpt(&location),
        "<pre class=\"code py\"><code><span class=\"l\" data-n=\"·\">import os</span>\
         <span class=\"l\" data-n=\"1\"><mark>x = 1</mark></span>\
         <span class=\"l\" data-n=\"2\">y = 2</span></code></pre>\n"
    );
}

#[test]
fn long_lines_and_long_ranges_are_cut() {
    let line = format!("{}eval(x){}", "a".repeat(1000), "b".repeat(1000));
    assert_eq!(
        excerpt(&at("a.py", &line, "eval(x)")),
        format!(
            "<pre class=\"code py\"><code><span class=\"l\" data-n=\"1\">…{}<mark>eval(x)</mark>{}…</span></code></pre>\n",
            "a".repeat(200),
            "b".repeat(193)
        )
    );
    let lines = "x\n".repeat(30);
    let text = excerpt(&at("a.py", &lines, lines.trim_end()));
    assert!(text.contains(
        "data-n=\"7\"><mark>x</mark></span><span class=\"l fold\">⋯ 16 more lines</span>"
    ));
    assert!(text.contains("</span><span class=\"l\" data-n=\"24\"><mark>x</mark>"));
}

#[test]
fn a_fix_shows_what_goes_and_what_comes() {
    let source = "    get(url, verify=False)\n";
    let location = at("a.py", source, "verify=False");
    let start = location.range.start.offset;
    let edit = |start, end, text: &str| Edit {
        start,
        end,
        text: text.into(),
    };
    let shown = |edits: &[Edit]| {
        let mut out = String::new();
        code::change(&mut out, &location, edits);
        out
    };
    assert_eq!(
        shown(&[edit(start + 7, start + 12, "(\n  True)")]),
        "<pre class=\"code py\"><code><span class=\"l del\">    get(url, verify=<del>False</del>)</span>\
         <span class=\"l ins\">    get(url, verify=<ins>(</ins></span>\
         <span class=\"l ins\"><ins>  True)</ins>)</span></code></pre>\n"
    );
    assert_eq!(shown(&[edit(900, 901, "")]), "");
    assert_eq!(shown(&[]), "");
}

#[test]
fn a_page_keeps_its_markup_and_loses_its_html() {
    let mut out = String::new();
    let page = Rule {
        help: "## Ti<b>tle\n\n<script>alert(1)</script>\n\na <i onclick=x>b</i> [web](https://cwe.mitre.org/?a=1&b=\"2) \
               [not](javascript:alert(1)) ![a picture](https://example.org/x.png) `<code>`\n\n\
               | a |\n| --- |\n| <td> |\n\n```html+jinja file=a<b.html\n{{ x|safe }} {# finding #}\n{{ y }}  \
               {# possible #}\n```\n"
            .into(),
        ..rule("one")
    };
    guide::page(&mut out, &page, 1);
    for fragment in [
        "<h4>Ti&lt;b&gt;tle</h4>",
        "<p>&lt;script&gt;alert(1)&lt;/script&gt;\n</p>",
        "a &lt;i onclick=x&gt;b&lt;/i&gt; <a href=\"https://cwe.mitre.org/?a=1&amp;b=&quot;2\" rel=\"noopener noreferrer\" \
         target=\"_blank\">web</a> not a picture <code>&lt;code&gt;</code>",
        "<td>&lt;td&gt;</td>",
        "<p class=\"at\">a&lt;b.html</p>\n<pre class=\"code\"><code><span class=\"l bad\">{{ x|safe }} {# finding \
         #}</span><span class=\"l maybe\">{{ y }}  {# possible #}</span></code></pre>",
        "<span>1 finding</span>",
    ] {
        assert!(out.contains(fragment), "missing: {fragment}\n{out}");
    }
    assert!(!out.contains("javascript") && !out.contains("<script") && !out.contains("<img"));
}

proptest! {
    /// Ranges come from engines that count for themselves; a wrong one must not take the report down.
    #[test]
    fn any_range_in_any_text_can_be_shown(
        text in "[ \\t\u{3000}aé日\n<\u{202e}]{0,60}",
        first_line in 0u32..4,
        (line, column, offset) in (0u32..8, 0u32..12, 0u32..80),
        (more_lines, more_columns, more) in (0u32..30, 0u32..12, 0u32..20),
        cell in proptest::option::of((1u32..3, 1u32..3)),
        starts in proptest::collection::vec(0u32..80, 0..6),
    ) {
        let start = Position { line, column, offset };
        let end = Position { line: line + more_lines, column: more_columns, offset: offset + more };
        let location = CodeLocation {
            path: "a.py".into(),
            range: Range { start, end },
            cell,
            scope: "".into(),
            excerpt: Excerpt { first_line, text: text.into(), starts: starts.into() },
        };
        let mut out = excerpt(&location);
        code::change(&mut out, &location, &[Edit { start: offset, end: offset + more, text: "x\n<".into() }]);
        for element in ["pre", "span", "mark", "del", "ins"] {
            let opened = out.matches(&format!("<{element}>")).count() + out.matches(&format!("<{element} ")).count();
            prop_assert_eq!(opened, out.matches(&format!("</{element}>")).count());
        }
    }
}
