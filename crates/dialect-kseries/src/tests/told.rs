//! What a refusal is told as, without a server.

use http_body_util::BodyExt;
use tender_engine::Timestamp;
use tender_http::MoneyMoved;
use tender_money::Currency;

use crate::errors::{Asked, Refusal};
use crate::time::TimeForm;

const NOW: Timestamp = Timestamp(1_699_398_020_075);

/// A request about the check of the examples.
pub(crate) fn asked(is_order: bool) -> Asked<'static> {
    Asked {
        is_order,
        reference: "12345678901234",
        endpoint: "MY-ENDPOINT",
        location: 45_454_565_682_155,
        currency: Currency::from_code("EUR"),
        money_moved_before: MoneyMoved::Yes,
    }
}

/// An answer on one line: status, advice, body.
pub(crate) async fn line(refusal: Refusal) -> String {
    let answer = refusal.into_response(NOW, TimeForm::Offset, "/o/op/1/pay");
    let (parts, body) = answer.into_parts();
    let bytes = body.collect().await.expect("a body").to_bytes();
    let header = |name: &str| {
        let value = parts.headers.get(name);
        value.map_or("-", |value| value.to_str().expect("text"))
    };
    format!(
        "{} money-moved={} retry={} {}",
        parts.status.as_u16(),
        header("tender-money-moved"),
        header("tender-retry"),
        String::from_utf8(bytes.to_vec()).expect("text")
    )
}
