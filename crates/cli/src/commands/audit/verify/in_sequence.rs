//! Putting what comes nearly in order into order, in bounded memory.

use std::collections::BTreeMap;

/// Held back at once. One that has not come while so many later ones came is missing.
const HELD_MAX: usize = 10_000;

/// Things with numbers that rise from 1, handed on by rising number. One that does not come in time leaves a gap, and one
/// with a number that was handed on already comes again: who takes them sees both.
#[derive(Debug)]
pub(super) struct InSequence<T> {
    next: u64,
    held: BTreeMap<u64, Vec<T>>,
    count: usize,
}

impl<T> Default for InSequence<T> {
    fn default() -> Self {
        Self {
            next: 1,
            held: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<T> InSequence<T> {
    pub(super) fn add(&mut self, number: u64, thing: T) {
        self.held.entry(number).or_default().push(thing);
        self.count = self.count.saturating_add(1);
    }

    /// The next one, if it has come or is given up.
    pub(super) fn next(&mut self) -> Option<T> {
        let mut first = self.held.first_entry()?;
        if *first.key() > self.next && self.count <= HELD_MAX {
            return None;
        }
        self.next = self.next.max(first.key().saturating_add(1));
        let thing = first.get_mut().pop();
        if first.get().is_empty() {
            first.remove();
        }
        self.count = self.count.saturating_sub(1);
        thing
    }

    /// What is held back, when nothing more comes.
    pub(super) fn rest(self) -> impl Iterator<Item = T> {
        self.held.into_values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::{HELD_MAX, InSequence};

    fn pass(numbers: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let mut line = InSequence::default();
        let mut passed = Vec::new();
        for number in numbers {
            line.add(number, number);
            passed.extend(std::iter::from_fn(|| line.next()));
        }
        passed.extend(line.rest());
        passed
    }

    #[test]
    fn neighbours_are_put_into_order_and_nothing_is_dropped() {
        let cases: [(&[u64], &[u64]); 6] = [
            (&[], &[]),
            (&[1, 2, 3], &[1, 2, 3]),
            (&[2, 1, 4, 5, 3], &[1, 2, 3, 4, 5]),
            (&[1, 4, 3], &[1, 3, 4]),
            (&[1, 2, 2, 3], &[1, 2, 2, 3]),
            (&[2, 2, 1], &[1, 2, 2]),
        ];
        for (given, expected) in cases {
            assert_eq!(pass(given.iter().copied()), expected, "{given:?}");
        }
    }

    #[test]
    fn what_never_comes_is_not_waited_for_without_end() {
        let last = HELD_MAX as u64 + 3;
        let mut line = InSequence::default();
        for number in 2..=last {
            line.add(number, number);
        }
        let passed: Vec<u64> = std::iter::from_fn(|| line.next()).collect();
        assert_eq!(passed, (2..=last).collect::<Vec<_>>());
    }
}
