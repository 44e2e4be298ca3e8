//! Every form, and what is none.

use super::*;

#[test]
fn behaviours_are_read_exactly() {
    let refuse = |code, message: Option<&str>| {
        Some(Behaviour::Refuse(Failure {
            code,
            message: message.map(str::to_owned),
        }))
    };
    let long = format!("refuse:{}", "x".repeat(REASON_CHARS_MAX + 1));
    let cases = [
        ("auto", Some(Behaviour::Auto)),
        ("offline", Some(Behaviour::Offline)),
        ("lose-confirm", Some(Behaviour::LoseConfirm)),
        ("refuse:UPDATE_FAILED", refuse(FailureCode::UpdateFailed, None)),
        ("refuse:OVERPAID", refuse(FailureCode::Overpaid, None)),
        (
            "refuse:no paper: again",
            refuse(FailureCode::Unknown, Some("no paper: again")),
        ),
        ("slow:0", Some(Behaviour::Slow { delay_ms: 0 })),
        ("slow:86400000", Some(Behaviour::Slow { delay_ms: 86_400_000 })),
        ("slow:86400001", None),
        ("slow:-1", None),
        ("slow:+1", None),
        ("slow:", None),
        ("slow", None),
        ("refuse", None),
        ("refuse:", None),
        ("auto:", None),
        ("Auto", None),
        ("", None),
        (long.as_str(), None),
    ];
    for (text, expected) in cases {
        assert_eq!(Behaviour::parse(text), expected, "{text:?}");
    }
}
