//! The table itself, in the order of the document.

use super::{ARCHIVE, CHUNK, OPEN_METRICS, Operation, Part, act, ask, begin};
use crate::paths;
use crate::problem::ProblemCode as Code;

const EXPORT_PROBLEMS: &[Code] =
    &[Code::NotFound, Code::WrongState, Code::Unsupported, Code::VolumeLost];

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    ask("capabilities", paths::CAPABILITIES, Part::Cloud, &["F7.4.1"], [
        "What this cloud can do",
        "The gateway document: zones with what each lends in all, how it holds, the bounds of a hold, applications, \
         measured values, and the key that signs erasure statements. Also the way to check that a cloud answers.",
    ], "Capabilities").refuses(&[]),
    ask("quota", paths::QUOTA, Part::Cloud, &["F7.4.1", "F7.4.4"], [
        "What the tenant may have",
        "The limits of the tenant that the token belongs to, over all zones, and what is held and booked of them now. What \
         has no limit is absent. A hold beyond a limit is refused as `quota-exceeded`, whatever is free.",
    ], "TenantQuota").refuses(&[]),
    Operation {
        method: "POST",
        body: Some("DiscoverRequest"),
        problems: &[Code::RegionUnknown],
        ..ask("discover", paths::DISCOVER, Part::Cloud, &["F7.4.1"], [
            "Could a group be held now?",
            "A live answer for one region and the tenant: true at `atUs`, worth trusting until `validUntilUs`, never a \
             promise. It secures nothing and changes nothing.",
        ], "DiscoverAnswer")
    },
    Operation {
        answer: (201, "Allocation"),
        ..act("hold", paths::HOLDS, Part::Holds, &["IF4", "IF5", "IF6", "F7.4.3", "F7.4.4"], [
            "Hold a group",
            "Compute, storage and network are secured together in one zone of the region, or nothing is. Storage alone is a \
             volume by itself, where the cloud lends such. The hold ends by itself at `heldUntilUs`. Of callers racing for the last capacity one wins.",
        ])
        .body("HoldRequest")
        .refuses(&[Code::RegionUnknown, Code::CapacityExhausted, Code::QuotaExceeded, Code::StorageFull])
    },
    Operation {
        method: "DELETE",
        ..act("drop", paths::HOLD, Part::Holds, &["IF4", "F7.4.4"], [
            "Let a hold go",
            "Dropping what was dropped, or has ended by itself, succeeds.",
        ])
    },
    act("extend", paths::EXTEND, Part::Holds, &["F7.4.4"], [
        "Move the end of a hold",
        "The hold then ends `ttlSeconds` from now.",
    ])
    .body("ExtendRequest")
    .refuses(&[Code::HoldExpired]),
    act("confirm", paths::CONFIRM, Part::Holds, &["IF4", "IF5", "IF6"], [
        "Book what is held",
        "From then on it has no end and is billed. A quota below what is held may be set.",
    ])
    .body("ConfirmRequest")
    .refuses(&[Code::HoldExpired]),
    ask("list", paths::ALLOCATIONS, Part::Life, &["F7.5.1"], [
        "List allocations",
        "Oldest first, also ended ones; with `label` only those of one contract. A page says with `next` how to go on.",
    ], "AllocationPage").refuses(&[]),
    ask("get", paths::ALLOCATION, Part::Life, &["F7.5.1"], [
        "One allocation as it is now",
        "A hold past its end is `expired` at once.",
    ], "Allocation"),
    ask("resources", paths::RESOURCES, Part::Life, &["F7.5.1", "F7.5.2"], [
        "What an allocation consists of",
        "Machines, volume, network, address and application as a graph, each with what is written down, wanted and seen.",
    ], "ResourceGraph"),
    act("start", paths::START, Part::Life, &["IF7", "IF8", "F7.6.2"], [
        "Start the service",
        "From an application of the cloud or from an image. Answers when every machine answers its health check; metering \
         begins. What was stopped can be started again on its data until they are erased.",
    ])
    .body("StartRequest")
    .refuses(&[
        Code::Unsupported,
        Code::StartFailed,
        Code::VolumeLost,
        Code::StorageFull,
        Code::VariableUnresolved,
    ]),
    act("stop", paths::STOP, Part::Life, &["IF7", "IF8", "F7.10.1a"], [
        "Stop the service",
        "Access is closed first, metering ends, data remain. Stopping what is stopped succeeds.",
    ]),
    Operation {
        answer: (202, "LongOperation"),
        ..act("drain", paths::DRAIN, Part::Life, &["F7.10.1a", "IF13"], [
            "Turn newcomers away, then stop",
            "When it answers, new requests are answered with 503 and `Retry-After`, or not at all. What is in flight finishes; \
             once nothing is, or the deadline has come, the service is stopped as by `stop`, and the work has succeeded. Until \
             then the state stays and `drainingUntilUs` is told, access cannot be allowed, and `stop` stops at once. A drain \
             that is under way gets another deadline and is answered with 200 and the same work; so is what is stopped, with \
             work that has succeeded.",
        ])
        .body("DrainRequest")
    },
    act("adopt", paths::ADOPT, Part::Life, &["F7.5.1", "F7.5.3"], [
        "Put what is booked under another label",
        "As it stands: nothing is stopped, started or closed. `from` is the label that it has now, so that nobody takes what was \
         taken meanwhile. From then on whoever had it before is refused by the higher epoch. What is only held or has ended, \
         a volume by itself and a service that one is lent to stay where they are.",
    ])
    .body("AdoptRequest")
    .refuses(&[Code::Unsupported]),
    act("resize", paths::RESIZE, Part::Life, &["IF4", "IF5", "IF6", "F7.5.3"], [
        "Make what is booked larger or smaller",
        "The whole new size, in the zone where it is, or nothing: what is short is told as `capacity-exhausted`, a volume that \
         holds more as `storage-in-use`. When it answers, machines that are too many have ended and further ones answer \
         their health check. Where the capabilities say `live` users reach the service all the time; where they say \
         `stopped` it is refused while something runs. The meter counts each size for its time.",
    ])
    .body("ResizeRequest")
    .refuses(&[
        Code::CapacityExhausted,
        Code::QuotaExceeded,
        Code::StorageFull,
        Code::StorageInUse,
        Code::StartFailed,
        Code::Unsupported,
        Code::VolumeLost,
    ]),
    act("allow", paths::ALLOW, Part::Life, &["IF13"], [
        "Let users in",
        "The reserved address is opened. Until then nobody listens there.",
    ])
    .refuses(&[Code::Unavailable]),
    act("deny", paths::DENY, Part::Life, &["IF13"], [
        "Keep users out",
        "When it answers, the address refuses connections. Closing what is closed succeeds.",
    ]),
    ask("operation", paths::OPERATION, Part::Life, &["F7.4.4"], [
        "What became of a key",
        "For callers that crashed between asking and hearing, whatever the call was on: the allocation, the image or the \
         subscription is told as it is now. A key without effect, also one whose call was refused, is \
         not found.",
    ], "OperationRecord"),
    ask("liveness", paths::LIVENESS, Part::Watching, &["IF12"], [
        "Is it up, as its cloud sees it?",
        "Every machine is asked when this is asked. `volume` says whether the data are there.",
    ], "Liveness"),
    ask("metrics", paths::METRICS, Part::Watching, &["IF11", "IF12"], [
        "How it performs and what it uses",
        "What was not measured is absent, never zero.",
    ], "Metrics"),
    Operation {
        method: "PUT",
        answer: (200, "Monitoring"),
        ..act("setMonitoring", paths::MONITORING, Part::Watching, &["IF11", "IF12"], [
            "Set what is measured and start or stop it",
            "Names of the fixed catalogue and an interval, both as the capabilities tell; the setting is replaced as a \
             whole. Of what is only held nothing is measured. Releasing stops it.",
        ])
        .body("MonitoringRequest")
        .refuses(&[Code::Unsupported])
    },
    ask("monitoring", paths::MONITORING, Part::Watching, &["IF11", "IF12"], [
        "What is measured",
        "`unset` until somebody has set it; then the values, the interval and the moment of the last reading.",
    ], "Monitoring"),
    ask("readings", paths::READINGS, Part::Watching, &["IF11", "IF12"], [
        "The last reading as OpenMetrics text",
        "A value that was not measured has its family and no sample: no data is not zero. Each sample says when it was \
         read. Where nothing was ever set the answer is `not-monitored`, and what is stopped keeps its last reading.",
    ], OPEN_METRICS).refuses(&[Code::NotFound, Code::NotMonitored]),
    ask("securityEvents", paths::SECURITY_EVENTS, Part::Security, &["F7.6", "F7.2.1"], [
        "What was noticed at the address",
        "Oldest first, the same as in the feed of events. Fifty requests of one source that the application refuses within \
         ten seconds are always told as `tooManyBadRequests`; the same about one source is not told again for a while.",
    ], "SecurityEventPage"),
    Operation {
        answer: (201, "Block"),
        ..act("block", paths::BLOCKS, Part::Security, &["F7.2"], [
            "Keep a source out",
            "When it answers, requests and connections of the source get no answer at the address, whether access is \
             allowed later or now. A source that is kept out already has its block told. It lasts until it is lifted or \
             the data are erased.",
        ])
        .body("BlockRequest")
        .refuses(&[Code::CapacityExhausted])
    },
    ask("blocks", paths::BLOCKS, Part::Security, &["F7.2"], [
        "The blocks of an allocation",
        "Oldest first, also lifted ones, with what each has turned away. A page says with `next` how to go on.",
    ], "BlockPage"),
    ask("getBlock", paths::BLOCK, Part::Security, &["F7.2"], [
        "One block as it is now",
        "Its state, and how many requests and connections it has turned away.",
    ], "Block"),
    Operation {
        method: "DELETE",
        answer: (200, "Block"),
        ..act("lift", paths::BLOCK, Part::Security, &["F7.2"], [
            "Lift a block",
            "The source is let in again where access is allowed. Lifting what is lifted succeeds.",
        ])
    },
    ask("meter", paths::METER, Part::Watching, &["IF7"], [
        "What to bill",
        "Sums so far and every interval between an acknowledged start and stop; `final` once nothing more can come.",
    ], "UsageRecord"),
    ask("events", paths::EVENTS, Part::Watching, &["F7.5.3", "F7.2.1"], [
        "What happened, to be read again",
        "CloudEvents 1.0, one for every change of an allocation's state and for every beginning and end of long work, \
         written together with the change. Read from \
         the place `next` of the page before; a reader that crashed reads again from where it was and gets the same.",
    ], "EventPage").refuses(&[]),
    Operation {
        method: "PUT",
        answer: (200, "Webhook"),
        ..act("setWebhook", paths::WEBHOOK, Part::Watching, &["F7.5.3", "F7.2.1"], [
            "Have every event posted",
            "One subscription for each token, with an epoch of its own. Each event of the feed from now on is posted as \
             `application/cloudevents+json`, one after the other, with `webhook-id`, `webhook-timestamp` and \
             `webhook-signature` (Standard Webhooks, HMAC-SHA256). What is not answered with 2xx is posted again after \
             growing waits, at least once and perhaps twice; after too many failures, or 410, the subscription is \
             `suspended`. The feed is the way to catch up. Setting it again replaces address and secret.",
        ])
        .body("WebhookRequest")
    },
    ask("webhook", paths::WEBHOOK, Part::Watching, &["F7.5.3"], [
        "The subscription as it is now",
        "Its address, how far it is in the feed, and why the last attempt failed. The secret is never told.",
    ], "Webhook").refuses(&[]),
    Operation {
        method: "DELETE",
        answer: (200, "Webhook"),
        ..act("deleteWebhook", paths::WEBHOOK, Part::Watching, &["F7.5.3"], [
            "Have nothing posted any more",
            "Address and secret are forgotten. Taking away what is not there succeeds.",
        ])
    },
    begin("backup", paths::BACKUPS, &["IF2"], [
        "Copy the volume",
        "The copy is the volume as it was at one moment: where machines run they stand still meanwhile, and requests of \
         users wait. It is kept until it is deleted or the data of the allocation are erased.",
    ])
    .refuses(&[Code::Unsupported, Code::StorageFull, Code::VolumeLost, Code::CapacityExhausted]),
    ask("backups", paths::BACKUPS, Part::Backups, &["IF2", "F7.5.2"], [
        "The backups of an allocation",
        "Oldest first, also deleted ones. A page says with `next` how to go on.",
    ], "BackupPage"),
    ask("getBackup", paths::BACKUP, Part::Backups, &["IF2"], [
        "One backup as it is now",
        "Its restore point tells the moment, the size, and the digest over all files.",
    ], "Backup"),
    ask("backupFiles", paths::BACKUP_FILES, Part::Backups, &["IF2"], [
        "What a backup holds, file by file",
        "In the order of their paths, each with size and SHA-256. A backup without a restore point has no files.",
    ], "BackupFilePage").refuses(&[Code::NotFound, Code::BackupDamaged]),
    begin("verify", paths::VERIFY, &["IF2"], [
        "Read a copy again and compare",
        "Every byte is read and compared with the digests taken when it was copied. The work succeeds when all was read; \
         the backup then is `ready`, or `damaged` and says what.",
    ]),
    begin("restore", paths::RESTORE, &["IF2"], [
        "Put a copy into the volume",
        "Only while nothing runs. The copy is read and compared first; then the volume is exchanged as a whole, so that it \
         holds all of the old or all of the new at any moment.",
    ])
    .refuses(&[Code::StorageFull, Code::BackupDamaged]),
    Operation {
        method: "DELETE",
        answer: (200, "Backup"),
        ..act("deleteBackup", paths::BACKUP, Part::Backups, &["IF2", "IF10"], [
            "Delete a backup",
            "The copy is overwritten and removed. Deleting what was deleted succeeds.",
        ])
    },
    ask("longOperations", paths::LONG_OPERATIONS, Part::Backups, &["IF2", "F7.5.3"], [
        "The long work on an allocation",
        "Oldest first, also what has ended. A page says with `next` how to go on.",
    ], "LongOperationPage"),
    ask("longOperation", paths::LONG_OPERATION, Part::Backups, &["IF2", "F7.5.3"], [
        "One piece of long work as it is now",
        "It is `running` until it has `succeeded`, with the path of what came of it, or `failed`, with a problem. It goes on \
         when the cloud was restarted, or fails with a reason.",
    ], "LongOperation"),
    ask("export", paths::EXPORT, Part::Ending, &["F7.10.1c"], [
        "What may be taken along",
        "Every file of the volume with its digest, and where the archive is. Only while nothing runs and before the data \
         are erased; the data are read once to answer.",
    ], "ExportManifest").refuses(EXPORT_PROBLEMS),
    ask("exportArchive", paths::EXPORT_ARCHIVE, Part::Ending, &["F7.10.1c"], [
        "The archive of an export",
        "A tar whose bytes are the same as long as the data are. A download that was cut off goes on with `Range`, and with \
         `If-Range` only of the same archive (RFC 9110); it breaks off when the data change in the middle.",
    ], ARCHIVE).refuses(EXPORT_PROBLEMS),
    Operation {
        answer: (200, "ErasureStatement"),
        problems: &[Code::InUse],
        ..act("erase", paths::ERASE, Part::Ending, &["IF10", "F7.10.1c"], [
            "Erase the data",
            "Only of what is stopped; its backups are erased too and stand in the statement. Repeated, it gives the same \
             statement. The statement is signed with the key that \
             the capabilities name; every field but the signature is covered, as canonical JSON (RFC 8785).",
        ])
    },
    act("release", paths::RELEASE, Part::Ending, &["F7.10.1b", "F7.10.1d"], [
        "Give the capacity back",
        "Data that were written must have been erased before. The address is given back and the meter becomes final.",
    ])
    .refuses(&[Code::NotErased, Code::InUse]),
    Operation {
        method: "POST",
        body: Some("StartRequest"),
        ..ask("checkRecipe", paths::RECIPE_CHECK, Part::Life, &["F7.6.2", "F7.6.0"], [
            "What would a start do?",
            "A dry run: the settings that the application would receive, with every variable resolved, or the refusal that the \
             start would be. It starts nothing and changes nothing.",
        ], "ResolvedRecipe")
    }
    .refuses(&[Code::NotFound, Code::WrongState, Code::Unsupported, Code::VariableUnresolved]),
    act("attach", paths::ATTACH, Part::Life, &["IF5", "F7.6.0"], [
        "Lend a volume to a service",
        "Of a service that does not run and has no volume of its own. The volume is an allocation of storage alone in the same \
         zone, and lent to one service at a time. Attaching what is attached succeeds.",
    ])
    .body("AttachRequest")
    .refuses(&[Code::Unsupported, Code::InUse, Code::VolumeLost]),
    act("detach", paths::DETACH, Part::Life, &["IF5", "F7.6.0"], [
        "Take a volume back",
        "Of a service that does not run; the data stay on the volume, which can be backed up, restored, attached again, or erased \
         and released. Detaching what has none succeeds.",
    ]),
    ask("images", paths::IMAGES, Part::Images, &["F7.6.3"], [
        "What images are there",
        "Oldest first, also deleted ones; with `name` or `sha256` only such. Images belong to the token that brought them. A \
         page says with `next` how to go on, and how much room is taken.",
    ], "ImagePage").refuses(&[Code::Unsupported]),
    Operation {
        answer: (201, "Image"),
        ..act("beginImage", paths::IMAGES, Part::Images, &["F7.6.3"], [
            "Begin an upload",
            "What is to come: format, architecture, size and digest. The room is taken from then on. Nothing can be started \
             from it before it is complete.",
        ])
        .body("ImageRequest")
        .refuses(&[Code::Unsupported, Code::StorageFull, Code::CapacityExhausted])
    },
    ask("getImage", paths::IMAGE, Part::Images, &["F7.6.3"], [
        "One image as it is now",
        "After an upload was cut off, `receivedBytes` tells where it goes on.",
    ], "Image"),
    Operation {
        method: "PATCH",
        answer: (200, "Image"),
        ..act("uploadChunk", paths::IMAGE_CONTENT, Part::Images, &["F7.6.3"], [
            "Upload the next chunk",
            "`Upload-Offset` is what the cloud has already; elsewhere the chunk is refused as `wrong-offset`. A chunk whose \
             `Content-Digest` does not fit is refused and not kept. What was answered survives a crash of the cloud.",
        ])
        .body(CHUNK)
        .refuses(&[Code::InvalidRequest, Code::WrongOffset, Code::DigestMismatch, Code::StorageFull])
    },
    Operation {
        answer: (200, "Image"),
        ..act("completeImage", paths::COMPLETE, Part::Images, &["F7.6.3"], [
            "The upload is whole",
            "Every byte is read again and compared with the digest that was declared, and the archive is looked through. \
             What is something else is refused, fails and goes with everything that came. Completing again succeeds.",
        ])
        .refuses(&[Code::DigestMismatch, Code::ImageInvalid])
    },
    Operation {
        answer: (202, "LongOperation"),
        ..act("convertImage", paths::CONVERT, Part::Images, &["F7.6.3"], [
            "Make an image of another format",
            "As the capabilities declare it. What is made is an image of its own with a digest of its own; the path of it is \
             the result of the work.",
        ])
        .body("ConvertRequest")
        .refuses(&[Code::Unsupported, Code::StorageFull, Code::CapacityExhausted])
    },
    Operation {
        method: "DELETE",
        answer: (200, "Image"),
        ..act("deleteImage", paths::IMAGE, Part::Images, &["F7.6.3", "IF10"], [
            "Delete an image",
            "It is overwritten and removed and its room is free, also in the middle of an upload. Refused while data that came \
             from it are not erased. Deleting what was deleted succeeds.",
        ])
        .refuses(&[Code::InUse])
    },
    Operation {
        answer: (201, "Link"),
        ..act("openLink", paths::LINKS, Part::Links, &["IF3", "IF6", "F7.4.3"], [
            "Ask for a link to another cloud",
            "Books the bandwidth here and waits for the other side until `waitsUntilUs`. The answer has an `offer`, to be given \
             to `acceptLink` at the cloud that was named; nobody else can use it. Not of what is only held or has ended.",
        ])
        .body("LinkRequest")
        .refuses(&[Code::Unsupported, Code::CapacityExhausted, Code::QuotaExceeded])
    },
    Operation {
        answer: (201, "Link"),
        ..act("acceptLink", paths::ACCEPT_LINK, Part::Links, &["IF3", "IF6", "IF9"], [
            "Accept a link that another cloud was asked for",
            "Books the bandwidth here too. Then the tunnel comes up by itself, and comes up again whenever it was cut, until \
             either side takes the link down. Each side proves the key that the other was told.",
        ])
        .body("LinkOffer")
        .refuses(&[Code::Unsupported, Code::CapacityExhausted, Code::QuotaExceeded])
    },
    ask("links", paths::LINKS, Part::Links, &["IF3", "F7.5.2"], [
        "The links of an allocation",
        "Oldest first, also those that are down. A page says with `next` how to go on.",
    ], "LinkPage"),
    ask("getLink", paths::LINK, Part::Links, &["IF3", "IF9", "IF12"], [
        "One link as it is now",
        "Whether the tunnel is up, its round trip, and the bytes it has carried.",
    ], "Link"),
    Operation {
        method: "DELETE",
        answer: (200, "Link"),
        ..act("closeLink", paths::LINK, Part::Links, &["IF3", "IF9", "F7.10.1d"], [
            "Take a link down",
            "When it answers, nothing passes any more and the bandwidth is given back; the other side hears of it. Taking down \
             what is down succeeds. Releasing the allocation takes its links down last, after machines and data.",
        ])
    },
    Operation {
        method: "POST",
        problems: &[Code::NotFound, Code::WrongState, Code::Unavailable],
        ..ask("probeLink", paths::PROBE_LINK, Part::Links, &["IF9", "IF12", "F7.6.4"], [
            "Measure through the tunnel",
            "Sends data for about half a second to the other cloud, which counts what arrives. It changes nothing; one probe of a \
             link at a time.",
        ], "LinkProbe")
    },
    Operation {
        method: "PUT",
        answer: (200, "Link"),
        ..act("shareData", paths::SHARE, Part::Links, &["IF3", "IF2", "F7.6.4"], [
            "Set what the other side may take",
            "The volume while nothing runs on it, or a backup that is ready; without a source nothing any more. A link alone gives \
             nothing away.",
        ])
        .body("LinkShare")
        .refuses(&[Code::Unsupported])
    },
    Operation {
        part: Part::Links,
        problems: &[Code::Unsupported, Code::StorageFull, Code::VolumeLost],
        ..begin("pullData", paths::PULL, &["IF3", "IF2"], [
            "Take what the other side shares",
            "Only while nothing runs here. Each file is compared with its digest and all with theirs; then it is a backup of this \
             allocation, and is put into the volume as a whole. It goes on where it was cut off, by the tunnel or by either cloud.",
        ])
    },
    Operation {
        part: Part::Links,
        body: Some("ImageRequest"),
        problems: &[Code::Unsupported, Code::StorageFull, Code::CapacityExhausted],
        ..begin("pullImage", paths::PULL_IMAGE, &["IF3", "F7.6.3"], [
            "Take an image that the other side shares",
            "What is to come is declared as for an upload, with the digest that the other cloud tells. The room is taken from then \
             on. It goes on where it was cut off, by the tunnel or by either cloud, is compared as a whole and looked through, and \
             then is an image like any other; what is something else fails and nothing of it is kept. The path of the image is \
             the result.",
        ])
    },
];
