//! Ratings on the pages: given by a customer, answered by the provider, read by everybody.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story that cannot go on fails its test"
)]

mod support;

use axum::http::StatusCode;
use domain::Role;
use support::Site;

#[tokio::test]
async fn s6_a_rating_goes_from_the_customer_to_everybody_and_is_answered() {
    let site = Site::open_with_cloud(2).await;
    let public = site.page("/providers/hokusei").await;
    for part in
        ["What customers say", "Nobody has rated this provider yet", "Promised and observed"]
    {
        assert!(public.contains(part), "{part}: {public}");
    }
    assert!(public.contains("no data"), "what nobody measured is no data");
    assert!(site.page("/providers").await.contains("not rated"));

    let site = site.signed_in(Role::Customer).await;
    let ctx = site.market.person(Role::Customer).await;
    let id = site.market.sign(&ctx, "hokusei-gov-iaas", "rated").await.unwrap();
    let own = format!("/contracts/{id}/rating");
    assert!(site.page(&own).await.contains("The service has not run yet"));
    site.market.run_workflows().await;
    assert!(site.page(&format!("/contracts/{id}")).await.contains(&own));
    let empty = site.post(&own, &[("step", "give"), ("comment", "kept")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("Choose 1 to 5 stars") && empty.text.contains("kept"));
    let said = [("step", "give"), ("service", "4"), ("ordering", "3"), ("comment", "<b>calm</b>")];
    let given = site.post(&own, &said).await;
    assert_eq!((given.status, given.location.as_str()), (StatusCode::SEE_OTHER, own.as_str()));
    assert!(given.flash("Your rating is published"), "{}", given.cookies);
    assert!(site.page(&own).await.contains("Take the rating back"));

    let site = site.signed_in(Role::Provider).await;
    let delivered = format!("/provider/contracts/{id}");
    assert!(site.page(&delivered).await.contains("What the customer says"));
    let answer = format!("{delivered}/answer");
    let nothing = site.post(&answer, &[("step", "publish"), ("answer", " ")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.text.contains("Write 1 to 1,000 characters"), "{}", nothing.text);
    let done = site.post(&answer, &[("step", "publish"), ("answer", "We are glad.")]).await;
    assert!(done.flash("Your answer is published"), "{}", done.cookies);

    for path in ["/providers/hokusei", "/providers/hokusei/ratings"] {
        let public = site.page(path).await;
        for part in
            ["4 of 5 stars", "4.0 of 5 (1 rating)", "&lt;b&gt;calm&lt;/b&gt;", "We are glad."]
        {
            assert!(public.contains(part), "{part}: {public}");
        }
        let customer = ctx.actor.viewer().unwrap();
        assert!(!public.contains(&customer.organisation_name), "nobody reads whose it is");
        let japanese = site.get(path, "ja").await.text;
        assert!(japanese.contains("星 5 つ中 4") && japanese.contains("返答"), "{japanese}");
    }
    assert!(site.page("/providers").await.contains("4.0 of 5 (1 rating)"));

    let site = site.signed_in(Role::Customer).await;
    let back = site.post(&own, &[("step", "withdraw")]).await;
    assert!(back.flash("Your rating is taken back"), "{}", back.cookies);
    assert!(site.page("/providers/hokusei").await.contains("Nobody has rated this provider yet"));
}
