//! The words titles and descriptions of the synthetic market are made of, in English and Japanese.

/// A word or phrase in English and Japanese.
pub(super) type Pair = [&'static str; 2];

/// One kind of product: what it is called, what it does, what runs in it.
#[derive(Debug)]
pub(super) struct Product {
    /// Slug used in document names.
    pub(super) slug: &'static str,
    /// The noun of the title.
    pub(super) noun: Pair,
    /// One sentence on what it does.
    pub(super) purpose: Pair,
    /// Middleware it may list, most common first.
    pub(super) middleware: &'static [&'static str],
}

const fn product(
    slug: &'static str,
    noun: Pair,
    purpose: Pair,
    middleware: &'static [&'static str],
) -> Product {
    Product { slug, noun, purpose, middleware }
}

const SERVER: &[&str] = &["nginx 1.28", "PostgreSQL 16", "Redis 7", "MySQL 8.4", "Tomcat 10"];
const CONTAINER: &[&str] = &["Kubernetes 1.34", "containerd 2.1", "Node.js 24", "Redis 7"];
const DATABASE: &[&str] = &["PostgreSQL 16", "PostgreSQL 17", "MySQL 8.4", "MariaDB 11", "Redis 7"];
const STREAM: &[&str] = &["Apache Kafka 4.0", "RabbitMQ 4", "MQTT 5", "Redis 7"];
const OFFICE: &[&str] = &["Nextcloud 31", "Keycloak 26", "PostgreSQL 16"];

/// Products by service model: infrastructure.
pub(super) const INFRASTRUCTURE: &[Product] = &[
    product(
        "vm",
        ["virtual machines", "仮想マシン"],
        [
            "Virtual machines in fixed sizes, ready within minutes.",
            "数分で使える、定型サイズの仮想マシンです。",
        ],
        SERVER,
    ),
    product(
        "metal",
        ["bare metal", "ベアメタル"],
        [
            "Whole servers for one customer, without a layer between.",
            "1社で専有する、仮想化層のない物理サーバーです。",
        ],
        SERVER,
    ),
    product(
        "gpu",
        ["accelerated compute", "GPUコンピュート"],
        [
            "Machines with accelerators for training and rendering.",
            "学習や描画のための演算装置を備えたマシンです。",
        ],
        &["CUDA 13", "PyTorch 2.9", "Slurm 25"],
    ),
    product(
        "block",
        ["block storage", "ブロックストレージ"],
        [
            "Volumes that follow a machine and keep a copy.",
            "マシンに付け替えられ、複製を保つボリュームです。",
        ],
        &["iSCSI", "NVMe/TCP"],
    ),
    product(
        "archive",
        ["archive storage", "アーカイブストレージ"],
        ["Keeps records for years at low cost.", "記録を長い年月、安価に保管します。"],
        &["S3 API", "NFS 4.2"],
    ),
];

/// Products by service model: platform.
pub(super) const PLATFORM: &[Product] = &[
    product(
        "database",
        ["managed database", "マネージドデータベース"],
        [
            "A database run for you, with backups and a standby.",
            "バックアップと待機系を備え、代わりに運用するデータベースです。",
        ],
        DATABASE,
    ),
    product(
        "container",
        ["container platform", "コンテナ基盤"],
        [
            "Runs containers and restarts what has failed.",
            "コンテナを動かし、失敗したものを起動し直します。",
        ],
        CONTAINER,
    ),
    product(
        "stream",
        ["event streaming", "イベントストリーム"],
        [
            "Takes in signals and hands them on in order.",
            "信号を受け取り、順番どおりに受け渡します。",
        ],
        STREAM,
    ),
    product(
        "functions",
        ["functions", "ファンクション"],
        [
            "Runs small programs when something happens.",
            "出来事に応じて小さなプログラムを動かします。",
        ],
        CONTAINER,
    ),
    product(
        "search",
        ["search platform", "検索基盤"],
        ["Full-text search over your own documents.", "手元の文書を全文検索できます。"],
        &["OpenSearch 3", "PostgreSQL 16"],
    ),
];

/// Products by service model: software.
pub(super) const SOFTWARE: &[Product] = &[
    product(
        "workspace",
        ["team workspace", "チームワークスペース"],
        [
            "Files, calendar and chat in the browser.",
            "ファイル、予定表、チャットをブラウザで使えます。",
        ],
        OFFICE,
    ),
    product(
        "records",
        ["electronic records", "電子記録"],
        [
            "Keeps official documents findable and unchanged.",
            "公的な文書を、検索できるまま改変されないように保管します。",
        ],
        OFFICE,
    ),
    product(
        "clinic",
        ["clinic office", "診療所業務"],
        [
            "Appointments, charts and billing for small clinics.",
            "診療所の予約、カルテ、会計をまとめます。",
        ],
        OFFICE,
    ),
    product(
        "ledger",
        ["ledger and invoices", "会計・請求"],
        [
            "Books, invoices and reports for small companies.",
            "中小企業の帳簿、請求、報告をまとめます。",
        ],
        OFFICE,
    ),
];

/// Products by service model: network.
pub(super) const NETWORK: &[Product] = &[
    product(
        "interconnect",
        ["private interconnect", "専用接続"],
        ["A private line between your site and clouds.", "拠点とクラウドを結ぶ専用の回線です。"],
        &["MACsec", "BGP"],
    ),
    product(
        "vpn",
        ["site VPN", "拠点間VPN"],
        ["An encrypted network between several sites.", "複数の拠点を結ぶ暗号化ネットワークです。"],
        &["WireGuard", "IPsec"],
    ),
    product(
        "delivery",
        ["content delivery", "コンテンツ配信"],
        ["Keeps copies of pages near their readers.", "ページの複製を閲覧者の近くに置きます。"],
        &["HTTP/3", "nginx 1.28"],
    ),
];

/// The grade of an offer, from economy to critical, as a word of its title.
pub(super) const GRADES: &[Pair] = &[
    ["economy", "エコノミー"],
    ["basic", "ベーシック"],
    ["standard", "スタンダード"],
    ["business", "ビジネス"],
    ["critical", "クリティカル"],
];

/// A sentence on the grade, in the order of [`GRADES`].
pub(super) const GRADE_SENTENCES: &[Pair] = &[
    ["For trials and work that can wait.", "試用や急がない処理に向きます。"],
    ["For everyday pages and small tools.", "日常のページや小さな道具に向きます。"],
    ["For business systems in ordinary hours.", "通常時間帯の業務システムに向きます。"],
    ["For systems that customers rely on all day.", "終日頼られるシステムに向きます。"],
    ["For systems that must not stand still.", "止められないシステムに向きます。"],
];

/// A last word that tells apart products of one provider.
pub(super) const EDITIONS: &[Pair] = &[
    ["North", "ノース"],
    ["Harbour", "ハーバー"],
    ["Maple", "メープル"],
    ["Granite", "グラナイト"],
    ["Lantern", "ランタン"],
    ["River", "リバー"],
    ["Crane", "クレーン"],
    ["Orchard", "オーチャード"],
    ["Summit", "サミット"],
    ["Breeze", "ブリーズ"],
];
