//! How connections are encrypted: the parameters `sslmode` and `sslrootcert` of the URL, which mean here what they
//! mean to the server's own programs.
//!
//! | `sslmode` | encrypted | the server's certificate |
//! |---|---|---|
//! | `disable` | never | |
//! | `prefer` (without any) | when the server offers it | not looked at |
//! | `require` | always | not looked at; with `sslrootcert`, as `verify-ca` |
//! | `verify-ca` | always | signed by a root |
//! | `verify-full` | always | signed by a root, and for the host's name in the URL |
//!
//! Roots are those in the file that `sslrootcert` names, else those of the machine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tender_store::StoreError;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The value of `sslrootcert` that means the machine's own roots, as its absence does.
const SYSTEM_ROOTS: &str = "system";

/// The protocol's name in a handshake that begins with TLS (`sslnegotiation=direct`).
const PROTOCOL: &[u8] = b"postgresql";

/// How much of the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    Nothing,
    Chain,
    ChainAndName,
}

/// What a URL says about encryption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encryption {
    /// Whether to encrypt at all.
    pub mode: SslMode,
    check: Check,
    /// A file of certificates in PEM form; without it the machine's roots.
    roots: Option<PathBuf>,
}

impl Encryption {
    /// Reads the parameters of a URL, and gives back the rest of it, which is for others to read.
    ///
    /// # Errors
    /// When a value is unknown, or the two contradict each other.
    pub(crate) fn extract(url: &str) -> Result<(String, Self), StoreError> {
        let (mut mode, mut roots) = ("prefer".to_owned(), None);
        let rest = match url.split_once('?') {
            Some((address, query)) if address.contains("://") => {
                let mut others = Vec::new();
                for parameter in query.split('&') {
                    let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
                    let value = || percent_decode_str(value).decode_utf8_lossy().into_owned();
                    match name {
                        "sslmode" => mode = value(),
                        "sslrootcert" => roots = Some(value()),
                        _ => others.push(parameter),
                    }
                }
                match others.is_empty() {
                    true => address.to_owned(),
                    false => format!("{address}?{}", others.join("&")),
                }
            }
            _ => url.to_owned(),
        };
        let has_roots = roots.is_some();
        let (mode, check) = match mode.as_str() {
            "disable" => (SslMode::Disable, Check::Nothing),
            "prefer" => (SslMode::Prefer, Check::Nothing),
            "require" if !has_roots => (SslMode::Require, Check::Nothing),
            "require" | "verify-ca" => (SslMode::Require, Check::Chain),
            "verify-full" => (SslMode::Require, Check::ChainAndName),
            _ => {
                return Err(refused(
                    "sslmode is one of disable, prefer, require, verify-ca, verify-full",
                ));
            }
        };
        if has_roots && mode != SslMode::Require {
            return Err(refused(
                "sslrootcert needs sslmode=verify-full, verify-ca or require; otherwise no certificate is checked",
            ));
        }
        let roots = roots.filter(|file| file != SYSTEM_ROOTS).map(PathBuf::from);
        Ok((rest, Self { mode, check, roots }))
    }

    /// Makes what encrypts connections.
    ///
    /// # Errors
    /// When the roots cannot be read.
    pub(crate) fn connector(&self) -> Result<Connector, StoreError> {
        let provider = ring::default_provider();
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| refused(&error.to_string()))?;
        let mut config = match self.check {
            Check::ChainAndName => builder
                .with_root_certificates(self.roots()?)
                .with_no_client_auth(),
            Check::Chain | Check::Nothing => {
                let roots = match self.check {
                    Check::Nothing => None,
                    Check::Chain | Check::ChainAndName => Some(self.roots()?),
                };
                builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(AnyName { roots, algorithms }))
                    .with_no_client_auth()
            }
        };
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        Ok(Connector(MakeRustlsConnect::new(config)))
    }

    fn roots(&self) -> Result<RootCertStore, StoreError> {
        let mut roots = RootCertStore::empty();
        match &self.roots {
            Some(file) => {
                for certificate in certificates(file)? {
                    roots.add(certificate).map_err(|error| unusable(file, &error))?;
                }
                if roots.is_empty() {
                    return Err(unusable(file, &"it has no certificate in PEM form"));
                }
            }
            None => {
                let found = rustls_native_certs::load_native_certs();
                for error in &found.errors {
                    tracing::warn!(%error, "some of the machine's root certificates cannot be read");
                }
                roots.add_parsable_certificates(found.certs);
                if roots.is_empty() {
                    return Err(refused(
                        "this machine has no root certificates: name a file with sslrootcert",
                    ));
                }
            }
        }
        Ok(roots)
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, StoreError> {
    CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| unusable(file, &error))
}

fn unusable(file: &Path, error: &dyn fmt::Display) -> StoreError {
    refused(&format!("sslrootcert {} cannot be used: {error}", file.display()))
}

fn refused(what: &str) -> StoreError {
    StoreError::Internal(format!("the database URL: {what}"))
}

/// Encrypts connections.
#[derive(Clone)]
pub(crate) struct Connector(pub MakeRustlsConnect);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// Accepts a certificate for any name; of any origin, too, unless there are roots.
#[derive(Debug)]
struct AnyName {
    roots: Option<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for AnyName {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            verify_server_cert_signed_by_trust_anchor(
                &certificate,
                roots,
                intermediates,
                now,
                self.algorithms.all,
            )?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.roots.is_none() {
            // Whoever may be anybody need not prove who he is, and old certificates that cannot be read are in use.
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        if self.roots.is_none() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests;
