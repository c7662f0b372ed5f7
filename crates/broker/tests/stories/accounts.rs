//! Signing up and in, tokens, and what strangers are told.

use crate::on_both;
use broker::accounts::SignUp;
use broker::{BrokerError, OpContext};
use domain::Role;
use testkit::{Engine, TestBroker, customer_of};

fn form() -> SignUp {
    SignUp {
        email: "Yuki@Example.jp".into(),
        password: "a long enough one".into(),
        name: "雪".into(),
        organisation: "Snow".into(),
        role: "customer".into(),
    }
}

async fn signing_up_then_in_with_any_case_of_the_address(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    let signed_up = market.broker.sign_up(&stranger, form()).await.unwrap();
    let viewer = market.broker.sign_in(&stranger, " yuki@example.JP", "a long enough one").await;
    assert_eq!(viewer.unwrap(), signed_up);
    assert_eq!(market.broker.viewer(signed_up.user).await.unwrap(), Some(signed_up));
    market.finish().await;
}

async fn wrong_password_and_unknown_address_get_one_answer(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    market.broker.sign_up(&stranger, form()).await.unwrap();
    for (email, password) in [("yuki@example.jp", "wrong"), ("nobody@example.jp", "wrong")] {
        let refused = market.broker.sign_in(&stranger, email, password).await;
        assert!(matches!(refused, Err(BrokerError::WrongCredentials)));
    }
    market.finish().await;
}

async fn an_address_signs_up_once_and_nobody_signs_up_as_broker(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let stranger = OpContext::stranger("test");
    market.broker.sign_up(&stranger, form()).await.unwrap();
    let again = market.broker.sign_up(&stranger, form()).await;
    assert!(matches!(again, Err(BrokerError::Invalid(faults)) if faults[0].code == "email_taken"));
    let broker = SignUp { email: "b@example.jp".into(), role: "broker".into(), ..form() };
    let refused = market.broker.sign_up(&stranger, broker).await;
    assert!(matches!(refused, Err(BrokerError::Invalid(faults)) if faults[0].pointer == "/role"));
    market.finish().await;
}

async fn a_token_works_until_it_is_revoked_and_only_its_owner_sees_it(engine: Engine) {
    let market = TestBroker::catalogue(engine).await;
    let owner = market.person(Role::Customer).await;
    let other = customer_of(&market, "other").await;
    let (token, secret) = market.broker.create_token(&owner, "build").await.unwrap();
    let viewer = market.broker.viewer_by_token(&secret).await.unwrap();
    assert_eq!(viewer.as_ref(), owner.actor.viewer());
    assert!(market.broker.tokens(&other).await.unwrap().is_empty());
    let foreign = market.broker.revoke_token(&other, token.id).await;
    assert!(matches!(foreign, Err(BrokerError::NotFound { .. })));
    market.broker.revoke_token(&owner, token.id).await.unwrap();
    assert_eq!(market.broker.viewer_by_token(&secret).await.unwrap(), None);
    market.finish().await;
}

on_both!(
    signing_up_then_in_with_any_case_of_the_address,
    wrong_password_and_unknown_address_get_one_answer,
    an_address_signs_up_once_and_nobody_signs_up_as_broker,
    a_token_works_until_it_is_revoked_and_only_its_owner_sees_it,
);
