//! What a name means, through a whole project.

use std::collections::BTreeMap;
use std::sync::Arc;

use hognose_finding::{ProblemKind, SourceError, Sources};
use hognose_python::{Project, Target};

struct Held(BTreeMap<String, String>);

impl Sources for Held {
    fn read(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let text = self.0.get(path).ok_or_else(|| SourceError {
            kind: ProblemKind::Vanished,
            message: "not held".to_owned(),
        })?;
        Ok(text.clone().into_bytes())
    }
}

const MODELS: [(&str, &str); 2] = [
    (
        "lib.pyi",
        "def run(): ...\nclass Tool:\n    def use(self): ...\n",
    ),
    ("builtins.pyi", "def eval(x): ...\n"),
];

/// The qualified names of all that `name` means in the file `path`, sorted.
fn meanings(files: &[(&str, &str)], path: &str, name: &str) -> Vec<String> {
    let held = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let held = Held(held.collect());
    let list: Vec<(Arc<str>, Arc<str>)> = files
        .iter()
        .map(|(path, _)| (Arc::from(*path), Arc::from("")))
        .collect();
    let (project, problems) = Project::load(&list, &held, &MODELS, &["outside.deep.call"]);
    assert_eq!(problems, []);
    let (module, _) = project
        .modules()
        .find(|(_, module)| &*module.path == path)
        .expect("the module");
    let mut targets: Vec<Target> = Vec::new();
    for (number, part) in name.split('.').enumerate() {
        let Some(symbol) = project.symbols().find(part) else {
            return Vec::new();
        };
        targets = if number == 0 {
            project.resolve_name(module, symbol)
        } else {
            targets
                .into_iter()
                .flat_map(|target| project.member(target, symbol))
                .collect()
        };
    }
    let shown = |target| match target {
        Target::Module(module) => format!("module {}", project.module(module).name),
        Target::Function(module, function) | Target::Class(module, function) => {
            project.qualified_name(module, function)
        }
        Target::External(external) => format!("external {}", project.external_name(external)),
        Target::Value(..) => "value".to_owned(),
        Target::Variable(..) => "variable".to_owned(),
    };
    let mut names: Vec<String> = targets.into_iter().map(shown).collect();
    names.sort();
    names
}

const NOTHING: [String; 0] = [];

#[test]
fn aliases() {
    let files = [(
        "a.py",
        "import lib as l\nfrom lib import run as go\nthen = go\n",
    )];
    assert_eq!(meanings(&files, "a.py", "l.run"), ["lib.run"]);
    assert_eq!(meanings(&files, "a.py", "go"), ["lib.run"]);
    assert_eq!(meanings(&files, "a.py", "then"), ["lib.run"]);
    assert_eq!(meanings(&files, "a.py", "l.nothing"), NOTHING);
}

#[test]
fn re_exports_and_relative_imports() {
    let files = [
        (
            "shop/__init__.py",
            "from .tools import helper\nfrom . import tools as t\n",
        ),
        ("shop/tools.py", "from lib import run\ndef helper(): ...\n"),
        ("shop/web/__init__.py", ""),
        (
            "shop/web/views.py",
            "from .. import helper\nfrom ..tools import run\nfrom ... import nothing\nimport shop\n",
        ),
    ];
    let views = |name| meanings(&files, "shop/web/views.py", name);
    assert_eq!(views("helper"), ["shop.tools.helper"]);
    assert_eq!(views("run"), ["lib.run"]);
    assert_eq!(views("shop.t.run"), ["lib.run"]);
    assert_eq!(views("shop.web.views.helper"), ["shop.tools.helper"]);
    assert_eq!(views("nothing"), NOTHING);
}

