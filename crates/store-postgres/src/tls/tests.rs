use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tender_store::conformance::{counter, get, put};
use tender_store::{StoreError, Table};
use tender_testkit::postgres::{Cluster, Setup};

use super::{Encryption, SslMode};
use crate::{PostgresOptions, PostgresStore};

#[test]
fn the_parameters_are_taken_out_and_the_rest_stays() {
    for (url, rest, mode) in [
        ("postgres://a/x", "postgres://a/x", SslMode::Prefer),
        (
            "postgres://a/x?sslmode=disable",
            "postgres://a/x",
            SslMode::Disable,
        ),
        (
            "postgres://a/x?connect_timeout=3&sslmode=require&options=-cx%3Dy",
            "postgres://a/x?connect_timeout=3&options=-cx%3Dy",
            SslMode::Require,
        ),
        (
            "host=a sslmode=disable",
            "host=a sslmode=disable",
            SslMode::Prefer,
        ),
        (
            "postgres://a/x?sslmode=prefer&a=b",
            "postgres://a/x?a=b",
            SslMode::Prefer,
        ),
    ] {
        let (found, encryption) = Encryption::extract(url).expect(url);
        assert_eq!((found.as_str(), encryption.mode), (rest, mode), "{url}");
    }
}

#[test]
fn a_file_without_certificates_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let url = format!(
        "postgres://a/x?sslmode=verify-ca&sslrootcert={}",
        file.path().display()
    );
    let (_, encryption) = Encryption::extract(&url).expect("read");
    match encryption.connector() {
        Err(StoreError::Internal(text)) => assert!(text.contains("no certificate"), "{text}"),
        other => panic!("{other:?}"),
    }
}

