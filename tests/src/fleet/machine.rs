//! One machine: a `demo-server`, and what it wrote.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{bin_path, locked};
use crate::fake_manager::port;

/// A test process that is killed cannot clean up; its machines end by themselves after this.
const LEAK_BOUND: &str = "15m";

#[derive(Debug)]
pub(super) struct Machine {
    name: String,
    zone: Value,
    labels: BTreeMap<String, String>,
    port: u16,
    process: Child,
    lines: Arc<Mutex<Vec<Value>>>,
}

impl Machine {
    /// Starts what the order asks for: whatever the image, it is the demo server.
    pub(super) fn start(name: &str, order: &Value) -> Self {
        let port = port::free();
        let program = bin_path::demo_server();
        let mut process = Command::new(&program)
            // A machine sees nothing of the test's environment.
            .env_clear()
            .env("DEMO_EXIT_AFTER", LEAK_BOUND)
            .envs(texts(&order["environment"]))
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", program.display()));
        let lines = Arc::default();
        keep("stdout", process.stdout.take(), &lines);
        keep("stderr", process.stderr.take(), &lines);
        let (name, zone) = (name.to_owned(), order["zone"].clone());
        Self { name, zone, labels: texts(&order["labels"]), port, process, lines }
    }

    /// Whose mark it carries.
    pub(super) fn owner(&self) -> Option<&String> {
        self.labels.get("WHARFINGER_OWNER")
    }

    /// Ends its process; the machine stays.
    pub(super) fn kill(&mut self) {
        // Both fail only when the process has been reaped already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }

    /// What the fleet says of it.
    pub(super) fn shown(&mut self) -> Value {
        use std::os::unix::process::ExitStatusExt as _;
        let ended = self.process.try_wait().ok().flatten();
        let (state, reason) = match ended {
            None => ("running", "its process is alive".to_owned()),
            Some(status) => ("exited", format!("its process ended: {status}")),
        };
        let code = ended.and_then(|status| status.code().or_else(|| Some(128 + status.signal()?)));
        json!({
            "id": format!("m-{}", self.process.id()),
            "name": self.name,
            "zone": self.zone,
            "state": state,
            "reason": reason,
            "exit_code": code,
            "url": format!("http://127.0.0.1:{}", self.port),
            "labels": self.labels,
        })
    }

    /// Lines from number `after` on, or the last ones, of so many bytes; and the number of the next.
    pub(super) fn output(&self, after: Option<usize>, bytes: usize) -> (Vec<Value>, usize) {
        let lines = locked(&self.lines);
        let length = |line: &Value| line["text"].as_str().map_or(0, str::len);
        let mut room = bytes;
        let mut fits = |line: &&Value| {
            let left = room.checked_sub(length(line));
            room = left.unwrap_or_default();
            left.is_some()
        };
        match after {
            Some(first) => {
                let taken: Vec<Value> = lines.iter().skip(first).take_while(&mut fits).cloned().collect();
                let next = first + taken.len();
                (taken, next)
            }
            None => {
                let mut taken: Vec<Value> = lines.iter().rev().take_while(&mut fits).cloned().collect();
                taken.reverse();
                (taken, lines.len())
            }
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Reads what the process writes until it ends.
fn keep(source: &'static str, stream: Option<impl Read + Send + 'static>, lines: &Arc<Mutex<Vec<Value>>>) {
    let lines = Arc::clone(lines);
    let stream = BufReader::new(stream.expect("the stream is piped"));
    std::thread::spawn(move || {
        for text in stream.lines().map_while(Result::ok) {
            locked(&lines).push(json!({ "at": null, "source": source, "text": text }));
        }
    });
}

fn texts(object: &Value) -> BTreeMap<String, String> {
    let entries = object.as_object().into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}
