//! The six calls and their table: authenticate, decode, execute, encode.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{MethodRouter, delete as on_delete, get, patch, post};
use tender_engine::{
    Command, ConfirmPayment, DeletePayment, OrderId, OrderSelector, OrderState, Outcome, Payment, PaymentId,
    PaymentState, Rejection, Warning,
};
use tender_http::{MoneyMoved, RequestId};
use tender_service::{Done, OrderView, Tender};
use tender_wire::ids_text;

use crate::decode;
use crate::encode::{catalogue, order_data, payment_text};
use crate::envelope::{Envelope, OmWarning};
use crate::errors::{Keyed, OmError};
use crate::key;
use crate::session::{Session, json_body};

/// The calls of the dialect. The router is made of this table, and its tests go through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Makes a payment.
    Create,
    /// Lists an order's payments.
    List,
    /// Changes a payment.
    Update,
    /// Deletes a payment.
    Delete,
    /// Marks a payment as completed.
    Confirm,
    /// Lists the ways to pay.
    Methods,
}

impl Call {
    /// Every call. One that is not here is not served.
    pub const ALL: [Self; 6] = [
        Self::Create,
        Self::List,
        Self::Update,
        Self::Delete,
        Self::Confirm,
        Self::Methods,
    ];

    /// Its name in the envelope.
    pub const fn service(self) -> &'static str {
        match self {
            Self::Create => "createPayment",
            Self::List => "listPayments",
            Self::Update => "updatePayment",
            Self::Delete => "deletePayment",
            Self::Confirm => "confirmPayment",
            Self::Methods => "listPaymentMethods",
        }
    }

    /// The template of its path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Create | Self::List => "/v1/om/payments",
            Self::Update | Self::Delete => "/v1/om/payments/{uid}",
            Self::Confirm => "/v1/om/payments/{uid}/confirm",
            Self::Methods => "/v1/om/payment-methods",
        }
    }

    /// What serves it.
    pub fn handler(self) -> MethodRouter<Om> {
        match self {
            Self::Create => post(create),
            Self::List => get(list),
            Self::Update => patch(update),
            Self::Delete => on_delete(delete),
            Self::Confirm => patch(confirm),
            Self::Methods => get(methods),
        }
    }

    fn envelope(self, request: &Request) -> Envelope {
        Envelope::new(self.service(), RequestId::of(request.extensions()))
    }
}

/// The dialect's state.
#[derive(Debug, Clone)]
pub struct Om {
    tender: Tender,
}

impl Om {
    /// Over a running service.
    pub fn new(tender: Tender) -> Self {
        Self { tender }
    }

    async fn open(&self, parts: &Parts, envelope: &mut Envelope) -> Result<Session, OmError> {
        Session::open(&self.tender, &parts.headers, envelope).await
    }

    /// Executes a command about a payment; answers the payment and whether this is the first answer to a key again.
    async fn execute(
        &self,
        session: &Session,
        command: Command,
        envelope: &mut Envelope,
    ) -> Result<(Box<Payment>, bool), OmError> {
        #[cfg(test)]
        crate::tests::goldens::note(&command);
        let done = self.tender.execute(&session.caller, command).await;
        let Done {
            outcome,
            warnings,
            repeated,
            ..
        } = done.map_err(|failure| OmError::from_failure(&failure))?;
        envelope.warn(warnings.iter().map(ledger_warning));
        match outcome {
            Some(Outcome::Payment(payment)) => Ok((payment, repeated)),
            _ => Err(OmError::Unknown(Keyed::No)),
        }
    }

    /// A payment's order after a change of the payment. The change stands, so nothing that goes wrong here may read like
    /// a refusal.
    async fn changed(&self, session: &Session, order: OrderId) -> Result<OrderView, OmError> {
        let view = self.tender.order(session.caller.merchant, order).await;
        view.ok().flatten().ok_or(OmError::Unknown(Keyed::No))
    }

    /// Refuses an order that the key does not reach, in the words for one that is not there.
    async fn reach(&self, session: &Session, order: OrderId, absent: OmError) -> Result<(), OmError> {
        if session.covers(&self.tender, order).await? {
            Ok(())
        } else {
            Err(absent)
        }
    }
}

