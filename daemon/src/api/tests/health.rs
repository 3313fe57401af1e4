//! GET /livez, /readyz.

use serde_json::json;

use super::Wharf;
use crate::runtime::Readiness;

#[tokio::test]
async fn the_daemon_is_ready_when_every_check_holds() {
    let wharf = Wharf::new();
    assert_eq!(wharf.get("/livez?verbose").await.json, json!({"live": true}));
    wharf.readiness.done(Readiness::STORE);
    let answer = wharf.get("/readyz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json,
        json!({"ready": false, "checks": [
            {"name": "store", "ready": true},
            {"name": "store_writable", "ready": false},
            {"name": "plugins", "ready": false},
            {"name": "first_pass", "ready": false},
        ]})
    );
    wharf.readiness.done(Readiness::PLUGINS);
    wharf.readiness.done(Readiness::FIRST_PASS);
    wharf.readiness.set(Readiness::STORE_WRITABLE, true);
    let answer = wharf.get("/readyz?exclude=x").await;
    assert_eq!((answer.status, &answer.json["ready"]), (200, &json!(true)));
    wharf.readiness.set(Readiness::STORE_WRITABLE, false);
    assert_eq!(wharf.get("/readyz").await.status, 503, "it may cease to hold");
}
