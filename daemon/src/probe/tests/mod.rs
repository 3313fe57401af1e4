//! The ladder against small real servers on loopback, well-behaved and not.

mod fake_server;

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{CallOptions, Ladder, Options};
use crate::domain::ConditionKind::{Authenticated, Handshake, HttpAnswers, PortOpen, ToolsListed};
use crate::domain::{ConditionKind, EndpointRule, Secret, Secrets};
use crate::extension::{Answer, Era, Prober as _, Question, ToolCall, ToolCallError, ToolCaller as _};
use fake_server::{Asked, FakeServer, legacy, modern, reply, tools};

const SHORT: Duration = Duration::from_millis(300);
const SECRET: &str = "hunter2-of-the-harbour";

fn ladder() -> Ladder {
    let calls = CallOptions { timeout: Duration::from_secs(5), max_concurrent: 2, max_answer: 64 << 10 };
    ladder_for(calls)
}

fn ladder_for(calls: CallOptions) -> Ladder {
    Ladder::new(Options { max_concurrent: 2, max_answer: 64 << 10, max_tools: 3, calls })
}

fn question(url: &str) -> Question {
    let timeout = Duration::from_secs(5);
    Question { url: url.to_owned(), era: None, timeout, rules: Vec::new(), expect_tools: Vec::new() }
}

/// A call by somebody who keeps one secret.
async fn call(question: &Question, tool: &str, arguments: &str) -> Result<String, ToolCallError> {
    let secrets = Secrets([("KEY".to_owned(), Secret::new(SECRET.to_owned()))].into());
    ladder().call(question, ToolCall { tool, arguments, secrets: &secrets }).await
}

async fn probe(url: &str) -> Answer {
    ladder().probe(&question(url)).await
}

/// Each rung as `kind:status:reason`.
fn rungs(answer: &Answer) -> Vec<String> {
    let one = |rung: &crate::extension::Rung| {
        format!("{}:{}:{}", rung.kind.as_str(), rung.status.as_str(), rung.reason)
    };
    answer.rungs.iter().map(one).collect()
}

/// The rung that failed, and what it says.
fn failed(answer: &Answer) -> (ConditionKind, &str, &str) {
    let rung = answer.failed().expect("a rung fails");
    assert_eq!(answer.rungs.last().unwrap().kind, rung.kind, "nothing stands above a failed rung");
    (rung.kind, &rung.reason, &rung.message)
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.tools.as_ref().unwrap().iter().map(|tool| tool.name.as_str()).collect()
}

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
async fn a_wrong_path_answers_http_and_says_what_to_look_at() {
    let server = FakeServer::start(|_| reply(404, "text/plain", "404 page not found")).await;
    let answer = probe(&server.url()).await;
    assert_eq!(rungs(&answer)[1], "HttpAnswers:True:Answered");
    assert_eq!(failed(&answer), (Handshake, "NotMcp", "HTTP 404 at /mcp: is the template's `path` right?"));
    assert!(!answer.is_healthy());
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
async fn a_proxy_without_its_server_does_not_count_as_an_answer() {
    for status in [502, 503, 504] {
        let server = FakeServer::start(move |_| reply(status, "text/plain", "Bad Gateway")).await;
        let answer = probe(&server.url()).await;
        assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "BadGateway"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let goal = FakeServer::start(modern).await;
    let to = goal.url();
    let server = FakeServer::start(move |_| {
        let mut response = reply(307, "text/plain", "");
        response.headers_mut().insert("location", to.parse().unwrap());
        response
    })
    .await;
    let answer = probe(&server.url()).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (Handshake, "Redirected"));
    assert!(
        failed(&answer).2.contains("HTTP 307 at /mcp: it redirects to http://127.0.0.1:"),
        "{}",
        failed(&answer).2
    );
    assert_eq!(goal.methods(), Vec::<String>::new());
}

#[tokio::test]
async fn a_giant_answer_is_not_read() {
    let endless = |kind: &'static str, chunk: &'static str| {
        move |_: &Asked| {
            let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk));
            reply(200, kind, Body::from_stream(chunks))
        }
    };
    for (kind, chunk) in [
        ("application/json", "[[[[[[[[[[[[[[[["),
        ("text/event-stream", "data: {}\n\n"),
        ("text/event-stream", "data: and no line ever ends"),
    ] {
        let server = FakeServer::start(endless(kind, chunk)).await;
        let answer = probe(&server.url()).await;
        assert_eq!(failed(&answer).1, "NotMcp");
        assert!(failed(&answer).2.contains("answers with more than 64KiB"), "{}", failed(&answer).2);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nobody_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let begun = Instant::now();
    let answer = ladder().probe(&Question { timeout: SHORT, ..question(&url) }).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "TimedOut"));
    assert!(failed(&answer).2.starts_with("no HTTP answer within 300ms"));
    // Two eras are tried while the era is unknown, one when it is known.
    assert!(begun.elapsed() < 4 * SHORT);
    let begun = Instant::now();
    let known = Question { timeout: SHORT, era: Some(Era::Modern), ..question(&url) };
    assert_eq!(failed(&ladder().probe(&known).await).1, "TimedOut");
    assert!(begun.elapsed() < 2 * SHORT);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_off() {
    let begins = |_: &Asked| {
        let chunk = futures_util::stream::iter([Ok::<_, std::io::Error>("data: {}\n\n")]);
        let open = futures_util::StreamExt::chain(chunk, futures_util::stream::pending());
        reply(200, "text/event-stream", Body::from_stream(open))
    };
    let server = FakeServer::start(begins).await;
    let answer = ladder().probe(&Question { timeout: SHORT, ..question(&server.url()) }).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (Handshake, "NotMcp"));
    assert!(failed(&answer).2.contains("did not end it within 300ms"));
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

