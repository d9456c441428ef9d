use hognose_rules::TemplateConstruct;
use proptest::prelude::*;

use super::{Language, Template, language_of, read_template};

/// The facts as `tag => what: value`.
fn facts(text: &str, language: Language) -> Vec<String> {
    let facts = read_template(text, language).facts;
    let shown = facts.into_iter().map(|fact| {
        let tag = &text[fact.span.0 as usize..fact.span.1 as usize];
        match fact.construct {
            TemplateConstruct::UnescapedOutput => format!("{tag} => {}: {}", fact.what, fact.value),
            TemplateConstruct::AutoescapeOff => {
                assert_eq!((fact.what.as_str(), fact.value.as_str()), (tag, ""));
                format!("{tag} => off")
            }
        }
    });
    shown.collect()
}

#[track_caller]
fn found(language: Language, text: &str, what: &str, value: &str) {
    let tag = text.trim_start_matches("<p>");
    let expected = format!("{tag} => {what}: {value}");
    assert_eq!(facts(text, language), [expected]);
}

#[track_caller]
fn silent(language: Language, text: &str) {
    let read = read_template(text, language);
    assert_eq!(read, Template::default(), "{text}");
}

use Language::{Django, Jinja, Mako};

#[test]
fn jinja_safe_anywhere_in_the_chain() {
    found(Jinja, "<p>{{ x|safe }}", "|safe", "x");
    found(Jinja, "{{- x.y[0].z | safe -}}", "|safe", "x.y[0].z");
    found(Jinja, "{{ x.0|safe }}", "|safe", "x.0");
    found(Jinja, "{{ x | safe | upper }}", "|safe", "x");
    found(Jinja, "{{ x|trim|safe }}", "|safe", "x|trim");
    found(
        Jinja,
        "{{ x|truncate(20, end='…')|safe }}",
        "|safe",
        "x|truncate(20, end='…')",
    );
    found(Jinja, "{{ x\n  |safe }}", "|safe", "x");
    found(Jinja, "{{ x|join(', ')|safe }}", "|safe", "x|join(', ')");
    found(Jinja, "{{ f(x)|safe }}", "|safe", "f(x)");
    found(Jinja, "{{ (\"<b>\" ~ x)|safe }}", "|safe", "(\"<b>\" ~ x)");
    found(
        Jinja,
        "{{ \"<b>%s\"|format(x)|safe }}",
        "|safe",
        "\"<b>%s\"|format(x)",
    );
    found(Jinja, "{{ a ~ x|safe ~ b }}", "|safe", "x");
    found(Jinja, "{{ x|safe if x else y }}", "|safe", "x");
    found(Jinja, "{{ card(body=x|safe) }}", "|safe", "x");
    found(Jinja, "{{ xs|map('safe')|join }}", "|map('safe')", "xs");
    found(
        Jinja,
        "{{ {\"a\": {\"b\": x}}|string|safe }}",
        "|safe",
        "{\"a\": {\"b\": x}}|string",
    );
    found(
        Jinja,
        "{{ _('%(n)s', n=x)|safe }}",
        "|safe",
        "_('%(n)s', n=x)",
    );
    found(
        Jinja,
        "{{ article.body()|safe }}",
        "|safe",
        "article.body()",
    );
    // Takes tags out, then decodes `&lt;`.
    found(Jinja, "{{ x|striptags|safe }}", "|safe", "x|striptags");
}

#[test]
fn jinja_escapes_nothing_that_is_marked() {
    // The engine leaves markup alone, so the later filter does nothing.
    found(Jinja, "{{ x|safe|e }}", "|safe", "x");
    found(Django, "{{ x|safe|escape }}", "|safe", "x");
    for text in [
        "{{ x|safe|forceescape }}",
        "{{ (a|safe ~ b)|forceescape }}",
        "{{ x|safe|striptags }}",
        "{{ x|safe|urlencode }}",
        "{{ x|safe|tojson }}",
    ] {
        silent(Jinja, text);
    }
}

