//! Issuing credentials and taking them back, for the command line, the seeds and the console.

use std::collections::BTreeSet;
use std::fmt;

use tender_engine::{ApplicationId, DeviceId, LocationId, MerchantId};
use tender_store::{Direction, Op, Scan, Table, Wake, WakeKind, Write};

use super::credential::Stored;
use super::secret::{SecretHash, TOKEN_BYTES_MAX, TOKEN_BYTES_MIN, hint, random_token};
use super::{CREDENTIALS_CHANGED, CredentialId, CredentialKind, CredentialRecord};
use crate::directory::directory_row;
use crate::guard::Expected;
use crate::{Application, DirectoryKind, Failure, Tender};

/// Tries of a write whose condition another request broke.
pub(super) const GUARDED_TRIES_MAX: u32 = 8;
/// The longest label and the longest name of who is behind a credential, in bytes.
const LABEL_BYTES_MAX: usize = 200;

/// What a directly issued token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// An access token that no refresh token stands behind.
    Access,
    /// A key of the om dialect.
    ApiKey,
    /// A token of the merchant's administration.
    Admin,
    /// A token of an app on a till.
    Till,
}

impl TokenKind {
    const fn credential(self) -> CredentialKind {
        match self {
            Self::Access => CredentialKind::Access,
            Self::ApiKey => CredentialKind::ApiKey,
            Self::Admin => CredentialKind::Admin,
            Self::Till => CredentialKind::Till,
        }
    }

    const fn prefix(self) -> &'static str {
        match self {
            Self::Access => ACCESS_PREFIX,
            Self::ApiKey => "tnd_key_",
            Self::Admin => "tnd_adm_",
            Self::Till => "tnd_till_",
        }
    }
}

/// What access tokens of our own form begin with.
pub(super) const ACCESS_PREFIX: &str = "tnd_at_";
/// What refresh tokens of our own form begin with.
pub(super) const REFRESH_PREFIX: &str = "tnd_rt_";
/// What authorization codes of our own form begin with.
pub(super) const CODE_PREFIX: &str = "tnd_ac_";

/// A token to issue.
#[derive(Clone)]
pub struct TokenSpec {
    /// What it is for.
    pub kind: TokenKind,
    /// The tenant whose records it reaches.
    pub merchant: MerchantId,
    /// The application it belongs to; 0 for none.
    pub application: ApplicationId,
    /// The merchant in whose directory the application is.
    pub owner: MerchantId,
    /// The locations it reaches; `None` for all of the merchant's.
    pub locations: Option<BTreeSet<LocationId>>,
    /// What it grants.
    pub scopes: BTreeSet<String>,
    /// The device it is made for.
    pub device: Option<DeviceId>,
    /// Who is behind it.
    pub actor: String,
    /// What to call it in lists.
    pub label: String,
    /// How long it lives by the service's clock, in milliseconds; `None`: until it is taken back.
    pub ttl_ms: Option<i64>,
    /// The text to use instead of a random one, for seeds and keys from elsewhere. It must hold as much chance as a
    /// random one: only its plain SHA-256 protects it.
    pub text: Option<String>,
}

impl fmt::Debug for TokenSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSpec")
            .field("kind", &self.kind)
            .field("merchant", &self.merchant)
            .field("application", &self.application)
            .field("locations", &self.locations)
            .field("scopes", &self.scopes)
            .field("device", &self.device)
            .field("actor", &self.actor)
            .field("label", &self.label)
            .field("ttl_ms", &self.ttl_ms)
            .finish_non_exhaustive()
    }
}

/// Why a credential could not be issued or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialFailure {
    /// What was asked for is not possible; the text says what and why.
    Unacceptable(&'static str),
    /// The name, client id or text belongs to something else already.
    Taken,
    /// There is no such credential.
    Unknown,
    /// The service could not do it.
    Failure(Failure),
}

