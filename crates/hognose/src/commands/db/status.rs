//! What there is to say about the index of advisories.

use hognose_report::Date;
use hognose_sca::advisory::{Index, ReadAt};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

use super::days_since;

/// Whose data it is, and what it may be passed on under.
const CREDITS: &str = "Python Packaging Advisory Database and GitHub Advisory Database (CC BY 4.0), \
                       OpenSSF Malicious Packages (Apache 2.0), CISA KEV (CC0), FIRST EPSS";

/// The state of the index; also how it is printed for programs.
#[derive(Serialize)]
pub struct Status<'a> {
    path: &'a str,
    bytes: u64,
    sha256: String,
    built: &'a str,
    age_days: Option<u32>,
    newest: &'a str,
    newest_age_days: Option<u32>,
    records: u32,
    withdrawn: u32,
    unreadable: u32,
    vulnerabilities: u32,
    packages: usize,
    sources: &'a [String],
    kev: Option<&'a str>,
    epss: Option<&'a str>,
    credits: &'static str,
}

impl<'a> Status<'a> {
    /// The state of `index`, which lies at `path` and has these `bytes`.
    pub fn of<R: ReadAt>(path: &'a str, bytes: &[u8], index: &'a Index<R>, today: Date) -> Self {
        let about = index.about();
        let digest = Sha256::digest(bytes);
        Status {
            path,
            bytes: bytes.len() as u64,
            sha256: hexadecimal(&digest),
            built: &about.built,
            age_days: days_since(&about.built, today),
            newest: &about.newest,
            newest_age_days: days_since(&about.newest, today),
            records: about.records,
            withdrawn: about.withdrawn,
            unreadable: about.unreadable,
            vulnerabilities: about.vulnerabilities,
            packages: index.packages(),
            sources: &about.sources,
            kev: about.kev.as_deref(),
            epss: about.epss.as_deref(),
            credits: CREDITS,
        }
    }

    /// For people: a line a fact.
    pub fn table(&self) -> String {
        let ago = |days: Option<u32>| match days {
            Some(0) => " (today)".to_owned(),
            Some(1) => " (yesterday)".to_owned(),
            Some(days) => format!(" ({days} days ago)"),
            None => String::new(),
        };
        let rows = [
            ("index", self.path.to_owned()),
            ("checksum", format!("sha256:{}", self.sha256)),
            ("size", format!("{} bytes", self.bytes)),
            ("built", format!("{}{}", self.built, ago(self.age_days))),
            (
                "newest record",
                format!("{}{}", self.newest, ago(self.newest_age_days)),
            ),
            (
                "records",
                format!("{}, and {} withdrawn", self.records, self.withdrawn),
            ),
            ("unreadable", self.unreadable.to_string()),
            (
                "vulnerabilities",
                format!("{} of {} packages", self.vulnerabilities, self.packages),
            ),
            ("sources", self.sources.join(", ")),
            ("exploited (KEV)", self.kev.unwrap_or("none").to_owned()),
            ("predictions (EPSS)", self.epss.unwrap_or("none").to_owned()),
            ("data", self.credits.to_owned()),
        ];
        let mut all = String::new();
        for (name, text) in &rows {
            let _ = writeln!(all, "{name:<19} {text}");
        }
        all
    }

    /// For programs: JSON.
    pub fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
