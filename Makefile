# make help   this
# make try    build slipway and publish testdata/hello with it, into a registry on loopback
# make check  vet, lint if it is installed, and the tests that need neither root nor a daemon
# make test   everything: vet, and all tests with real BuildKits and registries
# make race   the same with the race detector in the tests of whole runs, too
# make bench  a table of times beside buildctl's and buildx's, on the same daemon
# make lint   golangci-lint, and known vulnerabilities in what is linked
#
# What they need and do not find they install: Debian's runc, busybox-static,
# iptables, libseccomp-dev, openssh-client, uidmap and chromium, and npm where there is
# none (with apt, as root or through sudo), Mermaid from npm, and programs compiled by
# Go into .cache.

BIN     := $(CURDIR)/.cache/bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
GOBUILD := CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
SUDO    := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

export PATH := $(BIN):$(PATH):/usr/sbin:/sbin

.PHONY: build help try check test race bench lint tools packages clean

build: $(BIN)/slipway

.PHONY: $(BIN)/slipway
$(BIN)/slipway:
	@$(GOBUILD) -tags grpcnotrace -o $@ . # without gRPC's trace pages, which nobody can open here

help:
	@sed -n 's/^# make /make /p' Makefile

# Packages whose tests start a daemon or draw pictures; all of them are in make test.
daemons = internal/(build|builder|bench|progress|publish|registry|report|testenv)$$

check:
	go vet ./...
	@if command -v golangci-lint >/dev/null; then golangci-lint run ./...; else echo "not linted: make lint installs golangci-lint"; fi
	go test $$(go list ./internal/... | grep -vE '$(daemons)')

# try takes the BuildKit that is there; only where there is none is one built,
# and run as root, which it needs.
try: build
	@if slipway builder; then slipway try testdata/hello; else \
		$(MAKE) --no-print-directory buildkitd && $(SUDO) env "PATH=$$PATH" slipway try testdata/hello; fi

.PHONY: buildkitd
buildkitd: runc $(BIN)/buildkitd

# A test that fails is run again by itself, at most twice, because a machine that does
# much else at the same time breaks one now and then; what was needed is listed at the
# end. A test that fails each time fails the run, and so do more than five and a race.
# Most of a test is waiting for a daemon, hence six at a time.
gotest = gotestsum --format=standard-quiet --hide-summary=skipped --rerun-fails=2 --rerun-fails-max-failures=5 \
	--rerun-fails-abort-on-data-race --rerun-fails-report=.cache/again.$(1) --packages=$(2) -- -shuffle=on -count=1 -timeout=55m -parallel=6 $(3)

# The race detector makes a run of the whole program three times as slow to start and
# five times to work, of which there are hundreds in the tests of the root: it watches
# what is in packages, and the rest once a week.
test: root packages tools pictures build
	go vet ./...
	@rm -f .cache/again.*; failed=0; \
	$(call gotest,packages,./internal/...,-race) || failed=1; \
	$(call gotest,runs,.) || failed=1; \
	grep -H . .cache/again.* | sed 's/^.*again\.[a-z]*:/run again: /'; exit $$failed

race: root packages tools pictures build
	go test -race -shuffle=on -count=1 -timeout=55m -parallel=6 ./...

bench: packages tools build
	go run ./internal/bench

lint: $(BIN)/golangci-lint vulncheck
	golangci-lint run ./...

# The vulnerabilities are on vuln.go.dev. Where that cannot be reached, nothing is
# known of them, which is an error in CI and a warning elsewhere.
.PHONY: vulncheck
vulncheck: $(BIN)/govulncheck
	@govulncheck -tags grpcnotrace ./... >.cache/vulncheck.log 2>&1; code=$$?; cat .cache/vulncheck.log; \
	if [ $$code = 1 ] && grep -q vuln.go.dev .cache/vulncheck.log && [ -z "$$CI" ]; then \
		echo "NOT CHECKED for known vulnerabilities: vuln.go.dev cannot be reached from here"; exit 0; fi; exit $$code

# Programs that tests, benchmarks and linters need, in the versions that
# internal/tools pins.
tools: $(addprefix $(BIN)/,gotestsum buildkitd buildkitd-older buildctl buildx rootlesskit registry dockerd containerd containerd-shim-runc-v2 act actionlint) \
	.cache/runc-1.5/runc .cache/docker-20.10/usr/sbin/dockerd

$(BIN)/buildkitd $(BIN)/buildctl: internal/tools/go.mod
	@echo "compiling $(@F), which takes minutes the first time"
	cd internal/tools && $(GOBUILD) -o $@ github.com/moby/buildkit/cmd/$(@F)

# A BuildKit that is some months older, as a node of a farm may be. It says so.
$(BIN)/buildkitd-older: internal/tools/older/go.mod
	@echo "compiling $(@F), which takes minutes the first time"
	cd internal/tools/older && \
		version=$$(go list -m -f '{{.Version}}' github.com/moby/buildkit) && \
		$(GOBUILD) -ldflags "-s -w -X github.com/moby/buildkit/version.Version=$$version" -o $@ github.com/moby/buildkit/cmd/buildkitd

$(BIN)/registry: internal/tools/go.mod
	@echo "compiling $(@F)"
	cd internal/tools && $(GOBUILD) -o $@ github.com/distribution/distribution/v3/cmd/registry

