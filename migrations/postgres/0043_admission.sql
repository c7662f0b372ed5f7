-- Admissions of providers by a checklist (docs/adr/0022).

-- Where each provider stands with the market; a provider without a row has not applied.
CREATE TABLE provider_admission (
    provider_id UUID PRIMARY KEY NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    state TEXT NOT NULL CHECK (state IN
        ('preparing', 'applied', 'in_review', 'admitted', 'refused', 'suspended')),
    -- What the provider says of itself, and a JSON list of links to evidence.
    statement TEXT NOT NULL,
    links TEXT NOT NULL,
    -- A user id: who sent it in last. Null: nobody did.
    applied_by TEXT,
    applied_at BIGINT,
    -- Since when it is admitted; kept while it is suspended.
    admitted_at BIGINT,
    -- When it came to its state.
    changed_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX provider_admission_by_state ON provider_admission (state, changed_at, provider_id);

-- Each passage; rows are added and never changed.
CREATE TABLE admission_step (
    id UUID PRIMARY KEY NOT NULL,
    provider_id UUID NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    at BIGINT NOT NULL,
    -- A user id or `system`, and the name at that time.
    actor TEXT NOT NULL,
    actor_name TEXT NOT NULL,
    event TEXT NOT NULL,
    to_state TEXT NOT NULL,
    -- Why, as its provider reads it.
    reason TEXT NOT NULL,
    -- JSON: what each check said when it was decided. Null: nothing was decided.
    checks TEXT
);
CREATE INDEX admission_step_by_provider ON admission_step (provider_id, at, id);

-- What the market looks at before it admits a provider.
CREATE TABLE admission_check (
    check_key TEXT PRIMARY KEY NOT NULL,
    -- Counts the changes from 1.
    version BIGINT NOT NULL,
    -- Where it stands in the list.
    place BIGINT NOT NULL,
    required BOOLEAN NOT NULL,
    -- `ticked` by a person, or told by what the market knows.
    source TEXT NOT NULL CHECK (source IN ('ticked', 'conformance')),
    title_en TEXT NOT NULL,
    title_ja TEXT NOT NULL,
    help_en TEXT NOT NULL,
    help_ja TEXT NOT NULL,
    -- Retired: asked no longer; the answers stay.
    state TEXT NOT NULL CHECK (state IN ('active', 'retired')),
    changed_at BIGINT NOT NULL
);

-- What a person found out; an absent row is an open check.
CREATE TABLE admission_answer (
    provider_id UUID NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    check_key TEXT NOT NULL REFERENCES admission_check (check_key),
    answer TEXT NOT NULL CHECK (answer IN ('met', 'not_applicable')),
    -- Evidence, or why it cannot be asked.
    note TEXT NOT NULL,
    -- A user id, and the name at that time.
    answered_by TEXT NOT NULL,
    answered_by_name TEXT NOT NULL,
    answered_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, check_key)
);

-- What an offer was when its provider was suspended; null otherwise. It is paused meanwhile.
ALTER TABLE offer ADD COLUMN suspended_from TEXT CHECK (suspended_from IN ('published', 'withdrawing'));
CREATE INDEX offer_suspended ON offer (provider_id) WHERE suspended_from IS NOT NULL;

-- Who was on the market before providers were admitted one by one stays on it.
INSERT INTO provider_admission (provider_id, state, statement, links, admitted_at, changed_at, revision)
SELECT id, 'admitted', '', '[]', created_at, created_at, 1 FROM provider;
INSERT INTO admission_step (id, provider_id, at, actor, actor_name, event, to_state, reason)
SELECT id, id, created_at, 'system', '', 'existed', 'admitted', '' FROM provider;

-- What a fresh market asks; a broker changes the list at the desk.
INSERT INTO admission_check (check_key, version, place, required, source, title_en, title_ja, help_en, help_ja, state, changed_at)
VALUES
    ('legal_identity', 1, 10, TRUE, 'ticked', 'Legal identity and registration number', '法人としての実在と登録番号', 'Compare name, seat and registration number with the public register.', '商号、所在地、登録番号を公的な登記情報と照合します。', 'active', 0),
    ('contact', 1, 20, TRUE, 'ticked', 'A contact who answers', '連絡に応じる担当者', 'Write to the named contact and wait for an answer from a person.', '届け出のあった担当者に連絡し、本人からの返答を確認します。', 'active', 0),
    ('email_domain', 1, 30, TRUE, 'ticked', 'E-mail domain shown to be theirs', 'メールドメインの保有', 'See that mail from the domain of the provider''s pages is answered.', '事業者のウェブサイトのドメインのメールに返答があることを確認します。', 'active', 0),
    ('terms', 1, 40, TRUE, 'ticked', 'Terms and data processing agreement accepted', '利用規約とデータ処理契約への同意', 'Note where the signed papers are kept.', '署名済みの書類の保管場所を記録します。', 'active', 0),
    ('data_location', 1, 50, TRUE, 'ticked', 'Place of data and laws', 'データの所在地と適用法', 'Read in the application where data are kept and which laws apply.', '申請にあるデータの所在地と適用法を確認します。', 'active', 0),
    ('certificates', 1, 60, FALSE, 'ticked', 'Certificates seen, with their expiry', '認証書と有効期限', 'See each certificate that offers name, and note until when it holds.', '提供条件に記された各認証書を確認し、有効期限を記録します。', 'active', 0),
    ('conformance', 1, 70, TRUE, 'conformance', 'Its cloud keeps the provider API', 'クラウドのAPI適合性', 'Read from the last examination of the connected cloud. A provider without a cloud is catalogue only.', '接続されたクラウドの直近の検査結果から判定します。クラウドのない事業者はカタログ掲載のみです。', 'active', 0),
    ('test_order', 1, 80, FALSE, 'ticked', 'A test order was done', '試験注文の実施', 'Order, reach and end a small service at its cloud.', 'クラウドで小さなサービスを注文し、接続し、終了します。', 'active', 0);
