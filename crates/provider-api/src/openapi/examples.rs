//! One example for each schema, built from the types themselves, so that it cannot be wrong.

mod backups;
mod images;
mod links;
mod security;
mod watching;

use std::collections::BTreeMap;

use ed25519_dalek::SigningKey;
use serde::Serialize;
use serde_json::Value;

use crate::erasure::{
    ERASURE_STANDARD, ErasedResource, ErasureMethod, ErasureStatement, UnsignedStatement,
};
use crate::problem::{FieldFault, Problem, ProblemCode};
use crate::resource::{Related, Relation, Resource, ResourceGraph, ResourceKind};
use crate::state::ResourceState;
use crate::wire::*;

/// 2026-11-26 00:00 UTC.
const NOW_US: i64 = 1_795_651_200_000_000;
const SECOND_US: i64 = 1_000_000;
const ID: &str = "alc_5b3f0c7d9e";
const LABEL: &str = "ctr_0192f7a1";

/// The example of a schema; nothing for parts of others.
#[must_use]
pub fn example(schema: &str) -> Option<Value> {
    match schema {
        "Capabilities" => told(&capabilities()),
        "TenantQuota" => told(&quota()),
        "DiscoverRequest" => told(&DiscoverRequest {
            region: zone().region,
            resources: group(),
            links: links::places(),
        }),
        "DiscoverAnswer" => told(&discovered()),
        "HoldRequest" => told(&HoldRequest {
            label: LABEL.to_owned(),
            region: zone().region,
            resources: group(),
            links: links::places(),
            ttl_seconds: Some(300),
        }),
        "ExtendRequest" => told(&ExtendRequest { ttl_seconds: 300 }),
        "ConfirmRequest" => {
            told(&ConfirmRequest { quota: Quota { storage_bytes: Some(50_000_000_000) } })
        }
        "ResizeRequest" => told(&ResizeRequest { resources: group(), quota: Quota::default() }),
        "AdoptRequest" => told(&AdoptRequest {
            from: "made-by-hand".to_owned(),
            label: "ctr_5b3f0c7d9e".to_owned(),
        }),
        "DrainRequest" => told(&DrainRequest { deadline_seconds: Some(30) }),
        "StartRequest" => told(&StartRequest {
            application: Some("demo".to_owned()),
            image: None,
            service_name: "Tracking".to_owned(),
            settings: [("greeting".to_owned(), "hello from ${zone.region}".to_owned())].into(),
            values: BTreeMap::new(),
        }),
        "AttachRequest" => told(&AttachRequest { volume: "alc_71c0aa90d2".into() }),
        "ResolvedRecipe" => told(&resolved()),
        "Allocation" => told(&held()),
        "AllocationPage" => told(&AllocationPage { items: vec![held()], next: None }),
        "OperationRecord" => told(&OperationRecord {
            key: IdempotencyKey::parse("4f1c2a-hold").ok()?,
            operation: "hold".to_owned(),
            done_at_us: NOW_US,
            allocation: Some(held()),
            image: None,
            webhook: None,
            long_operation: None,
        }),
        "ResourceGraph" => told(&graph()),
        "EventPage" => told(&events()),
        "Backup" => told(&backups::backup()),
        "BackupPage" => told(&BackupPage { items: vec![backups::backup()], next: None }),
        "BackupFilePage" => told(&BackupFilePage { items: backups::files(), next: None }),
        "LongOperation" => told(&backups::running()?),
        "LongOperationPage" => told(&LongOperationPage {
            items: vec![backups::done()?, backups::failed()?],
            next: None,
        }),
        "SecurityEventPage" => told(&security::events()),
        "BlockRequest" => told(&security::request()),
        "Block" => told(&security::block()),
        "BlockPage" => told(&BlockPage { items: vec![security::block()], next: None }),
        "WebhookRequest" => told(&watching::subscribe()),
        "Webhook" => told(&watching::subscription()),
        "Liveness" => told(&liveness()),
        "Metrics" => told(&metrics()),
        "MonitoringRequest" => told(&watching::request()),
        "Monitoring" => told(&watching::monitoring()),
        crate::operations::OPEN_METRICS => told(&watching::readings()),
        "UsageRecord" => told(&usage()),
        "ExportManifest" => told(&backups::export()),
        "ImageRequest" => told(&images::request()),
        "Image" => told(&images::image()),
        "ImagePage" => told(&images::page()),
        "ConvertRequest" => told(&images::convert()),
        crate::operations::CHUNK => told(&"(up to chunkBytesMax bytes of the image)"),
        crate::operations::ARCHIVE => told(&"(the bytes of a tar)"),
        "ErasureStatement" => told(&statement()?),
        "LinkRequest" => told(&links::request()),
        "LinkOffer" => told(&links::offer()),
        "LinkShare" => told(&links::share()),
        "Link" => told(&links::requested()),
        "LinkPage" => told(&LinkPage { items: vec![links::up()], next: None }),
        "LinkProbe" => told(&links::probe()),
        "Problem" => told(&problem()),
        _ => None,
    }
}

