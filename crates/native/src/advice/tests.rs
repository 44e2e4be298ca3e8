use tender_engine::PaymentState;
use tender_http::MoneyMoved::{No, Unknown, Yes};

use super::{Circumstances, money_moved};
use crate::tests::samples;

#[test]
fn money_moved_follows_state_and_circumstances() {
    let plain = Circumstances::default();
    let at_till = Circumstances {
        is_at_till: true,
        ..plain
    };
    let with_case = Circumstances {
        has_open_case: true,
        ..plain
    };
    let table = [
        (PaymentState::Pending, [No, Unknown, No]),
        (PaymentState::Progress, [No, Unknown, No]),
        (PaymentState::Complete, [Yes, Yes, Yes]),
        (PaymentState::Failed, [No, No, Unknown]),
        (PaymentState::Voided, [No, No, Unknown]),
        (PaymentState::Reversed, [No, No, No]),
    ];
    for (state, expected) in table {
        let mut payment = samples::payment();
        payment.state = state;
        let found = [plain, at_till, with_case].map(|circumstances| money_moved(&payment, circumstances));
        assert_eq!(found, expected, "{state:?}");
    }
}
