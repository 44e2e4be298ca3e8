use tender_store::conformance::plans::indexed_scans;
use tender_store::{Lock, Table};
use tokio_postgres::types::Type;

use super::{Selection, scan, statements};
use crate::PostgresOptions;
use crate::schema::migrate;
use crate::session::Session;
use crate::tests::OneNode;

pub(crate) async fn database() -> (OneNode, Session) {
    let database = OneNode::new(PostgresOptions::default()).await;
    let session = database.session().await;
    migrate(&session).await.expect("the schema");
    (database, session)
}

/// The plan the server makes for a statement with any parameters.
pub(crate) async fn explained(session: &Session, text: &str, parameters: &[&str]) -> String {
    let client = session.client();
    client
        .batch_execute(&format!("PREPARE wanted AS {text}"))
        .await
        .expect(text);
    let arguments = if parameters.is_empty() {
        String::new()
    } else {
        format!("({})", parameters.join(", "))
    };
    let rows = client
        .query(&format!("EXPLAIN (COSTS OFF) EXECUTE wanted{arguments}"), &[])
        .await
        .expect(text);
    client.batch_execute("DEALLOCATE wanted").await.expect(text);
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

#[tokio::test]
async fn every_statement_compiles_with_one_array_or_value_per_column() {
    let (_database, session) = database().await;
    for (at, table) in Table::ALL.into_iter().enumerate() {
        assert_eq!(table as usize, at, "the order of declaration");
        let spec = table.spec();
        let statements = statements(table);
        for (texts, number, text) in [
            (&statements.many, Type::INT8_ARRAY, Type::TEXT_ARRAY),
            (&statements.one, Type::INT8, Type::TEXT),
        ] {
            let mut wanted = vec![
                (&texts.get, false),
                (&texts.get_locking, false),
                (&texts.insert, true),
                (&texts.delete, false),
            ];
            if !spec.insert_only {
                wanted.push((&texts.upsert, true));
            }
            for (sql, is_whole_row) in wanted {
                let statement = session.client().prepare(sql).await.expect(sql);
                let mut expected = vec![number.clone(); spec.key_len];
                if is_whole_row {
                    expected = vec![number.clone(); spec.columns.len()];
                    expected.extend(spec.has_doc.then(|| text.clone()));
                }
                assert_eq!(statement.params(), expected, "{sql}");
            }
        }
    }
}

#[tokio::test]
async fn rows_are_found_by_their_key() {
    let (_database, session) = database().await;
    for table in Table::ALL {
        let spec = table.spec();
        let statements = statements(table);
        let many = vec!["'{1,2}'"; spec.key_len];
        let one = vec!["1"; spec.key_len];
        let texts = [(&statements.many, many), (&statements.one, one)]
            .into_iter()
            .flat_map(|(texts, parameters)| {
                [&texts.get, &texts.get_locking, &texts.delete].map(|text| (text, parameters.clone()))
            });
        for (text, parameters) in texts {
            let plan = explained(&session, text, &parameters).await;
            // Ids are unique among those of a kind, so the other index of the directory finds as exactly.
            let is_by_kind = table == Table::Directory && plan.contains("directory_by_kind");
            let is_by_key = plan.contains(&format!("Index Scan using {}_pkey", spec.name));
            assert!(is_by_key || is_by_kind, "{text}: {plan}");
            assert!(!plan.contains("Seq Scan"), "{text}: {plan}");
            assert!(!plan.contains("Sort"), "{text}: {plan}");
        }
    }
}

#[tokio::test]
async fn scans_of_work_and_of_history_follow_an_index() {
    let (_database, session) = database().await;
    for (wanted, index) in indexed_scans() {
        for selection in [Selection::LockedRows, Selection::Rows, Selection::Count] {
            let (text, values) = scan(&wanted, selection).expect("a text");
            let values: Vec<String> = values.iter().map(i64::to_string).collect();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            let plan = explained(&session, &text, &values).await;
            // What has no order may be counted along any index that knows the conditions.
            let is_counted = selection == Selection::Count;
            let by = if is_counted { "Index" } else { index };
            assert!(plan.contains(by), "{text}: {plan}");
            assert!(!plan.contains("Sort"), "{text}: {plan}");
            let locks = selection == Selection::LockedRows && wanted.lock != Lock::None;
            assert_eq!(plan.contains("LockRows"), locks, "{text}: {plan}");
        }
    }
}
