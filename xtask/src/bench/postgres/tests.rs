use super::number;

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
