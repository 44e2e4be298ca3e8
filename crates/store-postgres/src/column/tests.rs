use proptest::prelude::*;

use super::*;

/// What a value writes, and what the client library writes for the same array.
fn written(own: &dyn ToSql, library: &dyn ToSql, array: &Type) -> [BytesMut; 2] {
    [own, library].map(|value| {
        let mut out = BytesMut::new();
        assert!(matches!(
            value.to_sql_checked(array, &mut out).unwrap(),
            IsNull::No
        ));
        out
    })
}

proptest! {
    #[test]
    fn numbers_are_written_as_the_client_library_writes_them(
        numbers in prop::collection::vec(any::<i64>(), 0..50),
    ) {
        let [own, library] = written(&Numbers(numbers.clone()), &numbers, &Type::INT8_ARRAY);
        prop_assert_eq!(own, library);
    }

    #[test]
    fn documents_are_written_as_the_client_library_writes_them(
        docs in prop::collection::vec(any::<String>(), 0..20),
    ) {
        let [own, library] = written(&Docs(docs.clone()), &docs, &Type::TEXT_ARRAY);
        prop_assert_eq!(own, library);
    }
}

#[test]
fn another_type_is_refused() {
    let mut out = BytesMut::new();
    assert!(
        Numbers(vec![1])
            .to_sql_checked(&Type::INT4_ARRAY, &mut out)
            .is_err()
    );
    assert!(
        Docs(vec![String::new()])
            .to_sql_checked(&Type::INT8_ARRAY, &mut out)
            .is_err()
    );
    assert!(out.is_empty());
}
