//! Faults at the door, in places, in holds, towards callers that crash, and in fencing.

use std::time::Duration;

use provider_api::{Problem, ProblemCode as Code};
use serde_json::{Value, json};

use crate::broken::{Call, Fault, Reply, Twist, Upstream};
use crate::common::TOKEN;

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
    ask!("shows a tenant what is another's", "door.tenants", "not-found", |_, call| {
        if call.method == "GET" && call.path.contains("/allocations/") {
            call.headers.insert("authorization".into(), format!("Bearer {TOKEN}"));
        }
    }),
    ask!("gives all tenants one space of keys", "door.tenants", "its tenant's own", |_, call| {
        if call.is_hold() {
            call.headers.insert("authorization".into(), format!("Bearer {TOKEN}"));
        }
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
    whole!("drops in words only", "hold.drop", "seen later", |up, call| {
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
    tell!("calls a full quota a full cloud", "hold.quota", "quota-exceeded", |_, _, reply| {
        if reply.code() == Some(Code::QuotaExceeded) {
            let problem = Problem::new(Code::CapacityExhausted, "nothing is free");
            reply.body = serde_json::to_vec(&problem).unwrap();
        }
    }),
    tell!("counts no hold in the quota", "hold.quota", "used more after", |_, call, reply| {
        if call.is("GET", "/v1/quota") {
            reply.set(|told| told["used"]["vcpu"] = json!(0));
        }
    }),
    ask!("starts again when an old start is repeated", "fence.old-key", "draining", |up, call| {
        if call.is("POST", "/start") {
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
