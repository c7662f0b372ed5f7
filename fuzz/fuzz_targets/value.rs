//! Values as people type them: what was read is printed and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, &str)| {
    let (item, scheme, text) = input;
    let items = sla::registry().items();
    let schemes = sla::registry().schemes();
    let item = &items[usize::from(item) % items.len()];
    let scheme = &schemes[usize::from(scheme) % schemes.len()];
    let Ok(value) = sla::parse_value(item, Some(scheme), text) else { return };
    if let Some(number) = value.as_number() {
        for locale in [sla::Locale::En, sla::Locale::Ja] {
            // Grouped digits are for reading and refused on the way back, because half the world
            // reads a comma as a point.
            let shown = sla::format_number(item.unit, number, locale).replace(',', "");
            let again = sla::parse_value(item, None, &shown);
            assert_eq!(again.as_ref(), Ok(&value), "{shown}");
        }
    }
});
