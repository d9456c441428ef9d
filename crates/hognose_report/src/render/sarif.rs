//! SARIF 2.1.0 (OASIS), for code hosts and vulnerability managers.
//!
//! Deterministic: no times, no absolute paths but those the user gave. What could not be looked at is a notification
//! of the invocation, which did not succeed if a whole file or check is missing.

use std::sync::Arc;

use hognose_finding::{
    Advisory, CodeLocation, Evidence, Finding, Fix, Flow, FlowStep, Persona, Position, Problem,
    ProblemKind, ProblemLevel, Range, Rule, Severity,
};
use rustc_hash::FxHashMap;

use super::advisory::score;
use super::anchored::Anchored;
use super::text::{byte_of, percent_encoded};
use super::{Options, json_text};
use crate::report::{Assessed, LeftOut, Report, Status};

mod wire;

use wire::{
    AdvisoryProperties, ArtifactChange, ArtifactLocation, CodeFlow, ComponentReference,
    Configuration, ContextRegion, Descriptor, DescriptorReference, Driver, FixObject, Help,
    Invocation, LocationObject, Log, LogicalLocation, Notification, OwnedText, PartialFingerprints,
    PhysicalLocation, Region, Relationship, Replacement, ResultObject, ResultProperties,
    RuleProperties, Run, RunProperties, Suppression, Taxon, TaxonReference, Taxonomy, Text,
    ThreadFlow, ThreadFlowLocation, Tool,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log with its one run.
pub(super) fn render(report: &Report, _: &Options) -> String {
    let taxa = taxa(&report.rules);
    let taxon_at: FxHashMap<u32, usize> = taxa
        .iter()
        .enumerate()
        .map(|(index, &cwe)| (cwe, index))
        .collect();
    let rule_at: FxHashMap<&str, usize> = report
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (&*rule.id, index))
        .collect();
    let suppresses = report
        .findings
        .iter()
        .any(|one| matches!(one.status, Status::Suppressed { .. }));
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Hognose",
                    semantic_version: &report.run.version,
                    rules: report
                        .rules
                        .iter()
                        .map(|rule| descriptor(rule, &taxon_at))
                        .collect(),
                    supported_taxonomies: [ComponentReference {
                        name: "CWE",
                        index: 0,
                    }],
                },
            },
            invocations: [invocation(report)],
            taxonomies: [Taxonomy {
                name: "CWE",
                organization: "MITRE",
                short_description: text("Common Weakness Enumeration"),
                information_uri: "https://cwe.mitre.org/",
                taxa: taxa.iter().copied().map(taxon).collect(),
            }],
            results: report
                .findings
                .iter()
                .map(|one| {
                    result(
                        one,
                        rule_at.get(&*one.finding.rule.id).copied(),
                        report.compared,
                        suppresses,
                    )
                })
                .collect(),
            column_kind: "unicodeCodePoints",
            properties: RunProperties {
                persona: report.run.persona.as_str(),
            },
        }],
    };
    json_text(&log)
}

fn text(text: &str) -> Text<'_> {
    Text { text }
}

/// A message. Words in brackets before parentheses would be a link there.
fn message(text: &str) -> OwnedText {
    let text = if text.contains("](") {
        text.replace('[', "\\[").replace(']', "\\]")
    } else {
        text.to_owned()
    };
    OwnedText { text }
}

fn descriptor<'a>(rule: &'a Rule, taxon_at: &FxHashMap<u32, usize>) -> Descriptor<'a> {
    let mut tags = vec!["security".to_owned()];
    tags.extend(
        rule.cwe
            .iter()
            .map(|cwe| format!("external/cwe/cwe-{cwe:03}")),
    );
    tags.extend(
        rule.owasp
            .iter()
            .map(|category| format!("external/owasp/{}", category.to_lowercase())),
    );
    tags.extend(
        rule.aliases
            .iter()
            .map(|alias| format!("external/{}/{}", alias.tool, alias.code)),
    );
    Descriptor {
        id: &rule.id,
        name: pascal_case(&rule.id),
        short_description: text(&rule.name),
        full_description: text(&rule.summary),
        help: Help {
            text: &rule.help,
            markdown: &rule.help,
        },
        default_configuration: Configuration {
            level: level(rule.severity),
        },
        relationships: rule
            .cwe
            .iter()
            .filter_map(|&cwe| {
                let target = TaxonReference {
                    id: taxon_id(cwe),
                    index: *taxon_at.get(&cwe)?,
                    tool_component: ComponentReference {
                        name: "CWE",
                        index: 0,
                    },
                };
                Some(Relationship {
                    target,
                    kinds: ["superset"],
                })
            })
            .collect(),
        properties: RuleProperties {
            precision: match rule.persona {
                Persona::Regular => "high",
                Persona::Pedantic => "medium",
                Persona::Auditor => "low",
            },
            security_severity: match rule.severity {
                Severity::Low => "3.0",
                Severity::Medium => "5.5",
                Severity::High => "8.0",
                Severity::Critical => "9.5",
            },
            tags,
            since: &rule.since,
        },
    }
}