fn ledger_warning(warning: &Warning) -> OmWarning {
    match warning {
        Warning::DuplicateTransactionRef => OmWarning {
            code: "DuplicateTransactionRef",
            message: "another payment of this order and method has the same transactionRef",
            field: "params.transactionRef".to_owned(),
        },
        Warning::NotApplied(member) => OmWarning {
            code: "NotApplied",
            message: "the payment was complete already, so this was not applied",
            field: format!("params.{member}"),
        },
    }
}

/// Answers in the envelope, whatever happened.
fn answer(envelope: &Envelope, result: Result<Response, OmError>) -> Response {
    result.unwrap_or_else(|error| envelope.refuse(&error))
}

/// The `{uid}` of a path; percent-encoding that is no text is an id that no payment has.
type Uid = Result<Path<String>, PathRejection>;

fn text_of(uid: &Uid) -> &str {
    uid.as_ref().map_or("", |Path(uid)| uid)
}

/// `POST /v1/om/payments`
pub async fn create(State(om): State<Om>, request: Request) -> Response {
    let mut envelope = Call::Create.envelope(&request);
    let keyed = key::sent(request.headers());
    let result = om.create(request, &mut envelope).await;
    answer(&envelope, result.map_err(|error| error.keyed(keyed)))
}

/// `PATCH /v1/om/payments/{uid}`
pub async fn update(State(om): State<Om>, uid: Uid, request: Request) -> Response {
    let mut envelope = Call::Update.envelope(&request);
    let result = om.update(text_of(&uid), request, &mut envelope).await;
    answer(&envelope, result)
}

/// `PATCH /v1/om/payments/{uid}/confirm`
pub async fn confirm(State(om): State<Om>, uid: Uid, request: Request) -> Response {
    let mut envelope = Call::Confirm.envelope(&request);
    let result = om.confirm(text_of(&uid), request, &mut envelope).await;
    answer(&envelope, result)
}

/// `DELETE /v1/om/payments/{uid}`
pub async fn delete(State(om): State<Om>, uid: Uid, request: Request) -> Response {
    let mut envelope = Call::Delete.envelope(&request);
    let result = om.delete(text_of(&uid), request, &mut envelope).await;
    answer(&envelope, result)
}

/// `GET /v1/om/payments?orderId=`
pub async fn list(
    State(om): State<Om>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    request: Request,
) -> Response {
    let mut envelope = Call::List.envelope(&request);
    let order = query.ok().and_then(|Query(pairs)| {
        pairs
            .into_iter()
            .find(|(name, value)| name == "orderId" && !value.trim().is_empty())
            .map(|(_, value)| value)
    });
    let result = om.list(order.as_deref(), request, &mut envelope).await;
    answer(&envelope, result)
}

/// `GET /v1/om/payment-methods`
pub async fn methods(State(om): State<Om>, request: Request) -> Response {
    let mut envelope = Call::Methods.envelope(&request);
    let (parts, _) = request.into_parts();
    let session = om.open(&parts, &mut envelope).await;
    let result = session.map(|session| envelope.succeed(|data| catalogue(data, &session.directory)));
    answer(&envelope, result)
}

impl Om {
    async fn create(&self, request: Request, envelope: &mut Envelope) -> Result<Response, OmError> {
        let (parts, body) = request.into_parts();
        let session = self.open(&parts, envelope).await?;
        let headers = parts.headers.clone();
        let body = json_body(Request::from_parts(parts, body), false).await?;
        let json = decode::parse(&body)?;
        let decoded = decode::create(&json, &headers, &session.directory)?;
        envelope.warn(decoded.warnings);
        if let OrderSelector::Id(order) = decoded.command.order {
            self.reach(&session, order, OmError::order_not_found()).await?;
        }
        let command = Command::Pay(Box::new(decoded.command));
        let (payment, repeated) = self.execute(&session, command, envelope).await?;
        let moved = if repeated {
            self.moved_by_now(&session, payment.id).await
        } else {
            moved(&payment)
        };
        Ok(envelope.succeed_about(moved, |data| data.string("id", &payment_text(&payment))))
    }

    /// Where a payment stands whose first answer is given again.
    async fn moved_by_now(&self, session: &Session, id: PaymentId) -> MoneyMoved {
        match self.tender.payment(session.caller.merchant, id).await {
            Ok(Some(payment)) => moved(&payment),
            Ok(None) | Err(_) => MoneyMoved::Unknown,
        }
    }

