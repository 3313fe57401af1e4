//! A bell without data: "there is work".

use std::sync::Arc;

use tokio::sync::Notify;

/// Rung by whoever made work, heard by the one who does it. Rings while nobody listens are
/// remembered as one. It carries nothing: whoever wakes looks at the truth, so that a restart
/// is not a second code path.
#[derive(Debug, Clone, Default)]
pub struct Activator(Arc<Notify>);

impl Activator {
    /// A bell nobody has rung.
    pub fn new() -> Self {
        Self::default()
    }

    /// There is work.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits for the bell. Cancel-safe. Meant for one listener.
    pub async fn rung(&self) {
        self.0.notified().await;
    }
}
