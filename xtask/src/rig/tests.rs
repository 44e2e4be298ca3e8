use std::fs;

use super::empty_folder;

#[test]
fn a_folder_is_made_and_emptied() {
    let parent = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let folder = empty_folder(parent.path(), "a/b").unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        fs::create_dir(folder.join("c")).unwrap();
        fs::write(folder.join("c/d"), "x").unwrap();
    }
    fs::write(parent.path().join("file"), "x").unwrap();
    assert!(empty_folder(parent.path(), "file/e").is_err());
}
