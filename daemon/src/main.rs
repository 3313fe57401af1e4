//! Only the supervisor's entry, until the rest is written.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next()) {
        (Some(word), Some(folder)) if word == "supervise" => {
            wharfinger::process::supervise(Path::new(&folder))
        }
        _ => ExitCode::from(64),
    }
}
