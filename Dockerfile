# One image per service: docker build --build-arg SERVICE=booking -t alcove/booking:dev .   (all nine: docker buildx bake)
# A release sets it to the digest that this tag has then, for all images and both architectures.
ARG NODE_IMAGE=node:24-bookworm-slim
FROM ${NODE_IMAGE} AS source
RUN npm install --global pnpm@12.21.0
WORKDIR /source
# Only these name what is installed, so nothing else makes it be fetched again.
COPY pnpm-lock.yaml pnpm-workspace.yaml ./
COPY patches patches/
RUN pnpm fetch --ignore-scripts
COPY . .
RUN pnpm install --frozen-lockfile --offline --ignore-scripts && node scripts/generate.ts

# For skaffold dev and tilt up: runs the sources and starts anew when one is saved into the container.
FROM source AS sources
RUN chown -R 10001:10001 packages services
FROM sources AS dev
ARG SERVICE
RUN node scripts/launchers.ts "${SERVICE:?is a build argument: --build-arg SERVICE=booking}" dist
ENV PATH="${PATH}:/source/bin"
USER 10001:10001
ENTRYPOINT ["node"]
CMD ["--watch", "--watch-preserve-output", "dist/main.js"]

FROM source AS bundle
ARG SERVICE
RUN node scripts/bundle.ts "${SERVICE:?is a build argument: --build-arg SERVICE=booking}" /app

FROM ${NODE_IMAGE} AS runtime
# Nothing can be installed at run time, and what is not there has no vulnerabilities.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
    /usr/bin/apt* /usr/bin/dpkg* /usr/lib/apt
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="alcove-${SERVICE}" \
    org.opencontainers.image.description="The ${SERVICE} service of Alcove, workspace booking" \
    org.opencontainers.image.licenses="Apache-2.0" \
    org.opencontainers.image.version="${VERSION}" \
    org.opencontainers.image.revision="${REVISION}" \
    org.opencontainers.image.created="${CREATED}"
# glibc gives every thread a heap and keeps freed memory for later: 20 to 40 MB a process.
ENV SERVICE_VERSION="${VERSION}" NODE_OPTIONS="--enable-source-maps --import=/app/dist/give-way.js" \
    MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_MMAP_THRESHOLD_=131072 PATH="${PATH}:/app/bin"
WORKDIR /app
COPY --from=bundle /app ./
USER 10001:10001
EXPOSE 8080 9090
# Not the base's entrypoint, which is a shell script: Node itself is the first process and gets the signals.
ENTRYPOINT ["node"]
CMD ["dist/main.js"]
