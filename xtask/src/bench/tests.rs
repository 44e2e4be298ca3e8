use super::Options;

#[test]
fn options_are_read_in_any_order() {
    for (words, is_quick, profile) in [
        (&[][..], false, "dist"),
        (&["--quick"], true, "dist"),
        (&["--profile", "dev"], false, "dev"),
        (&["--quick", "--profile", "dev"], true, "dev"),
        (&["--profile", "dev", "--quick"], true, "dev"),
    ] {
        assert_eq!(
            Options::parse(words),
            Some(Options { is_quick, profile }),
            "{words:?}"
        );
    }
    for words in [&["--slow"][..], &["--profile"], &["--quick", "x"]] {
        assert_eq!(Options::parse(words), None, "{words:?}");
    }
}

#[test]
fn only_whole_runs_of_what_is_shipped_are_written_down() {
    for (words, is_written_down, folder) in [
        (&[][..], true, "dist"),
        (&["--quick"], false, "dist"),
        (&["--profile", "dev"], false, "debug"),
        (&["--profile", "profiling"], false, "profiling"),
    ] {
        let options = Options::parse(words).unwrap();
        assert_eq!(
            (options.is_written_down(), options.folder()),
            (is_written_down, folder),
            "{words:?}"
        );
    }
}
