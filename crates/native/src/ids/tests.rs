use tender_engine::{DeviceId, LocationId, OrderId, PaymentId};

use super::{OnTheWire, read_order, read_payment, read_plain};

#[test]
fn ids_are_read_as_they_are_written() {
    let payment = PaymentId {
        order: OrderId(42),
        number: 7,
    };
    assert_eq!(payment.wire().to_string(), "pay_42_7");
    assert_eq!(read_payment("pay_42_7"), Some(payment));
    assert_eq!(read_order(&OrderId(42).wire().to_string()), Some(OrderId(42)));
    assert_eq!(LocationId(1).wire().to_string(), "1");
    assert_eq!(
        DeviceId(9_007_199_254_740_991).wire().to_string(),
        "9007199254740991"
    );
}

#[test]
fn a_plain_id_has_one_text() {
    assert_eq!(read_plain("0"), Some(0));
    assert_eq!(read_plain("9007199254740991"), Some(9_007_199_254_740_991));
    for text in [
        "",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1.0",
        "1e3",
        "9007199254740992",
        "٣",
        "99999999999999999999",
    ] {
        assert_eq!(read_plain(text), None, "{text}");
    }
}
