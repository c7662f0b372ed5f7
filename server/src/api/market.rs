//! The public market: offers and providers.

use app::etag;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use broker::Broker;
use broker::market::{
    Closeness, FacetField, Facets, MachineFilter, MarketQuery, MarketSort, NumberFilter,
};
use broker::requirements::RequirementSource;
use domain::OfferId;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Asker, FromQuery, Name, Named, Nothing, Params, Query};
use super::problem::Problem;
use super::wire::{self, Answer, OfferSummary, ProviderRef, TwoLanguages};

pub(super) fn routes() -> OpenApiRouter<Broker> {
    OpenApiRouter::new()
        .routes(routes!(list_offers))
        .routes(routes!(list_suggestions))
        .routes(routes!(read_offer))
        .routes(routes!(read_sla))
        .routes(routes!(list_providers))
        .routes(routes!(read_provider))
}

/// What to find; several values of one name mean "any of them", except certifications, regimes, middleware
/// and versions: "all of them".
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the fields are the documentation; reading is by name")]
pub(super) struct OfferQuery {
    /// Free text in English or Japanese: words, `"phrases"`, `-words` and filters such as
    /// `provider:hokusei`, `region:jp-osaka`, `cert:ismap`, `middleware:postgresql`, `price:<50000`.
    q: Option<String>,
    /// IaaS, PaaS, SaaS or Network; may be repeated.
    model: Option<Vec<String>>,
    /// private, community, public or hybrid; may be repeated.
    deployment: Option<Vec<String>>,
    /// Country of a region, ISO 3166-1 alpha-2; may be repeated.
    country: Option<Vec<String>>,
    /// Region; may be repeated.
    region: Option<Vec<String>>,
    /// Certification that must be held; may be repeated.
    certification: Option<Vec<String>>,
    /// Legal regime that must be complied with; may be repeated.
    regime: Option<Vec<String>>,
    /// Middleware that must be there, by name; may be repeated.
    middleware: Option<Vec<String>>,
    /// Middleware that must be there, by name and version; may be repeated.
    middleware_version: Option<Vec<String>>,
    /// Key of a category, or of a wider one; may be repeated.
    category: Option<Vec<String>>,
    /// Choice of an attribute, `category.attribute=choice`; of each attribute any of the given; may be repeated.
    attribute: Option<Vec<String>>,
    /// Bounds of an attribute, `category.attribute:10..64`; either end may be left out; may be repeated.
    number: Option<Vec<String>>,
    /// Processors that one machine type has at least.
    vcpu: Option<String>,
    /// Memory that the same machine type has at least, GiB.
    ram_gib: Option<String>,
    /// Accelerators that the same machine type has at least.
    #[param(minimum = 0, maximum = 1000)]
    gpu: Option<u32>,
    /// Instruction set of the same machine type: x86_64, arm64, ppc64le, s390x or riscv64.
    architecture: Option<String>,
    /// Short name of a provider; may be repeated.
    provider: Option<Vec<String>>,
    /// Band of the monthly price as the facet names it, such as `jpy-30000-100000`; may be repeated.
    price_band: Option<Vec<String>>,
    /// Provisional hold support; may be repeated.
    hold: Option<Vec<String>>,
    /// What was measured against the promise: kept, missed or unmeasured; may be repeated.
    observed: Option<Vec<String>>,
    /// Currency of the price range: JPY, EUR, USD or GBP.
    currency: Option<String>,
    /// Lowest monthly price in minor units.
    #[param(minimum = 0)]
    price_min: Option<i64>,
    /// Highest monthly price in minor units.
    #[param(minimum = 0)]
    price_max: Option<i64>,
    /// Only offers that can be contracted: true or false.
    backed: Option<bool>,
    /// Need to order by fit: `template:KEY`, `saved:ID` or `doc:CODE`.
    need: Option<String>,
    /// relevance, fit, price, newest or observed; with a need fit where nothing is said.
    sort: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Offers of a page, 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

struct Asked(MarketQuery);

/// Facets that any word is taken for, by the name of their parameter.
const FREE: [(&str, FacetField); 9] = [
    ("category", FacetField::Category),
    ("attribute", FacetField::Attribute),
    ("region", FacetField::Region),
    ("certification", FacetField::Certification),
    ("regime", FacetField::Regime),
    ("middleware", FacetField::Middleware),
    ("middleware_version", FacetField::Version),
    ("provider", FacetField::Provider),
    ("hold", FacetField::Hold),
];
/// What can have been measured.
const OBSERVED: [&str; 3] = ["kept", "missed", "unmeasured"];

impl FromQuery for Asked {
    fn from_query(params: &mut Params) -> Self {
        let page =
            |text: &str| text.strip_prefix('p')?.parse::<u32>().ok().filter(|page| *page > 0);
        let small = |number: Option<i64>| number.and_then(|number| u32::try_from(number).ok());
        let (price_min_minor, price_max_minor) =
            params.range(("price_min", "price_max"), 0, i64::MAX);
        let backed = params.word("backed", "true, false", |text| text.parse().ok());
        let mut chosen = chosen(params);
        if backed == Some(true) {
            chosen.push((FacetField::Backed, "yes".to_owned()));
        }
        let need = params.word("need", "template:KEY, saved:ID, doc:CODE", RequirementSource::read);
        let usual = if need.is_some() { MarketSort::Fit } else { MarketSort::Relevance };
        Self(MarketQuery {
            text: params.text("q").unwrap_or_default(),
            chosen,
            numbers: numbers(params),
            machine: machine(params),
            currency: params.word("currency", "JPY, EUR, USD, GBP", |text| text.parse().ok()),
            price_min_minor,
            price_max_minor,
            sort: params.word("sort", SORTS, sort).unwrap_or(usual),
            need,
            page: params.word("cursor", "`next` of the page before", page).unwrap_or(1),
            per_page: small(params.number("limit", 1, 100)).unwrap_or(0),
        })
    }
}

/// Bounds of attributes.
fn numbers(params: &mut Params) -> Vec<NumberFilter> {
    let mut read = Vec::new();
    for text in params.many("number") {
        let end = |text: &str| match text {
            "" => Some(None),
            text => sla::parse_decimal(text).map(Some),
        };
        let filter = text.split_once(':').and_then(|(attribute, bounds)| {
            let (min, max) = bounds.split_once("..")?;
            let (min, max) = (end(min)?, end(max)?);
            Some(NumberFilter { attribute: attribute.to_owned(), min, max })
        });
        match filter {
            Some(filter) => read.push(filter),
            None => {
                let (allowed, message) = ("category.attribute:10..64", "these are no bounds");
                params.fault("number", "wrong_form", &text, allowed, message);
            }
        }
    }
    read
}

fn machine(params: &mut Params) -> MachineFilter {
    let allowed = sla::Expected::AtLeast { min: sla::Decimal::ZERO }.to_string();
    let size = |text: &str| sla::parse_decimal(text).filter(|size| !size.is_sign_negative());
    let sets = sla::Architecture::WORDS.join(", ");
    let gpu = params.number("gpu", 0, 1_000).and_then(|gpu| u32::try_from(gpu).ok());
    let architecture = params.word("architecture", &sets, sla::Architecture::from_word);
    MachineFilter {
        vcpu: params.word("vcpu", &allowed, size),
        ram_gib: params.word("ram_gib", &allowed, size),
        gpu: gpu.filter(|gpu| *gpu > 0),
        architecture: architecture.map(|one| one.as_str().to_owned()),
    }
}

fn chosen(params: &mut Params) -> Vec<(FacetField, String)> {
    let models = sla::ServiceModel::WORDS.join(", ");
    let deployments = sla::DeploymentModel::WORDS.join(", ");
    let country = sla::Expected::Country.to_string();
    let mut chosen = Vec::new();
    let mut add = |facet: FacetField, values: Vec<String>| {
        chosen.extend(values.into_iter().map(|value| (facet, value)));
    };
    add(FacetField::Model, params.words("model", sla::ServiceModel::WORDS, &models));
    add(
        FacetField::Deployment,
        params.words("deployment", sla::DeploymentModel::WORDS, &deployments),
    );
    add(FacetField::Country, params.words("country", sla::COUNTRIES, &country));
    add(FacetField::Observed, params.words("observed", &OBSERVED, &OBSERVED.join(", ")));
    for (name, facet) in FREE {
        add(facet, params.many(name));
    }
    let bands = params.many("price_band");
    add(FacetField::PriceBand, bands);
    chosen
}

/// The words of the orders.
const SORTS: &str = "relevance, fit, price, newest, observed";

fn sort(text: &str) -> Option<MarketSort> {
    match text {
        "relevance" => Some(MarketSort::Relevance),
        "fit" => Some(MarketSort::Fit),
        "price" => Some(MarketSort::Price),
        "newest" => Some(MarketSort::Newest),
        "observed" => Some(MarketSort::Observed),
        _ => None,
    }
}

/// One value of a facet.
#[derive(Debug, Serialize, ToSchema)]
struct FacetValue {
    /// The value as it is filtered by.
    value: String,
    /// Offers it would leave under the other filters.
    count: u64,
}

/// Values to narrow by.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OfferFacets {
    models: Vec<FacetValue>,
    deployments: Vec<FacetValue>,
    countries: Vec<FacetValue>,
    regions: Vec<FacetValue>,
    certifications: Vec<FacetValue>,
    regimes: Vec<FacetValue>,
    middleware: Vec<FacetValue>,
    middleware_versions: Vec<FacetValue>,
    categories: Vec<FacetValue>,
    /// `category.attribute=choice`.
    attributes: Vec<FacetValue>,
    providers: Vec<FacetValue>,
    price_bands: Vec<FacetValue>,
    holds: Vec<FacetValue>,
    observed: Vec<FacetValue>,
    /// `yes`: can be contracted here.
    backed: Vec<FacetValue>,
}