fn told(value: &impl Serialize) -> Option<Value> {
    serde_json::to_value(value).ok()
}

fn zone() -> Zone {
    Zone {
        id: "jp-osaka-1a".to_owned(),
        region: "jp-osaka-1".to_owned(),
        country: "JP".to_owned(),
        hazard_zone: "JP-27".to_owned(),
    }
}

fn group() -> ResourceGroup {
    ResourceGroup {
        compute: ComputeSpec { count: 2, vcpu: 4, ram_mb: 8192 },
        storage: StorageSpec { gb: 50 },
        network: NetworkSpec { mbps: 100, endpoint: EndpointKind::Http },
    }
}

fn quota() -> TenantQuota {
    let limits = Limits { instances: Some(20), storage_gb: Some(500), ..Limits::default() };
    TenantQuota { tenant: "acme".to_owned(), limits, used: group().amounts(), at_us: NOW_US }
}

fn capabilities() -> Capabilities {
    let capacity =
        Amounts { instances: 64, vcpu: 256, ram_mb: 524_288, storage_gb: 5000, mbps: 10_000 };
    Capabilities {
        api_version: "1".to_owned(),
        provider: "Minato Cloud".to_owned(),
        zones: vec![ZoneCapacity { zone: zone(), capacity }],
        hold: HoldSupport::NativeGroup,
        hold_ttl_default_seconds: 120,
        hold_ttl_max_seconds: 3600,
        endpoints: vec![EndpointKind::None, EndpointKind::Http],
        applications: vec!["demo".to_owned()],
        metrics: vec!["response.p95Us".to_owned(), "usage.memoryBytes".to_owned()],
        backups: true,
        monitoring: Some(watching::support()),
        security: Some(security::support()),
        volumes: true,
        drain: true,
        resize: ResizeSupport::Live,
        adoption: true,
        export: true,
        webhooks: true,
        images: Some(images::support()),
        variables: vec![RecipeVariable {
            name: "zone.region".to_owned(),
            text: "The region of the zone".to_owned(),
            value: None,
        }],
        quota: true,
        links: Some(links::support()),
        erasure_key: Some(PublicKey::of(&key().verifying_key(), "3c1f7a90b2d4e6f8")),
    }
}

fn resolved() -> ResolvedRecipe {
    let pair = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into();
    ResolvedRecipe {
        allocation_id: ID.into(),
        application: "demo".to_owned(),
        image: None,
        settings: pair("greeting", "hello from jp-osaka-1"),
        variables: pair("zone.region", "jp-osaka-1"),
    }
}

fn discovered() -> DiscoverAnswer {
    DiscoverAnswer {
        available: true,
        zone: zone(),
        free: Amounts { instances: 12, vcpu: 48, ram_mb: 98_304, storage_gb: 900, mbps: 4000 },
        endpoints: Some(61),
        at_us: NOW_US,
        valid_until_us: NOW_US + 10 * SECOND_US,
        ready_in_seconds: Some(1),
        price: Some(Price { currency: "JPY".to_owned(), month_minor: 42_000 }),
    }
}

fn held() -> Allocation {
    Allocation {
        id: ID.into(),
        label: LABEL.to_owned(),
        zone: zone(),
        state: ResourceState::Held,
        generation: 1,
        epoch: 7,
        resources: group(),
        quota: None,
        endpoint: Some(Endpoint {
            url: "http://127.0.0.21:8801/".to_owned(),
            host: "127.0.0.21".to_owned(),
            port: 8801,
            open: false,
        }),
        instances: Vec::new(),
        created_at_us: NOW_US,
        held_until_us: Some(NOW_US + 300 * SECOND_US),
        reserved_at_us: None,
        started_at_us: None,
        stopped_at_us: None,
        released_at_us: None,
        draining_until_us: None,
        image: None,
        volume: None,
        attached_to: None,
        links: links::places(),
        erasure: None,
        failure: None,
    }
}

