//! Faults of backups and of the long work around them, on a full disk and after the loss of a volume.

use provider_api::ProblemCode as Code;
use serde_json::{Value, json};

use crate::broken::{Call, Fault, Reply, Twist, Upstream, publish_own_key, resign};

fn is_backup(call: &Call) -> bool {
    call.is("POST", "/backups")
}

fn is_work(call: &Call) -> bool {
    call.method == "GET" && call.path.starts_with("/v1/long-operations/")
}

fn is_one_backup(call: &Call) -> bool {
    call.path.starts_with("/v1/backups/") && call.path.split('/').count() == 4
}

/// Long work of the broken provider's own that never was.
fn pretended(call: &Call, kind: &str) -> Value {
    json!({
        "id": "opr_pretended", "kind": kind, "state": "succeeded", "progress": 100, "allocationId": "alc_pretended",
        "label": "conform", "backupId": call.id(), "key": "own", "createdAtUs": 1, "endedAtUs": 2,
        "result": "/v1/allocations/alc_pretended",
    })
}

/// Answers as if the work were begun, without beginning it.
fn pretend(reply: &mut Reply, work: &Value) {
    reply.ok(work);
    reply.status = 202;
    reply.headers.insert("location".into(), "/v1/long-operations/opr_pretended".into());
}

