//! What a child is executed with: its environment, its program, its port.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use super::SpawnRequest;

/// Where programs are looked for when the child gets no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// So many ports are not given a second time in a row.
const RECENT_PORTS: usize = 64;

/// The environment but for the marks: what passes, then what was asked, then the port.
/// Values that pass and are no UTF-8 are left out.
pub(super) fn assemble(
    request: &SpawnRequest,
    port: Option<u16>,
    own: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, String> {
    let mut environment = BTreeMap::new();
    for key in &request.pass_environment {
        check_key(key)?;
        environment.extend(own(key).map(|value| (key.clone(), value)));
    }
    for (key, value) in &request.environment {
        check_key(key)?;
        if value.contains('\0') {
            return Err(format!("the value of {key} holds a NUL character"));
        }
        environment.insert(key.clone(), value.clone());
    }
    if let Some(key) = &request.port_variable {
        check_key(key)?;
        environment.extend(port.map(|port| (key.clone(), port.to_string())));
    }
    Ok(environment)
}

fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.contains(['=', '\0']) {
        return Err(format!("{key:?} is no name of an environment variable"));
    }
    Ok(())
}

/// The file that `command` executes.
pub(super) fn program(command: &[String], path: Option<&String>) -> Result<PathBuf, String> {
    let word = command.first().filter(|word| !word.is_empty()).ok_or("the command is empty")?;
    if command.iter().any(|word| word.contains('\0')) {
        return Err("the command holds a NUL character".to_owned());
    }
    if word.contains('/') {
        let path = PathBuf::from(word);
        return match executable(&path) {
            Ok(()) => Ok(path),
            Err(reason) => Err(format!("the program {word} {reason}")),
        };
    }
    let folders = path.map_or(DEFAULT_PATH, String::as_str).split(':');
    // A relative entry would depend on where the daemon was started.
    let mut candidates =
        folders.filter(|folder| folder.starts_with('/')).map(|folder| Path::new(folder).join(word));
    candidates
        .find(|candidate| executable(candidate).is_ok())
        .ok_or_else(|| format!("no program {word} in the PATH the child gets"))
}

fn executable(path: &Path) -> Result<(), String> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("does not exist".to_owned()),
        Err(error) => return Err(format!("cannot be read: {error}")),
        Ok(metadata) if !metadata.is_file() => return Err("is not a file".to_owned()),
        Ok(_) => {}
    }
    access(path, Access::EXEC_OK).map_err(|_| "is not executable".to_owned())
}

/// Gives out loopback ports that are free now.
///
/// A port is free until somebody binds it: a child that finds its port taken ends, and is made
/// anew with another. Ports given lately are not given again, so that two children that start
/// together do not get the same one.
#[derive(Debug, Default)]
pub(super) struct Ports(VecDeque<u16>);

impl Ports {
    /// A port.
    pub(super) fn next(&mut self) -> io::Result<u16> {
        // Those refused stay bound meanwhile, or the same could come again and again.
        let mut refused = Vec::new();
        loop {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = listener.local_addr()?.port();
            if self.0.contains(&port) {
                refused.push(listener);
                continue;
            }
            self.0.push_back(port);
            if self.0.len() > RECENT_PORTS {
                self.0.pop_front();
            }
            return Ok(port);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{InstanceId, OwnerId, Target, WorkloadName};

    fn request() -> SpawnRequest {
        let (owner, instance) = (OwnerId::from_u128(1), InstanceId::from_u128(2));
        let name = WorkloadName::of(owner, instance);
        SpawnRequest {
            target: Target { name, instance, owner, incarnation: 0, last_known: None },
            command: Vec::new(),
            environment: vec![("A".into(), "asked".into()), ("PORT".into(), "1".into())],
            pass_environment: vec!["A".into(), "B".into(), "C".into()],
            port_variable: Some("PORT".into()),
        }
    }

    #[test]
    fn what_is_asked_wins_over_what_passes_and_the_port_over_both() {
        let own = |key: &str| (key != "C").then(|| "own".to_owned());
        let environment = assemble(&request(), Some(4711), own).unwrap();
        let expected = [("A", "asked"), ("B", "own"), ("PORT", "4711")];
        assert!(environment.iter().map(|(key, value)| (key.as_str(), value.as_str())).eq(expected));
    }

    #[test]
    fn what_no_system_would_take_is_refused() {
        for key in ["", "A=B", "A\0"] {
            let request = SpawnRequest { environment: vec![(key.into(), String::new())], ..request() };
            assert!(assemble(&request, None, |_| None).is_err(), "{key:?}");
        }
    }

    #[test]
    fn a_program_is_found_in_the_path_of_the_child() {
        let path = "relative:/nowhere:/bin".to_owned();
        assert_eq!(program(&["sh".into()], Some(&path)), Ok(PathBuf::from("/bin/sh")));
        for command in ["", "no-such-program", "/nowhere/sh", "/etc/passwd", "/bin"] {
            assert!(program(&[command.into()], Some(&path)).is_err(), "{command}");
        }
    }

    #[test]
    fn ports_given_lately_are_not_given_again() {
        let mut ports = Ports::default();
        let mut given: Vec<_> = (0..RECENT_PORTS).map(|_| ports.next().unwrap()).collect();
        given.sort_unstable();
        given.dedup();
        assert_eq!(given.len(), RECENT_PORTS);
    }
}
