//! Links to other clouds (IF3, IF6, IF9): one side asks, the other accepts, either takes down. Bandwidth is booked in the
//! transaction that makes the link. The tunnel itself is in `links`.

use std::sync::Arc;

use provider_api::{
    Amounts, FieldFault, Link, LinkIsolation, LinkOffer, LinkPage, LinkPeer, LinkPlace, LinkProbe,
    LinkRequest, LinkState, LinkSupport, Problem, ProblemCode, ResourceState,
};
use subtle::ConstantTimeEq;

use super::Intent;
use super::hold::{invalid, random};
use crate::cloud::Cloud;
use crate::error::OpError;
use crate::links::{self, Hello, LinkKey, VERSION, Welcome};
use crate::store::{self, ACCEPTED, ASKED, AllocationRow, LinkRow, Tx};

/// Links on one page at most.
const PAGE_MAX: i64 = 100;
/// Megabits per second of one link at most: what passes through this process on an ordinary machine.
const MBPS_MAX: u32 = 1000;
/// For writing down what a tunnel has carried.
const NOTE_LIMIT: std::time::Duration = std::time::Duration::from_secs(2);
/// Links of an allocation that are not down.
const LINKS_MAX: usize = 16;
/// How long a link waits to be accepted.
const ACCEPT_SECONDS: u32 = 3600;
/// Bytes of an offer's words at most.
const WORD_MAX: usize = 200;

/// A link as it is to be made.
struct Wanted<'a> {
    side: &'static str,
    peer: &'a LinkPeer,
    peer_link: Option<&'a str>,
    mbps: u32,
    isolation: LinkIsolation,
    activation: String,
}

/// The place of the allocation that a link of this size can stand in: the first where none stands.
fn free_place(
    row: &AllocationRow,
    known: &[LinkRow],
    wanted: &Wanted<'_>,
    now_us: i64,
) -> Result<Option<i64>, OpError> {
    let standing = known.iter().filter(|link| link.state_at(now_us) != LinkState::Down);
    let taken: Vec<i64> = standing.filter_map(|link| link.place).collect();
    let same = |place: &LinkPlace| (place.mbps, place.isolation) == (wanted.mbps, wanted.isolation);
    let fitting = row.link_places()?.iter().enumerate().filter(|(_, place)| same(place)).find_map(
        |(number, _)| i64::try_from(number).ok().filter(|number| !taken.contains(number)),
    );
    Ok(fitting)
}

impl Cloud {
    /// How this cloud is called; nothing when it makes no links.
    fn link_peer(&self) -> Option<LinkPeer> {
        let address = self.links.address()?.to_string();
        Some(LinkPeer { address, public_key: self.links.own_key().text() })
    }

    pub(super) fn link_support(&self) -> Option<LinkSupport> {
        Some(LinkSupport {
            peer: self.link_peer()?,
            isolation: vec![LinkIsolation::Tunnel],
            mbps_max: MBPS_MAX,
            accept_seconds: ACCEPT_SECONDS,
            links_max: u32::try_from(LINKS_MAX).ok(),
            held: true,
        })
    }

    pub(crate) async fn open_link(
        &self,
        intent: &Intent,
        id: &str,
        request: &LinkRequest,
    ) -> Result<Link, OpError> {
        let wanted = Wanted {
            side: ASKED,
            peer: &request.peer,
            peer_link: None,
            mbps: request.mbps,
            isolation: request.isolation,
            activation: hex::encode(random::<32>()?),
        };
        self.make_link(intent, id, wanted).await
    }

    pub(crate) async fn accept_link(
        &self,
        intent: &Intent,
        id: &str,
        offer: &LinkOffer,
    ) -> Result<Link, OpError> {
        let wanted = Wanted {
            side: ACCEPTED,
            peer: &offer.peer,
            peer_link: Some(offer.link_id.as_str()),
            mbps: offer.mbps,
            isolation: offer.isolation,
            activation: offer.activation_key.clone(),
        };
        self.make_link(intent, id, wanted).await
    }

