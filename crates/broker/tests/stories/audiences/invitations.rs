//! The life of invitations, and whose they are.

use super::{Scene, stranger};
use crate::on_both;
use broker::BrokerError;
use broker::audience::Invite;
use broker::notices::NoticeKind;
use domain::{AudienceId, AudienceKind, InvitationId, InvitationState, Role};
use testkit::{Engine, TestBroker, customer_of};
use uuid::Uuid;

const DAY: i64 = 86_400;

async fn s1_an_invitation_by_name_is_accepted_left_and_made_anew(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    scene.hide().await;
    let made = scene.invite(&scene.customer).await;
    assert_eq!((made.state, made.expired, made.by_code), (InvitationState::Open, false, false));
    let mine = broker.my_invitations(&scene.customer).await.unwrap();
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].id, mine[0].audience_name.as_str()), (made.id, "Ministry"));
    assert_eq!(mine[0].note, "", "the provider's note is its own");
    assert_eq!(broker.my_invitations(&scene.other).await.unwrap(), []);

    let full = Invite { organisation: String::new(), ..Invite::default() };
    let refused = broker.invite(&scene.provider, scene.audience, &full).await.unwrap_err();
    assert_eq!(refused.code(), "audience_full", "a private audience is one organisation");
    let accepted = broker.accept_invitation(&scene.customer, made.id).await.unwrap();
    assert_eq!(accepted.state, InvitationState::Accepted);
    let again = broker.accept_invitation(&scene.customer, made.id).await.unwrap();
    assert_eq!(again, accepted, "repeated");
    assert!(scene.knows(&scene.customer).await);
    let view = broker.audience(&scene.provider, scene.audience).await.unwrap();
    assert_eq!((view.card.members, view.card.offers), (1, 1));
    assert_eq!(view.invitations[0].note, "via Sato");
    assert_eq!(view.offers[0].id, scene.offer);

    let left = broker.decline_invitation(&scene.customer, made.id).await.unwrap();
    assert_eq!(left.state, InvitationState::Left);
    assert!(!scene.knows(&scene.customer).await);
    let refused = broker.accept_invitation(&scene.customer, made.id).await.unwrap_err();
    assert_eq!(refused.code(), "wrong_state");
    let refused = broker.take_back_invitation(&scene.provider, made.id).await.unwrap_err();
    assert_eq!(refused.code(), "wrong_state");
    scene.join(&scene.customer).await;
    assert!(scene.knows(&scene.customer).await, "invited anew");
    scene.market.finish().await;
}

async fn s1_who_is_invited_by_name_hears_of_it_and_of_its_end(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let heard = async |ctx: &broker::OpContext| {
        let found = broker.notices(ctx, None, None, 50).await.unwrap();
        let of = |notice: broker::notices::Notice| {
            let news = notice.invitation?;
            Some((notice.kind, news.invitation, news.audience, news.slug))
        };
        found.items.into_iter().filter_map(of).collect::<Vec<_>>()
    };
    let made = scene.invite(&scene.customer).await;
    let news = |kind| (kind, made.id, "Ministry".to_owned(), "hokusei".to_owned());
    assert_eq!(heard(&scene.customer).await, [news(NoticeKind::Invited)]);
    scene.market.clock.advance_seconds(1);
    broker.take_back_invitation(&scene.provider, made.id).await.unwrap();
    broker.take_back_invitation(&scene.provider, made.id).await.unwrap();
    let both = [news(NoticeKind::InvitationTakenBack), news(NoticeKind::Invited)];
    assert_eq!(heard(&scene.customer).await, both);
    assert_eq!(heard(&scene.other).await, []);
    scene.market.finish().await;
}

async fn s1_a_code_is_good_once_until_its_time_is_over(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let scene = Scene::of(market, AudienceKind::Community).await;
    let broker = &scene.market.broker;
    scene.hide().await;
    let bad = |error: BrokerError| match error {
        BrokerError::Invalid(faults) => assert_eq!(faults[0].pointer, "/code"),
        other => panic!("{other:?}"),
    };
    bad(broker.accept_code(&scene.customer, "kmc_nonsense").await.unwrap_err());
    let (first, code) = scene.code().await;
    assert!(code.starts_with("kmc_") && first.organisation.is_none() && first.by_code);
    let own = broker.accept_code(&scene.provider, &code).await.unwrap_err();
    assert_eq!(own.code(), "own_audience");
    let accepted = broker.accept_code(&scene.customer, &format!(" {code}\n")).await.unwrap();
    assert_eq!((accepted.id, accepted.state), (first.id, InvitationState::Accepted));
    assert_eq!(broker.accept_code(&scene.customer, &code).await.unwrap(), accepted, "repeated");
    bad(broker.accept_code(&scene.other, &code).await.unwrap_err());
    assert!(scene.knows(&scene.customer).await && !scene.knows(&scene.other).await);

    let (_, second) = scene.code().await;
    let refused = broker.accept_code(&scene.customer, &second).await.unwrap_err();
    assert_eq!(refused.code(), "invited_already");
    scene.market.clock.advance_seconds(14 * DAY);
    let refused = broker.accept_code(&scene.other, &second).await.unwrap_err();
    assert_eq!(refused.code(), "invitation_expired");
    let (third, code) = scene.code().await;
    broker.take_back_invitation(&scene.provider, third.id).await.unwrap();
    bad(broker.accept_code(&scene.other, &code).await.unwrap_err());
    let view = broker.audience(&scene.provider, scene.audience).await.unwrap();
    let states: Vec<_> = view.invitations.iter().map(|one| (one.state, one.expired)).collect();
    let expected = [
        (InvitationState::TakenBack, false),
        (InvitationState::Open, true),
        (InvitationState::Accepted, false),
    ];
    assert_eq!(states, expected);
    scene.market.finish().await;
}

