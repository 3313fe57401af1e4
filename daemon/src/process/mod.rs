//! Local child processes and their supervisors.

mod child;
mod error;
mod options;
mod processes;
mod supervise;

pub use child::{Child, OutputLine, OutputPage, Signal, SpawnRequest};
pub use error::{Error, ErrorKind};
pub use options::Options;
pub use processes::Processes;
pub use supervise::supervise;
