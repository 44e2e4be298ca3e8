//! Records to begin from, for tests that need no ledger.

use tender_engine::{
    ApplicationId, Direction, LocationId, MerchantId, Payment, PaymentId, PaymentState, Timestamp, Via,
};

/// A complete receipt of 10.00 by application 1, made at `at`, everything optional left out.
#[must_use]
pub fn payment(id: PaymentId, at: Timestamp) -> Payment {
    Payment {
        id,
        merchant: MerchantId(1),
        location: LocationId(1),
        direction: Direction::Receipt,
        state: PaymentState::Complete,
        deleted: false,
        amount_minor: 1_000,
        tip_minor: 0,
        surcharge_minor: 0,
        service_tip_minor: 0,
        service_minor: 0,
        method: None,
        reference: None,
        staff: None,
        device: None,
        printer_profile: None,
        endpoint: None,
        source: None,
        refunds_minor: 0,
        transaction_ref: None,
        attributes: Vec::new(),
        invoice: None,
        note: None,
        customer: None,
        custom: false,
        tip_pays_service: false,
        failure: None,
        task: None,
        expires_at: None,
        created_at: at,
        created_by: ApplicationId(1),
        created_via: Via::Native,
        updated_at: at,
        updated_by: ApplicationId(1),
        updated_via: Via::Native,
        completed_at: None,
        reversed_at: None,
    }
}
