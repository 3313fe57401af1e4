//! GET /mcp/instances.

use serde_json::{Value, json};

use super::Wharf;

fn names(page: &Value) -> Vec<&str> {
    page["instances"].as_array().unwrap().iter().map(|instance| instance["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_in_creation_order() {
    let wharf = Wharf::new();
    for name in ["c", "a", "b"] {
        wharf.create(name).await;
    }
    let first = wharf.get("/mcp/instances?limit=2").await.json;
    assert_eq!(names(&first), ["c", "a"]);
    assert_eq!(first["revision"], 3);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{cursor}");
    let second = wharf.get(&format!("/mcp/instances?limit=2&cursor={cursor}")).await.json;
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["b"], &json!(null)));
}

#[tokio::test]
async fn filters_narrow_the_list_together() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    wharf.create("weaving").await;
    let body = json!({"name": "other", "template": "plain", "labels": {"team": "a=b", "kind": "x"}});
    wharf.post("/mcp/instances", &body).await;
    for (query, expected) in [
        ("status=running", vec!["weather"]),
        ("q=wea", vec!["weather", "weaving"]),
        ("q=wea&status=requested", vec!["weaving"]),
        ("template=plain&provisioner=local", vec!["weather", "weaving", "other"]),
        ("template=keyed", vec![]),
        ("label=kind=example", vec!["weather", "weaving"]),
        ("label=team=a%3Db&label=kind=x", vec!["other"]),
        ("label=team=a%3Db&label=kind=y", vec![]),
    ] {
        let answer = wharf.get(&format!("/mcp/instances?{query}")).await;
        assert_eq!((answer.status, names(&answer.json)), (200, expected), "{query}");
    }
}

#[tokio::test]
async fn a_filter_that_cannot_be_meant_is_refused() {
    let wharf = Wharf::new();
    for (query, expected) in [
        ("limit=0", ("limit", "invalid_parameter")),
        ("limit=501", ("limit", "invalid_parameter")),
        ("limit=x", ("limit", "invalid_parameter")),
        ("cursor=x", ("cursor", "invalid_parameter")),
        ("cursor=a01990000-0000-7000-8000-0000000000ff", ("cursor", "invalid_parameter")),
        ("status=gone", ("status", "invalid_parameter")),
        ("label=team", ("label", "invalid_parameter")),
        ("label==x", ("label", "invalid_parameter")),
        ("label=a=1&label=a=2", ("label", "invalid_parameter")),
        ("q=a&q=b", ("q", "duplicate_parameter")),
        ("stauts=running", ("stauts", "unknown_parameter")),
    ] {
        let answer = wharf.get(&format!("/mcp/instances?{query}")).await;
        assert_eq!(answer.code(), (400, "invalid_query"), "{query}");
        assert_eq!(answer.errors(), [expected], "{query}");
    }
}
