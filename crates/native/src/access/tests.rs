use std::collections::BTreeSet;

use tender_engine::{ApplicationId, LocationId, MerchantId};
use tender_service::{CredentialKind, Principal, PrincipalKind};

use super::only_location;

fn principal(locations: Option<&[u64]>) -> Principal {
    Principal {
        application: ApplicationId(1),
        merchant: MerchantId(1),
        locations: locations.map(|locations| locations.iter().copied().map(LocationId).collect()),
        scopes: BTreeSet::new(),
        kind: PrincipalKind::Till,
        device: None,
        actor: String::new(),
        credential: CredentialKind::Till,
    }
}

#[test]
fn only_a_principal_of_one_location_has_one() {
    assert_eq!(only_location(&principal(None)), None);
    assert_eq!(only_location(&principal(Some(&[]))), None);
    assert_eq!(only_location(&principal(Some(&[7]))), Some(LocationId(7)));
    assert_eq!(only_location(&principal(Some(&[7, 8]))), None);
}
