//! `CycloneDX`, in JSON and XML.

use hognose_finding::ProblemKind;
use quick_xml::events::{BytesStart, Event};

use super::bom::{self, Bom, Component};
use super::listed;
use super::reader::Reader;
use super::spdx;
use super::text::Span;
use super::tree::{self, MAX_DEPTH, Node};

/// Reads a bill of materials in JSON, whose content says which of both formats it has.
pub(crate) fn parse_json(reader: &mut Reader<'_>) {
    let root = match tree::json(reader.text) {
        Ok(root) => root,
        Err(fault) => return reader.fault(&fault),
    };
    if root.get("spdxVersion").is_some() || root.get("@graph").is_some() {
        return spdx::read_json(reader, &root);
    }
    if root.text_at("bomFormat") != Some("CycloneDX") {
        return reader.unreadable(&(0..0), "neither CycloneDX nor SPDX");
    }
    let mut bom = Bom::default();
    if let Some(reference) = root
        .path(&["metadata", "component", "bom-ref"])
        .and_then(Node::text)
    {
        bom.roots.push(reference.to_owned());
    }
    for component in root.items_at(&["components"]) {
        read_component(reader, component, &mut bom);
    }
    for dependency in root.items_at(&["dependencies"]) {
        let Some(from) = dependency.text_at("ref") else {
            continue;
        };
        for to in dependency
            .items_at(&["dependsOn"])
            .iter()
            .filter_map(Node::text)
        {
            bom.edges.push((from.to_owned(), to.to_owned()));
        }
    }
    bom::push(reader, &bom);
}

fn read_component(reader: &Reader<'_>, node: &Node<'_>, bom: &mut Bom) {
    let text = |key: &str| node.text_at(key).unwrap_or_default().to_owned();
    let name = node.get("name");
    let hashes = node.items_at(&["hashes"]).iter();
    bom.components.push(Component {
        reference: text("bom-ref"),
        name: text("name"),
        version: text("version"),
        purl: node.text_at("purl").map(str::to_owned),
        library: is_library(&text("type")),
        group: group(&text("scope")),
        hashes: hashes
            .filter_map(|hash| Some(bom::hash(hash.text_at("alg")?, hash.text_at("content")?)))
            .collect(),
        span: name.map_or(node.span.clone(), |name| listed::place(reader, name)),
    });
    for inner in node.items_at(&["components"]) {
        read_component(reader, inner, bom);
    }
}

fn is_library(kind: &str) -> bool {
    matches!(kind, "library" | "framework" | "application")
}

fn group(scope: &str) -> Option<std::sync::Arc<str>> {
    matches!(scope, "optional" | "excluded").then(|| scope.into())
}

/// Reads a bill in XML. Entities that a document defines are not expanded.
pub(crate) fn parse_xml(reader: &mut Reader<'_>) {
    let mut document = Document {
        xml: quick_xml::Reader::from_str(reader.text),
        open: Vec::new(),
        bom: Bom::default(),
        components: Vec::new(),
        text: String::new(),
        text_span: 0..0,
        edge: None,
        algorithm: String::new(),
        is_bill: false,
    };
    let outcome = document.read();
    if let Err((span, kind, message)) = outcome {
        reader.problem(kind, &span, message);
    }
    if !document.is_bill {
        return reader.unreadable(&(0..0), "no bill of materials of CycloneDX");
    }
    let mut bom = document.bom;
    // Of a document that breaks off, what was complete.
    bom.components.extend(
        document
            .components
            .into_iter()
            .map(|(component, _)| component),
    );
    bom.components.sort_by_key(|component| component.span.start);
    bom::push(reader, &bom);
}

struct Document<'t> {
    xml: quick_xml::Reader<&'t [u8]>,
    /// Names of the elements around.
    open: Vec<String>,
    bom: Bom,
    /// Components around, and how deep each stands.
    components: Vec<(Component, usize)>,
    /// The text of the innermost element so far, and where it begins.
    text: String,
    text_span: Span,
    /// Whose dependencies are listed.
    edge: Option<String>,
    algorithm: String,
    is_bill: bool,
}

