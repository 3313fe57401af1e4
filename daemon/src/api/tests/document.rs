//! The OpenAPI document against the routes.

use axum::body::Body;

use super::{Wharf, request};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The reviewed document, from which the console's types are made.
const REVIEWED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../console/openapi.json");

/// A difference is a change of the promise: look at it (`git diff console/openapi.json`) after it was
/// accepted with `INSTA_UPDATE=always`, as a snapshot is.
#[tokio::test]
async fn the_document_is_the_reviewed_one() {
    let wharf = Wharf::new();
    let answer = wharf.get("/openapi.json").await;
    assert_eq!(answer.json, wharf.document);
    assert_eq!(answer.json["openapi"], "3.1.0");
    assert_eq!(answer.json["info"]["version"], env!("CARGO_PKG_VERSION"));
    let document = format!("{}\n", answer.text);
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(REVIEWED, &document).unwrap();
    }
    let reviewed = std::fs::read_to_string(REVIEWED).unwrap_or_default();
    let differs = reviewed.lines().zip(document.lines()).position(|(then, now)| then != now);
    let line = differs.unwrap_or(reviewed.lines().count().min(document.lines().count())) + 1;
    assert!(
        reviewed == document,
        "the API is not what console/openapi.json says, from line {line} on: accept it with INSTA_UPDATE=always"
    );
}

/// Routes are added by `routes!` alone, so that none is without a path in the document; that its
/// methods are those of the route is asked for here.
#[tokio::test]
async fn every_route_is_documented_with_exactly_its_methods() {
    let wharf = Wharf::new();
    let paths = wharf.document["paths"].as_object().unwrap();
    for (pattern, item) in paths {
        let path = pattern.replace("{id}", "none").replace("{name}", "none").replace("{code}", "busy");
        let path = path.replace("{tool}", "none");
        let documented: Vec<&str> =
            METHODS.into_iter().filter(|method| item.get(*method).is_some()).collect();
        assert!(!documented.is_empty(), "{pattern}");
        // A stream would not end.
        let path = if path == "/mcp/events" { format!("{path}?since=never") } else { path };
        for method in METHODS {
            let request = request(&method.to_uppercase(), &path).body(Body::empty()).unwrap();
            let answer = wharf.call(request).await;
            let (_, code) = answer.code();
            assert_ne!(code, "not_found", "{method} {pattern}");
            assert_eq!(code == "method_not_allowed", !documented.contains(&method), "{method} {pattern}");
            if code == "method_not_allowed" {
                let allowed = answer.header("allow").to_lowercase();
                let mut allowed: Vec<&str> = allowed.split(',').filter(|method| *method != "head").collect();
                allowed.sort_by_key(|method| METHODS.iter().position(|known| known == method));
                assert_eq!(allowed, documented, "{pattern}");
            }
        }
    }
    let promised = [
        "/docs",
        "/docs/errors",
        "/docs/metrics",
        "/docs/problems",
        "/docs/problems/{code}",
        "/docs/style.css",
        "/livez",
        "/mcp/bulk",
        "/mcp/bulk/{id}",
        "/mcp/events",
        "/mcp/hooks/{name}/rehearse",
        "/mcp/instances",
        "/mcp/instances/{id}",
        "/mcp/instances/{id}/events",
        "/mcp/instances/{id}/logs",
        "/mcp/instances/{id}/restart",
        "/mcp/instances/{id}/retry",
        "/mcp/instances/{id}/tools",
        "/mcp/instances/{id}/tools/{tool}",
        "/mcp/orphans",
        "/mcp/orphans/{workload}/adopt",
        "/mcp/orphans/{workload}/purge",
        "/mcp/plugins",
        "/mcp/plugins/reload",
        "/mcp/plugins/{name}/rollback",
        "/mcp/provisioners",
        "/mcp/templates",
        "/mcp/templates/{name}",
        "/metrics",
        "/openapi.json",
        "/readyz",
    ];
    assert_eq!(paths.keys().map(String::as_str).collect::<Vec<_>>(), promised);
}

/// Every schema that is referred to is there.
#[tokio::test]
async fn no_reference_leads_nowhere() {
    let wharf = Wharf::new();
    let text = wharf.document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(wharf.document.pointer(pointer).is_some(), "{pointer}");
    }
}
