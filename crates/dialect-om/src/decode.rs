//! From a request body to a command: shapes, types, lengths and signs, all reported together (spec om 8.3, step 7).

use axum::http::HeaderMap;
use tender_engine::{
    ATTRIBUTES_BYTES_MAX, AmountSpec, AttributesPatch, ConfirmPayment, Direction, Lookup, MethodKind,
    MethodRef, OnRefusal, OrderId, OrderSelector, PaymentId, PaymentPatch, PaymentSpec, PaymentState, Settle,
    UpdatePayment, attributes_bytes,
};
use tender_money::Decimal;
use tender_service::Directory;
use tender_wire::{
    FIELD_ERRORS_MAX, FieldError, FieldErrors, Json, Limits, Object, Presence, Reader, ids_text,
};

use crate::envelope::OmWarning;
use crate::errors::OmError;
use crate::key;

/// Longest ids (spec om L13), in characters.
const ID_CHARS_MAX: usize = 128;
/// Longest `transactionRef`.
const TRANSACTION_REF_CHARS_MAX: usize = 255;
/// Longest `note`.
const NOTE_CHARS_MAX: usize = 1_000;
/// Warnings of one answer; what a body holds beyond that is ignored without a word.
const WARNINGS_MAX: usize = 100;

const CREATE_MEMBERS: [&str; 12] = [
    "orderId",
    "type",
    "custom",
    "amount",
    "methodId",
    "customerUid",
    "status",
    "sourcePaymentId",
    "transactionRef",
    "attrs",
    "invoiceId",
    "note",
];
const UPDATE_MEMBERS: [&str; 12] = [
    "id",
    "orderId",
    "amount",
    "methodId",
    "custom",
    "correction",
    "customerUid",
    "status",
    "sourcePaymentId",
    "transactionRef",
    "attrs",
    "note",
];
const CONFIRM_MEMBERS: [&str; 5] = ["id", "orderId", "customerUid", "transactionRef", "attrs"];

/// A decoded request and what the caller should know about it.
#[derive(Debug)]
pub struct Decoded<T> {
    /// The command.
    pub command: T,
    /// Unknown members.
    pub warnings: Vec<OmWarning>,
    /// The body's `id` is not the path's. Judged only after the payment was found, because a payment that is not there is
    /// not found whatever the body says: the command then asserts an order that no payment is on.
    pub wrong_id: bool,
}

/// A payment's id from the path; a text that is no id is simply not found.
pub fn payment_id(uid: &str) -> Result<PaymentId, OmError> {
    let (order, number) = ids_text::read_payment(uid).ok_or_else(OmError::payment_not_found)?;
    Ok(PaymentId {
        order: OrderId(order),
        number,
    })
}

/// Parses a body: JSON within limits.
pub fn parse(body: &[u8]) -> Result<Json<'_>, OmError> {
    Json::parse(body, Limits::REQUEST).map_err(|error| OmError::Unreadable(error.to_string()))
}

/// The members that stand twice in one object, with what is wrong about them: at most [`FIELD_ERRORS_MAX`].
fn duplicates(json: &Json<'_>) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    find_duplicates(json, "", &mut paths);
    let complaint = |path| (path, "the member is given twice".to_owned());
    paths.into_iter().map(complaint).collect()
}

