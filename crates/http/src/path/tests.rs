use std::borrow::Cow;

use super::{collapse_slashes, decode_unreserved, strip_last_suffix};

#[test]
fn empty_segments_go() {
    for (path, expected) in [
        ("/", "/"),
        ("", ""),
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("//a///b", "/a/b"),
        ("//", "/"),
        ("/a//", "/a"),
        ("/a/%2F/b", "/a/%2F/b"),
    ] {
        let collapsed = collapse_slashes(path);
        assert_eq!(collapsed, expected, "{path}");
        assert_eq!(matches!(collapsed, Cow::Borrowed(_)), path == expected, "{path}");
        assert_eq!(collapse_slashes(expected), expected, "{expected} changes again");
    }
}

#[test]
fn only_what_means_the_same_is_decoded() {
    for (path, expected) in [
        ("/a-b", "/a-b"),
        ("/%61%2d%7E%5f%2E%39", "/a-~_.9"),
        ("/a%2Fb", "/a%2Fb"),
        ("/%252F", "/%252F"),
        ("/%2561", "/%2561"),
        ("/%", "/%"),
        ("/%6", "/%6"),
        ("/%zz", "/%zz"),
        ("/%+1", "/%+1"),
        ("/%é", "/%é"),
        ("/%%61", "/%a"),
        ("/%C3%A9", "/%C3%A9"),
        ("/%20x", "/%20x"),
    ] {
        assert_eq!(decode_unreserved(path), expected, "{path}");
    }
}

#[test]
fn suffixes_belong_to_a_name() {
    for (path, expected) in [
        ("/orders.json", Some("/orders")),
        ("/orders/7.json", Some("/orders/7")),
        ("/orders", None),
        ("/orders/.json", None),
        (".json", None),
        ("/orders.json/7", None),
        ("/orders.JSON", None),
        ("/a.json.json", Some("/a.json")),
    ] {
        assert_eq!(strip_last_suffix(path, ".json"), expected, "{path}");
    }
}
