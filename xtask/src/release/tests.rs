use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{forget, seconds};

#[test]
fn only_a_program_that_was_built_anew_needs_another_profile() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("program");
    fs::write(&program, "1").unwrap();
    let built = |at: SystemTime| {
        let file = fs::File::options().write(true).open(&program).unwrap();
        file.set_modified(at).unwrap();
        seconds(&program).unwrap()
    };
    let at = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!((built(at), built(at)), (1_700_000_000, 1_700_000_000));
    assert_eq!(built(at + Duration::from_secs(5)), 1_700_000_005);
    assert!(seconds(&folder.path().join("other")).is_err());
}

#[test]
fn what_was_counted_of_another_program_is_forgotten_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let counts = folder.path().join("counts");
    fs::create_dir_all(&counts).unwrap();
    for name in [
        "counts/a.profraw",
        "tender-1.profdata",
        "tender-2.profdata",
        "other",
    ] {
        fs::write(folder.path().join(name), "x").unwrap();
    }
    forget(folder.path(), &counts).unwrap();
    forget(folder.path(), &counts).unwrap();
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["other"]);
}