$(BIN)/rootlesskit: internal/tools/go.mod
	@echo "compiling $(@F)"
	cd internal/tools && $(GOBUILD) -o $@ github.com/rootless-containers/rootlesskit/v2/cmd/rootlesskit

# A Docker engine 29, with the containerd that it starts.
$(BIN)/dockerd: internal/tools/engine/go.mod
	@echo "compiling $(@F), which takes minutes the first time"
	cd internal/tools/engine && $(GOBUILD) -o $@ github.com/moby/moby/v2/cmd/dockerd

$(BIN)/containerd $(BIN)/containerd-shim-runc-v2: internal/tools/engine/go.mod
	@echo "compiling $(@F)"
	cd internal/tools/engine && $(GOBUILD) -o $@ github.com/containerd/containerd/v2/cmd/$(@F)

# The runc that a containerd 2.4 wants. Debian's stays the one on PATH: it is
# what the tests' BuildKits run steps with. Seccomp is C; static, it also runs in
# an image that has nothing else.
.cache/runc-1.5/runc: internal/tools/runc/go.mod | libseccomp
	@echo "compiling runc"
	cd internal/tools/runc && CGO_ENABLED=1 go build -trimpath -buildvcs=false -tags 'seccomp netgo osusergo' -ldflags '-s -w -extldflags -static' -o $(CURDIR)/$@ github.com/opencontainers/runc

# act runs a workflow as GitHub's runner does.
$(BIN)/act: internal/tools/act/go.mod
	@echo "compiling $(@F)"
	cd internal/tools/act && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o $@ github.com/nektos/act

# actionlint reads workflows as GitHub does.
$(BIN)/actionlint: internal/tools/actionlint/go.mod
	@echo "compiling $(@F)"
	cd internal/tools/actionlint && $(GOBUILD) -o $@ github.com/rhysd/actionlint/cmd/actionlint

$(BIN)/govulncheck: internal/tools/govulncheck/go.mod
	@echo "compiling $(@F)"
	cd internal/tools/govulncheck && $(GOBUILD) -o $@ golang.org/x/vuln/cmd/govulncheck

# gotestsum runs again what has failed.
$(BIN)/gotestsum: internal/tools/gotestsum/go.mod
	@echo "compiling $(@F)"
	cd internal/tools/gotestsum && $(GOBUILD) -o $@ gotest.tools/gotestsum

# Debian's Docker 20.10, unpacked and not installed: its package starts an engine.
.cache/docker-20.10/usr/sbin/dockerd:
	@echo "unpacking Debian's docker.io and containerd"
	@mkdir -p .cache/docker-20.10 && cd .cache/docker-20.10 && \
		{ apt-get download -q docker.io containerd || { $(SUDO) apt-get update -q && apt-get download -q docker.io containerd; }; } && \
		for package in *.deb; do dpkg -x $$package . || exit; done && rm *.deb

$(BIN)/buildx: internal/tools/buildx/go.mod
	@echo "compiling $(@F), which takes minutes the first time"
	cd internal/tools/buildx && $(GOBUILD) -o $@ github.com/docker/buildx/cmd/buildx

$(BIN)/golangci-lint: internal/tools/lint/go.mod
	@echo "compiling $(@F), which takes minutes the first time"
	cd internal/tools/lint && $(GOBUILD) -o $@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

# The tests run BuildKits and engines of their own, which only root can.
.PHONY: root
root:
	@[ "$$(id -u)" = 0 ] || { echo "make test needs root: sudo make test"; exit 1; }

# What draws the summary's timeline as GitHub's pages do: a browser, and Mermaid in a
# version of those that GitHub has. The name and the sum of npm's archive are pinned;
# what it depends on is part of the script.
.PHONY: pictures
pictures: chromium .cache/mermaid/mermaid.min.js

.cache/mermaid/mermaid.min.js: internal/tools/mermaid/tarball.sha512 | npm
	@echo "unpacking npm's mermaid"
	@mkdir -p $(@D) && read -r _ archive <$< && version=$${archive#mermaid-} && \
		npm pack --silent --pack-destination $(@D) mermaid@$${version%.tgz} && \
		(cd $(@D) && sha512sum -c --quiet) <$< && \
		tar -xzf $(@D)/$$archive -C $(@D) --strip-components=2 package/dist/mermaid.min.js && rm $(@D)/$$archive && touch $@

packages: runc busybox iptables uidmap openssh

.PHONY: runc busybox iptables uidmap openssh libseccomp chromium npm
runc:
	@command -v runc >/dev/null || { echo "installing Debian's runc"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends runc; }

busybox:
	@[ -x /bin/busybox ] || { echo "installing Debian's busybox-static"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends busybox-static; }

uidmap:
	@command -v newuidmap >/dev/null || { echo "installing Debian's uidmap"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends uidmap; }

# An example of the README starts an ssh-agent.
openssh:
	@command -v ssh-agent >/dev/null || { echo "installing Debian's openssh-client"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends openssh-client; }

# An engine answers for the names of a network's containers by way of it.
iptables:
	@[ -x /usr/sbin/iptables ] || { echo "installing Debian's iptables"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends iptables; }

libseccomp:
	@pkg-config --exists libseccomp || { echo "installing Debian's libseccomp-dev"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends libseccomp-dev pkg-config; }

chromium:
	@command -v chromium >/dev/null || { echo "installing Debian's chromium"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends chromium; }

npm:
	@command -v npm >/dev/null || { echo "installing Debian's npm"; $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends npm; }

clean:
	rm -rf .cache
