//! SPDX, in JSON (2.x and 3) and in tags with values.

use super::bom::{self, Bom, Component};
use super::listed;
use super::reader::Reader;
use super::requirement::trimmed;
use super::tree::Node;

/// Reads a bill in JSON.
pub(crate) fn read_json(reader: &mut Reader<'_>, root: &Node<'_>) {
    let mut bill = Bill::default();
    for package in root.items_at(&["packages"]) {
        let text = |key: &str| package.text_at(key).unwrap_or_default().to_owned();
        let purl = package
            .items_at(&["externalRefs"])
            .iter()
            .find_map(|reference| {
                let kind = reference.text_at("referenceType")?;
                reference
                    .text_at("referenceLocator")
                    .filter(|_| kind == "purl")
            });
        let checksums = package.items_at(&["checksums"]).iter();
        bill.bom.components.push(Component {
            reference: text("SPDXID"),
            name: text("name"),
            version: text("versionInfo"),
            purl: purl.map(str::to_owned),
            library: is_library(package.text_at("primaryPackagePurpose")),
            hashes: checksums
                .filter_map(|sum| {
                    Some(bom::hash(
                        sum.text_at("algorithm")?,
                        sum.text_at("checksumValue")?,
                    ))
                })
                .collect(),
            span: package
                .get("name")
                .map_or(package.span.clone(), |name| listed::place(reader, name)),
            group: None,
        });
    }
    for reference in root
        .items_at(&["documentDescribes"])
        .iter()
        .filter_map(Node::text)
    {
        bill.described.push(reference.to_owned());
    }
    for relation in root.items_at(&["relationships"]) {
        let text = |key: &str| relation.text_at(key).unwrap_or_default();
        bill.relate(
            text("spdxElementId"),
            text("relationshipType"),
            text("relatedSpdxElement"),
        );
    }
    for element in root.items_at(&["@graph"]) {
        read_element(reader, element, &mut bill);
    }
    bill.push(reader);
}

/// An element of SPDX 3.
fn read_element(reader: &Reader<'_>, element: &Node<'_>, bill: &mut Bill) {
    let text = |key: &str| element.text_at(key).unwrap_or_default().to_owned();
    let reference = [text("spdxId"), text("@id")]
        .into_iter()
        .find(|id| !id.is_empty());
    match element.text_at("type") {
        Some("software_Package") => {
            let mut identifiers = element.items_at(&["externalIdentifier"]).iter();
            let purl = element.text_at("software_packageUrl").or_else(|| {
                let named = identifiers
                    .find(|known| known.text_at("externalIdentifierType") == Some("packageUrl"));
                named?.text_at("identifier")
            });
            let sums = element.items_at(&["verifiedUsing"]).iter();
            bill.bom.components.push(Component {
                reference: reference.unwrap_or_default(),
                name: text("name"),
                version: text("software_packageVersion"),
                purl: purl.map(str::to_owned),
                library: is_library(element.text_at("software_primaryPurpose")),
                hashes: sums
                    .filter_map(|sum| {
                        Some(bom::hash(
                            sum.text_at("algorithm")?,
                            sum.text_at("hashValue")?,
                        ))
                    })
                    .collect(),
                span: element
                    .get("name")
                    .map_or(element.span.clone(), |name| listed::place(reader, name)),
                group: None,
            });
        }
        Some("Relationship" | "LifecycleScopedRelationship") => {
            for to in element.items_at(&["to"]).iter().filter_map(Node::text) {
                bill.relate(&text("from"), &text("relationshipType"), to);
            }
        }
        Some("software_Sbom" | "SpdxDocument") => {
            let roots = element.items_at(&["rootElement"]).iter();
            bill.described
                .extend(roots.filter_map(|root| root.text().map(str::to_owned)));
        }
        _ => {}
    }
}

fn is_library(purpose: Option<&str>) -> bool {
    purpose.is_none_or(|purpose| {
        matches!(
            purpose.to_ascii_uppercase().as_str(),
            "LIBRARY" | "FRAMEWORK" | "APPLICATION"
        )
    })
}

/// A bill and what its document describes.
#[derive(Default)]
struct Bill {
    bom: Bom,
    described: Vec<String>,
}

impl Bill {
    fn relate(&mut self, from: &str, kind: &str, to: &str) {
        let kind = kind.to_ascii_uppercase();
        match kind.as_str() {
            "DEPENDS_ON" | "DEPENDSON" | "CONTAINS" => {
                self.bom.edges.push((from.to_owned(), to.to_owned()));
            }
            "DESCRIBES" => self.described.push(to.to_owned()),
            "DESCRIBED_BY" => self.described.push(from.to_owned()),
            // `DEPENDENCY_OF`, `DEV_DEPENDENCY_OF`, `CONTAINED_BY` …
            kind if kind.ends_with("DEPENDENCY_OF") || kind == "CONTAINED_BY" => {
                self.bom.edges.push((to.to_owned(), from.to_owned()));
            }
            _ => {}
        }
    }