/// `sql-injection` as `SqlInjection`, the usual style of names in SARIF.
fn pascal_case(id: &str) -> String {
    id.split('-')
        .flat_map(|word| {
            let mut chars = word.chars();
            chars
                .next()
                .into_iter()
                .flat_map(char::to_uppercase)
                .chain(chars.collect::<Vec<_>>())
        })
        .collect()
}

/// The CWE numbers of all rules, ascending.
fn taxa(rules: &[Arc<Rule>]) -> Vec<u32> {
    let mut taxa: Vec<u32> = rules
        .iter()
        .flat_map(|rule| rule.cwe.iter().copied())
        .collect();
    taxa.sort_unstable();
    taxa.dedup();
    taxa
}

fn taxon_id(cwe: u32) -> String {
    format!("CWE-{cwe}")
}

fn taxon(cwe: u32) -> Taxon {
    Taxon {
        id: taxon_id(cwe),
        help_uri: format!("https://cwe.mitre.org/data/definitions/{cwe}.html"),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "note",
        Severity::Medium => "warning",
        Severity::High | Severity::Critical => "error",
    }
}

fn invocation(report: &Report) -> Invocation<'_> {
    let (configuration, execution): (Vec<&Problem>, Vec<&Problem>) =
        report.problems.iter().partition(|problem| {
            matches!(
                problem.kind,
                ProblemKind::Configuration | ProblemKind::UnusedConfiguration
            )
        });
    Invocation {
        execution_successful: !report
            .problems
            .iter()
            .any(|problem| problem.kind.level() == ProblemLevel::Error),
        exit_code: report.exit_code(),
        tool_execution_notifications: execution
            .into_iter()
            .map(notification)
            .chain(report.left_out.iter().map(left_out))
            .collect(),
        tool_configuration_notifications: configuration.into_iter().map(notification).collect(),
    }
}

fn notification(problem: &Problem) -> Notification<'_> {
    let location = problem.path.as_deref().map(|path| LocationObject {
        id: None,
        physical_location: PhysicalLocation {
            artifact_location: artifact(path),
            region: problem.range.map(|range| region(range, None)),
            context_region: None,
        },
        logical_locations: Vec::new(),
        message: None,
    });
    Notification {
        descriptor: DescriptorReference {
            id: problem.kind.as_str(),
        },
        level: super::level_word(problem.kind.level()),
        message: message(&problem.message),
        locations: location.into_iter().collect(),
    }
}

fn left_out(one: &LeftOut) -> Notification<'_> {
    Notification {
        descriptor: DescriptorReference { id: "left-out" },
        level: "note",
        message: message(&format!("left out: {}", one.reason)),
        locations: vec![LocationObject {
            id: None,
            physical_location: PhysicalLocation {
                artifact_location: artifact(&one.path),
                region: None,
                context_region: None,
            },
            logical_locations: Vec::new(),
            message: None,
        }],
    }
}

fn result(
    assessed: &Assessed,
    rule_index: Option<usize>,
    compared: bool,
    suppresses: bool,
) -> ResultObject<'_> {
    let Assessed { finding, status } = assessed;
    let code = finding.location.code();
    let flows = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Flow(flow) => Some(code_flow(flow)),
            Evidence::Related(_) | Evidence::Advisory(_) => None,
        });
    let related = finding
        .evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Related(step) => Some(step),
            Evidence::Flow(_) | Evidence::Advisory(_) => None,
        });
    let advisory = super::advisory_of(finding);
    let package = finding.location.package();
    ResultObject {
        rule_id: &finding.rule.id,
        rule_index,
        level: level(finding.severity),
        message: message(&with_upgrade(finding, advisory)),
        locations: code
            .map(|code| LocationObject {
                logical_locations: package
                    .map_or_else(|| logical(&code.scope), |package| logical(&package.purl)),
                ..location(code, None, None)
            })
            .into_iter()
            .collect(),
        related_locations: related
            .enumerate()
            .map(|(index, step)| location(&step.location, Some(index + 1), Some(&step.note)))
            .collect(),
        code_flows: flows.collect(),
        fixes: code.map(|code| fixes(finding, code)).unwrap_or_default(),
        partial_fingerprints: PartialFingerprints {
            v1: finding.fingerprint.to_string(),
        },
        // Once a result has the property, all of them should.
        suppressions: suppresses.then(|| match status {
            Status::Suppressed { reason, .. } => {
                vec![Suppression {
                    kind: "inSource",
                    status: "accepted",
                    justification: reason.as_deref(),
                }]
            }
            Status::Open | Status::Known => Vec::new(),
        }),
        baseline_state: compared.then_some(if *status == Status::Known {
            "unchanged"
        } else {
            "new"
        }),
        properties: ResultProperties {
            confidence: finding.confidence.as_str(),
            severity: finding.severity.as_str(),
            cell: code.and_then(|code| code.cell).map(|(cell, _)| cell),
            cell_line: code.and_then(|code| code.cell).map(|(_, line)| line),
            purl: package.map(|package| package.purl.as_str()),
            advisory: advisory.map(|advisory| AdvisoryProperties {
                names: &advisory.names,
                cvss_vector: advisory.cvss.as_ref().map(|cvss| cvss.vector.as_str()),
                cvss_score: advisory.cvss.as_ref().map(|cvss| score(cvss.tenths)),
                exploited_since: advisory
                    .exploited
                    .as_ref()
                    .map(|known| known.since.as_str()),
                fixed_in: &advisory.fixed_in,
                upgrade_to: advisory.upgrade_to.as_deref(),
                links: &advisory.links,
                credits: &advisory.credits,
            }),
        },
    }
}

