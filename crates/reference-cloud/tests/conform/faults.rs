//! The deliberate faults: what a careless provider might do, and the check that must notice.

use std::time::Duration;

use provider_api::ProblemCode as Code;
use serde_json::{Value, json};

use crate::broken::{Call, Fault, Reply, Twist, Upstream, publish_own_key, resign};
use crate::common::TOKEN;

macro_rules! ask {
    ($name:literal, $check:literal, $says:literal, $twist:expr) => {
        Fault { name: $name, check: $check, says: $says, twist: Twist::Ask($twist) }
    };
}

macro_rules! tell {
    ($name:literal, $check:literal, $says:literal, $twist:expr) => {
        Fault { name: $name, check: $check, says: $says, twist: Twist::Tell($twist) }
    };
}

macro_rules! whole {
    ($name:literal, $check:literal, $says:literal, |$up:ident, $call:ident| $body:expr) => {
        Fault {
            name: $name,
            check: $check,
            says: $says,
            twist: Twist::Whole(|$up, $call| Box::pin(async move { $body })),
        }
    };
}

pub const FAULTS: &[Fault] = &[
    // At the door.
    ask!("lets everybody in", "door.token", "unauthorized", |_, call| {
        call.headers.insert("authorization".into(), format!("Bearer {TOKEN}"));
    }),
    tell!("names no request", "door.request-id", "x-request-id", |_, _, reply| {
        reply.headers.remove("x-request-id");
    }),
    tell!("names every request the same", "door.request-id", "new each time", |_, _, reply| {
        reply.headers.insert("x-request-id".into(), "r1".into());
    }),
    tell!(
        "sends problems as plain JSON",
        "door.problem",
        "application/problem+json",
        |_, _, reply| {
            reply.headers.insert("content-type".into(), "application/json".into());
        }
    ),
    tell!(
        "gives problems no type of their own",
        "door.problem",
        "type of the problem",
        |_, _, reply| {
            if reply.status >= 400 {
                reply.set(|problem| problem["type"] = json!("about:blank"));
            }
        }
    ),
    tell!("contradicts its own status", "door.problem", "status inside", |_, _, reply| {
        if reply.status >= 400 {
            reply.set(|problem| problem["status"] = json!(418));
        }
    }),
    tell!(
        "shows a page for people where a route is missing",
        "door.route",
        "application/problem+json",
        |_, _, reply| {
            if reply.status == 404 {
                reply.headers.insert("content-type".into(), "text/html".into());
                reply.body = b"<h1>Not found</h1>".to_vec();
            }
        }
    ),
    ask!("makes up missing keys", "door.key", "idempotency-key-missing", |up, call| {
        let fits = call
            .headers
            .get("idempotency-key")
            .is_some_and(|key| !key.is_empty() && key.len() < 201 && !key.contains(' '));
        if !fits {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    ask!("makes up missing epochs", "door.epoch", "epoch-missing", |_, call| {
        if call.headers.get("kumoichi-epoch").is_none_or(|text| text.parse::<i64>().is_err()) {
            call.headers.insert("kumoichi-epoch".into(), "1".into());
        }
    }),
    ask!("overlooks fields it does not know", "door.body", "invalid-request", |_, call| {
        call.set(|body| {
            if let Some(fields) = body.as_object_mut() {
                fields.remove("surprise");
            }
        });
    }),
    tell!(
        "does not say which value is wrong",
        "door.values",
        "/resources/compute/count",
        |_, _, reply| {
            if reply.status == 400 {
                reply.set(|problem| problem["errors"] = json!([]));
            }
        }
    ),
    whole!("falls over a huge request", "door.size", "turned away", |up, call| {
        let mut reply = up.send(&call).await;
        if call.body.len() > 100_000 {
            reply.status = 500;
        }
        reply
    }),
    whole!("takes its time", "door.time", "answered within", |up, call| {
        let slow = call.is("GET", "/metrics");
        let reply = up.send(&call).await;
        if slow {
            tokio::time::sleep(Duration::from_millis(1500)).await;
        }
        reply
    }),
    whole!("never answers", "watch.liveness", "not answered", |up, call| {
        if call.is("GET", "/liveness") {
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        up.send(&call).await
    }),
    // Places.
    tell!("writes countries in small letters", "places.told", "upper-case", |_, call, reply| {
        if call.is("GET", "/v1/capabilities") {
            reply.set(|told| told["zones"][0]["country"] = json!("jp"));
        }
    }),
    tell!(
        "says that everything is available",
        "places.live",
        "beyond what is free",
        |_, call, reply| {
            if call.is("POST", "/v1/discover") {
                reply.set(|answer| answer["available"] = json!(true));
            }
        }
    ),
    tell!(
        "gives live answers that are old already",
        "places.live",
        "validUntilUs",
        |_, call, reply| {
            if call.is("POST", "/v1/discover") {
                reply.set(|answer| answer["validUntilUs"] = answer["atUs"].clone());
            }
        }
    ),
    whole!(
        "holds something for everybody who asks",
        "places.live",
        "after questions",
        |up, call| {
            if call.is("POST", "/v1/discover") {
                let mut hold = call.json();
                hold["label"] = json!("conform-faulty-places.live");
                up.own("POST", "/v1/holds", &hold.to_string()).await;
            }
            up.send(&call).await
        }
    ),
    ask!("holds where it likes", "places.kept", "the hold is in region", |_, call| {
        if call.is_hold() {
            call.set(|body| body["region"] = json!("osaka"));
        }
    }),
    ask!(
        "takes another region for one it does not have",
        "places.unknown",
        "region-unknown",
        |_, call| {
            call.set(|body| {
                if body["region"] == "nowhere-0" {
                    body["region"] = json!("tokyo");
                }
            });
        }
    ),
    whole!(
        "puts what does not fit elsewhere",
        "places.full",
        "region of every hold",
        |up, call| elsewhere(&up, call).await
    ),
    // Holds.
    ask!("holds anew with every repetition", "hold.repeat", "repeated hold", |up, call| {
        if call.is_hold() {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    whole!(
        "holds twice when asked twice at once",
        "hold.same-moment",
        "same moment",
        |up, call| {
            let mut call = call;
            let key = call.headers.get("idempotency-key").cloned().unwrap_or_default();
            // Remembers a key only after it has acted: two at once both act.
            if call.is_hold() && !up.memory.lock().unwrap().contains_key(&key) {
                call.headers.insert("idempotency-key".into(), up.fresh());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            let reply = up.send(&call).await;
            up.memory.lock().unwrap().insert(key, String::new());
            reply
        }
    ),
    whole!(
        "takes a used key for anything",
        "hold.key-reused",
        "idempotency-key-reused",
        |up, call| {
            let reply = up.send(&call).await;
            if reply.code() != Some(Code::IdempotencyKeyReused) {
                return reply;
            }
            let mut again = call;
            again.headers.insert("idempotency-key".into(), up.fresh());
            up.send(&again).await
        }
    ),
    whole!("remembers refusals", "hold.refusal-forgotten", "succeeds", |up, call| {
        let key = call.headers.get("idempotency-key").cloned().unwrap_or_default();
        let refused = up.memory.lock().unwrap().get(&key).cloned();
        let mut first = call.clone();
        if let Some(body) = refused {
            first.body = body.into_bytes();
        }
        let reply = up.send(&first).await;
        if call.is_hold() && reply.status == 409 {
            up.memory.lock().unwrap().insert(key, String::from_utf8(first.body).unwrap());
        }
        reply
    }),
    ask!("holds the part of a group that fits", "hold.whole", "capacity-exhausted", |_, call| {
        if call.is_hold() {
            call.set(|body| {
                let gb = body["resources"]["storage"]["gb"].as_i64().unwrap_or(0);
                body["resources"]["storage"]["gb"] = json!(gb.min(10));
            });
        }
    }),
    ask!("lends more than it has", "hold.race", "over half", |_, call| {
        if call.is_hold() {
            call.set(|body| body["resources"]["storage"]["gb"] = json!(1));
        }
    }),
    ask!("holds for as long as it likes", "hold.ttl", "the hold lasts", |_, call| {
        if call.is_hold() {
            call.set(|body| body["ttlSeconds"] = json!(600));
        }
    }),
    tell!("never lets a hold end", "hold.expiry", "expired", |_, _, reply| {
        reply.set(|allocation| {
            if allocation["state"] == "expired" {
                allocation["state"] = json!("held");
            }
        });
    }),
    ask!("holds on long after the end it tells", "hold.expiry", "expired", |_, call| {
        if call.is_hold() {
            call.set(|body| body["ttlSeconds"] = json!(3000));
        }
    }),
    whole!("extends in words only", "hold.extend", "the end has moved", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/extend") {
            reply.set(|allocation| {
                allocation["heldUntilUs"] =
                    json!(allocation["createdAtUs"].as_i64().unwrap_or(0) + 4_000_000)
            });
        }
        reply
    }),
    whole!("drops in words only", "hold.drop", "held", |up, call| {
        if call.method != "DELETE" {
            return up.send(&call).await;
        }
        let mut allocation = up.look(&call.id()).await;
        allocation["state"] = json!("released");
        allocation["endpoint"] = Value::Null;
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&allocation);
        reply
    }),
    tell!("keeps the address of what was dropped", "hold.drop", "no address", |_, call, reply| {
        if call.method == "DELETE" {
            reply.set(|allocation| allocation["endpoint"] = json!({"url": "http://127.0.0.1:1/", "host": "127.0.0.1", "port": 1, "open": false}));
        }
    }),
    // A caller that crashes.
    whole!("forgets what it did", "crash.by-key", "succeeds", |up, call| {
        let mut call = call;
        if call.path.starts_with("/v1/operations/") {
            call.path = "/v1/operations/never".to_owned();
        }
        up.send(&call).await
    }),
    ask!("lists everything whatever the label", "crash.by-label", "lists", |_, call| {
        if call.is("GET", "/v1/allocations") {
            call.path = "/v1/allocations".to_owned();
        }
    }),
    tell!("lists only what lives", "crash.by-label", "lists", |_, call, reply| {
        if call.is("GET", "/v1/allocations") {
            reply.set(|page| {
                if let Some(items) = page["items"].as_array_mut() {
                    items.retain(|each| each["state"] != "released");
                }
            });
        }
    }),
    tell!("loses one between two pages", "crash.pages", "pages", |_, call, reply| {
        if call.path.contains("limit=1") {
            reply.set(|page| {
                if let Some(next) = page["next"].as_str().and_then(|next| next.parse::<i64>().ok())
                {
                    page["next"] = json!((next + 1).to_string());
                }
            });
        }
    }),
    whole!("stops half-way when a caller hangs up", "crash.hold-cut", "number of", |up, call| {
        // Acts under a name of its own first, so that a repetition acts again.
        if call.is_hold() {
            let mut first = call.clone();
            first.headers.insert("idempotency-key".into(), up.fresh());
            up.send(&first).await;
        }
        up.send(&call).await
    }),
    // Fencing.
    whole!("lets anybody in who was here before", "fence.stale", "stale-epoch", |up, call| {
        let mut call = call;
        if call.headers.contains_key("kumoichi-epoch") && !call.is_hold() {
            let epoch = up.look(&call.id()).await["epoch"].as_i64().unwrap_or(1);
            let asked: i64 = call.headers["kumoichi-epoch"].parse().unwrap_or(1);
            call.headers.insert("kumoichi-epoch".into(), epoch.max(asked).to_string());
        }
        up.send(&call).await
    }),
    tell!(
        "forgets the epochs of refused calls",
        "fence.refused-counts",
        "epoch after a refused",
        |_, call, reply| {
            if call.is_look() {
                reply.set(|allocation| allocation["epoch"] = json!(1));
            }
        }
    ),
    ask!("starts again when an old start is repeated", "fence.old-key", "draining", |up, call| {
        if call.is("POST", "/start") {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    // Life.
    whole!("stops in words only", "life.whole", "draining", |up, call| {
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
    tell!("breaks over what does not exist", "end.gone", "not-found", |_, _, reply| {
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

/// A hold that is refused for want of room goes to another region and is told as if it were here.
async fn elsewhere(up: &Upstream, call: Call) -> Reply {
    let reply = up.send(&call).await;
    if !call.is_hold() || reply.code() != Some(Code::CapacityExhausted) {
        return reply;
    }
    let mut other = call.clone();
    other.set(|body| body["region"] = json!("osaka"));
    up.send(&other).await
}