#[tokio::test]
async fn a_closed_port_is_told_from_a_name_that_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = probe(&format!("http://{address}/mcp")).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "ConnectionRefused"));
    assert!(failed(&answer).2.starts_with(&format!("connection refused at {address}: ")));
    let answer = probe("http://nobody.invalid/mcp").await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "NameNotResolved"));
    for url in ["ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "nonsense", ""] {
        assert_eq!(failed(&probe(url).await).1, "BadUrl", "{url}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_no_http() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    crate::runtime::Tasks::default().spawn("shouts", async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut socket, b"SSH-2.0-x\r\n\r\n").await;
        }
    });
    let answer = probe(&url).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "ConnectionBroken"));
}

#[tokio::test]
async fn refused_addresses_are_never_connected_to() {
    for host in [
        "169.254.169.254",
        "0.0.0.0",
        "0",
        "[::]",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "100.100.100.200",
        "255.255.255.255",
        "224.0.0.1",
    ] {
        let answer = probe(&format!("http://{host}:1/mcp")).await;
        assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "AddressRefused"), "{host}");
        let failure = call(&question(&format!("http://{host}:1/mcp")), "x", "{}").await.unwrap_err();
        assert!(matches!(failure, ToolCallError::NotAllowed(_)), "{host}: {failure:?}");
    }
}

#[tokio::test]
async fn the_provisioners_rules_narrow_where_endpoints_are() {
    let server = FakeServer::start(modern).await;
    let with = |rules: Vec<EndpointRule>, url: String| Question { rules, ..question(&url) };
    let elsewhere = EndpointRule::Network("10.0.0.0".parse().unwrap(), 8);
    let here = EndpointRule::Network("127.0.0.0".parse().unwrap(), 8);
    let named = EndpointRule::Host("localhost".to_owned());
    let by_name = format!("http://localhost:{}/mcp", server.address.port());

    let refused = ladder().probe(&with(vec![elsewhere.clone()], server.url())).await;
    assert_eq!((failed(&refused).0, failed(&refused).1), (PortOpen, "AddressRefused"));
    assert!(failed(&refused).2.contains("`endpoints`"));
    assert!(!ladder().probe(&with(vec![elsewhere.clone()], by_name.clone())).await.is_healthy());
    assert_eq!(server.methods(), Vec::<String>::new());

    assert!(ladder().probe(&with(vec![elsewhere.clone(), here.clone()], server.url())).await.is_healthy());
    assert!(ladder().probe(&with(vec![here], by_name.clone())).await.is_healthy());
    assert!(ladder().probe(&with(vec![elsewhere, named], by_name)).await.is_healthy());
}

