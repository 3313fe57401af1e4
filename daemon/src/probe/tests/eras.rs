//! Who answers: a server of either era, or something else.

use super::*;

#[tokio::test]
async fn a_modern_server_is_discovered_and_its_tools_are_listed() {
    let server = FakeServer::start(modern).await;
    let answer = probe(&server.url()).await;
    let expected = [
        "PortOpen:True:Connected",
        "HttpAnswers:True:Answered",
        "Handshake:True:Discovered",
        "ToolsListed:True:Listed",
        "Authenticated:True:NotAsked",
    ];
    assert_eq!(rungs(&answer), expected);
    assert!(answer.is_healthy());
    assert_eq!((answer.era, names(&answer)), (Some(Era::Modern), vec!["echo", "add"]));
    assert_eq!(answer.rungs[2].message, "new 1 speaks MCP 2026-07-28");
    assert!(answer.rungs[..4].iter().all(|rung| rung.latency.is_some()));
    assert_eq!(server.methods(), ["server/discover", "tools/list"]);
    let meta = &server.asked()[1].message["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());
}

#[tokio::test]
async fn a_legacy_session_is_opened_and_closed_again() {
    let server = FakeServer::start(legacy).await;
    let answer = probe(&server.url()).await;
    assert_eq!(rungs(&answer)[2], "Handshake:True:Initialized");
    assert_eq!(answer.rungs[2].message, "old 2 speaks MCP 2025-06-18");
    assert!(answer.is_healthy());
    assert_eq!((answer.era, names(&answer)), (Some(Era::Legacy), vec!["echo", "add"]));
    let legacy_only = ["initialize", "notifications/initialized", "tools/list", "tools/list", "DELETE"];
    assert_eq!(server.methods()[0], "server/discover");
    assert_eq!(server.methods()[1..], legacy_only);

    // Who is known is asked in its own way at once.
    let again = Question { era: answer.era, ..question(&server.url()) };
    assert!(ladder().probe(&again).await.is_healthy());
    assert_eq!(server.methods()[6..], legacy_only);
}

#[tokio::test]
async fn another_server_at_the_same_place_is_found_out() {
    let server = FakeServer::start(modern).await;
    let remembered = Question { era: Some(Era::Legacy), ..question(&server.url()) };
    let answer = ladder().probe(&remembered).await;
    assert_eq!(answer.era, Some(Era::Modern));
    assert!(answer.is_healthy());
}

#[tokio::test]
async fn a_server_of_other_versions_only_is_told_so() {
    let future = |asked: &Asked| match asked.method() {
        "server/discover" => asked.error(400, -32_022, json!({"supported": ["2031-01-01"]})),
        _ => asked.error(404, -32_601, Value::Null),
    };
    let server = FakeServer::start(future).await;
    let answer = probe(&server.url()).await;
    assert_eq!(failed(&answer).0, Handshake);
    let old = |asked: &Asked| match asked.method() {
        "initialize" => asked.result(json!({"protocolVersion": "1999-01-01", "capabilities": {}})),
        _ => asked.error(400, -32_601, Value::Null),
    };
    let server = FakeServer::start(old).await;
    let answer = probe(&server.url()).await;
    assert_eq!(failed(&answer).1, "NoCommonVersion");
    assert!(failed(&answer).2.contains("speaks MCP 1999-01-01, and the daemon 2026-07-28"));
}

#[tokio::test]
async fn wanting_credentials_is_no_illness() {
    for status in [401, 403] {
        let server = FakeServer::start(move |_| reply(status, "text/plain", "who?")).await;
        let answer = probe(&server.url()).await;
        let expected = [
            "PortOpen:True:Connected",
            "HttpAnswers:True:Answered",
            "Authenticated:False:NeedsAuthentication",
        ];
        assert_eq!(rungs(&answer), expected);
        assert!(answer.is_healthy());
    }
    let tools_only = |asked: &Asked| match asked.method() {
        "tools/list" => reply(401, "text/plain", ""),
        _ => modern(asked),
    };
    let answer = probe(&FakeServer::start(tools_only).await.url()).await;
    assert_eq!(rungs(&answer)[2..], ["Handshake:True:Discovered", "Authenticated:False:NeedsAuthentication"]);
    assert!(answer.is_healthy());
}

#[tokio::test]
async fn what_is_not_mcp_is_told_from_what_is() {
    let html = FakeServer::start(|_| reply(200, "text/html; charset=utf-8", "<h1>hi</h1>")).await;
    let answer = probe(&html.url()).await;
    let message =
        "HTTP 200 at /mcp: it answers with text/html, not with an MCP message; is this the MCP endpoint?";
    assert_eq!(failed(&answer), (Handshake, "NotMcp", message));

    let json = FakeServer::start(|_| reply(200, "application/json", r#"{"status":"ok"}"#)).await;
    assert_eq!(failed(&probe(&json.url()).await).1, "NotMcp");
    let empty = FakeServer::start(|_| reply(200, "application/json", "")).await;
    assert!(failed(&probe(&empty.url()).await).2.contains("answers with nothing"));
    let error = FakeServer::start(|asked| asked.error(500, -32_603, Value::Null)).await;
    assert_eq!(failed(&probe(&error.url()).await), (Handshake, "McpError", "error -32603: no"));
}

#[tokio::test]
async fn a_legacy_server_that_ignores_unknown_methods_is_found() {
    let server = FakeServer::start(|asked: &Asked| -> Response<Body> {
        if asked.method() == "server/discover" {
            let never = futures_util::stream::pending::<Result<&str, std::io::Error>>();
            return reply(200, "text/event-stream", Body::from_stream(never));
        }
        legacy(asked)
    })
    .await;
    let answer = ladder().probe(&Question { timeout: SHORT, ..question(&server.url()) }).await;
    assert_eq!(answer.era, Some(Era::Legacy));
    assert!(answer.is_healthy());
}
