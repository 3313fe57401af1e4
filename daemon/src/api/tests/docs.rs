//! The pages under /docs.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::json;

use super::Wharf;
use crate::api::pages;
use crate::api::problem::{Code, Entry};

/// Every page there is.
fn paths() -> Vec<String> {
    let pages = ["/docs", "/docs/problems", "/docs/errors", "/docs/metrics"].map(str::to_owned);
    let problems = Code::ALL.iter().map(|code| format!("/docs/problems/{}", code.entry().code));
    pages.into_iter().chain(problems).collect()
}

/// What `attribute` says all over the page.
fn values(page: &str, attribute: &str) -> Vec<String> {
    let pattern = Regex::new(&format!(r#"\s{attribute}="([^"]*)""#)).unwrap();
    pattern.captures_iter(page).map(|found| found[1].to_owned()).collect()
}

#[tokio::test]
async fn every_problem_code_has_a_page_with_something_to_say() {
    let wharf = Wharf::new();
    let index = wharf.get("/docs/problems").await.text;
    for code in Code::ALL {
        let (Entry { code: name, title, remedy, .. }, guide) = (code.entry(), code.guide());
        for text in [guide.meaning, guide.operator, remedy] {
            assert!(text.len() >= 10 && text.ends_with('.'), "write a sentence in problem/guide.rs: {name}");
        }
        assert!(guide.meaning.len() >= 80, "say in problem/guide.rs what it means and when it comes: {name}");
        let page = wharf.get(&format!("/docs/problems/{name}")).await;
        let title = maud::html! { h1 { (title) } }.into_string();
        assert!(page.status == 200 && page.text.contains(&title), "{name}");
        assert!(index.contains(&format!("href=\"/docs/problems/{name}\"")), "{name}");
    }
}

#[tokio::test]
async fn a_code_that_is_none_has_no_page() {
    let wharf = Wharf::new();
    for name in ["none", "NAME_TAKEN", "%3Cscript%3E", "%ff"] {
        let answer = wharf.get(&format!("/docs/problems/{name}")).await;
        assert_eq!(answer.code(), (404, "not_found"), "{name}");
    }
    assert_eq!(wharf.get("/docs?x=1").await.code(), (400, "invalid_query"));
}

#[tokio::test]
async fn pages_run_nothing_load_nothing_and_lead_nowhere_else() {
    let wharf = Wharf::new();
    for path in paths() {
        let page = wharf.get(&path).await;
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        for forbidden in ["<script", "<style", " style=", " src=", " onclick", "javascript:"] {
            assert!(!page.text.contains(forbidden), "{path} has {forbidden}");
        }
        let ids: BTreeSet<String> = values(&page.text, "id").into_iter().collect();
        for target in values(&page.text, "href") {
            match target.strip_prefix('#') {
                Some(id) => assert!(ids.contains(id), "{path} has no {target}"),
                // The console, which is no page of these.
                None if target == "/" => {}
                None => assert_eq!(wharf.get(&target).await.status, 200, "{path} leads to {target}"),
            }
        }
    }
    assert_eq!(wharf.get("/docs/style.css").await.header("content-type"), "text/css; charset=utf-8");
}

#[tokio::test]
async fn the_page_has_every_operation_and_every_type_of_the_document() {
    let wharf = Wharf::new();
    let page = wharf.get("/docs").await.text;
    let ids: BTreeSet<String> = values(&page, "id").into_iter().collect();
    let paths = wharf.document["paths"].as_object().unwrap();
    for operation in paths.values().flat_map(|item| item.as_object().unwrap().values()) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.contains(id), "{id} is on no page: its tag must be one of openapi.rs");
    }
    for name in wharf.document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(ids.contains(&format!("type-{name}")), "{name}");
    }
}

#[tokio::test]
async fn the_page_has_every_metric() {
    let wharf = Wharf::new();
    let page = wharf.get("/docs/metrics").await.text;
    for entry in wharf.metrics.entries() {
        assert!(page.contains(&format!("<code>{}</code>", entry.name)), "{}", entry.name);
    }
}

#[test]
fn whatever_is_on_a_page_is_text() {
    let evil = "<script>alert(1)</script>\"'&`<img src=x>`";
    let document = json!({
        "info": {"description": evil},
        "tags": [{"name": evil, "description": evil}],
        "paths": {evil: {"get": {
            "operationId": evil, "tags": [evil], "summary": evil, "description": evil,
            "parameters": [{"name": evil, "in": evil, "description": evil, "schema": {"type": evil}}],
            "requestBody": {"content": {evil: {"schema": {"$ref": evil}}}},
            "responses": {
                evil: {"description": evil, "content": {evil: {"schema": {"enum": [evil]}}},
                    "headers": {evil: {"description": evil}}},
                "400": {"description": evil, "content": {"application/problem+json": {}}},
            },
        }}},
        "components": {"schemas": {evil: {"description": evil, "properties": {evil: {"pattern": evil}}}}},
    });
    let page = pages::operations(&document).text();
    assert!(page.contains("&lt;script&gt;alert(1)"));
    for escaped in ["<script", "<img", "\"'"] {
        assert!(!page.contains(escaped), "{escaped}");
    }
}
