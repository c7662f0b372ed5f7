//! Documents: what was read is printed and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(parsed) = sla::parse(text) else { return };
    for document in parsed.documents {
        let same = |printed: String| {
            let again = sla::parse_documents(&printed).expect("what was printed is sound");
            assert_eq!(again, [document.clone()], "{printed}");
        };
        same(sla::to_yaml(&document));
        same(sla::to_json(&document));
        // The canonical form has no signature, because it is what is signed.
        let canonical = sla::canonical_json(&document);
        let again = sla::parse_documents(&canonical).expect("the canonical form is sound");
        assert_eq!(sla::canonical_json(&again[0]), canonical);
    }
});
