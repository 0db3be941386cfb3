# docker buildx bake            all nine images, as alcove/<service>:dev
# docker buildx bake booking    one of them
variable "REGISTRY" { default = "alcove" }
variable "TAG" { default = "dev" }
variable "VERSION" { default = "0.1.0" }
variable "REVISION" { default = "unknown" }
variable "CREATED" { default = "1970-01-01T00:00:00Z" }
# By digest in a release: node:24-bookworm-slim@sha256:…
variable "NODE_IMAGE" { default = "node:24-bookworm-slim" }
# linux/amd64,linux/arm64 in a release; empty: this machine's, which can be loaded into kind and minikube.
variable "PLATFORMS" { default = "" }

group "default" {
  targets = ["service"]
}

target "service" {
  name = service
  matrix = {
    service = ["gateway", "auth", "user", "workspace", "booking", "payment", "notification", "reporting", "admin"]
  }
  context    = "."
  dockerfile = "Dockerfile"
  platforms  = PLATFORMS == "" ? [] : split(",", PLATFORMS)
  args = {
    NODE_IMAGE = NODE_IMAGE
    SERVICE    = service
    VERSION    = VERSION
    REVISION   = REVISION
    CREATED    = CREATED
  }
  tags = ["${REGISTRY}/${service}:${TAG}"]
}
