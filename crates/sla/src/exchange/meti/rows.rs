//! The names of the checklist's rows: those that are read, those that say nothing an item holds, and
//! the nearest one to a name that is neither.

use crate::exchange::report::fault;
use crate::nearest::nearest;
use crate::{Expected, Fault, FaultCode};

/// Rows of the checklist, by name, and the items they are read as.
pub(super) const ROWS: &[(&str, &str)] = &[
    ("サービス時間", "availability.planned_service_hours"),
    ("計画停止予定通知", "availability.maintenance_notice"),
    ("サービス提供終了時の事前通知", "exit.termination_notice"),
    ("サービス稼働率", "availability.service_uptime"),
    ("平均復旧時間", "availability.mttr"),
    ("目標復旧時間", "availability.rto"),
    ("目標復旧時点", "availability.rpo"),
    ("バックアップデータを取得するタイミング", "availability.rpo"),
    ("バックアップデータの保存期間", "availability.backup_retention"),
    ("応答時間", "performance.online_response_time"),
    ("バッチ処理時間", "performance.batch_time"),
    ("サービス提供時間帯（障害対応）", "support.hours"),
    ("データ消去の要件", "exit.erasure_time"),
    ("データ保護のための暗号化要件", "security.at_rest_encryption"),
    ("解約時のデータポータビリティ", "exit.export_formats"),
    ("公的認証取得の要件", "security.certifications"),
    ("通信の暗号化レベル", "security.intercloud_encryption"),
    ("会計監査報告書における情報セキュリティ関連事項の確認", "audit.attestations"),
    ("ウイルススキャン", "security.malware_protection"),
    ("データの外部保存方針", "security.data_location"),
];

/// Rows of the checklist that no item stands for; their answers are passed over.
const OTHER_ROWS: &[&str] = &[
    "突然のサービス提供停止に対する対処",
    "ディザスタリカバリ",
    "重大障害時の代替手段",
    "代替措置で提供するデータ形式",
    "アップグレード方針",
    "障害発生件数",
    "システム監視基準",
    "障害通知プロセス",
    "障害通知時間",
    "障害監視間隔",
    "サービス提供状況の報告方法/間隔",
    "ログの取得",
    "遅延",
    "カスタマイズ性",
    "外部接続性",
    "同時接続利用者数",
    "提供リソースの上限",
    "サービス提供時間帯（一般問合せ）",
    "サービス提供時間帯（一般問い合わせ）",
    "バックアップの方法",
    "バックアップ世代数",
    "マルチテナントストレージにおけるキー管理要件",
    "データ漏えい・破壊時の補償/保険",
    "データ漏洩・破壊時の補償/保険",
    "預託データの整合性検証作業",
    "入力データ形式の制限機能",
    "アプリケーションに関する第三者評価",
    "情報取扱い環境",
    "情報取扱環境",
    "マルチテナント下でのセキュリティ対策",
    "情報取扱者の制限",
    "セキュリティインシデント発生時のトレーサビリティ",
    "二次記憶媒体の安全性対策",
];

/// Headings between the rows.
const HEADINGS: &[&str] = &[
    "アプリケーション運用",
    "可用性",
    "信頼性",
    "性能",
    "拡張性",
    "サポート",
    "データ管理",
    "セキュリティ",
];

/// What the column of names is called; the header may stand again on each printed page.
pub(super) const NAMES: &[&str] = &["サービスレベル項目", "サービスレベル項目例", "項目"];

/// A row's name, also with a remark in brackets behind it.
pub(super) fn is_row(name: &str, row: &str) -> bool {
    name == row
        || name.strip_prefix(row).is_some_and(|rest| rest.starts_with('（') && rest.ends_with('）'))
}

/// Whether a name is one of the checklist's that is passed over: another row, a heading, a note.
pub(super) fn is_known(name: &str) -> bool {
    OTHER_ROWS.iter().any(|row| is_row(name, row))
        || HEADINGS.contains(&name)
        || NAMES.contains(&name)
        || name.starts_with(['※', '注', '*'])
}

/// An answer that would be lost, because nobody knows what it answers.
pub(super) fn unknown(name: &str, answer: &str, suggest: bool) -> Fault {
    let shown: String = answer.chars().take(60).collect();
    if name.is_empty() {
        let message = format!("the answer `{shown}` stands in a row without a name");
        return fault(FaultCode::UnknownRow, None, Expected::ChecklistRow, message);
    }
    let message = format!("the checklist has no row of this name; its answer is `{shown}`");
    let found = Some(name.to_owned());
    match suggest.then(|| meant(name)).flatten() {
        Some(row) => fault(FaultCode::UnknownRow, found, vec![row.to_owned()], message),
        None => fault(FaultCode::UnknownRow, found, Expected::ChecklistRow, message),
    }
}

/// The row whose name is nearest, as it stands or without a remark in brackets behind it.
fn meant(name: &str) -> Option<&'static str> {
    let rows = || ROWS.iter().map(|(row, _)| *row).chain(OTHER_ROWS.iter().copied());
    let bare = name.split('（').next().unwrap_or(name);
    nearest(name, rows()).or_else(|| nearest(bare, rows()))
}
