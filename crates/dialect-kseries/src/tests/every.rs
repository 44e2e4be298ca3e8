//! Lists of everything there is of an enum, whole by construction: the same line names a variant for the compiler, which
//! insists on all of them, and gives an example of it.

/// Makes `fn name(&Enum) -> &'static str` and `fn all() -> Vec<(&'static str, Enum)>` from `Name: pattern => example;`.
macro_rules! every {
    ($of:ty: $($name:literal: $pattern:pat => $example:expr;)+) => {
        /// The name of one.
        pub(crate) fn name(one: &$of) -> &'static str {
            match one {
                $($pattern => $name,)+
            }
        }

        /// Each with its name, in this order.
        pub(crate) fn all() -> Vec<(&'static str, $of)> {
            let all = vec![$(($name, $example)),+];
            for (listed, one) in &all {
                assert_eq!(name(one), *listed, "an example stands beside another pattern");
            }
            all
        }
    };
}

pub(crate) use every;

/// Every fault of envelope A.
pub(crate) mod faults {
    use tender_engine::Rejection;
    use tender_http::MoneyMoved;
    use tender_money::Currency;
    use tender_service::UrlRefusal;
    use tender_wire::{FieldError, JsonError, JsonErrorKind, Kind};

    use crate::errors::Fault;
    use crate::request::{Expected, Mismatch};
    use crate::validation::JavaType;

    const LOCATION: u64 = 45_454_565_682_155;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn mismatch() -> Mismatch {
        Mismatch {
            expected: Expected::Type(JavaType::Integer),
            error: FieldError {
                path: text("items[0].quantity"),
                expected: Kind::Integer,
                found: Kind::String,
            },
        }
    }