impl From<&Facets> for OfferFacets {
    fn from(facets: &Facets) -> Self {
        let of = |facet: FacetField| -> Vec<FacetValue> {
            let counts = facets.of(facet).iter();
            counts.map(|one| FacetValue { value: one.value.clone(), count: one.count }).collect()
        };
        Self {
            models: of(FacetField::Model),
            deployments: of(FacetField::Deployment),
            countries: of(FacetField::Country),
            regions: of(FacetField::Region),
            certifications: of(FacetField::Certification),
            regimes: of(FacetField::Regime),
            middleware: of(FacetField::Middleware),
            middleware_versions: of(FacetField::Version),
            categories: of(FacetField::Category),
            attributes: of(FacetField::Attribute),
            providers: of(FacetField::Provider),
            price_bands: of(FacetField::PriceBand),
            holds: of(FacetField::Hold),
            observed: of(FacetField::Observed),
            backed: of(FacetField::Backed),
        }
    }
}

/// What was probably meant.
#[derive(Debug, Serialize, ToSchema)]
struct MeantBody {
    /// The text with the words that nobody uses replaced.
    q: String,
    /// Offers it finds.
    total: u64,
}

/// A page of offers.
#[derive(Debug, Serialize, ToSchema)]
struct OfferPageBody {
    /// Offers that satisfy the query.
    total: u64,
    /// The offers of this page.
    items: Vec<OfferSummary>,
    /// Cursor of the next page; null at the end.
    next: Option<String>,
    /// Values to narrow by, with counts.
    facets: OfferFacets,
    /// True where the offers have only most of the words, or words that are written like them.
    close: bool,
    /// What was probably meant instead of `q`; null where its words are known.
    meant: Option<MeantBody>,
}

