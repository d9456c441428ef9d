//! Outbound HTTP: the only crate of the project that opens connections, and only to a declared scope.
//!
//! Who wants something says beforehand which hosts may be asked ([`Scope`]) and how much may come back ([`Limits`]). A
//! [`Client`] asks nobody else, wherever a redirect leads, and gives up at the limits. Proxies and certificates are those
//! of the environment. What the bytes mean is for the caller; nothing here knows of files, findings or Python.
//!
//! Start reading at [`Client::get`].

mod client;
mod scope;

pub use client::{Client, HttpError, Limits};
pub use scope::{BadUrl, Scope, without_password};