/// An authority that has signed a certificate for `localhost`, a server with it, and the file of its root.
struct Encrypted {
    cluster: Arc<Cluster>,
    folder: tempfile::TempDir,
    databases: AtomicU32,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    parameters
        .distinguished_name
        .push(rcgen::DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("a root")
}

impl Encrypted {
    /// `kind` is the kind of line in `pg_hba.conf`: `host`, `hostssl`, `hostnossl`.
    fn start(kind: &str) -> Self {
        let (root, stranger) = (authority("test root"), authority("another root"));
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])
            .and_then(|parameters| parameters.signed_by(&key, &root))
            .expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in [("root.pem", root.pem()), ("stranger.pem", stranger.pem())] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let access = format!("local all all trust\n{kind} all all 127.0.0.1/32 trust\n");
        let cluster = Cluster::with(&Setup {
            tcp: true,
            settings: "ssl = on\n",
            access: Some(&access),
            files: &[
                ("server.crt", &certificate.pem()),
                ("server.key", &key.serialize_pem()),
            ],
        });
        Self {
            cluster,
            folder,
            databases: AtomicU32::new(0),
        }
    }

    /// A URL over TCP. `{}` in the parameters stands for the folder of the roots.
    async fn url(&self, host: &str, parameters: &str) -> String {
        let name = format!("tls_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.cluster.run(&format!("CREATE DATABASE {name}")).await;
        let parameters = parameters.replace("{}", &self.folder.path().display().to_string());
        let port = self.cluster.port().expect("a port");
        format!("postgres://tester@{host}:{port}/{name}?{parameters}")
    }

    async fn connect(&self, host: &str, parameters: &str) -> Result<PostgresStore, StoreError> {
        let url = self.url(host, parameters).await;
        PostgresStore::connect(&url, PostgresOptions::default()).await
    }

    /// How many of the sessions of tender are encrypted, and how many are not.
    async fn sessions(&self) -> Option<String> {
        let question = "SELECT count(*) FILTER (WHERE ssl) || ' ' || count(*) FILTER (WHERE NOT ssl) \
                        FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                        WHERE application_name = 'tender'";
        self.cluster.ask(question).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_right_root_and_name_everything_is_encrypted() {
    let server = Encrypted::start("hostssl");
    for (host, parameters) in [
        ("localhost", "sslmode=verify-full&sslrootcert={}/root.pem"),
        // The name does not matter here, the root does.
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert={}/root.pem"),
        ("127.0.0.1", "sslmode=require&sslrootcert={}/root.pem"),
        // Nothing about the certificate matters here.
        ("127.0.0.1", "sslmode=require"),
        ("127.0.0.1", "sslmode=prefer"),
        ("127.0.0.1", "connect_timeout=5"),
        ("127.0.0.1", "hostaddr=127.0.0.1&sslmode=require"),
    ] {
        let store = server.connect(host, parameters).await.expect(parameters);
        put(&store, vec![counter(&[1, 1, 1], 7)]).await.expect("put");
        let found = get(&store, Table::Counters, vec![vec![1, 1, 1]]).await;
        assert_eq!(found, [counter(&[1, 1, 1], 7)], "{parameters}");
        let sessions = server.sessions().await.expect("counted");
        assert!(
            sessions.ends_with(" 0") && sessions != "0 0",
            "{parameters}: {sessions}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_root_the_wrong_name_and_plain_text_are_refused() {
    let server = Encrypted::start("hostssl");
    for (host, parameters, told) in [
        (
            "localhost",
            "sslmode=verify-full&sslrootcert={}/stranger.pem",
            "UnknownIssuer",
        ),
        (
            "localhost",
            "sslmode=verify-ca&sslrootcert={}/stranger.pem",
            "UnknownIssuer",
        ),
        (
            "localhost",
            "sslmode=require&sslrootcert={}/stranger.pem",
            "UnknownIssuer",
        ),
        (
            "127.0.0.1",
            "sslmode=verify-full&sslrootcert={}/root.pem",
            "not valid for name",
        ),
        // The machine's own roots did not sign it.
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=system",
            "UnknownIssuer",
        ),
        ("127.0.0.1", "sslmode=disable", "28000"),
    ] {
        match server.connect(host, parameters).await {
            Err(StoreError::Unavailable(text)) => assert!(text.contains(told), "{parameters}: {text}"),
            other => panic!("{parameters}: {other:?}"),
        }
    }
    assert_eq!(server.sessions().await.as_deref(), Some("0 0"));
}

/// The password's proof is bound to the certificate, so that nobody between the two can pass it on.
#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_bound_to_the_certificate() {
    let server = Encrypted::start("hostssl all stranger 127.0.0.1/32 scram-sha-256\nhostssl");
    server
        .cluster
        .run("CREATE ROLE stranger LOGIN SUPERUSER PASSWORD 'open sesame'")
        .await;
    for (password, mode, told) in [
        ("open%20sesame", "verify-full&sslrootcert={}/root.pem", None),
        ("guessed", "verify-full&sslrootcert={}/root.pem", Some("28P01")),
    ] {
        let parameters = format!("sslmode={mode}&channel_binding=require");
        let url = server.url("localhost", &parameters).await;
        let url = url.replace("tester@", &format!("stranger:{password}@"));
        match (
            PostgresStore::connect(&url, PostgresOptions::default()).await,
            told,
        ) {
            (Ok(store), None) => put(&store, vec![counter(&[1, 1, 1], 7)]).await.expect("put"),
            (Err(StoreError::Unavailable(text)), Some(told)) => assert!(text.contains(told), "{text}"),
            (outcome, _) => panic!("{outcome:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_requires_encryption_does_not_go_on_without() {
    let cluster = Cluster::with(&Setup {
        tcp: true,
        ..Setup::default()
    });
    let port = cluster.port().expect("a port");
    let connect = |mode: &str| {
        let url = format!("postgres://tester@127.0.0.1:{port}/postgres?sslmode={mode}");
        async move { PostgresStore::connect(&url, PostgresOptions::default()).await }
    };
    match connect("require").await {
        Err(StoreError::Unavailable(text)) => assert!(text.contains("does not support TLS"), "{text}"),
        other => panic!("{other:?}"),
    }
    for mode in ["prefer", "disable"] {
        let store = connect(mode).await.expect(mode);
        tokio::time::timeout(Duration::from_secs(20), put(&store, vec![counter(&[1, 1, 1], 7)]))
            .await
            .expect("an answer")
            .expect(mode);
    }
}
