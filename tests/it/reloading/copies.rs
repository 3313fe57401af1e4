//! The daemon's own copies and the machine code it keeps: what they spare, and when they are not believed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{components, digest, dry_run, gated, plugin, reload, the_gate_holds};

fn of_gate(code: &BTreeMap<PathBuf, u64>) -> PathBuf {
    let hex = components::digest(&components::naming(0)).replace("sha256:", "");
    code.keys().find(|path| path.to_string_lossy().contains(&hex)).unwrap().clone()
}

#[tokio::test]
async fn a_restart_compiles_nothing_but_what_is_missing_or_damaged() {
    let mut daemon = gated();
    daemon.start().await;
    let folder = daemon.dir().join("data/plugins");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let first = daemon.machine_code();
    assert_eq!(first.len(), 2, "{first:?}");
    daemon.kill9();
    daemon.start().await;
    assert_eq!(daemon.machine_code(), first, "nothing was compiled");

    let gate = of_gate(&first);
    let whole = fs::read(&gate).unwrap();
    for damage in ["lost", "another byte", "cut", "empty"] {
        daemon.kill9();
        match damage {
            "lost" => fs::remove_file(&gate).unwrap(),
            "another byte" => {
                let mut bytes = whole.clone();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(&gate, bytes).unwrap();
            }
            "cut" => fs::write(&gate, &whole[..whole.len() / 2]).unwrap(),
            _ => fs::write(&gate, b"").unwrap(),
        }
        let said = daemon.log().matches("compiled code is damaged").count();
        daemon.start().await;
        the_gate_holds(&daemon).await;
        let again = daemon.machine_code();
        assert_eq!(again.len(), 2, "{damage}: {again:?}");
        assert!(fs::read(of_gate(&again)).unwrap() == whole, "{damage}: it was made anew");
        let others = |code: &BTreeMap<PathBuf, u64>| {
            code.iter()
                .filter(|(path, _)| **path != gate)
                .map(|(path, ino)| (path.clone(), *ino))
                .collect::<Vec<_>>()
        };
        assert_eq!(others(&again), others(&first), "{damage}: the other one was not");
        let says = daemon.log().matches("compiled code is damaged").count() - said;
        assert_eq!(says, usize::from(damage != "lost"), "{damage}: {}", daemon.log());
    }
}

#[tokio::test]
async fn a_copy_that_is_damaged_is_not_believed_and_made_anew() {
    let mut daemon = gated();
    daemon.start().await;
    daemon.kill9();
    let hex = components::digest(&components::naming(0)).replace("sha256:", "");
    let copy = daemon.dir().join(format!("data/plugins/{hex}.wasm"));
    // Another good component under its name: what is in a file counts, not what it is called.
    fs::write(&copy, components::naming(9)).unwrap();
    daemon.start().await;
    assert_eq!(digest(&reload(&daemon).await, "gate"), format!("sha256:{hex}"));
    the_gate_holds(&daemon).await;
    assert_eq!(components::digest(&fs::read(&copy).unwrap()), format!("sha256:{hex}"), "it is whole again");
    // And it is there when it is needed.
    daemon.kill9();
    fs::remove_file(daemon.dir().join("hooks/gate.wasm")).unwrap();
    daemon.start().await;
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn what_takes_too_much_to_compile_is_refused_while_requests_are_answered() {
    let mut daemon = gated();
    // What is compiled already needs neither.
    daemon.start().await;
    assert!(daemon.terminate().await.success());
    let bounds = "[plugins]\ncompile_memory = \"256MiB\"\ncompile_time = \"1s\"\n";
    daemon.write_config(&format!("{}\n{bounds}", daemon.config()));
    daemon.start().await;
    daemon.write_file("hooks/gate.wasm", components::endless_work());
    let looking = reload(&daemon);
    tokio::pin!(looking);
    let mut answered = 0;
    let body = loop {
        tokio::select! {
            body = &mut looking => break body,
            answer = dry_run(&daemon, "bad") => {
                assert_eq!(answer.code(), "hook_denied", "{answer}");
                answered += 1;
            }
        }
    };
    assert!(answered > 0);
    let gate = plugin(&body, "gate");
    assert_eq!(gate["last_refusal"]["code"], "component_not_compiled", "{gate}");
    let message = gate["last_refusal"]["message"].as_str().unwrap();
    assert!(message.contains("plugins.compile_time") && message.contains("256MiB"), "{message}");
    the_gate_holds(&daemon).await;
    // That was remembered: another look costs no second try, and a good file is taken up.
    daemon.write_config(&daemon.config().replace(bounds, ""));
    daemon.write_file("hooks/gate.wasm", components::naming(0));
    assert_eq!(plugin(&reload(&daemon).await, "gate")["state"], "active");
}
