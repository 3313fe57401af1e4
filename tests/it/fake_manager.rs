//! The stand-in for go-mcp-manager has the habits it must have; every other test leans on that.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::{Value, json};
use wharfinger_tests::fake_manager::{Builder, FakeManager, Fault, Template};
use wharfinger_tests::mcp;

struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    fn of(manager: &FakeManager) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            // A kept connection that the fake has just closed would fail in its own way.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { http, base: manager.url() }
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.http.get(format!("{}{path}", self.base)).send().await.unwrap()).await
    }

    async fn delete(&self, service: &str) -> (StatusCode, Value) {
        answer(self.http.delete(format!("{}/containers/{service}", self.base)).send().await.unwrap()).await
    }

    fn post(&self, body: &Value) -> reqwest::RequestBuilder {
        self.http.post(format!("{}/containers", self.base)).json(body)
    }

    async fn create(&self, service: &str) -> (StatusCode, Value) {
        answer(self.post(&image(service)).send().await.unwrap()).await
    }

    async fn create_cut(&self, service: &str) {
        let error = self.post(&image(service)).send().await.unwrap_err();
        assert!(!error.is_timeout() && !error.is_connect(), "{error:?}");
    }
}

async fn answer(response: reqwest::Response) -> (StatusCode, Value) {
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

fn image(service: &str) -> Value {
    json!({"service_name": service, "image": "registry.example/demo:1", "port": 8000})
}

fn quick() -> Builder {
    FakeManager::image_dialect().create_time(Duration::from_millis(10))
}

fn message((status, body): &(StatusCode, Value)) -> &str {
    assert_eq!(*status, StatusCode::INTERNAL_SERVER_ERROR, "{body}");
    assert_eq!(body["code"], 500);
    body["message"].as_str().unwrap()
}

#[tokio::test]
async fn a_created_workload_is_a_real_mcp_server() {
    let manager = quick().start();
    let client = Client::of(&manager);
    let mut body = image("weather");
    body["environment"] = json!({"API_KEY": "in clear"});
    let (status, container) = answer(client.post(&body).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(container["name"], "mcp-weather");
    assert_eq!(container["environment"]["API_KEY"], "in clear");
    assert_eq!(container["port"], 8000);

    let url = format!("{}/mcp", container["url"].as_str().unwrap());
    wait_until_it_listens(&url).await;
    let mcp = mcp::McpClient::connect(&url).await.unwrap();
    assert_eq!(mcp.protocol_version().as_deref(), Some("2026-07-28"));
    assert_eq!(mcp.tools().await.unwrap(), ["add", "clock", "echo"]);
    assert_eq!(mcp.call("add", json!({"a": 40, "b": 2})).await.unwrap(), "42");
    mcp.close().await.unwrap();

    assert_eq!(client.delete("weather").await.0, StatusCode::OK);
    assert!(manager.workloads().is_empty());
    assert_eq!(manager.creates_seen(), 1);
    assert_eq!(manager.requests()[0].body["environment"]["API_KEY"], "in clear");
}

#[tokio::test]
async fn the_older_era_of_mcp_is_spoken_too() {
    let manager = quick().start();
    Client::of(&manager).create("old").await;
    let url = format!("{}/mcp", manager.workload("old").unwrap().url);
    wait_until_it_listens(&url).await;
    let mcp = mcp::McpClient::connect_with(&url, rmcp::ClientLifecycleMode::Initialize).await.unwrap();
    assert_ne!(mcp.protocol_version().as_deref(), Some("2026-07-28"));
    assert_eq!(mcp.call("echo", json!({"message": "hello"})).await.unwrap(), "hello");
    let error = mcp.call("add", json!({"a": i64::MAX, "b": 1})).await.unwrap_err();
    assert!(error.to_string().contains("does not fit"), "{error}");
}

#[tokio::test]
async fn the_templates_dialect_takes_a_template_and_lists_them() {
    let mut everything = Template::named("everything");
    everything.environment.insert("LEVEL".into(), "info".into());
    everything.environment.insert("KEPT".into(), "yes".into());
    let manager = FakeManager::templates_dialect().template(everything).start();
    let client = Client::of(&manager);

    let (status, list) = client.get("/templates").await;
    assert_eq!((status, &list["total"]), (StatusCode::OK, &json!(2)));
    let body = json!({"service_name": "one", "template": "everything", "environment": {"LEVEL": "debug"}});
    let (status, container) = answer(client.post(&body).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(container["environment"], json!({"LEVEL": "debug", "KEPT": "yes"}));
    assert_eq!(container["host"], "one.localhost");
    assert_eq!(manager.workload("one").unwrap().environment["LEVEL"], "debug");
    assert_eq!(client.get("/caddy/status").await.1["services"], json!(["one"]));

    let unknown = json!({"service_name": "two", "template": "nothing"});
    let refused = answer(client.post(&unknown).send().await.unwrap()).await;
    assert_eq!(message(&refused), "template nothing not found");
}

#[tokio::test]
async fn a_template_with_an_exclusive_port_runs_once() {
    let manager = FakeManager::templates_dialect().exclusive_ports().start();
    let client = Client::of(&manager);
    let create = async |service: &str| {
        let body = json!({"service_name": service, "template": "demo"});
        answer(client.post(&body).send().await.unwrap()).await
    };
    assert_eq!(create("one").await.0, StatusCode::CREATED);
    assert_eq!(message(&create("two").await), "failed to create container: exit status 126");
    assert_eq!(client.delete("one").await.0, StatusCode::OK);
    assert_eq!(message(&create("two").await), "failed to create container: exit status 125");
}

#[tokio::test]
async fn unknown_routes_are_plain_text_and_the_dialects_can_be_told_apart() {
    let manager = quick().start();
    let client = Client::of(&manager);
    for path in ["/templates", "/instances", "/metrics", "/containers/a%2Fb"] {
        let answer = client.get(path).await;
        assert_eq!(answer, (StatusCode::NOT_FOUND, json!("404 page not found")), "{path}");
    }
    let put = client.http.put(format!("{}/containers", manager.url())).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::NOT_FOUND);
    assert_eq!(put.headers()["content-type"], "text/plain");
    assert_eq!(client.get("/containers/").await.0, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(client.get("/").await.0, StatusCode::FOUND);
    assert_eq!(client.get("/health").await.1["status"], "healthy");
}

#[tokio::test]
async fn a_bad_request_is_told_in_validator_lines() {
    let manager = quick().start();
    let client = Client::of(&manager);
    let (status, body) = answer(client.post(&json!({"service_name": "x"})).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(body["error"], "invalid_request");
    let text = body["message"].as_str().unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("'CreateContainerRequest.Image'") && text.contains("'required' tag"), "{text}");
    let wrong = json!({"service_name": 1, "image": "i", "port": 1});
    let (status, _) = answer(client.post(&wrong).send().await.unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(client.get("/containers/x").await.1["error"], "container_not_found");
}

#[tokio::test]
async fn everything_that_goes_wrong_is_a_500_told_apart_by_its_message() {
    let manager = quick().max_containers(1).start();
    let client = Client::of(&manager);
    let mut missing = image("a");
    missing["image"] = json!("missing/image:1");
    let refused = answer(client.post(&missing).send().await.unwrap()).await;
    assert_eq!(message(&refused), "failed to create container: exit status 125");
    manager.plan(Fault::CreateFails("planned".into()));
    assert_eq!(message(&client.create("a").await), "planned");
    assert_eq!(client.create("a").await.0, StatusCode::CREATED);
    assert_eq!(message(&client.create("a").await), "container mcp-a already exists");
    assert_eq!(message(&client.create("b").await), "maximum container limit reached (1)");
    assert_eq!(message(&client.delete("b").await), "container b not found");
    manager.plan(Fault::DeleteFails("not now".into()));
    assert_eq!(message(&client.delete("a").await), "not now");
    assert_eq!(client.delete("a").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_container_that_ends_at_once_fails_its_create_and_blocks_its_name() {
    let manager = FakeManager::image_dialect().create_time(Duration::from_millis(500)).start();
    let client = Client::of(&manager);
    let mut dies = image("short");
    dies["environment"] = json!({"DEMO_EXIT_AFTER": "0s"});
    let refused = answer(client.post(&dies).send().await.unwrap()).await;
    assert_eq!(message(&refused), "container failed to start: container exited unexpectedly");
    assert_eq!(message(&client.create("short").await), "failed to create container: exit status 125");
}

#[tokio::test]
async fn creates_are_serialised_and_reads_wait_for_them() {
    let manager = FakeManager::image_dialect().create_time(Duration::from_millis(150)).start();
    let client = Client::of(&manager);
    let started = Instant::now();
    let slow_health = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        client.get("/health").await
    };
    let (a, b, health) = tokio::join!(client.create("a"), client.create("b"), slow_health);
    assert_eq!((a.0, b.0, health.0), (StatusCode::CREATED, StatusCode::CREATED, StatusCode::OK));
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
    assert_eq!(health.1["containers_running"], 2, "health waited for both creates");
    assert_eq!(manager.most_concurrent_creates(), 2);
    assert_eq!(manager.workloads().len(), 2);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_an_orphan_until_a_restart() {
    let manager = FakeManager::image_dialect().create_time(Duration::from_secs(20)).start();
    let client = Client::of(&manager);
    let hang_up = client.post(&image("lost")).timeout(Duration::from_millis(300)).send().await;
    assert!(hang_up.unwrap_err().is_timeout());

    assert_eq!(client.get("/containers/lost").await.0, StatusCode::NOT_FOUND);
    assert_eq!(message(&client.delete("lost").await), "container lost not found");
    assert_eq!(message(&client.create("lost").await), "failed to create container: exit status 125");
    assert!(manager.workload("lost").unwrap().is_orphan());

    manager.restart().await;
    let (status, found) = client.get("/containers/lost").await;
    assert_eq!((status, &found["port"]), (StatusCode::OK, &json!(8000)));
    assert_eq!(found["environment"], Value::Null, "a restart forgets the environment");
    assert_eq!(manager.workload("lost").unwrap().service.as_deref(), Some("lost"));
    assert_eq!(client.delete("lost").await.0, StatusCode::OK);
}

#[tokio::test]
async fn planned_lost_answers_leave_what_they_say() {
    let manager = quick().start();
    let client = Client::of(&manager);
    manager.plan(Fault::CreateAnswerLost);
    client.create_cut("kept").await;
    assert_eq!(client.get("/containers/kept").await.0, StatusCode::OK);

    manager.plan(Fault::CreateAnswerLostLeavingOrphan);
    client.create_cut("orphan").await;
    assert_eq!(client.get("/containers/orphan").await.0, StatusCode::NOT_FOUND);
    assert!(manager.workload("orphan").unwrap().is_orphan());

    manager.plan(Fault::CreateFailsLeavingOrphan("container failed to start: timeout".into()));
    assert_eq!(message(&client.create("late").await), "container failed to start: timeout");
    assert!(manager.workload("late").unwrap().is_orphan());

    manager.plan(Fault::DeleteAnswerLost);
    client.http.delete(format!("{}/containers/kept", manager.url())).send().await.unwrap_err();
    assert!(manager.workload("kept").is_none());
}

#[tokio::test]
async fn an_answer_later_than_the_write_timeout_is_thrown_away() {
    let manager = quick().write_timeout(Duration::from_millis(100)).start();
    let client = Client::of(&manager);
    manager.plan(Fault::CreateHangs(Duration::from_millis(200)));
    client.create_cut("slow").await;
    assert_eq!(client.get("/containers/slow").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_record_whose_container_is_gone_is_stuck_until_a_restart() {
    let manager = quick().start();
    let client = Client::of(&manager);
    client.create("gone").await;
    client.create("planned").await;
    manager.remove_workload("gone");
    manager.plan(Fault::DeleteHangs(Duration::from_millis(1)));
    for service in ["gone", "gone", "planned"] {
        if service == "planned" {
            manager.plan(Fault::DeleteSticks);
        }
        let failed = client.delete(service).await;
        assert!(message(&failed).starts_with("failed to remove container"), "{failed:?}");
        assert_eq!(client.get(&format!("/containers/{service}")).await.1["status"], "stopping");
    }
    assert_eq!(message(&client.create("gone").await), "container mcp-gone already exists");
    assert_eq!(client.get("/containers/gone/health").await.1["error"], "status_check_failed");
    manager.restart().await;
    assert_eq!(client.create("gone").await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn the_cached_status_cannot_be_believed_but_health_can() {
    let manager = quick().start();
    let client = Client::of(&manager);
    client.create("alive").await;
    client.create("dead").await;
    manager.kill_workload("dead");
    assert_eq!(client.get("/containers/dead").await.1["status"], "running", "nobody looked yet");
    manager.run_monitor().await;
    assert_eq!(client.get("/containers/alive").await.1["status"], "error", "the monitor asks for /");
    assert_eq!(client.get("/containers/dead").await.1["status"], "stopped");

    let (status, health) = client.get("/containers/alive/health").await;
    assert_eq!((status, &health["healthy"]), (StatusCode::OK, &json!(true)));
    assert_eq!(client.get("/containers/alive").await.1["status"], "running");
    let (status, health) = client.get("/containers/dead/health").await;
    assert_eq!((status, &health["health"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("unhealthy")));
    assert_eq!(client.get("/containers/none/health").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn behind_the_proxy_the_url_has_a_path_of_its_own() {
    let manager = quick().behind_proxy().start();
    let client = Client::of(&manager);
    let (_, container) = client.create("weather").await;
    let (slug, url) = (container["slug"].as_str().unwrap(), container["url"].as_str().unwrap());
    assert!(url.ends_with(&format!("/mcp/{slug}")) && slug.starts_with("weather-"), "{url}");
    wait_until_it_listens(&manager.workload("weather").unwrap().url).await;
    let said = mcp::call_once(&format!("{url}/mcp"), "echo", json!({"message": "through"})).await.unwrap();
    assert_eq!(said, "through");
    let lost = client.http.get(format!("{url}x/mcp")).send().await.unwrap();
    assert_eq!(lost.status(), StatusCode::NOT_FOUND);

    client.delete("weather").await;
    let again = client.create("weather").await.1;
    assert_ne!(again["slug"], container["slug"], "the URL is not stable");
}

#[tokio::test]
async fn a_restart_forgets_the_port_and_starts_what_was_stopped() {
    let manager = quick().start();
    let client = Client::of(&manager);
    let mut told = image("Told Name");
    told["port"] = json!(9001);
    told["environment"] = json!({"MCP_SERVICE_NAME": "told", "MCP_CONTAINER_PORT": "9001"});
    let (_, before) = answer(client.post(&told).send().await.unwrap()).await;
    client.create("untold").await;
    manager.kill_workload("untold");
    manager.restart().await;

    let (_, after) = client.get("/containers/told").await;
    assert_eq!((&after["port"], &after["url"]), (&json!(9001), &before["url"]));
    assert_eq!(after["slug"], before["slug"], "the route is found by the name's beginning");
    assert_eq!(client.get("/containers/Told%20Name").await.0, StatusCode::NOT_FOUND);
    assert!(manager.workload("untold").is_some(), "started again, although it had been stopped");
    assert_eq!(client.get("/containers/untold").await.1["url"], "http://127.0.0.1:1");
}

#[tokio::test]
async fn a_closed_manager_refuses_and_opens_on_the_same_port() {
    let manager = quick().start();
    let client = Client::of(&manager);
    client.create("a").await;
    manager.close().await;
    let refused = client.http.get(format!("{}/health", manager.url())).send().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    manager.open().await;
    assert_eq!(client.get("/containers/a").await.0, StatusCode::OK, "only the port was closed");
}

#[tokio::test]
async fn dropping_the_manager_kills_its_workloads() {
    let manager = quick().start();
    let client = Client::of(&manager);
    client.create("tracked").await;
    manager.plan(Fault::CreateAnswerLostLeavingOrphan);
    client.create_cut("orphan").await;
    let pids: Vec<u32> = manager.workloads().iter().map(|workload| workload.pid).collect();
    assert_eq!(pids.len(), 2);
    drop(manager);
    for pid in pids {
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "{pid} lives on");
    }
}

async fn wait_until_it_listens(url: &str) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while http.get(url).send().await.is_err() {
        assert!(Instant::now() < deadline, "{url} never listened");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