    fn push(mut self, reader: &mut Reader<'_>) {
        // What a document describes is its subject if others depend from it; a plain list describes each package.
        self.described.sort();
        self.described.dedup();
        if let [subject] = self.described.as_slice()
            && self.bom.edges.iter().any(|(from, _)| from == subject)
        {
            self.bom.roots.push(subject.clone());
        }
        bom::push(reader, &self.bom);
    }
}

/// Reads a bill in tags with values.
pub(crate) fn parse_tags(reader: &mut Reader<'_>) {
    let text = reader.text;
    if !text.contains("SPDXVersion:") {
        return reader.unreadable(&(0..0), "no bill of materials of SPDX");
    }
    let mut bill = Bill::default();
    let mut start = 0;
    let mut in_text = false;
    for line in text.split_inclusive('\n') {
        let span = trimmed(text, start..start + line.len());
        start += line.len();
        let content = &text[span.clone()];
        // Values in `<text>` may go over lines that look like tags.
        let opens = content.contains("<text>");
        if in_text || opens {
            in_text = !content.contains("</text>");
            continue;
        }
        let Some((tag, value)) = content.split_once(':') else {
            continue;
        };
        let value_span = trimmed(text, span.end - value.len()..span.end);
        let value = value.trim();
        if tag == "PackageName" {
            bill.bom.components.push(Component {
                name: value.to_owned(),
                library: true,
                span: value_span,
                ..Component::default()
            });
            continue;
        }
        if tag == "Relationship" {
            let mut words = value.split_whitespace();
            if let (Some(from), Some(kind), Some(to)) = (words.next(), words.next(), words.next()) {
                bill.relate(from, kind, to);
            }
            continue;
        }
        let Some(package) = bill.bom.components.last_mut() else {
            continue;
        };
        match tag {
            // That of a file comes behind the packages.
            "SPDXID" if package.reference.is_empty() => value.clone_into(&mut package.reference),
            "PackageVersion" => value.clone_into(&mut package.version),
            "PrimaryPackagePurpose" => package.library = is_library(Some(value)),
            "PackageChecksum" => {
                if let Some((algorithm, digest)) = value.split_once(':') {
                    package.hashes.push(bom::hash(algorithm, digest));
                }
            }
            "ExternalRef" => {
                let mut words = value.split_whitespace().skip(1);
                if words.next() == Some("purl") {
                    package.purl = words.next().map(str::to_owned);
                }
            }
            _ => {}
        }
    }
    bill.push(reader);
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn json() {
        check(
            "CycloneDX or SPDX JSON",
            &[(
                "x.spdx.json",
                r#"{"spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-app"],
 "packages": [
  {"SPDXID": "SPDXRef-app", "name": "app", "primaryPackagePurpose": "APPLICATION"},
  {"SPDXID": "SPDXRef-r", "name": "requests", "versionInfo": "2.31.0", "checksums": [{"algorithm": "SHA256", "checksumValue": "aa"}],
   "externalRefs": [{"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:x"}, {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:pypi/requests@2.31.0"}]},
  {"SPDXID": "SPDXRef-i", "name": "idna", "versionInfo": "3.4", "externalRefs": [{"referenceType": "purl", "referenceLocator": "pkg:pypi/idna@3.4"}]}],
 "relationships": [{"spdxElementId": "SPDXRef-app", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-r"}, {"spdxElementId": "SPDXRef-i", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-r"}]}
"#,
            )],
            ":4 `requests` requests = 2.31.0 hashes(sha256:aa)
:6 `idna` idna = 3.4 chain(requests)",
        );
    }

    #[test]
    fn tags() {
        check(
            "SPDX",
            &[(
                "x.spdx",
                "SPDXVersion: SPDX-2.3
SPDXID: SPDXRef-DOCUMENT
PackageName: requests
SPDXID: SPDXRef-r
PackageVersion: 2.31.0
PackageComment: <text>PackageName: not-this
PackageName: nor-this</text>
PackageChecksum: SHA256: aa
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/requests@2.31.0
PackageName: noref
SPDXID: SPDXRef-n
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-r
",
            )],
            ":3 `requests` requests = 2.31.0 hashes(sha256:aa)
! 10: configuration: 1 components without a package URL are left out, the first is `noref`",
        );
    }

    #[test]
    fn three() {
        check(
            "CycloneDX or SPDX JSON",
            &[(
                "x.spdx.json",
                r#"{"@graph": [{"type": "software_Package", "spdxId": "a", "name": "requests", "software_packageVersion": "2.31.0", "software_packageUrl": "pkg:pypi/requests@2.31.0"},
 {"type": "software_Package", "spdxId": "b", "name": "idna", "software_packageVersion": "3.4", "externalIdentifier": [{"externalIdentifierType": "packageUrl", "identifier": "pkg:pypi/idna@3.4"}]},
 {"type": "Relationship", "from": "a", "relationshipType": "dependsOn", "to": ["b"]}]}
"#,
            )],
            ":1 `requests` requests = 2.31.0
:2 `idna` idna = 3.4 chain(requests)",
        );
    }
}