#[test]
fn jinja_harmless() {
    for text in [
        "{{ x }}",
        "{{ x|upper }}",
        "{{ x|unsafe }}",
        "{{ safe }}",
        "{{ x.safe }}",
        "{{ x.safe() }}",
        "{{ \"<b>\"|safe }}",
        "{{ '&copy; ' '2026'|safe }}",
        "{{ 1.5|safe }}",
        "{{ none|safe }}",
        "{{ ('<b>' if x else '<i>')|safe }}",
        "{{ ['<b>', '<i>']|join('')|safe }}",
        "{{ _('<b>bold</b>')|safe }}",
        "{{ x|tojson|safe }}",
        "{{ x|tojson(indent=2)|safe }}",
        "{{ x|e|safe }}",
        "{{ x|escape|replace('\\n', '<br>')|safe }}",
        "{{ ('<b>' ~ x|e ~ '</b>')|safe }}",
        "{{ '<b>%s</b>'|safe|format(x) }}",
        "{{ x|length|safe }}",
        "{{ x|sanitize_html|safe }}",
        "{{ bleach.clean(x)|safe }}",
        "{{ super()|safe }}",
        "{{ self.title()|safe }}",
        "{{ \"a|safe\" }}",
        "{{ '}}' ~ \"{{ x|safe }}\" }}",
        "{{ 'it\\'s |safe' }}",
    ] {
        silent(Jinja, text);
    }
    found(Jinja, "{{ x|unescape|safe }}", "|safe", "x|unescape");
}

#[test]
fn jinja_markup() {
    found(Jinja, "{{ Markup(x) }}", "Markup", "x");
    found(
        Jinja,
        "{{ markupsafe.Markup('<b>' ~ x) }}",
        "Markup",
        "'<b>' ~ x",
    );
    silent(Jinja, "{{ Markup('<b>') }}");
    silent(Jinja, "{{ Markup('<b>{}</b>').format(x) }}");
    silent(Jinja, "{{ Markup(x|e) }}");
    silent(Jinja, "{{ Markup.escape(x) }}");
}

#[test]
fn jinja_statements() {
    found(Jinja, "{% set x = y|safe %}", "|safe", "y");
    found(Jinja, "{%- with x = y|safe -%}", "|safe", "y");
    found(Jinja, "{% call card(x|safe) %}", "|safe", "x");
    found(Jinja, "{% do xs.append(x|safe) %}", "|safe", "x");
    found(Jinja, "{% for x in xs|map('safe') %}", "|map('safe')", "xs");
    for text in [
        "{% set x = y|e %}",
        "{% set x = '<b>'|safe %}",
        "{% if x|safe %}{% elif y|safe %}{% endif %}",
        "{% for c in x|safe %}{% endfor %}",
        // What these blocks hold was escaped when it was made.
        "{% filter safe %}{{ x }}{% endfilter %}",
        "{% set x | safe %}{{ y }}{% endset %}",
    ] {
        silent(Jinja, text);
    }
}

#[test]
fn jinja_autoescape() {
    let text = "{% autoescape false %}{{ x }}{{ x|safe }}{% endautoescape %}{{ y|safe }}";
    assert_eq!(
        facts(text, Jinja),
        ["{% autoescape false %} => off", "{{ y|safe }} => |safe: y"]
    );
    let text =
        "{%- autoescape False -%}{% autoescape true %}{{ x|safe }}{% endautoescape %}{{ x|safe }}";
    assert_eq!(
        facts(text, Jinja),
        [
            "{%- autoescape False -%} => off",
            "{{ x|safe }} => |safe: x"
        ]
    );
    silent(Jinja, "{% autoescape true %}{{ x }}{% endautoescape %}");
    silent(Jinja, "{% autoescape escaping %}{{ x }}{% endautoescape %}");
}

#[test]
fn jinja_text_that_is_not_read() {
    let text = "{% raw %}{{ a|safe }}{% endraw %}{{ b|safe }}{#- {{ c|safe }} -#}{%- raw -%}{% autoescape false %}{%- endraw -%}";
    assert_eq!(facts(text, Jinja), ["{{ b|safe }} => |safe: b"]);
    // The engine does not know of HTML's comments.
    found_in("<!-- {{ x|safe }} -->", &["{{ x|safe }} => |safe: x"]);
}

fn found_in(text: &str, expected: &[&str]) {
    assert_eq!(facts(text, Jinja), expected);
}