async fn s1_a_named_invitation_lapses_and_its_place_is_free_again(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let made = scene.invite(&scene.customer).await;
    scene.market.clock.advance_seconds(14 * DAY);
    let refused = broker.accept_invitation(&scene.customer, made.id).await.unwrap_err();
    assert_eq!(refused.code(), "invitation_expired");
    assert!(broker.my_invitations(&scene.customer).await.unwrap()[0].expired);
    // The one whose time is over stands in the way of no other, not even for the same organisation.
    scene.join(&scene.customer).await;
    scene.market.finish().await;
}

async fn s1_nobody_else_reads_or_changes_an_audience(engine: Engine) {
    let scene = Scene::open(engine).await;
    let broker = &scene.market.broker;
    let made = scene.invite(&scene.customer).await;
    let desk = scene.market.person(Role::Broker).await;
    let form = broker::accounts::SignUp {
        email: "person@rival.example".to_owned(),
        password: broker::seed::DEMO_PASSWORD.to_owned(),
        name: "Person".to_owned(),
        organisation: "Rival".to_owned(),
        role: "provider".to_owned(),
    };
    let rival = broker.sign_up(&stranger(), form).await.unwrap();
    let rival = broker::OpContext::person(rival, "test");
    let anybody = Invite::default();
    for (who, code) in [
        (&stranger(), "sign_in_first"),
        (&scene.customer, "wrong_role"),
        (&desk, "wrong_role"),
        (&rival, "not_found"),
    ] {
        let codes = [
            broker.audience(who, scene.audience).await.map(drop),
            broker.invite(who, scene.audience, &anybody).await.map(drop),
            broker.take_back_invitation(who, made.id).await.map(drop),
            broker.show_offer_to(who, scene.offer, None).await,
        ]
        .map(|answer| answer.unwrap_err().code());
        assert_eq!(codes, [code; 4], "{who:?}");
    }
    for (who, code) in [
        (&stranger(), "sign_in_first"),
        (&scene.other, "not_found"),
        (&rival, "not_found"),
        (&desk, "wrong_role"),
    ] {
        let codes = [
            broker.accept_invitation(who, made.id).await.map(drop),
            broker.decline_invitation(who, made.id).await.map(drop),
            broker.accept_invitation(who, InvitationId(Uuid::from_u128(5))).await.map(drop),
        ]
        .map(|answer| answer.unwrap_err().code());
        assert_eq!(codes, [code; 3], "{who:?}");
    }
    let unknown = AudienceId(Uuid::from_u128(9));
    let refused = broker.show_offer_to(&scene.provider, scene.offer, Some(unknown)).await;
    assert_eq!(refused.unwrap_err().code(), "invalid");
    assert!(scene.knows(&stranger()).await);
    scene.market.finish().await;
}

async fn s1_an_organisation_is_named_by_id_or_by_a_name_that_is_its_own(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let scene = Scene::of(market, AudienceKind::Community).await;
    let broker = &scene.market.broker;
    let invite = async |organisation: &str| {
        let wish = Invite { organisation: organisation.to_owned(), ..Invite::default() };
        broker.invite(&scene.provider, scene.audience, &wish).await
    };
    let named = invite(" other ").await.unwrap().0;
    assert_eq!(named.organisation.unwrap().0, scene.other.actor.organisation().unwrap());
    assert_eq!(invite("other").await.unwrap_err().code(), "invited_already");
    for unknown in ["nobody of that name", "other\u{0}", "org_0000000000000000000000000z"] {
        assert_eq!(invite(unknown).await.unwrap_err().code(), "invalid", "{unknown}");
    }
    let own = scene.provider.actor.organisation().unwrap().to_string();
    assert_eq!(invite(&own).await.unwrap_err().code(), "invalid");
    customer_of(&scene.market, "twin").await;
    let form = broker::accounts::SignUp {
        email: "second@twin.example".to_owned(),
        password: broker::seed::DEMO_PASSWORD.to_owned(),
        name: "Person".to_owned(),
        organisation: "twin".to_owned(),
        role: "customer".to_owned(),
    };
    broker.sign_up(&stranger(), form).await.unwrap();
    assert_eq!(invite("twin").await.unwrap_err().code(), "invalid", "two have that name");
    for days in [0, 91] {
        let wish = Invite { days: Some(days), ..Invite::default() };
        let refused = broker.invite(&scene.provider, scene.audience, &wish).await.unwrap_err();
        assert_eq!(refused.code(), "invalid");
    }
    scene.market.finish().await;
}

on_both!(
    s1_an_invitation_by_name_is_accepted_left_and_made_anew,
    s1_who_is_invited_by_name_hears_of_it_and_of_its_end,
    s1_a_code_is_good_once_until_its_time_is_over,
    s1_a_named_invitation_lapses_and_its_place_is_free_again,
    s1_nobody_else_reads_or_changes_an_audience,
    s1_an_organisation_is_named_by_id_or_by_a_name_that_is_its_own,
);
