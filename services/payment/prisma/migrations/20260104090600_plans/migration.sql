-- The hot calls touch a few rows by key, whatever the parameters: planned once a connection instead of at every call.
ALTER FUNCTION store_targets SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION finish_authorize SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION claim_attempts SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION record_charge SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION release_attempt SET plan_cache_mode = force_generic_plan;

-- Room on the page for a row's next states: an update that stays there writes no index.
ALTER TABLE attempt SET (fillfactor = 60);
ALTER TABLE payment SET (fillfactor = 70);
ALTER TABLE sandbox.charge SET (fillfactor = 70);
