-- When the audit log was last told that this pair or source has to wait; once a minute is enough, however often it knocks.
ALTER TABLE login_throttle ADD COLUMN told_at timestamptz;
