//! Tokens and client credentials: who they make, and every way in which they fail.

use std::sync::Arc;

use tender_engine::{ApplicationId, DeviceId, LocationId, MerchantId, Via};
use tender_store::{Table, Write};

use super::{
    APP, CLIENT_ID, CLIENT_SECRET, OWNER, application, locations, node, scopes, seed, service, store,
    token_spec,
};
use crate::auth::secret::SecretHash;
use crate::{
    Application, AuthFailure, Caller, CommitEvent, CredentialKind, DirectoryKind, Principal, PrincipalKind,
    Tender, TokenKind, TokenSpec,
};

async fn issue(tender: &Tender, spec: TokenSpec) -> String {
    tender.issue_token(spec).await.expect("a token").0
}

#[tokio::test]
async fn every_kind_of_token_makes_its_principal() {
    let tender = service().await;
    let cases = [
        (
            TokenKind::Access,
            CredentialKind::Access,
            PrincipalKind::Application,
            "tnd_at_",
        ),
        (
            TokenKind::ApiKey,
            CredentialKind::ApiKey,
            PrincipalKind::Application,
            "tnd_key_",
        ),
        (
            TokenKind::Admin,
            CredentialKind::Admin,
            PrincipalKind::Admin,
            "tnd_adm_",
        ),
        (
            TokenKind::Till,
            CredentialKind::Till,
            PrincipalKind::Till,
            "tnd_till_",
        ),
    ];
    for (kind, credential, principal, prefix) in cases {
        let spec = TokenSpec {
            device: Some(DeviceId(5)),
            ..token_spec(kind)
        };
        let (token, record) = tender.issue_token(spec).await.expect("a token");
        assert!(token.starts_with(prefix), "{token}");
        assert!(token.ends_with(&record.hint) && record.hint.len() == 4);
        let expected = Principal {
            application: APP,
            merchant: OWNER,
            locations: Some(locations(&[100, 101])),
            scopes: scopes(&["orders-api"]),
            kind: principal,
            device: Some(DeviceId(5)),
            actor: "ada".to_owned(),
            credential,
        };
        assert_eq!(tender.authenticate_token(&token).await, Ok(Arc::new(expected)));
    }
}

#[tokio::test]
async fn a_principal_reaches_what_it_was_given() {
    let tender = service().await;
    let some = tender
        .authenticate_token(&issue(&tender, token_spec(TokenKind::Access)).await)
        .await
        .expect("known");
    assert!(some.covers(LocationId(100)) && some.covers(LocationId(101)) && !some.covers(LocationId(102)));
    assert!(some.has_scope("orders-api") && !some.has_scope("financial-api") && !some.has_scope("orders"));
    let caller = Caller {
        merchant: OWNER,
        application: APP,
        via: Via::Kseries,
    };
    assert_eq!(some.caller(Via::Kseries), caller);
    let spec = TokenSpec {
        locations: None,
        ..token_spec(TokenKind::Access)
    };
    let all = tender
        .authenticate_token(&issue(&tender, spec).await)
        .await
        .expect("known");
    assert!(all.covers(LocationId(100)) && all.covers(LocationId(102)));
    let spec = TokenSpec {
        locations: Some(locations(&[])),
        ..token_spec(TokenKind::Access)
    };
    let none = tender
        .authenticate_token(&issue(&tender, spec).await)
        .await
        .expect("known");
    assert!(!none.covers(LocationId(100)));
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let tender = service().await;
    let token = issue(&tender, token_spec(TokenKind::Access)).await;
    let person = tender
        .create_person(OWNER, "ada", "correct horse", None)
        .await
        .expect("a person");
    let cases = [
        (String::new(), AuthFailure::Missing),
        ("made-up".to_owned(), AuthFailure::Unknown),
        (token.to_uppercase(), AuthFailure::Unknown),
        (format!("{token} "), AuthFailure::Unknown),
        (token.chars().skip(1).collect(), AuthFailure::Unknown),
        ("x".repeat(100_000), AuthFailure::Unknown),
        (CLIENT_ID.to_owned(), AuthFailure::Unknown),
        // The rows of names have keys of their own, and are no tokens even to who knows how the keys are made.
        (format!("client\0{CLIENT_ID}"), AuthFailure::Unknown),
        (format!("person\0{}", person.actor), AuthFailure::Unknown),
        (person.id.to_string(), AuthFailure::Unknown),
    ];
    for (presented, failure) in cases {
        assert_eq!(
            tender.authenticate_token(&presented).await,
            Err(failure),
            "{presented:.40}"
        );
    }
    assert!(tender.authenticate_token(&token).await.is_ok());
}

#[tokio::test]
async fn life_ends_by_the_services_clock_at_the_millisecond() {
    let tender = service().await;
    let spec = TokenSpec {
        ttl_ms: Some(3_600_000),
        ..token_spec(TokenKind::Access)
    };
    let (token, record) = tender.issue_token(spec).await.expect("a token");
    let ends = record.expires_at.expect("an end");
    assert!(record.is_live(ends.plus_ms(-1)) && !record.is_live(ends));
    // Within the second before the end the real clock cannot run out, but it does move: stop well before.
    tender.clock().advance(3_590_000);
    assert!(
        tender.authenticate_token(&token).await.is_ok(),
        "also from memory"
    );
    tender.clock().advance(10_000);
    assert_eq!(
        tender.authenticate_token(&token).await,
        Err(AuthFailure::Expired),
        "also from memory"
    );
}