    async fn make_link(
        &self,
        intent: &Intent,
        id: &str,
        wanted: Wanted<'_>,
    ) -> Result<Link, OpError> {
        self.check_link(&wanted)?;
        let _guard = self.lock(id).await;
        let (mut tx, mut admitted) = self.admit(intent, id).await?;
        if admitted.replay {
            let made = self.store.link_of(intent.key.as_str()).await?;
            return made.map(|row| self.view_link(&row)).ok_or_else(|| none(id));
        }
        let row = &mut admitted.row;
        must_be_booked(row)?;
        if let Some(offered) = wanted.peer_link
            && store::was_accepted(&mut tx, &wanted.peer.public_key, (offered, &wanted.activation))
                .await?
        {
            let detail = "this offer was accepted before; a second link needs an offer of its own";
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        }
        let known = self.store.links(id, 0, i64::MAX).await?;
        if known.iter().filter(|link| link.state != LinkState::Down.as_str()).count() >= LINKS_MAX {
            let detail = format!("{LINKS_MAX} links are not down; take one down first");
            return Err(OpError::refuse(ProblemCode::CapacityExhausted, detail));
        }
        let now_us = self.now_us();
        let place = free_place(row, &known, &wanted, now_us)?;
        if place.is_none() {
            self.admit_mbps(&mut tx, intent, row, i64::from(wanted.mbps)).await?;
        }
        let asked = wanted.side == ASKED;
        let state = if asked { LinkState::Requested } else { LinkState::Accepted };
        let link = LinkRow {
            seq: 0,
            id: format!("lnk_{}", hex::encode(random::<10>()?)),
            allocation_id: row.id.clone(),
            label: row.label.clone(),
            side: wanted.side.to_owned(),
            state: state.as_str().to_owned(),
            peer_address: wanted.peer.address.clone(),
            peer_key: wanted.peer.public_key.clone(),
            peer_link_id: wanted.peer_link.map(str::to_owned),
            mbps: wanted.mbps.into(),
            isolation: "tunnel".to_owned(),
            activation: wanted.activation,
            key: intent.key.as_str().to_owned(),
            created_at: now_us,
            waits_until: now_us.saturating_add(i64::from(ACCEPT_SECONDS) * 1_000_000),
            down_at: None,
            reason: None,
            sent_bytes: 0,
            received_bytes: 0,
            shared: None,
            place,
        };
        store::save(&mut tx, row, now_us).await?;
        store::insert_link(&mut tx, &link).await?;
        store::record_key(&mut tx, &intent.done(id, now_us)).await?;
        tx.commit().await?;
        self.know_peers().await?;
        tracing::info!(link.id = %link.id, allocation.id = %id, link.side = %link.side, "a link is made");
        Ok(self.view_link(&link))
    }

