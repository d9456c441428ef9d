//! `pyproject.toml`: the standard's tables (PEP 518, 621, 735), and those of uv, PDM, Hatch, Flit and setuptools.

use rustc_hash::FxHashMap;

use super::graph::Graph;
use super::link::without_password;
use super::listed;
use super::poetry;
use super::reader::{Reader, normal_name};
use super::tox;
use super::tree::{self, Node, Value};
use crate::DependencySource;

/// Reads a `pyproject.toml`.
pub(crate) fn parse(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    listed::push_all(
        reader,
        root.path(&["build-system", "requires"]),
        "build-system",
    );
    read_project(reader, &root);
    read_dependency_groups(reader, root.get("dependency-groups"));
    if let Some(tools) = root.get("tool") {
        read_tools(reader, &root, tools);
    }
}

/// Reads `hatch.toml`, which is the table `tool.hatch` on its own.
pub(crate) fn parse_hatch(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    read_hatch(reader, &root);
}

/// Reads `uv.toml`, which is the table `tool.uv` on its own.
pub(crate) fn parse_uv(reader: &mut Reader<'_>) {
    let (root, faults) = tree::toml(reader.text);
    for fault in &faults {
        reader.fault(fault);
    }
    read_uv(reader, &root);
}

/// The standard's table `project`.
pub(crate) fn read_project(reader: &mut Reader<'_>, root: &Node<'_>) {
    let Some(project) = root.get("project") else {
        return;
    };
    listed::push_all(reader, project.get("dependencies"), "");
    listed::push_groups(reader, project.get("optional-dependencies"), extra_group);
    for dynamic in project.items_at(&["dynamic"]) {
        let Some(name @ ("dependencies" | "optional-dependencies")) = dynamic.text() else {
            continue;
        };
        if !is_answered(root, name) {
            let message = format!("`{name}` come from the build backend and are not read");
            reader.unreadable(&dynamic.span, message);
        }
    }
}

/// Whether a table of a build backend, or its own file, says what the project leaves to it.
fn is_answered(root: &Node<'_>, name: &str) -> bool {
    let backend = root.path(&["build-system", "build-backend"]);
    let backend = backend.and_then(Node::text).unwrap_or("setuptools");
    // setuptools takes them from `setup.cfg` and `setup.py`, which are manifests of their own.
    backend.starts_with("setuptools")
        || root
            .path(&["tool", "setuptools", "dynamic", name])
            .is_some()
        || root.path(&["tool", "poetry"]).is_some()
}

/// The group of an extra of the project.
pub(crate) fn extra_group(extra: &str) -> String {
    format!("extra:{}", normal_name(extra))
}

/// Dependency groups (PEP 735). What a group includes is in both.
fn read_dependency_groups(reader: &mut Reader<'_>, node: Option<&Node<'_>>) {
    let entries = node.map_or(&[][..], Node::entries);
    let names: Vec<_> = entries
        .iter()
        .map(|entry| normal_name(&entry.key))
        .collect();
    let mut graph = Graph::new(names.iter().map(|name| name.as_str().into()).collect());
    let by_name: FxHashMap<&str, usize> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (name.as_str(), at))
        .collect();
    let mut includes = Vec::new();
    for (at, entry) in entries.iter().enumerate() {
        graph.root(at, Some(names[at].as_str().into()));
        for item in entry.value.items() {
            let Some(included) = item.text_at("include-group") else {
                continue;
            };
            match by_name.get(normal_name(included).as_str()) {
                Some(to) => {
                    graph.edge(at, *to);
                    includes.push((at, *to, &item.span));
                }
                None => {
                    let message = format!("there is no group `{included}` to include");
                    reader.unreadable(&item.span, message);
                }
            }
        }
    }
    let reached = graph.reach();
    for (from, to, span) in includes {
        if reached[from]
            .groups
            .iter()
            .any(|group| **group == *names[to])
        {
            reader.unreadable(span, "the group includes itself");
        }
    }
    for (entry, reached) in entries.iter().zip(reached) {
        if !matches!(entry.value.value, Value::List(_)) {
            reader.unreadable(&entry.key_span, "must be a list of requirements");
        }
        reader.within(reached.groups, |reader| {
            for item in entry.value.items() {
                if item.get("include-group").is_none() {
                    listed::push(reader, item);
                }
            }
        });
    }
}

