use proptest::prelude::*;
use tender_wire::{Json, Limits};

use super::decode;

/// A JSON value of any kind for a member, as text.
fn member() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("null".to_owned()),
        Just("\"\"".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        "-?(0|[1-9][0-9]{0,20})\\.[0-9]{1,25}(e[+-]?[0-9]{1,3})?",
        "\"[ -!#-\\[\\]-~]{0,60}\"",
        Just("[1,{}]".to_owned()),
        Just("{\"a\":[]}".to_owned()),
    ]
}

const MEMBERS: [&str; 12] = [
    "iKaccountId",
    "iKaccountIdentifier",
    "thirdPartyPaymentReference",
    "endpointId",
    "businessLocationId",
    "taskTtlInMs",
    "staffId",
    "deviceId",
    "paymentMethod",
    "paymentAmount",
    "tipAmount",
    "targetPrinterProfileId",
];

proptest! {
    /// Whatever the members are, the request is read or refused; a read one has what is required, in its limits.
    #[test]
    fn any_object_is_read_or_refused(values in proptest::collection::vec(member(), MEMBERS.len())) {
        let members: Vec<String> =
            MEMBERS.iter().zip(&values).map(|(name, value)| format!("\"{name}\":{value}")).collect();
        let text = format!("{{{}}}", members.join(","));
        let json = Json::parse(text.as_bytes(), Limits::REQUEST).expect("JSON");
        if let Ok(request) = decode(&json) {
            prop_assert!((1..=50).contains(&request.reference.encode_utf16().count()));
            prop_assert!(request.ttl_ms.is_none_or(|ttl_ms| ttl_ms >= 60_000));
            prop_assert!(request.legacy_account != Some(0));
            prop_assert!(request.account != Some(""));
        }
    }
}
