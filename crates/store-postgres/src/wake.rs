//! Wakes as notification payloads.
//!
//! Wakes that must arrive are sent by the transaction they are about; all others a moment later ([`crate::outbox`]).
//!
//! A payload is `kind:id:origin`. The origin is a random number of the sending store, which tells its own
//! listeners itself, sooner, and does not want to hear the echo.

use tender_store::{Wake, WakeKind};

/// The channel all nodes listen on.
pub(crate) const CHANNEL: &str = "tender_wake";

/// Sends payloads to every listening node once the transaction commits.
pub(crate) const NOTIFY: &str = "SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload";

/// The same in a transaction of its own, which nobody needs on disk.
pub(crate) const NOTIFY_SOON: &str = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) \
    FROM unnest($2::text[]) AS payload";

/// Whether a wake must not be lost when its node dies: other nodes would go on with what they hold of the directory, such
/// as a token that was revoked. What else there is to look at is found by looking now and then.
pub(crate) fn must_arrive(wake: Wake) -> bool {
    wake.kind == WakeKind::Directory
}

/// The payloads of wakes.
pub(crate) fn payloads<'w>(wakes: impl IntoIterator<Item = &'w Wake>, origin: u64) -> Vec<String> {
    wakes.into_iter().map(|wake| encode(*wake, origin)).collect()
}

/// The payload of a wake.
fn encode(wake: Wake, origin: u64) -> String {
    let kind = match wake.kind {
        WakeKind::Task => "task",
        WakeKind::Delivery => "delivery",
        WakeKind::Journal => "journal",
        WakeKind::Directory => "directory",
    };
    format!("{kind}:{}:{origin}", wake.id)
}

/// Reads a payload; `None` for anything this version does not know, which newer nodes may send.
pub(crate) fn decode(payload: &str) -> Option<(Wake, u64)> {
    let mut parts = payload.split(':');
    let (kind, id, origin) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let kind = match kind {
        "task" => WakeKind::Task,
        "delivery" => WakeKind::Delivery,
        "journal" => WakeKind::Journal,
        "directory" => WakeKind::Directory,
        _ => return None,
    };
    let wake = Wake {
        kind,
        id: id.parse().ok()?,
    };
    Some((wake, origin.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_come_back() {
        for kind in [
            WakeKind::Task,
            WakeKind::Delivery,
            WakeKind::Journal,
            WakeKind::Directory,
        ] {
            for id in [i64::MIN, -1, 0, i64::MAX] {
                let wake = Wake { kind, id };
                assert_eq!(decode(&encode(wake, u64::MAX)), Some((wake, u64::MAX)));
            }
        }
    }

    #[test]
    fn other_payloads_are_ignored() {
        for payload in [
            "",
            "task",
            "task:1",
            "task:1:2:3",
            "task:x:1",
            "task:1:-1",
            "other:1:1",
        ] {
            assert_eq!(decode(payload), None, "{payload}");
        }
    }
}
