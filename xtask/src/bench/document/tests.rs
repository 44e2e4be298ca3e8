use super::{BEGIN, END, replaced};

#[test]
fn only_the_section_between_the_marks_changes() {
    let page = format!("# Title\n\n{BEGIN}\nold\nold\n{END}\n\nMore.\n");
    let new = replaced(&page, "\nnew\n\n").unwrap();
    assert_eq!(new, format!("# Title\n\n{BEGIN}\nnew\n{END}\n\nMore.\n"));
    assert_eq!(
        replaced(&new, "new"),
        Some(new.clone()),
        "once more changes nothing"
    );
}

#[test]
fn a_page_without_both_marks_is_left_alone() {
    assert_eq!(replaced("# Title\n", "new"), None);
    assert_eq!(replaced(&format!("{BEGIN}\nold\n"), "new"), None);
    assert_eq!(replaced(&format!("{END}\n{BEGIN}\n"), "new"), None);
}
