//! The description of references.

use serde_json::json;
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::Fate;
use crate::openapi::call::{Call, Traits, advised, done};
use crate::openapi::values::{advice, time};
use crate::payments::openapi::complete_example;

pub(crate) fn add(document: Document) -> Document {
    let fates = [Fate::Applied, Fate::WillNeverApply, Fate::InFlight].map(Fate::word);
    let object = Schema::object()
        .required("state", Schema::words(&fates))
        .optional(
            "until",
            time().describe("When an in-flight payment ends by itself."),
        );
    let fate = advice(object)
        .optional("payment", Schema::named("Payment"))
        .closed();
    document.schema("ReferenceFate", fate)
}

pub(crate) fn get(call: Call<'_>) -> Operation {
    let description =
        "That application's reference; other applications' are the administration's to ask for.";
    let example = json!({
        "state": "applied", "money_moved": "yes", "retry": "never", "payment": complete_example(),
    });
    let operation = call.named("payments", "getReference", "What became of a reference");
    placed(operation, "GUEST-1", "Look there only.", description)
        .answers(200, advised(done("ReferenceFate", example)))
}

pub(crate) fn fence(call: Call<'_>) -> Operation {
    let summary = "Make sure that nothing lands under a reference: voids it if no till has it, burns it if it was never seen";
    let example = json!({"state": "will-never-apply", "money_moved": "no", "retry": "never"});
    let operation = call.named("payments", "fenceReference", summary);
    let application = "That application's reference.";
    placed(operation, "GUEST-2", "Fence there only.", application)
        .may_take("Empty", json!({}))
        .answers(200, advised(done("ReferenceFate", example)))
}

/// The reference, and where to look for it.
fn placed(operation: Operation, example: &str, location: &str, application: &str) -> Operation {
    let reference = Parameter::path("ref", Schema::string(), "The reference, 1 to 100 characters.");
    let application = Parameter::query(
        "application_id",
        Schema::string().pattern("^(app_(0|[1-9][0-9]{0,15}))?$"),
        application,
    );
    operation
        .parameter(reference.example(example))
        .located(location)
        .parameter(application.example("app_0"))
        .conflicts()
}
