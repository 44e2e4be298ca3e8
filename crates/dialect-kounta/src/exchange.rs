//! One request after it was recognised: who asks, of which company, and what they can see.
//!
//! Owns: the look-ups that every resource needs, each answering 404 for what the caller cannot see, exactly as for what
//! does not exist.

use std::sync::Arc;

use axum::http::HeaderMap;
use tender_engine::{
    Command, KeyClaim, LocationId, MerchantId, Order, OrderId, OrderState, PaymentId, PaymentState, Via,
};
use tender_http::FailureKind;
use tender_service::{Caller, Directory, Done, Failure, Location, OrderView, Principal, Settings, Tender};
use tender_wire::{Json, Limits};

use crate::errors::ApiError;
use crate::orders::find_by_sale_id;
use crate::route::{OrderPart, Route, StaffRef};
use crate::webhooks;

/// A recognised request.
#[derive(Debug)]
pub(crate) struct Exchange {
    /// The service.
    pub(crate) tender: Tender,
    /// Who asks.
    pub(crate) principal: Arc<Principal>,
    /// The company's directory.
    pub(crate) directory: Arc<Directory>,
    /// The origin of URLs that go out.
    pub(crate) origin: String,
    /// The request's headers.
    pub(crate) headers: HeaderMap,
    /// The path as the client sent it.
    pub(crate) path: String,
    /// The query as the client sent it.
    pub(crate) query: String,
}

/// Reads a body as JSON.
///
/// # Errors
/// 400.
pub(crate) fn parse(body: &[u8]) -> Result<Json<'_>, ApiError> {
    Ok(Json::parse(body, Limits::REQUEST)?)
}

impl Exchange {
    /// The company.
    pub(crate) fn company(&self) -> MerchantId {
        self.principal.merchant
    }

    /// What the operator has set.
    pub(crate) fn settings(&self) -> &Settings {
        self.tender.settings()
    }

    fn caller(&self) -> Caller {
        self.principal.caller(Via::Kounta)
    }

    /// Commits a command.
    ///
    /// # Errors
    /// As [`Tender::execute`].
    pub(crate) async fn execute(&self, command: Command) -> Result<Done, Failure> {
        #[cfg(test)]
        crate::tests::record::command(&command);
        self.tender.execute(&self.caller(), command).await
    }

    /// Whether one of a command's claims was made before, at this site.
    ///
    /// # Errors
    /// The storage is away.
    pub(crate) async fn are_used(&self, site: LocationId, claims: &[KeyClaim]) -> Result<bool, Failure> {
        self.tender.are_used(&self.caller(), site, claims).await
    }

    /// An order after a change of it. The change stands, so nothing that goes wrong here may read like a refusal.
    ///
    /// # Errors
    /// 500 with the outcome unknown.
    pub(crate) async fn changed(&self, id: OrderId) -> Result<OrderView, ApiError> {
        let view = self.order(id).await;
        view.map_err(|_| ApiError::unanswered(FailureKind::Panic, false))
    }

    /// The URL of something of this company, with the suffix that every URL of ours carries.
    pub(crate) fn url(&self, below: &str) -> String {
        format!("{}/v1/companies/{}{below}.json", self.origin, self.company().0)
    }

    /// The sites within reach, by id.
    pub(crate) fn sites(&self) -> impl Iterator<Item = &Location> {
        self.directory
            .locations
            .values()
            .filter(|site| self.principal.covers(LocationId(site.id)))
    }