#[test]
fn django_outputs() {
    found(Django, "{{ x|safe }}", "|safe", "x");
    found(Django, "{{ x.y.0 | safe }}", "|safe", "x.y.0");
    found(Django, "{{ x|default:y.z|safe }}", "|safe", "x|default:y.z");
    found(Django, "{{ x|linebreaks|safe }}", "|safe", "x|linebreaks");
    found(Django, "{{ x|safe|linebreaks }}", "|safe", "x");
    found(
        Django,
        "{{ x|truncatewords:\"5\"|safe }}",
        "|safe",
        "x|truncatewords:\"5\"",
    );
    found(Django, "{{ '<b>'|add:x|safe }}", "|safe", "'<b>'|add:x");
    found(Django, "{{ xs|safeseq|join:\", \" }}", "|safeseq", "xs");
    found(Django, "{% with a=x|safe b=\"c\" %}", "|safe", "x");
    found(Django, "{% firstof a \"b\" x|safe %}", "|safe", "x");
    found(
        Django,
        "{% include \"a.html\" with body=x|safe only %}",
        "|safe",
        "x",
    );
    found(Django, "{% blocktrans with x=y|safe %}", "|safe", "y");
    for text in [
        "{{ x }}",
        "{{ x|linebreaks }}",
        "{{ x|escape|safe }}",
        "{{ x|force_escape|safe }}",
        "{{ x|safe|force_escape }}",
        // A plain string again, which is escaped.
        "{{ x|safe|upper }}",
        "{{ x|json_script:\"id\" }}",
        "{{ x|json_script:\"id\"|safe }}",
        "{{ \"<b>\"|safe }}",
        "{{ _(\"<b>\")|safe }}",
        "{{ block.super|safe }}",
        "{% if x|safe %}{% endif %}",
        "{% blocktrans %}|safe {{ x }}{% endblocktrans %}",
        "{% trans \"<b>|safe\" %}",
        "{% verbatim %}{{ x|safe }}{% endverbatim %}",
        "{% verbatim a %}{{ x|safe }}{% endverbatim %}{{ x|safe }}{% endverbatim a %}",
        "{% comment \"why\" %}{{ x|safe }}{% endcomment %}",
        "{# {{ x|safe }} #}",
        // Tags do not span lines.
        "{{ x\n|safe }}",
        "{{ a | currency }}",
    ] {
        silent(Django, text);
    }
}

#[test]
fn django_autoescape() {
    let text = "{% autoescape off %}{{ x }}{% endautoescape %}{% autoescape on %}{{ x|safe }}{% endautoescape %}";
    assert_eq!(
        facts(text, Django),
        ["{% autoescape off %} => off", "{{ x|safe }} => |safe: x"]
    );
    silent(Django, "{% autoescape on %}{{ x }}{% endautoescape %}");
}

#[test]
fn mako_outputs() {
    found(Mako, "${x | n}", "|n", "x");
    found(Mako, "${ x|n,trim }", "|n", "x");
    found(
        Mako,
        "${f(a | b, {'}': 1})\n| n}",
        "|n",
        "f(a | b, {'}': 1})",
    );
    found(Mako, "${f'<b>{x}' | n}", "|n", "f'<b>{x}'");
    found(Mako, "${Markup(x)}", "Markup", "x");
    for text in [
        "${x}",
        "${x | h}",
        "${x | n,h}",
        "${x | h, n}",
        "${x | n, u}",
        "${x | n, js_escaped_string}",
        "${(a | n)}",
        "${'<b>' | n}",
        "${\"\"\"a|n}\"\"\" | n}",
        "${_('<b>') | n}",
        "${caller.body() | n}",
        "${markupsafe.escape(x) | n}",
        "${Markup('<b>{}').format(x)}",
        "## ${x | n}",
        "a\n  ## ${x | n}\n",
        "% if a == '${x | n}':\n% endif\n",
        "% for x in \\\n  ${x|n}:\n% endfor\n",
        "<% y = '${x | n}' %>",
        "<%! y = '${x | n}' %>",
        "<%text>${x | n}</%text>",
        "<%text filter=\"h\">${x | n}</%text>",
        "<%doc>${x | n}</%doc>",
        "<%page expression_filter=\"h\"/>${x}",
        "<%page expression_filter=\"n, h\"/>${x}",
        "<%page args=\"n\"/>${x}",
        "{{ x|safe }}",
    ] {
        silent(Mako, text);
    }
    assert_eq!(
        facts("%% ${x | n}\n<b>${y | n}</b>", Mako),
        ["${x | n} => |n: x", "${y | n} => |n: y"]
    );
    assert_eq!(
        facts(
            "<%page args=\"a\" expression_filter='n'/>\n${x}${y | n}",
            Mako
        ),
        ["<%page args=\"a\" expression_filter='n'/> => off"]
    );
}

/// Each comment as its lines and its text.
fn comments(text: &str, language: Language) -> Vec<((u32, u32), String)> {
    let comments = read_template(text, language).comments;
    comments
        .into_iter()
        .map(|comment| (comment.lines, comment.text))
        .collect()
}

