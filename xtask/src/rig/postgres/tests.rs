use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{make_for_everybody, number};

#[test]
fn cluster_can_be_removed_by_another_account() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    // The second time is the next run.
    for _ in 0..2 {
        make_for_everybody(&folder).unwrap();
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o1777);
    }
}

#[test]
fn version_is_the_number_alone() {
    for (text, expected) in [
        (
            "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n",
            Some("15.14"),
        ),
        ("postgres (PostgreSQL) 18beta1\n", Some("18beta1")),
        ("another program 1.0\n", None),
        ("postgres (PostgreSQL) \n", None),
    ] {
        assert_eq!(number(text).as_deref(), expected, "{text}");
    }
}
