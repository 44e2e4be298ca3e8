//! What a virtual till does with its work.

use tender_engine::{Failure, FailureCode};

#[cfg(test)]
mod tests;

/// The longest delay, a day.
const SLOW_MS_MAX: u32 = 86_400_000;
/// The longest reason of a refusal.
const REASON_CHARS_MAX: usize = 200;

/// How a virtual till behaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behaviour {
    /// `auto`: confirms everything at once.
    Auto,
    /// `offline`: takes nothing and is not there.
    Offline,
    /// `refuse:<reason>`: refuses everything. A published failure code (such as `UPDATE_FAILED`) is given as that code,
    /// anything else as the till's own words.
    Refuse(Failure),
    /// `slow:<ms>`: takes one task at a time and confirms it after that many milliseconds of clock time, at most a day. If
    /// that is longer than the lease, another till may take the task over.
    Slow {
        /// How long it takes.
        delay_ms: u32,
    },
    /// `lose-confirm`: does the work, but its confirm gets lost on the way. It notices one second after its lease has
    /// lapsed and confirms again, under the old lease, taking nothing else meanwhile. Alone at its location it applies the
    /// payment late; where another till has taken the task over by then, or its time is over, the answer is "superseded"
    /// and a case is opened, because money may have been taken twice.
    LoseConfirm,
}

impl Behaviour {
    /// Reads a behaviour; `None` when there is no such one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, value) = match text.split_once(':') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        Some(match (name, value) {
            ("auto", None) => Self::Auto,
            ("offline", None) => Self::Offline,
            ("lose-confirm", None) => Self::LoseConfirm,
            ("refuse", Some(reason)) => Self::Refuse(refusal(reason)?),
            ("slow", Some(delay)) => Self::Slow {
                delay_ms: delay_ms(delay)?,
            },
            _ => return None,
        })
    }
}

fn refusal(reason: &str) -> Option<Failure> {
    if reason.is_empty() || reason.chars().count() > REASON_CHARS_MAX {
        return None;
    }
    let code = FailureCode::ALL.into_iter().find(|code| code.code() == reason);
    Some(code.map_or_else(
        || Failure {
            code: FailureCode::Unknown,
            message: Some(reason.to_owned()),
        },
        Failure::new,
    ))
}

fn delay_ms(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|delay_ms| is_number && *delay_ms <= SLOW_MS_MAX)
}
