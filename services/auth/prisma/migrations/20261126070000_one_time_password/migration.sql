-- A password that somebody else chose (the first admin's, from a Secret that others can read) opens one session and no more.
-- NULL: chosen by its person.
ALTER TABLE account ADD COLUMN one_time_password text CHECK (one_time_password IN ('unused', 'used'));
