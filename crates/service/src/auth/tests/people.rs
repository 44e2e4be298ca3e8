//! People and their passwords.

use futures_util::future::join_all;

use super::{OTHER, OWNER, locations, service};
use crate::{AuthFailure, CredentialFailure, Failure, LoginFailure, Person};

const PASSWORD: &str = "correct horse battery";

#[tokio::test]
async fn a_person_logs_in_with_the_right_password_only() {
    let tender = service().await;
    let reach = Some(locations(&[100]));
    tender
        .create_person(OWNER, "ada", PASSWORD, reach.clone())
        .await
        .expect("a person");
    let ada = Person {
        name: "ada".to_owned(),
        merchant: OWNER,
        locations: reach,
    };
    assert_eq!(tender.log_in("ada", PASSWORD).await, Ok(ada.clone()));
    assert_eq!(tender.person("ada").await, Ok(Some(ada)));
    assert_eq!(tender.person("Ada").await, Ok(None));
    let long = "x".repeat(257);
    let wrong = [
        ("ada", "Correct horse battery"),
        ("ada", "correct horse battery "),
        ("ada", ""),
        ("Ada", PASSWORD),
        ("bob", PASSWORD),
        ("", PASSWORD),
        ("ada", long.as_str()),
        (long.as_str(), PASSWORD),
    ];
    for (name, password) in wrong {
        assert_eq!(
            tender.log_in(name, password).await,
            Err(LoginFailure::Wrong),
            "{name:.10} {password:.10}"
        );
    }
}

#[tokio::test]
async fn names_are_unique_and_passwords_can_be_changed() {
    let tender = service().await;
    let first = tender
        .create_person(OWNER, "ada", PASSWORD, None)
        .await
        .expect("a person");
    let other = tender.create_person(OTHER, "ada", PASSWORD, None).await;
    assert_eq!(other, Err(CredentialFailure::Taken));
    let again = tender
        .create_person(OWNER, "ada", "a new password", None)
        .await
        .expect("changed");
    assert_eq!((again.id, again.created_at), (first.id, first.created_at));
    assert_eq!(tender.log_in("ada", PASSWORD).await, Err(LoginFailure::Wrong));
    assert!(tender.log_in("ada", "a new password").await.is_ok());
    tender.revoke_credential(first.id).await.expect("shut out");
    assert_eq!(
        tender.log_in("ada", "a new password").await,
        Err(LoginFailure::Wrong)
    );
    assert_eq!(tender.person("ada").await, Ok(None), "who was shut out");
}

#[tokio::test]
async fn unacceptable_names_and_passwords_are_refused() {
    let tender = service().await;
    let long = "x".repeat(257);
    let cases = [
        ("", PASSWORD),
        (" ada", PASSWORD),
        ("ada ", PASSWORD),
        ("a\tda", PASSWORD),
        (&long[..101], PASSWORD),
        ("ada", "seven77"),
        ("ada", ""),
        ("ada", long.as_str()),
    ];
    for (name, password) in cases {
        let found = tender.create_person(OWNER, name, password, None).await;
        assert!(
            matches!(found, Err(CredentialFailure::Unacceptable(_))),
            "{name:.10} {password:.10}"
        );
    }
}

#[tokio::test]
async fn guessing_has_to_wait_by_the_services_clock() {
    let tender = service().await;
    tender
        .create_person(OWNER, "ada", PASSWORD, None)
        .await
        .expect("a person");
    tender
        .create_person(OWNER, "bob", PASSWORD, None)
        .await
        .expect("a person");
    // A success starts the count again.
    assert_eq!(tender.log_in("ada", "wrong").await, Err(LoginFailure::Wrong));
    assert!(tender.log_in("ada", PASSWORD).await.is_ok());
    let guesses = join_all((0..14).map(|_| tender.log_in("ada", "wrong"))).await;
    let count = |wanted: fn(&LoginFailure) -> bool| {
        guesses
            .iter()
            .filter(|guess| guess.as_ref().is_err_and(wanted))
            .count()
    };
    assert_eq!(
        count(|failure| *failure == LoginFailure::Wrong),
        10,
        "also of guesses at the same time"
    );
    assert_eq!(
        count(|failure| matches!(failure, LoginFailure::TooMany { .. })),
        4
    );
    let Err(LoginFailure::TooMany { retry_after_s }) = tender.log_in("ada", PASSWORD).await else {
        panic!("the right password has to wait, too");
    };
    assert!((1..=301).contains(&retry_after_s));
    assert!(tender.log_in("bob", PASSWORD).await.is_ok(), "others do not");
    tender.clock().advance(retry_after_s * 1_000);
    assert!(tender.log_in("ada", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn a_crowd_is_told_to_come_again() {
    let tender = service().await;
    let tries: Vec<String> = (0..48).map(|number| format!("person {number}")).collect();
    let results = join_all(tries.iter().map(|name| tender.log_in(name, PASSWORD))).await;
    let busy = Err(LoginFailure::Failure(Failure::Busy { retry_after_s: 1 }));
    assert_eq!(
        results
            .iter()
            .filter(|result| **result == Err(LoginFailure::Wrong))
            .count(),
        32
    );
    assert_eq!(results.iter().filter(|result| **result == busy).count(), 16);
    assert_eq!(
        tender.log_in("person 0", PASSWORD).await,
        Err(LoginFailure::Wrong),
        "there is room again"
    );
}

#[tokio::test]
async fn a_password_is_stored_as_argon2_and_shown_nowhere() {
    let tender = service().await;
    let record = tender
        .create_person(OWNER, "ada", PASSWORD, None)
        .await
        .expect("a person");
    let row = record.to_row().expect("a row");
    assert!(row.doc.contains("$argon2id$v=19$"), "{}", row.doc);
    assert!(!row.doc.contains(PASSWORD));
    assert!(!format!("{record:?}").contains("argon2"));
    assert_eq!(
        tender.authenticate_token(PASSWORD).await,
        Err(AuthFailure::Unknown)
    );
}
