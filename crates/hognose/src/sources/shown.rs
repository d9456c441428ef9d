//! How a path is shown to the user, which is also how the analysis knows it.

use std::fmt::Write as _;
use std::path::{Component, Path};

/// `path` as shown: relative to `working` where it lies below it, `/` between the parts, `.` for `working` itself.
///
/// Works on the spelling alone, so that what the user typed (`../lib`) stays recognisable.
pub fn shown(path: &Path, working: &Path) -> String {
    let path = if path.is_absolute() {
        path.strip_prefix(working).unwrap_or(path)
    } else {
        path
    };
    let mut text = String::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::RootDir => text.push('/'),
            Component::Prefix(prefix) => {
                push_name(&mut text, prefix.as_os_str().as_encoded_bytes());
            }
            Component::ParentDir => push_part(&mut text, b".."),
            Component::Normal(name) => push_part(&mut text, name.as_encoded_bytes()),
        }
    }
    if text.is_empty() {
        ".".to_owned()
    } else {
        text
    }
}

/// The shown path of the entry `name` in the folder shown as `folder`.
pub fn shown_in(folder: &str, name: &std::ffi::OsStr) -> String {
    let name = name.as_encoded_bytes();
    let mut text = String::with_capacity(folder.len() + 1 + name.len());
    if folder != "." {
        text.push_str(folder);
    }
    push_part(&mut text, name);
    text
}

fn push_part(text: &mut String, name: &[u8]) {
    if !text.is_empty() && !text.ends_with('/') {
        text.push('/');
    }
    push_name(text, name);
}

/// Bytes that are not UTF-8 and control characters appear as `\xNN`: a file name must not be able to move the
/// cursor of a terminal or to begin a new line in a report, and two different names should look different.
fn push_name(text: &mut String, name: &[u8]) {
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                let _ = write!(text, "\\x{:02x}", u32::from(character)); // writing to a String cannot fail
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::path::Path;

    use super::{shown, shown_in};

    #[test]
    fn relative_to_the_working_folder_where_possible() {
        let working = Path::new("/home/ann/shop");
        let check =
            |path: &str, expected: &str| assert_eq!(shown(Path::new(path), working), expected);
        check(".", ".");
        check("./src/./a.py", "src/a.py");
        check("/home/ann/shop/src", "src");
        check("/home/ann/shop", ".");
        check("/srv/other", "/srv/other");
        check("../lib", "../lib");
        check("/", "/");
    }

    #[test]
    fn entries_join_their_folder() {
        assert_eq!(shown_in(".", OsStr::new("a.py")), "a.py");
        assert_eq!(shown_in("src", OsStr::new("a.py")), "src/a.py");
        assert_eq!(shown_in("/", OsStr::new("a.py")), "/a.py");
    }

    #[test]
    #[cfg(unix)]
    fn odd_bytes_are_escaped() {
        use std::os::unix::ffi::OsStrExt;
        assert_eq!(
            shown_in("src", OsStr::from_bytes(b"caf\xe9\n\x1b[2J.py")),
            "src/caf\\xe9\\x0a\\x1b[2J.py"
        );
    }
}
