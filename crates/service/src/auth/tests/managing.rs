//! Issuing, listing, taking back, applications and their client ids, purging.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tender_engine::ApplicationId;

use super::{
    APP, CLIENT_ID, CLIENT_SECRET, OTHER, OWNER, application, client, node, refresh_request, scopes, seed,
    service, store, token_spec,
};
use crate::auth::purge::KEPT_MS;
use crate::auth::secret::SecretHash;
use crate::{
    Application, AuthFailure, CredentialFailure, CredentialFilter, CredentialId, CredentialKind,
    CredentialRecord, Flavour, GrantSpec, OAuthFailure, Tender, TokenKind, TokenSpec,
};

const SEEDED: &str = "seeded-token-text-0001";

fn seeded(kind: TokenKind) -> TokenSpec {
    TokenSpec {
        text: Some(SEEDED.to_owned()),
        ..token_spec(kind)
    }
}

fn grant_spec(flavour: Flavour) -> GrantSpec {
    GrantSpec {
        flavour,
        application: APP,
        owner: OWNER,
        merchant: OWNER,
        locations: None,
        scopes: scopes(&["orders-api"]),
        actor: "ada".to_owned(),
        label: "a pair".to_owned(),
        texts: None,
    }
}

async fn all(tender: &Tender, filter: CredentialFilter) -> Vec<CredentialRecord> {
    let page = tender
        .list_credentials(&filter, None, 10_000)
        .await
        .expect("a list");
    assert!(!page.more);
    page.items
}

#[tokio::test]
async fn random_tokens_are_never_alike() {
    let tender = service().await;
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        let (token, record) = tender
            .issue_token(token_spec(TokenKind::Access))
            .await
            .expect("a token");
        assert_eq!(token.len(), "tnd_at_".len() + 43, "256 bits in base64");
        assert!(seen.insert(token) && record.created_at <= tender.now());
    }
}

#[tokio::test]
async fn a_seeded_token_is_renewed_by_the_same_seed() {
    let tender = service().await;
    let spec = || TokenSpec {
        ttl_ms: Some(1_000_000),
        ..seeded(TokenKind::Access)
    };
    let (text, first) = tender.issue_token(spec()).await.expect("a token");
    assert_eq!(text, SEEDED);
    tender.clock().advance(1_000_000);
    assert_eq!(tender.authenticate_token(SEEDED).await, Err(AuthFailure::Expired));
    let wider = TokenSpec {
        scopes: scopes(&["orders-api", "items"]),
        ..spec()
    };
    let (text, second) = tender.issue_token(wider).await.expect("renewed");
    assert_eq!(
        (text.as_str(), second.id, second.created_at),
        (SEEDED, first.id, first.created_at)
    );
    assert!(second.expires_at > first.expires_at);
    let principal = tender
        .authenticate_token(SEEDED)
        .await
        .expect("alive again, at once");
    assert!(principal.has_scope("items"));
}

#[tokio::test]
async fn a_seed_neither_steals_nor_brings_back_what_was_taken_back() {
    let tender = service().await;
    let (_, record) = tender
        .issue_token(seeded(TokenKind::Access))
        .await
        .expect("a token");
    let others = [
        seeded(TokenKind::Admin),
        TokenSpec {
            merchant: OTHER,
            ..seeded(TokenKind::Access)
        },
        TokenSpec {
            application: ApplicationId(11),
            ..seeded(TokenKind::Access)
        },
        TokenSpec {
            owner: OTHER,
            ..seeded(TokenKind::Access)
        },
    ];
    for spec in others {
        assert_eq!(tender.issue_token(spec).await, Err(CredentialFailure::Taken));
    }
    tender.revoke_credential(record.id).await.expect("taken back");
    let (_, again) = tender
        .issue_token(seeded(TokenKind::Access))
        .await
        .expect("no error");
    assert!(again.revoked_at.is_some());
    assert_eq!(tender.authenticate_token(SEEDED).await, Err(AuthFailure::Revoked));
}

