use std::collections::BTreeSet;

use tender_engine::{LocationId, Notice, NoticeKind, OrderId};
use tender_service::Endpoint;

use super::{Settings, event_names, kind_of};

#[test]
fn settings_are_read_as_they_are_kept() {
    let settings = Settings {
        events: BTreeSet::from(["order.closed".to_owned()]),
        locations: Some(BTreeSet::from([LocationId(7)])),
    };
    let endpoint = Endpoint {
        settings: settings.to_value(),
        ..Endpoint::default()
    };
    assert_eq!(Settings::of(&endpoint), settings);
    assert_eq!(
        endpoint.settings,
        serde_json::json!({"events": ["order.closed"], "locations": [7]})
    );
    assert_eq!(Settings::of(&Endpoint::default()), Settings::default());
}

#[test]
fn every_notice_that_is_told_has_a_name_to_choose() {
    let failure = tender_engine::Failure::new(tender_engine::FailureCode::Timeout);
    let notices = [
        NoticeKind::PaymentAccepted,
        NoticeKind::PaymentCompleted,
        NoticeKind::PaymentFailed(failure.clone()),
        NoticeKind::PaymentVoided,
        NoticeKind::PaymentReversed,
        NoticeKind::PaymentAmended,
        NoticeKind::OrderOpened,
        NoticeKind::OrderFailed(failure),
        NoticeKind::OrderUpdated,
        NoticeKind::OrderClosed,
        NoticeKind::OrderCancelled,
        NoticeKind::OrderDeleted,
    ];
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for kind in notices {
        let notice = Notice {
            kind,
            order: Some(OrderId(1)),
            payment: None,
        };
        told.insert(kind_of(&notice).unwrap().code());
    }
    assert_eq!(told, BTreeSet::from(event_names()));
}
