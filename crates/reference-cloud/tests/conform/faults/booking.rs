//! Faults in what a cloud declares of holding and of booking at once, and in what cancelling costs.

use serde_json::json;

use crate::broken::{Fault, Twist};

/// Of a cloud that holds.
pub const FAULTS: &[Fault] = &[
    whole!("books at once what it should hold", "hold.declared", "unsupported", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/v1/reservations") {
            reply.ok(&json!({"state": "reserved"}));
        }
        reply
    }),
    tell!(
        "charges for cancelling without having said so",
        "hold.cancelled",
        "is owed for the cancelled booking",
        |_, call, reply| {
            if call.is("GET", "/meter") {
                reply.set(|meter| {
                    if meter["final"] == json!(true) {
                        meter["cancelCharge"] = json!({"currency": "JPY", "minor": 100});
                    }
                });
            }
        }
    ),
];

/// Of a cloud that books at once.
pub const BOOKING_AT_ONCE: &[Fault] = &[
    tell!(
        "holds though it says that it does not",
        "hold.declared",
        "unsupported",
        |_, call, reply| {
            if call.is_hold() {
                reply.ok(&json!({"state": "held"}));
            }
        }
    ),
    tell!(
        "charges more for cancelling than it declared",
        "hold.cancelled",
        "is owed for the cancelled booking",
        |_, call, reply| {
            if call.is("GET", "/meter") {
                reply.set(|meter| {
                    if meter["cancelCharge"]["minor"] == json!(500) {
                        meter["cancelCharge"]["minor"] = json!(900);
                    }
                });
            }
        }
    ),
    tell!(
        "charges for every booking as if it were cancelled",
        "hold.cancelled",
        "while nothing was cancelled",
        |_, call, reply| {
            if call.is("GET", "/meter") {
                reply.set(|meter| meter["cancelCharge"] = json!({"currency": "JPY", "minor": 500}));
            }
        }
    ),
    whole!(
        "keeps the room of what was cancelled",
        "hold.cancelled",
        "the same is free as before",
        |up, call| {
            // Booked twice; nobody looks at the other label.
            let reply = up.send(&call).await;
            if call.is("POST", "/v1/reservations") && reply.status == 201 {
                let mut more = call.json();
                more["label"] = json!("kept-by-mistake");
                up.own("POST", "/v1/reservations", &more.to_string()).await;
            }
            reply
        }
    ),
];
