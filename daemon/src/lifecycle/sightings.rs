//! What was last seen of each instance. In memory: the next probe makes it anew.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use crate::domain::{InstanceId, Sighting};

#[derive(Debug, Default)]
pub(super) struct Sightings(RwLock<HashMap<InstanceId, Sighting>>);

impl Sightings {
    pub(super) fn get(&self, id: InstanceId) -> Option<Sighting> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(super) fn put(&self, id: InstanceId, mut sighting: Sighting) {
        let mut sightings = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if sighting.tools.is_none() {
            sighting.tools = sightings.get(&id).and_then(|old| old.tools.clone());
        }
        sightings.insert(id, sighting);
    }

    pub(super) fn forget(&self, id: InstanceId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}
