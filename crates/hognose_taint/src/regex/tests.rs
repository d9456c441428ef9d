//! The table of verdicts, and patterns that are meant to hurt.

use super::*;

/// Use, verdict, attack, pattern. `benches/regex_timing.py` times `CPython` on the same lines.
const VERDICTS: &str = include_str!("verdicts.txt");

fn usage(word: &str) -> Use {
    match word {
        "match" => Use::Match,
        "fullmatch" => Use::FullMatch,
        "search" => Use::Search,
        "scan" => Use::Scan,
        other => panic!("no use: {other}"),
    }
}

fn judge(usage: Use, source: &str) -> (String, String) {
    let pattern = parse(source, Flags::default(), false).expect("the pattern is right");
    match analyse(&pattern, usage) {
        Verdict::Safe => ("safe".to_owned(), "-".to_owned()),
        Verdict::TooLarge => ("large".to_owned(), "-".to_owned()),
        Verdict::Polynomial { degree, attack } => {
            (format!("degree {degree}"), attack.expression(50, false))
        }
        Verdict::Exponential { attack } => ("exponential".to_owned(), attack.expression(50, false)),
    }
}

#[test]
fn verdicts() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in VERDICTS.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.splitn(4, '\t').collect();
        let [used, verdict, attack, pattern] = fields[..] else {
            panic!("four fields: {line}");
        };
        let (found, by) = judge(usage(used), pattern);
        if (found.as_str(), by.as_str()) != (verdict, attack) {
            wrong.push(format!(
                "{used} {pattern}: {found} by {by}, not {verdict} by {attack}"
            ));
        }
        count += 1;
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count >= 120, "{count}");
}

#[test]
fn what_python_refuses_is_no_pattern() {
    for source in [
        "(",
        ")",
        "[",
        "a**",
        "*a",
        "a{2}{3}",
        "(?P<a>x)(?P<a>y)",
        "(?P=b)",
        r"\1",
        r"\q",
        "[b-a]",
        "(?<a>x)",
        r"\p{L}",
        "a{3,2}",
        "(?z)",
        "^*",
        r"[\w-z]",
        "(?",
        r"\x1",
    ] {
        assert!(parse(source, Flags::default(), false).is_none(), "{source}");
    }
}

#[test]
fn what_python_takes_is_a_pattern() {
    for source in [
        "",
        "a{",
        "a{,}",
        "{}",
        "{a}",
        "[]a]",
        "[^]]",
        "[a-]",
        "[-a]",
        r"[\w-]",
        "(?i)a",
        "a(?i)",
        "(?i-s:a)",
        "(?x) a # b\n +",
        "(?P<n>a)(?P=n)",
        "(a)(?(1)b|c)",
        "(?P<n>a)(?(n)b)",
        "(?#c)a",
        "(?>a)",
        "a*+",
        "a??",
        "a{2}?",
        r"\101",
        r"\0",
        r"(a)\1",
        r"\N{DASH}",
        r"\u0041",
        "(?=a)*",
        "||",
        "()",
        "[[]",
        r"\/",
    ] {
        assert!(parse(source, Flags::default(), false).is_some(), "{source}");
    }
}

#[test]
fn flags_matter() {
    let worst = |source: &str, flags: Flags, usage| {
        analyse(&parse(source, flags, false).expect("right"), usage)
    };
    let none = Flags::default();
    assert_eq!(worst("(?:a|A+)*b", none, Use::Match).degree(), None);
    assert_eq!(
        worst("(?:a|A+)*b", Flags::IGNORE_CASE, Use::Match),
        worst("(?i)(?:a|A+)*b", none, Use::Match)
    );
    assert_eq!(worst("a b+ b+ c", none, Use::Match), Verdict::Safe);
    assert_eq!(
        worst("a b+ b+ c", Flags::VERBOSE, Use::Match).degree(),
        Some(2)
    );
    assert_eq!(worst(r"^\s+$", none, Use::Search), Verdict::Safe);
    assert_eq!(
        worst(r"^\s+x", Flags::MULTI_LINE, Use::Search).degree(),
        Some(2)
    );
}

#[test]
fn attacks_are_python() {
    let attack = Attack {
        prefix: "\"".to_owned(),
        pump: "\\\n".to_owned(),
        suffix: "\u{e9}\u{2028}".to_owned(),
    };
    assert_eq!(
        attack.expression(9, false),
        r#""\"" + "\\\n" * 9 + "\xe9\u2028""#
    );
    let attack = Attack {
        prefix: String::new(),
        pump: "a".to_owned(),
        suffix: String::new(),
    };
    assert_eq!(attack.expression(50, true), r#"b"a" * 50"#);
}

/// None of these may take long, overflow a stack or eat memory; what the verdict is matters less.
#[test]
fn hostile_patterns_end() {
    let deep = 10_000;
    let classes: String = (0x4e00..0x4e00 + 20_000)
        .step_by(2)
        .filter_map(char::from_u32)
        .collect();
    let branches: Vec<String> = (0..9_000).map(|number| format!("{number}x*")).collect();
    for source in [
        "(".repeat(deep) + &")".repeat(deep),
        "(?:".repeat(deep) + "a+" + &")+".repeat(deep) + "b",
        "(?=".repeat(deep) + &")".repeat(deep),
        "(?>a*".repeat(deep) + &")*".repeat(deep),
        "(a{1000}){1000}".to_owned(),
        "((((a{1000}){1000}){1000}){1000})*b".to_owned(),
        "(a{0,1000}){0,1000}b".to_owned(),
        "(?:(?:a?){1000}){1000}b".to_owned(),
        "a*".repeat(50_000),
        "a?".repeat(20_000) + "*",
        "a?".repeat(1_000) + "b*c*",
        "(a|b|ab)*".repeat(300) + "c",
        "[a-z]+".repeat(60) + "!",
        "()*".repeat(30_000),
        format!("[{classes}]+[{classes}x]+!"),
        format!("(?i)[{classes}]+x"),
        format!("(?:{})+!", branches.join("|")),
        r"\b".repeat(30_000) + "a+",
        r"(?:\b|\B|^|$)*".repeat(5_000) + "a+",
        r"(a+)".to_owned() + &r"\1".repeat(20_000) + "b",
        "a{4294967295}{".to_owned() + &"9".repeat(5_000) + "}",
        "|".repeat(100_000) + "a+",
        "x".repeat(100_000),
    ] {
        if let Some(pattern) = parse(&source, Flags::default(), false) {
            analyse(&pattern, Use::Match);
            analyse(&pattern, Use::Scan);
            Accepted::of(&pattern, Use::FullMatch);
        }
    }
}
