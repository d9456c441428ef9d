//! Python source, read for the lists it passes on: never run, and only as far as values are written out.
//!
//! This is no parser of Python. It knows strings, displays, names, `+` and the few methods that manifests are made
//! with; all else is a value that depends on running the code.

mod tokens;
mod values;

pub(crate) use self::tokens::{Kind, tokenize};
pub(crate) use self::values::{Argument, Scope, Text, Value};
