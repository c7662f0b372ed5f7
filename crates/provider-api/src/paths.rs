//! The routes and headers of version 1, shared by client and servers so that they cannot differ.

/// Version of the API, first segment of every route.
pub const VERSION: &str = "v1";
/// Header naming the intent of a changing call (behaviour in the README, rule 2).
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Header with the caller's fencing token, a signed 64-bit integer.
pub const EPOCH: &str = "kumoichi-epoch";
/// Header of every answer with the provider's id of the request.
pub const REQUEST_ID: &str = "x-request-id";
/// Header with the place of a chunk: how many bytes come before it.
pub const UPLOAD_OFFSET: &str = "upload-offset";
/// Header with the digest of a chunk (RFC 9530), `sha-256=:…:`.
pub const CONTENT_DIGEST: &str = "content-digest";

/// `GET`, without a token: the OpenAPI 3.1 document of this API.
pub const OPENAPI: &str = "/v1/openapi.json";
/// `GET`: what this cloud can do.
pub const CAPABILITIES: &str = "/v1/capabilities";
/// `GET`: what the tenant may have, and what of it is used.
pub const QUOTA: &str = "/v1/quota";
/// `POST`: a live answer whether a group could be held now (F7.4.1); changes nothing.
pub const DISCOVER: &str = "/v1/discover";
/// `POST`: hold a group (IF4, IF5, IF6).
pub const HOLDS: &str = "/v1/holds";
/// `DELETE`: drop a hold.
pub const HOLD: &str = "/v1/holds/{id}";
/// `POST`: move the end of a hold.
pub const EXTEND: &str = "/v1/holds/{id}/extend";
/// `POST`: book what is held.
pub const CONFIRM: &str = "/v1/holds/{id}/confirm";
/// `GET`: list, with `label`, `after` and `limit`.
pub const ALLOCATIONS: &str = "/v1/allocations";
/// `GET`: one allocation.
pub const ALLOCATION: &str = "/v1/allocations/{id}";
/// `GET`: what the allocation consists of, as a graph (F7.5.2).
pub const RESOURCES: &str = "/v1/allocations/{id}/resources";
/// `POST`: start the service (IF7, IF8).
pub const START: &str = "/v1/allocations/{id}/start";
/// `POST`: what a start would do, without starting (F7.6.2).
pub const RECIPE_CHECK: &str = "/v1/allocations/{id}/recipe/check";
/// `POST`: stop the service (IF7, IF8).
pub const STOP: &str = "/v1/allocations/{id}/stop";
/// `POST`: turn newcomers away, let what is in flight finish, then stop (F7.10.1a).
pub const DRAIN: &str = "/v1/allocations/{id}/drain";
/// `POST`: make what is booked larger or smaller.
pub const RESIZE: &str = "/v1/allocations/{id}/resize";
/// `POST`: put what is booked under another label.
pub const ADOPT: &str = "/v1/allocations/{id}/adopt";
/// `POST`: open access for users (IF13).
pub const ALLOW: &str = "/v1/allocations/{id}/allow";
/// `POST`: close access for users (IF13).
pub const DENY: &str = "/v1/allocations/{id}/deny";
/// `GET`: is it up.
pub const LIVENESS: &str = "/v1/allocations/{id}/liveness";
/// `GET`: how it performs and what it uses.
pub const METRICS: &str = "/v1/allocations/{id}/metrics";
/// `PUT`: what is measured, started or stopped. `GET`: the setting (IF11, IF12).
pub const MONITORING: &str = "/v1/allocations/{id}/monitoring";
/// `GET`: the last reading as OpenMetrics text.
pub const READINGS: &str = "/v1/allocations/{id}/monitoring/readings";
/// `GET`: what was noticed at the address, with `after` and `limit` (F7.6).
pub const SECURITY_EVENTS: &str = "/v1/allocations/{id}/security-events";
/// `POST`: keep a source out (F7.2). `GET`: the blocks of an allocation, with `after` and `limit`.
pub const BLOCKS: &str = "/v1/allocations/{id}/blocks";
/// `GET`: one block. `DELETE`: lift it.
pub const BLOCK: &str = "/v1/blocks/{id}";
/// `POST`: ask for a link to another cloud (IF3, IF6). `GET`: the links of an allocation, with `after` and `limit`.
pub const LINKS: &str = "/v1/allocations/{id}/links";
/// `POST`: accept a link that another cloud was asked for.
pub const ACCEPT_LINK: &str = "/v1/allocations/{id}/links/accept";
/// `GET`: one link. `DELETE`: take it down.
pub const LINK: &str = "/v1/links/{id}";
/// `POST`: measure through the tunnel; changes nothing.
pub const PROBE_LINK: &str = "/v1/links/{id}/probe";
/// `PUT`: set what the other side of a link may take.
pub const SHARE: &str = "/v1/links/{id}/share";
/// `POST`: take what the other side of a link shares.
pub const PULL: &str = "/v1/links/{id}/pull";
/// Take an image that the other side of a link shares.
pub const PULL_IMAGE: &str = "/v1/links/{id}/pull-image";
/// `GET`: what to bill.
pub const METER: &str = "/v1/allocations/{id}/meter";
/// `GET`: what may be taken along, with digests (F7.10.1c).
pub const EXPORT: &str = "/v1/allocations/{id}/export";
/// `GET`: the archive, also in parts.
pub const EXPORT_ARCHIVE: &str = "/v1/allocations/{id}/export/archive";
/// `POST`: erase the data (IF10).
pub const ERASE: &str = "/v1/allocations/{id}/erase";
/// `POST`: give the capacity back.
pub const RELEASE: &str = "/v1/allocations/{id}/release";
/// `POST`: copy the volume (IF2). `GET`: the backups of an allocation, with `after` and `limit`.
pub const BACKUPS: &str = "/v1/allocations/{id}/backups";
/// `GET`: one backup. `DELETE`: delete it.
pub const BACKUP: &str = "/v1/backups/{id}";
/// `GET`: the files of a backup with their digests, with `after` and `limit`.
pub const BACKUP_FILES: &str = "/v1/backups/{id}/files";
/// `POST`: read a copy again and compare.
pub const VERIFY: &str = "/v1/backups/{id}/verify";
/// `POST`: put a copy into the volume.
pub const RESTORE: &str = "/v1/backups/{id}/restore";
/// `GET`: the long work on an allocation, with `after` and `limit`.
pub const LONG_OPERATIONS: &str = "/v1/allocations/{id}/operations";
/// `GET`: one piece of long work.
pub const LONG_OPERATION: &str = "/v1/long-operations/{id}";
/// `POST`: lend a volume to a service that does not run.
pub const ATTACH: &str = "/v1/allocations/{id}/attach";
/// `POST`: take the volume of a service back, with its data.
pub const DETACH: &str = "/v1/allocations/{id}/detach";
/// `POST`: begin an upload (F7.6.3). `GET`: the images, with `name`, `sha256`, `after` and `limit`.
pub const IMAGES: &str = "/v1/images";
/// `GET`: one image. `DELETE`: delete it.
pub const IMAGE: &str = "/v1/images/{id}";
/// `PATCH`: the next chunk of an upload.
pub const IMAGE_CONTENT: &str = "/v1/images/{id}/content";
/// `POST`: the upload is whole.
pub const COMPLETE: &str = "/v1/images/{id}/complete";
/// `POST`: make an image of another format.
pub const CONVERT: &str = "/v1/images/{id}/convert";
/// `PUT`: have every event posted. `GET`: the subscription. `DELETE`: take it away.
pub const WEBHOOK: &str = "/v1/webhook";
/// `GET`: the feed of events, with `after`, `label` and `limit`.
pub const EVENTS: &str = "/v1/events";
/// `GET`: what became of an idempotency key.
pub const OPERATION: &str = "/v1/operations/{key}";

/// A route with its parameter put in; `value` is percent-encoded as one path segment.
#[must_use]
pub fn with(route: &str, value: &str) -> String {
    let mut encoded = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'~')
            || (byte == b'.' && value.len() > 2)
        {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    route.replace("{id}", &encoded).replace("{key}", &encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_leave_its_segment() {
        assert_eq!(with(STOP, "a/../b?c"), "/v1/allocations/a%2F..%2Fb%3Fc/stop");
        assert_eq!(with(ALLOCATION, ".."), "/v1/allocations/%2E%2E");
    }
}
