#!/bin/sh
# The two database roles: an owner, who migrates, and the app, which owns nothing.
set -eu
psql --set ON_ERROR_STOP=1 --set owner="$OWNER_PASSWORD" --set app="$APP_PASSWORD" --username postgres <<'SQL'
CREATE ROLE creditdesk_owner LOGIN PASSWORD :'owner';
CREATE ROLE creditdesk_app LOGIN PASSWORD :'app';
CREATE DATABASE creditdesk OWNER creditdesk_owner;
REVOKE ALL ON DATABASE creditdesk FROM PUBLIC;
GRANT CONNECT ON DATABASE creditdesk TO creditdesk_app;
SQL