    every! { Fault:
        "ScopeMissing": Fault::ScopeMissing { .. } => Fault::ScopeMissing { scope: "orders-api" };
        "LocationNotCovered": Fault::LocationNotCovered => Fault::LocationNotCovered;
        "PathUnknown": Fault::PathUnknown => Fault::PathUnknown;
        "MethodUnsupported": Fault::MethodUnsupported { .. } => Fault::MethodUnsupported { method: text("PATCH") };
        "NotAcceptable": Fault::NotAcceptable => Fault::NotAcceptable;
        "MediaTypeUnsupported": Fault::MediaTypeUnsupported { .. } =>
            Fault::MediaTypeUnsupported { given: text("text/plain") };
        "BodyTooLarge": Fault::BodyTooLarge { .. } => Fault::BodyTooLarge { bytes_max: 65_536 };
        "BodyLate": Fault::BodyLate => Fault::BodyLate;
        "BodyCutOff": Fault::BodyCutOff => Fault::BodyCutOff;
        "BodyMissing": Fault::BodyMissing => Fault::BodyMissing;
        "NotJson": Fault::NotJson(_) =>
            Fault::NotJson(JsonError { kind: JsonErrorKind::Syntax, line: 1, column: 2 });
        "Unreadable": Fault::Unreadable { .. } =>
            Fault::Unreadable { object: "localOrder", mismatch: mismatch() };
        "ParametersTooMany": Fault::ParametersTooMany => Fault::ParametersTooMany;
        "ParameterMissing": Fault::ParameterMissing { .. } =>
            Fault::ParameterMissing { name: "businessLocationId", of_type: "Long" };
        "ParameterEmpty": Fault::ParameterEmpty { .. } => Fault::ParameterEmpty { name: "businessLocationId" };
        "ParameterUnreadable": Fault::ParameterUnreadable { .. } => Fault::ParameterUnreadable {
            name: "businessLocationId", text: text("x"), java_type: JavaType::Long };
        "ParameterTooSmall": Fault::ParameterTooSmall { .. } => Fault::ParameterTooSmall { name: "page", min: 0 };
        "ParameterTooLarge": Fault::ParameterTooLarge { .. } => Fault::ParameterTooLarge { name: "size", max: 50 };
        "ParameterSize": Fault::ParameterSize { .. } => Fault::ParameterSize { name: "skus", min: 1, max: 50 };
        "EndpointUnknown": Fault::EndpointUnknown { .. } => Fault::EndpointUnknown { name: text("NOPE") };
        "EndpointNotThere": Fault::EndpointNotThere { .. } => Fault::EndpointNotThere { name: text("NOPE") };
        "AssociationUnknown": Fault::AssociationUnknown { .. } =>
            Fault::AssociationUnknown { name: text("E1"), location: LOCATION };
        "EndpointIdEmpty": Fault::EndpointIdEmpty => Fault::EndpointIdEmpty;
        "EndpointIdTooLong": Fault::EndpointIdTooLong { .. } => Fault::EndpointIdTooLong { max: 255 };
        "UrlRefused": Fault::UrlRefused(_) => Fault::UrlRefused(UrlRefusal::Scheme);
        "SubscriptionsTooMany": Fault::SubscriptionsTooMany { .. } => Fault::SubscriptionsTooMany { max: 100 };
        "EndpointsFull": Fault::EndpointsFull { .. } => Fault::EndpointsFull { max: 1_000 };
        "AccountUnknown": Fault::AccountUnknown { .. } => Fault::AccountUnknown { location: LOCATION };
        "AccountIdentifierInvalid": Fault::AccountIdentifierInvalid => Fault::AccountIdentifierInvalid;
        "FloorPlansMissing": Fault::FloorPlansMissing { .. } => Fault::FloorPlansMissing { location: LOCATION };
        "FloorPlanUnknown": Fault::FloorPlanUnknown { .. } =>
            Fault::FloorPlanUnknown { plan: 9, location: LOCATION };
        "ProfileUnknown": Fault::ProfileUnknown { .. } =>
            Fault::ProfileUnknown { code: text("XX"), location: LOCATION };
        "MenuUnknown": Fault::MenuUnknown { .. } => Fault::MenuUnknown { menu: 9, location: LOCATION };
        "MenuProfileUnknown": Fault::MenuProfileUnknown { .. } => Fault::MenuProfileUnknown { code: text("XX") };
        "SaleUnknown": Fault::SaleUnknown { .. } => Fault::SaleUnknown { reference: text("TASK:OO-1-R1") };
        "NotPositive": Fault::NotPositive { .. } => Fault::NotPositive { field: text("paymentAmount") };
        "Negative": Fault::Negative { .. } => Fault::Negative { field: text("tipAmount") };
        "TooManyDigits": Fault::TooManyDigits { .. } => Fault::TooManyDigits {
            field: text("paymentAmount"), currency: Currency::from_code("EUR") };
        "OutOfRange": Fault::OutOfRange { .. } => Fault::OutOfRange { field: text("paymentAmount") };
        "NotOnRefund": Fault::NotOnRefund { .. } => Fault::NotOnRefund { field: text("tipAmount") };
        "TipAboveAmount": Fault::TipAboveAmount => Fault::TipAboveAmount;
        "PercentOutOfRange": Fault::PercentOutOfRange { .. } => Fault::PercentOutOfRange {
            field: text("items[0].discountPercentOverride"), max: 100 };
        "OverridesBoth": Fault::OverridesBoth { .. } => Fault::OverridesBoth { item: text("items[0]") };
        "TimeUnreadable": Fault::TimeUnreadable { .. } =>
            Fault::TimeUnreadable { field: "scheduledTimeForOrderAsIso8601" };
        "TimePast": Fault::TimePast { .. } => Fault::TimePast { field: "scheduledTimeForOrderAsIso8601" };
        "TableNumberInvalid": Fault::TableNumberInvalid => Fault::TableNumberInvalid;
        "TextTooLong": Fault::TextTooLong { .. } => Fault::TextTooLong { field: "orderNote", bytes_max: 4_096 };
        "ReferenceUsed": Fault::ReferenceUsed { .. } => Fault::ReferenceUsed {
            reference: text("12345678901234"), money_moved: MoneyMoved::Yes };
        "Ledger": Fault::Ledger(_) => Fault::Ledger(Rejection::OrderFull);
        "Busy": Fault::Busy { .. } => Fault::Busy { retry_after_s: 3 };
        "OutcomeUnknown": Fault::OutcomeUnknown => Fault::OutcomeUnknown;
        "Internal": Fault::Internal => Fault::Internal;
        "BrokeOff": Fault::BrokeOff => Fault::BrokeOff;
        "TooSlow": Fault::TooSlow => Fault::TooSlow;
    }
}

/// Every form of a refusal.
pub(crate) mod refusals {
    use tender_http::MoneyMoved;

    use crate::errors::{Fault, Refusal};
    use crate::validation::{JavaType, Violations};

    fn violations() -> Violations {
        let mut violations = Violations::default();
        violations.not_null("thirdPartyReference", JavaType::String);
        violations
    }

