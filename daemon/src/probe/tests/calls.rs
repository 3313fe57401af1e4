//! Calls of tools.

use super::*;

#[tokio::test]
async fn a_tool_is_called_in_either_era_and_its_result_is_unchanged() {
    let server = FakeServer::start(modern).await;
    for era in [None, Some(Era::Modern)] {
        let asking = Question { era, ..question(&server.url()) };
        let result = call(&asking, "echo", r#"{"message":"hi"}"#).await.unwrap();
        let result: Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result["seen"]["arguments"]["message"], "hi");
        assert_eq!(result["extra"], 1);
    }
    assert_eq!(server.methods(), ["server/discover", "tools/call", "tools/call"]);
    assert_eq!(server.asked()[1].header("mcp-name"), "echo");

    let server = FakeServer::start(legacy).await;
    let asking = Question { era: Some(Era::Legacy), ..question(&server.url()) };
    let result = call(&asking, "echo", "{}").await.unwrap();
    assert!(result.contains("\"hi\""), "{result}");
    assert_eq!(server.methods(), ["initialize", "notifications/initialized", "tools/call", "DELETE"]);
}

#[tokio::test]
async fn arguments_a_tool_wants_as_headers_are_repeated_there() {
    let wants = |asked: &Asked| match asked.method() {
        "tools/list" => {
            let schema = json!({"properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
            asked.result(json!({"tools": [{"name": "deploy", "inputSchema": schema}]}))
        }
        "tools/call" if asked.header("mcp-param-region") != "eu" => asked.error(400, -32_020, Value::Null),
        _ => modern(asked),
    };
    let server = FakeServer::start(wants).await;
    let asking = Question { era: Some(Era::Modern), ..question(&server.url()) };
    call(&asking, "deploy", r#"{"region":"eu"}"#).await.unwrap();
    assert_eq!(server.methods(), ["tools/call", "tools/list", "tools/call"]);
}

#[tokio::test]
async fn a_failed_call_says_whether_it_may_have_run() {
    let answers = |status: u16, code: i64| move |asked: &Asked| asked.error(status, code, Value::Null);
    let ask = async |server: &FakeServer| {
        let asking = Question { era: Some(Era::Modern), timeout: SHORT, ..question(&server.url()) };
        call(&asking, "echo", "{}").await.unwrap_err()
    };
    let unknown_tool = ask(&FakeServer::start(answers(200, -32_602)).await).await;
    assert!(matches!(unknown_tool, ToolCallError::Refused { code: -32_602, .. }), "{unknown_tool:?}");
    let internal = ask(&FakeServer::start(answers(500, -32_603)).await).await;
    assert!(matches!(&internal, ToolCallError::Failed(said) if said.contains("-32603")), "{internal:?}");
    let locked = ask(&FakeServer::start(|_| reply(401, "text/plain", "")).await).await;
    assert!(matches!(locked, ToolCallError::NeedsCredentials(_)), "{locked:?}");
    let redirected = ask(&FakeServer::start(|_| reply(307, "text/plain", "")).await).await;
    assert!(matches!(redirected, ToolCallError::Failed(_)), "{redirected:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let asking = Question { era: Some(Era::Modern), timeout: SHORT, ..question(&url) };
    drop(listener);
    let gone = call(&asking, "echo", "{}").await.unwrap_err();
    assert!(matches!(gone, ToolCallError::Unreachable(_)), "{gone:?}");
    let asking = Question { rules: vec![EndpointRule::Host("elsewhere".to_owned())], ..asking };
    let elsewhere = call(&asking, "echo", "{}").await.unwrap_err();
    assert!(matches!(elsewhere, ToolCallError::NotAllowed(_)), "{elsewhere:?}");
}

/// The usual slow tool: its server begins a stream of events at once, and says nothing in it.
#[tokio::test]
async fn a_tool_that_takes_too_long_is_left_and_its_turn_is_free() {
    let calls = CallOptions { timeout: SHORT, max_concurrent: 1, max_answer: 64 << 10 };
    let ladder = ladder_for(calls);
    let silent = |asked: &Asked| match asked.method() {
        "tools/call" => {
            let quiet = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
            let stream = Response::builder().header("content-type", "text/event-stream");
            stream.body(Body::from_stream(quiet)).unwrap()
        }
        _ => modern(asked),
    };
    let server = FakeServer::start(silent).await;
    let (asking, secrets) = (question(&server.url()), Secrets::default());
    let tool = ToolCall { tool: "echo", arguments: "{}", secrets: &secrets };
    let (first, second) = tokio::join!(ladder.call(&asking, tool), ladder.call(&asking, tool));
    assert_eq!((first, second), (Err(ToolCallError::TimedOut(SHORT)), Err(ToolCallError::Busy)));
    // So is that of a caller who went away.
    assert!(tokio::time::timeout(SHORT / 3, ladder.call(&asking, tool)).await.is_err());
    assert_eq!(ladder.call(&asking, tool).await, Err(ToolCallError::TimedOut(SHORT)));
    assert_eq!(
        server.methods().iter().filter(|method| *method == "tools/call").count(),
        3,
        "nothing is repeated"
    );
}

#[tokio::test]
async fn no_answer_to_a_call_holds_a_secret() {
    let result = |asked: &Asked| match asked.method() {
        "tools/call" => asked.result(json!({"content": [{"type": "text", "text": format!("<{SECRET}>")}]})),
        _ => modern(asked),
    };
    let told = call(&question(&FakeServer::start(result).await.url()), "echo", "{}").await.unwrap();
    assert_eq!(told, r#"{"content":[{"text":"<[secret]>","type":"text"}]}"#);
    let refused = |asked: &Asked| match asked.method() {
        "tools/call" => {
            let error = json!({"jsonrpc": "2.0", "id": asked.message["id"],
                "error": {"code": -32_602, "message": format!("{SECRET} {}", "x".repeat(5_000))}});
            reply(200, "application/json", error.to_string())
        }
        _ => modern(asked),
    };
    let told = call(&question(&FakeServer::start(refused).await.url()), "echo", "{}").await.unwrap_err();
    let ToolCallError::Refused { message, .. } = told else { panic!("{told:?}") };
    assert!(message.starts_with("[secret] x") && message.len() == 1_000, "{message}");
    // Wherever a long text is cut for people, half a secret may stand at its end.
    let unwelcome = |asked: &Asked| {
        let message = format!("{}{SECRET}", "x".repeat(200 - SECRET.len() / 2));
        let error = json!({"jsonrpc": "2.0", "id": asked.message["id"],
            "error": {"code": -32_000, "message": message}});
        reply(200, "application/json", error.to_string())
    };
    let told = call(&question(&FakeServer::start(unwelcome).await.url()), "echo", "{}").await.unwrap_err();
    assert!(!told.to_string().contains(&SECRET[..SECRET.len() / 2]), "{told}");
}
