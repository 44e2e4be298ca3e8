use std::fs;
use std::process::Command;

use super::{NoCluster, NoStart, services};

#[test]
fn services_are_refused_only_while_packages_are_installed() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy-rc.d");
    let guard = NoStart::begin(&policy).unwrap();
    // Through the shell, because another test may be starting a process while this file is still open for writing there.
    let answer = Command::new("/bin/sh").arg(&policy).status().unwrap();
    assert_eq!(answer.code(), Some(101));
    drop(guard);
    assert!(!policy.exists());
}

#[test]
fn the_machines_own_policy_stays() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy-rc.d");
    fs::write(&policy, "its own").unwrap();
    drop(NoStart::begin(&policy).unwrap());
    assert_eq!(fs::read_to_string(&policy).unwrap(), "its own");
}

#[test]
fn only_services_of_installed_packages_are_turned_off() {
    assert_eq!(
        services(&["chromium", "etcd-server"]).collect::<Vec<_>>(),
        ["etcd"]
    );
    assert_eq!(services(&["postgresql"]).count(), 0);
}

#[test]
fn the_setting_against_clusters_goes_and_leaves_others_alone() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("createcluster.d");
    drop(NoCluster::begin(&folder).unwrap());
    assert!(!folder.exists());
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("local.conf"), "").unwrap();
    drop(NoCluster::begin(&folder).unwrap());
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}
