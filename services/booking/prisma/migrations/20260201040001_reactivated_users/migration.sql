-- In which version of the account a person was last reactivated: a deactivation that comes later and is older counts no more.
CREATE TABLE reactivated_user (
  user_id uuid PRIMARY KEY,
  version integer NOT NULL
);