fn graph() -> ResourceGraph {
    let one = |name: &str, kind, relations| Resource {
        id: format!("{ID}/{name}"),
        kind,
        provider_id: None,
        zone: zone(),
        state: ResourceState::Held,
        desired: ResourceState::Held,
        observed: None,
        generation: 1,
        epoch: 7,
        labels: BTreeMap::from([("label".to_owned(), LABEL.to_owned())]),
        native: BTreeMap::new(),
        created_by: Some("4f1c2a-hold".to_owned()),
        created_at_us: NOW_US,
        relations,
    };
    let to =
        |name: &str| vec![Related { relation: Relation::Attaches, to: format!("{ID}/{name}") }];
    let resources = vec![
        one("compute-0", ResourceKind::Compute, to("network")),
        one("storage", ResourceKind::Storage, to("compute-0")),
        one("network", ResourceKind::Network, Vec::new()),
    ];
    ResourceGraph { allocation_id: ID.into(), at_us: NOW_US, resources }
}

fn events() -> EventPage {
    let data = EventData {
        allocation_id: Some(ID.into()),
        label: LABEL.to_owned(),
        before: Some(ResourceState::Held),
        state: ResourceState::Reserved,
        generation: 2,
        epoch: 7,
        at_us: NOW_US,
        operation: None,
        security: None,
        block: None,
        image: None,
        link: None,
        resized: None,
    };
    let items = vec![CloudEvent::of("urn:kumoichi:cloud:3c1f7a90b2d4e6f8", 42, data)];
    EventPage { items, next: "42".to_owned(), more: false, oldest: Some("1".to_owned()) }
}

fn liveness() -> Liveness {
    Liveness {
        allocation_id: ID.into(),
        state: ResourceState::Active,
        alive: true,
        instances_running: 2,
        instances_wanted: 2,
        access_open: true,
        volume: Some(VolumeHealth::Present),
        checked_at_us: NOW_US,
    }
}

fn metrics() -> Metrics {
    let response = ResponseMetrics {
        window_seconds: 60,
        count: 812,
        errors: 0,
        p50_us: Some(1800),
        p95_us: Some(4300),
    };
    let usage = Usage {
        cpu_us: Some(5_400_000),
        memory_bytes: Some(44_040_192),
        storage_bytes: Some(12_288),
        storage_quota_bytes: Some(50_000_000_000),
    };
    Metrics { allocation_id: ID.into(), at_us: NOW_US, response, usage }
}

fn usage() -> UsageRecord {
    let started_at_us = NOW_US - 3600 * SECOND_US;
    UsageRecord {
        allocation_id: ID.into(),
        label: LABEL.to_owned(),
        at_us: NOW_US,
        is_final: false,
        used_seconds: 3600,
        instance_seconds: 7200,
        vcpu_seconds: 28_800,
        storage_gb_seconds: 180_000,
        storage_bytes: Some(12_288),
        backup_bytes: 12_800,
        backup_byte_seconds: 46_080_000,
        requests: 812,
        intervals: vec![UseInterval { started_at_us, stopped_at_us: None }],
        sizes: Vec::new(),
    }
}

/// A key that signs nothing but this example.
fn key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

fn statement() -> Option<ErasureStatement> {
    let erased = |kind: &str, id: &str, bytes, items| ErasedResource {
        kind: kind.into(),
        id: id.into(),
        bytes,
        items,
    };
    let resources = vec![erased("volume", ID, 12_288, 3), erased("backup", backups::ID, 12_800, 4)];
    let unsigned = UnsignedStatement {
        version: 1,
        provider: "Minato Cloud".to_owned(),
        subject: LABEL.to_owned(),
        allocation_id: ID.into(),
        resources,
        standard: ERASURE_STANDARD.to_owned(),
        method: ErasureMethod::Clear,
        technique: "every file was overwritten with zeros, then removed; absence was verified"
            .to_owned(),
        bytes: 25_088,
        erased_at_us: NOW_US,
        key_id: "3c1f7a90b2d4e6f8".to_owned(),
    };
    unsigned.sign(&key()).ok()
}

fn problem() -> Problem {
    let fault = FieldFault {
        pointer: "/resources/compute/count".to_owned(),
        detail: "found 0, allowed is 1 to 64".to_owned(),
    };
    Problem::new(ProblemCode::InvalidRequest, "some values are not allowed")
        .with_errors(vec![fault])
}
