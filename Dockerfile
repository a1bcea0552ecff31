# The action's image. It holds all that a run may need, so that no second image
# is ever pulled: slipway, and buildkitd with runc for a builder of its own.
#
# The bases are pinned by digest, in lines that Dependabot reads. To use others, set
# the arguments, or replace the stages go and buildkit by named contexts of these
# names.
ARG GO_IMAGE=pinned-go
ARG BUILDKIT_IMAGE=pinned-buildkit

FROM --platform=$BUILDPLATFORM golang:1.26.8@sha256:9d2f36f06329b2a141b9db99ffa32765cf695ee57b813ca29e245e8670bcbfff AS pinned-go

FROM moby/buildkit:v0.33.1@sha256:cec9f139f45e93c5c69c60f8b07cfad9f43f4ef6b6a6cd917527fea5ff2e3dea AS pinned-buildkit

FROM --platform=$BUILDPLATFORM ${GO_IMAGE} AS go

FROM ${BUILDKIT_IMAGE} AS buildkit

FROM go AS build
ARG TARGETOS TARGETARCH
ARG VERSION=dev
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -tags grpcnotrace -ldflags "-s -w -X main.version=$VERSION" -o /out/slipway .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
# The time zones that dates in tags may name.
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/share/
COPY --from=buildkit /usr/bin/buildkitd /usr/bin/buildkit-runc /usr/bin/
COPY --from=build /out/slipway /usr/bin/
# scratch has no directory for temporary files, and buildkitd's root is one.
WORKDIR /tmp
WORKDIR /
ENV PATH=/usr/bin ZONEINFO=/usr/share/zoneinfo.zip
# There is no USER: the runner's files and the Docker socket belong to users
# whose numbers differ from runner to runner, and GitHub asks container actions
# to run as root
# (https://docs.github.com/en/actions/reference/workflows-and-actions/dockerfile-support#user).
# The exec form keeps a shell away from inputs whose names hold hyphens.
ENTRYPOINT ["/usr/bin/slipway"]