fn read_tools(reader: &mut Reader<'_>, root: &Node<'_>, tools: &Node<'_>) {
    if let Some(dynamic) = tools.path(&["setuptools", "dynamic"]) {
        read_setuptools(reader, dynamic);
    }
    if let Some(poetry) = tools.get("poetry") {
        poetry::read(reader, poetry, root.get("project"));
    }
    if let Some(pdm) = tools.get("pdm") {
        read_pdm(reader, pdm);
    }
    if let Some(hatch) = tools.get("hatch") {
        read_hatch(reader, hatch);
    }
    if let Some(flit) = tools.path(&["flit", "metadata"]) {
        listed::push_all(reader, flit.get("requires"), "");
        listed::push_groups(reader, flit.get("requires-extra"), extra_group);
    }
    if let Some(tox) = tools.get("tox") {
        tox::read_table(reader, tox);
    }
    // Last, since its sources hold for all that the tables before it name.
    if let Some(uv) = tools.get("uv") {
        read_uv(reader, uv);
    }
}

/// Requirements that setuptools reads from files.
fn read_setuptools(reader: &mut Reader<'_>, dynamic: &Node<'_>) {
    if let Some(files) = dynamic.path(&["dependencies", "file"]) {
        listed::include_all(reader, files);
    }
    for entry in dynamic.entries_at(&["optional-dependencies"]) {
        if let Some(files) = entry.value.get("file") {
            reader.within(vec![extra_group(&entry.key).into()], |reader| {
                listed::include_all(reader, files);
            });
        }
    }
}

fn read_uv(reader: &mut Reader<'_>, uv: &Node<'_>) {
    listed::push_all(reader, uv.get("dev-dependencies"), "dev");
    reader.restraining(|reader| {
        listed::push_all(reader, uv.get("constraint-dependencies"), "");
        listed::push_all(reader, uv.get("override-dependencies"), "");
        listed::push_all(
            reader,
            uv.get("build-constraint-dependencies"),
            "build-system",
        );
    });
    for (_, requires) in uv
        .entries_at(&["extra-build-dependencies"])
        .iter()
        .map(|entry| (&entry.key, &entry.value))
    {
        listed::push_all(reader, Some(requires), "build-system");
    }
    let indexes: FxHashMap<&str, &str> = uv
        .items_at(&["index"])
        .iter()
        .filter_map(|index| Some((index.text_at("name")?, index.text_at("url")?)))
        .collect();
    let sources: FxHashMap<String, DependencySource> = uv
        .entries_at(&["sources"])
        .iter()
        .filter_map(|entry| {
            let source = entry.value.items().first().unwrap_or(&entry.value);
            Some((normal_name(&entry.key), uv_source(source, &indexes)?))
        })
        .collect();
    for dependency in reader.dependencies() {
        if let Some(source) = sources.get(&*dependency.name)
            && dependency.source == DependencySource::Index(None)
        {
            dependency.source = source.clone();
        }
    }
}

/// Where uv takes a distribution from instead of the index.
fn uv_source(source: &Node<'_>, indexes: &FxHashMap<&str, &str>) -> Option<DependencySource> {
    if let Some(address) = source.text_at("git") {
        return Some(vcs("git", address, source));
    }
    if let Some(address) = source.text_at("url") {
        return Some(DependencySource::Url(without_password(address).into()));
    }
    if let Some(path) = source.text_at("path") {
        return Some(DependencySource::Path(path.into()));
    }
    if source.get("workspace").is_some_and(Node::is_true) {
        return Some(DependencySource::Path(".".into()));
    }
    let index = source.text_at("index")?;
    let address = indexes.get(index).copied().unwrap_or(index);
    Some(DependencySource::Index(Some(
        without_password(address).into(),
    )))
}

