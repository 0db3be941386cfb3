-- The trace in which it happened: unlike a request's id it leads to the logs and spans of every service that had a part in it.
ALTER TABLE audit_entry ADD COLUMN trace_id text CHECK (trace_id ~ '^[0-9a-f]{32}$');
