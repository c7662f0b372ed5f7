//! Recipes: what the running application receives, from the cloud, from the caller and from the image.

#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails its test")]

mod common;

use common::*;
use provider_api::*;

fn start(id: &AllocationId, settings: &[(&str, &str)]) -> StartCommand {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let request = StartRequest {
        settings: settings.iter().map(pair).collect(),
        values: [("mail".to_owned(), "desk@customer.example".to_owned())].into(),
        ..start_request()
    };
    StartCommand { call: call("start"), allocation_id: id.clone(), request }
}

async fn booked(driver: &HttpDriver, resources: ResourceGroup) -> Allocation {
    let id = driver.hold(hold_command("hold", resources)).await.unwrap().id;
    let quota = Quota::default();
    let confirm = ConfirmCommand { call: call("confirm"), allocation_id: id, quota };
    driver.confirm(confirm).await.unwrap()
}

#[tokio::test]
async fn f7_6_2_the_application_receives_what_depends_on_the_lending_cloud_also_after_a_crash() {
    let mut cloud = Process::start().await;
    let booked = booked(&cloud.driver, group()).await;
    let settings = [
        ("contact", "write to ${mail}"),
        ("place", "${zone.region}/${zone.country}, ${storage.class}"),
        ("self", "at ${endpoint.host} on ${endpoint.port}"),
    ];
    let first = start(&booked.id, &settings);
    let told = cloud.driver.check_recipe(&booked.id, &first.request).await.unwrap();
    let endpoint = booked.endpoint.unwrap();
    let expected = [
        ("contact", "write to desk@customer.example".to_owned()),
        ("place", "tokyo/JP, directory".to_owned()),
        ("self", format!("at {} on {}", endpoint.host, endpoint.port)),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(told.settings, expected.clone().into());
    cloud.driver.start(first).await.unwrap();
    let open = cloud.driver.allow(command("allow", &booked.id)).await.unwrap();
    for round in 0..2 {
        let page = prober().probe(&service_url(&open)).await.unwrap().body;
        for (_, value) in &expected {
            assert!(page.contains(value.as_str()), "{round}: {value} in {page}");
        }
        let before = child_pids(&cloud.dir);
        cloud.terminate().await;
        cloud.restart().await;
        assert_ne!(child_pids(&cloud.dir), before, "another process has the same settings");
    }
}

#[tokio::test]
async fn f7_6_2_a_variable_that_makes_no_sense_here_or_is_unknown_blocks_the_start() {
    let local = Local::start_with(|config| {
        config.variables = [("dns.resolver".to_owned(), "192.0.2.53".to_owned())].into();
    })
    .await;
    let mut inside = group();
    inside.network.endpoint = EndpointKind::None;
    let booked = booked(&local.driver, inside).await;
    let told = local.driver.capabilities().await.unwrap().variables;
    let dns = told.iter().find(|each| each.name == "dns.resolver").unwrap();
    assert_eq!(dns.value.as_deref(), Some("192.0.2.53"));
    for (name, blocked) in [("endpoint.port", true), ("nowhere", true), ("dns.resolver", false)] {
        let text = format!("x ${{{name}}}");
        let command = start(&booked.id, &[("a", &text)]);
        let checked = local.driver.check_recipe(&booked.id, &command.request).await;
        if !blocked {
            assert_eq!(checked.unwrap().settings["a"], "x 192.0.2.53");
            continue;
        }
        for refused in [checked.err(), local.driver.start(command).await.err()] {
            let refused = refused.unwrap();
            assert_eq!(refused.code(), Some(ProblemCode::VariableUnresolved), "{refused}");
            let said = refused.to_string();
            assert!(said.contains(name) && said.contains("zone.id, "), "{said}");
        }
    }
    let seen = local.driver.allocation(&booked.id).await.unwrap();
    assert_eq!(seen.state, ResourceState::Reserved);
    local.cloud.shutdown().await;
}

#[tokio::test]
async fn f7_6_2_settings_of_an_image_are_resolved_too_and_those_of_the_start_come_first() {
    let local = Local::start().await;
    let manifest = br#"{"version":1,"application":"demo",
        "settings":{"greeting":"from ${zone.id}","other":"brought"}}"#;
    let bytes = archive::pack(&[(ImageManifest::FILE, manifest)]);
    let request = ImageRequest {
        name: "recipe".into(),
        format: ImageFormat::Tar,
        architecture: "any".into(),
        bytes: bytes.len() as i64,
        sha256: sha256_of(&bytes),
    };
    let begin = BeginImageCommand { call: call("begin"), request };
    let image_id = local.driver.begin_image(begin).await.unwrap().id;
    let chunk = ChunkCommand { call: call("chunk"), image_id: image_id.clone(), offset: 0, bytes };
    local.driver.upload_chunk(chunk).await.unwrap();
    let whole = ImageCommand { call: call("complete"), image_id: image_id.clone() };
    local.driver.complete_image(whole).await.unwrap();
    let booked = booked(&local.driver, group()).await;
    let mut request = start(&booked.id, &[("other", "asked")]).request;
    (request.application, request.image) = (None, Some(image_id.clone()));
    let told = local.driver.check_recipe(&booked.id, &request).await.unwrap();
    assert_eq!((told.application.as_str(), told.image), ("demo", Some(image_id)));
    assert_eq!((&*told.settings["greeting"], &*told.settings["other"]), ("from z1", "asked"));
    local.cloud.shutdown().await;
}
