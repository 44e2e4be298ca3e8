//! One module per command of the command line.

pub mod audit;
pub mod backup;
pub mod completions;
pub mod demo;
pub mod directory;
pub mod doctor;
pub mod export;
pub mod listen;
pub mod migrate;
pub mod openapi;
pub mod pay;
pub mod replay;
pub mod serve;
pub mod till;
pub mod token;

mod remote;
