-- The address whose last examination found that it keeps the contract of the provider API. Offers can be ordered
-- while it is the one that is connected. Null: never, or the last report was another.
ALTER TABLE provider ADD COLUMN cloud_passed_url TEXT;
UPDATE provider SET cloud_passed_url = (
    SELECT cloud_report.cloud_url FROM cloud_report
    WHERE cloud_report.provider_id = provider.id AND cloud_report.verdict = 'conforms');
-- What was connected before is examined now.
INSERT INTO cloud_report (provider_id, requested_at)
SELECT provider.id, provider.updated_at FROM provider
WHERE provider.cloud_url IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM cloud_report WHERE cloud_report.provider_id = provider.id);
