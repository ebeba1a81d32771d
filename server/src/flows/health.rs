//! Can this node serve, and what does it take to begin and to end?

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

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.store.migrate().await
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
