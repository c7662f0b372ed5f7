//! The forms, what is wrong in each, and where the error belongs.

use domain::Role;

/// A form as it would be sent when everything is right.
pub struct Form {
    pub path: &'static str,
    pub role: Option<Role>,
    pub good: &'static [(&'static str, &'static str)],
    /// Field, what is entered, and the field where the error stands (empty: at the form).
    pub bad: &'static [(&'static str, &'static str, &'static str)],
}

pub const SIGN_IN: Form = Form {
    path: "/account/sign-in",
    role: None,
    good: &[("email", "nobody@example.org"), ("password", "correct horse battery")],
    bad: &[
        ("email", "", "email"),
        ("email", "  ", "email"),
        ("password", "", "password"),
        ("email", "nobody@example.org", ""),
        ("email", "a\0b@example.org", ""),
    ],
};

const SIGN_UP: Form = Form {
    path: "/account/sign-up",
    role: None,
    good: &[
        ("email", "new@example.org"),
        ("password", "correct horse battery"),
        ("name", "New"),
        ("organisation", "New & Co"),
        ("role", "customer"),
    ],
    bad: &[
        ("email", "", "email"),
        ("email", "no address", "email"),
        ("email", "a\0b@example.org", "email"),
        ("password", "short", "password"),
        ("password", "", "password"),
        ("name", "", "name"),
        ("name", "a\u{7}b", "name"),
        ("name", "\0", "name"),
        ("organisation", " ", "organisation"),
        ("role", "broker", "role"),
        ("role", "", "role"),
    ],
};

const TOKEN: Form = Form {
    path: "/account/tokens",
    role: Some(Role::Customer),
    good: &[("name", "laptop")],
    bad: &[("name", "", "name"), ("name", "a\0b", "name")],
};

const NEED: Form = Form {
    path: "/needs/new",
    role: Some(Role::Customer),
    good: &[
        ("title_en", "Web shop"),
        ("user_regions", "JP"),
        ("value-availability.service_uptime", "99.9 %"),
        ("level-availability.service_uptime", "must"),
        ("weight-availability.service_uptime", "2"),
        ("do", "save"),
    ],
    bad: &[
        ("title_en", "a\0b", "title_en"),
        ("user_regions", "XX", "user_regions"),
        ("user_regions", "", "user_regions"),
        ("user_regions", "Japan", "user_regions"),
        ("value-availability.service_uptime", "99.9", "value-availability.service_uptime"),
        ("value-availability.service_uptime", "lots", "value-availability.service_uptime"),
        ("value-availability.service_uptime", "-1 %", "value-availability.service_uptime"),
        ("value-availability.service_uptime", "\0", "value-availability.service_uptime"),
        ("level-availability.service_uptime", "sure", "level-availability.service_uptime"),
        ("weight-availability.service_uptime", "heavy", "weight-availability.service_uptime"),
        ("weight-availability.service_uptime", "11", "weight-availability.service_uptime"),
    ],
};

const NEED_TEXT: Form = Form {
    path: "/needs/new/yaml",
    role: Some(Role::Customer),
    good: &[("text", "{}"), ("do", "save")],
    bad: &[
        ("text", "", "text"),
        ("text", "[]", "text"),
        ("text", "null", "text"),
        ("text", "7", "text"),
        ("text", "{", "text"),
        ("text", "a: \0", "text"),
        ("text", "apiVersion: x", "text"),
    ],
};

const OFFER: Form = Form {
    path: "/provider/offers/new",
    role: Some(Role::Provider),
    good: &[
        ("name", "kita-small"),
        ("title_en", "Kita small"),
        ("title_ja", "北の小型"),
        ("model", "IaaS"),
        ("deployment", "public"),
        ("region", "jp-sapporo-1"),
        ("country", "JP"),
        ("price", "98000"),
        ("currency", "JPY"),
        ("commitment", "objective"),
        ("availability.service_uptime", "99.95 %"),
    ],
    bad: &[
        ("name", "A B", "name"),
        ("name", "", "name"),
        ("title_en", "a\0b", "title_en"),
        ("title_ja", "a\u{1b}b", "title_ja"),
        ("model", "Moon", "model"),
        ("deployment", "", "deployment"),
        ("region", "", "region"),
        ("region", "a b", "region"),
        ("country", "XX", "country"),
        ("country", "", "country"),
        ("price", "very high", "price"),
        ("price", "0.5", "price"),
        ("price", "-1", "price"),
        ("price", "99999999999999999999", "price"),
        ("currency", "DM", "currency"),
        ("commitment", "", "commitment"),
        ("availability.service_uptime", "99.9", "availability.service_uptime"),
        ("availability.service_uptime", "lots", "availability.service_uptime"),
        ("availability.service_uptime", "9 h", "availability.service_uptime"),
        ("availability.service_uptime", "", "items"),
    ],
};

pub const DOCUMENT: Form = Form {
    path: "/provider/offers/document",
    role: Some(Role::Provider),
    good: &[("yaml", "{}")],
    bad: &[
        ("yaml", "", "yaml"),
        ("yaml", "[]", "yaml"),
        ("yaml", "null", "yaml"),
        ("yaml", "\"\"", "yaml"),
        ("yaml", "{", "yaml"),
        ("yaml", "\0", "yaml"),
        ("yaml", "kind: ServiceLevelOffer", "yaml"),
    ],
};

const SAVE: Form = Form {
    path: "/provider/offers",
    role: Some(Role::Provider),
    good: &[("yaml", "{}"), ("step", "publish")],
    bad: &[("yaml", "", "yaml"), ("yaml", "[]", "yaml"), ("yaml", "{}", "yaml")],
};

const KEY: Form = Form {
    path: "/provider/keys",
    role: Some(Role::Provider),
    good: &[("key", "{}")],
    bad: &[("key", "", "key"), ("key", "[]", "key"), ("key", "a\0b", "key")],
};

pub const FORMS: [Form; 9] = [SIGN_IN, SIGN_UP, TOKEN, NEED, NEED_TEXT, OFFER, DOCUMENT, SAVE, KEY];

/// Every field that takes a name, with its form.
pub const NAMES: [(&Form, &str); 6] = [
    (&SIGN_UP, "name"),
    (&SIGN_UP, "organisation"),
    (&TOKEN, "name"),
    (&NEED, "title_en"),
    (&OFFER, "title_en"),
    (&OFFER, "title_ja"),
];

/// What programs and people put into any field.
pub fn rubbish() -> Vec<String> {
    let mut all: Vec<String> = [
        "",
        " ",
        "\0",
        "a\u{7}b",
        "\u{202e}abc",
        "<script>alert(1)</script>",
        "'; drop table offer; --",
        "-1",
        "1e999",
        "0x10",
        "９９．９％",
        "NaN",
        "ofr_00000000000000000000000001",
        "../../etc/passwd",
        "true",
        "[]",
        "雲市\r\n雲市",
        "9223372036854775808",
    ]
    .map(str::to_owned)
    .to_vec();
    all.push("x".repeat(100_000));
    all.push("雲".repeat(5_000));
    all
}
