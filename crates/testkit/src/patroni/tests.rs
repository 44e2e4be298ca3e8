use std::net::{Ipv4Addr, TcpListener};

use super::free_ports;

#[test]
fn ports_are_different_and_free() {
    let [one, two]: [u16; 2] = free_ports();
    assert_ne!(one, two);
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, one)).expect("it was free");
    let again: [u16; 2] = free_ports();
    assert!(!again.contains(&one), "{again:?}");
    drop(taken);
}
