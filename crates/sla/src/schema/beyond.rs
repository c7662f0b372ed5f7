//! The rules that a schema cannot state, as data. A document that the schema takes and the reader
//! refuses breaks one of these, and nothing else; the tests of the schema hold both to it.

use crate::FaultCode;

/// One rule beyond the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beyond {
    /// Stable name.
    pub id: &'static str,
    /// Codes of the faults that the reader reports; none where the reader takes more than the schema.
    pub codes: &'static [FaultCode],
    /// One English sentence, lower case, without a full stop.
    pub says: &'static str,
}

/// Every rule beyond the schema.
pub const BEYOND: &[Beyond] = &[
    Beyond {
        id: "size",
        codes: &[FaultCode::TooLarge],
        says: "a text has at most 4 MiB, 32 levels and 400,000 values",
    },
    Beyond {
        id: "field_once",
        codes: &[FaultCode::DuplicateField],
        says: "a field stands once; most JSON readers drop the first of two without a word",
    },
    Beyond {
        id: "exact_number",
        codes: &[
            FaultCode::NotANumber,
            FaultCode::WrongType,
            FaultCode::OutOfRange,
            FaultCode::UnknownLevel,
            FaultCode::UnknownMember,
            FaultCode::UnknownWord,
            FaultCode::WrongForm,
            FaultCode::WrongOperator,
        ],
        says: "numbers have at most 28 significant digits, longer ones are read as text; as words they count by their digits: 1.20 is not the word 1.2",
    },
    Beyond {
        id: "number_in_text",
        codes: &[FaultCode::OutOfRange, FaultCode::WrongUnit, FaultCode::NotANumber],
        says: "a number written as text keeps the limits of its field, and comes out even in the base unit",
    },
    Beyond {
        id: "fine_size",
        codes: &[FaultCode::OutOfRange],
        says: "a size of a machine has at most six decimals",
    },
    Beyond {
        id: "entry_once",
        codes: &[FaultCode::Contradiction, FaultCode::DuplicateItem],
        says: "a region id, a machine type, an attribute, a user region, a step of a unit price and an item of your own stand once in their list; a unit with steps has a price for its first units",
    },
    Beyond {
        id: "versions_in_order",
        codes: &[FaultCode::Contradiction],
        says: "a version supersedes an earlier one",
    },
    Beyond {
        id: "times_in_order",
        codes: &[FaultCode::Contradiction],
        says: "validity and audited periods end after they begin",
    },
    Beyond {
        id: "ends_in_order",
        codes: &[FaultCode::Contradiction],
        says: "the lower end of a range is not above the upper end",
    },
    Beyond {
        id: "steps_in_order",
        codes: &[FaultCode::Contradiction],
        says: "steps of a remedy begin at the promise or below, get worse, and never credit less",
    },
    Beyond {
        id: "profiles_in_order",
        codes: &[FaultCode::Contradiction, FaultCode::WrongType, FaultCode::UnknownLevel],
        says: "under overload and in a disaster only what `relax` lists may be weaker than every day; a floor has the form of the value it stands for and is not above it; what `relax` lists is asked every day and does not stand under `items` of the same profile too",
    },
    Beyond {
        id: "line_breaks",
        codes: &[],
        says: "a line break of two characters counts as one when the length of a text is measured",
    },
];
