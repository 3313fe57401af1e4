//! Templates, which one of the dialects has.

use serde_json::json;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, get};

use super::plugin;

#[test]
fn templates_are_listed_in_the_templates_dialect() {
    testing::script([get("/templates").answers_json(
        200,
        &json!({ "templates": [
            { "name": "nginx", "description": "web", "image": "nginx:alpine", "port": 80,
              "environment": { "NGINX_PORT": "80" }, "labels": { "app": "nginx" }, "command": ["nginx"],
              "memory_limit": "256m", "cpu_limit": "0.5", "volumes": [{ "source": "/a" }] },
            { "name": "empty" },
            { "name": "Bad Name", "image": "x", "port": 1 },
            { "name": "alpha", "image": "x", "port": 1 }
        ], "total": 4 }),
    )]);
    let page = plugin("auto").templates(TemplatesQuery::default()).unwrap();
    let names: Vec<&str> = page.templates.iter().map(|template| template.name.as_str()).collect();
    assert_eq!(names, ["alpha", "nginx"], "what no instance can be made from is left out");
    let nginx = &page.templates[1];
    assert_eq!((nginx.image.as_deref(), nginx.port, nginx.path.as_str()), (Some("nginx:alpine"), 80, "/mcp"));
    assert_eq!(
        nginx.resources,
        Pairs::from([("memory".into(), "256m".into()), ("cpu".into(), "0.5".into())])
    );
    assert_eq!(testing::log_lines().len(), 2);
}

#[test]
fn the_image_dialect_has_no_templates() {
    testing::script([]);
    assert!(plugin("image").templates(TemplatesQuery::default()).unwrap().templates.is_empty());
    testing::script([get("/templates").answers(404, "404 page not found")]);
    assert!(plugin("auto").templates(TemplatesQuery::default()).unwrap().templates.is_empty());
    testing::script([get("/templates").answers(404, "404 page not found")]);
    let failure = plugin("templates").templates(TemplatesQuery::default()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}
