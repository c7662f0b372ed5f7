//! S1: offers that only invited organisations know of. For everybody else they are as if they were not there.

mod bundled;
mod favourites;
mod invitations;
mod leaks;
mod telling;

use broker::audience::{Invitation, Invite};
use broker::{BrokerError, OpContext};
use domain::{AudienceId, AudienceKind, OfferId, Role};
use testkit::{Engine, TestBroker, customer_of};

/// The offer that is shown to some only.
const OFFER: &str = "hokusei-gov-iaas";

/// A market whose provider shows one offer to an audience in which nobody is yet.
struct Scene {
    market: TestBroker,
    provider: OpContext,
    /// Invited by the stories that say so.
    customer: OpContext,
    /// Never invited.
    other: OpContext,
    offer: OfferId,
    audience: AudienceId,
}

impl Scene {
    async fn open(engine: Engine) -> Self {
        Self::of(TestBroker::catalogue(engine).await, AudienceKind::Private).await
    }

    async fn of(market: TestBroker, kind: AudienceKind) -> Self {
        let provider = market.person(Role::Provider).await;
        let customer = market.person(Role::Customer).await;
        let other = customer_of(&market, "other").await;
        let offer = market.offer(OFFER).await;
        let made = market.broker.make_audience(&provider, kind, " Ministry ").await.unwrap();
        assert_eq!((made.name.as_str(), made.members, made.offers), ("Ministry", 0, 0));
        Self { market, provider, customer, other, offer, audience: made.id }
    }

    async fn show_to(&self, audience: Option<AudienceId>) {
        self.market.clock.advance_seconds(1);
        self.market.broker.show_offer_to(&self.provider, self.offer, audience).await.unwrap();
    }

    async fn hide(&self) {
        self.show_to(Some(self.audience)).await;
    }

    async fn invite(&self, whom: &OpContext) -> Invitation {
        let organisation = whom.actor.organisation().unwrap().to_string();
        let wish = Invite { organisation, note: "via Sato".to_owned(), days: None };
        let made = self.market.broker.invite(&self.provider, self.audience, &wish).await.unwrap();
        assert_eq!(made.1, None, "who is named needs no code");
        made.0
    }

    async fn join(&self, whom: &OpContext) -> Invitation {
        let invitation = self.invite(whom).await;
        self.market.clock.advance_seconds(1);
        self.market.broker.accept_invitation(whom, invitation.id).await.unwrap()
    }

    async fn code(&self) -> (Invitation, String) {
        let wish = Invite::default();
        let made = self.market.broker.invite(&self.provider, self.audience, &wish).await.unwrap();
        (made.0, made.1.unwrap())
    }

    async fn knows(&self, who: &OpContext) -> bool {
        match self.market.broker.offer(who, self.offer).await {
            Ok(page) => page.card.id == self.offer,
            Err(BrokerError::NotFound { .. }) => false,
            Err(error) => panic!("{error}"),
        }
    }
}

fn stranger() -> OpContext {
    OpContext::stranger("test")
}
