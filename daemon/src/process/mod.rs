//! Local child processes and their supervisors. Linux only.
//!
//! Starts programs on this machine, finds them again, ends them, and keeps what they wrote.
//! Knows nothing of plugins, phases, templates, MCP or the store; it is told a name, marks and
//! a command, and it runs nothing else.
//!
//! # Flow
//!
//! ```text
//!  spawn ── takes <folder>/lock ── record: starting ── executes `wharfinger supervise <folder>`
//!                                                        stdin:  the order, in memory
//!                                                        stdout: the lock, handed over
//!      supervisor ── own session ── record: who I am ── starts the child in its own group
//!                 ── record: started ── copies output ── record: exit code ── ends last
//!  spawn ── reads the record until it says started, ended or refused
//! ```
//!
//! The lock is a `flock` on an open file, and the supervisor inherits that very open file. So
//! the lock passes from the daemon to the supervisor without a moment in between: a daemon
//! killed before the fork leaves a free lock and no supervisor, one killed after it leaves a
//! held lock. A supervisor killed before the child's execution leaves it held by the fork until
//! the execution, and from then on the child's environment carries the marks. Whoever holds the
//! lock and finds neither the recorded process nor a marked one therefore knows that nothing
//! runs under this name, and nothing will.
//!
//! # Guarantees
//!
//! * Never two children of one name at once, whoever is killed when, and however many spawns
//!   come together.
//! * A process is known by boot id, pid and start time. A reused pid, group or session number is
//!   never taken for ours, nor signalled. A zombie is dead.
//! * A daemon's end, however sudden, ends no child, and a new daemon finds every one of them:
//!   by its folder, or, when folder or supervisor are lost, by its marks in `/proc`.
//! * `signal` answers "gone" only under the lock and after two looks that found nothing: no
//!   process of the group, no descendant, nothing marked, no supervisor.
//! * The environment is what passes, what was asked, the port, the marks; the marks last.
//!   No value of it is ever written to a disk or into a message of ours.
//! * Output is bounded per child and kept folders in number; a child never waits for the disk.
//! * What cannot be looked at is an error, never an absence.
//!
//! # Assumptions
//!
//! * One daemon uses a folder at a time, `flock` works in it, and `/proc` is mounted and shows
//!   this user's processes.
//! * Children run as this user. One that overwrites its own environment is still found by its
//!   record or its living supervisor; when both are lost, it is lost.
//! * A child whose supervisor was killed has lost its readers: writing ends it, as it does with
//!   any closed pipe. Its exit code stays unknown.
//! * A port that was free a moment ago is usually still free. If not, the child ends, and is
//!   made anew with another.
//! * A child works in the folder the daemon was started in, with its limits and its umask.

mod child;
mod end;
mod environment;
mod error;
mod family;
mod folder;
mod marks;
mod options;
mod order;
mod output;
mod processes;
mod record;
mod standing;
mod start;
mod supervise;
mod table;

pub use child::{Child, OutputLine, OutputPage, Signal, SpawnRequest};
pub use error::{Error, ErrorKind};
pub use options::Options;
pub use processes::Processes;
pub use supervise::supervise;
