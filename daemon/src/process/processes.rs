//! The handle.

use std::sync::Arc;
use std::time::Duration;

use super::{Child, Error, Options, OutputPage, Signal, SpawnRequest};
use crate::domain::{OwnerId, Target};

/// Starts, finds and ends local children. Cheap to clone.
#[derive(Clone)]
pub struct Processes {
    options: Arc<Options>,
}

impl Processes {
    /// Makes the folder if need be.
    pub fn new(options: Options) -> Result<Self, Error> {
        Ok(Self { options: Arc::new(options) })
    }

    /// Starts the child, or answers with the one that runs under this name with these marks.
    pub async fn spawn(&self, request: SpawnRequest) -> Result<Child, Error> {
        let _ = &self.options;
        Err(Error::NotFound { name: request.target.name })
    }

    /// The child of this name, dead or alive.
    pub async fn inspect(&self, target: &Target) -> Result<Option<Child>, Error> {
        Err(Error::NotFound { name: target.name.clone() })
    }

    /// Every child that carries this owner's mark.
    pub async fn children(&self, owner: OwnerId) -> Result<Vec<Child>, Error> {
        let _ = owner;
        Err(Error::Interrupted)
    }

    /// Signals every process of the child; true when none is left.
    pub async fn signal(&self, target: &Target, signal: Signal, grace: Duration) -> Result<bool, Error> {
        let _ = (signal, grace);
        Err(Error::NotFound { name: target.name.clone() })
    }

    /// What the child wrote, also after its end.
    pub async fn logs(
        &self,
        target: &Target,
        cursor: Option<String>,
        max_bytes: u32,
    ) -> Result<OutputPage, Error> {
        let _ = (cursor, max_bytes);
        Err(Error::NotFound { name: target.name.clone() })
    }
}
