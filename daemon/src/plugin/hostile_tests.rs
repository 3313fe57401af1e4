//! Guests that mean harm, or are broken: each ends alone, with a code of its own.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::options::{Limits, ProvisionerOptions};
use super::testing::TestGuest;
use super::tests::{Bench, create, options, order, provisioner_options, shown, target};
use super::{Allowances, Options, PluginHost};
use crate::domain::{BreakerPolicy, Failure, FailureKind, Secrets};
use crate::extension::{Extensions as _, PluginState, Plugins as _, Provisioner};

pub(super) const SLEEPS: (&str, &str) = (
    "(import \"wasi:clocks/monotonic-clock@0.2.6\" \"subscribe-duration\"
        (func $subscribe (param i64) (result i32)))
     (import \"wasi:io/poll@0.2.6\" \"[method]pollable.block\" (func $block (param i32)))",
    "import wasi:clocks/monotonic-clock@0.2.6; import wasi:io/poll@0.2.6;",
);
const LOGS: (&str, &str) = (
    "(import \"wharfinger:plugin/log@0.1.0\" \"write\" (func $log (param i32 i32 i32 i32 i32 i32 i32)))",
    "import wharfinger:plugin/log@0.1.0;",
);
const SENDS: (&str, &str) = (
    "(import \"wasi:http/types@0.2.6\" \"[constructor]fields\" (func $fields (result i32)))
     (import \"wasi:http/types@0.2.6\" \"[method]fields.append\"
        (func $append (param i32 i32 i32 i32 i32 i32)))",
    "import wasi:http/types@0.2.6;",
);
pub(super) const AN_HOUR: &str = "(call $block (call $subscribe (i64.const 3600000000000))) i32.const 512";

/// How `create` of a guest ends, whose `inspect` must be well afterwards.
async fn end(guest: TestGuest) -> Failure {
    let provisioner = Bench::new().provisioner(&guest).await;
    let failure = create(&*provisioner).await;
    assert!(provisioner.inspect(&target(), &Secrets::default()).await.is_ok(), "the next call is its own");
    assert_eq!(provisioner.reach().in_flight, 0);
    failure
}

fn says(failure: &Failure, code: &str, words: &str) {
    assert_eq!(
        (failure.kind.clone(), failure.code.as_str()),
        (FailureKind::OutcomeUnknown, code),
        "{failure}"
    );
    assert!(failure.message.contains(words), "{failure}");
}

#[tokio::test]
async fn who_sleeps_in_the_host_is_woken_by_the_deadline() {
    let began = Instant::now();
    let failure = end(TestGuest::provisioner().importing(SLEEPS.0, SLEEPS.1).body("create", AN_HOUR)).await;
    says(&failure, "plugin_timed_out", "timeouts.create");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn several_memories_are_one_sum() {
    // Each stays below the limit of 4 MiB, all together do not.
    let grow = "(drop (memory.grow $a (i32.const 31))) (drop (memory.grow $b (i32.const 31)))
        (if (i32.eq (memory.grow $c (i32.const 31)) (i32.const -1)) (then unreachable)) i32.const 512";
    let guest = TestGuest::provisioner().with("(memory $a 1) (memory $b 1) (memory $c 1)");
    says(&end(guest.body("create", grow)).await, "plugin_out_of_memory", "limits.memory ");
}

#[tokio::test]
async fn many_memories_are_refused_before_anything_runs() {
    let bench = Bench::new();
    let many = Limits::default().memories;
    let refusal = bench.refusal(&TestGuest::provisioner().with(&"(memory 1)".repeat(many)).component()).await;
    assert_eq!(refusal.error.code(), "first_call_failed");
    assert!(refusal.to_string().contains("limits.memories"), "{refusal}");
    // More than the pool has room for in any sandbox.
    let most = Limits::MOST.memories;
    let refusal = bench.refusal(&TestGuest::provisioner().with(&"(memory 1)".repeat(most)).component()).await;
    assert_eq!(refusal.error.code(), "component_invalid", "{refusal}");
}

#[tokio::test]
async fn a_table_ends_at_its_limit() {
    let grow = "(loop $more (br_if $more
        (i32.ne (table.grow $t (ref.null func) (i32.const 1024)) (i32.const -1)))) unreachable";
    let guest = TestGuest::provisioner().with("(table $t 1 funcref)").body("create", grow);
    says(&end(guest).await, "plugin_out_of_memory", "limits.table_elements");
    let bench = Bench::new();
    let tables = "(table 1 funcref)".repeat(Limits::default().tables + 1);
    let refusal = bench.refusal(&TestGuest::provisioner().with(&tables).component()).await;
    assert!(refusal.to_string().contains("limits.tables"), "{refusal}");
}

