# Everything a person runs here. Needs git, make and Node 20 or newer with npm; all else is installed below node_modules/.
MAKEFLAGS += --no-print-directory
NODE := node_modules/.bin/node
ALCOVE := $(NODE) scripts/alcove.ts
VITEST := $(NODE) node_modules/vitest/vitest.mjs
MANIFESTS := pnpm-lock.yaml pnpm-workspace.yaml package.json $(wildcard packages/*/package.json services/*/package.json)

.PHONY: help install generate hooks up down status logs stop start restart dev reset demo test test-charts test-cluster test-kafka test-redis faults chaos bench bench-events bench-variants rebuild-reports lint format
.DEFAULT_GOAL := help

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

# Only when a manifest changed or nothing was ever installed. CI=1: no question, no git hook.
node_modules/.installed: $(MANIFESTS)
	@echo "installing packages (once, some 300 of them)"
	@CI=1 npm_config_yes=true npm_config_update_notifier=false npx --yes pnpm@12 install --frozen-lockfile --reporter=append-only --loglevel=error
	@touch $@

install: node_modules/.installed

generate: node_modules/.installed
	@$(NODE) scripts/generate.ts

up: generate ## Start everything (N_booking=3, TRANSPORT=kafka, PORT_BASE=10000, DEMO=off, RATE_LIMITS=off or any variable of a service)
	@$(ALCOVE) up

down: ## Drain and stop everything; data stay
	@if [ -x $(NODE) ]; then $(ALCOVE) down; else echo "Alcove is not running here"; fi

status: install ## Processes: state, pid, uptime, memory, restarts, last exit
	@$(ALCOVE) status

logs: install ## Logs of all, or of one: s=booking
	@$(ALCOVE) logs $(s)

stop: install ## Really stop one: s=payment, or one replica: s=booking.2
	@$(ALCOVE) stop $(s)

start: install ## Start a stopped one again: s=payment
	@$(ALCOVE) start $(s)

restart: install ## Drain one and start it anew: s=payment
	@$(ALCOVE) restart $(s)

hooks: install
	@if [ -d .git ]; then $(NODE) node_modules/lefthook/bin/index.js install >/dev/null; fi

dev: generate hooks ## Start everything, restart what is saved, follow the logs
	@$(ALCOVE) dev

reset: install ## Stop everything and remove all data
	@$(ALCOVE) reset

demo: generate ## A narrated run through what Alcove promises
	@$(ALCOVE) up
	@$(NODE) scripts/demo/tour.ts

test: generate ## Lint, types, and every test (ARGS: more for vitest)
	@$(NODE) scripts/test.ts $(ARGS)

test-charts: generate ## Charts: lint, renders, policies against the graph, schemas, rules (needs Go)
	@$(NODE) scripts/test-project.ts charts

test-kafka: generate ## The events' tests on a real broker (KAFKA_BROKERS, else Docker, else Java and Maven)
	@$(NODE) scripts/test-kafka.ts

faults: generate ## Every call of every flow failing in every way; one alone: CASE='create/booking-payment.authorize-attempt#1/answer-lost'
	@$(VITEST) run test/system/faults.test.ts

chaos: generate ## Bookings while everything is killed in turn, then the books are checked (SEED=1 DURATION_SECONDS=180 TRANSPORT=kafka)
	@$(NODE) scripts/chaos.ts

test-redis: generate ## The gateway's limits and kept answers on a real Redis (REDIS_TEST_URL, else redis-server, else Docker)
	@$(NODE) scripts/test-project.ts redis

test-cluster: generate ## Install, restart and break Alcove on the cluster of the current context (CLUSTER_SHORT=on: a part)
	@$(NODE) scripts/test-project.ts cluster

bench-events: generate ## Measure events on the embedded log and on a real broker (TRANSPORT=embedded or kafka for one)
	@$(NODE) scripts/bench/events/main.ts

bench: generate ## Measure (docs/performance.md explains)
	@$(NODE) scripts/bench/main.ts

bench-variants: generate ## What Kafka and tracing cost: the same load on two installations by turns (BENCH_PAIRS=0: Kafka alone)
	@$(NODE) scripts/bench/variants.ts

rebuild-reports: generate ## Rebuild reporting's read models from its raw events
	@$(ALCOVE) rebuild-reports

lint: generate
	@npx --yes pnpm@12 lint

format: install
	@node_modules/.bin/oxfmt
