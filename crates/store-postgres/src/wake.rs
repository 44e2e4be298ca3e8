//! Wakes as notification payloads.
//!
//! A payload is `kind:id:origin`. The origin is a random number of the sending store, which tells its own
//! listeners itself, sooner, and does not want to hear the echo.

use tender_store::{Wake, WakeKind};

/// The channel all nodes listen on.
pub(crate) const CHANNEL: &str = "tender_wake";

/// The payload of a wake.
pub(crate) fn encode(wake: Wake, origin: u64) -> String {
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
