//! Faults in resizing, and in giving what runs another label.

use serde_json::json;

use crate::broken::{Fault, Twist};

pub const FAULTS: &[Fault] = &[
    tell!("adopts in words only", "life.adopt", "the label seen later", |_, call, reply| {
        if call.is_look() {
            reply.set(|allocation| {
                let label = allocation["label"].as_str().unwrap_or_default();
                let old = label.trim_end_matches("-adopted").to_owned();
                allocation["label"] = json!(old);
            });
        }
    }),
    ask!("gives what is there to anybody", "life.adopt-consent", "wrong-state", |_, call| {
        if call.is("POST", "/adopt") {
            let own = call.json()["from"].as_str().unwrap_or_default().replace("-other", "");
            call.set(|wanted| wanted["from"] = json!(own));
        }
    }),
    whole!("resizes in words only", "life.resize", "the size seen later", |up, call| {
        if !call.is("POST", "/resize") {
            return up.send(&call).await;
        }
        let mut allocation = up.look(&call.id()).await;
        allocation["resources"] = call.json()["resources"].clone();
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&allocation);
        reply
    }),
    whole!("shuts users out when it resizes", "life.resize", "state seen later", |up, call| {
        let reply = up.send(&call).await;
        if call.is("POST", "/resize") {
            up.own("POST", &format!("/v1/allocations/{}/deny", call.id()), "").await;
        }
        reply
    }),
    tell!(
        "starts fewer machines than it says",
        "life.resize",
        "machines that run",
        |_, call, reply| {
            if call.is_look() {
                reply.set(|allocation| {
                    if let Some(machines) = allocation["instances"].as_array_mut() {
                        machines.truncate(1);
                    }
                });
            }
        }
    ),
    tell!(
        "bills the last size for all the time",
        "life.resize",
        "in the meter",
        |_, call, reply| {
            if call.is("GET", "/meter") {
                reply.set(|meter| {
                    if let Some(sizes) = meter["sizes"].as_array_mut() {
                        sizes.drain(..sizes.len() - 1);
                    }
                });
            }
        }
    ),
    tell!("tells nobody of another size", "life.resize", "in the feed", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| {
                if let Some(events) = page["items"].as_array_mut() {
                    events.retain(|event| event["type"] != json!("kumoichi.size.changed"));
                }
            });
        }
    }),
    whole!("grows as far as it can", "life.resize-room", "size after the refusal", |up, call| {
        let reply = up.send(&call).await;
        if call.is("POST", "/resize") && reply.status == 409 {
            let mut wanted = call.json();
            wanted["resources"]["storage"]["gb"] = json!(1);
            let path = format!("/v1/allocations/{}/resize", call.id());
            up.own("POST", &path, &wanted.to_string()).await;
        }
        reply
    }),
    tell!(
        "grows beyond what it has",
        "life.resize-room",
        "capacity-exhausted",
        |_, call, reply| {
            if call.is("POST", "/resize") && reply.status == 409 {
                reply.ok(&json!({"state": "active"}));
            }
        }
    ),
    tell!("cuts off what does not fit", "life.resize-data", "storage-in-use", |_, call, reply| {
        if call.is("POST", "/resize") && reply.status == 409 {
            reply.ok(&json!({"state": "active"}));
        }
    }),
    tell!("resizes what is only held", "life.resize-order", "wrong-state", |_, call, reply| {
        if call.is("POST", "/resize") && reply.status == 409 {
            reply.ok(&json!({"state": "held"}));
        }
    }),
];
