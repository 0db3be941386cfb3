{{/* What a container of ours may do: nothing. With it the namespace can enforce the restricted Pod Security Standard. */}}
{{- define "alcove.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "alcove.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Variables that the chart sets; `env` of the values comes after them and wins. */}}
{{- define "alcove.env" -}}
{{- $env := dict
  "PROFILE" "cluster"
  "SERVICE_VERSION" (include "alcove.version" .)
  "LOG_LEVEL" .global.logLevel
  "TZ" "UTC"
  "START_GIVES_WAY_MS" (mul .values.lifecycle.giveWaySeconds 1000 | toString)
  "DRAIN_TIMEOUT_MS" (mul .values.lifecycle.drainTimeoutSeconds 1000 | toString)
  "MALLOC_ARENA_MAX" "1"
  "MALLOC_TRIM_THRESHOLD_" "131072"
  "MALLOC_MMAP_THRESHOLD_" "131072"
-}}
{{- $secrets := dict -}}
{{- if not .global.production -}}
{{- $_ := set $secrets "DEMO_CLOCK_SECRET" (dict "name" "demo-clock" "key" "secret" "optional" true) -}}
{{- end -}}
{{- with .values.bootstrapAdminSecret -}}
{{- $_ := set $secrets "BOOTSTRAP_ADMIN_EMAIL" (dict "name" . "key" "email") -}}
{{- $_ := set $secrets "BOOTSTRAP_ADMIN_PASSWORD" (dict "name" . "key" "password") -}}
{{- end -}}
{{- if or .node.produces .node.consumes -}}
{{- $_ := set $env "EVENT_TRANSPORT" "kafka" -}}
{{- end -}}
{{- if include "alcove.hasBroker" .node -}}
{{- $optional := not (or .node.produces .node.consumes) -}}
{{- $_ := set $env "KAFKA_BROKERS" (include "alcove.kafkaBrokers" .) -}}
{{- if eq .global.kafka.mode "strimzi" -}}
{{- $_ := set $env "KAFKA_SASL_MECHANISM" "scram-sha-512" -}}
{{- $_ := set $env "KAFKA_SASL_USERNAME" .name -}}
{{- $_ := set $secrets "KAFKA_SASL_PASSWORD" (merge (dict "name" .name "key" "password") (ternary (dict "optional" true) dict $optional)) -}}
{{- end -}}
{{- if include "alcove.kafkaCaSecret" . -}}
{{- $_ := set $env "KAFKA_TLS" "on" -}}
{{- $_ := set $env "KAFKA_TLS_CA_FILE" "/etc/alcove/kafka/ca.crt" -}}
{{- else if .global.kafka.tls -}}
{{- $_ := set $env "KAFKA_TLS" "on" -}}
{{- end -}}
{{- with .global.kafka.sasl.mechanism -}}
{{- $name := $.global.kafka.sasl.secretName | replace "{service}" $.name -}}
{{- $_ := set $env "KAFKA_SASL_MECHANISM" . -}}
{{- $_ := set $secrets "KAFKA_SASL_USERNAME" (merge (dict "name" $name "key" "username") (ternary (dict "optional" true) dict $optional)) -}}
{{- $_ := set $secrets "KAFKA_SASL_PASSWORD" (merge (dict "name" $name "key" "password") (ternary (dict "optional" true) dict $optional)) -}}
{{- end -}}
{{- end -}}
{{- if .node.database -}}
{{- $_ := set $secrets "DATABASE_URL" (dict "name" (include "alcove.databaseSecret" .) "key" "url") -}}
{{- end -}}
{{- if and .node.redis .global.redis.secretName -}}
{{- $_ := set $secrets "REDIS_URL" (dict "name" .global.redis.secretName "key" "url") -}}
{{- end -}}
{{- if has .name (list "gateway" "notification") -}}
{{- $_ := set $env "PUBLIC_BASE_URL" .global.publicUrl -}}
{{- end -}}
{{- with .global.tracing.endpoint -}}
{{- $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" . -}}
{{- $_ := set $env "OTEL_TRACES_SAMPLER_ARG" ($.global.tracing.sampleRatio | toString) -}}
{{- end -}}
{{- if .global.trustedCa.name -}}
{{- $_ := set $env "NODE_EXTRA_CA_CERTS" "/etc/alcove/trusted/ca.crt" -}}
{{- end -}}
{{- range $name, $value := .values.env }}{{ $_ := set $env $name (include "alcove.scalar" $value) }}{{ end -}}
{{- range $name, $value := .values.secretEnv -}}
{{- $_ := unset $env $name -}}
{{- $_ := set $secrets $name $value -}}
{{- end -}}
- name: SERVICE_TOKEN_NAMESPACE
  valueFrom:
    fieldRef: { fieldPath: metadata.namespace }
{{- range $name, $value := $env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $ref := $secrets }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {{- toYaml $ref | nindent 6 }}
{{- end }}
{{- with .values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Tokens by audience, one file a callee; the API server's own only where the graph says so. */}}
{{- define "alcove.volumes" -}}
{{- if .node.calls }}
- name: service-tokens
  projected:
    defaultMode: 0444
    sources:
      {{- range .node.calls }}
      - serviceAccountToken:
          audience: {{ . }}
          expirationSeconds: 3600
          path: {{ . }}
      {{- end }}
{{- end }}
{{- if .node.apiServer }}
- name: api-server
  projected:
    defaultMode: 0444
    sources:
      - serviceAccountToken:
          expirationSeconds: 3600
          path: token
      - configMap:
          name: kube-root-ca.crt
          items: [{ key: ca.crt, path: ca.crt }]
      - downwardAPI:
          items: [{ path: namespace, fieldRef: { fieldPath: metadata.namespace } }]
{{- end }}
{{- include "alcove.caVolumes" . }}
{{- include "alcove.trustedVolumes" . }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Authorities of the operator's own, for everything that runs here: services and Jobs. */}}
{{- define "alcove.trustedVolumes" -}}
{{- with .global.trustedCa }}
{{- if .name }}
- name: trusted-ca
  {{- if eq .kind "Secret" }}
  secret: { secretName: {{ .name }}, items: [{ key: {{ .key }}, path: ca.crt }] }
  {{- else }}
  configMap: { name: {{ .name }}, items: [{ key: {{ .key }}, path: ca.crt }] }
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "alcove.trustedMounts" -}}
{{- if .global.trustedCa.name }}
- { name: trusted-ca, mountPath: /etc/alcove/trusted, readOnly: true }
{{- end }}
{{- end }}

{{- define "alcove.trustedEnv" -}}
{{- if .global.trustedCa.name }}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/alcove/trusted/ca.crt }
{{- end }}
{{- end }}

{{- define "alcove.caVolumes" -}}
{{- if and .node.database .global.database.caSecret }}
- name: database-ca
  secret:
    secretName: {{ .global.database.caSecret }}
    items: [{ key: ca.crt, path: ca.crt }]
{{- end }}
{{- if and (include "alcove.kafkaCaSecret" .) (include "alcove.hasBroker" .node) }}
- name: kafka-ca
  secret:
    secretName: {{ include "alcove.kafkaCaSecret" . }}
    items: [{ key: ca.crt, path: ca.crt }]
{{- end }}
{{- end }}

{{- define "alcove.mounts" -}}
{{- if .node.calls }}
- { name: service-tokens, mountPath: /var/run/secrets/alcove, readOnly: true }
{{- end }}
{{- if .node.apiServer }}
- { name: api-server, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true }
{{- end }}
{{- include "alcove.caMounts" . }}
{{- include "alcove.trustedMounts" . }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "alcove.caMounts" -}}
{{- if and .node.database .global.database.caSecret }}
- { name: database-ca, mountPath: /etc/alcove/database, readOnly: true }
{{- end }}
{{- if and (include "alcove.kafkaCaSecret" .) (include "alcove.hasBroker" .node) }}
- { name: kafka-ca, mountPath: /etc/alcove/kafka, readOnly: true }
{{- end }}
{{- end }}

{{/* Of a node of the graph: whether it speaks with the broker. Whoever only looks at topics needs no user there to start. */}}
{{- define "alcove.hasBroker" -}}
{{- if or .produces .consumes .broker -}}yes{{- end -}}
{{- end }}

{{- define "alcove.kafkaBrokers" -}}
{{- if eq .global.kafka.mode "builtin" -}}kafka:9092
{{- else if eq .global.kafka.mode "strimzi" -}}alcove-kafka-bootstrap:9093
{{- else -}}{{ .global.kafka.brokers }}{{- end -}}
{{- end }}

{{- define "alcove.kafkaCaSecret" -}}
{{- if eq .global.kafka.mode "strimzi" -}}alcove-cluster-ca-cert{{- else -}}{{ .global.kafka.caSecret }}{{- end -}}
{{- end }}
