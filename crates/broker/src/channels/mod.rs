//! Channels beside the inbox: which an organisation wants, and what became of its deliveries.
//!
//! A delivery is a row that is written in the unit of work that makes its notice (`storage::notices`); `deliver` is the
//! reconciler that makes it, by mail or as a signed CloudEvent. The inbox itself is no channel to switch off.

mod deliver;
mod event;

use crate::audit::{Entry, record};
use crate::contracts::parse_cursor;
use crate::{Broker, BrokerError, Listed, OpContext};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::{Action, NoticeId, OrganisationId, Timestamp};
use storage::Secret;
use storage::channels::{self, Channels as Row, Delivery};

/// The longest address of a webhook.
const URL_MAX: usize = 2_000;

/// A channel beside the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// To everybody of the organisation, each in their language.
    Mail,
    /// To an address of the organisation.
    Webhook,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Webhook];

    /// The word stored and sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == word)
    }
}

/// The channels of an organisation, and the language of whoever looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Whether everybody of the organisation gets mail.
    pub mail: bool,
    /// Whether this installation can send mail.
    pub mail_possible: bool,
    /// Whether events are posted.
    pub webhook: bool,
    /// Where to; `None`: no address was said yet.
    pub webhook_url: Option<String>,
    /// Whether there is a secret that signs them.
    pub has_secret: bool,
    /// The language in which the person is written to; `None`: the installation's.
    pub language: Option<String>,
    /// When the channels were last set; `None`: never.
    pub updated_at: Option<Timestamp>,
}

/// What an organisation wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetChannels {
    /// Whether everybody of the organisation gets mail.
    pub mail: bool,
    /// Whether events are posted.
    pub webhook: bool,
    /// Where to; empty: nowhere.
    pub webhook_url: String,
    /// The language in which the person who sets this is written to; empty: the installation's.
    pub language: String,
}

/// What a change of channels made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelsSet {
    /// The channels as they are now.
    pub settings: ChannelSettings,
    /// The secret where one was made; it is never shown again.
    pub secret: Option<String>,
}

/// A delivery as its organisation sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryView {
    /// The notice.
    pub notice: NoticeId,
    /// What kind of notice it is, a word.
    pub kind: String,
    /// When the notice was made.
    pub created_at: Timestamp,
    /// On which channel.
    pub channel: Channel,
    /// The person's name, for mail.
    pub person: Option<String>,
    /// `waiting`, `delivered` or `given_up`.
    pub state: String,
    /// Tries begun since it was last asked for.
    pub attempts: i64,
    /// When it is tried next; `None`: it is not.
    pub next_at: Option<Timestamp>,
    /// Why the last try did not succeed.
    pub fault: Option<String>,
    /// When it was delivered or given up.
    pub ended_at: Option<Timestamp>,
}

/// A page of deliveries, of the newest notices first.
pub type DeliveryList = Listed<DeliveryView>;

impl Broker {
    /// The channels of one's organisation.
    pub async fn channels(&self, ctx: &OpContext) -> Result<ChannelSettings, BrokerError> {
        let (organisation, user) = manager(ctx)?;
        let mut tx = self.begin_read().await?;
        let row = channels::find(&mut tx, organisation).await?;
        let language = channels::find_language(&mut tx, user).await?;
        Ok(self.channel_settings(row.as_ref(), language))
    }

    fn channel_settings(&self, row: Option<&Row>, language: Option<String>) -> ChannelSettings {
        ChannelSettings {
            mail: row.is_some_and(|row| row.mail),
            mail_possible: self.inner.channels.mailer.is_some(),
            webhook: row.is_some_and(|row| row.webhook),
            webhook_url: row.and_then(|row| row.webhook_url.clone()),
            has_secret: row.is_some_and(|row| row.webhook_secret_sealed.is_some()),
            language,
            updated_at: row.map(|row| row.updated_at),
        }
    }

    /// Sets the channels of one's organisation, and one's own language. The first address of a webhook gets a secret.
    /// What waits goes to where it is wanted when it is sent; what nobody wants any more is given up.
    ///
    /// # Errors
    /// `/webhookUrl` where it cannot be posted to; `/language`.
    pub async fn set_channels(
        &self,
        ctx: &OpContext,
        wish: &SetChannels,
    ) -> Result<ChannelsSet, BrokerError> {
        let (organisation, user) = manager(ctx)?;
        let url = Some(wish.webhook_url.trim()).filter(|url| !url.is_empty());
        self.check_wish(wish, url)?;
        let language = Some(wish.language.as_str()).filter(|language| !language.is_empty());
        let mut tx = self.begin().await?;
        storage::lock::organisation(&mut tx, organisation).await?;
        let row = channels::find(&mut tx, organisation).await?;
        let kept = row.as_ref().and_then(|row| row.webhook_secret_sealed.clone());
        let (sealed, secret) = match (kept, url) {
            (Some(sealed), _) => (Some(sealed), None),
            (None, None) => (None, None),
            (None, Some(_)) => {
                let secret = self.new_secret();
                (Some(self.seal_secret(organisation, &secret)?), Some(secret))
            }
        };
        let new = Row {
            organisation_id: organisation,
            mail: wish.mail,
            webhook: wish.webhook,
            webhook_url: url.map(ToOwned::to_owned),
            webhook_secret_sealed: sealed,
            updated_at: self.now(),
        };
        channels::put(&mut tx, &new).await?;
        channels::set_language(&mut tx, user, language).await?;
        let entry = Entry::new("channels.set", organisation)
            .with("mail", new.mail)
            .with("webhook", new.webhook);
        record(self, ctx, &mut tx, entry).await?;
        tx.commit().await?;
        let settings = self.channel_settings(Some(&new), language.map(ToOwned::to_owned));
        Ok(ChannelsSet { settings, secret })
    }