#[test]
fn star_imports() {
    let files = [
        ("a.py", "from lib import *\ndef own(): ...\n_hidden = own\n"),
        ("b.py", "__all__ = ['own']\nfrom a import *\n"),
        ("c.py", "from b import *\n"),
        ("d.py", "from a import *\n"),
    ];
    assert_eq!(meanings(&files, "c.py", "own"), ["a.own"]);
    assert_eq!(meanings(&files, "c.py", "run"), NOTHING);
    assert_eq!(meanings(&files, "d.py", "run"), ["lib.run"]);
    assert_eq!(meanings(&files, "d.py", "_hidden"), NOTHING);
}

#[test]
fn ways_that_meet() {
    let files = [(
        "a.py",
        "try:\n    from lib import run\nexcept ImportError:\n    def run(): ...\n\
         if run:\n    f = eval\nelse:\n    f = None\n",
    )];
    assert_eq!(meanings(&files, "a.py", "run"), ["a.run", "lib.run"]);
    assert_eq!(meanings(&files, "a.py", "f"), ["builtins.eval", "value"]);
}

#[test]
fn shadowing() {
    let files = [
        ("a.py", "def eval(x): ...\n"),
        ("b.py", "from lib import run\nrun = 1\n"),
        ("pkg/__init__.py", ""),
        ("pkg/lib.py", "def run(): ...\n"),
        (
            "pkg/user.py",
            "from lib import run\nfrom .lib import run as own\n",
        ),
    ];
    assert_eq!(meanings(&files, "a.py", "eval"), ["a.eval"]);
    assert_eq!(meanings(&files, "b.py", "run"), ["value"]);
    assert_eq!(meanings(&files, "pkg/user.py", "run"), ["lib.run"]);
    assert_eq!(meanings(&files, "pkg/user.py", "own"), ["pkg.lib.run"]);
}

#[test]
fn layouts() {
    let files = [
        ("src/shop/__init__.py", "def f(): ...\n"),
        ("space/part/mod.py", "def g(): ...\n"),
        (
            "main.py",
            "import shop\nimport space.part.mod\nfrom space.part import mod as m\n",
        ),
    ];
    assert_eq!(meanings(&files, "main.py", "shop.f"), ["shop.f"]);
    assert_eq!(meanings(&files, "main.py", "m.g").len(), 1);
    assert_eq!(meanings(&files, "main.py", "space.part.mod.g").len(), 1);
}

#[test]
fn cycles_end() {
    let files = [
        ("a.py", "from b import x, y\nfrom b import *\n"),
        ("b.py", "from a import x\nfrom a import *\ndef y(): ...\n"),
        ("c/__init__.py", "from .d.e import e\n"),
    ];
    assert_eq!(meanings(&files, "a.py", "x"), NOTHING);
    assert_eq!(meanings(&files, "a.py", "y"), ["b.y"]);
    assert_eq!(meanings(&files, "b.py", "unknown"), NOTHING);
    assert_eq!(meanings(&files, "c/__init__.py", "e"), NOTHING);
}

#[test]
fn star_imports_that_fan_out_end() {
    let module = |i| {
        (
            format!("m{i}.py"),
            format!("from m{} import *\nfrom m{} import *\n", i + 1, i + 2),
        )
    };
    let names: Vec<(String, String)> = (0..40).map(module).collect();
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert_eq!(meanings(&files, "m0.py", "unknown"), NOTHING);
}

#[test]
fn long_chains_are_followed() {
    let mut names = vec![("m0.py".to_owned(), "from lib import run\n".to_owned())];
    names.extend((1..60).map(|i| (format!("m{i}.py"), format!("from m{} import run\n", i - 1))));
    let files: Vec<(&str, &str)> = names
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    assert_eq!(meanings(&files, "m59.py", "run"), ["lib.run"]);
}

#[test]
fn outside_names_and_methods() {
    let files = [(
        "a.py",
        "from outside import deep as d\nfrom lib import Tool\nclass Own(Tool): ...\n",
    )];
    assert_eq!(
        meanings(&files, "a.py", "d.call"),
        ["external outside.deep.call"]
    );
    assert_eq!(meanings(&files, "a.py", "d.other"), NOTHING);
    assert_eq!(meanings(&files, "a.py", "Own.use"), ["lib.Tool.use"]);
}
