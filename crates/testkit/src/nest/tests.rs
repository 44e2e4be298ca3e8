use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

use super::{Nest, processes_in};

fn wait_for_ever(nest: &Nest, folder: &str) -> Child {
    let folder = nest.make_folder(folder);
    nest.command("/bin/cat".as_ref(), &folder)
        .stdin(Stdio::piped())
        .spawn()
        .expect("a program starts")
}

#[test]
fn what_runs_in_a_folder_is_ended_and_nothing_else() {
    let nest = Nest::new();
    let (mut ended, mut spared) = (wait_for_ever(&nest, "one"), wait_for_ever(&nest, "other"));
    let (one, other) = (nest.path().join("one"), nest.path().join("other"));
    nest.end(&one);
    assert_eq!(ended.wait().expect("it has ended").signal(), Some(9));
    assert_eq!(processes_in(&one), [""; 0]);
    assert_eq!(processes_in(&other), [spared.id().to_string()]);
    drop(nest);
    assert_eq!(spared.wait().expect("it has ended").signal(), Some(9));
}
