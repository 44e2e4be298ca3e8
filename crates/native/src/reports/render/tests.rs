use super::cell;

#[test]
fn cells_are_quoted_where_they_must_be() {
    for (text, expected) in [
        ("Cash", "Cash"),
        ("Cash, card", "\"Cash, card\""),
        ("The \"new\" one", "\"The \"\"new\"\" one\""),
        ("two\nlines", "\"two\nlines\""),
        ("-12.34", "-12.34"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-cmd", "'-cmd"),
        ("@x,y", "\"'@x,y\""),
        ("", ""),
    ] {
        assert_eq!(cell(text), expected, "{text}");
    }
}
