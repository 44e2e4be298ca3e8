//! Scans and counts select what their conditions say, in their order, up to their limit.

use std::cmp::Ordering;
use std::sync::{Arc, Mutex};

use super::{Fixture, count, key, put, row, select, set, take, work};
use crate::{Cond, Direction, Lock, Op, Row, Scan, Store, Table, Writes};

const OPS: [Op; 6] = [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge];
const DIRECTIONS: [Direction; 2] = [Direction::Ascending, Direction::Descending];

fn holds(row: &Row, cond: &Cond) -> bool {
    let value = row.column(cond.column);
    match cond.op {
        Op::Eq => value == cond.value,
        Op::Ne => value != cond.value,
        Op::Lt => value < cond.value,
        Op::Le => value <= cond.value,
        Op::Gt => value > cond.value,
        Op::Ge => value >= cond.value,
    }
}

/// What a scan must answer over these rows.
fn model(rows: &[Row], scan: &Scan) -> Vec<Row> {
    let mut found: Vec<Row> = (rows.iter())
        .filter(|row| row.table == scan.table && scan.conds.iter().all(|cond| holds(row, cond)))
        .cloned()
        .collect();
    found.sort_by(|a, b| {
        let by_column = |(column, direction): &(&'static str, Direction)| {
            let order = a.column(column).cmp(&b.column(column));
            match direction {
                Direction::Ascending => order,
                Direction::Descending => order.reverse(),
            }
        };
        scan.order
            .iter()
            .map(by_column)
            .fold(Ordering::Equal, Ordering::then)
    });
    found.truncate(scan.limit as usize);
    found
}

/// Numbers that look random and are the same in every run.
struct Sequence(u64);

impl Sequence {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    fn small(&mut self) -> i64 {
        self.below(4) as i64 - 1
    }
}

/// Rows of a table with few distinct values per column, so that every condition selects some and leaves some.
fn scattered(table: Table, rows: i64, numbers: &mut Sequence) -> Vec<Row> {
    let spec = table.spec();
    (0..rows)
        .map(|id| {
            // The last key column is unique; it decides every tie.
            let mut columns: Vec<i64> = spec.columns.iter().map(|_| numbers.small()).collect();
            columns[spec.key_len - 1] = id;
            Row {
                table,
                columns,
                doc: if spec.has_doc {
                    format!("[{id}]")
                } else {
                    String::new()
                },
            }
        })
        .collect()
}

/// Each comparison, each direction, and limits around the number of rows, on one table that has everything.
pub async fn conditions_order_and_limit(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let rows = scattered(Table::Tasks, 60, &mut Sequence(1));
    put(&*store, rows.clone()).await.expect("put");
    for op in OPS {
        for direction in DIRECTIONS {
            for limit in [0, 1, 10, 60, 61, u32::MAX] {
                let scan = Scan::new(Table::Tasks, limit)
                    .filter("location_id", op, 1)
                    .order_by("open", direction)
                    .order_by("task_id", Direction::Descending);
                let expected = model(&rows, &scan);
                assert_eq!(select(&*store, scan.clone()).await, expected, "{scan:?}");
                assert_eq!(count(&*store, scan).await, expected.len() as u64);
            }
        }
    }
    let paging = Scan::new(Table::Tasks, 7).order_by("task_id", Direction::Ascending);
    let mut seen = Vec::new();
    loop {
        let after = seen.last().map_or(-1, |row: &Row| row.column("task_id"));
        let page = select(&*store, paging.clone().filter("task_id", Op::Gt, after)).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, rows, "pages by key cover the table");
}

/// Scans of every table with conditions drawn at random, against the model. Flag columns of partial indexes are
/// drawn like all others.
pub async fn random_scans_match_a_model(fixture: &dyn Fixture) {
    const SCANS_PER_TABLE: u32 = 40;
    let store = fixture.open().await;
    let mut numbers = Sequence(2);
    for table in Table::ALL {
        let spec = table.spec();
        let rows = scattered(table, 50, &mut numbers);
        put(&*store, rows.clone()).await.expect(spec.name);
        for _ in 0..SCANS_PER_TABLE {
            let mut scan = Scan::new(table, numbers.pick(&[1, 3, 20, 1000]));
            for _ in 0..numbers.below(4) {
                scan = scan.filter(numbers.pick(spec.columns), numbers.pick(&OPS), numbers.small());
            }
            for _ in 0..numbers.below(3) {
                scan = scan.order_by(numbers.pick(spec.columns), numbers.pick(&DIRECTIONS));
            }
            scan = scan.order_by(spec.columns[spec.key_len - 1], numbers.pick(&DIRECTIONS));
            let expected = model(&rows, &scan);
            assert_eq!(select(&*store, scan.clone()).await, expected, "{scan:?}");
            assert_eq!(count(&*store, scan).await, expected.len() as u64);
        }
    }
}

/// A count over many rows costs no more than its limit.
pub async fn counts_stop_at_the_limit(fixture: &dyn Fixture) {
    let store = fixture.open().await;
    let rows = (0..200).map(|id| row(Table::Cases, &[1, id], 1, "{}")).collect();
    put(&*store, rows).await.expect("put");
    for (limit, expected) in [
        (0, 0),
        (1, 1),
        (199, 199),
        (200, 200),
        (201, 200),
        (u32::MAX, 200),
    ] {
        let scan = Scan::new(Table::Cases, limit).equals("merchant_id", 1);
        assert_eq!(count(&*store, scan.clone()).await, expected);
        // Order and lock mean nothing to a count.
        let decorated = scan.order_by("open", Direction::Descending).lock(Lock::Wait);
        assert_eq!(count(&*store, decorated).await, expected);
    }
    assert_eq!(
        count(&*store, Scan::new(Table::Cases, 10).equals("merchant_id", 2)).await,
        0
    );
}

/// Each kind of lock, in a commit and in a read, selects the same rows when nobody else holds any.
pub async fn locking_scans_in_commits(fixture: &dyn Fixture) {
    let store: Arc<dyn Store> = fixture.open().await;
    let table = Table::Deliveries;
    let rows: Vec<Row> = (0..20)
        .map(|id| row(table, &key(table, 1, id), 1, "{}"))
        .collect();
    put(&*store, rows.clone()).await.expect("put");
    for lock in [Lock::None, Lock::Wait, Lock::Skip] {
        let scan = Scan::new(table, 5)
            .equals("pending", 1)
            .order_by("next_at_ms", Direction::Ascending)
            .order_by("delivery_id", Direction::Ascending)
            .lock(lock);
        let expected = model(&rows, &scan);
        assert_eq!(
            select(&*store, scan.clone()).await,
            expected,
            "read with {lock:?}"
        );
        let found = Arc::new(Mutex::new((Vec::new(), 0)));
        let result = Arc::clone(&found);
        let batch = work(move |transaction| {
            let (result, scan) = (Arc::clone(&result), scan.clone());
            Box::pin(async move {
                let rows = transaction.scan(&scan).await?;
                set(&result, (rows, transaction.count(&scan).await?));
                Ok(Writes::default())
            })
        });
        store.commit(batch).await.1.expect("commit");
        assert_eq!(take(&found), (expected, 5), "commit with {lock:?}");
    }
}
