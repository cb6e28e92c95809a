# Three stages: the front-end files, the Python packages, and what runs. One image for the web
# server, the live updates, the workers and beat; docker-compose.yml names each one's command.

FROM node:22-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
RUN node setup/cut_styles.mjs

FROM python:3.11-slim-bookworm AS packages
COPY requirements-uv.lock requirements.lock /tmp/
RUN python -m venv /uv /venv \
 && /uv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements-uv.lock \
 && /uv/bin/uv pip install --no-cache --python /venv/bin/python --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
RUN apt-get update \
 && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --create-home --uid 10001 creditdesk \
 && install -d -o creditdesk /media
ENV CREDITDESK_ENV=production PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MEDIA_ROOT=/media XDG_CACHE_HOME=/tmp
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=assets /app/node_modules node_modules
COPY . .
COPY --from=assets /app/static/made static/made
# Nothing of this can be written by whom it runs as.
RUN for po in locale/*/LC_MESSAGES/*.po; do \
      pybabel --quiet compile --input-file "$po" --output-file "${po%.po}.mo" || exit 1; \
    done \
 && python -m compileall -q /venv/lib /app/config /app/customers /app/creditnotes /app/approvals /app/portal \
 && python setup/cut_font.py \
 && CREDITDESK_ENV=build python manage.py collectstatic --no-input --verbosity 0
USER creditdesk
VOLUME /media
EXPOSE 8000
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--workers=2", "--worker-class=gthread", "--threads=4", \
     "--preload", "--max-requests=5000", "--max-requests-jitter=500", \
     "--no-control-socket", "--worker-tmp-dir=/dev/shm", "config.wsgi"]