#[tokio::test]
async fn many_nodes_may_seed_at_once() {
    let store = store();
    let nodes = [node(&store).await, node(&store).await, node(&store).await];
    seed(&nodes[0]).await;
    let seeding = nodes
        .iter()
        .flat_map(|node| (0..8).map(move |_| node.issue_token(seeded(TokenKind::Admin))));
    for result in join_all(seeding).await {
        assert_eq!(result.expect("seeded").0, SEEDED);
    }
    let filter = CredentialFilter {
        kinds: vec![CredentialKind::Admin],
        ..CredentialFilter::default()
    };
    assert_eq!(all(&nodes[1], filter).await.len(), 1);
}

#[tokio::test]
async fn unacceptable_texts_and_labels_are_refused() {
    let tender = service().await;
    let texts = [
        "",
        "fifteen-chars-x",
        "with a space inside it",
        "über-lange-kennung",
        &"x".repeat(513),
    ];
    for text in texts {
        let spec = TokenSpec {
            text: Some(text.to_owned()),
            ..token_spec(TokenKind::Access)
        };
        let found = tender.issue_token(spec).await;
        assert!(
            matches!(found, Err(CredentialFailure::Unacceptable(_))),
            "{text:?}: {found:?}"
        );
    }
    for label in ["two\nlines", &"x".repeat(201)] {
        let spec = TokenSpec {
            label: label.to_owned(),
            ..token_spec(TokenKind::Access)
        };
        assert!(matches!(
            tender.issue_token(spec).await,
            Err(CredentialFailure::Unacceptable(_))
        ));
        let spec = TokenSpec {
            actor: label.to_owned(),
            ..token_spec(TokenKind::Access)
        };
        assert!(matches!(
            tender.issue_token(spec).await,
            Err(CredentialFailure::Unacceptable(_))
        ));
    }
    let same = GrantSpec {
        texts: Some((SEEDED.to_owned(), SEEDED.to_owned())),
        ..grant_spec(Flavour::Kounta)
    };
    assert!(matches!(
        tender.issue_grant(same).await,
        Err(CredentialFailure::Unacceptable(_))
    ));
}

#[tokio::test]
async fn lists_are_filtered_and_paged() {
    let tender = service().await;
    let issue = |kind, merchant, application| {
        tender.issue_token(TokenSpec {
            merchant,
            application,
            ..token_spec(kind)
        })
    };
    let (_, admin) = issue(TokenKind::Admin, OWNER, ApplicationId(0))
        .await
        .expect("a token");
    let (_, key) = issue(TokenKind::ApiKey, OTHER, APP).await.expect("a token");
    let spec = TokenSpec {
        ttl_ms: Some(1_000),
        ..token_spec(TokenKind::Access)
    };
    let (_, expired) = tender.issue_token(spec).await.expect("a token");
    let (_, revoked) = issue(TokenKind::Till, OWNER, APP).await.expect("a token");
    tender.revoke_credential(revoked.id).await.expect("taken back");
    tender.clock().advance(1_000);

    let none = CredentialFilter::default;
    let cases: [(&str, CredentialFilter, Vec<CredentialId>); 7] = [
        ("live", none(), vec![admin.id, key.id]),
        (
            "ended too",
            CredentialFilter {
                ended: true,
                ..none()
            },
            vec![admin.id, key.id, expired.id, revoked.id],
        ),
        (
            "merchant",
            CredentialFilter {
                merchant: Some(OTHER),
                ..none()
            },
            vec![key.id],
        ),
        (
            "application",
            CredentialFilter {
                application: Some(APP),
                ..none()
            },
            vec![key.id],
        ),
        (
            "kind",
            CredentialFilter {
                kinds: vec![CredentialKind::Admin],
                ..none()
            },
            vec![admin.id],
        ),
        (
            "no match",
            CredentialFilter {
                merchant: Some(OTHER),
                kinds: vec![CredentialKind::Admin],
                ..none()
            },
            vec![],
        ),
        (
            "client ids only when asked for",
            CredentialFilter {
                kinds: vec![CredentialKind::Client],
                ..none()
            },
            vec![SecretHash::of_client(CLIENT_ID).id()],
        ),
    ];
    for (name, filter, mut expected) in cases {
        expected.sort();
        let found: Vec<_> = all(&tender, filter)
            .await
            .iter()
            .map(|record| record.id)
            .collect();
        assert_eq!(found, expected, "{name}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gaps_or_repeats() {
    let tender = service().await;
    let issuing = (0..1_203).map(|_| tender.issue_token(token_spec(TokenKind::ApiKey)));
    let mut expected: Vec<CredentialId> = join_all(issuing)
        .await
        .into_iter()
        .map(|issued| issued.expect("a token").1.id)
        .collect();
    expected.sort();
    let filter = CredentialFilter {
        application: Some(APP),
        ..CredentialFilter::default()
    };
    for limit in [1_203, 700, 401, 100] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = tender
                .list_credentials(&filter, after, limit)
                .await
                .expect("a page");
            assert!(page.items.len() <= usize::try_from(limit).expect("small"));
            found.extend(page.items.iter().map(|record| record.id));
            after = found.last().copied();
            if !page.more {
                break;
            }
        }
        assert_eq!(found, expected, "pages of {limit}");
    }
}