    fn check_wish(&self, wish: &SetChannels, url: Option<&str>) -> Result<(), BrokerError> {
        let mut faults = Vec::new();
        let place = "/webhookUrl";
        let allowed = "an address such as https://receiver.example/events";
        match url {
            None if wish.webhook => {
                let message = "say where events are to be posted";
                faults.push(crate::FieldFault::new(place, "required", "", allowed, message));
            }
            Some(url) => {
                let sender = &self.inner.channels.webhooks;
                let checked: Result<(), String> = match sender {
                    _ if url.len() > URL_MAX => Err("the address is too long".to_owned()),
                    Some(sender) => sender.check(url).map(drop).map_err(|fault| fault.to_string()),
                    None => Ok(()),
                };
                if let Err(message) = checked {
                    faults.push(crate::FieldFault::new(
                        place,
                        "webhook_url",
                        url,
                        allowed,
                        &message,
                    ));
                }
            }
            None => {}
        }
        if !["", "en", "ja"].contains(&wish.language.as_str()) {
            let (code, allowed) = ("language", "en, ja, or empty");
            let message = "this is no language of the market";
            faults.push(crate::FieldFault::new(
                "/language",
                code,
                &wish.language,
                allowed,
                message,
            ));
        }
        if faults.is_empty() { Ok(()) } else { Err(BrokerError::Invalid(faults)) }
    }

    /// Exchanges the secret that signs events; it is shown this once. What is sent from now on is signed with it.
    ///
    /// # Errors
    /// `Conflict` `no_webhook` where no address was said.
    pub async fn renew_webhook_secret(&self, ctx: &OpContext) -> Result<String, BrokerError> {
        let (organisation, _) = manager(ctx)?;
        let mut tx = self.begin().await?;
        storage::lock::organisation(&mut tx, organisation).await?;
        let row = channels::find(&mut tx, organisation).await?;
        let Some(row) = row.filter(|row| row.webhook_url.is_some()) else {
            let detail = "say first where events are to be posted".to_owned();
            return Err(BrokerError::Conflict { code: "no_webhook", detail });
        };
        let secret = self.new_secret();
        let sealed = Some(self.seal_secret(organisation, &secret)?);
        let new = Row { webhook_secret_sealed: sealed, updated_at: self.now(), ..row };
        channels::put(&mut tx, &new).await?;
        record(self, ctx, &mut tx, Entry::new("channels.secret_renewed", organisation)).await?;
        tx.commit().await?;
        Ok(secret)
    }

    /// Deliveries of one's organisation, of the newest notices first.
    pub async fn deliveries(
        &self,
        ctx: &OpContext,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<DeliveryList, BrokerError> {
        let (organisation, _) = manager(ctx)?;
        let cursor = parse_cursor(cursor)?;
        let mut tx = self.begin_read().await?;
        let page = channels::list(&mut tx, organisation, cursor.as_ref(), limit).await?;
        let next = page.next.map(|cursor| cursor.to_string());
        Ok(Listed { items: page.items.into_iter().filter_map(delivery_view).collect(), next })
    }

    /// Delivers a notice again on a channel on which it was delivered or given up, with the same id; returns how many
    /// deliveries that is. Repeating it before they are made changes nothing.
    pub async fn send_again(
        &self,
        ctx: &OpContext,
        notice: NoticeId,
        channel: Channel,
    ) -> Result<u64, BrokerError> {
        let mut tx = self.begin().await?;
        let found = storage::notices::find(&mut tx, notice).await?;
        let owner = found.map(|row| row.organisation_id);
        ctx.may(Action::ManageChannels, owner, "notice")?;
        let owner = owner.ok_or(BrokerError::NotFound { what: "notice" })?;
        let (word, now) = (channel.as_str(), self.now());
        let count = channels::send_again(&mut tx, notice, word, owner, now).await?;
        if count > 0 {
            let entry = Entry::new("delivery.asked_again", notice).with("channel", word);
            record(self, ctx, &mut tx, entry).await?;
        }
        tx.commit().await?;
        Ok(count)
    }

    fn new_secret(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.ids().next_secret()))
    }

    fn seal_secret(
        &self,
        organisation: OrganisationId,
        secret: &str,
    ) -> Result<Secret<Vec<u8>>, BrokerError> {
        let sealed = self.inner.sealer.seal(self.ids(), &purpose(organisation), secret);
        Ok(Secret(sealed?))
    }
}

/// What the secret of an organisation's webhook is sealed for.
fn purpose(organisation: OrganisationId) -> String {
    format!("webhook {organisation}")
}

fn manager(ctx: &OpContext) -> Result<(OrganisationId, domain::UserId), BrokerError> {
    let organisation = ctx.actor.organisation();
    ctx.may(Action::ManageChannels, organisation, "channels")?;
    let viewer = ctx.actor.viewer().ok_or(BrokerError::SignInFirst)?;
    Ok((viewer.organisation, viewer.user))
}

/// One of a channel of a newer version of the program is left out.
fn delivery_view(row: Delivery) -> Option<DeliveryView> {
    Some(DeliveryView {
        notice: row.key.notice_id,
        channel: Channel::from_word(&row.key.channel)?,
        kind: row.kind,
        created_at: row.created_at,
        person: row.name,
        next_at: (row.state == "waiting").then_some(row.due_at),
        state: row.state,
        attempts: row.attempts,
        fault: row.fault,
        ended_at: row.ended_at,
    })
}
