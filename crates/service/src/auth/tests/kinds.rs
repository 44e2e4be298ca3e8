//! What an exchange hands out besides access tokens opens nothing.

use super::{OTHER, authorize_request, client, code_request, locations, service};
use crate::{AuthFailure, CredentialKind, Flavour, Person};

#[tokio::test]
async fn codes_and_refresh_tokens_are_no_access_tokens() {
    let tender = service().await;
    let person = Person {
        name: "ada".to_owned(),
        merchant: OTHER,
        locations: Some(locations(&[200])),
    };
    for flavour in [Flavour::KseriesV1, Flavour::KseriesV2, Flavour::Kounta] {
        let authorization = tender
            .check_authorization(flavour, &authorize_request())
            .await
            .expect("authorized");
        let code = tender.issue_code(&authorization, &person).await.expect("a code");
        let unknown = Err(AuthFailure::Unknown);
        assert_eq!(
            tender.authenticate_token(&code).await,
            unknown,
            "{flavour:?} code"
        );
        let tokens = tender
            .exchange(flavour, Some(&client()), &code_request(&code))
            .await
            .expect("tokens");
        assert_eq!(
            tender.authenticate_token(&code).await,
            unknown,
            "{flavour:?} used code"
        );
        let refresh = tokens.refresh_token.as_str();
        assert_eq!(
            tender.authenticate_token(refresh).await,
            unknown,
            "{flavour:?} refresh"
        );
        let access = tender.authenticate_token(&tokens.access_token).await;
        assert_eq!(
            access.expect("known").credential,
            CredentialKind::Access,
            "{flavour:?}"
        );
    }
}
