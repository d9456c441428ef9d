//! What is published about a package, in words that all formats for people share.

use hognose_finding::{Advisory, Location};

/// Links that are shown.
const LINKS: usize = 2;

/// Names and texts of what there is to say, in order.
pub(super) fn advisory_facts(
    advisory: &Advisory,
    location: &Location,
) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut say = |name, text: String| {
        if !text.is_empty() {
            facts.push((name, text));
        }
    };
    if let Some(package) = location.package() {
        say("brought in by", package.chain.join(" → "));
        say("group", package.groups.join(", "));
    }
    say(
        "also known as",
        advisory.names.get(1..).unwrap_or_default().join(", "),
    );
    if let Some(cvss) = &advisory.cvss {
        say("score", format!("{} ({})", score(cvss.tenths), cvss.vector));
    }
    if let Some(exploited) = &advisory.exploited {
        let ransomware = if exploited.ransomware {
            ", also by ransomware"
        } else {
            ""
        };
        say(
            "exploited",
            format!("known since {} (CISA KEV){ransomware}", exploited.since),
        );
    }
    if let Some(epss) = advisory.epss {
        let text = format!(
            "{} % within 30 days, more than {} % of all (EPSS)",
            percent(epss.probability),
            percent(epss.percentile)
        );
        say("exploit expected", text);
    }
    let fixed = match advisory.fixed_in.as_slice() {
        [] => "no version that is known".to_owned(),
        versions => versions.join(", "),
    };
    say("fixed in", fixed);
    if let Some(version) = &advisory.upgrade_to {
        say(
            "upgrade to",
            format!("{version}, the next version without a known vulnerability"),
        );
    }
    let links: Vec<&str> = advisory
        .links
        .iter()
        .take(LINKS)
        .map(String::as_str)
        .collect();
    say("read on", links.join(" "));
    say("data", advisory.credits.join("; "));
    facts
}

/// `9.8`
pub(super) fn score(tenths: u8) -> String {
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// `12.3` of hundred thousandths.
fn percent(hundred_thousandths: u32) -> String {
    let tenths = (hundred_thousandths + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}