/// Find published offers
#[utoipa::path(get, path = "/offers", tag = "market", params(OfferQuery),
    responses((status = 200, body = OfferPageBody)))]
async fn list_offers(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(asked): Query<Asked>,
) -> Result<Answer<OfferPageBody>, Problem> {
    let page = broker.browse(&ctx, &asked.0).await?;
    let next = (page.page < page.pages).then(|| format!("p{}", page.page + 1));
    Ok(Answer(OfferPageBody {
        total: page.total,
        items: page.items.iter().map(OfferSummary::from).collect(),
        next,
        facets: OfferFacets::from(&page.facets),
        close: page.closeness == Closeness::Close,
        meant: page.meant.map(|(q, total)| MeantBody { q, total }),
    }))
}

/// What somebody types.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "the field is the documentation; reading is by name")]
pub(super) struct SuggestionQuery {
    /// The beginning of a word of a name.
    q: Option<String>,
}

struct Typed(String);

impl FromQuery for Typed {
    fn from_query(params: &mut Params) -> Self {
        Self(params.text("q").unwrap_or_default())
    }
}

/// Names that go on with what was typed.
#[derive(Debug, Serialize, ToSchema)]
struct SuggestionListBody {
    /// At most 8, the most frequent first.
    items: Vec<String>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// Suggest names while somebody types
///
/// Offers, providers, middleware and regions in both languages, by the beginning of any of their first words.
#[utoipa::path(get, path = "/suggestions", tag = "market", params(SuggestionQuery),
    responses((status = 200, body = SuggestionListBody)))]
