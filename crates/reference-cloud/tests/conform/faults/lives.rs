//! Faults in the life of a service, in watching it and at its end.

use provider_api::ProblemCode as Code;
use serde_json::{Value, json};

use crate::broken::{Fault, Twist, publish_own_key, resign};

pub const FAULTS: &[Fault] = &[
    // Life.
    whole!("stops in words only", "life.whole", "seen later", |up, call| {
        if !call.is("POST", "/stop") {
            return up.send(&call).await;
        }
        let mut allocation = up.look(&call.id()).await;
        allocation["state"] = json!("draining");
        allocation["instances"] = json!([]);
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&allocation);
        reply
    }),
    tell!("speaks of states nobody knows", "life.whole", "word of version 1", |_, call, reply| {
        if call.is("POST", "/start") {
            reply.set(|allocation| allocation["state"] = json!("warming-up"));
        }
    }),
    whole!(
        "is open before it is allowed",
        "life.access",
        "before access is allowed",
        |up, call| {
            let reply = up.send(&call).await;
            if call.is("POST", "/start") {
                up.own("POST", &format!("/v1/allocations/{}/allow", call.id()), "").await;
            }
            reply
        }
    ),
    whole!("closes in words only", "life.access", "after access was denied", |up, call| {
        if !call.is("POST", "/deny") {
            return up.send(&call).await;
        }
        let mut allocation = up.look(&call.id()).await;
        allocation["state"] = json!("ready");
        allocation["endpoint"]["open"] = json!(false);
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&allocation);
        reply
    }),
    ask!("starts something else instead", "life.application", "unsupported", |_, call| {
        if call.is("POST", "/start") {
            call.set(|body| body["application"] = json!("demo"));
        }
    }),
    tell!("cannot start again", "life.restart", "succeeds", |up, call, reply| {
        if call.is("POST", "/start")
            && up.memory.lock().unwrap().insert("started".into(), String::new()).is_some()
        {
            reply.status = 500;
        }
    }),
    tell!("counts no changes", "life.generation", "grows the generation", |_, _, reply| {
        reply.set(|allocation| {
            if allocation["generation"].is_i64() {
                allocation["generation"] = json!(1);
            }
        });
    }),
    whole!("says yes to everything", "life.order", "wrong-state", |up, call| {
        let mut reply = up.send(&call).await;
        if reply.code() == Some(Code::WrongState) {
            let allocation = up.look(&call.id()).await;
            reply.ok(&allocation);
        }
        reply
    }),
    whole!("refuses and acts all the same", "life.order", "was refused", |up, call| {
        let reply = up.send(&call).await;
        if call.is("POST", "/erase")
            && reply.code() == Some(Code::WrongState)
            && !call.path.is_empty()
        {
            up.own("POST", &format!("/v1/allocations/{}/stop", call.id()), "").await;
            up.own("DELETE", &format!("/v1/holds/{}", call.id()), "").await;
        }
        reply
    }),
    tell!(
        "draws relations that lead nowhere",
        "life.resources",
        "resource model",
        |_, call, reply| {
            if call.is("GET", "/resources") {
                reply.set(|graph| graph["resources"][0]["relations"][0]["to"] = json!("nowhere"));
            }
        }
    ),
    // Watching.
    tell!("says that the dead live", "watch.liveness", "not alive", |_, call, reply| {
        if call.is("GET", "/liveness") {
            reply.set(|liveness| liveness["alive"] = json!(true));
        }
    }),
    tell!(
        "measures zero where it measured nothing",
        "watch.metrics",
        "absent without requests",
        |_, call, reply| {
            if call.is("GET", "/metrics") {
                reply.set(|metrics| {
                    if metrics["response"]["p50Us"].is_null() {
                        metrics["response"]["p50Us"] = json!(0);
                        metrics["response"]["p95Us"] = json!(0);
                    }
                });
            }
        }
    ),
    tell!("counts no requests", "watch.metrics", "three requests", |_, call, reply| {
        if call.is("GET", "/metrics") {
            reply.set(|metrics| metrics["response"]["count"] = json!(0));
        }
    }),
    tell!("bills on after the stop", "watch.meter", "after the stop", |_, call, reply| {
        if call.is("GET", "/meter") {
            reply.set(|meter| {
                let running = meter["intervals"].as_array().is_some_and(|all| !all.is_empty());
                if running {
                    let seconds = meter["atUs"].as_i64().unwrap_or(0)
                        - meter["intervals"][0]["startedAtUs"].as_i64().unwrap_or(0);
                    meter["usedSeconds"] = json!(seconds / 1_000_000);
                }
            });
        }
    }),
    tell!("never closes the bill", "watch.meter", "final after release", |_, call, reply| {
        if call.is("GET", "/meter") {
            reply.set(|meter| meter["final"] = json!(false));
        }
    }),
    tell!("tells nothing of what happened", "watch.events", "states told", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| page["items"] = json!([]));
        }
    }),
    tell!(
        "tells repetitions as if they were changes",
        "watch.events",
        "states told",
        |_, call, reply| {
            if call.is("GET", "/v1/events") {
                reply.set(|page| {
                    if let Some(first) = page["items"]
                        .as_array_mut()
                        .and_then(|items| items.last().cloned().map(|last| (items, last)))
                    {
                        first.0.push(first.1);
                    }
                });
            }
        }
    ),
    ask!(
        "tells everybody's events whatever the label",
        "watch.events",
        "before anything was done",
        |_, call| {
            if call.is("GET", "/v1/events") {
                call.path = "/v1/events".to_owned();
            }
        }
    ),
    // The end.
    whole!("releases what was not erased", "end.order", "not-erased", |up, call| {
        let reply = up.send(&call).await;
        if reply.code() != Some(Code::NotErased) {
            return reply;
        }
        up.own("POST", &format!("/v1/allocations/{}/erase", call.id()), "").await;
        up.own("POST", &format!("/v1/allocations/{}/release", call.id()), "").await
    }),
    tell!("states another amount than it signed", "end.statement", "verifies", |_, call, reply| {
        if call.is("POST", "/erase") {
            reply.set(|statement| statement["bytes"] = json!(1_234_567));
        }
    }),
    tell!("signs with a key it does not tell", "end.statement", "verifies", |_, call, reply| {
        if call.is("GET", "/v1/capabilities") {
            publish_own_key(reply);
        }
    }),
    tell!("tells no key", "end.statement", "key that signs", |_, call, reply| {
        if call.is("GET", "/v1/capabilities") {
            reply.set(|told| told["erasureKey"] = Value::Null);
        }
    }),
    tell!("signs for somebody else's contract", "end.statement", "subject", |_, call, reply| {
        if call.is("GET", "/v1/capabilities") {
            publish_own_key(reply);
        } else if call.is("POST", "/erase") {
            resign(reply, |statement| statement.subject = "somebody else".into());
        }
    }),
    tell!(
        "states something new each time",
        "end.statement",
        "same statement",
        |up, call, reply| {
            if call.is("GET", "/v1/capabilities") {
                publish_own_key(reply);
            } else if call.is("POST", "/erase") {
                let time = up.fresh().len() as i64
                    + i64::try_from(up.memory.lock().unwrap().len()).unwrap();
                up.memory.lock().unwrap().insert(up.fresh(), String::new());
                resign(reply, |statement| statement.erased_at_us += time);
            }
        }
    ),
    tell!("exports what is still being written", "end.export", "wrong-state", |_, call, reply| {
        if call.is("GET", "/export") && reply.status == 409 {
            reply.ok(&json!({}));
        }
    }),
    tell!(
        "exports other data than it says",
        "end.export",
        "digest of the archive",
        |_, call, reply| {
            if call.is("GET", "/export/archive") && reply.status == 200 {
                let middle = reply.body.len() / 2;
                reply.body[middle] ^= 1;
            }
        }
    ),
    tell!("names a file that is not there", "end.export", "over all files", |_, call, reply| {
        if call.is("GET", "/export") {
            reply.set(|manifest| {
                let zero = json!({"path": "zero", "bytes": 0, "sha256": ""});
                if let Some(files) = manifest["files"].as_array_mut() {
                    files.push(zero);
                }
            });
        }
    }),
    ask!("begins every download anew", "end.export-part", "206", |_, call| {
        call.headers.remove("range");
    }),
    ask!("goes on with another archive", "end.export-part", "begins anew", |_, call| {
        call.headers.remove("if-range");
    }),
    whole!("starts on what it erased", "end.erased", "wrong-state", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/start") && reply.code() == Some(Code::WrongState) {
            let mut allocation = up.look(&call.id()).await;
            allocation["state"] = json!("ready");
            reply.ok(&allocation);
        }
        reply
    }),
    whole!("keeps what was released", "end.capacity", "after the release", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/v1/discover") && !up.memory.lock().unwrap().is_empty() {
            reply.set(|answer| {
                answer["free"]["instances"] =
                    json!(answer["free"]["instances"].as_i64().unwrap_or(0) - 1)
            });
        }
        if call.is("POST", "/release") {
            up.memory.lock().unwrap().insert("released".into(), String::new());
        }
        reply
    }),
    tell!("breaks over what does not exist", "end.gone", "status of the code", |_, _, reply| {
        if reply.status == 404 {
            reply.status = 500;
        }
    }),
    // Trouble on order.
    ask!("acts again after a lost answer", "trouble.fail-after", "succeeds", |up, call| {
        if call.is_hold() {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
];
