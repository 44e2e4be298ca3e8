//! Tests of the rules: scripts of commands with what each must lead to, and one small model checked exhaustively.
//!
//! A script is read line by line: `command -> result name=value …`. [`bench`] decides and checks the invariants after every
//! line, [`script`] reads the commands, [`show`] names what can be asserted.

mod bench;
mod keys;
mod kounta;
mod kseries;
mod lines;
mod model;
mod numbers;
mod om;
mod orders;
mod precedence;
mod proposals;
mod script;
mod show;
mod tasks;
mod units;

use script::check;