/// The message, and for a vulnerable package what to do: a viewer shows nothing else.
fn with_upgrade(finding: &Finding, advisory: Option<&Advisory>) -> String {
    match advisory.and_then(|advisory| advisory.upgrade_to.as_ref()) {
        Some(version) => format!("{}; upgrade to {version}", finding.message),
        None => finding.message.clone(),
    }
}

fn logical(name: &str) -> Vec<LogicalLocation<'_>> {
    let one = (!name.is_empty()).then_some(LogicalLocation {
        fully_qualified_name: name,
    });
    one.into_iter().collect()
}

fn code_flow(flow: &Flow) -> CodeFlow<'_> {
    let last = flow.steps.len();
    CodeFlow {
        message: message(&format!("{} to {}", flow.source, flow.sink)),
        thread_flows: [ThreadFlow {
            locations: flow
                .steps
                .iter()
                .enumerate()
                .map(
                    |(
                        index,
                        FlowStep {
                            location: code,
                            note,
                        },
                    )| ThreadFlowLocation {
                        location: location(code, None, Some(note)),
                        execution_order: index + 1,
                        importance: if index == 0 || index + 1 == last {
                            "essential"
                        } else {
                            "important"
                        },
                    },
                )
                .collect(),
        }],
    }
}

fn location<'a>(
    code: &'a CodeLocation,
    id: Option<usize>,
    note: Option<&str>,
) -> LocationObject<'a> {
    LocationObject {
        id,
        physical_location: PhysicalLocation {
            artifact_location: artifact(&code.path),
            region: Some(region(code.range, snippet(code))),
            context_region: context(code),
        },
        logical_locations: logical(&code.scope),
        message: note.map(message),
    }
}

/// Relative paths count from the root of the source, which is for the reader to know.
fn artifact(path: &str) -> ArtifactLocation {
    let drive = matches!(path.as_bytes(), [letter, b':', b'/', ..] if letter.is_ascii_alphabetic());
    match path {
        _ if path.starts_with('/') => ArtifactLocation {
            uri: format!("file://{}", percent_encoded(path)),
            uri_base_id: None,
        },
        _ if drive => ArtifactLocation {
            uri: format!("file:///{}:{}", &path[..1], percent_encoded(&path[2..])),
            uri_base_id: None,
        },
        _ => ArtifactLocation {
            uri: percent_encoded(path),
            uri_base_id: Some("%SRCROOT%"),
        },
    }
}

fn region(range: Range, snippet: Option<&str>) -> Region<'_> {
    let Range { start, end } = range;
    Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
        snippet: snippet.map(text),
    }
}

/// The text of the range.
fn snippet(code: &CodeLocation) -> Option<&str> {
    let excerpt = super::excerpt(code)?;
    let place = |position: Position| {
        let index = position.line.checked_sub(excerpt.first_line)? as usize;
        let mut before = 0;
        for (number, line) in excerpt.text.split('\n').enumerate() {
            if number == index {
                return Some(before + byte_of(line, position));
            }
            before += line.len() + 1;
        }
        None
    };
    let text = excerpt
        .text
        .get(place(code.range.start)?..place(code.range.end)?)?;
    (!text.is_empty()).then_some(text)
}

fn context(code: &CodeLocation) -> Option<ContextRegion<'_>> {
    let excerpt = super::excerpt(code)?;
    Some(ContextRegion {
        start_line: excerpt.first_line,
        end_line: excerpt.first_line + excerpt.text.matches('\n').count() as u32,
        snippet: text(&excerpt.text),
    })
}

/// Those whose edits can be given by line and column.
fn fixes<'a>(finding: &'a Finding, code: &CodeLocation) -> Vec<FixObject<'a>> {
    let Some(anchored) = Anchored::of(code) else {
        return Vec::new();
    };
    let replacements = |fix: &'a Fix| -> Option<Vec<Replacement<'a>>> {
        fix.edits
            .iter()
            .map(|edit| {
                let range = Range {
                    start: anchored.position(edit.start)?,
                    end: anchored.position(edit.end)?,
                };
                Some(Replacement {
                    deleted_region: region(range, None),
                    inserted_content: text(&edit.text),
                })
            })
            .collect()
    };
    finding
        .fixes
        .iter()
        .filter_map(|fix| {
            let replacements = replacements(fix).filter(|replacements| !replacements.is_empty())?;
            Some(FixObject {
                description: message(&fix.title),
                artifact_changes: [ArtifactChange {
                    artifact_location: artifact(&code.path),
                    replacements,
                }],
            })
        })
        .collect()
}
