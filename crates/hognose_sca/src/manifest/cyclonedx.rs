//! CycloneDX, in JSON and XML.

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
    bom::push(reader, bom);
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
    bom::push(reader, bom);
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
                Event::CData(text) => self.add(&text, &span),
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
            self.text_span = span.start + blank..span.start + blank + text.trim().len();
        }
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
