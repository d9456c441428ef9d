//! Asking, within limits.

use std::io::Read as _;
use std::time::Duration;

use ureq::config::{Config, RedirectAuthHeaders};
use ureq::http::header::{CONTENT_LENGTH, LOCATION};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, http::Response};

use crate::scope::{Scope, redirected, without_password};

/// How often an answer may point somewhere else.
const REDIRECTS: usize = 5;

/// How much may come back, and how long it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an answer, after unpacking what was compressed on the way.
    pub bytes: u64,
    /// From the beginning to the last byte.
    pub total: Duration,
    /// Until a connection stands.
    pub connect: Duration,
    /// Without a byte.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            bytes: 64 << 20,
            total: Duration::from_mins(10),
            connect: Duration::from_secs(20),
            silence: Duration::from_secs(30),
        }
    }
}

/// Why nothing came back. Shown after the address.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address is not in the scope.
    #[error("is not among the hosts that may be asked ({0})")]
    OutOfScope(String),
    /// A redirect leads out of the scope.
    #[error("redirects to `{0}`, which may not be asked; give that address if you trust it")]
    RedirectedOut(String),
    /// Redirects lead nowhere.
    #[error("redirects again and again")]
    TooManyRedirects,
    /// The server said no.
    #[error("answers with status {0}")]
    Status(u16),
    /// More than the limit.
    #[error("sends more than {0} bytes")]
    TooLarge(u64),
    /// Fewer bytes than were promised.
    #[error("sends {got} bytes, and promised {promised}")]
    CutShort {
        /// How many came.
        got: u64,
        /// How many were to come.
        promised: u64,
    },
    /// The connection failed.
    #[error("cannot be reached: {0}")]
    Transport(Box<ureq::Error>),
    /// The connection broke while the answer came.
    #[error("breaks off: {0}")]
    Broken(std::io::Error),
}

/// Asks hosts of one scope.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    scope: Scope,
    limits: Limits,
}

impl Client {
    /// A client that says it is `agent` (`hognose/0.1`). Proxies come from `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`; certificates from `SSL_CERT_FILE` and `SSL_CERT_DIR`, else from the system.
    pub fn new(agent: &str, scope: Scope, limits: Limits) -> Self {
        let config = Config::builder()
            .user_agent(agent)
            .tls_config(TlsConfig::builder().root_certs(certificates()).build())
            // Redirects are followed here, where the scope is known.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::Never)
            .http_status_as_error(false)
            .timeout_global(Some(limits.total))
            .timeout_connect(Some(limits.connect))
            .timeout_recv_response(Some(limits.silence))
            .timeout_per_read(Some(limits.silence))
            .build();
        Client {
            agent: config.new_agent(),
            scope,
            limits,
        }
    }

    /// The body of the answer to a GET request. Complete, or an error.
    pub fn get(&self, url: &str) -> Result<Vec<u8>, HttpError> {
        if !self.scope.allows(url) {
            return Err(HttpError::OutOfScope(self.scope.to_string()));
        }
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let answer = self
                .agent
                .get(&url)
                .call()
                .map_err(|error| HttpError::Transport(Box::new(error)))?;
            match answer.status().as_u16() {
                200 => return self.body(answer),
                301 | 302 | 303 | 307 | 308 => {
                    let location = answer.headers().get(LOCATION);
                    let Some(location) = location.and_then(|value| value.to_str().ok()) else {
                        return Err(HttpError::Status(answer.status().as_u16()));
                    };
                    url = redirected(&url, location);
                    if !self.scope.allows(&url) {
                        return Err(HttpError::RedirectedOut(without_password(&url)));
                    }
                }
                status => return Err(HttpError::Status(status)),
            }
        }
        Err(HttpError::TooManyRedirects)
    }

    fn body(&self, answer: Response<Body>) -> Result<Vec<u8>, HttpError> {
        let limit = self.limits.bytes;
        let packed = answer.headers().contains_key("content-encoding");
        let length = answer.headers().get(CONTENT_LENGTH);
        let promised: Option<u64> = length
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .filter(|_| !packed);
        if promised.is_some_and(|promised| promised > limit) {
            return Err(HttpError::TooLarge(limit));
        }
        let mut bytes = Vec::new();
        let mut reader = answer.into_body().into_reader().take(limit + 1);
        reader.read_to_end(&mut bytes).map_err(HttpError::Broken)?;
        let got = bytes.len() as u64;
        match promised {
            _ if got > limit => Err(HttpError::TooLarge(limit)),
            Some(promised) if got != promised => Err(HttpError::CutShort { got, promised }),
            _ => Ok(bytes),
        }
    }
}

/// The certificates that the environment trusts; those of the library where it has none.
fn certificates() -> RootCerts {
    let found = rustls_native_certs::load_native_certs().certs;
    let found: Vec<Certificate<'static>> = found
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect();
    if found.is_empty() {
        return RootCerts::WebPki;
    }
    RootCerts::new_with_certs(&found)
}
