//! Which files hold tests.
//!
//! Tests hold passwords that open nothing and SQL that nobody else writes. What is found there is at most possible, so
//! that only the auditor sees it. Who scans a folder of tests by name means it: then they are code like any other.

/// Whether a file holds tests, by its path below the folder that was scanned.
pub(crate) fn is_test_code(path: &str, base: &str) -> bool {
    let below = path
        .strip_prefix(base)
        .unwrap_or(path)
        .trim_start_matches('/');
    if below.is_empty() {
        return false;
    }
    let mut folders = below.split('/');
    // The old name for the folder of tests at the top of a project.
    let is_below_t = below.starts_with("t/");
    let file = folders.next_back().unwrap_or_default();
    let stem = file.split('.').next().unwrap_or(file);
    is_below_t
        || stem == "conftest"
        || stem == "tests"
        || stem.starts_with("test_")
        || stem.ends_with("_test")
        || stem.ends_with("_tests")
        || folders.any(|folder| {
            matches!(
                folder,
                "test" | "tests" | "testing" | "testsuite" | "unittests"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::is_test_code;

    #[test]
    fn by_name_below_the_scanned_folder() {
        assert!(is_test_code("shop/tests/test_views.py", ""));
        assert!(is_test_code("shop/tests/helpers.py", "shop"));
        assert!(is_test_code("shop/conftest.py", ""));
        assert!(!is_test_code("shop/tests/helpers.py", "shop/tests"));
        assert!(!is_test_code("tests/test_views.py", "tests/test_views.py"));
        assert!(is_test_code("t/unit/settings.py", ""));
        assert!(!is_test_code("shop/t/settings.py", ""));
        assert!(!is_test_code("shop/testimonials.py", ""));
        assert!(!is_test_code("shop/contest/views.py", ""));
    }
}
