//! From what a request presents to who it is.

use std::sync::Arc;
use std::time::Instant;

use tender_engine::{ApplicationId, MerchantId};
use tender_store::Table;

use super::cache::KnownCredential;
use super::credential::Stored;
use super::secret::{SecretHash, TOKEN_BYTES_MAX, secrets_match};
use super::{AuthFailure, CredentialKind, CredentialRecord, Principal, PrincipalKind};
use crate::{Application, Directory, Failure, Tender};

/// An application that has proven who it is, or that was named.
#[derive(Debug, Clone)]
pub(super) struct KnownApplication {
    directory: Arc<Directory>,
    id: u64,
}

impl KnownApplication {
    /// The application, if it is still there and switched on.
    pub(super) fn enabled(&self) -> Result<&Application, AuthFailure> {
        let application = self
            .directory
            .applications
            .get(&self.id)
            .ok_or(AuthFailure::Disabled)?;
        if application.disabled {
            Err(AuthFailure::Disabled)
        } else {
            Ok(application)
        }
    }

    /// Whether it is this one.
    pub(super) fn is(&self, owner: MerchantId, application: ApplicationId) -> bool {
        self.owner() == owner && self.id == application.0
    }

    /// The merchant in whose directory it is.
    pub(super) fn owner(&self) -> MerchantId {
        self.directory.merchant_id()
    }
}

impl Tender {
    /// Who presents a token: an access token, an om api key, an administration's or a till's token.
    ///
    /// # Errors
    /// [`AuthFailure`].
    pub async fn authenticate_token(&self, token: &str) -> Result<Arc<Principal>, AuthFailure> {
        if token.is_empty() {
            return Err(AuthFailure::Missing);
        }
        if token.len() > TOKEN_BYTES_MAX {
            return Err(AuthFailure::Unknown);
        }
        let known = self
            .credential(&SecretHash::of_token(token))
            .await?
            .ok_or(AuthFailure::Unknown)?;
        let record = &known.record;
        let principal = known.principal.as_ref().ok_or(AuthFailure::Unknown)?;
        self.check_life(record)?;
        if record.application.0 != 0 {
            self.application_of(record.owner, record.application)
                .await?
                .enabled()?;
        }
        Ok(Arc::clone(principal))
    }

    /// Who presents a client id and its secret: the application, in the company that owns it.
    ///
    /// # Errors
    /// [`AuthFailure`].
    pub async fn authenticate_client(
        &self,
        client_id: &str,
        client_secret: &str,
    ) -> Result<Arc<Principal>, AuthFailure> {
        let known = self.client_with_secret(client_id, client_secret).await?;
        let application = known.enabled()?;
        Ok(Arc::new(Principal {
            application: ApplicationId(application.id),
            merchant: known.owner(),
            locations: None,
            scopes: application.scopes.iter().cloned().collect(),
            kind: PrincipalKind::Application,
            device: None,
            actor: application.client_id.clone(),
            credential: CredentialKind::Client,
        }))
    }

    /// The application with this client id and secret. A wrong secret and an unknown client are told alike, and whether
    /// the application is switched off is said only to who knows its secret.
    pub(super) async fn client_with_secret(
        &self,
        client_id: &str,
        client_secret: &str,
    ) -> Result<KnownApplication, AuthFailure> {
        let known = self.client(client_id).await?.ok_or(AuthFailure::Unknown)?;
        let application = known
            .directory
            .applications
            .get(&known.id)
            .ok_or(AuthFailure::Unknown)?;
        if !secrets_match(&application.client_secret, client_secret) {
            return Err(AuthFailure::Unknown);
        }
        Ok(known)
    }

    /// The application with this client id.
    pub(super) async fn client(&self, client_id: &str) -> Result<Option<KnownApplication>, Failure> {
        if client_id.is_empty() || client_id.len() > TOKEN_BYTES_MAX {
            return Ok(None);
        }
        let Some(known) = self.credential(&SecretHash::of_client(client_id)).await? else {
            return Ok(None);
        };
        let record = &known.record;
        if record.kind != CredentialKind::Client {
            return Ok(None);
        }
        let Some(directory) = self.directory(record.owner).await? else {
            return Ok(None);
        };
        // The record may be a moment older than the directory: what the directory says counts.
        let named = directory
            .applications
            .get(&record.application.0)
            .is_some_and(|app| app.client_id == client_id);
        Ok(named.then_some(KnownApplication {
            directory,
            id: record.application.0,
        }))
    }

    async fn application_of(
        &self,
        owner: MerchantId,
        application: ApplicationId,
    ) -> Result<KnownApplication, AuthFailure> {
        let directory = self.directory(owner).await?.ok_or(AuthFailure::Disabled)?;
        Ok(KnownApplication {
            directory,
            id: application.0,
        })
    }

    pub(super) fn check_life(&self, record: &CredentialRecord) -> Result<(), AuthFailure> {
        if record.revoked_at.is_some() {
            return Err(AuthFailure::Revoked);
        }
        if record.has_expired(self.now()) {
            return Err(AuthFailure::Expired);
        }
        Ok(())
    }

    /// A credential from memory, or from the store.
    async fn credential(&self, hash: &SecretHash) -> Result<Option<Arc<KnownCredential>>, Failure> {
        let cache = &self.inner().auth.cache;
        let now = Instant::now();
        if let Some(known) = cache.get(hash, now) {
            return Ok(Some(known));
        }
        let ticket = cache.begin_read(now);
        // Boxed, so that a request which finds its credential in memory does not carry the space for reading one.
        let Some(stored) = Box::pin(self.stored_credential(hash)).await? else {
            cache.drop_one(hash);
            return Ok(None);
        };
        let known = Arc::new(KnownCredential::from(stored.record));
        cache.keep(ticket, &known);
        Ok(Some(known))
    }

    /// A credential as the store has it now.
    pub(super) async fn stored_credential(&self, hash: &SecretHash) -> Result<Option<Stored>, Failure> {
        let rows = self.get_rows(Table::Credentials, vec![hash.key()]).await?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let record = CredentialRecord::from_row(&row)?;
        Ok(record.hash.matches(hash).then_some(Stored { row, record }))
    }
}
