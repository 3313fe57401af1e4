use std::path::Path;
use std::time::Duration;

use super::*;

fn document(text: &str) -> Document {
    Document::parse(Path::new("x.toml"), text).unwrap()
}

fn lines(result: Result<(), Complaints>) -> Vec<String> {
    result.unwrap_err().to_string().lines().map(str::to_owned).collect()
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn every_complaint_is_told_with_line_and_key() {
    let text = "
[server]
lisetn = 'a'
drain = 30
body = '1MB'
[names.one]
kind = 'c'
[names.two]
[[hooks]]
name = 'a'
[[hooks]]
list = [1, 'x', true]
";
    let result = document(text).read(|root| {
        root.table("server", |server| {
            server.optional("listen", text_kind());
            server.or("drain", duration(Duration::ZERO..=MINUTE), MINUTE);
            server.or("body", size::<u64>(0..=10), 1);
        });
        root.tables("names", |_, table| table.required("kind", choice(&[("a", 1), ("b", 2)])));
        root.array("hooks", |hook| {
            hook.required("name", text_kind());
            hook.list("list", text_kind())
        });
        Some(())
    });
    assert_eq!(
        lines(result),
        [
            "x.toml:3: server.lisetn: unknown key; did you mean \"listen\"?",
            "x.toml:4: server.drain: \"30\" is not a duration: write a whole number and a unit, such as 500ms, 30s, 5m or 24h",
            "x.toml:5: server.body: \"1MB\" is not a size: write a whole number and a unit, such as 512B, 256KiB, 64MiB or 1GiB",
            "x.toml:7: names.one.kind: \"c\" is not allowed: one of \"a\", \"b\"",
            "x.toml:8: names.two.kind: is required and missing",
            "x.toml:11: hooks[1].name: is required and missing",
            "x.toml:12: hooks[1].list[0]: is a number; a text in quotes is wanted",
            "x.toml:12: hooks[1].list[2]: is true or false; a text in quotes is wanted",
        ]
    );
}

fn text_kind() -> impl Fn(&Value) -> Result<String, String> {
    text()
}

#[test]
fn a_syntax_error_has_line_and_column() {
    let complaint = Document::parse(Path::new("x.toml"), "a = 1\nb = [1,\n= 3\n").unwrap_err();
    let text = complaint.to_string();
    assert!(text.starts_with("x.toml:3: not TOML: "), "{text}");
    assert!(text.contains("line 3, column 1"), "{text}");
}

#[test]
fn a_table_that_is_something_else_is_told_once() {
    let result = document("server = 1").read(|root| {
        root.table("server", |server| server.required("listen", text()))?;
        Some(())
    });
    assert_eq!(lines(result), ["x.toml:1: server: is a number; a table is wanted"]);
}

#[test]
fn an_override_finds_names_with_dashes_and_elements_by_name() {
    let mut document = document("[p.go-mcp]\nx = 1\n[[hooks]]\nname = 'na-me'\nmode = 'off'");
    let place = |name: &str| Place::Environment(name.to_owned());
    document.set(&["P", "GO_MCP", "X"], Document::parse_override("2", place("A"))).unwrap();
    document.set(&["HOOKS", "NA_ME", "MODE"], Document::parse_override("audit", place("B"))).unwrap();
    document.set(&["S", "T"], Document::parse_override("127.0.0.1:1", place("C"))).unwrap();
    let read = document.read(|root| {
        let x = root.tables("p", |name, table| Some((name.to_owned(), table.required("x", count(0..=9))?)));
        let hooks = root.array("hooks", |hook| {
            hook.required("name", text())?;
            hook.required("mode", text())
        });
        Some((x, hooks, root.table("s", |s| s.optional("t", text()))))
    });
    let expected = (vec![("go-mcp".to_owned(), 2)], vec!["audit".to_owned()], Some("127.0.0.1:1".to_owned()));
    assert_eq!(read, Ok(expected));

    let error =
        document.set(&["p", "go-mcp", "x", "y"], Document::parse_override("2", place("A"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "environment variable A: p.go-mcp.x.y: p.go-mcp.x is a number, not a table"
    );
}

#[test]
fn a_bad_pattern_is_told_in_one_line() {
    let message = regex()(&Value::Text("(a".to_owned())).unwrap_err();
    assert_eq!(message, "\"(a\" is not a regular expression: unclosed group");
}