pub const FAULTS: &[Fault] = &[
    tell!(
        "answers long work as if it were done",
        "backup.made",
        "status of a call",
        |_, call, reply| {
            if is_backup(call) && reply.status == 202 {
                reply.status = 200;
            }
        }
    ),
    tell!("does not say where its work can be seen", "backup.made", "Location", |_, _, reply| {
        reply.headers.remove("location");
    }),
    tell!("never comes to an end", "backup.made", "comes to an end", |_, call, reply| {
        if is_work(call) {
            reply.set(|work| {
                work["state"] = json!("running");
                work["progress"] = json!(99);
                for name in ["endedAtUs", "result"] {
                    work[name] = Value::Null;
                }
            });
        }
    }),
    tell!("is done at half the way", "backup.made", "at 100", |_, call, reply| {
        if is_work(call) {
            reply.set(|work| work["progress"] = json!(50));
        }
    }),
    tell!(
        "does not say what came of its work",
        "backup.made",
        "a result is told",
        |_, call, reply| {
            if is_work(call) {
                reply.set(|work| work["result"] = Value::Null);
            }
        }
    ),
    tell!(
        "adds up what it copied wrongly",
        "backup.made",
        "bytes of all files",
        |_, call, reply| {
            if is_one_backup(call) {
                reply.set(|backup| {
                    let bytes = backup["restorePoint"]["bytes"].as_i64().unwrap_or(0);
                    backup["restorePoint"]["bytes"] = json!(bytes + 1);
                });
            }
        }
    ),
    tell!(
        "tells the digest of something else",
        "backup.made",
        "digest over all",
        |_, call, reply| {
            if is_one_backup(call) {
                reply.set(|backup| backup["restorePoint"]["sha256"] = json!("0".repeat(64)));
            }
        }
    ),
    tell!(
        "leaves a file out of its list",
        "backup.made",
        "number of the files",
        |_, call, reply| {
            if call.path.contains("/files") {
                reply.set(|page| page["items"] = json!([]));
            }
        }
    ),
    tell!(
        "draws backups that protect nothing",
        "backup.made",
        "protect the volume",
        |_, call, reply| {
            if call.is("GET", "/resources") {
                reply.set(|graph| {
                    for each in graph["resources"].as_array_mut().into_iter().flatten() {
                        if each["kind"] == "backup" {
                            each["relations"] = json!([]);
                        }
                    }
                });
            }
        }
    ),
    ask!("copies anew with every repetition", "backup.repeat", "repeated call", |up, call| {
        if is_backup(call) {
            call.headers.insert("idempotency-key".into(), up.fresh());
        }
    }),
    tell!("forgets which work a key began", "backup.repeat", "key tells of", |_, call, reply| {
        if call.path.starts_with("/v1/operations/") {
            reply.set(|record| record["longOperation"] = Value::Null);
        }
    }),
    tell!("lists only the first backup", "backup.listed", "backups in pages", |_, call, reply| {
        if call.is("GET", "/backups") {
            reply.set(|page| page["next"] = Value::Null);
        }
    }),
    tell!(
        "lists no work that has ended",
        "backup.listed",
        "long work in pages",
        |_, call, reply| {
            if call.is("GET", "/operations") {
                reply.set(|page| {
                    if let Some(items) = page["items"].as_array_mut() {
                        items.retain(|work| work["state"] == "running");
                    }
                });
            }
        }
    ),
    whole!("restores under a running service", "backup.order", "wrong-state", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/restore") && reply.code() == Some(Code::WrongState) {
            pretend(&mut reply, &pretended(&call, "restore"));
        }
        reply
    }),
    whole!("backs up what was never started", "backup.order", "wrong-state", |up, call| {
        let mut reply = up.send(&call).await;
        if is_backup(&call) && reply.code() == Some(Code::WrongState) {
            pretend(&mut reply, &pretended(&call, "backup"));
        }
        reply
    }),
    tell!(
        "verifies in words only",
        "backup.verified",
        "when it was read again",
        |_, call, reply| {
            if is_one_backup(call) {
                reply.set(|backup| backup["verifiedAtUs"] = Value::Null);
            }
        }
    ),
    tell!(
        "calls whole copies damaged",
        "backup.verified",
        "copy that is whole",
        |_, call, reply| {
            if is_one_backup(call) {
                reply.set(|backup| {
                    if backup["verifiedAtUs"].is_i64() {
                        backup["state"] = json!("damaged");
                    }
                });
            }
        }
    ),
    whole!("restores in words only", "backup.restored", "digest of the volume", |up, call| {
        restored_in_words(&up, call).await
    }),
    tell!("deletes in words only", "backup.deleted", "seen later", |_, call, reply| {
        if call.is("GET", "/backups") {
            reply.set(|page| {
                for each in page["items"].as_array_mut().into_iter().flatten() {
                    each["state"] = json!("ready");
                }
            });
        }
    }),
    whole!("cannot delete twice", "backup.deleted", "succeeds", |up, call| {
        let mut reply = up.send(&call).await;
        let again = call.method == "DELETE"
            && up.memory.lock().unwrap().insert(call.path.clone(), String::new()).is_some();
        if again {
            reply.status = 404;
        }
        reply
    }),
    whole!("reads again what it deleted", "backup.deleted", "wrong-state", |up, call| {
        let mut reply = up.send(&call).await;
        if call.is("POST", "/verify") && reply.code() == Some(Code::WrongState) {
            pretend(&mut reply, &pretended(&call, "verify"));
        }
        reply
    }),
    whole!("lets anybody touch its backups", "backup.fence", "stale-epoch", |up, call| {
        let mut call = call;
        if call.path.contains("/backups") && call.headers.contains_key("kumoichi-epoch") {
            call.headers.insert("kumoichi-epoch".into(), "9".into());
        }
        up.send(&call).await
    }),
    tell!("tells nothing of long work", "backup.told", "events of a backup", |_, call, reply| {
        if call.is("GET", "/v1/events") {
            reply.set(|page| {
                if let Some(items) = page["items"].as_array_mut() {
                    items.retain(|event| event["data"]["operation"].is_null());
                }
            });
        }
    }),
    tell!("breaks over backups that do not exist", "backup.gone", "not-found", |_, call, reply| {
        if reply.status == 404 && call.path.contains("backups") {
            reply.status = 500;
            reply.set(|problem| problem["code"] = json!("internal"));
        }
    }),
    tell!(
        "forgets its backups when it erases",
        "backup.erased",
        "names the backup",
        |_, call, reply| {
            if call.is("GET", "/v1/capabilities") {
                publish_own_key(reply);
            } else if call.is("POST", "/erase") {
                resign(reply, |statement| statement.resources.retain(|each| each.kind != "backup"));
            }
        }
    ),
    tell!(
        "keeps backups of what it erased",
        "backup.erased",
        "after the erasure",
        |up, call, reply| {
            if call.is("POST", "/erase") && reply.status == 200 {
                up.memory.lock().unwrap().insert("erased".into(), String::new());
            }
            if call.is("GET", "/backups") && !up.memory.lock().unwrap().is_empty() {
                reply.set(|page| {
                    for each in page["items"].as_array_mut().into_iter().flatten() {
                        each["state"] = json!("ready");
                    }
                });
            }
        }
    ),
    ask!("writes on a full disk", "trouble.disk-full", "storage-full", |_, call| {
        if call.is("PUT", "/switches") {
            call.set(|switches| switches["diskFull"] = json!(false));
        }
    }),
    tell!(
        "calls a full disk something else",
        "trouble.disk-full",
        "storage-full",
        |_, call, reply| {
            if call.is_hold() && reply.code() == Some(Code::StorageFull) {
                reply.set(|problem| problem["code"] = json!("capacity-exhausted"));
            }
        }
    ),
    tell!(
        "does not notice that a volume is lost",
        "trouble.lost-volume",
        "after its loss",
        |_, call, reply| {
            if call.is("GET", "/liveness") {
                reply.set(|liveness| liveness["volume"] = json!("present"));
            }
        }
    ),
    tell!(
        "calls a service without its volume alive",
        "trouble.lost-volume",
        "not alive",
        |_, call, reply| {
            if call.is("GET", "/liveness") {
                reply.set(|liveness| liveness["alive"] = json!(true));
            }
        }
    ),
];

/// A restore that is only pretended: the work is answered, and looking at it shows that it is done.
async fn restored_in_words(up: &Upstream, call: Call) -> Reply {
    if call.is("POST", "/restore") {
        let backup = up.own("GET", &format!("/v1/backups/{}", call.id()), "").await.json();
        let mut work = pretended(&call, "restore");
        work["allocationId"] = backup["allocationId"].clone();
        let id = backup["allocationId"].as_str().unwrap_or_default();
        work["result"] = json!(format!("/v1/allocations/{id}"));
        up.memory.lock().unwrap().insert("work".into(), work.to_string());
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        pretend(&mut reply, &work);
        return reply;
    }
    if call.path.ends_with("/opr_pretended") {
        let work = up.memory.lock().unwrap().get("work").cloned().unwrap_or_default();
        let mut reply = up.own("GET", "/v1/capabilities", "").await;
        reply.ok(&serde_json::from_str(&work).unwrap());
        return reply;
    }
    up.send(&call).await
}
