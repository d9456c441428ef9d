//! Puts together what the modules say: full paths, and what path parameters are made sure of.

use hognose_finding::{ParameterLocation, ValueConstraint};
use hognose_python::ir::ParamKind;
use rustc_hash::{FxHashMap, FxHashSet};

use super::annotation::weaker;
use super::path::Template;
use super::registration::{Found, Mount, Owner, Registration};
use super::{Definition, EntryParameter, EntryPoints, EntryRoute, Filling, Handler};
use crate::values::Program;

/// How many places one router is mounted at that are told apart.
const MAX_PREFIXES: usize = 16;
/// How deep routers are mounted in each other.
const MAX_NESTING: usize = 12;

/// Where routers hang.
struct Tree<'f> {
    mounts: FxHashMap<Owner, Vec<&'f Mount>>,
    own: FxHashMap<Owner, &'f Template>,
}

impl Tree<'_> {
    /// The paths below which the routes of an owner are.
    fn prefixes(&self, owner: Owner, above: &mut Vec<Owner>) -> Vec<Template> {
        let own = match (self.own.get(&owner), owner) {
            (Some(&own), _) => own.clone(),
            (None, Owner::Name(_)) => return Vec::new(),
            (None, _) => Template::default(),
        };
        let Some(mounts) = self.mounts.get(&owner) else {
            return vec![own];
        };
        if above.len() >= MAX_NESTING || above.contains(&owner) {
            return Vec::new();
        }
        above.push(owner);
        let mut prefixes: Vec<Template> = Vec::new();
        for mount in mounts {
            let parents = match mount.parent {
                Some(parent) => self.prefixes(parent, above),
                None => vec![Template::default()],
            };
            for parent in parents {
                let mut prefix = parent.join(&mount.prefix);
                if !mount.replaces {
                    prefix = prefix.join(&own);
                }
                if prefixes.len() < MAX_PREFIXES && !prefixes.contains(&prefix) {
                    prefixes.push(prefix);
                }
            }
        }
        above.pop();
        prefixes
    }
}

/// Puts together what was found, module by module.
pub(super) fn link(program: &Program<'_>, found: Vec<Found>) -> EntryPoints {
    let mut tree = Tree {
        mounts: FxHashMap::default(),
        own: FxHashMap::default(),
    };
    for found in &found {
        for mount in &found.mounts {
            tree.mounts.entry(mount.child).or_default().push(mount);
        }
        for (owner, prefix) in &found.prefixes {
            tree.own.insert(*owner, prefix);
        }
    }
    let mut entry_points = EntryPoints::default();
    let mut seen: FxHashSet<(Definition, Option<String>, Vec<String>)> = FxHashSet::default();
    let mut registrations: Vec<&Registration> = found
        .iter()
        .flat_map(|found| &found.registrations)
        .collect();
    registrations.sort_by_key(|registration| registration.is_fallback);
    for registration in registrations {
        if registration.is_fallback && entry_points.handlers.contains_key(&registration.handler) {
            continue;
        }
        let prefixes = match registration.owner {
            Some(owner) => tree.prefixes(owner, &mut Vec::new()),
            None => vec![Template::default()],
        };
        let mut templates: Vec<Template> = Vec::new();
        for prefix in &prefixes {
            for template in &registration.templates {
                templates.push(prefix.join(template));
            }
        }
        entry_points.add(program, registration, &templates);
        if !registration.is_listed {
            continue;
        }
        let routes: Vec<Option<&Template>> = if templates.is_empty() {
            vec![None]
        } else {
            templates.iter().map(Some).collect()
        };
        for template in routes {
            let path = template.map(|template| absolute(&template.path));
            let key = (
                registration.handler,
                path.clone(),
                registration.methods.clone(),
            );
            if seen.insert(key) {
                entry_points.routes.push(EntryRoute {
                    framework: registration.framework,
                    handler: registration.handler,
                    path,
                    methods: registration.methods.clone(),
                    is_websocket: registration.is_websocket,
                    variables: template
                        .map(|template| template.variables.clone())
                        .unwrap_or_default(),
                });
            }
        }
    }
    for (class, fields) in found.into_iter().flat_map(|found| found.fields) {
        entry_points.fields.entry(class).or_insert(fields);
    }
    let name = |definition: Definition| program.project.qualified_name(definition.0, definition.1);
    entry_points.routes.sort_by_cached_key(|route| {
        let path = &program.project.module(route.handler.0).path;
        (
            route.framework,
            route.path.clone(),
            route.methods.clone(),
            name(route.handler),
            path.clone(),
            route.handler,
        )
    });
    entry_points
}

