use super::{is_ready, resident_kib};
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn memory_is_the_resident_part() {
    let status = "Name:\ttender\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmRSS:\t   18432 kB\nThreads:\t5\n";
    assert_eq!(resident_kib(status), Some(18_432));
    assert_eq!(resident_kib("Name:\tkthreadd\n"), None);
    assert_eq!(resident_kib("VmRSS:\tmuch\n"), None);
}

#[test]
fn readiness_is_an_answer_of_200() {
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\n\r\n", true),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", false),
        ("", false),
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut tcp, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let count = tcp.read(&mut request).unwrap();
            assert!(request[..count].starts_with(b"GET /readyz "));
            tcp.write_all(answer.as_bytes()).unwrap();
        });
        assert_eq!(is_ready(address).unwrap(), expected, "{answer}");
        server.join().unwrap();
        assert!(!is_ready(address).unwrap(), "nobody listens any more");
    }
}