#[tokio::test]
async fn core_instances_are_counted() {
    let bench = Bench::new();
    // An import that needs the guest's memory takes instances of its own.
    let guest = TestGuest::provisioner().importing(LOGS.0, LOGS.1);
    let path = bench.write(&guest, "p.wasm");
    let mut one = provisioner_options(&path);
    one.limits.instances = 1;
    let refusal = bench.refused(options(one, Vec::new())).await;
    assert!(refusal.to_string().contains("limits.instances"), "{refusal}");
}

#[tokio::test]
async fn handles_end_at_their_limit() {
    let hoard = "(loop $more (drop (call $subscribe (i64.const 3600000000000))) (br $more)) unreachable";
    let guest = TestGuest::provisioner().importing(SLEEPS.0, SLEEPS.1).body("create", hoard);
    says(&end(guest).await, "plugin_out_of_memory", "limits.handles");
}

#[tokio::test]
async fn headers_of_a_request_end_at_their_limit() {
    // Its own name (at 1024), a thousand times: 44 KiB as the host counts them.
    let shout = "(local $fields i32) (local $left i32)
        (local.set $fields (call $fields))
        (local.set $left (i32.const 1000))
        (loop $more
            (call $append (local.get $fields) (i32.const 1024) (i32.const 4)
                (i32.const 1024) (i32.const 4) (i32.const 2048))
            (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        i32.const 512";
    let guest = TestGuest::provisioner().importing(SENDS.0, SENDS.1).body("create", shout);
    says(&end(guest).await, "plugin_exceeded_limit", "more than 16 KiB of headers");
}

/// Logs a line of 3 MB in `create`.
fn shouting() -> TestGuest {
    let shout = "(drop (memory.grow (i32.const 48)))
        (call $log (i32.const 0) (i32.const 0) (i32.const 0)
            (i32.const 4096) (i32.const 3000000) (i32.const 0) (i32.const 0))
        i32.const 512";
    TestGuest::provisioner().importing(LOGS.0, LOGS.1).body("create", shout)
}

#[tokio::test]
async fn a_huge_line_of_log_is_not_copied() {
    says(&end(shouting()).await, "plugin_exceeded_limit", "limits.host_bytes");
}

#[tokio::test]
async fn deep_recursion_ends_with_the_guests_stack_and_not_with_ours() {
    let guest = TestGuest::provisioner().with("(func $deep (call $deep) (drop (memory.size)))");
    says(&end(guest.body("create", "(call $deep) unreachable")).await, "plugin_trapped", "stack");
}

#[tokio::test]
async fn a_file_of_two_hundred_megabytes_is_not_read() {
    let bench = Bench::new();
    let path = bench.folder.path().join("large.wasm");
    let bytes = TestGuest::provisioner().component();
    std::fs::write(&path, bytes).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(200 << 20).unwrap();
    let refusal = bench.refused(options(provisioner_options(&path), Vec::new())).await;
    assert_eq!(refusal.error.code(), "plugin_too_large", "{refusal}");
}

#[tokio::test]
async fn what_is_no_regular_file_is_not_opened() {
    let bench = Bench::new();
    let refusal = bench.refused(options(provisioner_options(bench.folder.path()), Vec::new())).await;
    assert_eq!(refusal.error.code(), "plugin_unreadable", "{refusal}");
    assert!(refusal.to_string().contains("only regular files are read"), "{refusal}");
}

/// Flips, cuts, doubles and moves bytes of a component that is well, in ways that a seed decides.
fn mutated(component: &[u8], seed: u64) -> Vec<u8> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut bytes = component.to_vec();
    for _ in 0..=dice.usize(..4) {
        let at = dice.usize(..bytes.len());
        match dice.u8(..8) {
            0 => bytes.truncate(at.max(9)),
            1 => {
                let end = (at + dice.usize(1..64)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
            2 => drop(bytes.remove(at)),
            _ => bytes[at] ^= 1 << dice.u8(..8),
        }
    }
    bytes
}

#[tokio::test]
async fn a_damaged_component_is_refused_or_serves_and_never_more() {
    const CASES: u64 = 300;
    let bench = Bench::new();
    let whole = TestGuest::provisioner().importing(LOGS.0, LOGS.1).component();
    let path = bench.folder.path().join("p.wasm");
    std::fs::write(&path, &whole).unwrap();
    let table = options(provisioner_options(&path), Vec::new());
    let host = bench.start(table.clone()).await.unwrap();
    let mut refused = 0;
    for seed in 0..CASES {
        std::fs::write(&path, mutated(&whole, seed)).unwrap();
        if let Err(error) = host.reload(table.clone(), Allowances::default()).await {
            assert_eq!(error.code(), "plugins_refused", "seed {seed}: {error}");
            refused += 1;
        }
        assert_eq!(host.current().provisioners.len(), 1, "seed {seed}: somebody serves");
    }
    assert!(refused > CASES / 10, "some of it is damage: {refused}");
    std::fs::write(&path, &whole).unwrap();
    host.reload(table, Allowances::default()).await.unwrap();
    let served = host.current().provisioners.values().next().unwrap().provisioner.clone();
    assert!(served.inspect(&target(), &Secrets::default()).await.is_ok());
}

const POLICY: BreakerPolicy =
    BreakerPolicy { failures: 2, pause: Duration::from_secs(1), max_pause: Duration::from_secs(4) };

/// A host whose only plugin traps in `create`, and is well otherwise.
async fn trapping(bench: &Bench) -> (PluginHost, Options) {
    let path = bench.write(&TestGuest::provisioner().body("create", "unreachable"), "p.wasm");
    let table = Options { quarantine: POLICY, ..options(provisioner_options(&path), Vec::new()) };
    (bench.start(table.clone()).await.unwrap(), table)
}

fn only(host: &PluginHost) -> Arc<dyn Provisioner> {
    host.current().provisioners.values().next().unwrap().provisioner.clone()
}

async fn until_over(host: &PluginHost) {
    while host.reports()[0].quarantine.as_ref().is_some_and(|one| {
        one.until.is_some_and(|until| until > crate::runtime::Clock::now(&crate::runtime::SystemClock))
    }) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_plugin_that_ends_badly_again_and_again_is_left_alone_and_tried_now_and_then() {
    let bench = Bench::new();
    let (host, _) = trapping(&bench).await;
    let provisioner = only(&host);
    for _ in 0..10 {
        // An answer in between, and it is no row.
        assert_eq!(create(&*provisioner).await.code, "plugin_trapped");
        assert!(provisioner.inspect(&target(), &Secrets::default()).await.is_ok());
    }
    assert_eq!(host.reports()[0].state, PluginState::Active);

    for _ in 0..2 {
        assert_eq!(create(&*provisioner).await.code, "plugin_trapped");
    }
    let report = host.reports().remove(0);
    assert_eq!(report.state, PluginState::Quarantined);
    let quarantine = report.quarantine.unwrap();
    assert!(quarantine.failures == 2 && quarantine.reason.contains("trapped"), "{quarantine:?}");
    let calls = report.calls;
    let failure = provisioner.inspect(&target(), &Secrets::default()).await.unwrap_err();
    assert_eq!(
        (failure.kind.clone(), failure.code.as_str()),
        (FailureKind::NotApplied, "plugin_quarantined")
    );
    assert!(failure.retry_after.is_some_and(|pause| pause <= POLICY.pause), "{failure:?}");
    assert_eq!(host.reports()[0].calls, calls, "the plugin was not called");

    // The trial fails, and the next pause is longer; the one after it does not.
    until_over(&host).await;
    assert_eq!(create(&*provisioner).await.code, "plugin_trapped");
    let failure = create(&*provisioner).await;
    assert_eq!(failure.code, "plugin_quarantined");
    assert!(failure.retry_after.is_some_and(|pause| pause > POLICY.pause), "{failure:?}");
    until_over(&host).await;
    assert!(provisioner.inspect(&target(), &Secrets::default()).await.is_ok());
    assert_eq!(host.reports()[0].state, PluginState::Active);
    assert_eq!(create(&*provisioner).await.code, "plugin_trapped");
}

#[tokio::test]
async fn a_plugin_that_hands_over_too_much_again_and_again_is_left_alone_too() {
    let bench = Bench::new();
    let path = bench.write(&shouting(), "p.wasm");
    let table = Options { quarantine: POLICY, ..options(provisioner_options(&path), Vec::new()) };
    let host = bench.start(table).await.unwrap();
    let provisioner = only(&host);
    for _ in 0..2 {
        assert_eq!(create(&*provisioner).await.code, "plugin_exceeded_limit");
    }
    let report = host.reports().remove(0);
    assert_eq!(report.state, PluginState::Quarantined);
    assert!(report.quarantine.unwrap().reason.contains("limits.host_bytes"));
    assert_eq!(create(&*provisioner).await.code, "plugin_quarantined");
    // A trial that ends so begins the next pause.
    until_over(&host).await;
    assert_eq!(create(&*provisioner).await.code, "plugin_exceeded_limit");
    assert_eq!(create(&*provisioner).await.code, "plugin_quarantined");
}

#[tokio::test]
async fn one_call_tries_a_plugin_and_the_others_wait_for_it() {
    let bench = Bench::new();
    let (host, _) = trapping(&bench).await;
    let provisioner = only(&host);
    for _ in 0..2 {
        create(&*provisioner).await;
    }
    until_over(&host).await;
    let order = order();
    let tries = (0..8).map(|_| provisioner.create(&order)).collect::<Vec<_>>();
    let codes: Vec<String> = futures_util::future::join_all(tries)
        .await
        .into_iter()
        .map(|outcome| outcome.unwrap_err().code)
        .collect();
    assert_eq!(codes.iter().filter(|code| *code == "plugin_trapped").count(), 1, "{codes:?}");
}

#[tokio::test]
async fn a_plugin_that_is_built_anew_begins_afresh() {
    let bench = Bench::new();
    let (host, table) = trapping(&bench).await;
    for _ in 0..2 {
        create(&*only(&host)).await;
    }
    assert_eq!(create(&*only(&host)).await.code, "plugin_quarantined");
    bench.write(&TestGuest::provisioner(), "p.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert_eq!(host.reports()[0].state, PluginState::Active);
    assert!(only(&host).inspect(&target(), &Secrets::default()).await.is_ok());
}

#[tokio::test]
async fn a_call_that_got_no_turn_is_no_bad_end() {
    let bench = Bench::new();
    let path = bench
        .write(&TestGuest::provisioner().importing(SLEEPS.0, SLEEPS.1).body("create", AN_HOUR), "p.wasm");
    let table = Options { quarantine: POLICY, ..options(provisioner_options(&path), Vec::new()) };
    let host = bench.start(table).await.unwrap();
    let provisioner = only(&host);
    let (first, second, third) =
        tokio::join!(create(&*provisioner), create(&*provisioner), create(&*provisioner));
    assert_eq!(first.code, "plugin_timed_out");
    assert_eq!((second.code.as_str(), third.code.as_str()), ("plugin_busy", "plugin_busy"));
    assert_eq!(host.reports()[0].state, PluginState::Active, "one bad end alone");
}

/// A provisioner that shows itself with the token in a file.
fn with_token(plugin: &Path, token: &Path) -> Options {
    let upstream = shown("http://127.0.0.1:1", token);
    let upstreams = [("manager".to_owned(), upstream)].into();
    options(ProvisionerOptions { upstreams, ..provisioner_options(plugin) }, Vec::new())
}

#[tokio::test]
async fn a_token_that_an_upstream_showed_is_replaced_in_what_the_guest_says_of_it() {
    let bench = Bench::new();
    // An inspection whose reason is what lies at 2048.
    let echo = "(i32.store (i32.const 532) (i32.const 2048)) (i32.store (i32.const 536) (i32.const 16)) i32.const 512";
    let guest = TestGuest::provisioner().with("(data (i32.const 2048) \"says first-token\")");
    let path = bench.write(&guest.body("inspect", echo), "p.wasm");
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "first-token\n").unwrap();
    let host = bench.start(with_token(&path, &token)).await.unwrap();
    let seen = only(&host).inspect(&target(), &Secrets::default()).await.unwrap();
    assert_eq!(seen.reason, "says [secret]");
}

#[tokio::test]
async fn a_token_that_changed_is_taken_up_and_one_that_is_gone_is_refused() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "first-token\n").unwrap();
    let table = with_token(&path, &token);
    let host = bench.start(table.clone()).await.unwrap();
    assert_eq!(host.reload(table.clone(), Allowances::default()).await.unwrap().changed.len(), 0);
    std::fs::write(&token, "second-token\n").unwrap();
    assert_eq!(
        host.reload(table.clone(), Allowances::default()).await.unwrap().changed,
        ["provisioners.local"]
    );
    std::fs::remove_file(&token).unwrap();
    let refused = host.reload(table.clone(), Allowances::default()).await.unwrap_err().to_string();
    assert!(
        refused.contains("upstreams.manager bearer_token.file: ") && refused.contains("token"),
        "{refused}"
    );
    assert_eq!(host.current().provisioners.len(), 1, "the last good one serves");
}
