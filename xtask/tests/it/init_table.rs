//! `init` with a Makefile that has every construct of docs/init.md's table.

use crate::harness::Sandbox;

const MAKEFILE: &str = r#"COMPOSE = docker compose -f compose.yaml
APP := $(COMPOSE) run --rm app
MANAGE = $(APP) python manage.py
LINES ?= 100
SERVICE ?= app
export STAGE = test
export TAG ?= dev
export COMMIT := $(shell git rev-parse --short HEAD)
export DOCKER_USER := $(shell id -u):$(shell id -g)

ifdef CI
RUN = uv run --locked
else
RUN = uv run
endif

.PHONY: help up migrate logs test lint format e2e reset clean shell deploy greet release

help: ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F: '{ print $$1 }'

##@ Stack

.env:
	cp .env.example .env

up: .env data ## Start it
	-docker network create lan
	$(COMPOSE) up --detach --build
	@echo "Open http://localhost:8000"

data:
	mkdir -p data/uploads

logs: ## What the services print
	$(COMPOSE) logs --tail=$(LINES) $(SERVICE)

shell:
	$(COMPOSE) exec $(SERVICE) bash

reset: ## Remove all data
	$(COMPOSE) down --volumes

# ---- Code ----

# Bring the database up to date
migrate: .env
	$(MANAGE) migrate $(ARGS)

test: up
	$(MAKE) migrate ARGS="--check"
	DJANGO_SETTINGS_MODULE=config.test $(RUN) pytest $(filter-out $@,$(MAKECMDGOALS))

lint:
	cd frontend && yarn lint && yarn typecheck
	$(RUN) ruff check . || true

format:
	@for tool in black isort; do $(RUN) $$tool .; done

greet:
ifndef NAME
	$(error NAME is missing)
endif
	@$(APP) greet "$(NAME)"

deploy: guard-TARGET
	./bin/deploy $(TARGET) | tee deploy.log

guard-%:
	@if [ -z '${${*}}' ]; then echo "$* is missing" && exit 1; fi

release:
ifeq ($(DRY),1)
	./bin/release --dry-run
else
	./bin/release
endif

clean:
	rm -rf build dist $(wildcard *.log)

app.css: app.scss
	sass app.scss app.css

import-%:
	$(MANAGE) import $*

%:
	@:
"#;

#[test]
fn every_construct_becomes_what_the_table_says() {
    let sandbox = Sandbox::bare();
    sandbox.folder(".git");
    sandbox.file("Makefile", MAKEFILE);
    sandbox.file("app.scss", "");
    sandbox.run("init -n").is_snapshot("init_table");
}
