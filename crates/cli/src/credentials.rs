//! The demo's credentials file: a contract that scripts and acceptance runs rely on. Members are added, never changed.

use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// The server's origin.
    pub base_url: String,
    /// Where the console is.
    pub console_url: String,
    /// The merchant's administrator.
    pub admin: Admin,
    /// The native API.
    pub native: Native,
    /// The tills.
    pub till: Till,
    /// The K-Series dialect.
    pub kseries: Kseries,
    /// The Kounta dialect.
    pub kounta: Kounta,
    /// The om dialect.
    pub om: Om,
    /// A second merchant, to try isolation against.
    pub other: Other,
    /// Who signs in at the authorize pages.
    pub person: Person,
}

/// An administrator.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Admin {
    /// Bearer token.
    pub token: String,
}

/// Native API.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Native {
    /// The EUR location.
    pub location_id: String,
    /// All locations of the merchant.
    pub locations: Vec<NativeLocation>,
}

/// A location.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NativeLocation {
    /// Its id.
    pub id: String,
    /// Its currency.
    pub currency: String,
}

/// Tills.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Till {
    /// Bearer token of the tills.
    pub token: String,
    /// Devices of the EUR location.
    pub device_ids: Vec<String>,
}

/// K-Series.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kseries {
    /// Bearer token.
    pub access_token: String,
    /// OAuth client.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// A refresh token, single use.
    pub refresh_token: String,
    /// The EUR location.
    pub business_location_id: u64,
    /// Tables with an open check.
    pub tables: Vec<u32>,
    /// A method code that works.
    pub payment_method: String,
    /// A webhook endpoint that exists from the start.
    pub endpoint_id: String,
}

/// Kounta.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kounta {
    /// OAuth client, and user name of Basic.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// Bearer token.
    pub access_token: String,
    /// A refresh token.
    pub refresh_token: String,
    /// The merchant.
    pub company_id: u64,
    /// The EUR location.
    pub site_id: u64,
    /// Methods.
    pub payment_methods: Vec<NumberedMethod>,
}

/// A method with a number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NumberedMethod {
    /// Its id.
    pub id: u64,
    /// Its name.
    pub name: String,
}

/// om.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Om {
    /// Key of a service user.
    pub api_key: String,
    /// The merchant.
    pub organization_id: String,
    /// Methods.
    pub methods: Vec<NamedMethod>,
}

/// A method with a text id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NamedMethod {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The second merchant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Other {
    /// Its administrator's token.
    pub admin_token: String,
    /// Its location.
    pub location_id: String,
    /// Its company id.
    pub company_id: u64,
    /// Its organization id.
    pub organization_id: String,
    /// Its om key.
    pub api_key: String,
    /// A K-Series token of it.
    pub access_token: String,
    /// A Kounta application of the first merchant that is a payment method itself.
    pub addon: Addon,
}

/// An application that is a payment method itself (Kounta add-on).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Addon {
    /// OAuth client, and user name of Basic.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The method that it is.
    pub method_id: u64,
}

/// A person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Person {
    /// User name.
    pub name: String,
    /// Password.
    pub password: String,
}

impl Credentials {
    /// Writes the file so that a reader sees all of it or nothing.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let write = || -> std::io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut file, self.to_json().as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a file that [`Credentials::write`] wrote.
    ///
    /// # Errors
    /// When it is not there or not such a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            let path = path.display();
            format!(
                "cannot read the credentials file {path}, which tender demo --credentials-file {path} writes"
            )
        })?;
        serde_json::from_str(&text).with_context(|| format!("{} is no credentials file", path.display()))
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
