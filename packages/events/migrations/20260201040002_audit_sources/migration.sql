-- Where the request behind an audit entry came from. It stays in this database, in no event, and for some days only.
CREATE TABLE audit_source (
  event_id uuid PRIMARY KEY,
  address text NOT NULL,
  -- Real time.
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX audit_source_seen_at ON audit_source (seen_at);
