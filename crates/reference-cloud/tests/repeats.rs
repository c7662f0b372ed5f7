//! Calls that a crash cut off, before or after they acted, and that are sent again with their key: one outcome each.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;
use serde_json::{Value, json};

/// One call, sent until it is answered; how often the cloud had to be started again.
async fn sent_until_answered(
    cloud: &mut Process,
    (method, path, key): (&str, &str, &str),
    body: Option<Value>,
) -> (Value, u32) {
    let mut crashed = 0;
    loop {
        let url = format!("http://{}{path}", cloud.address);
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = client().request(method, url).bearer_auth(TOKEN);
        request = request.header(paths::IDEMPOTENCY_KEY, key).header(paths::EPOCH, "1");
        if let Some(body) = &body {
            request = request.json(body);
        }
        match request.send().await {
            Ok(answer) => {
                assert!(answer.status().is_success(), "{path}: {}", answer.status());
                return (answer.json().await.unwrap(), crashed);
            }
            Err(_) => {
                assert_eq!(cloud.wait_for_end().await.code(), None, "ended by a signal");
                cloud.restart().await;
                crashed += 1;
            }
        }
    }
}

async fn count(cloud: &Process, path: &str) -> usize {
    let url = format!("http://{}", cloud.address);
    let (_, page) = ask(&url, "GET", path, None, None).await;
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_crash_around_any_call_and_its_repetition_leave_one_outcome() {
    for kind in ["crashBefore", "crashAfter"] {
        let mut cloud = Process::start().await;
        let id = activate(&cloud.driver, group(), Quota::default()).await.id;
        let of = |end: &str| format!("/v1/allocations/{id}/{end}");
        let order = |operation: &str| format!(r#"{{"operation":"{operation}","kind":"{kind}"}}"#);

        cloud.order_fault(&order("setMonitoring")).await;
        let body = json!({"running": true, "metrics": ["response.count"], "intervalSeconds": 60});
        let call = ("PUT", &*of("monitoring"), "monitor");
        let (set, crashed) = sent_until_answered(&mut cloud, call, Some(body)).await;
        assert_eq!((&set["state"], crashed), (&json!("running"), 1), "{kind}");

        cloud.order_fault(&order("block")).await;
        let body = json!({"source": "192.0.2.7"});
        let call = ("POST", &*of("blocks"), "block");
        let (block, crashed) = sent_until_answered(&mut cloud, call, Some(body)).await;
        assert_eq!((&block["state"], crashed), (&json!("active"), 1), "{kind}");
        assert_eq!(count(&cloud, &of("blocks")).await, 1, "{kind}");

        cloud.order_fault(&order("lift")).await;
        let path = format!("/v1/blocks/{}", block["id"].as_str().unwrap());
        let (lifted, crashed) =
            sent_until_answered(&mut cloud, ("DELETE", &path, "lift"), None).await;
        assert_eq!((&lifted["state"], crashed), (&json!("lifted"), 1), "{kind}");

        cloud.order_fault(&order("setWebhook")).await;
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let body = json!({"url": "https://receiver.invalid/", "secret": secret});
        let call = ("PUT", "/v1/webhook", "subscribe");
        let (hook, crashed) = sent_until_answered(&mut cloud, call, Some(body)).await;
        assert_eq!((&hook["state"], crashed), (&json!("active"), 1), "{kind}");

        cloud.order_fault(&order("resize")).await;
        let mut larger = group();
        larger.compute.count = 2;
        let call = ("POST", &*of("resize"), "resize");
        let body = json!({"resources": larger});
        let (resized, crashed) = sent_until_answered(&mut cloud, call, Some(body)).await;
        assert_eq!((&resized["resources"]["compute"]["count"], crashed), (&json!(2), 1), "{kind}");
        assert_eq!(child_pids(&cloud.dir).len(), 2, "{kind}");

        cloud.order_fault(&order("drain")).await;
        let call = ("POST", &*of("drain"), "drain");
        let (_, crashed) = sent_until_answered(&mut cloud, call, Some(json!({}))).await;
        assert_eq!(crashed, 1, "{kind}");
        until("nothing runs", || async {
            cloud.driver.allocation(&id).await.unwrap().state == ResourceState::Draining
        })
        .await;
        let feed = cloud.driver.events(None, None).await.unwrap();
        let told =
            |word: &str| feed.items.iter().filter(|event| event.kind.ends_with(word)).count();
        let kinds = (told(".block.active"), told(".block.lifted"), told(".allocation.draining"));
        assert_eq!(kinds, (1, 1, 1), "{kind}");
        assert_eq!(told(".size.changed"), 1, "{kind}");
        assert!(child_pids(&cloud.dir).is_empty(), "{kind}");
    }
}
