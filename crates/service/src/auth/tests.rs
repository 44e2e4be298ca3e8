//! Credentials over a real database. The routes above them are tested in the crate that has the routes.

use std::collections::BTreeSet;
use std::sync::Arc;

use tender_engine::{ApplicationId, LocationId, MerchantId};
use tender_store::Store;
use tender_store_sqlite::SqliteStore;

use crate::{
    Application, AuthorizeRequest, ClientCredentials, Clock, DirectoryKind, Merchant, Settings, Tender,
    TokenKind, TokenRequest, TokenSpec,
};

mod authenticating;
mod authorizing;
mod cache;
mod exchanging;
mod kinds;
mod managing;
mod people;
mod records;

pub(super) const OWNER: MerchantId = MerchantId(1);
pub(super) const OTHER: MerchantId = MerchantId(2);
pub(super) const APP: ApplicationId = ApplicationId(10);
pub(super) const CLIENT_ID: &str = "devp-v2-table-pay";
pub(super) const CLIENT_SECRET: &str = "a-secret-of-the-application";
pub(super) const REDIRECT: &str = "https://pay.example/callback?tenant=7";

pub(super) fn store() -> Arc<dyn Store> {
    Arc::new(SqliteStore::open_in_memory().expect("a scratch database"))
}

pub(super) async fn node(store: &Arc<dyn Store>) -> Tender {
    let settings = Settings {
        sandbox: true,
        ..Settings::default()
    };
    Tender::start(Arc::clone(store), Clock::new(), Vec::new(), settings)
        .await
        .expect("the service starts")
}

pub(super) fn application() -> Application {
    Application {
        id: APP.0,
        merchant: OWNER.0,
        name: "Table Pay".to_owned(),
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        redirect_uris: vec![REDIRECT.to_owned()],
        scopes: ["orders-api", "financial-api", "offline_access"]
            .map(str::to_owned)
            .to_vec(),
        ..Application::default()
    }
}

/// A service with two merchants and an application of the first.
pub(super) async fn service() -> Tender {
    let tender = node(&store()).await;
    seed(&tender).await;
    tender
}

pub(super) async fn seed(tender: &Tender) {
    for merchant in [OWNER, OTHER] {
        let record = Merchant {
            id: merchant.0,
            ..Merchant::default()
        };
        tender
            .put_directory(merchant, DirectoryKind::Merchant, merchant.0, &record)
            .await
            .expect("a merchant");
    }
    tender
        .put_application(&application())
        .await
        .expect("an application");
}

pub(super) fn token_spec(kind: TokenKind) -> TokenSpec {
    TokenSpec {
        kind,
        merchant: OWNER,
        application: APP,
        owner: OWNER,
        locations: Some(locations(&[100, 101])),
        scopes: scopes(&["orders-api"]),
        device: None,
        actor: "ada".to_owned(),
        label: "for a test".to_owned(),
        ttl_ms: None,
        text: None,
    }
}

pub(super) fn locations(ids: &[u64]) -> BTreeSet<LocationId> {
    ids.iter().copied().map(LocationId).collect()
}

pub(super) fn scopes(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

pub(super) fn client() -> ClientCredentials {
    ClientCredentials {
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
    }
}

pub(super) fn refresh_request(token: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("refresh_token".to_owned()),
        refresh_token: Some(token.to_owned()),
        ..TokenRequest::default()
    }
}

pub(super) fn code_request(code: &str) -> TokenRequest {
    TokenRequest {
        grant_type: Some("authorization_code".to_owned()),
        code: Some(code.to_owned()),
        redirect_uri: Some(REDIRECT.to_owned()),
        ..TokenRequest::default()
    }
}

pub(super) fn authorize_request() -> AuthorizeRequest {
    AuthorizeRequest {
        client_id: Some(client().client_id),
        redirect_uri: Some(REDIRECT.to_owned()),
        response_type: Some("code".to_owned()),
        scope: Some("orders-api items".to_owned()),
    }
}
