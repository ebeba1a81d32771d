//! Can this node serve?

use super::Flows;
use crate::store::StoreError;

impl Flows {
    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn check_ready(&self) -> Result<(), StoreError> {
        self.store.read().ping().await
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
