//! `hognose routes`: where data comes in.

use std::path::Path;

use snapbox::{IntoData, str};

use crate::project::Project;
use crate::says;

/// What the command prints over an example application.
fn routes_of(application: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../examples")
        .join(application)
        .join("vulnerable");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_hognose"))
        .args(["routes", "--isolated", "--color", "never"])
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    assert_eq!(output.stderr, b"");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn of_the_flask_example() {
    snapbox::assert_data_eq!(routes_of("flask-shop"), str![[r#""#]].raw());
}

#[test]
fn of_the_fastapi_example() {
    snapbox::assert_data_eq!(routes_of("fastapi-service"), str![[r#""#]].raw());
}

#[test]
fn of_the_django_example() {
    snapbox::assert_data_eq!(routes_of("django-site"), str![[r#""#]].raw());
}

const APPLICATION: &str = "\
from typing import Literal
from uuid import UUID
from fastapi import FastAPI, File, Form, Header, UploadFile
from pydantic import BaseModel

app = FastAPI()

class Item(BaseModel):
    title: str
    count: int = 1

@app.put('/items/{item}')
def write(item: UUID, body: Item, token: str = Header(), order: Literal['up', 'down'] = 'up'): ...

@app.get('/items/{number}')
def read(number: int): ...

@app.post('/upload')
def upload(file: UploadFile, note: str = Form('')): ...

@app.websocket('/live')
async def live(): ...
";

#[test]
fn as_json() {
    let project = Project::new(&[("app.py", APPLICATION), ("broken.py", "def f(:\n")]);
    says!(project.run("routes --format json"), str![[r#""#]]);
}

#[test]
fn as_openapi() {
    let project = Project::new(&[("app.py", APPLICATION)]);
    says!(project.run("routes --format openapi"), str![[r#""#]]);
}

#[test]
fn nothing_to_list() {
    let project = Project::new(&[("plain.py", "x = 1\n")]);
    says!(project.run("routes"), str![[r#""#]]);
    says!(project.run("routes plan.py"), str![[r#""#]]);
}