async fn list_suggestions(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Query(Typed(typed)): Query<Typed>,
) -> Result<Answer<SuggestionListBody>, Problem> {
    let items = broker.suggest(&ctx, &typed).await?;
    Ok(Answer(SuggestionListBody { items, next: None }))
}

/// One item of an offer.
#[derive(Debug, Serialize, ToSchema)]
struct PromiseBody {
    /// Key in the registry.
    item: String,
    /// What is promised; null: undeclared, which is neither zero nor a pass.
    #[schema(value_type = Value)]
    value: Option<Value>,
    /// guaranteed, objective, attested or declared; empty when undeclared.
    commitment: String,
}

/// What was measured over all contracts of an offer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HistoryBody {
    /// Samples; 0 means "no data".
    samples: u64,
    /// Of them, successful.
    ok: u64,
    /// Contracts that were measured.
    contracts: u64,
    /// Mean response in microseconds; null: never answered.
    mean_response_us: Option<i64>,
}

/// Everything public about an offer.
#[derive(Debug, Serialize, ToSchema)]
struct OfferBody {
    /// As in lists.
    #[serde(flatten)]
    summary: OfferSummary,
    /// SHA-256 of the canonical document, lower-case hex.
    hash: String,
    /// Who signed this version; null: nobody. The key is listed at the provider.
    signature: Option<SignatureBody>,
    /// Every core item in registry order.
    promises: Vec<PromiseBody>,
    /// What was measured.
    history: HistoryBody,
}

/// A detached JWS over the canonical document (RFC 7515, appendix F).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SignatureBody {
    /// Thumbprint of the key that signed.
    kid: String,
    /// The JWS in compact form, without its payload.
    value: String,
    /// When the key was revoked since; null: it is in use.
    revoked_at: Option<String>,
}

/// Read an offer
#[utoipa::path(get, path = "/offers/{offer}", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = OfferBody)))]
async fn read_offer(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    _: Query<Nothing>,
) -> Result<Answer<OfferBody>, Problem> {
    let page = broker.offer(&ctx, id).await?;
    let promises = page.promises.iter().map(|promise| PromiseBody {
        item: promise.item.clone(),
        value: promise.value.as_ref().map(wire::value),
        commitment: promise.commitment.clone(),
    });
    Ok(Answer(OfferBody {
        summary: OfferSummary::from(&page.card),
        promises: promises.collect(),
        history: HistoryBody {
            samples: page.history.samples,
            ok: page.history.ok,
            contracts: page.history.contracts,
            mean_response_us: page.history.mean_response_us,
        },
        signature: page.signature.map(|signature| SignatureBody {
            kid: signature.kid,
            value: signature.value,
            revoked_at: signature.revoked_at.map(wire::moment),
        }),
        hash: page.hash,
    }))
}

