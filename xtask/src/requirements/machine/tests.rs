use std::fs;
use std::path::Path;

use super::Machine;

/// A machine that is a folder, with `usr/bin` on its path.
pub fn machine(root: &Path) -> Machine {
    Machine {
        root: root.to_path_buf(),
        path: vec![root.join("usr/local/bin"), root.join("usr/bin")],
        variable: |_| None,
        python: root.join("python"),
    }
}

fn put(root: &Path, file: &str) {
    let file = root.join(file);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "").unwrap();
}

fn put_postgres(root: &Path, folder: &str) {
    for program in ["initdb", "postgres", "pg_ctl"] {
        put(root, &format!("{folder}/{program}"));
    }
}

#[test]
fn the_newest_complete_postgres_is_found() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    assert_eq!(machine(root).postgres(), None);
    put_postgres(root, "usr/lib/postgresql/9/bin");
    put_postgres(root, "usr/lib/postgresql/15/bin");
    put(root, "usr/lib/postgresql/17/bin/pg_dump");
    put_postgres(root, "usr/lib/postgresql/notes/bin");
    assert_eq!(
        machine(root).postgres(),
        Some(root.join("usr/lib/postgresql/15/bin"))
    );
}

#[test]
fn debians_own_folder_comes_before_wrappers_on_the_path() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "usr/local/bin/initdb");
    assert_eq!(machine(root).postgres(), None, "a lone initdb is a wrapper");
    put_postgres(root, "usr/bin");
    assert_eq!(machine(root).postgres(), Some(root.join("usr/bin")));
    put_postgres(root, "usr/lib/postgresql/15/bin");
    assert_eq!(
        machine(root).postgres(),
        Some(root.join("usr/lib/postgresql/15/bin"))
    );
}

#[test]
fn programs_are_found_by_the_first_name_that_exists() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "usr/bin/chrome");
    fs::create_dir_all(root.join("usr/bin/chromium")).unwrap();
    assert_eq!(
        machine(root).program(&["chromium", "chrome"]),
        Some(root.join("usr/bin/chrome"))
    );
    assert_eq!(
        machine(root).program(&["chromium"]),
        None,
        "a folder is not a program"
    );
}

#[test]
fn a_variable_counts_only_when_it_points_at_something() {
    let root = tempfile::tempdir().unwrap();
    let mut machine = machine(root.path());
    machine.variable = |name| (name == "HERE").then(|| "/".into());
    assert_eq!(machine.named_by("HERE"), Some("/".into()));
    assert_eq!(machine.named_by("ELSEWHERE"), None);
    machine.variable = |_| Some("/no/such/folder".into());
    assert_eq!(machine.named_by("HERE"), None);
}

#[test]
fn without_the_package_tool_nothing_can_be_installed() {
    let root = tempfile::tempdir().unwrap();
    assert!(!machine(root.path()).can_install_packages().unwrap());
}

#[test]
fn a_python_package_of_another_version_is_not_the_one() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    put(root, "python/checker==1/bin/check");
    assert!(machine(root).python_program("checker==1", "check").is_some());
    assert!(machine(root).python_program("checker==2", "check").is_none());
}
