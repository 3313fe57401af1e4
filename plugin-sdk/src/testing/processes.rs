//! Child processes that exist only in a table.

use std::cell::RefCell;
use std::time::Duration;

use crate::process::{Child, ChildrenPage, Signal, SpawnCall};
use crate::{Failure, LogLine, LogsPage, LogsQuery, Target};

#[derive(Clone, Debug)]
struct Row {
    call: SpawnCall,
    child: Child,
    stubborn: bool,
    lines: Vec<LogLine>,
}

thread_local! {
    static TABLE: RefCell<Vec<Row>> = const { RefCell::new(Vec::new()) };
    static SIGNALS: RefCell<Vec<(Signal, Duration)>> = const { RefCell::new(Vec::new()) };
    static BROKEN: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// From now on every call fails like this; `None` heals it.
pub fn break_with(failure: Option<Failure>) {
    BROKEN.set(failure);
}

/// What was asked for, for each child in the table.
pub fn spawned() -> Vec<SpawnCall> {
    TABLE.with_borrow(|table| table.iter().map(|row| row.call.clone()).collect())
}

/// The signals sent, with the grace they were given.
pub fn signals() -> Vec<(Signal, Duration)> {
    SIGNALS.with_borrow(Clone::clone)
}

/// The child with this name ends with this code.
pub fn ends(workload_name: &str, exit_code: i32) {
    with(workload_name, |row| {
        row.child.running = false;
        row.child.exit_code = Some(exit_code);
    });
}

/// The child with this name does not end when it is asked to.
pub fn is_stubborn(workload_name: &str) {
    with(workload_name, |row| row.stubborn = true);
}

/// The child with this name writes a line to its standard output.
pub fn prints(workload_name: &str, text: &str) {
    with(workload_name, |row| {
        row.lines.push(LogLine { source: "stdout".into(), text: text.into(), ..LogLine::default() });
    });
}

fn with(workload_name: &str, change: impl FnOnce(&mut Row)) {
    TABLE.with_borrow_mut(|table| {
        change(
            table
                .iter_mut()
                .find(|row| row.call.target.workload_name == workload_name)
                .expect("no such child"),
        );
    });
}

fn works() -> Result<(), Failure> {
    BROKEN.with_borrow(|broken| broken.clone().map_or(Ok(()), Err))
}

pub(crate) fn spawn(call: SpawnCall) -> Result<Child, Failure> {
    works()?;
    TABLE.with_borrow_mut(|table| {
        let name = call.target.workload_name.clone();
        if let Some(row) = table.iter().find(|row| row.call.target.workload_name == name && row.child.running)
        {
            return Ok(row.child.clone());
        }
        table.retain(|row| row.call.target.workload_name != name);
        let child = Child {
            target: call.target.clone(),
            id: format!("boot-1-{name}"),
            port: call.port_variable.as_ref().map(|_| 40_001),
            running: true,
            ..Child::default()
        };
        table.push(Row { call, child: child.clone(), stubborn: false, lines: Vec::new() });
        Ok(child)
    })
}

pub(crate) fn inspect(target: &Target) -> Result<Option<Child>, Failure> {
    works()?;
    let found = |row: &&Row| row.call.target.workload_name == target.workload_name;
    Ok(TABLE.with_borrow(|table| table.iter().find(found).map(|row| row.child.clone())))
}

pub(crate) fn children(owner: &str, _cursor: Option<String>) -> Result<ChildrenPage, Failure> {
    works()?;
    let children = TABLE.with_borrow(|table| {
        table.iter().filter(|row| row.call.target.owner == owner).map(|row| row.child.clone()).collect()
    });
    Ok(ChildrenPage { children, next_cursor: None })
}

pub(crate) fn signal(target: &Target, signal: Signal, grace: Duration) -> Result<bool, Failure> {
    works()?;
    SIGNALS.with_borrow_mut(|signals| signals.push((signal, grace)));
    Ok(TABLE.with_borrow_mut(|table| {
        let stays = |row: &Row| {
            row.call.target.workload_name == target.workload_name
                && row.stubborn
                && signal == Signal::Terminate
        };
        if table.iter().any(stays) {
            return false;
        }
        table.retain(|row| row.call.target.workload_name != target.workload_name);
        true
    }))
}

pub(crate) fn logs(query: LogsQuery) -> Result<LogsPage, Failure> {
    works()?;
    let name = query.target.workload_name;
    TABLE.with_borrow(|table| match table.iter().find(|row| row.call.target.workload_name == name) {
        Some(row) => Ok(LogsPage {
            lines: row.lines.clone(),
            next_cursor: Some(row.lines.len().to_string()),
            ..LogsPage::default()
        }),
        None => Err(Failure::not_found(format!("there is no child named {name}"))),
    })
}
