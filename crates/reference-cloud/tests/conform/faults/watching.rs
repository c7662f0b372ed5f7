//! Faults in what is monitored and told of a service.

use serde_json::json;

use crate::broken::{Fault, Reply, Twist};

/// The text of an answer changed.
fn rewrite(reply: &mut Reply, change: impl FnOnce(String) -> String) {
    if reply.status == 200 {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        reply.body = change(text).into_bytes();
    }
}

pub const FAULTS: &[Fault] = &[
    tell!(
        "tells an empty reading where nobody asked for one",
        "watch.unset",
        "not-monitored",
        |_, call, reply| {
            if call.is("GET", "/monitoring/readings") && reply.status == 409 {
                reply.ok(&json!(null));
                reply.headers.insert(
                    "content-type".into(),
                    "application/openmetrics-text; version=1.0.0".into(),
                );
                reply.body = b"# EOF\n".to_vec();
            }
        }
    ),
    ask!(
        "measures at its own interval whatever it is asked",
        "watch.catalogue",
        "invalid-request",
        |_, call| {
            if call.is("PUT", "/monitoring") {
                call.set(|body| body["intervalSeconds"] = json!(5));
            }
        }
    ),
    tell!(
        "tells values that no catalogue has",
        "watch.catalogue",
        "of the catalogue",
        |_, call, reply| {
            if call.is("GET", "/v1/capabilities") {
                reply.set(|told| told["monitoring"]["metrics"][0]["name"] = json!("happiness"));
            }
        }
    ),
    ask!("never begins to measure", "watch.monitoring", "what was started", |_, call| {
        if call.is("PUT", "/monitoring") {
            call.set(|body| body["running"] = json!(false));
        }
    }),
    ask!("measures on after it was stopped", "watch.monitoring", "what was stopped", |_, call| {
        if call.is("PUT", "/monitoring") {
            call.set(|body| body["running"] = json!(true));
        }
    }),
    tell!("reads once and never again", "watch.monitoring", "is read within", |up, call, reply| {
        if call.is("GET", "/monitoring") {
            reply.set(|seen| {
                let mut memory = up.memory.lock().unwrap();
                if let Some(at) = seen["readAtUs"].as_i64() {
                    let first = memory.entry("read".into()).or_insert(at.to_string());
                    seen["readAtUs"] = json!(first.parse::<i64>().unwrap());
                }
            });
        }
    }),
    tell!(
        "reads zero where it measured nothing",
        "watch.readings",
        "has no sample",
        |_, call, reply| {
            if call.is("GET", "/readings") {
                rewrite(reply, |text| {
                    let help = "# HELP kumoichi_response_p95_seconds";
                    let line = text.lines().find(|line| line.starts_with(help));
                    let line = line.unwrap_or_default().to_owned();
                    text.replace(&line, &format!("{line}\nkumoichi_response_p95_seconds 0 1"))
                });
            }
        }
    ),
    tell!("cuts its readings off", "watch.readings", "# EOF", |_, call, reply| {
        if call.is("GET", "/readings") {
            rewrite(reply, |text| text.replace("# EOF\n", ""));
        }
    }),
    // Security.
    tell!("notices nothing", "watch.security", "are noticed", |_, call, reply| {
        if call.is("GET", "/security-events") {
            reply.set(|page| page["items"] = json!([]));
        }
    }),
    tell!("keeps what it noticed from the feed", "watch.security", "the feed", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| {
                if let Some(items) = page["items"].as_array_mut() {
                    items.retain(|event| event["data"]["security"].is_null());
                }
            });
        }
    }),
    ask!("blocks somebody else", "life.blocked", "source of a block", |_, call| {
        if call.is("POST", "/blocks") {
            call.set(|body| body["source"] = json!("192.0.2.1"));
        }
    }),
    whole!("blocks in words only", "life.blocked", "everybody is blocked", |up, call| {
        let source = call.json()["source"].clone();
        let mut reply = up.send(&call).await;
        if call.is("POST", "/blocks") && reply.status == 201 {
            let id = reply.json()["id"].as_str().unwrap_or_default().to_owned();
            up.own("DELETE", &format!("/v1/blocks/{id}"), "").await;
            reply.set(|block| block["source"] = source);
        }
        reply
    }),
    whole!("lifts in words only", "life.blocked", "blocks were lifted", |up, call| {
        if call.method != "DELETE" || !call.path.starts_with("/v1/blocks/") {
            return up.send(&call).await;
        }
        let mut reply = up.own("GET", &call.path, "").await;
        reply.set(|block| {
            block["state"] = json!("lifted");
            block["liftedAtUs"] = json!(1);
        });
        reply
    }),
    ask!("blocks the same source once more", "life.block-repeat", "repeated call", |up, call| {
        if call.is("POST", "/blocks") && call.json()["source"] == json!("192.0.2.77/24") {
            let fresh = up.fresh();
            let number = fresh.trim_start_matches("own-").to_owned();
            call.headers.insert("idempotency-key".into(), fresh);
            let first = up.memory.lock().unwrap().insert("blocked".into(), String::new()).is_none();
            if !first {
                call.set(|body| body["source"] = json!(format!("192.0.2.{number}")));
            }
        }
    }),
    ask!("tells the whole history whatever is asked", "watch.history", "of before", |_, call| {
        if call.is("GET", "/readings")
            && let Some((path, _)) = call.path.clone().split_once("?since=")
        {
            call.path = format!("{path}?since=0");
        }
    }),
    tell!("keeps readings without a bound", "watch.history", "is bounded", |_, call, reply| {
        if call.is("GET", "/v1/capabilities") {
            reply.set(|told| told["monitoring"]["history"]["readingsMax"] = json!(0));
        }
    }),
    ask!("pushes without the token", "watch.otlp", "pushed with", |_, call| {
        if call.is("PUT", "/monitoring") {
            call.set(|body| {
                if let Some(target) = body.get_mut("otlp").and_then(|each| each.as_object_mut()) {
                    target.remove("token");
                }
            });
        }
    }),
    // Draining.
    whole!("drains by stopping at once", "life.drain", "while it is drained", |up, call| {
        let reply = up.send(&call).await;
        if call.is("POST", "/drain") {
            up.own("POST", &format!("/v1/allocations/{}/stop", call.id()), "").await;
        }
        reply
    }),
    whole!("lets newcomers in while it drains", "life.drain", "newcomers", |up, call| {
        let drained = up.memory.lock().unwrap().contains_key("drained");
        if call.is_look() && drained {
            let mut reply = up.send(&call).await;
            reply.set(|allocation| allocation["drainingUntilUs"] = json!(1));
            return reply;
        }
        if !call.is("POST", "/drain") {
            return up.send(&call).await;
        }
        up.memory.lock().unwrap().insert("drained".into(), String::new());
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&json!({"id": "opr_words", "kind": "drain", "state": "running", "progress": 0,
            "allocationId": call.id(), "label": "l", "key": "k", "createdAtUs": 0}));
        reply.status = 202;
        reply.headers.insert("location".into(), "/v1/long-operations/opr_words".into());
        reply
    }),
    tell!("begins a drain anew each time", "life.drain-work", "begun before", |_, call, reply| {
        if call.is("POST", "/drain") && reply.status == 200 {
            reply.status = 202;
        }
    }),
    tell!("never tells the end of a drain", "life.drain-work", "to an end", |_, call, reply| {
        if call.method == "GET" && call.path.contains("/long-operations/") {
            reply.set(|work| {
                work["state"] = json!("running");
                work["progress"] = json!(50);
                let told = work.as_object_mut().unwrap();
                told.remove("endedAtUs");
                told.remove("result");
            });
        }
    }),
    ask!(
        "drains with a deadline of its own",
        "life.drain-deadline",
        "comes to its end",
        |_, call| {
            if call.is("POST", "/drain") {
                call.set(|body| {
                    if body["deadlineSeconds"] == json!(2) {
                        body["deadlineSeconds"] = json!(3600);
                    }
                });
            }
        }
    ),
    tell!("drains what does not run", "life.drain-order", "wrong-state", |_, call, reply| {
        if call.is("POST", "/drain") && reply.status == 409 {
            reply.ok(&json!({"state": "draining"}));
        }
    }),
    // The subscription.
    tell!("posts to private networks", "watch.webhook", "invalid-request", |_, call, reply| {
        if call.is("PUT", "/v1/webhook") && call.json()["url"] == json!("http://10.0.0.1/") {
            reply.ok(&json!({"state": "active", "failures": 0}));
        }
    }),
    tell!("tells the secret", "watch.webhook", "never told", |_, call, reply| {
        if call.is("PUT", "/v1/webhook") && reply.status == 200 {
            reply.set(|told| told["secret"] = call.json()["secret"].clone());
        }
    }),
    ask!("signs with a secret of its own", "watch.webhook-posted", "signature", |_, call| {
        if call.is("PUT", "/v1/webhook") {
            let own = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
            call.set(|body| body["secret"] = json!(own));
        }
    }),
    ask!("posts somewhere else", "watch.webhook-posted", "is posted within", |_, call| {
        if call.is("PUT", "/v1/webhook") {
            call.set(|body| body["url"] = json!("https://elsewhere.invalid/"));
        }
    }),
];
