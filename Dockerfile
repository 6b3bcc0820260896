# Both images can be chosen: --build-arg BASE_IMAGE=docker.io/library/node:24-bookworm-slim, or a mirror's, or by digest. What is
# needed of the base is Node 24 (at NODE), libstdc++ and nothing else: no shell, no package manager.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && node deploy/image/sbom.ts > dist/sbom.spdx.json
# What `kubectl exec POD -- railmedic explain …` starts; the official image has its node in /usr/local/bin.
ARG NODE=/nodejs/bin/node
RUN printf '#!%s\nimport("/app/railmedic.js");\n' "$NODE" > dist/railmedic && chmod 755 dist/railmedic

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="railmedic" \
      org.opencontainers.image.description="A medic on every GPU node: says what is wrong, why, and what to type next" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}" \
      railmedic.sbom="/app/sbom.spdx.json"
COPY --from=build /src/dist /app
COPY --from=build /src/dist/railmedic /usr/local/bin/railmedic
# Where distroless and the official image keep node, and where the NVIDIA runtime puts nvidia-smi.
ENV PATH=/nodejs/bin:/usr/local/nvidia/bin:/usr/local/bin:/usr/bin:/bin NODE_ENV=production
# Mode default of the manifests says root without capabilities instead: the kubelet's socket is root's.
USER 65532:65532
# The program's own first line, which an image without env does not use: DECISIONS.md says what each is for.
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["node", "--max-semi-space-size=1", "--single-threaded-gc", "--v8-pool-size=1", "--no-turbofan", "--expose-gc", "/app/railmedic.js"]
CMD ["agent"]
