{{/*
Exactly the edges that the graph declares, both ways, and what every service needs: DNS, its database, the broker, scraping,
spans. auth answers everybody who checks tokens, so every service may reach it for keys.
*/}}
{{- define "alcove.part.networkPolicy" -}}
{{- if .global.networkPolicies.enabled -}}
{{- $policies := .global.networkPolicies -}}
{{- $events := include "alcove.hasBroker" .node -}}
{{- $callers := list -}}
{{- $callees := uniq (concat (.node.calls | default list) (ternary list (list "auth") (eq .name "auth"))) -}}
{{- range .graph.services }}{{ if and (ne .name $.name) (or (has $.name (.calls | default list)) (eq $.name "auth")) }}{{ $callers = append $callers .name }}{{ end }}{{ end -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  labels: {{- include "alcove.labels" . | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ .name }}
      app.kubernetes.io/part-of: alcove
  policyTypes: [Ingress, Egress]
  ingress:
    {{- if eq .name "gateway" }}
    - ports: [{ port: 8080, protocol: TCP }]
      {{- with $policies.edgeFrom }}
      from:
        {{- toYaml . | nindent 8 }}
        {{- include "alcove.peers" (list "admin" "demo" "tests") | nindent 8 }}
      {{- end }}
    {{- else }}
    - ports: [{ port: 8080, protocol: TCP }]
      from: {{- include "alcove.peers" $callers | nindent 8 }}
    {{- end }}
    - ports: [{ port: 9090, protocol: TCP }]
      from: {{- toYaml $policies.scrapers.from | nindent 8 }}
    {{- with .values.networkPolicy.extraIngress }}{{ toYaml . | nindent 4 }}{{ end }}
  egress:
    {{- include "alcove.dnsEgress" . | nindent 4 }}
    {{- with $callees }}{{ include "alcove.serviceEgress" . | nindent 4 }}{{ end }}
    {{- if .node.database }}{{ include "alcove.databaseEgress" . | nindent 4 }}{{ end }}
    {{- if $events }}{{ include "alcove.kafkaEgress" . | nindent 4 }}{{ end }}
    {{- if and .node.redis .global.redis.secretName }}{{ include "alcove.serverEgress" (dict "network" .global.redis.network "port" 6379) | nindent 4 }}{{ end }}
    {{- if .node.apiServer }}
    - ports: {{- range $policies.apiServerPorts }}
        - { port: {{ int . }}, protocol: TCP }
        {{- end }}
      to: {{- range (include "alcove.apiServerCidrs" . | fromYamlArray) }}
        - ipBlock: { cidr: {{ . }} }
        {{- end }}
    {{- end }}
    {{- range .node.external }}{{ include "alcove.externalEgress" . | nindent 4 }}{{ end }}
    {{- if .global.tracing.endpoint }}
    - ports: [{ port: 4318, protocol: TCP }]
      to: {{- toYaml $policies.tracingTo | nindent 8 }}
    {{- end }}
    {{- with .values.networkPolicy.extraEgress }}{{ toYaml . | nindent 4 }}{{ end }}
{{- end }}
{{- end }}

{{/* Pods of these services in this namespace. */}}
{{- define "alcove.peers" -}}
{{- range $index, $name := . }}{{ if $index }}
{{ end }}
- podSelector:
    matchLabels: { app.kubernetes.io/name: {{ $name }}, app.kubernetes.io/part-of: alcove }
{{- end }}
{{- end }}

{{- define "alcove.dnsEgress" -}}
{{- $dns := .global.networkPolicies.dns -}}
- ports:
    {{- range $dns.ports }}
    - { port: {{ int . }}, protocol: UDP }
    - { port: {{ int . }}, protocol: TCP }
    {{- end }}
  {{- with $dns.to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "alcove.serviceEgress" -}}
- ports: [{ port: 8080, protocol: TCP }]
  to: {{- include "alcove.peers" . | nindent 4 }}
{{- end }}

{{- define "alcove.databaseEgress" -}}
{{- if eq .global.database.mode "external" }}
{{- include "alcove.serverEgress" (dict "network" .global.database.network "port" 5432) }}
{{- else }}
- ports: [{ port: 5432, protocol: TCP }]
  to:
    - podSelector:
        matchLabels: {{ if eq .global.database.mode "builtin" }}{ app.kubernetes.io/name: postgresql, app.kubernetes.io/part-of: alcove }{{ else }}{ cnpg.io/cluster: alcove }{{ end }}
{{- end }}
{{- end }}

{{- define "alcove.kafkaEgress" -}}
{{- if eq .global.kafka.mode "external" }}
{{- include "alcove.serverEgress" (dict "network" .global.kafka.network "port" 9092) }}
{{- else }}
- ports: [{ port: {{ ternary 9092 9093 (eq .global.kafka.mode "builtin") }}, protocol: TCP }]
  to:
    - podSelector:
        matchLabels: {{ if eq .global.kafka.mode "builtin" }}{ app.kubernetes.io/name: kafka, app.kubernetes.io/part-of: alcove }{{ else }}{ strimzi.io/cluster: alcove, strimzi.io/kind: Kafka }{{ end }}
{{- end }}
{{- end }}

{{/* A server outside: where its addresses are known only these, else its port anywhere. */}}
{{- define "alcove.serverEgress" -}}
{{- $port := .port -}}
{{- range .network }}
- ports: [{ port: {{ int (.port | default $port) }}, protocol: TCP }]
  to: [{ ipBlock: { cidr: {{ .cidr }} } }]
{{- else }}
- ports: [{ port: {{ $port }}, protocol: TCP }]
{{- end }}
{{- end }}

{{/* Hosts that the graph declares by their reach, for a name cannot stand in a NetworkPolicy. */}}
{{- define "alcove.externalEgress" -}}
- ports: {{- range .ports }}
    - { port: {{ int . }}, protocol: TCP }
    {{- end }}
  to:
    - ipBlock:
        cidr: 0.0.0.0/0
        {{- if eq .reach "public" }}
        except: [0.0.0.0/8, 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/4, 240.0.0.0/4]
        {{- end }}
{{- end }}

{{/* A policy sees the addresses behind the API server's Service as well as the Service's own, depending on the network. */}}
{{- define "alcove.apiServerCidrs" -}}
{{- if .global.networkPolicies.apiServerCidrs -}}
{{ toYaml .global.networkPolicies.apiServerCidrs }}
{{- else -}}
{{- $cidrs := list -}}
{{- range (lookup "discovery.k8s.io/v1" "EndpointSlice" "default" "kubernetes").endpoints }}{{ range .addresses }}{{ $cidrs = append $cidrs (printf "%s/32" .) }}{{ end }}{{ end -}}
{{- with (lookup "v1" "Service" "default" "kubernetes").spec }}{{ $cidrs = append $cidrs (printf "%s/32" .clusterIP) }}{{ end -}}
{{ toYaml ($cidrs | default (list "0.0.0.0/0")) }}
{{- end -}}
{{- end }}
