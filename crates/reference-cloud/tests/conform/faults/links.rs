//! Faults in links between two clouds.

use serde_json::json;

use crate::broken::{Call, Fault, Reply, Twist};

/// A question about one link.
fn is_link(call: &Call) -> bool {
    call.method == "GET" && call.path.starts_with("/v1/links/")
}

fn rename(reply: &mut Reply, from: &str, to: &str, common: &str) {
    if reply.json()["state"] == json!(from) {
        reply.set(|link| {
            link["state"] = json!(to);
            link["common"] = json!(common);
        });
    }
}

pub const FAULTS: &[Fault] = &[
    // Of what is held with a group.
    ask!("holds a group without its links", "hold.links", "links that are held", |_, call| {
        if call.is_hold() {
            call.set(|body| {
                body.as_object_mut().unwrap().remove("links");
            });
        }
    }),
    ask!(
        "books a second time what was held for a link",
        "hold.links",
        "in its place",
        |_, call| {
            if call.is("POST", "/links") {
                call.set(|body| body["mbps"] = json!(body["mbps"].as_i64().unwrap() + 1));
            }
        }
    ),
    tell!(
        "says that links have room where they have none",
        "hold.links-whole",
        "could be held",
        |_, call, reply| {
            if call.is("POST", "/v1/discover") {
                reply.set(|answer| answer["available"] = json!(true));
            }
        }
    ),
    ask!(
        "holds part of a group when its links have no room",
        "hold.links-whole",
        "capacity-exhausted",
        |_, call| {
            if call.is_hold() {
                call.set(|body| {
                    body.as_object_mut().unwrap().remove("links");
                });
            }
        }
    ),
    tell!("counts no addresses", "hold.endpoints", "while one is held", |_, call, reply| {
        if call.is("POST", "/v1/discover") {
            reply.set(|answer| answer["endpoints"] = json!(5));
        }
    }),
    tell!(
        "says up before the other side consented",
        "link.consent",
        "Requested",
        |_, call, reply| {
            if call.is("POST", "/links") || is_link(call) {
                rename(reply, "requested", "up", "active");
            }
        }
    ),
    tell!("tells an offer for ever", "link.consent", "told no more", |_, call, reply| {
        if is_link(call) && reply.json()["state"] == json!("up") {
            reply.set(|link| {
                link["offer"] = json!({"linkId": link["id"], "peer": link["peer"], "activationKey": "k",
                    "mbps": link["mbps"], "isolation": link["isolation"]});
            });
        }
    }),
    ask!(
        "refuses an acceptance that is repeated",
        "link.accepts",
        "accepted before",
        |up, call| {
            if call.is("POST", "/links/accept") {
                call.headers.insert("idempotency-key".into(), up.fresh());
            }
        }
    ),
    tell!("carries more than was booked", "link.carries", "were booked", |_, call, reply| {
        if call.is("POST", "/probe") {
            reply.set(|probe| probe["throughputKbps"] = json!(900_000));
        }
    }),
    tell!("books no bandwidth", "link.carries", "takes bandwidth", |_, call, reply| {
        if call.is("POST", "/v1/discover") {
            reply.set(|answer| answer["free"]["mbps"] = json!(900));
        }
    }),
    tell!("counts nothing that it carries", "link.carries", "is counted", |_, call, reply| {
        if is_link(call) {
            reply.set(|link| link["sentBytes"] = json!(0));
        }
    }),
    whole!("takes down in words only", "link.down", "after it was taken down", |up, call| {
        let mut call = call;
        if call.is("DELETE", "") && call.path.starts_with("/v1/links/") {
            call.method = "GET".into();
        }
        up.send(&call).await
    }),
    ask!("overlooks how a link is to be kept apart", "link.refused", "unsupported", |_, call| {
        if call.is("POST", "/links") {
            call.set(|body| body["isolation"] = json!("tunnel"));
        }
    }),
    ask!("makes a link for every repetition", "link.refused", "asked for twice", |up, call| {
        if call.is("POST", "/links") {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    tell!(
        "forgets to take down what it releases",
        "link.released",
        "after the release",
        |_, call, reply| {
            if is_link(call) {
                rename(reply, "down", "up", "active");
            }
        }
    ),
    tell!("tells no link in its feed", "link.released", "what the feed tells", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| {
                if let Some(items) = page["items"].as_array_mut() {
                    items.retain(|event| event["data"].get("link").is_none());
                }
            });
        }
    }),
    ask!("shares nothing that it was told to", "link.shares", "what the link shares", |_, call| {
        if call.is("PUT", "/share") {
            call.body = b"{}".to_vec();
        }
    }),
    ask!(
        "shares no image that it was told to",
        "link.images",
        "what the link shares",
        |_, call| {
            if call.is("PUT", "/share") {
                call.body = b"{}".to_vec();
            }
        }
    ),
    ask!("takes whatever comes for an image", "link.images", "than was declared", |up, call| {
        if call.is("POST", "/pull-image") {
            let told = call.json()["sha256"].as_str().unwrap_or_default().to_owned();
            let mut memory = up.memory.lock().unwrap();
            let right = memory.entry("digest".into()).or_insert(told).clone();
            call.set(|body| body["sha256"] = json!(right));
        }
    }),
    ask!("pulls once for every repetition", "link.pulls", "sent twice", |up, call| {
        if call.is("POST", "/pull") {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    tell!(
        "tells other digests than have arrived",
        "link.pulls",
        "have arrived",
        |_, call, reply| {
            if call.is("GET", "/files") {
                reply.set(|page| page["items"][0]["sha256"] = json!("0".repeat(64)));
            }
        }
    ),
];