#[test]
fn comments_and_their_lines() {
    let ours = "{# hognose: ignore[template-unescaped] #}".to_owned();
    assert_eq!(
        comments(&format!("\n{{{{ x|safe }}}} {ours}\n{{{{ y }}}}"), Jinja),
        [((2, 2), ours.clone())]
    );
    assert_eq!(
        comments(&format!("{ours}\n\n  {{{{ x|safe }}}}"), Jinja),
        [((3, 3), ours.clone())]
    );
    assert_eq!(
        comments(&format!("a\n {ours} \n"), Jinja),
        [((2, 2), ours.clone())]
    );
    // Several above one line.
    assert_eq!(
        comments(&format!("{ours}\r\n{ours}\r\n{{{{ x }}}}"), Django),
        [((3, 3), ours.clone()), ((3, 3), ours.clone())]
    );
    // The tag begins above.
    assert_eq!(
        comments(&format!("a\n{{{{ x\n|safe }}}} {ours}"), Jinja),
        [((2, 3), ours.clone())]
    );
    let trimmed = "{#- hognose: ignore[template-unescaped] -#} a";
    assert_eq!(comments(trimmed, Jinja), [((1, 1), ours.clone())]);
    assert_eq!(
        comments(
            "{% comment %}\n hognose: ignore[template-unescaped]\n{% endcomment %}\n\n{{ x }}",
            Django
        ),
        [((5, 5), ours)]
    );
    assert_eq!(
        comments("<!-- nosec --><b>\n<!-- none -->", Django),
        [((1, 1), "<!-- nosec -->".to_owned())]
    );
    assert_eq!(
        comments("<!-- {# NOQA #} --> {{ x }}", Jinja),
        [((1, 1), "<!-- {# NOQA #} -->".to_owned())]
    );
    assert_eq!(comments("<!-- a {# noqa #} --> {{ x }}", Jinja).len(), 1);
    assert_eq!(
        comments("  ## nosec: why\n${x | n}\n", Mako),
        [((2, 2), "## nosec: why".to_owned())]
    );
    assert_eq!(
        comments("<%doc>noqa</%doc>\n${x}", Mako),
        [((2, 2), "{# noqa #}".to_owned())]
    );
    assert_eq!(comments("{# a #}<!-- b -->", Jinja), []);
    assert_eq!(comments("{% raw %}{# nosec #}{% endraw %}", Jinja), []);
    let span = read_template("é {# nosec #}", Jinja).comments[0].span;
    assert_eq!(span, (3, 14));
}

#[track_caller]
fn broken(language: Language, text: &str, at: (u32, u32), message: &str, expected: &[&str]) {
    let read = read_template(text, language);
    assert_eq!(read.problems, [(at, message.to_owned())]);
    assert_eq!(facts(text, language), expected);
}

#[test]
fn what_is_malformed_is_one_problem() {
    let rest = ["{{ y|safe }} => |safe: y"];
    let variable = "`{{` is never closed";
    broken(
        Jinja,
        "a {{ x {{ y|safe }} {{ z{% x %}",
        (2, 4),
        variable,
        &rest,
    );
    broken(
        Jinja,
        "{{ it's }} {{ y|safe }}{% x %}",
        (0, 2),
        variable,
        &rest,
    );
    broken(
        Jinja,
        "{{ f(x }} {{ y|safe }}{% x %}",
        (0, 2),
        variable,
        &rest,
    );
    broken(
        Jinja,
        "{{ it's }} don't {{ y|safe }}{% x %}",
        (0, 2),
        variable,
        &rest,
    );
    broken(
        Jinja,
        "{% if x {{ y|safe }}{% x %}",
        (0, 2),
        "`{%` is never closed",
        &rest,
    );
    broken(
        Jinja,
        "{# {{ y|safe }}{% x %}",
        (0, 2),
        "`{#` is never closed",
        &rest,
    );
    broken(
        Jinja,
        "{% raw %}{{ y|safe }}",
        (0, 9),
        "`{% raw %}` is never closed",
        &rest,
    );
    let django = "`{%` is not closed on its line, so Django takes it for text";
    broken(
        Django,
        "{% if x\n%}{{ y|safe }}{% x %}",
        (0, 2),
        django,
        &rest,
    );
    broken(
        Mako,
        "${x ${y | n}",
        (0, 2),
        "`${` is never closed",
        &["${y | n} => |n: y"],
    );
    broken(
        Mako,
        "<%text>${y | n}",
        (0, 6),
        "`<%text` is never closed",
        &["${y | n} => |n: y"],
    );
    // Perhaps no template at all.
    silent(Jinja, "<code>format!(\"{{\")</code>");
}