#[tokio::test]
async fn a_token_is_looked_up_once_and_then_known() {
    let tender = service().await;
    let (token, record) = tender
        .issue_token(token_spec(TokenKind::Access))
        .await
        .expect("a token");
    assert!(tender.authenticate_token(&token).await.is_ok());
    // Behind the cache's back, which no operator does: proof that the store is not asked again.
    let gone = Write::Delete(Table::Credentials, record.id.key());
    tender.write_rows(vec![gone], Vec::new()).await.expect("deleted");
    let known = tender.authenticate_token(&token).await;
    assert!(known.is_ok(), "{known:?}");
    tender.inner().auth.forget_all();
    assert_eq!(tender.authenticate_token(&token).await, Err(AuthFailure::Unknown));
}

#[tokio::test]
async fn what_one_node_takes_back_the_others_refuse() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    seed(&here).await;
    let (token, record) = here
        .issue_token(token_spec(TokenKind::ApiKey))
        .await
        .expect("a token");
    assert!(
        there.authenticate_token(&token).await.is_ok(),
        "at once, on any node"
    );
    let mut news = there.events();
    assert_eq!(here.revoke_credential(record.id).await, Ok(1));
    assert_eq!(
        here.authenticate_token(&token).await,
        Err(AuthFailure::Revoked),
        "at once where it was done"
    );
    while news.recv().await.expect("news") != CommitEvent::Directory(MerchantId(0)) {}
    assert_eq!(there.authenticate_token(&token).await, Err(AuthFailure::Revoked));
}

#[tokio::test]
async fn tokens_die_with_their_application() {
    let tender = service().await;
    let token = issue(&tender, token_spec(TokenKind::Access)).await;
    let own = TokenSpec {
        application: ApplicationId(0),
        ..token_spec(TokenKind::Admin)
    };
    let admin = issue(&tender, own).await;
    tender
        .put_application(&Application {
            disabled: true,
            ..application()
        })
        .await
        .expect("switched off");
    assert_eq!(
        tender.authenticate_token(&token).await,
        Err(AuthFailure::Disabled)
    );
    let basic = tender.authenticate_client(CLIENT_ID, CLIENT_SECRET).await;
    assert_eq!(basic, Err(AuthFailure::Disabled));
    tender.put_application(&application()).await.expect("switched on");
    assert!(tender.authenticate_token(&token).await.is_ok());
    tender
        .delete_directory(OWNER, DirectoryKind::Application, APP.0)
        .await
        .expect("deleted");
    assert_eq!(
        tender.authenticate_token(&token).await,
        Err(AuthFailure::Disabled)
    );
    let basic = tender.authenticate_client(CLIENT_ID, CLIENT_SECRET).await;
    assert_eq!(basic, Err(AuthFailure::Unknown));
    assert!(
        tender.authenticate_token(&admin).await.is_ok(),
        "it belongs to no application"
    );
}

#[tokio::test]
async fn client_credentials_reach_the_owners_company() {
    let tender = service().await;
    let expected = Principal {
        application: APP,
        merchant: OWNER,
        locations: None,
        scopes: scopes(&["orders-api", "financial-api", "offline_access"]),
        kind: PrincipalKind::Application,
        device: None,
        actor: CLIENT_ID.to_owned(),
        credential: CredentialKind::Client,
    };
    assert_eq!(
        tender.authenticate_client(CLIENT_ID, CLIENT_SECRET).await,
        Ok(Arc::new(expected))
    );
    let wrong = [
        (CLIENT_ID, "another secret"),
        (CLIENT_ID, ""),
        ("", CLIENT_SECRET),
        ("", ""),
        ("nobody", CLIENT_SECRET),
        (CLIENT_ID, "a-secret-of-the-application "),
    ];
    for (id, secret) in wrong {
        let found = tender.authenticate_client(id, secret).await;
        assert_eq!(found, Err(AuthFailure::Unknown), "{id:?} {secret:?}");
    }
}

#[tokio::test]
async fn an_application_without_a_secret_has_no_way_in() {
    let tender = service().await;
    let open = Application {
        client_secret: String::new(),
        ..application()
    };
    tender.put_application(&open).await.expect("written");
    assert_eq!(
        tender.authenticate_client(CLIENT_ID, "").await,
        Err(AuthFailure::Unknown)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_are_all_recognised() {
    let tender = Arc::new(service().await);
    let token = issue(&tender, token_spec(TokenKind::Access)).await;
    let tasks: Vec<_> = (0..64)
        .map(|_| {
            let (tender, token) = (Arc::clone(&tender), token.clone());
            tokio::spawn(async move { tender.authenticate_token(&token).await.is_ok() })
        })
        .collect();
    for task in tasks {
        assert!(task.await.expect("no panic"));
    }
    assert!(
        tender
            .stored_credential(&SecretHash::of_token(&token))
            .await
            .expect("read")
            .is_some()
    );
}

#[tokio::test]
async fn half_a_hash_is_not_enough() {
    let tender = service().await;
    let (token, _) = tender
        .issue_token(token_spec(TokenKind::Access))
        .await
        .expect("a token");
    let hash = SecretHash::of_token(&token);
    let mut row = tender
        .stored_credential(&hash)
        .await
        .expect("read")
        .expect("known")
        .row;
    // A row whose key fits, as that of a colliding text would, but not the rest of the hash.
    let last = hash.to_hex().chars().last().expect("64 digits");
    let other = if last == '0' { '1' } else { '0' };
    let changed = format!("{}{other}", &hash.to_hex()[..63]);
    row.doc = row.doc.replace(&hash.to_hex(), &changed);
    tender
        .write_rows(vec![Write::Put(row)], Vec::new())
        .await
        .expect("written");
    assert_eq!(tender.authenticate_token(&token).await, Err(AuthFailure::Unknown));
}
