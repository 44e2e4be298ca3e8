use tender_wire::JsonWriter;

use super::{Constraint, JavaType, Rejected, VIOLATIONS_MAX, Violation, Violations, write_violation};

fn written(object: &str, violation: &Violation) -> String {
    JsonWriter::object(|o| write_violation(o, object, violation)).into_string()
}

#[test]
fn a_missing_field_reads_as_published() {
    let violation = Violation {
        field: "thirdPartyReference".to_owned(),
        java_type: JavaType::String,
        constraint: Constraint::NotNull,
        rejected: None,
    };
    assert_eq!(
        written("localOrder", &violation),
        concat!(
            r#"{"codes":["NotNull.localOrder.thirdPartyReference","NotNull.thirdPartyReference","NotNull.java.lang.String","NotNull"],"#,
            r#""arguments":[{"codes":["localOrder.thirdPartyReference","thirdPartyReference"],"defaultMessage":"thirdPartyReference","code":"thirdPartyReference"}],"#,
            r#""defaultMessage":"must not be null","objectName":"localOrder","field":"thirdPartyReference","bindingFailure":false,"code":"NotNull"}"#
        )
    );
}

#[test]
fn a_nested_field_has_one_code_more_by_its_last_name() {
    let violation = Violation {
        field: "customerInfo.firstName".to_owned(),
        java_type: JavaType::String,
        constraint: Constraint::NotNull,
        rejected: None,
    };
    let text = written("localOrder", &violation);
    let codes = r#"{"codes":["NotNull.localOrder.customerInfo.firstName","NotNull.customerInfo.firstName","NotNull.firstName","NotNull.java.lang.String","NotNull"]"#;
    assert!(text.starts_with(codes), "{text}");
}

#[test]
fn indexes_are_taken_away_one_after_another() {
    let violation = Violation {
        field: "items[0].subItems[2].sku".to_owned(),
        java_type: JavaType::String,
        constraint: Constraint::Size { min: 0, max: 25 },
        rejected: Some(Rejected::Text("x".to_owned())),
    };
    let text = written("toGoOrder", &violation);
    let codes = concat!(
        r#"{"codes":["Size.toGoOrder.items[0].subItems[2].sku","Size.toGoOrder.items[0].subItems.sku","Size.toGoOrder.items.subItems.sku","#,
        r#""Size.items[0].subItems[2].sku","Size.items[0].subItems.sku","Size.items.subItems.sku","Size.sku","Size.java.lang.String","Size"]"#
    );
    assert!(text.starts_with(codes), "{text}");
    assert!(
        text.contains(r#""code":"items[0].subItems[2].sku"},25,0]"#),
        "{text}"
    );
    assert!(
        text.contains(r#""field":"items[0].subItems[2].sku","rejectedValue":"x","bindingFailure":false"#),
        "{text}"
    );
}

#[test]
fn length_is_counted_as_java_does() {
    let mut violations = Violations::default();
    // One character outside of the first plane counts as two.
    violations.size("text", Some("𝒜𝒜"), 1, 3);
    assert_eq!(violations.into_vec().len(), 1);
}

#[test]
fn the_list_of_violations_is_bounded() {
    let mut violations = Violations::default();
    for index in 0..VIOLATIONS_MAX * 2 {
        violations.not_null(format!("items[{index}].sku"), JavaType::String);
    }
    assert_eq!(violations.into_vec().len(), VIOLATIONS_MAX);
}