    /// Refuses room for links that no link could stand in.
    pub(super) fn check_places(&self, places: &[LinkPlace]) -> Result<(), OpError> {
        if places.is_empty() {
            return Ok(());
        }
        self.must_link(places.iter().map(|place| place.isolation))?;
        let mut faults: Vec<FieldFault> = Vec::new();
        if places.len() > LINKS_MAX {
            let detail = format!("found {}, allowed are {LINKS_MAX}", places.len());
            faults.push(FieldFault { pointer: "/links".to_owned(), detail });
        }
        for (number, place) in places.iter().enumerate() {
            if !(1..=MBPS_MAX).contains(&place.mbps) {
                let detail = format!("found {}, allowed is 1 to {MBPS_MAX}", place.mbps);
                faults.push(FieldFault { pointer: format!("/links/{number}/mbps"), detail });
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
    }

    /// Refuses what this cloud cannot make of any link.
    fn must_link(&self, isolation: impl IntoIterator<Item = LinkIsolation>) -> Result<(), OpError> {
        if self.links.address().is_none() {
            let detail = "this cloud links nothing with others";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        if isolation.into_iter().any(|each| each != LinkIsolation::Tunnel) {
            let detail = "offered is the isolation \"tunnel\"";
            return Err(OpError::refuse(ProblemCode::Unsupported, detail));
        }
        Ok(())
    }

    /// The bandwidth of a link within the zone's capacity and the tenant's quota.
    async fn admit_mbps(
        &self,
        tx: &mut Tx,
        intent: &Intent,
        row: &AllocationRow,
        mbps: i64,
    ) -> Result<(), OpError> {
        let now_us = self.now_us();
        let need = Amounts { mbps, ..Amounts::default() };
        let used = store::used_by(tx, &intent.tenant.name, now_us).await?;
        intent.tenant.admit(&used, &need).map_err(at_mbps)?;
        let used = store::used(tx, now_us).await?;
        let zone = row.zone().id;
        let room = self.all_rooms(&used).find(|room| room.zone.id == zone);
        let free = room.map_or(0, |room| room.free.mbps);
        if free >= mbps {
            return Ok(());
        }
        let detail = format!("zone {zone}: mbps {mbps} asked, {} free", free.max(0));
        Err(OpError::refuse(ProblemCode::CapacityExhausted, detail))
    }

    fn check_link(&self, wanted: &Wanted<'_>) -> Result<(), OpError> {
        self.must_link([wanted.isolation])?;
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, detail: String| {
            faults.push(FieldFault { pointer: pointer.to_owned(), detail });
        };
        let address = wanted.peer.address.parse::<std::net::SocketAddr>();
        if !address.is_ok_and(|address| address.ip().is_loopback()) {
            fault("/peer/address", "allowed is an address and port of this machine".to_owned());
        }
        if LinkKey::parse(&wanted.peer.public_key).is_none() {
            fault(
                "/peer/publicKey",
                "allowed are the 32 bytes of an Ed25519 key in base64".to_owned(),
            );
        }
        if !(1..=MBPS_MAX).contains(&wanted.mbps) {
            fault("/mbps", format!("found {}, allowed is 1 to {MBPS_MAX}", wanted.mbps));
        }
        let fits = |word: &str| {
            (1..=WORD_MAX).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if !fits(&wanted.activation) {
            fault(
                "/activationKey",
                format!("allowed are 1 to {WORD_MAX} visible ASCII characters"),
            );
        }
        if wanted.peer_link.is_some_and(|link| !fits(link)) {
            fault("/linkId", format!("allowed are 1 to {WORD_MAX} visible ASCII characters"));
        }
        if faults.is_empty() { Ok(()) } else { Err(invalid(faults)) }
    }

    pub(crate) async fn close_link(
        self: &Arc<Self>,
        intent: &Intent,
        link: &str,
    ) -> Result<Link, OpError> {
        let id = self.link_row(link).await?.allocation_id;
        let _guard = self.lock(&id).await;
        let (mut tx, mut admitted) = self.admit(intent, &id).await?;
        if admitted.replay {
            return self.one_link(link).await;
        }
        let now_us = self.now_us();
        store::save(&mut tx, &mut admitted.row, now_us).await?;
        let ended = store::end_link(&mut tx, link, "taken down", now_us).await?;
        store::record_key(&mut tx, &intent.done(&id, now_us)).await?;
        tx.commit().await?;
        if ended {
            // Before it answers: whoever hears of it finds that nothing passes.
            self.cut_link(&self.link_row(link).await?).await;
        }
        self.one_link(link).await
    }

    /// Ends the tunnel of a link that is down now, and lets the other side know.
    pub(super) async fn cut_link(self: &Arc<Self>, row: &LinkRow) {
        match self.links.live(&row.id) {
            Some(live) => {
                live.session.say_bye().await;
                // What it has carried is told with its end.
                let _ = tokio::time::timeout(NOTE_LIMIT, live.noted.cancelled()).await;
            }
            None if row.side == ACCEPTED => {
                self.work.spawn(links::say_bye(Arc::clone(self), row.clone()));
            }
            // The other side hears of it when it calls.
            None => {}
        }
        self.links.forget(&row.id);
        tracing::info!(link.id = %row.id, "a link is down");
    }

    /// Whether the other side may come in, and for which link.
    pub(crate) async fn admit_peer(
        &self,
        hello: &Hello,
        proved: Option<LinkKey>,
    ) -> Result<Result<LinkRow, Welcome>, OpError> {
        let refused = |detail: &str| Ok(Err(Welcome::Refused { detail: detail.to_owned() }));
        if hello.version != VERSION {
            return refused("this cloud makes tunnels of another version");
        }
        let row = self.store.link(&hello.link).await?;
        let Some(row) = row.filter(|row| row.side == ASKED) else { return refused("no such link") };
        // One answer for a wrong cloud and a wrong key: neither learns which links there are.
        let same: bool = row.activation.as_bytes().ct_eq(hello.activation_key.as_bytes()).into();
        if !same || proved.is_none_or(|key| key.text() != row.peer_key) {
            return refused("no such link");
        }
        if i64::from(hello.mbps) != row.mbps || hello.isolation != row.isolation() {
            return refused("what was accepted is not what was asked");
        }
        let now_us = self.now_us();
        match row.state_at(now_us) {
            LinkState::Down => return Ok(Err(Welcome::Gone)),
            LinkState::Requested => {
                let mut tx = self.store.begin().await?;
                store::accept_link(&mut tx, &row.id, &hello.own, now_us).await?;
                tx.commit().await?;
            }
            LinkState::Accepted | LinkState::Up => {}
        }
        // Read again: of two that accept at one moment, one is the other side.
        let row = self.link_row(&row.id).await?;
        if row.peer_link_id.as_deref() != Some(hello.own.as_str()) {
            return refused("another has accepted the link");
        }
        Ok(Ok(row))
    }

    /// Tells that a tunnel stands; false when the link is down by now.
    pub(crate) async fn link_is_up(&self, link: &str) -> Result<bool, OpError> {
        let now_us = self.now_us();
        if self.link_row(link).await?.state_at(now_us) != LinkState::Accepted {
            return Ok(false);
        }
        self.store.tell_link(link, LinkState::Up, now_us).await?;
        tracing::info!(link.id = %link, "a tunnel is up");
        Ok(true)
    }

    /// Tells that a tunnel was cut and will come up again.
    pub(crate) async fn link_is_cut(&self, link: &str) -> Result<(), OpError> {
        let now_us = self.now_us();
        if self.link_row(link).await?.state_at(now_us) == LinkState::Accepted {
            self.store.tell_link(link, LinkState::Accepted, now_us).await?;
            tracing::warn!(link.id = %link, "a tunnel was cut");
        }
        Ok(())
    }

    /// Notes why a tunnel does not come up.
    pub(crate) async fn link_waits(&self, link: &str, reason: &str) -> Result<(), OpError> {
        self.store.note_link_reason(link, reason).await?;
        Ok(())
    }

    /// Takes a link down because the other side did.
    pub(crate) async fn link_is_down(&self, link: &str, reason: &str) -> Result<(), OpError> {
        let mut tx = self.store.begin().await?;
        store::end_link(&mut tx, link, reason, self.now_us()).await?;
        tx.commit().await?;
        if let Some(live) = self.links.live(link) {
            live.session.ended.cancel();
        }
        self.links.forget(link);
        Ok(())
    }

    pub(crate) async fn probe_link(&self, link: &str) -> Result<LinkProbe, OpError> {
        let row = self.link_row(link).await?;
        let Some(_one) = self.try_lock(&format!("{link}/probe")) else {
            return Err(OpError::refuse(ProblemCode::Unavailable, "the link is being probed"));
        };
        let Some(live) = self.links.live(link) else {
            let state = row.state_at(self.now_us()).as_str();
            let detail = format!("the tunnel is not up; the link is {state}");
            return Err(OpError::refuse(ProblemCode::WrongState, detail));
        };
        links::probe(&live.session, self.now_us()).await.map_err(|error| {
            let detail = format!("the probe did not come through: {error}");
            OpError::refuse(ProblemCode::Unavailable, detail)
        })
    }

    pub(super) async fn link_row(&self, id: &str) -> Result<LinkRow, OpError> {
        self.store.link(id).await?.ok_or_else(|| none(id))
    }

    pub(crate) async fn one_link(&self, id: &str) -> Result<Link, OpError> {
        Ok(self.view_link(&self.link_row(id).await?))
    }

    pub(super) fn view_link(&self, row: &LinkRow) -> Link {
        row.view(self.now_us(), self.links.live(&row.id).as_ref(), self.link_peer())
    }

    /// A page, oldest first; the place is the number of the last row seen.
    pub(crate) async fn links(
        &self,
        allocation: &str,
        after: i64,
        limit: i64,
    ) -> Result<LinkPage, OpError> {
        self.row(allocation).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let rows = self.store.links(allocation, after, limit + 1).await?;
        let (rows, next) = super::page(rows, limit, |row| row.seq);
        Ok(LinkPage { items: rows.iter().map(|row| self.view_link(row)).collect(), next })
    }

    /// Lets in the clouds that links are with, and nobody else.
    pub(crate) async fn know_peers(&self) -> Result<(), OpError> {
        self.links.known.set(self.store.link_keys().await?);
        Ok(())
    }
}

fn none(id: &str) -> OpError {
    OpError::refuse(ProblemCode::NotFound, format!("there is no link {id}"))
}

fn must_be_booked(row: &AllocationRow) -> Result<(), OpError> {
    let state = ResourceState::from_word(&row.state);
    if state != ResourceState::Held && !state.is_final() {
        return Ok(());
    }
    let detail = format!("nothing is linked while {state}; book it first");
    Err(OpError::refuse(ProblemCode::WrongState, detail))
}

/// The quota of the network where this request asks for it.
fn at_mbps(error: OpError) -> OpError {
    let OpError::Refused(problem) = error else { return error };
    let mut problem: Problem = *problem;
    for fault in &mut problem.errors {
        "/mbps".clone_into(&mut fault.pointer);
    }
    OpError::Refused(Box::new(problem))
}
