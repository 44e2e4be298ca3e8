//! Nothing is lost between a record and its row.

use std::fmt::Debug;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use tender_engine::Payment;

use super::any;
use crate::Record;

fn round_trip<T: Record + PartialEq + Debug>(record: &T) -> Result<(), TestCaseError> {
    let row = record.to_row();
    prop_assert_eq!(row.table, T::TABLE);
    prop_assert_eq!(row.columns.len(), T::TABLE.spec().columns.len());
    prop_assert_eq!(row.doc.is_empty(), !T::TABLE.spec().has_doc);
    let back = T::from_row(&row).map_err(|error| TestCaseError::fail(format!("{error}: {}", row.doc)))?;
    prop_assert_eq!(&back, record, "{}", row.doc);
    Ok(())
}

proptest! {
    #[test]
    fn orders(record in any::order()) {
        round_trip(&record)?;
    }

    #[test]
    fn order_lines(record in any::order_lines()) {
        round_trip(&record)?;
    }

    #[test]
    fn payments(record in any::payment()) {
        round_trip(&record)?;
    }

    #[test]
    fn keys(record in any::key()) {
        round_trip(&record)?;
    }

    #[test]
    fn aliases(record in any::alias()) {
        round_trip(&record)?;
    }

    #[test]
    fn tasks(record in any::task()) {
        round_trip(&record)?;
    }

    #[test]
    fn journal_entries(record in any::entry()) {
        round_trip(&record)?;
    }

    #[test]
    fn deliveries(record in any::delivery()) {
        round_trip(&record)?;
    }

    #[test]
    fn attempts(record in any::attempt()) {
        round_trip(&record)?;
    }

    #[test]
    fn cases(record in any::case()) {
        round_trip(&record)?;
    }

    #[test]
    fn counters(record in any::counter()) {
        round_trip(&record)?;
    }

    /// Whatever stands in a document, reading it ends in a record or a complaint; half a document is a complaint.
    #[test]
    fn damaged_documents_end_in_a_complaint(
        record in any::payment(),
        cut in any::<Index>(),
        stray in any::<char>(),
    ) {
        let mut row = record.to_row();
        let cut = cut.index(row.doc.len());
        let at = (0..=cut).rev().find(|at| row.doc.is_char_boundary(*at)).unwrap_or_default();
        row.doc.insert(at, stray);
        let _ = Payment::from_row(&row);
        row.doc.truncate(at);
        prop_assert!(Payment::from_row(&row).is_err());
    }
}
