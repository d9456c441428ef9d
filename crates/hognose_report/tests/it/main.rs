//! Tests of the crate from outside, on findings put together by hand.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic, and so may what it calls"
)]

mod assessment;
mod baseline;
mod build;
mod formats;
mod full;
mod properties;
mod sarif_schema;
mod suppression;
