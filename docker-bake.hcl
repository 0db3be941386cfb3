# docker buildx bake            all nine images, as alcove/<service>:dev
# docker buildx bake booking    one of them
variable "REGISTRY" { default = "alcove" }
variable "TAG" { default = "dev" }
variable "VERSION" { default = "0.1.0" }
variable "REVISION" { default = "unknown" }
variable "CREATED" { default = "1970-01-01T00:00:00Z" }

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
  args = {
    SERVICE  = service
    VERSION  = VERSION
    REVISION = REVISION
    CREATED  = CREATED
  }
  tags = ["${REGISTRY}/${service}:${TAG}"]
}