impl From<Failure> for CredentialFailure {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<tender_store::StoreError> for CredentialFailure {
    fn from(error: tender_store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

impl Tender {
    /// Issues a token. Its text is returned here once and stored nowhere.
    ///
    /// With a text of its own that is known already, the credential is renewed as the specification says; one that was
    /// taken back stays so. This makes seeding repeatable.
    ///
    /// # Errors
    /// [`CredentialFailure::Unacceptable`], or [`CredentialFailure::Taken`] when the text is that of another kind,
    /// merchant or application.
    pub async fn issue_token(
        &self,
        spec: TokenSpec,
    ) -> Result<(String, CredentialRecord), CredentialFailure> {
        check_names(&spec.label, &spec.actor)?;
        let text = match &spec.text {
            Some(text) => text.clone(),
            None => random_token(spec.kind.prefix())?,
        };
        check_text(&text)?;
        let now = self.now();
        let hash = SecretHash::of_token(&text);
        let record = CredentialRecord {
            id: hash.id(),
            kind: spec.kind.credential(),
            merchant: spec.merchant,
            application: spec.application,
            owner: spec.owner,
            locations: spec.locations,
            scopes: spec.scopes,
            device: spec.device,
            actor: spec.actor,
            label: spec.label,
            hint: hint(&text),
            created_at: now,
            expires_at: spec.ttl_ms.map(|ttl_ms| now.plus_ms(ttl_ms)),
            revoked_at: None,
            used_at: None,
            grant: None,
            hash,
            password_hash: None,
        };
        let record = self.seed(record).await?;
        Ok((text, record))
    }

    /// Writes a credential that is new, or renews the one that it stands for.
    pub(super) async fn seed(
        &self,
        mut record: CredentialRecord,
    ) -> Result<CredentialRecord, CredentialFailure> {
        for _ in 0..GUARDED_TRIES_MAX {
            let mut expected = Expected::absent(Table::Credentials, record.hash.key());
            if let Some(Stored { row, record: known }) = self.stored_credential(&record.hash).await? {
                if !is_same(&known, &record) {
                    return Err(CredentialFailure::Taken);
                }
                if known.revoked_at.is_some() {
                    return Ok(known);
                }
                expected = Expected::unchanged(row);
                record.created_at = known.created_at;
            }
            let is_change = expected.row.is_some();
            let wakes = if is_change {
                vec![CREDENTIALS_CHANGED]
            } else {
                Vec::new()
            };
            if self
                .write_guarded(vec![expected], vec![record.to_write()?], wakes)
                .await?
            {
                return Ok(record);
            }
        }
        Err(Failure::Busy { retry_after_s: 1 }.into())
    }

    /// Writes an application, and makes it known by its client id. Replaces [`Tender::put_directory`] for
    /// applications: one that is written without this cannot authenticate.
    ///
    /// # Errors
    /// [`CredentialFailure::Taken`] when another application has the client id.
    pub async fn put_application(&self, application: &Application) -> Result<(), CredentialFailure> {
        if application.client_id.len() > TOKEN_BYTES_MAX || application.client_secret.len() > TOKEN_BYTES_MAX
        {
            return Err(CredentialFailure::Unacceptable(
                "client ids and secrets have at most 512 bytes",
            ));
        }
        let owner = MerchantId(application.merchant);
        for _ in 0..GUARDED_TRIES_MAX {
            let (expected, mut rows) = self.client_change(application).await?;
            rows.push(Write::Put(directory_row(
                owner,
                DirectoryKind::Application,
                application.id,
                application,
            )?));
            let directory_changed = Wake {
                kind: WakeKind::Directory,
                id: owner.to_i64(),
            };
            if self
                .write_guarded(expected, rows, vec![CREDENTIALS_CHANGED, directory_changed])
                .await?
            {
                return Ok(());
            }
        }
        Err(Failure::Busy { retry_after_s: 1 }.into())
    }

    /// What has to change so that the application is found by its client id, and by no earlier one.
    async fn client_change(
        &self,
        application: &Application,
    ) -> Result<(Vec<Expected>, Vec<Write>), CredentialFailure> {
        let (mut expected, mut rows) = (Vec::new(), Vec::new());
        let own = |known: &Stored| {
            known.record.kind == CredentialKind::Client
                && known.record.application.0 == application.id
                && known.record.owner.0 == application.merchant
        };
        let earlier = self
            .directory(MerchantId(application.merchant))
            .await?
            .and_then(|directory| {
                directory
                    .applications
                    .get(&application.id)
                    .map(|earlier| earlier.client_id.clone())
            });
        if let Some(earlier) = earlier.filter(|earlier| *earlier != application.client_id) {
            let hash = SecretHash::of_client(&earlier);
            if let Some(known) = self.stored_credential(&hash).await?.filter(own) {
                expected.push(Expected::unchanged(known.row));
                rows.push(Write::Delete(Table::Credentials, hash.key()));
            }
        }
        if application.client_id.is_empty() {
            return Ok((expected, rows));
        }
        let record = self.client_record(application);
        match self.stored_credential(&record.hash).await? {
            Some(known) if !own(&known) => return Err(CredentialFailure::Taken),
            Some(known) => expected.push(Expected::unchanged(known.row)),
            None => expected.push(Expected::absent(Table::Credentials, record.hash.key())),
        }
        rows.push(record.to_write()?);
        Ok((expected, rows))
    }

    fn client_record(&self, application: &Application) -> CredentialRecord {
        let hash = SecretHash::of_client(&application.client_id);
        CredentialRecord {
            id: hash.id(),
            kind: CredentialKind::Client,
            merchant: MerchantId(application.merchant),
            application: ApplicationId(application.id),
            owner: MerchantId(application.merchant),
            locations: None,
            scopes: BTreeSet::new(),
            device: None,
            actor: String::new(),
            label: application.name.clone(),
            hint: String::new(),
            created_at: self.now(),
            expires_at: None,
            revoked_at: None,
            used_at: None,
            grant: None,
            hash,
            password_hash: None,
        }
    }

    /// A credential by its name.
    ///
    /// # Errors
    /// As every query.
    pub async fn credential_record(&self, id: CredentialId) -> Result<Option<CredentialRecord>, Failure> {
        let rows = self.get_rows(Table::Credentials, vec![id.key()]).await?;
        Ok(rows.first().map(CredentialRecord::from_row).transpose()?)
    }

    /// The records of a page that come after one.
    pub(super) async fn scan_credentials(
        &self,
        scan: Scan,
        after: Option<CredentialId>,
    ) -> Result<Vec<CredentialRecord>, Failure> {
        let rows = self.scan_rows(scan).await?;
        let mut records = Vec::with_capacity(rows.len());
        for row in &rows {
            let record = CredentialRecord::from_row(row)?;
            if after.is_none_or(|after| record.id > after) {
                records.push(record);
            }
        }
        Ok(records)
    }
}

/// Credentials in the order of their names, from one on. That one is left out by [`Tender::scan_credentials`], because
/// conditions of a scan are all ANDed and "after this pair" is not such a condition; hence one row more.
pub(super) fn page_scan(after: Option<CredentialId>, limit: u32) -> Scan {
    let mut scan = Scan::new(Table::Credentials, limit.saturating_add(1))
        .order_by("hash_high", Direction::Ascending)
        .order_by("hash_low", Direction::Ascending);
    if let Some(after) = after {
        scan = scan.filter("hash_high", Op::Ge, after.high);
    }
    scan
}

/// Whether a known credential is the one that is to be written.
fn is_same(known: &CredentialRecord, new: &CredentialRecord) -> bool {
    known.kind == new.kind
        && known.merchant == new.merchant
        && known.application == new.application
        && known.owner == new.owner
}

pub(super) fn check_names(label: &str, actor: &str) -> Result<(), CredentialFailure> {
    let fits = |text: &str| text.len() <= LABEL_BYTES_MAX && !text.chars().any(char::is_control);
    if fits(label) && fits(actor) {
        return Ok(());
    }
    Err(CredentialFailure::Unacceptable(
        "labels and actors have at most 200 bytes and no control characters",
    ))
}

pub(super) fn check_text(text: &str) -> Result<(), CredentialFailure> {
    let fits = (TOKEN_BYTES_MIN..=TOKEN_BYTES_MAX).contains(&text.len());
    if fits && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(CredentialFailure::Unacceptable(
        "a token has 16 to 512 visible ASCII characters",
    ))
}
