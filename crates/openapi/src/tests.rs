use serde_json::{Value, json};

use crate::{Answer, Document, Operation, Parameter, Schema, faults, routes};

fn operation() -> Operation {
    Operation::new("get", "/bells/{bell}", "getBell", "A bell")
        .parameter(Parameter::path("bell", Schema::id(), "Which.").example(7))
        .answer(200, "It rang.", Schema::named("Bell"))
        .refusals(&[(404, "There is none.")], &Schema::object())
}

fn document() -> Document {
    Document::new("Bells", "All bells.")
        .tag("bells", "Bells.")
        .scheme("key", json!({"type": "apiKey", "in": "header", "name": "key"}))
        .secured_by(&["key"])
        .schema(
            "Bell",
            Schema::object()
                .required("tone", Schema::words(&["c", "d"]).or_null())
                .closed(),
        )
        .operation(operation())
}

#[test]
fn a_document_has_what_it_was_given() {
    let document = document().finish();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["security"], json!([{"key": []}]));
    let bell = &document["components"]["schemas"]["Bell"];
    let tone = json!({"type": ["string", "null"], "enum": ["c", "d", null]});
    let expected = json!({
        "type": "object", "required": ["tone"], "properties": {"tone": tone}, "additionalProperties": false,
    });
    assert_eq!(bell, &expected);
    let answers = &document["paths"]["/bells/{bell}"]["get"]["responses"];
    let schema = &answers["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema, &json!({"$ref": "#/components/schemas/Bell"}));
    assert_eq!(answers["404"]["description"], "There is none.");
    assert_eq!(faults(&document), Vec::<String>::new());
}

#[test]
fn operations_of_one_path_stand_together() {
    let delete = Operation::new("delete", "/bells/{bell}", "melt", "Melt a bell")
        .parameter(Parameter::path("bell", Schema::id(), "Which.").example(7))
        .empty_answer(204, "Gone.");
    let document = document().operation(delete).finish();
    let route = |method: &str| (method.to_owned(), "/bells/{bell}".to_owned());
    assert_eq!(routes(&document), [route("GET"), route("DELETE")].into());
}

#[test]
fn what_is_wrong_is_told() {
    let named =
        |name: &str| Operation::new("get", "/", "root", "Root").answer(200, "Done.", Schema::named(name));
    let root = || Operation::new("put", "/", "root", "Root");
    let table: [(Value, &str); 9] = [
        (
            document().operation(named("Clapper")).finish(),
            "the schema Clapper is named and not there",
        ),
        (
            document().schema("Rope", Schema::any()).finish(),
            "nothing uses the schema Rope",
        ),
        (
            document()
                .operation(Operation::new("put", "/", "getBell", "Twice").empty_answer(200, "Done."))
                .finish(),
            "get /bells/{bell} has no name of its own: getBell",
        ),
        (
            document()
                .operation(Operation::new("put", "/", "root", "Root"))
                .finish(),
            "put / has no answer",
        ),
        (
            document()
                .operation(Operation::new("put", "/{x}", "root", "Root").empty_answer(200, "Done."))
                .finish(),
            "put /{x} describes other parts than its path has",
        ),
        (
            document().operation(root().shared_answer(404, "Absent")).finish(),
            "the answer Absent is named and not there",
        ),
        (
            document().answer("Absent", Answer::new("Not there.")).finish(),
            "nothing uses the answer Absent",
        ),
        (
            document()
                .operation(root().answers(200, Answer::new("Done.").link("ring", &[])))
                .finish(),
            "put / links to what is not there",
        ),
        (
            document()
                .operation(
                    root()
                        .empty_answer(200, "Done.")
                        .parameter(Parameter::required_query("tone", Schema::string(), "Which.")),
                )
                .finish(),
            "put / has no example of tone",
        ),
    ];
    for (document, expected) in table {
        assert_eq!(faults(&document), [expected]);
    }
}

#[test]
fn null_is_allowed_beside_a_named_schema() {
    let schema = Schema::named("Bell").or_null().into_value();
    assert_eq!(
        schema,
        json!({"oneOf": [{"$ref": "#/components/schemas/Bell"}, {"type": "null"}]})
    );
}

#[test]
fn an_answer_has_bodies_headers_and_links() {
    let answer = Answer::new("It rang.")
        .json(Schema::named("Bell"), json!({"tone": "c"}))
        .body("text/plain", Schema::string(), json!("c"))
        .header("Echo", Schema::boolean(), "Whether it came back.")
        .link("getBell", &[("bell", "$response.body#/id")]);
    let ring = Operation::new("post", "/bells", "ring", "Ring").answers(201, answer);
    let document = document().operation(ring).finish();
    let answer = &document["paths"]["/bells"]["post"]["responses"]["201"];
    assert_eq!(
        answer["content"]["application/json"]["example"],
        json!({"tone": "c"})
    );
    assert_eq!(
        answer["content"]["text/plain"]["schema"],
        json!({"type": "string"})
    );
    assert_eq!(answer["headers"]["Echo"]["required"], true);
    let link = json!({"operationId": "getBell", "parameters": {"bell": "$response.body#/id"}});
    assert_eq!(answer["links"]["getBell"], link);
    assert_eq!(faults(&document), Vec::<String>::new());
}

#[test]
fn a_link_can_come_after_its_answer() {
    let ring = Operation::new("post", "/bells", "ring", "Ring")
        .answer(201, "It rang.", Schema::named("Bell"))
        .link(201, "getBell", &[("bell", "$response.body#/id")]);
    let document = document().operation(ring).finish();
    let answer = &document["paths"]["/bells"]["post"]["responses"]["201"];
    assert_eq!(answer["links"]["getBell"]["operationId"], "getBell");
}