type XmlFault = (Span, ProblemKind, String);

impl Document<'_> {
    fn read(&mut self) -> Result<(), XmlFault> {
        loop {
            let start = self.xml.buffer_position() as usize;
            let event = self.xml.read_event();
            let span = start..self.xml.buffer_position() as usize;
            let wrong = |message: String| (span.clone(), ProblemKind::SyntaxError, message);
            match event.map_err(|error| wrong(error.to_string()))? {
                Event::Eof if self.open.is_empty() => return Ok(()),
                Event::Eof => return Err(wrong("the document ends too early".to_owned())),
                Event::Start(element) => self.start(&element, &span)?,
                Event::Empty(element) => {
                    self.start(&element, &span)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(text) => self.add(&text, &span),
                // Without `<![CDATA[`.
                Event::CData(text) => self.add(&text, &(span.start + 9..span.end)),
                Event::GeneralRef(reference) => {
                    let resolved = match reference.resolve_char_ref() {
                        Ok(Some(c)) => Some(c.to_string()),
                        _ => quick_xml::escape::resolve_xml_entity(&reference).map(str::to_owned),
                    };
                    match resolved {
                        Some(text) => self.add(&text, &span),
                        None => return Err(wrong("an entity of the document's own".to_owned())),
                    }
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
    }

    fn add(&mut self, text: &str, span: &Span) {
        if self.text.is_empty() {
            let blank = text.len() - text.trim_start().len();
            self.text_span = span.start + blank..span.start + blank;
        }
        self.text_span.end = span.start + text.trim_end().len();
        self.text.push_str(text);
    }

    fn start(&mut self, element: &BytesStart<'_>, span: &Span) -> Result<(), XmlFault> {
        if self.open.len() >= MAX_DEPTH {
            return Err((
                span.clone(),
                ProblemKind::TooDeep,
                "nested too deeply".to_owned(),
            ));
        }
        let name = element.local_name().as_ref().to_owned();
        let attribute = |wanted: &str| {
            let found = element
                .attributes()
                .flatten()
                .find(|attribute| attribute.key.as_ref() == wanted);
            let value = found?.value;
            Some(
                quick_xml::escape::unescape(&value)
                    .map_or_else(|_| value.to_string(), std::borrow::Cow::into_owned),
            )
        };
        let parent = self.open.last().map(String::as_str);
        match (name.as_str(), parent) {
            ("bom", None) => self.is_bill = true,
            ("component", _) => {
                let component = Component {
                    reference: attribute("bom-ref").unwrap_or_default(),
                    library: attribute("type").is_some_and(|kind| is_library(&kind)),
                    span: span.clone(),
                    ..Component::default()
                };
                self.components.push((component, self.open.len()));
            }
            ("hash", _) => self.algorithm = attribute("alg").unwrap_or_default(),
            ("dependency", Some("dependencies")) => self.edge = attribute("ref"),
            ("dependency", Some("dependency")) => {
                if let (Some(from), Some(to)) = (&self.edge, attribute("ref")) {
                    self.bom.edges.push((from.clone(), to));
                }
            }
            _ => {}
        }
        self.open.push(name);
        self.text.clear();
        Ok(())
    }

    fn end(&mut self) {
        let Some(name) = self.open.pop() else { return };
        let text = std::mem::take(&mut self.text);
        let text = text.trim();
        let depth = self.open.len();
        if name == "component" {
            let Some((component, _)) = self.components.pop() else {
                return;
            };
            if self.open.last().is_some_and(|parent| parent == "metadata") {
                self.bom.roots.push(component.reference);
            } else if self
                .open
                .iter()
                .all(|open| open != "metadata" && open != "tools")
            {
                self.bom.components.push(component);
            }
            return;
        }
        let Some((component, at)) = self.components.last_mut() else {
            return;
        };
        let child = depth == *at + 1;
        match name.as_str() {
            "name" if child => {
                text.clone_into(&mut component.name);
                component.span = self.text_span.clone();
            }
            "version" if child => text.clone_into(&mut component.version),
            "purl" if child => component.purl = Some(text.to_owned()),
            "scope" if child => component.group = group(text),
            "hash" if depth == *at + 2 => component.hashes.push(bom::hash(&self.algorithm, text)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn json() {
        check(
            "CycloneDX or SPDX JSON",
            &[(
                "bom.json",
                r#"{"bomFormat": "CycloneDX", "specVersion": "1.6",
 "metadata": {"component": {"bom-ref": "root", "name": "app", "type": "application"}},
 "components": [
  {"bom-ref": "r", "type": "library", "name": "Requests", "version": "2.31.0", "purl": "pkg:pypi/requests@2.31.0", "hashes": [{"alg": "SHA-256", "content": "aa"}],
   "components": [{"bom-ref": "n", "type": "library", "name": "nested", "version": "1", "purl": "pkg:pypi/nested@1"}]},
  {"bom-ref": "i", "type": "library", "name": "idna", "version": "3.4", "purl": "pkg:pypi/idna@3.4"},
  {"bom-ref": "l", "type": "library", "name": "liar", "version": "9", "purl": "pkg:pypi/victim@1"},
  {"bom-ref": "d", "type": "library", "name": "libc6", "version": "2", "purl": "pkg:deb/debian/libc6@2"},
  {"bom-ref": "u", "type": "library", "name": "unknown"}, {"type": "file", "name": "f"}],
 "dependencies": [{"ref": "root", "dependsOn": ["r"]}, {"ref": "r", "dependsOn": ["i", "d"]}]}
"#,
            )],
            ":4 `Requests` requests = 2.31.0 hashes(sha256:aa)
:5 `nested` nested = 1
:6 `idna` idna = 3.4 chain(requests)
:7 `liar` victim = 1
! 7: configuration: the component says liar 9, its package URL victim 1
! 9: configuration: 1 components without a package URL are left out, the first is `unknown`",
        );
    }

    #[test]
    fn xml() {
        check(
            "CycloneDX XML",
            &[(
                "bom.xml",
                r#"<?xml version="1.0"?>
<!DOCTYPE bom [<!ENTITY x "y">]>
<b:bom xmlns:b="http://cyclonedx.org/schema/bom/1.6">
 <b:metadata><b:tools><b:components><b:component type="library"><b:name>tool</b:name></b:component></b:components></b:tools>
  <b:component type="application" bom-ref="root"><b:name>app</b:name></b:component></b:metadata>
 <b:components>
  <b:component type="library" bom-ref="r"><b:name>requests</b:name><b:version>2.31.0</b:version>
   <b:hashes><b:hash alg="SHA-256">aa</b:hash></b:hashes><b:purl>pkg:pypi/requests@2.31.0</b:purl>
   <b:components><b:component bom-ref="n" type="library"><b:name>n&#45;x</b:name><b:purl>pkg:pypi/n-x@1</b:purl></b:component></b:components>
  </b:component>
  <b:component type="library" bom-ref="i"><b:name><![CDATA[idna]]></b:name><b:version>3.4</b:version><b:scope>optional</b:scope><b:purl>pkg:pypi/idna@3.4?a=1&amp;b=2</b:purl></b:component>
 </b:components>
 <b:dependencies><b:dependency ref="root"><b:dependency ref="r"/></b:dependency><b:dependency ref="r"><b:dependency ref="i"/></b:dependency></b:dependencies>
</b:bom>
"#,
            )],
            ":7 `requests` requests = 2.31.0 hashes(sha256:aa)
:9 `n&#45;x` n-x = 1
:11 `idna` idna = 3.4 groups(optional) chain(requests)",
        );
    }

    #[test]
    fn hostile_xml() {
        check(
            "CycloneDX XML",
            &[(
                "bom.xml",
                r#"<!DOCTYPE bom [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><bom><components><component type="library" bom-ref="r"><name>x</name><purl>pkg:pypi/x@1</purl></component><component><name>&b;</name></component></components></bom>"#,
            )],
            ":1 `x` x = 1
! 1: syntax-error: an entity of the document's own",
        );
    }
}
