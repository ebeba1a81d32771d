# Grantd in a container: the program, the few libraries that it names, and a user without a name or a shell.
#
#     docker build -t grantd .
#     docker run --rm -p 127.0.0.1:8080:8080 -v grantd:/var/lib/grantd --read-only --cap-drop ALL grantd
#
# docker-compose.yml runs two of it on one PostgreSQL, behind TLS; docs/operating.md says more.

# Both stages are of one Debian: what is linked here runs there. Not musl: its allocator is a lock that all threads share.
FROM rust:1.95-trixie AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/src/target,sharing=locked \
    cargo build --release --workspace --locked --bin grantd \
    && install -D -m 0755 target/release/grantd /out/grantd \
    && install -d -m 0700 /out/data

FROM gcr.io/distroless/cc-debian13:nonroot
COPY --from=build /out/grantd /usr/local/bin/grantd
COPY --from=build --chown=65532:65532 /out/data /var/lib/grantd

# A grantd.toml that is mounted here is found by every command; what is set in the environment goes before it.
WORKDIR /etc/grantd
ENV GRANTD_DATA_DIR=/var/lib/grantd \
    GRANTD_SERVER__LISTEN=0.0.0.0:8080
VOLUME /var/lib/grantd
EXPOSE 8080
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["grantd", "healthcheck"]
ENTRYPOINT ["grantd"]
CMD ["serve"]