/// A reference to a version control system from the keys that most tools have for it.
pub(crate) fn vcs(system: &str, address: &str, keys: &Node<'_>) -> DependencySource {
    let revision = ["rev", "revision", "ref", "tag", "branch"];
    let revision = revision.iter().find_map(|key| keys.text_at(key));
    let address = without_password(address);
    let prefix = format!("{system}+");
    let prefix = if address.starts_with(&prefix) {
        ""
    } else {
        &prefix
    };
    DependencySource::Vcs(match revision {
        Some(revision) => format!("{prefix}{address}@{revision}").into(),
        None => format!("{prefix}{address}").into(),
    })
}

fn read_pdm(reader: &mut Reader<'_>, pdm: &Node<'_>) {
    listed::push_groups(reader, pdm.get("dev-dependencies"), normal_name);
    let overrides = [&["resolution", "overrides"][..], &["overrides"]];
    reader.restraining(|reader| {
        for entry in overrides.iter().flat_map(|keys| pdm.entries_at(keys)) {
            let Some(version) = entry.value.text() else {
                continue;
            };
            let versions = if version.starts_with(|c: char| c.is_ascii_digit()) {
                format!("=={version}")
            } else if version.contains("://") {
                format!(" @ {version}")
            } else {
                version.to_owned()
            };
            let text = format!("{}{versions}", entry.key);
            super::requirements_txt::push(reader, &text, &entry.span(), &[]);
        }
    });
    listed::push_all(reader, pdm.path(&["build", "requires"]), "build-system");
}

fn read_hatch(reader: &mut Reader<'_>, hatch: &Node<'_>) {
    for entry in hatch.entries_at(&["envs"]) {
        let group = format!("env:{}", entry.key);
        for key in ["dependencies", "extra-dependencies"] {
            listed::push_all(reader, entry.value.get(key), &group);
        }
        if let Some(overrides) = entry.value.get("overrides") {
            reader.within(vec![group.into()], |reader| {
                read_overrides(reader, overrides);
            });
        }
    }
    let build = hatch.get("build");
    let Some(build) = build else { return };
    listed::push_all(reader, build.get("dependencies"), "build-system");
    let targets = build.entries_at(&["targets"]).iter();
    let hooks = build.entries_at(&["hooks"]).iter();
    for entry in targets.chain(hooks) {
        listed::push_all(reader, entry.value.get("dependencies"), "build-system");
        for hook in entry.value.entries_at(&["hooks"]) {
            listed::push_all(reader, hook.value.get("dependencies"), "build-system");
        }
    }
}

