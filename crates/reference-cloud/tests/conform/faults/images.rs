//! Faults with images, recipes and volumes by themselves.

use provider_api::{ProblemCode as Code, content_digest};
use serde_json::json;

use crate::broken::{Call, Fault, Twist};

/// A question about one image.
fn is_look(call: &Call) -> bool {
    call.method == "GET" && call.path.starts_with("/v1/images/")
}

pub const FAULTS: &[Fault] = &[
    tell!("knows no keys of images", "crash.other-keys", "succeeds", |_, call, reply| {
        if call.method == "GET" && call.path.starts_with("/v1/operations/") {
            reply.status = 404;
        }
    }),
    tell!("counts a chunk twice", "image.upload", "after a chunk", |_, call, reply| {
        if call.is("PATCH", "/content") && reply.status == 200 {
            reply.set(|image| {
                image["receivedBytes"] = json!(image["receivedBytes"].as_i64().unwrap() * 2);
            });
        }
    }),
    tell!("finds nothing by its digest", "image.upload", "by its sha256", |_, call, reply| {
        if call.path.starts_with("/v1/images?sha256") {
            reply.set(|page| page["items"] = json!([]));
        }
    }),
    whole!("takes a chunk wherever it says it is", "image.resume", "wrong-offset", |up, call| {
        let mut call = call;
        if call.is("PATCH", "/content") {
            let seen = up.own("GET", &format!("/v1/images/{}", call.id()), "").await.json();
            call.headers.insert("upload-offset".into(), seen["receivedBytes"].to_string());
            let left = seen["bytes"].as_u64().unwrap() - seen["receivedBytes"].as_u64().unwrap();
            call.body.truncate(usize::try_from(left).unwrap());
            call.headers.insert("content-digest".into(), content_digest(&call.body));
        }
        up.send(&call).await
    }),
    ask!("keeps a chunk whatever its digest", "image.resume", "digest-mismatch", |_, call| {
        if call.is("PATCH", "/content") {
            call.headers.insert("content-digest".into(), content_digest(&call.body));
        }
    }),
    tell!("forgets what came", "image.resume", "after refusals", |_, call, reply| {
        if is_look(call) {
            reply.set(|image| image["receivedBytes"] = json!(0));
        }
    }),
    tell!("believes the digest", "image.digest", "digest-mismatch", |_, call, reply| {
        if call.is("POST", "/complete") && reply.code() == Some(Code::DigestMismatch) {
            reply.ok(&json!({"state": "ready"}));
        }
    }),
    tell!("takes anything for an image", "image.digest", "image-invalid", |_, call, reply| {
        if call.is("POST", "/complete") && reply.code() == Some(Code::ImageInvalid) {
            reply.ok(&json!({"state": "ready"}));
        }
    }),
    tell!("keeps what failed", "image.digest", "what the cloud has of it", |_, call, reply| {
        if is_look(call) {
            reply.set(|image| {
                if image["state"] == json!("failed") {
                    image["receivedBytes"] = image["bytes"].clone();
                }
            });
        }
    }),
    whole!("starts without the image", "image.start", "came in its image", |up, call| {
        let mut call = call;
        let image = call.json()["image"].clone();
        if call.is("POST", "/start") && !image.is_null() {
            call.set(|body| {
                body["image"] = json!(null);
                body["application"] = json!("demo");
            });
        }
        let mut reply = up.send(&call).await;
        if call.is("POST", "/start") && reply.status == 200 {
            reply.set(|allocation| allocation["image"] = image);
        }
        reply
    }),
    tell!("deletes what is in use", "image.start", "in-use", |_, call, reply| {
        if call.method == "DELETE" && reply.code() == Some(Code::InUse) {
            reply.ok(&json!({"state": "deleted"}));
        }
    }),
    tell!("puts an image over data", "image.fresh", "wrong-state", |_, call, reply| {
        if call.is("POST", "/start") && reply.code() == Some(Code::WrongState) {
            reply.ok(&json!({"state": "ready"}));
        }
    }),
    whole!("tells the digest of what it was made of", "image.convert", "of its own", |up, call| {
        let mut reply = up.send(&call).await;
        let source = reply.json()["convertedFrom"].as_str().map(str::to_owned);
        if let Some(source) = source.filter(|_| is_look(&call)) {
            let source = up.own("GET", &format!("/v1/images/{source}"), "").await.json();
            reply.set(|image| image["sha256"] = source["sha256"].clone());
        }
        reply
    }),
    ask!("takes images of any size", "image.refused", "invalid-request", |_, call| {
        if call.is("POST", "/v1/images") {
            call.set(|body| body["bytes"] = json!(body["bytes"].as_i64().unwrap().min(1000)));
        }
    }),
    ask!("takes chunks of any epoch", "image.fence", "stale-epoch", |_, call| {
        if call.is("PATCH", "/content") {
            call.headers.insert("kumoichi-epoch".into(), "9".into());
        }
    }),
    tell!("does not say since when it is gone", "image.deleted", "since when", |_, call, reply| {
        if call.method == "DELETE" && reply.status == 200 {
            reply.set(|image| image["deletedAtUs"] = json!(null));
        }
    }),
    tell!("starts from what was deleted", "image.deleted", "wrong-state", |_, call, reply| {
        if call.is("POST", "/start") && reply.code() == Some(Code::WrongState) {
            reply.ok(&json!({"state": "ready"}));
        }
    }),
    tell!("tells nothing of images", "image.told", "events of an image", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| {
                if let Some(items) = page["items"].as_array_mut() {
                    items.retain(|event| event["data"]["image"].is_null());
                }
            });
        }
    }),
    // Recipes.
    ask!(
        "starts with what it does not know",
        "life.recipe-unresolved",
        "/start is refused",
        |_, call| {
            if call.is("POST", "/start") {
                let body = String::from_utf8_lossy(&call.body).replace("${conform.nowhere}", "");
                call.body = body.into_bytes();
            }
        }
    ),
    tell!("does not say what is unknown", "life.recipe-unresolved", "is named", |_, _, reply| {
        if reply.code() == Some(Code::VariableUnresolved) {
            reply.set(|problem| problem["errors"] = json!([]));
        }
    }),
    tell!("checks a recipe by reading it only", "life.recipe", "as resolved", |_, call, reply| {
        if call.is("POST", "/recipe/check") {
            reply.set(|told| told["settings"] = call.json()["settings"].clone());
        }
    }),
    ask!("resolves for the dry run only", "life.recipe", "the service receives", |_, call| {
        if call.is("POST", "/start") {
            call.set(|body| body["settings"] = json!({}));
        }
    }),
    whole!("starts when it is only asked", "life.recipe", "changes nothing", |up, call| {
        let reply = up.send(&call).await;
        if call.is("POST", "/recipe/check") {
            let start = format!("/v1/allocations/{}/start", call.id());
            up.own("POST", &start, &String::from_utf8_lossy(&call.body)).await;
        }
        reply
    }),
    // Volumes by themselves.
    whole!("lends in words only", "life.volume", "state of the volume", |up, call| {
        if !call.is("POST", "/attach") {
            return up.send(&call).await;
        }
        let volume = call.json()["volume"].clone();
        let mut reply = up.own("GET", &format!("/v1/allocations/{}", call.id()), "").await;
        reply.set(|allocation| allocation["volume"] = volume);
        reply
    }),
    tell!("loses the data on the way", "life.volume", "at the next service", |_, call, reply| {
        if call.method == "GET" && call.path.starts_with("/v1/backups/bak_") {
            reply.set(|backup| {
                let id = backup["id"].clone();
                backup["restorePoint"]["sha256"] = id;
            });
        }
    }),
    tell!("lends one volume twice", "life.volume-order", "in-use", |_, call, reply| {
        if call.is("POST", "/attach") && reply.code() == Some(Code::InUse) {
            reply.ok(&json!({"state": "reserved"}));
        }
    }),
    tell!("takes a volume from what runs", "life.volume-order", "wrong-state", |_, call, reply| {
        if call.is("POST", "/detach") && reply.code() == Some(Code::WrongState) {
            reply.ok(&json!({"state": "ready"}));
        }
    }),
    tell!("bills no backups", "backup.metered", "backups that are kept", |_, call, reply| {
        if call.is("GET", "/meter") {
            reply.set(|meter| meter["backupBytes"] = json!(0));
        }
    }),
    tell!("bills what is deleted", "backup.metered", "counts no more", |_, call, reply| {
        if call.is("GET", "/meter") {
            reply.set(|meter| meter["backupByteSeconds"] = meter["atUs"].clone());
        }
    }),
];
