-- Which service told it (and may know where the request came from), whose thing it was, and what changed.
ALTER TABLE audit_entry
  ADD COLUMN service text,
  ADD COLUMN person text,
  ADD COLUMN before jsonb,
  ADD COLUMN after jsonb;
CREATE INDEX audit_entry_person ON audit_entry (person, at DESC, id DESC);
