//! The countries, cities and companies of the synthetic market. The companies do not exist.

/// Parts of the world, coarse enough for typical round-trip times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    EastAsia,
    SouthAsia,
    Oceania,
    Europe,
    NorthAmerica,
    SouthAmerica,
}

impl Zone {
    /// Typical milliseconds from users in Japan, Germany and the United States.
    pub(super) const fn round_trips_ms(self) -> [u32; 3] {
        match self {
            Self::EastAsia => [12, 230, 130],
            Self::SouthAsia => [80, 150, 220],
            Self::Oceania => [110, 270, 190],
            Self::Europe => [235, 15, 95],
            Self::NorthAmerica => [140, 95, 25],
            Self::SouthAmerica => [260, 200, 130],
        }
    }
}

/// A place where a synthetic cloud can stand.
#[derive(Debug)]
pub(super) struct City {
    /// Slug used in region ids.
    pub(super) slug: &'static str,
    /// Name in English and Japanese.
    pub(super) name: [&'static str; 2],
    /// ISO 3166-2 subdivision, the hazard zone.
    pub(super) hazard_zone: &'static str,
}

/// What the country of a provider decides about its offers.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    /// ISO 4217 code the provider prices in.
    pub(super) currency: &'static str,
    /// Legal regimes a provider there can declare.
    pub(super) regimes: &'static [&'static str],
    /// Certificates known there besides the worldwide ones.
    pub(super) certificates: &'static [&'static str],
    /// The assurance scheme with its levels, low to high; empty where none is common.
    pub(super) assurance: (&'static str, &'static [&'static str]),
    /// Which part of the world, for round-trip times.
    pub(super) zone: Zone,
    /// IANA time zone of the calendar month.
    pub(super) timezone: &'static str,
    /// Where its data centres stand.
    pub(super) cities: &'static [City],
}

/// A company of the synthetic market.
#[derive(Debug)]
pub(super) struct Company {
    /// Slug, also the host of its identifier.
    pub(super) slug: &'static str,
    /// Name in English and Japanese.
    pub(super) name: [&'static str; 2],
    /// Index into [`COUNTRIES`].
    pub(super) home: usize,
}

const fn city(
    slug: &'static str,
    english: &'static str,
    japanese: &'static str,
    hazard_zone: &'static str,
) -> City {
    City { slug, name: [english, japanese], hazard_zone }
}

const fn company(
    slug: &'static str,
    english: &'static str,
    japanese: &'static str,
    home: usize,
) -> Company {
    Company { slug, name: [english, japanese], home }
}

/// Every country, in the order companies refer to.
pub(super) const COUNTRIES: &[Country] = &[
    Country {
        code: "JP",
        currency: "JPY",
        regimes: &["appi-jp"],
        certificates: &["ismap", "privacy-mark-jp"],
        assurance: ("ismap", &["ismap-liu", "ismap"]),
        zone: Zone::EastAsia,
        timezone: "Asia/Tokyo",
        cities: &[
            city("tokyo", "Tokyo", "東京", "JP-13"),
            city("osaka", "Osaka", "大阪", "JP-27"),
            city("sapporo", "Sapporo", "札幌", "JP-01"),
            city("fukuoka", "Fukuoka", "福岡", "JP-40"),
            city("nagoya", "Nagoya", "名古屋", "JP-23"),
            city("sendai", "Sendai", "仙台", "JP-04"),
            city("naha", "Naha", "那覇", "JP-47"),
        ],
    },
    Country {
        code: "KR",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-1"],
        assurance: ("", &[]),
        zone: Zone::EastAsia,
        timezone: "Asia/Seoul",
        cities: &[
            city("seoul", "Seoul", "ソウル", "KR-11"),
            city("busan", "Busan", "釜山", "KR-26"),
        ],
    },
    Country {
        code: "TW",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-1"],
        assurance: ("", &[]),
        zone: Zone::EastAsia,
        timezone: "Asia/Taipei",
        cities: &[city("taipei", "Taipei", "台北", "TW-TPE")],
    },
    Country {
        code: "SG",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-2"],
        assurance: ("", &[]),
        zone: Zone::SouthAsia,
        timezone: "Asia/Singapore",
        cities: &[city("singapore", "Singapore", "シンガポール", "SG-01")],
    },
    Country {
        code: "IN",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-1"],
        assurance: ("", &[]),
        zone: Zone::SouthAsia,
        timezone: "Asia/Kolkata",
        cities: &[
            city("mumbai", "Mumbai", "ムンバイ", "IN-MH"),
            city("chennai", "Chennai", "チェンナイ", "IN-TN"),
        ],
    },
    Country {
        code: "AU",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-2"],
        assurance: ("", &[]),
        zone: Zone::Oceania,
        timezone: "Australia/Sydney",
        cities: &[
            city("sydney", "Sydney", "シドニー", "AU-NSW"),
            city("perth", "Perth", "パース", "AU-WA"),
        ],
    },
    Country {
        code: "DE",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["c5-type2"],
        assurance: ("gaia-x", &["L1", "L2", "L3"]),
        zone: Zone::Europe,
        timezone: "Europe/Berlin",
        cities: &[
            city("frankfurt", "Frankfurt", "フランクフルト", "DE-HE"),
            city("hamburg", "Hamburg", "ハンブルク", "DE-HH"),
            city("munich", "Munich", "ミュンヘン", "DE-BY"),
        ],
    },
    Country {
        code: "FR",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["secnumcloud", "hds"],
        assurance: ("gaia-x", &["L1", "L2", "L3"]),
        zone: Zone::Europe,
        timezone: "Europe/Paris",
        cities: &[
            city("paris", "Paris", "パリ", "FR-75C"),
            city("lyon", "Lyon", "リヨン", "FR-69"),
        ],
    },
    Country {
        code: "NL",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["csa-star-2"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Amsterdam",
        cities: &[
            city("amsterdam", "Amsterdam", "アムステルダム", "NL-NH"),
            city("groningen", "Groningen", "フローニンゲン", "NL-GR"),
        ],
    },
    Country {
        code: "IE",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act"],
        certificates: &["csa-star-2"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Dublin",
        cities: &[city("dublin", "Dublin", "ダブリン", "IE-D")],
    },
    Country {
        code: "SE",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["csa-star-1"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Stockholm",
        cities: &[
            city("stockholm", "Stockholm", "ストックホルム", "SE-AB"),
            city("lulea", "Lulea", "ルレオ", "SE-BD"),
        ],
    },
    Country {
        code: "FI",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["csa-star-1"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Helsinki",
        cities: &[city("helsinki", "Helsinki", "ヘルシンキ", "FI-18")],
    },
    Country {
        code: "ES",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["ens-high"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Madrid",
        cities: &[
            city("madrid", "Madrid", "マドリード", "ES-MD"),
            city("bilbao", "Bilbao", "ビルバオ", "ES-BI"),
        ],
    },
    Country {
        code: "IT",
        currency: "EUR",
        regimes: &["gdpr", "eu-data-act", "nis2"],
        certificates: &["csa-star-2"],
        assurance: ("gaia-x", &["L1", "L2"]),
        zone: Zone::Europe,
        timezone: "Europe/Rome",
        cities: &[
            city("milan", "Milan", "ミラノ", "IT-MI"),
            city("rome", "Rome", "ローマ", "IT-RM"),
        ],
    },
    Country {
        code: "GB",
        currency: "GBP",
        regimes: &["uk-gdpr"],
        certificates: &["csa-star-2"],
        assurance: ("", &[]),
        zone: Zone::Europe,
        timezone: "Europe/London",
        cities: &[
            city("london", "London", "ロンドン", "GB-LND"),
            city("leeds", "Leeds", "リーズ", "GB-LDS"),
        ],
    },
    Country {
        code: "US",
        currency: "USD",
        regimes: &["ccpa", "hipaa", "glba"],
        certificates: &["fedramp-b", "fedramp-c", "soc2-type2"],
        assurance: ("fedramp", &["B", "C", "D"]),
        zone: Zone::NorthAmerica,
        timezone: "America/New_York",
        cities: &[
            city("ashburn", "Ashburn", "アッシュバーン", "US-VA"),
            city("columbus", "Columbus", "コロンバス", "US-OH"),
            city("portland", "Portland", "ポートランド", "US-OR"),
            city("dallas", "Dallas", "ダラス", "US-TX"),
        ],
    },
    Country {
        code: "CA",
        currency: "USD",
        regimes: &[],
        certificates: &["soc2-type2"],
        assurance: ("", &[]),
        zone: Zone::NorthAmerica,
        timezone: "America/Toronto",
        cities: &[
            city("toronto", "Toronto", "トロント", "CA-ON"),
            city("montreal", "Montreal", "モントリオール", "CA-QC"),
        ],
    },
    Country {
        code: "BR",
        currency: "USD",
        regimes: &[],
        certificates: &["csa-star-1"],
        assurance: ("", &[]),
        zone: Zone::SouthAmerica,
        timezone: "America/Sao_Paulo",
        cities: &[city("sao-paulo", "Sao Paulo", "サンパウロ", "BR-SP")],
    },
];

/// Every company; the index is the provider number of an offer.
pub(super) const COMPANIES: &[Company] = &[
    company("shirakaba", "Shirakaba Cloud", "白樺クラウド", 0),
    company("kitakaze", "Kitakaze Systems", "北風システムズ", 0),
    company("seto-net", "Seto Net", "瀬戸ネット", 0),
    company("hakata-link", "Hakata Link", "博多リンク", 0),
    company("yamabiko", "Yamabiko Hosting", "やまびこホスティング", 0),
    company("aoba-data", "Aoba Data", "青葉データ", 0),
    company("minasoko", "Minasoko Storage", "水底ストレージ", 0),
    company("tsubame", "Tsubame Edge", "つばめエッジ", 0),
    company("kogane", "Kogane Financial Cloud", "黄金金融クラウド", 0),
    company("sango", "Sango Islands Cloud", "さんご島クラウド", 0),
    company("hinoki", "Hinoki Records", "ひのきレコーズ", 0),
    company("matsukaze", "Matsukaze Networks", "松風ネットワークス", 0),
    company("hangang", "Hangang Compute", "ハンガン コンピュート", 1),
    company("namsan", "Namsan Cloud", "ナムサン クラウド", 1),
    company("formosa", "Formosa Grid", "フォルモサ グリッド", 2),
    company("merlion", "Merlion Works", "マーライオン ワークス", 3),
    company("straits", "Straits Hosting", "ストレーツ ホスティング", 3),
    company("malabar", "Malabar Cloud", "マラバール クラウド", 4),
    company("coral-bay", "Coral Bay Compute", "コーラルベイ コンピュート", 5),
    company("elbe", "Elbe Rechenwerk", "エルベ レッヒェンヴェルク", 6),
    company("isar", "Isar Systems", "イザール システムズ", 6),
    company("schwarzwald", "Schwarzwald Cloud", "シュヴァルツヴァルト クラウド", 6),
    company("alster", "Alster Hosting", "アルスター ホスティング", 6),
    company("loire", "Loire Nuage", "ロワール ニュアージュ", 7),
    company("rhone", "Rhone Sante", "ローヌ サンテ", 7),
    company("polder", "Polder Compute", "ポルダー コンピュート", 8),
    company("tulp", "Tulp Hosting", "テュルプ ホスティング", 8),
    company("liffey", "Liffey Cloud", "リフィー クラウド", 9),
    company("norrsken", "Norrsken Data", "ノルシェン データ", 10),
    company("fjallvind", "Fjallvind Compute", "フィエルヴィンド コンピュート", 10),
    company("saimaa", "Saimaa Cloud", "サイマー クラウド", 11),
    company("ebro", "Ebro Nube", "エブロ ヌーベ", 12),
    company("tevere", "Tevere Cloud", "テヴェレ クラウド", 13),
    company("thames", "Thames Works", "テムズ ワークス", 14),
    company("pennine", "Pennine Hosting", "ペナイン ホスティング", 14),
    company("chesapeake", "Chesapeake Compute", "チェサピーク コンピュート", 15),
    company("cascadia", "Cascadia Cloud", "カスカディア クラウド", 15),
    company("lone-star", "Lone Star Grid", "ローンスター グリッド", 15),
    company("laurentide", "Laurentide Data", "ローレンタイド データ", 16),
    company("jacaranda", "Jacaranda Nuvem", "ジャカランダ ヌーヴェン", 17),
];