/// Read an offer's document
///
/// Canonical JSON, or YAML when `accept` asks for it, with the provider's signature in
/// `metadata.signature`. The hash stands for the canonical JSON without it, as `kumoichi sla verify`
/// prints it; the ETag begins with the hash.
#[utoipa::path(get, path = "/offers/{offer}/sla", tag = "market",
    params(("offer" = String, Path, description = "`ofr_…`")),
    responses((status = 200, body = Object, content_type = "application/json"),
              (status = 304, description = "unchanged since the ETag in if-none-match")))]
async fn read_sla(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(id): Named<OfferId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let page = broker.offer(&ctx, id).await?;
    let accept =
        headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let yaml = accept.contains("yaml");
    // A version may be signed later than it was published.
    let signed = page.signature.as_ref().map(|signature| format!("-{}", signature.kid));
    let form = if yaml { "-yaml" } else { "" };
    let tag = format!("\"{}{}{form}\"", page.hash, signed.unwrap_or_default());
    // What is shown by invitation is kept by nobody; a cache gives what it keeps to whoever sends the same.
    let rules = if page.card.audience.is_some() { "private, no-store" } else { "public, no-cache" };
    let mut response = etag::tagged(&headers, &tag, || {
        if yaml {
            ([(header::CONTENT_TYPE, "application/yaml")], page.yaml).into_response()
        } else {
            let text = sla::signed_json(&page.signed());
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
    });
    let into = response.headers_mut();
    into.insert(header::CACHE_CONTROL, HeaderValue::from_static(rules));
    into.insert(header::VARY, HeaderValue::from_static("accept, authorization, cookie"));
    Ok(response)
}

/// All providers.
#[derive(Debug, Serialize, ToSchema)]
struct ProviderListBody {
    /// By short name.
    items: Vec<ProviderRef>,
    /// Always null: the list is whole.
    next: Option<String>,
}

/// List providers
#[utoipa::path(get, path = "/providers", tag = "market", responses((status = 200, body = ProviderListBody)))]
async fn list_providers(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    _: Query<Nothing>,
) -> Result<Answer<ProviderListBody>, Problem> {
    let items = broker.providers(&ctx).await?;
    Ok(Answer(ProviderListBody {
        items: items.iter().map(ProviderRef::from).collect(),
        next: None,
    }))
}

/// Everything public about a provider.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderBody {
    /// As in lists.
    #[serde(flatten)]
    summary: ProviderRef,
    /// Identifier of its documents.
    did: String,
    /// Description.
    description: TwoLanguages,
    /// Its own page.
    homepage: Option<String>,
    /// Scheme and host of the market that it is mirrored from; null: it belongs here.
    mirrored_from: Option<String>,
    /// Its published offers, at most 100, newest first.
    offers: Vec<OfferSummary>,
}

/// Read a provider
#[utoipa::path(get, path = "/providers/{provider}", tag = "market",
    params(("provider" = String, Path, description = "Short name or `prv_…`")),
    responses((status = 200, body = ProviderBody)))]
async fn read_provider(
    State(broker): State<Broker>,
    Asker(ctx): Asker,
    Named(Name(name)): Named<Name>,
    _: Query<Nothing>,
) -> Result<Answer<ProviderBody>, Problem> {
    let view = broker.provider(&ctx, &name).await?;
    Ok(Answer(ProviderBody {
        summary: ProviderRef::from(&view.card),
        did: view.did,
        description: TwoLanguages { en: view.description_en, ja: view.description_ja },
        homepage: view.homepage,
        mirrored_from: view.mirrored_from,
        offers: view.offers.iter().map(OfferSummary::from).collect(),
    }))
}
