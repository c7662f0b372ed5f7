//! Changes in words, in both languages.

use super::{Aspect, Change, PartDiff, Verdict, plain};
use crate::{Commitment, Locale, Text, registry};

pub(super) const fn verdict(verdict: Verdict, locale: Locale) -> &'static str {
    match (verdict, locale) {
        (Verdict::Better, Locale::En) => "better",
        (Verdict::Better, Locale::Ja) => "改善",
        (Verdict::Neutral, Locale::En) => "neither better nor worse",
        (Verdict::Neutral, Locale::Ja) => "良し悪しなし",
        (Verdict::Worse, Locale::En) => "worse",
        (Verdict::Worse, Locale::Ja) => "悪化",
        (Verdict::Incomparable, Locale::En) => "cannot be compared",
        (Verdict::Incomparable, Locale::Ja) => "比較不能",
    }
}

pub(super) const fn commitment(class: Commitment, locale: Locale) -> &'static str {
    match (class, locale) {
        (Commitment::Declared, Locale::En) => "declared",
        (Commitment::Declared, Locale::Ja) => "申告",
        (Commitment::Objective, Locale::En) => "objective",
        (Commitment::Objective, Locale::Ja) => "目標",
        (Commitment::Attested, Locale::En) => "attested",
        (Commitment::Attested, Locale::Ja) => "第三者証明",
        (Commitment::Guaranteed, Locale::En) => "guaranteed",
        (Commitment::Guaranteed, Locale::Ja) => "保証",
    }
}

/// The name of an item or of a part; extensions as written.
pub(super) fn subject(subject: &str, locale: Locale) -> String {
    let part = match (subject, locale) {
        ("about", Locale::En) => "About the offer",
        ("about", Locale::Ja) => "提供条件について",
        ("service", Locale::En) => "Service",
        ("service", Locale::Ja) => "サービス",
        ("measurement", Locale::En) => "Measurement",
        ("measurement", Locale::Ja) => "計測",
        ("price", Locale::En) => "Price",
        ("price", Locale::Ja) => "価格",
        ("network", Locale::En) => "Network to users",
        ("network", Locale::Ja) => "利用者までの網",
        _ => return registry().item(subject).map_or(subject, |item| item.label(locale)).to_owned(),
    };
    part.to_owned()
}

const fn aspect(aspect: Aspect, locale: Locale) -> &'static str {
    let (en, ja) = match aspect {
        Aspect::Promise => ("promise", "約束"),
        Aspect::Value => ("value", "値"),
        Aspect::Commitment => ("commitment", "約束の強さ"),
        Aspect::Percentile => ("percentile", "パーセンタイル"),
        Aspect::Window => ("measured over", "計測期間"),
        Aspect::Transaction => ("reference transaction", "基準トランザクション"),
        Aspect::Qualifying => ("condition", "適用条件"),
        Aspect::Exclusions => ("not counted", "除外事項"),
        Aspect::Vantage => ("measured from", "計測する場所"),
        Aspect::Claim => ("way to the credit", "減額の受け方"),
        Aspect::ClaimWindow => ("time to claim", "請求期限"),
        Aspect::Cap => ("largest credit", "減額の上限"),
        Aspect::Schedule => ("credits", "減額の段階"),
        Aspect::Evidence => ("evidence", "根拠"),
        Aspect::SubList => ("further list", "内訳"),
        Aspect::TlsMin => ("lowest TLS version", "TLSの最低版"),
        Aspect::Calendar => ("period of account", "集計期間"),
        Aspect::Timezone => ("time zone", "時間帯"),
        Aspect::Slice => ("length of a slice", "計測の刻み"),
        Aspect::MinOutage => ("shortest outage counted", "数える最短の停止"),
        Aspect::Model => ("service model", "サービスモデル"),
        Aspect::Deployment => ("deployment model", "配置モデル"),
        Aspect::Region => ("region", "リージョン"),
        Aspect::Category => ("category", "カテゴリ"),
        Aspect::Attribute => ("attribute", "属性"),
        Aspect::Middleware => ("middleware", "ミドルウェア"),
        Aspect::App => ("application", "アプリケーション"),
        Aspect::Image => ("image", "イメージ"),
        Aspect::Recipe => ("recipe", "レシピ"),
        Aspect::MachineType => ("machine type", "マシンタイプ"),
        Aspect::Tier => ("cost class", "価格帯"),
        Aspect::Basket => ("bill of quantities", "数量表"),
        Aspect::MonthlyTotal => ("monthly total", "月額合計"),
        Aspect::UnitPrice => ("unit price", "単価"),
        Aspect::Minimum => ("least charge a month", "月額の最低料金"),
        Aspect::OneTime => ("charged once", "初期費用"),
        Aspect::Limit => ("what may be ordered", "注文できる数量"),
        Aspect::PricesAsOf => ("prices checked on", "価格の確認日"),
        Aspect::PricesFrom => ("next prices count from", "次の価格の適用日"),
        Aspect::RoundTrip => ("round trip", "往復時間"),
        Aspect::Title => ("title", "名称"),
        Aspect::Description => ("description", "説明"),
        Aspect::ValidFrom => ("valid from", "有効開始"),
        Aspect::ValidUntil => ("valid until", "有効期限"),
        Aspect::Provider => ("provider", "提供者"),
        Aspect::Other => ("something else", "その他"),
    };
    match locale {
        Locale::En => en,
        Locale::Ja => ja,
    }
}

/// "value: 99.9 % → 99.95 % (better)".
pub(super) fn sentence(change: &Change, locale: Locale) -> String {
    let name = aspect(change.aspect, locale);
    let which = change.which.as_deref().map(|which| format!(" {which}")).unwrap_or_default();
    let colon = if locale == Locale::Ja { "：" } else { ": " };
    let none = match (change.aspect, locale) {
        (Aspect::Promise, Locale::En) => "not promised",
        (Aspect::Promise, Locale::Ja) => "約束なし",
        (_, Locale::En) => "none",
        (_, Locale::Ja) => "なし",
    };
    let side = |text: &Option<Text>| text.as_ref().map_or(none, |text| text.get(locale)).to_owned();
    let changed = if change.before.is_none() && change.after.is_none() {
        String::new()
    } else {
        format!("{colon}{} → {}", side(&change.before), side(&change.after))
    };
    let from = change.from.as_deref().map(|day| from(day, locale)).unwrap_or_default();
    with_remark(&format!("{name}{which}{from}{changed}"), change.verdict.label(locale), locale)
}

/// "Service uptime, value: 99.9 % → 99.95 % (better)".
pub(super) fn line(part: &PartDiff, change: &Change, locale: Locale) -> String {
    let comma = if locale == Locale::Ja { "、" } else { ", " };
    format!("{}{comma}{}", subject(&part.subject, locale), sentence(change, locale))
}

/// Text with a remark in brackets.
pub(super) fn with_remark(text: &str, remark: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!("{text} ({remark})"),
        Locale::Ja => format!("{text}（{remark}）"),
    }
}

/// " from 2027-04-01 on".
fn from(day: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!(" from {day} on"),
        Locale::Ja => format!("（{day}から）"),
    }
}

/// "until 2027-03-31".
pub(super) fn until(day: &str, locale: Locale) -> String {
    match locale {
        Locale::En => format!("until {day}"),
        Locale::Ja => format!("{day}まで"),
    }
}

/// A list in one line; nothing for an empty one.
pub(super) fn joined<'a>(list: impl Iterator<Item = &'a String>) -> Option<Text> {
    let list: Vec<&str> = list.map(String::as_str).collect();
    (!list.is_empty()).then(|| plain(list.join(", ")))
}
