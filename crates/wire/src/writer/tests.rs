use proptest::prelude::*;
use tender_money::{Amount, Currency, Decimal};

use crate::{Json, JsonWriter, Limits, ObjectWriter};

fn amount(minor: i64, code: &str) -> Amount {
    Amount {
        minor,
        currency: Currency::from_code(code).unwrap(),
    }
}

#[test]
fn members_come_in_the_order_of_the_calls() {
    let text = JsonWriter::object(|o| {
        o.string("status", "ok");
        o.number("id", 45_454_565_682_155_i64);
        o.bool("custom", false);
        o.null("note");
        o.object("empty", |_| {});
        o.array("none", |_| {});
        o.array("lines", |a| {
            a.object(|o| o.number("n", 1_u32));
            a.array(|a| {
                a.string("x");
                a.number(-2_i32);
                a.bool(true);
                a.null();
                a.display(format_args!("{}-{}", 1, 2));
                a.raw("{\"raw\":1.0}");
            });
        });
        o.number("decimal", Decimal::parse("2.006e1").unwrap());
        o.raw("attrs", "{\"a\":1.50}");
    })
    .into_string();
    assert_eq!(
        text,
        concat!(
            r#"{"status":"ok","id":45454565682155,"custom":false,"note":null,"empty":{},"none":[],"#,
            r#""lines":[{"n":1},["x",-2,true,null,"1-2",{"raw":1.0}]],"decimal":20.06,"attrs":{"a":1.50}}"#
        )
    );
}

#[test]
fn optional_members_are_left_out_and_nullable_ones_are_not() {
    let text = JsonWriter::object(|o| {
        o.optional("a", None, ObjectWriter::string);
        o.optional("b", Some(1_i64), ObjectWriter::number);
        o.nullable("c", None, ObjectWriter::string);
        o.nullable("d", Some("x"), ObjectWriter::string);
    })
    .into_string();
    assert_eq!(text, r#"{"b":1,"c":null,"d":"x"}"#);
}

#[test]
fn money_is_plain() {
    for (value, number, string) in [
        (amount(2006, "EUR"), "20.06", "\"20.06\""),
        (amount(1050, "EUR"), "10.5", "\"10.50\""),
        (amount(1000, "EUR"), "10", "\"10.00\""),
        (amount(0, "EUR"), "0", "\"0.00\""),
        (amount(-1, "EUR"), "-0.01", "\"-0.01\""),
        (amount(805, "JPY"), "805", "\"805\""),
        (amount(1250, "KWD"), "1.25", "\"1.250\""),
        (
            amount(i64::MIN, "EUR"),
            "-92233720368547758.08",
            "\"-92233720368547758.08\"",
        ),
    ] {
        let text = JsonWriter::array(|a| {
            a.money_number(value);
            a.money_string(value);
        });
        assert_eq!(text.into_string(), format!("[{number},{string}]"));
        let text = JsonWriter::object(|o| {
            o.money_number("n", value);
            o.money_string("s", value);
        });
        assert_eq!(text.into_string(), format!("{{\"n\":{number},\"s\":{string}}}"));
    }
}

#[test]
fn trees_are_written_as_they_were_read() {
    let source = r#"{"b":1.50,"a":[null,true,"\n"],"b":{}}"#;
    let json = Json::parse(source.as_bytes(), Limits::REQUEST).unwrap();
    let text = JsonWriter::object(|o| {
        o.json("o", &json);
        o.array("a", |a| a.json(&json));
    });
    assert_eq!(text.into_string(), format!("{{\"o\":{source},\"a\":[{source}]}}"));
}

proptest! {
    #[test]
    fn strings_and_names_are_escaped_as_serde_json_does(name in any::<String>(), text in any::<String>()) {
        let written = JsonWriter::object(|o| o.string(&name, &text)).into_bytes();
        let expected = serde_json::to_vec(&serde_json::json!({ name.as_str(): text })).unwrap();
        prop_assert_eq!(&written, &expected);
        // A display may come in pieces that are escaped one by one.
        let halves: Vec<char> = text.chars().collect();
        let (left, right) = halves.split_at(halves.len() / 2);
        let (left, right) = (String::from_iter(left), String::from_iter(right));
        let displayed = JsonWriter::object(|o| o.display(&name, format_args!("{left}{right}"))).into_bytes();
        prop_assert_eq!(&displayed, &expected);
    }

    #[test]
    fn integers_come_back(value in any::<i64>()) {
        let text = JsonWriter::array(|a| a.number(value)).into_string();
        prop_assert_eq!(text, format!("[{value}]"));
    }
}