#[tokio::test]
async fn expected_tools_must_be_listed() {
    let server = FakeServer::start(modern).await;
    let expecting = |names: &[&str]| Question {
        expect_tools: names.iter().map(|name| (*name).to_owned()).collect(),
        ..question(&server.url())
    };
    assert!(ladder().probe(&expecting(&["add"])).await.is_healthy());
    let answer = ladder().probe(&expecting(&["add", "sub"])).await;
    let rung = answer.failed().unwrap();
    assert_eq!((rung.kind, rung.reason.as_str()), (ToolsListed, "ToolsMissing"));
    assert!(rung.message.ends_with("sub"));
    assert!(!answer.is_healthy());
    assert_eq!(names(&answer), ["echo", "add"]);
}

#[tokio::test]
async fn a_server_without_tools_is_not_asked_for_them() {
    let none = |asked: &Asked| match asked.method() {
        "server/discover" => asked.result(json!({"supportedVersions": ["2026-07-28"], "capabilities": {}})),
        _ => asked.error(404, -32_601, Value::Null),
    };
    let server = FakeServer::start(none).await;
    let answer = probe(&server.url()).await;
    assert_eq!(rungs(&answer)[3], "ToolsListed:True:NoTools");
    assert_eq!(server.methods(), ["server/discover"]);
}

#[tokio::test]
async fn lists_without_end_are_cut() {
    let many = |asked: &Asked| match asked.method() {
        "tools/list" => asked.result(tools(&["a", "b", "c", "d"])),
        _ => modern(asked),
    };
    let answer = probe(&FakeServer::start(many).await.url()).await;
    assert_eq!(names(&answer), ["a", "b", "c"]);
    let forever = |asked: &Asked| match asked.method() {
        "tools/list" => asked.result(json!({"tools": [], "nextCursor": "again"})),
        _ => modern(asked),
    };
    let server = FakeServer::start(forever).await;
    assert!(probe(&server.url()).await.is_healthy());
    assert_eq!(server.methods().len(), 33);
}

#[tokio::test]
async fn a_broken_tools_list_degrades_and_keeps_the_handshake() {
    let broken = |asked: &Asked| match asked.method() {
        "tools/list" => asked.error(500, -32_603, Value::Null),
        _ => modern(asked),
    };
    let answer = probe(&FakeServer::start(broken).await.url()).await;
    assert_eq!(failed(&answer), (ToolsListed, "NotListed", "tools/list: error -32603: no"));
    assert_eq!(answer.era, Some(Era::Modern));
    assert!(!answer.is_healthy());
    assert!(answer.rungs.iter().all(|rung| rung.kind != Authenticated));
}

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

#[tokio::test]
async fn no_more_probes_run_than_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let ladder = ladder();
    let asking = Question { timeout: SHORT, era: Some(Era::Modern), ..question(&url) };
    let begun = Instant::now();
    let three = futures_util::future::join_all((0..3).map(|_| ladder.probe(&asking))).await;
    assert!(three.iter().all(|answer| !answer.is_healthy()));
    assert!(begun.elapsed() >= 2 * SHORT, "the third waits for one of the two");
}

#[tokio::test]
async fn the_path_is_asked_as_it_stands() {
    let server = FakeServer::start(modern).await;
    let url = format!("http://{}/a%20b/mcp/", server.address);
    assert!(probe(&url).await.is_healthy());
    assert!(server.asked().iter().all(|asked| asked.path == "/a%20b/mcp/"));
}