#[tokio::test]
async fn taking_back_one_takes_back_its_whole_consent() {
    let tender = service().await;
    let mine = tender
        .issue_grant(grant_spec(Flavour::Kounta))
        .await
        .expect("a pair");
    let others = tender
        .issue_grant(grant_spec(Flavour::Kounta))
        .await
        .expect("a pair");
    let refreshed = tender
        .exchange(
            Flavour::Kounta,
            Some(&client()),
            &refresh_request(&mine.refresh_token),
        )
        .await
        .expect("refreshed");
    let live = all(&tender, CredentialFilter::default()).await;
    let named = live
        .iter()
        .find(|record| refreshed.access_token.ends_with(&record.hint))
        .expect("listed");
    assert_eq!(
        tender.revoke_credential(named.id).await,
        Ok(3),
        "two access tokens and a refresh token"
    );
    for token in [&mine.access_token, &refreshed.access_token] {
        assert_eq!(tender.authenticate_token(token).await, Err(AuthFailure::Revoked));
    }
    let again = tender
        .exchange(
            Flavour::Kounta,
            Some(&client()),
            &refresh_request(&mine.refresh_token),
        )
        .await;
    assert_eq!(again, Err(OAuthFailure::InvalidGrant("it has been revoked")));
    assert!(tender.authenticate_token(&others.access_token).await.is_ok());
    assert_eq!(
        tender.revoke_credential(named.id).await,
        Ok(0),
        "again is no error"
    );
    let unknown = "00000000000000000000000000000000".parse().expect("a name");
    assert_eq!(
        tender.revoke_credential(unknown).await,
        Err(CredentialFailure::Unknown)
    );
    let client_id = SecretHash::of_client(CLIENT_ID).id();
    assert_eq!(
        tender.revoke_credential(client_id).await,
        Err(CredentialFailure::Unknown)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_a_consent_outlives_its_end_however_busy_it_is() {
    let store = store();
    let (here, there) = (node(&store).await, node(&store).await);
    seed(&here).await;
    for flavour in [Flavour::Kounta, Flavour::KseriesV1] {
        let pair = here.issue_grant(grant_spec(flavour)).await.expect("a pair");
        let live = all(&here, CredentialFilter::default()).await;
        let named = live
            .iter()
            .find(|record| pair.refresh_token.ends_with(&record.hint))
            .expect("listed")
            .id;
        let refreshing = {
            let (there, mut token) = (there.clone(), pair.refresh_token.clone());
            tokio::spawn(async move {
                let mut issued = Vec::new();
                while let Ok(tokens) = there
                    .exchange(flavour, Some(&client()), &refresh_request(&token))
                    .await
                {
                    token = tokens.refresh_token;
                    issued.push(tokens.access_token);
                }
                issued
            })
        };
        // Some refreshes first, so that there is something to run after.
        while all(&here, CredentialFilter::default()).await.len() < live.len() + 5 {}
        here.revoke_credential(named).await.expect("taken back");
        let issued = refreshing.await.expect("no panic");
        assert!(issued.len() >= 5);
        here.inner().auth.forget_all();
        for token in issued {
            assert_eq!(here.authenticate_token(&token).await, Err(AuthFailure::Revoked));
        }
    }
}

#[tokio::test]
async fn a_client_id_leads_to_one_application() {
    let tender = service().await;
    let second = Application {
        id: 11,
        client_secret: "another secret".to_owned(),
        ..application()
    };
    assert_eq!(
        tender.put_application(&second).await,
        Err(CredentialFailure::Taken)
    );
    let abroad = Application {
        merchant: OTHER.0,
        ..application()
    };
    assert_eq!(
        tender.put_application(&abroad).await,
        Err(CredentialFailure::Taken)
    );
    let directory = tender.directory(OWNER).await.expect("read").expect("known");
    assert!(
        !directory.applications.contains_key(&11),
        "what was refused is not half written"
    );

    // A new client id replaces the old one, which is free again.
    let renamed = Application {
        client_id: "devp-renamed".to_owned(),
        ..application()
    };
    tender.put_application(&renamed).await.expect("renamed");
    assert!(
        tender
            .authenticate_client("devp-renamed", CLIENT_SECRET)
            .await
            .is_ok()
    );
    assert_eq!(
        tender.authenticate_client(CLIENT_ID, CLIENT_SECRET).await,
        Err(AuthFailure::Unknown)
    );
    tender.put_application(&second).await.expect("free");
    let found = tender
        .authenticate_client(CLIENT_ID, "another secret")
        .await
        .expect("known");
    assert_eq!(found.application, ApplicationId(11));
    // Writing the same again, or a new secret, changes nothing about the id.
    let rotated = Application {
        client_secret: "a new secret".to_owned(),
        ..second
    };
    tender.put_application(&rotated).await.expect("written");
    assert!(
        tender
            .authenticate_client(CLIENT_ID, "a new secret")
            .await
            .is_ok()
    );
    assert_eq!(
        tender.authenticate_client(CLIENT_ID, "another secret").await,
        Err(AuthFailure::Unknown)
    );
    let without = Application {
        client_id: String::new(),
        ..rotated
    };
    tender.put_application(&without).await.expect("written");
    assert_eq!(
        tender.authenticate_client(CLIENT_ID, "a new secret").await,
        Err(AuthFailure::Unknown)
    );
    let long = Application {
        client_id: "x".repeat(513),
        ..application()
    };
    assert!(matches!(
        tender.put_application(&long).await,
        Err(CredentialFailure::Unacceptable(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_applications_that_want_one_client_id_one_gets_it() {
    let store = store();
    let nodes = [node(&store).await, node(&store).await];
    seed(&nodes[0]).await;
    let wanted: Vec<Application> = (20..36)
        .map(|id| Application {
            id,
            client_id: "devp-wanted".to_owned(),
            ..application()
        })
        .collect();
    let putting = wanted
        .iter()
        .zip(nodes.iter().cycle())
        .map(|(application, node)| node.put_application(application));
    let results = join_all(putting).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == Err(CredentialFailure::Taken))
            .count(),
        15
    );
}

#[tokio::test]
async fn what_expired_a_week_ago_is_forgotten() {
    let tender = service().await;
    let expiring = TokenSpec {
        ttl_ms: Some(1_000),
        ..token_spec(TokenKind::Access)
    };
    let issuing = (0..1_100).map(|_| tender.issue_token(expiring.clone()));
    let short: Vec<String> = join_all(issuing)
        .await
        .into_iter()
        .map(|issued| issued.expect("a token").0)
        .collect();
    let (lasting, _) = tender
        .issue_token(token_spec(TokenKind::Admin))
        .await
        .expect("a token");
    let week = u32::try_from(KEPT_MS).expect("small");
    tender.clock().advance(week);
    assert_eq!(tender.purge_credentials().await, Ok(0), "a week is not over");
    assert_eq!(
        tender.authenticate_token(&short[0]).await,
        Err(AuthFailure::Expired)
    );
    tender.clock().advance(60_000);
    assert_eq!(tender.purge_credentials().await, Ok(1_100));
    tender.inner().auth.forget_all();
    assert_eq!(
        tender.authenticate_token(&short[0]).await,
        Err(AuthFailure::Unknown)
    );
    assert!(tender.authenticate_token(&lasting).await.is_ok());
    assert_eq!(tender.purge_credentials().await, Ok(0));
}
