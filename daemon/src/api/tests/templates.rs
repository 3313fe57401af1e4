//! GET /mcp/templates and one of them.

use serde_json::json;

use super::Wharf;

#[tokio::test]
async fn templates_come_with_their_inputs_source_and_age() {
    let wharf = Wharf::new();
    let answer = wharf.get("/mcp/templates").await;
    let templates = answer.json["templates"].as_array().unwrap();
    let names: Vec<_> = templates.iter().map(|template| template["name"].as_str().unwrap()).collect();
    assert_eq!((answer.status, names), (200, vec!["keyed", "plain"]));
    let keyed = &templates[0];
    assert_eq!(keyed["source"], json!({"kind": "file", "file": "keyed.toml"}));
    assert!(keyed["observed_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(keyed["health"]["interval"], "10s");
    assert_eq!(
        keyed["inputs"],
        json!([{
            "name": "API_KEY", "description": "", "required": true, "secret": true,
            "default": null, "choices": [], "format": null, "pattern": null,
        }])
    );
    assert_eq!(&wharf.get("/mcp/templates/keyed").await.json, keyed);
    let icons = (&keyed["icon"], &templates[1]["icon"]);
    assert_eq!(icons, (&json!(null), &json!("data:image/png;base64,iVBORw0KGgo=")));
}

#[tokio::test]
async fn a_template_that_is_not_there_is_404() {
    let wharf = Wharf::new();
    for name in ["none", "No!", "%ff"] {
        let answer = wharf.get(&format!("/mcp/templates/{name}")).await;
        assert_eq!(answer.code(), (404, "template_not_found"), "{name}");
    }
    for path in ["/mcp/templates?x=1", "/mcp/templates/plain?x=1"] {
        assert_eq!(wharf.get(path).await.code(), (400, "invalid_query"), "{path}");
    }
}
