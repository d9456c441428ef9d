//! The client against servers of one answer each, on this machine.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use hognose_http::{Client, HttpError, Limits, Scope};

/// A server that gives these answers, one a connection, and then is gone. `{port}` stands for its port.
fn server(answers: &[&str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers: Vec<String> = answers
        .iter()
        .map(|answer| answer.replace("{port}", &port.to_string()))
        .collect();
    thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(5)))
                .unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                request.push(byte[0]);
            }
            // Who hung up has heard enough.
            let _ = stream.write_all(answer.as_bytes());
            if answer.ends_with("...") {
                thread::sleep(Duration::from_secs(3));
            }
        }
    });
    format!("http://127.0.0.1:{port}/data")
}

fn limits() -> Limits {
    Limits {
        bytes: 100,
        total: Duration::from_secs(5),
        connect: Duration::from_secs(2),
        silence: Duration::from_secs(1),
    }
}

fn get(url: &str) -> Result<Vec<u8>, HttpError> {
    Client::new("hognose/test", Scope::of(url).unwrap(), limits()).get(url)
}

fn answer(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

const REDIRECT: &str = "HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\nlocation: ";

#[test]
fn a_body_comes_back_whole() {
    assert_eq!(get(&server(&[&answer("hello")])).unwrap(), b"hello");
}

#[test]
fn redirects_stay_in_the_scope() {
    let inside = format!("{REDIRECT}/other\r\n\r\n");
    assert_eq!(
        get(&server(&[&inside, &answer("there")])).unwrap(),
        b"there"
    );

    let outside = format!("{REDIRECT}http://localhost:{{port}}/data\r\n\r\n");
    let error = get(&server(&[&outside])).unwrap_err();
    assert!(matches!(error, HttpError::RedirectedOut(_)), "{error}");

    let file = format!("{REDIRECT}file:///etc/passwd\r\n\r\n");
    let error = get(&server(&[&file])).unwrap_err();
    assert!(matches!(error, HttpError::RedirectedOut(_)), "{error}");

    let circle = format!("{REDIRECT}/data\r\n\r\n");
    let error = get(&server(&[&*circle; 6])).unwrap_err();
    assert!(matches!(error, HttpError::TooManyRedirects), "{error}");
}

#[test]
fn nobody_else_is_asked() {
    let url = server(&[]);
    let scope = Scope::of("http://127.0.0.1:1/").unwrap();
    let error = Client::new("hognose/test", scope, limits())
        .get(&url)
        .unwrap_err();
    assert!(matches!(error, HttpError::OutOfScope(_)), "{error}");
}

#[test]
fn a_page_of_an_error_is_no_body() {
    for status in [204, 404, 500] {
        let url = server(&[&format!(
            "HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n"
        )]);
        let error = get(&url).unwrap_err();
        assert!(
            matches!(error, HttpError::Status(found) if found == status),
            "{error}"
        );
    }
}

#[test]
fn too_much_and_too_little_are_errors() {
    let long = "x".repeat(101);
    let promised = get(&server(&[&answer(&long)])).unwrap_err();
    assert!(matches!(promised, HttpError::TooLarge(100)), "{promised}");

    let unannounced = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{long}");
    let unannounced = get(&server(&[&unannounced])).unwrap_err();
    assert!(
        matches!(unannounced, HttpError::TooLarge(100)),
        "{unannounced}"
    );

    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 50\r\nconnection: close\r\n\r\nhalf";
    assert!(get(&server(&[cut])).is_err());

    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n";
    assert!(get(&server(&[chunked])).is_err());
}

#[test]
fn waiting_ends() {
    #[allow(clippy::disallowed_methods)] // What is tested is a limit on time.
    let began = Instant::now();
    for silent in [
        "...",
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhalf...",
    ] {
        assert!(get(&server(&[silent])).is_err());
    }
    assert!(began.elapsed() < Duration::from_secs(8));
}