    /// A site within reach.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn site(&self, id: LocationId) -> Result<&Location, ApiError> {
        let site = self
            .directory
            .locations
            .get(&id.0)
            .filter(|_| self.principal.covers(id));
        site.ok_or_else(ApiError::not_found)
    }

    /// Whether an order is there for this caller. A proposal is not there before a till has taken it.
    pub(crate) fn sees(&self, order: &Order) -> bool {
        order.state != OrderState::Proposed && self.principal.covers(order.location)
    }

    /// An order's head.
    ///
    /// # Errors
    /// 404, or the storage is away.
    pub(crate) async fn order_head(&self, id: OrderId) -> Result<Order, ApiError> {
        let order = self.tender.order_head(self.company(), id).await?;
        order
            .filter(|order| self.sees(order))
            .ok_or_else(ApiError::not_found)
    }

    /// An order with everything on it.
    ///
    /// # Errors
    /// 404, or the storage is away.
    pub(crate) async fn order(&self, id: OrderId) -> Result<OrderView, ApiError> {
        let view = self.tender.order(self.company(), id).await?;
        view.filter(|view| self.sees(&view.order))
            .ok_or_else(ApiError::not_found)
    }

    /// A payment that this dialect shows: one that counts. What is still pending belongs to another dialect.
    ///
    /// # Errors
    /// 404, or the storage is away.
    pub(crate) async fn payment(&self, id: PaymentId) -> Result<tender_engine::Payment, ApiError> {
        let payment = self.tender.payment(self.company(), id).await?;
        let shown = payment.filter(|payment| {
            payment.state == PaymentState::Complete
                && !payment.deleted
                && self.principal.covers(payment.location)
        });
        shown.ok_or_else(ApiError::not_found)
    }

    /// Whether the payment method that the caller itself is is switched on here, and which it is.
    pub(crate) fn own_method(&self) -> Option<u64> {
        let application = self.directory.applications.get(&self.principal.application.0)?;
        application
            .own_method
            .filter(|id| self.directory.methods.get(id).is_some_and(|method| method.active))
    }

    /// Makes sure that what a path names is there. Asked only once something else is wrong with a request, because 404
    /// comes before all of that.
    ///
    /// # Errors
    /// 404, or the storage is away.
    pub(crate) async fn check_exists(&self, route: &Route) -> Result<(), ApiError> {
        match route {
            Route::SitesStatus
            | Route::Company
            | Route::Statuses
            | Route::Registers
            | Route::StaffList
            | Route::Webhooks
            | Route::Sites(None)
            | Route::Methods(None) => Ok(()),
            Route::Site(site)
            | Route::SiteStatus(site)
            | Route::SiteRegisters(site)
            | Route::Methods(Some(site)) => self.site(*site).map(drop),
            Route::Register(register) => self.check_register(*register),
            Route::Staff(staff) => match staff {
                StaffRef::Me => Err(ApiError::not_found()),
                StaffRef::Id(id) => self.check_staff(*id),
            },
            Route::Sites(Some(staff)) => match staff {
                StaffRef::Me => Ok(()),
                StaffRef::Id(id) => self.check_staff(*id),
            },
            Route::Webhook(id) => webhooks::check_exists(self, *id),
            Route::Orders(parts) => self.check_parts(parts),
            Route::Order(order) | Route::Lines(order) | Route::Payments(order) => {
                self.order_head(*order).await.map(drop)
            }
            Route::OrderBySaleId(sale_id) => find_by_sale_id(self, sale_id).await.map(drop),
            Route::Line(order, number) => {
                let view = self.order(*order).await?;
                let is_there = view.lines.iter().any(|line| line.number == *number);
                is_there.then_some(()).ok_or_else(ApiError::not_found)
            }
            Route::Payment(id) => self.payment(*id).await.map(drop),
        }
    }

    /// Whether what an order list is narrowed to is there. Customers are not ours to know.
    ///
    /// # Errors
    /// 404.
    pub(crate) fn check_parts(&self, parts: &[OrderPart]) -> Result<(), ApiError> {
        for part in parts {
            match part {
                OrderPart::Site(site) => self.site(*site).map(drop)?,
                OrderPart::Register(register) => self.check_register(*register)?,
                OrderPart::Staff(StaffRef::Id(staff)) => self.check_staff(*staff)?,
                OrderPart::Staff(StaffRef::Me) => return Err(ApiError::not_found()),
                OrderPart::Complete
                | OrderPart::Pending
                | OrderPart::OnHold
                | OrderPart::Submitted
                | OrderPart::Accepted
                | OrderPart::Rejected
                | OrderPart::PendingAccounts
                | OrderPart::Discounted
                | OrderPart::LinkedCustomer
                | OrderPart::Deleted
                | OrderPart::Customer(_) => {}
            }
        }
        Ok(())
    }

    fn check_register(&self, id: u64) -> Result<(), ApiError> {
        let mut registers = self.sites().flat_map(|site| &site.registers);
        registers
            .any(|register| register.id == id)
            .then_some(())
            .ok_or_else(ApiError::not_found)
    }

    fn check_staff(&self, id: u64) -> Result<(), ApiError> {
        self.directory
            .staff
            .contains_key(&id)
            .then_some(())
            .ok_or_else(ApiError::not_found)
    }
}
