use super::{field, memory_gib};

#[test]
fn processor_is_the_first_one_named() {
    let cpuinfo = "processor\t: 0\nmodel name\t: Fast CPU @ 3.00GHz\n\nprocessor\t: 1\nmodel name\t: Other\n";
    assert_eq!(
        field(cpuinfo, "model name").as_deref(),
        Some("Fast CPU @ 3.00GHz")
    );
    assert_eq!(field(cpuinfo, "model"), None);
}

#[test]
fn memory_is_rounded_up_to_what_was_bought() {
    assert_eq!(
        memory_gib("MemTotal:        8048576 kB\nMemFree: 1 kB\n"),
        Some(8)
    );
    assert_eq!(memory_gib("MemFree: 1 kB\n"), None);
    assert_eq!(memory_gib("MemTotal: many\n"), None);
}
