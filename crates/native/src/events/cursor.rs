//! A place in the feed as text.

use tender_service::FeedPosition;

#[cfg(test)]
mod tests;

/// Writes a place.
pub(super) fn write(position: FeedPosition) -> String {
    format!("{}-{}", position.epoch, position.position)
}

/// Reads a place written by [`write`].
pub(super) fn read(text: &str) -> Option<FeedPosition> {
    let (epoch, position) = text.split_once('-')?;
    let number = |text: &str| -> Option<i64> {
        let number = text.parse().ok().filter(|number: &i64| *number >= 0)?;
        // One text per place, so that `+1` and `01` are not places.
        (number.to_string() == text).then_some(number)
    };
    Some(FeedPosition {
        epoch: number(epoch)?,
        position: number(position)?,
    })
}
