//! The tools that a server lists.

use super::*;

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