/// What environments of Hatch add under conditions: lists of texts, or of tables with a `value`.
fn read_overrides(reader: &mut Reader<'_>, node: &Node<'_>) {
    for entry in node.entries() {
        let key = entry.key.trim_start_matches("set-");
        if !matches!(key, "dependencies" | "extra-dependencies") {
            read_overrides(reader, &entry.value);
            continue;
        }
        for item in entry.value.items() {
            listed::push(reader, item.get("value").unwrap_or(item));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check;

    #[test]
    fn standard_tables() {
        check(
            "pyproject.toml",
            &[(
                "p/pyproject.toml",
                r#"[build-system]
requires = ["hatchling>=1.18", "é-bad"]
build-backend = "hatchling.build"

[project]
name = "app"
dynamic = ["version", "optional-dependencies"]
dependencies = [
    "requests[socks] >=2,<3 ; python_version < '4'",
    'Foo.Bar==1.0',  # why
    """baz""",
    "esc\u0061pe==1",
    "u @ https://h/u-1.0-py3-none-any.whl",
]

[project.optional-dependencies]
Web_UI = ["flask~=3.0"]

[dependency-groups]
test = ["pytest>7", {include-group = "Base"}]
base = ["coverage"]
loop = ["a", {include-group = "loop2"}]
loop2 = [{include-group = "loop"}, {include-group = "gone"}]
"#,
            )],
            r#":2 `hatchling>=1.18` hatchling >=1.18 groups(build-system)
:9 `requests[socks] >=2,<3 ; python_version < '4'` requests[socks] >=2,<3 ;python_version < '4'
:10 `Foo.Bar==1.0` foo-bar = 1.0
:11 `baz` baz any
:12 `"esc\u0061pe==1"` escape = 1
:13 `u @ https://h/u-1.0-py3-none-any.whl` u = 1.0 url https://h/u-1.0-py3-none-any.whl
:17 `flask~=3.0` flask ~=3.0 groups(extra:web-ui)
:20 `pytest>7` pytest >7 groups(test)
:21 `coverage` coverage any groups(base test)
:22 `a` a any groups(loop loop2)
! 2: configuration: `é-bad` is no requirement
! 7: configuration: `optional-dependencies` come from the build backend and are not read
! 23: configuration: there is no group `gone` to include
! 22: configuration: the group includes itself
! 23: configuration: the group includes itself"#,
        );
    }

    #[test]
    fn tools() {
        check(
            "pyproject.toml",
            &[
                (
                    "pyproject.toml",
                    r#"[project]
name = "app"
dynamic = ["dependencies"]
[build-system]
requires = []
build-backend = "setuptools.build_meta"
[tool.setuptools.dynamic]
dependencies = {file = ["base.in"]}
optional-dependencies.x = {file = "x.txt"}
[tool.uv]
dev-dependencies = ["ruff==0.5.0", "pkg-a"]
constraint-dependencies = ["idna<4"]
override-dependencies = ["werkzeug==2.3.0"]
[tool.uv.sources]
pkg-a = {git = "https://tok@h/a", tag = "v1"}
ruff = {index = "in"}
[[tool.uv.index]]
name = "in"
url = "https://h/simple"
[tool.pdm.dev-dependencies]
lint = ["flake8", "-e file:///${PROJECT_ROOT}/sub#egg=sub"]
[tool.pdm.resolution.overrides]
anyio = "4.0"
sniffio = ">=1"
[tool.hatch.envs.default]
dependencies = ["pytest"]
extra-dependencies = ["pytest-cov"]
[tool.hatch.envs.docs.overrides]
matrix.version.dependencies = [{value = "django==4.2", if = ["4"]}, "sphinx"]
[tool.hatch.build.targets.wheel.hooks.mypyc]
dependencies = ["hatch-mypyc"]
[tool.flit.metadata]
requires = ["tomli"]
[tool.flit.metadata.requires-extra]
doc = ["furo"]
[tool.tox.env.a]
deps = ["pytest==8", "-r base.in", {replace = "ref"}]
"#,
                ),
                (
                    "base.in",
                    "six==1.16
",
                ),
                (
                    "x.txt", "y
",
                ),
            ],
            r#"base.in:1 `six==1.16` six = 1.16 by(pyproject.toml)
x.txt:1 `y` y any groups(extra:x) by(pyproject.toml)
:21 `flake8` flake8 any groups(lint)
:21 `-e file:///${PROJECT_ROOT}/sub#egg=sub` sub unknown path file:///${PROJECT_ROOT}/sub#egg=sub groups(lint)
:23 `anyio = "4.0"` anyio = 4.0 constraint
:24 `sniffio = ">=1"` sniffio >=1 constraint
:26 `pytest` pytest any groups(env:default)
:27 `pytest-cov` pytest-cov any groups(env:default)
:29 `django==4.2` django = 4.2 groups(env:docs)
:29 `sphinx` sphinx any groups(env:docs)
:31 `hatch-mypyc` hatch-mypyc any groups(build-system)
:33 `tomli` tomli any
:35 `furo` furo any groups(extra:doc)
:37 `pytest==8` pytest = 8 groups(env:a)
base.in:1 `six==1.16` six = 1.16 groups(env:a) by(pyproject.toml)
:11 `ruff==0.5.0` ruff = 0.5.0 index https://h/simple groups(dev)
:11 `pkg-a` pkg-a any vcs git+https://****@h/a@v1 groups(dev)
:12 `idna<4` idna <4 constraint
:13 `werkzeug==2.3.0` werkzeug = 2.3.0 constraint
! 37: configuration: depends on the environment of tox"#,
        );
    }
}
