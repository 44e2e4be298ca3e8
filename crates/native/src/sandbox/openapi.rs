//! The description of the sandbox.

use serde_json::json;
use tender_openapi::{Document, Operation, Parameter, Schema};

use super::BEHAVIOUR_CHARS_MAX;
use crate::directory::openapi::device;
use crate::openapi::call::{Call, Traits, done};
use crate::openapi::values::{DEVICE, LATER, MOMENT, chars, time};

pub(crate) fn add(document: Document) -> Document {
    let advance_ms = Schema::integer().minimum(0).maximum(i64::from(u32::MAX));
    let behaviour = Schema::string()
        .length(1, chars(BEHAVIOUR_CHARS_MAX))
        .describe("auto, offline, refuse:<reason>, slow:<ms> or lose-confirm");
    document
        .schema("Clock", Schema::object().required("now", time()).closed())
        .schema(
            "Advance",
            Schema::object().required("advance_ms", advance_ms).closed(),
        )
        .schema(
            "Behaviour",
            Schema::object().required("behaviour", behaviour).closed(),
        )
}

pub(crate) fn clock(call: Call<'_>) -> Operation {
    call.named("sandbox", "getClock", "What time it is")
        .finds()
        .answers(200, done("Clock", json!({"now": MOMENT})))
}

pub(crate) fn advance(call: Call<'_>) -> Operation {
    call.named("sandbox", "advanceClock", "Move the clock forward")
        .finds()
        .takes("Advance", json!({"advance_ms": 300_000}))
        .answers(200, done("Clock", json!({"now": LATER})))
}

pub(crate) fn set_behaviour(call: Call<'_>) -> Operation {
    let id = Parameter::path("device_id", Schema::string(), "The device.");
    call.named("sandbox", "setBehaviour", "Script a virtual till")
        .parameter(id.example(DEVICE))
        .takes("Behaviour", json!({"behaviour": "slow:1500"}))
        .answers(200, done("Device", device("slow:1500")))
        .finds()
}