    async fn update(
        &self,
        uid: &str,
        request: Request,
        envelope: &mut Envelope,
    ) -> Result<Response, OmError> {
        let (parts, body) = request.into_parts();
        let session = self.open(&parts, envelope).await?;
        let body = json_body(Request::from_parts(parts, body), false).await?;
        let json = decode::parse(&body)?;
        // The body's own faults come before the payment (8.3: step 7 before step 8).
        let id = decode::payment_id(uid);
        let decoded = decode::update(&json, uid, id.clone().unwrap_or(NOWHERE), &session.directory)?;
        self.reach(&session, id?.order, OmError::payment_not_found())
            .await?;
        envelope.warn(decoded.warnings);
        let command = Command::UpdatePayment(Box::new(decoded.command));
        let executed = self.execute(&session, command, envelope).await;
        let (payment, _) = executed.map_err(|error| named(error, decoded.wrong_id))?;
        Ok(envelope.succeed_about(moved(&payment), |data| data.bool("success", true)))
    }

    async fn confirm(
        &self,
        uid: &str,
        request: Request,
        envelope: &mut Envelope,
    ) -> Result<Response, OmError> {
        let (parts, body) = request.into_parts();
        let session = self.open(&parts, envelope).await?;
        let body = json_body(Request::from_parts(parts, body), true).await?;
        let id = decode::payment_id(uid);
        let decoded = decode::confirm(&body, uid, id.clone().unwrap_or(NOWHERE))?;
        let id = id?;
        self.reach(&session, id.order, OmError::payment_not_found())
            .await?;
        envelope.warn(decoded.warnings);
        let command = Command::ConfirmPayment(ConfirmPayment {
            once: self.tender.settings().om_confirm_once,
            ..decoded.command
        });
        let executed = self.execute(&session, command, envelope).await;
        let (payment, _) = executed.map_err(|error| named(error, decoded.wrong_id))?;
        let view = self.changed(&session, id.order).await?;
        Ok(envelope.succeed_about(moved(&payment), |data| {
            order_data(data, &view, &session.directory)
        }))
    }

    async fn delete(
        &self,
        uid: &str,
        request: Request,
        envelope: &mut Envelope,
    ) -> Result<Response, OmError> {
        let (parts, _) = request.into_parts();
        let session = self.open(&parts, envelope).await?;
        let payment = decode::payment_id(uid)?;
        self.reach(&session, payment.order, OmError::payment_not_found())
            .await?;
        let open_only = self.tender.settings().om_delete_open_only;
        let command = Command::DeletePayment(DeletePayment { payment, open_only });
        self.execute(&session, command, envelope).await?;
        let view = self.changed(&session, payment.order).await?;
        Ok(envelope.succeed_about(MoneyMoved::No, |data| order_data(data, &view, &session.directory)))
    }

    async fn list(
        &self,
        order: Option<&str>,
        request: Request,
        envelope: &mut Envelope,
    ) -> Result<Response, OmError> {
        let (parts, _) = request.into_parts();
        let session = self.open(&parts, envelope).await?;
        let order = order.ok_or(OmError::MissingOrder)?;
        let order = ids_text::read(ids_text::ORDER, order).ok_or(OmError::ListedOrderNotFound)?;
        self.reach(&session, OrderId(order), OmError::ListedOrderNotFound)
            .await?;
        let view = self.tender.order(session.caller.merchant, OrderId(order)).await;
        let view = view.map_err(|failure| OmError::from_failure(&failure))?;
        let view = view.ok_or(OmError::ListedOrderNotFound)?;
        if view.order.state == OrderState::Proposed {
            return Err(OmError::ListedOrderNotFound);
        }
        Ok(envelope.succeed(|data| order_data(data, &view, &session.directory)))
    }
}

/// A mismatch names the member that does not match.
fn named(error: OmError, wrong_id: bool) -> OmError {
    match error {
        OmError::Rejected(Rejection::OrderMismatch) if wrong_id => OmError::WrongId,
        other => other,
    }
}

/// Stands for a payment that cannot exist while a body is judged whose path names none.
const NOWHERE: PaymentId = PaymentId {
    order: OrderId(0),
    number: 0,
};

fn is_complete(payment: &Payment) -> bool {
    payment.state == PaymentState::Complete
}

/// Money has moved while a payment stands complete (spec om 1.1).
fn moved(payment: &Payment) -> MoneyMoved {
    if is_complete(payment) {
        MoneyMoved::Yes
    } else {
        MoneyMoved::No
    }
}
