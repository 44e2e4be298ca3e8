//! `GET /api/v1/payments/{id}/timeline`: what happened to a payment, hop by hop, for the people who are asked.
//!
//! It is put together from what is on record: the journal of the payment's order, the till task, the webhook deliveries.
//! Each step says when, what, why, and what to do next where somebody has to do something.

pub(crate) mod openapi;
mod route;
mod steps;
mod words;

pub(crate) use route::timeline;