    every! { Refusal:
        "Unauthorized": Refusal::Unauthorized => Refusal::Unauthorized;
        "Fault": Refusal::Fault(_) => Refusal::Fault(Fault::PathUnknown);
        "Invalid": Refusal::Invalid { .. } =>
            Refusal::Invalid { object: "localOrder", violations: violations().into_vec() };
        "OrderReferenceUsed": Refusal::OrderReferenceUsed { .. } => Refusal::OrderReferenceUsed {
            reference: "123456789".to_owned(), money_moved: MoneyMoved::No };
        "MenuUnavailable": Refusal::MenuUnavailable { .. } =>
            Refusal::MenuUnavailable { menu: "45454565682155".to_owned() };
    }
}

/// Every reason why a text is not JSON.
pub(crate) mod syntax {
    use tender_wire::JsonErrorKind;

    every! { JsonErrorKind:
        "Empty": JsonErrorKind::Empty => JsonErrorKind::Empty;
        "Incomplete": JsonErrorKind::Incomplete => JsonErrorKind::Incomplete;
        "Syntax": JsonErrorKind::Syntax => JsonErrorKind::Syntax;
        "TrailingText": JsonErrorKind::TrailingText => JsonErrorKind::TrailingText;
        "NotUnicode": JsonErrorKind::NotUnicode => JsonErrorKind::NotUnicode;
        "TooDeep": JsonErrorKind::TooDeep => JsonErrorKind::TooDeep;
        "TooManyMembers": JsonErrorKind::TooManyMembers => JsonErrorKind::TooManyMembers;
    }
}

/// Every kind of value that a member may turn out to be.
pub(crate) mod kinds {
    use tender_wire::Kind;

    every! { Kind:
        "Absent": Kind::Absent => Kind::Absent;
        "Null": Kind::Null => Kind::Null;
        "Bool": Kind::Bool => Kind::Bool;
        "Integer": Kind::Integer => Kind::Integer;
        "Number": Kind::Number => Kind::Number;
        "OutOfRange": Kind::OutOfRange => Kind::OutOfRange;
        "TooManyDigits": Kind::TooManyDigits => Kind::TooManyDigits;
        "String": Kind::String => Kind::String;
        "Array": Kind::Array => Kind::Array;
        "Object": Kind::Object => Kind::Object;
        "Any": Kind::Any => Kind::Any;
    }
}

/// Every type that a member or parameter may have to be of.
pub(crate) mod types {
    use crate::validation::JavaType;

    every! { JavaType:
        "String": JavaType::String => JavaType::String;
        "Long": JavaType::Long => JavaType::Long;
        "Integer": JavaType::Integer => JavaType::Integer;
        "BigDecimal": JavaType::BigDecimal => JavaType::BigDecimal;
        "Boolean": JavaType::Boolean => JavaType::Boolean;
        "List": JavaType::List => JavaType::List;
        "Object": JavaType::Object => JavaType::Object;
    }
}

/// Every reason why nobody was recognised.
pub(crate) mod strangers {
    use tender_service::{AuthFailure, Failure};

    every! { AuthFailure:
        "Missing": AuthFailure::Missing => AuthFailure::Missing;
        "Unknown": AuthFailure::Unknown => AuthFailure::Unknown;
        "Expired": AuthFailure::Expired => AuthFailure::Expired;
        "Revoked": AuthFailure::Revoked => AuthFailure::Revoked;
        "Disabled": AuthFailure::Disabled => AuthFailure::Disabled;
        "Unavailable": AuthFailure::Unavailable(_) =>
            AuthFailure::Unavailable(Failure::Busy { retry_after_s: 3 });
    }
}

/// Every failure of the service.
pub(crate) mod failures {
    use tender_engine::Rejection;
    use tender_service::Failure;

    every! { Failure:
        "Rejected": Failure::Rejected(_) => Failure::Rejected(Rejection::ReferenceUsed);
        "Busy": Failure::Busy { .. } => Failure::Busy { retry_after_s: 3 };
        "OutcomeUnknown": Failure::OutcomeUnknown => Failure::OutcomeUnknown;
        "Internal": Failure::Internal => Failure::Internal;
    }
}

/// Every failure to have a body.
pub(crate) mod bodies {
    use tender_http::BodyError;

    every! { BodyError:
        "TooLarge": BodyError::TooLarge => BodyError::TooLarge;
        "Timeout": BodyError::Timeout => BodyError::Timeout;
        "Disconnected": BodyError::Disconnected => BodyError::Disconnected;
    }
}