/// A path repeats the names above it, so what is not going to be told is not made either.
fn find_duplicates(json: &Json<'_>, path: &str, found: &mut Vec<String>) {
    let room = FIELD_ERRORS_MAX.saturating_sub(found.len());
    if room == 0 {
        return;
    }
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match json {
        Json::Object(object) => {
            found.extend(object.duplicates().into_iter().take(room).map(below));
            for (name, value) in object.iter() {
                find_duplicates(value, &below(name), found);
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_duplicates(item, &format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// Collects what is wrong with the members of `params`.
struct Params<'j, 'p> {
    reader: Reader<'j, 'p>,
    errors: FieldErrors,
    more: Vec<(String, String)>,
}

impl<'j, 'p> Params<'j, 'p> {
    /// Over the members of `params`, which is inside `body`.
    fn new(body: &Json<'_>, reader: Reader<'j, 'p>) -> Self {
        Self {
            reader,
            errors: FieldErrors::new(),
            more: duplicates(body),
        }
    }

    fn complain(&mut self, name: &str, message: &str) {
        self.more.push((self.reader.path_of(name), message.to_owned()));
    }

    /// A value that may be left out but not be `null`.
    fn plain<T: tender_wire::FromJson<'j>>(&mut self, name: &str) -> Option<T> {
        match self.errors.keep(self.reader.read::<T>(name)) {
            Presence::Value(value) => Some(value),
            Presence::Absent => None,
            Presence::Null => {
                self.complain(name, &format!("{name} must not be null"));
                None
            }
        }
    }

    /// A text with a maximum length, not blank.
    fn id(&mut self, name: &str, chars_max: usize) -> Option<&'j str> {
        let value = self.plain::<&'j str>(name)?;
        self.check_text(name, value, chars_max).then_some(value)
    }

    fn check_text(&mut self, name: &str, value: &str, chars_max: usize) -> bool {
        if value.trim().is_empty() {
            self.complain(name, &format!("{name} must not be empty"));
            return false;
        }
        if value.chars().count() > chars_max {
            self.complain(name, &format!("{name} has more than {chars_max} characters"));
            return false;
        }
        true
    }

    /// A text that `null` clears: `None` when left out, `Some(None)` when cleared.
    fn clearable(&mut self, name: &str, chars_max: usize) -> Option<Option<&'j str>> {
        match self.errors.keep(self.reader.string(name)) {
            Presence::Absent => None,
            Presence::Null => Some(None),
            Presence::Value(value) => self.check_text(name, value, chars_max).then_some(Some(value)),
        }
    }

    /// A note: free text, an empty one is none.
    fn note(&mut self) -> Option<Option<String>> {
        match self.errors.keep(self.reader.string("note")) {
            Presence::Absent => None,
            Presence::Null => Some(None),
            Presence::Value("") => Some(None),
            Presence::Value(value) if value.chars().count() > NOTE_CHARS_MAX => {
                self.complain("note", &format!("note has more than {NOTE_CHARS_MAX} characters"));
                None
            }
            Presence::Value(value) => Some(Some(value.to_owned())),
        }
    }

    fn amount(&mut self) -> Option<Decimal> {
        let amount = self.plain::<Decimal>("amount")?;
        if !amount.is_positive() {
            self.complain("amount", "amount must be greater than zero");
            return None;
        }
        Some(amount)
    }

    fn status(&mut self) -> Option<PaymentState> {
        let status = self.plain::<&'j str>("status")?;
        let state = match status {
            "complete" => Some(PaymentState::Complete),
            "pending" => Some(PaymentState::Pending),
            "progress" => Some(PaymentState::Progress),
            "reversed" => Some(PaymentState::Reversed),
            _ => None,
        };
        if state.is_none() {
            self.complain("status", "status must be complete, pending, progress or reversed");
        }
        state
    }

    fn direction(&mut self) -> Option<Direction> {
        let direction = match self.errors.ok(self.reader.require::<&'j str>("type"))? {
            "receipt" => Some(Direction::Receipt),
            "refund" => Some(Direction::Refund),
            _ => None,
        };
        if direction.is_none() {
            self.complain("type", "type must be receipt or refund");
        }
        direction
    }

    /// A free object, by its members as compact JSON; a `null` member removes one (spec om row 35).
    fn attributes(&mut self) -> Option<AttributesPatch> {
        let object = self.plain::<&'j Object<'j>>("attrs")?;
        let patch = object.iter().map(|(name, value)| {
            (
                name.to_owned(),
                if value.is_null() {
                    None
                } else {
                    Some(value.to_text())
                },
            )
        });
        Some(patch.collect())
    }

    /// A refund's source; `null` clears it.
    fn source(&mut self) -> Option<Lookup<PaymentId>> {
        let text = self.clearable("sourcePaymentId", ID_CHARS_MAX)?;
        Some(text.map_or(Lookup::Absent, source))
    }

    /// The order that the caller believes the payment is on.
    fn asserted_order(&mut self) -> Option<Lookup<OrderId>> {
        let order = self.id("orderId", ID_CHARS_MAX)?;
        Some(ids_text::read(ids_text::ORDER, order).map_or(Lookup::Unknown, |id| Lookup::Known(OrderId(id))))
    }

    /// Unknown members as warnings, or all errors together.
    fn finish(self, known: &[&str]) -> Result<Vec<OmWarning>, OmError> {
        let mut fields: Vec<(String, String)> = self
            .errors
            .as_slice()
            .iter()
            .map(|error| (error.path.clone(), error.to_string()))
            .collect();
        fields.extend(self.more);
        if !fields.is_empty() {
            return Err(OmError::Parameters(fields));
        }
        let unknown = self.reader.unknown(known);
        let warning = |name: &str| OmWarning {
            code: "UnknownParameter",
            message: "the parameter is not known here and was ignored",
            field: self.reader.path_of(name),
        };
        Ok(unknown.take(WARNINGS_MAX).map(warning).collect())
    }
}

fn body_error(error: &FieldError) -> OmError {
    if error.path.is_empty() {
        OmError::Unreadable(error.to_string())
    } else {
        OmError::parameter(&error.path, error.to_string())
    }
}

/// A method by its text id; hidden ones are usable (spec om row 15), and so is the till's own terminal: the payment is only
/// recorded here.
fn method(directory: &Directory, text: &str) -> Lookup<(MethodRef, MethodKind)> {
    let Some(id) = ids_text::read(ids_text::METHOD, text) else {
        return Lookup::Unknown;
    };
    match directory.method_by_id(id) {
        Lookup::Known((method, _)) => Lookup::Known((method, MethodKind::Ordinary)),
        other => other,
    }
}

/// A payment named by its text id.
fn source(text: &str) -> Lookup<PaymentId> {
    payment_id(text).map_or(Lookup::Unknown, Lookup::Known)
}

/// Create (spec om 4.2).
pub fn create(
    json: &Json<'_>,
    headers: &HeaderMap,
    directory: &Directory,
) -> Result<Decoded<PaymentSpec>, OmError> {
    let body = Reader::root(json).map_err(|error| body_error(&error))?;
    let reader = body
        .require_object("params")
        .map_err(|error| body_error(&error))?;
    let mut params = Params::new(json, reader);
    let order = match params.errors.ok(params.reader.require::<&str>("orderId")) {
        Some(order) if params.check_text("orderId", order, ID_CHARS_MAX) => order,
        _ => "",
    };
    let direction = params.direction();
    let custom = params.plain::<bool>("custom");
    let amount = params.amount();
    let method_id = params.id("methodId", ID_CHARS_MAX);
    let customer = params.id("customerUid", ID_CHARS_MAX);
    let status = params.status();
    let source_id = params.clearable("sourcePaymentId", ID_CHARS_MAX).flatten();
    let transaction_ref = params
        .clearable("transactionRef", TRANSACTION_REF_CHARS_MAX)
        .flatten();
    let attributes = params.attributes().unwrap_or_default();
    let invoice = params.id("invoiceId", ID_CHARS_MAX);
    let note = params.note().flatten();
    let attributes: Vec<(String, String)> = attributes
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .collect();
    if attributes_bytes(&attributes) > ATTRIBUTES_BYTES_MAX {
        params.complain("attrs", "attrs are larger than 16384 bytes");
    }
    let key = match key::header(headers) {
        Ok(key) => key,
        Err(message) => {
            params.more.push((key::HEADER.to_owned(), message.to_owned()));
            None
        }
    };
    let attributes_sent = params.reader.members().get("attrs").and_then(Json::as_object);
    let warnings = params.finish(&CREATE_MEMBERS)?;
    let selector = match ids_text::read(ids_text::ORDER, order) {
        Some(id) => OrderSelector::Id(OrderId(id)),
        None => return Err(OmError::order_not_found()),
    };
    let state = status.unwrap_or(PaymentState::Pending);
    let settle = if state == PaymentState::Complete {
        Settle::Immediate
    } else {
        Settle::Open(state)
    };
    let texts = key::Texts {
        order,
        method: method_id,
        source: source_id,
        attributes: attributes_sent,
    };
    let amount = amount.map_or(AmountSpec::Remaining, AmountSpec::Exact);
    let mut command = PaymentSpec {
        method: method_id.map_or(Lookup::Absent, |id| method(directory, id)),
        on_refusal: OnRefusal::RejectAndRemember,
        source: source_id.map_or(Lookup::Absent, source),
        transaction_ref: transaction_ref.map(str::to_owned),
        attributes,
        invoice: invoice.map(str::to_owned),
        note,
        customer: customer.map(str::to_owned),
        custom: custom.unwrap_or(false),
        ..PaymentSpec::new(selector, direction.unwrap_or(Direction::Receipt), amount, settle)
    };
    command.keys = key
        .map(|key| key::claim(key, &command, &texts))
        .into_iter()
        .collect();
    Ok(Decoded {
        command,
        warnings,
        wrong_id: false,
    })
}

/// Update (spec om 4.3).
pub fn update(
    json: &Json<'_>,
    uid: &str,
    payment: PaymentId,
    directory: &Directory,
) -> Result<Decoded<UpdatePayment>, OmError> {
    let body = Reader::root(json).map_err(|error| body_error(&error))?;
    let reader = body
        .require_object("params")
        .map_err(|error| body_error(&error))?;
    let mut params = Params::new(json, reader);
    let id = params.id("id", ID_CHARS_MAX);
    let asserted_order = params.asserted_order();
    let patch = PaymentPatch {
        amount: params.amount(),
        method: params
            .id("methodId", ID_CHARS_MAX)
            .map(|id| match method(directory, id) {
                Lookup::Known((method, _)) => Lookup::Known(method),
                Lookup::Absent | Lookup::Unknown => Lookup::Unknown,
            }),
        custom: params.plain("custom"),
        correction: params.plain("correction").unwrap_or(false),
        customer: params.id("customerUid", ID_CHARS_MAX).map(str::to_owned),
        state: params.status(),
        source: params.source(),
        transaction_ref: params
            .clearable("transactionRef", TRANSACTION_REF_CHARS_MAX)
            .map(|text| text.map(str::to_owned)),
        attributes: params.attributes(),
        note: params.note(),
    };
    let warnings = params.finish(&UPDATE_MEMBERS)?;
    let wrong_id = id.is_some_and(|id| id != uid);
    let asserted_order = if wrong_id {
        Some(Lookup::Unknown)
    } else {
        asserted_order
    };
    Ok(Decoded {
        command: UpdatePayment {
            payment,
            asserted_order,
            patch,
        },
        warnings,
        wrong_id,
    })
}

/// Confirm (spec om 4.4); no body at all is fine.
pub fn confirm(body: &[u8], uid: &str, payment: PaymentId) -> Result<Decoded<ConfirmPayment>, OmError> {
    let empty = ConfirmPayment {
        payment,
        asserted_order: None,
        transaction_ref: None,
        attributes: None,
        customer: None,
        once: false,
    };
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Decoded {
            command: empty,
            warnings: Vec::new(),
            wrong_id: false,
        });
    }
    let json = &parse(body)?;
    let body = Reader::root(json).map_err(|error| body_error(&error))?;
    let reader = match body.object("params").map_err(|error| body_error(&error))? {
        Presence::Value(reader) => reader,
        Presence::Absent => {
            let twice = duplicates(json);
            if !twice.is_empty() {
                return Err(OmError::Parameters(twice));
            }
            return Ok(Decoded {
                command: empty,
                warnings: Vec::new(),
                wrong_id: false,
            });
        }
        Presence::Null => return Err(OmError::parameter("params", "params must be an object")),
    };
    let mut params = Params::new(json, reader);
    let id = params.id("id", ID_CHARS_MAX);
    let command = ConfirmPayment {
        payment,
        asserted_order: params.asserted_order(),
        customer: params.id("customerUid", ID_CHARS_MAX).map(str::to_owned),
        // It is nullable everywhere; there is nothing to clear here, so `null` says nothing.
        transaction_ref: params
            .clearable("transactionRef", TRANSACTION_REF_CHARS_MAX)
            .flatten()
            .map(str::to_owned),
        attributes: params.attributes(),
        // Whether a repeat is refused is the server's policy, not the request's.
        once: false,
    };
    let warnings = params.finish(&CONFIRM_MEMBERS)?;
    let wrong_id = id.is_some_and(|id| id != uid);
    let asserted_order = if wrong_id {
        Some(Lookup::Unknown)
    } else {
        command.asserted_order
    };
    Ok(Decoded {
        command: ConfirmPayment {
            asserted_order,
            ..command
        },
        warnings,
        wrong_id,
    })
}