#[test]
fn languages() {
    let check = |path: &str, text: &str, expected: Option<Language>| {
        assert_eq!(language_of(path, text), expected, "{path}: {text}");
    };
    check("a.mako", "", Some(Mako));
    check("a.HTML.J2", "", Some(Jinja));
    check("a.jinja2", "", Some(Jinja));
    check("nginx.conf.j2", "{{ x }}", None);
    check("script.py.mako", "${x}", None);
    check("app/templates/mail.txt", "{% autoescape off %}", None);
    check("a.html", "<p>plain { } {", None);
    check("a.html", "<%inherit file='b'/>${x}", Some(Mako));
    check("a.html", "<%@ page %><%= x %>", None);
    check("a.html", "{{ x|safe }}", Some(Jinja));
    check("a.html", "{% load i18n %}{{ x }}", Some(Django));
    check("app/jinja2/a.html", "{% load i18n %}", Some(Jinja));
    check("a.html", "{{ x|date:\"Y\" }}", Some(Django));
    check("a.html", "{% autoescape off %}", Some(Django));
    check("a.html", "{% autoescape false %}", Some(Jinja));
    check(
        "a.html",
        "{% load x %}{{ url_for('a') }}{% set a = 1 %}",
        Some(Jinja),
    );
    check("a.html", "{% if a\n and b %}{% endif %}", Some(Jinja));
    check("a.html", "{{#if a}}it's{{/if}}", None);
    check("a.html", "{{ .Title }}{{ end }}", None);
    check("a.html", "{{#if a}}{{/if}}{% csrf_token %}", Some(Django));
}

#[test]
fn garbage_takes_linear_time() {
    let (done, wait) = std::sync::mpsc::channel();
    let work = std::thread::spawn(move || {
        for piece in [
            "{{",
            "{%",
            "{#",
            "<!--",
            "${",
            "<%",
            "{{'",
            "{{\"{%'",
            "{{{",
            "{{(",
            "{% raw %}",
            "{% verbatim a",
            "<%page ",
            "<!-- nosec ",
            "{{\\\"",
            "{{ ' {{ \" ",
            "${'",
            "{{|safe",
            "${#",
            "<%text>",
            "{# nosec #}",
            "{{x\n",
            "\\\n%",
        ] {
            let text = piece.repeat(400_000 / piece.len());
            for language in [Jinja, Django, Mako] {
                read_template(&text, language);
            }
            language_of("a.html", &text);
        }
        let filters = format!("{{{{ x{} }}}}", "|safe".repeat(100_000));
        let calls = format!(
            "{{{{ {}x{} }}}}",
            "Markup(".repeat(100_000),
            ")".repeat(100_000)
        );
        let many = [filters, calls].map(|text| read_template(&text, Jinja).facts.len());
        done.send(many)
    });
    // A second is plenty; quadratic time would be minutes.
    let many = wait.recv_timeout(std::time::Duration::from_mins(1));
    assert_eq!(many, Ok([1, 1]));
    assert_eq!(work.join().map(|sent| sent.is_ok()).ok(), Some(true));
}

/// Text of what templates are made of, and anything else.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "{{", "}}", "{%", "%}", "{#", "#}", "${", "}", "<%", "%>", "</%text>", "<%text>", "<%page ", "<!--", "-->",
            "|", "safe", "n", "x", " ", "\n", "\r\n", "'", "\"", "\\", "(", ")", "[", "]", "{", ".", ":", "=", ",",
            "raw", "endraw", "verbatim", "endverbatim", "comment", "endcomment", "autoescape", "off", "set", "if",
            "else", "Markup(", "map('safe')", "nosec", "##", "%", "-", "é", "🐍", "expression_filter=", "1", "super()",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn anything_can_be_read(text in soup(), path in prop::sample::select(vec!["a.html", "a.mako", "a", ""])) {
        language_of(path, &text);
        for language in [Jinja, Django, Mako] {
            let read = read_template(&text, language);
            let facts = read.facts.iter().map(|fact| fact.span);
            let comments = read.comments.iter().map(|comment| comment.span);
            let problems = read.problems.iter().map(|(span, _)| *span);
            for (start, end) in facts.chain(comments).chain(problems) {
                prop_assert!(start < end);
                prop_assert!(text.get(start as usize..end as usize).is_some());
            }
            for comment in &read.comments {
                prop_assert!(1 <= comment.lines.0 && comment.lines.0 <= comment.lines.1);
            }
            prop_assert!(read.problems.len() <= 1);
        }
    }
}