/// With one slash at the start, and no two on end.
fn absolute(path: &str) -> String {
    let mut absolute = String::with_capacity(path.len() + 1);
    if !path.starts_with('/') {
        absolute.push('/');
    }
    for c in path.chars() {
        if c != '/' || !absolute.ends_with('/') {
            absolute.push(c);
        }
    }
    absolute
}

impl EntryPoints {
    fn add(&mut self, program: &Program<'_>, registration: &Registration, templates: &[Template]) {
        self.handlers
            .entry(registration.handler)
            .or_insert_with(|| Handler {
                framework: registration.framework,
                returned: registration.returned,
                kind: registration.kind.clone(),
            });
        let filled = fill(program, registration, templates);
        match self.parameters.entry(registration.handler) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(filled);
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                for (known, filled) in entry.get_mut().iter_mut().zip(filled) {
                    *known = match (known.take(), filled) {
                        (Some(known), Some(filled)) => Some(EntryParameter {
                            cleans: weaker(&known.cleans, &filled.cleans),
                            ..known
                        }),
                        (one, other) => one.or(other),
                    };
                }
            }
        }
    }
}

/// The parameters of a handler, with what its paths say of them.
fn fill(
    program: &Program<'_>,
    registration: &Registration,
    templates: &[Template],
) -> Vec<Option<EntryParameter>> {
    let project = program.project;
    let ir = &project.module(registration.handler.0).ir;
    let params = ir.params_of(registration.handler.1);
    let is_positional = |template: &Template| {
        template
            .variables
            .iter()
            .all(|(name, _)| name.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut position = 0;
    let mut filled = Vec::with_capacity(params.len());
    for (param, given) in params.iter().zip(&registration.parameters) {
        let Some(given) = given else {
            filled.push(None);
            continue;
        };
        let mut given = given.clone();
        let name = given
            .alias
            .as_deref()
            .unwrap_or_else(|| project.text(param.name));
        if registration
            .constants
            .iter()
            .any(|constant| constant == name)
        {
            filled.push(None);
            continue;
        }
        let is_path = given.location == ParameterLocation::Path;
        let is_input = given.filling == Filling::Input;
        let mut known: Option<ValueConstraint> = None;
        let mut is_named = false;
        for template in templates {
            let constraint = if is_path && is_positional(template) {
                template
                    .variables
                    .get(position)
                    .map(|(_, constraint)| constraint)
            } else {
                template
                    .variables
                    .iter()
                    .find(|(variable, _)| variable == name)
                    .map(|(_, constraint)| constraint)
            };
            if let Some(constraint) = constraint {
                is_named = true;
                known = Some(match known {
                    Some(known) => weaker(&known, constraint),
                    None => constraint.clone(),
                });
            }
        }
        if is_path && is_input {
            position += 1;
        }
        if let Some(constraint) = known
            && is_input
        {
            given.location = ParameterLocation::Path;
            given.is_required = true;
            if given.cleans == ValueConstraint::Any {
                given.cleans = constraint;
            }
        } else if is_path && !is_named && !templates.is_empty() && !param.default.is_absent() {
            // The framework fills it from no path.
            filled.push(None);
            continue;
        }
        let is_rest = matches!(param.kind, ParamKind::Star | ParamKind::DoubleStar);
        if is_path
            && is_rest
            && templates
                .iter()
                .all(|template| template.variables.is_empty())
            && !templates.is_empty()
        {
            filled.push(None);
            continue;
        }
        filled.push(Some(given));
    }
    filled
}