/// Every way in which a handler gives no answer.
pub(crate) mod unanswered {
    use tender_http::FailureKind;

    every! { FailureKind:
        "Panic": FailureKind::Panic => FailureKind::Panic;
        "Deadline": FailureKind::Deadline => FailureKind::Deadline;
    }
}

/// Every code of a failure that is told.
pub(crate) mod codes {
    use tender_engine::FailureCode;

    every! { FailureCode:
        "Timeout": FailureCode::Timeout => FailureCode::Timeout;
        "InvalidTask": FailureCode::InvalidTask => FailureCode::InvalidTask;
        "AccountNotFound": FailureCode::AccountNotFound => FailureCode::AccountNotFound;
        "AccountAlreadyClosed": FailureCode::AccountAlreadyClosed => FailureCode::AccountAlreadyClosed;
        "MethodNotFound": FailureCode::MethodNotFound => FailureCode::MethodNotFound;
        "NativePaymentNotSupported": FailureCode::NativePaymentNotSupported => FailureCode::NativePaymentNotSupported;
        "StaffNotFound": FailureCode::StaffNotFound => FailureCode::StaffNotFound;
        "MissingStaff": FailureCode::MissingStaff => FailureCode::MissingStaff;
        "Overpaid": FailureCode::Overpaid => FailureCode::Overpaid;
        "UpdateFailed": FailureCode::UpdateFailed => FailureCode::UpdateFailed;
        "PaymentIdNotFound": FailureCode::PaymentIdNotFound => FailureCode::PaymentIdNotFound;
        "ItemNotAdded": FailureCode::ItemNotAdded => FailureCode::ItemNotAdded;
        "ItemNotFound": FailureCode::ItemNotFound => FailureCode::ItemNotFound;
        "Unknown": FailureCode::Unknown => FailureCode::Unknown;
    }
}

/// Every kind of news.
pub(crate) mod news {
    use tender_engine::{ApplicationId, EndpointId, Failure, FailureCode, Maker, NoticeKind};

    /// Who asked for an update: the plain endpoint of the encoder's tests.
    fn maker() -> Maker {
        Maker {
            application: ApplicationId(10),
            told: Some((EndpointId(1), "update-x".to_owned())),
        }
    }

    every! { NoticeKind:
        "PaymentAccepted": NoticeKind::PaymentAccepted => NoticeKind::PaymentAccepted;
        "PaymentCompleted": NoticeKind::PaymentCompleted => NoticeKind::PaymentCompleted;
        "PaymentFailed": NoticeKind::PaymentFailed(_) =>
            NoticeKind::PaymentFailed(Failure::new(FailureCode::Overpaid));
        "PaymentVoided": NoticeKind::PaymentVoided => NoticeKind::PaymentVoided;
        "PaymentReversed": NoticeKind::PaymentReversed => NoticeKind::PaymentReversed;
        "PaymentAmended": NoticeKind::PaymentAmended => NoticeKind::PaymentAmended;
        "OrderOpened": NoticeKind::OrderOpened => NoticeKind::OrderOpened;
        "OrderFailed": NoticeKind::OrderFailed(_) =>
            NoticeKind::OrderFailed(Failure::new(FailureCode::ItemNotFound));
        "OrderUpdateFailed": NoticeKind::OrderUpdateFailed(..) =>
            NoticeKind::OrderUpdateFailed(Failure::new(FailureCode::ItemNotFound), maker());
        "OrderStaged": NoticeKind::OrderStaged => NoticeKind::OrderStaged;
        "OrderUpdated": NoticeKind::OrderUpdated => NoticeKind::OrderUpdated;
        "OrderClosed": NoticeKind::OrderClosed => NoticeKind::OrderClosed;
        "OrderCancelled": NoticeKind::OrderCancelled => NoticeKind::OrderCancelled;
        "OrderDeleted": NoticeKind::OrderDeleted => NoticeKind::OrderDeleted;
        "OrderReady": NoticeKind::OrderReady => NoticeKind::OrderReady;
    }
}

/// Every money field that a rejection may name.
pub(crate) mod fields {
    use tender_engine::MoneyField;

    every! { MoneyField:
        "Amount": MoneyField::Amount => MoneyField::Amount;
        "Tip": MoneyField::Tip => MoneyField::Tip;
        "Surcharge": MoneyField::Surcharge => MoneyField::Surcharge;
        "Line": MoneyField::Line => MoneyField::Line;
        "Service": MoneyField::Service => MoneyField::Service;
    }
}
